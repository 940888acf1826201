import { escapeHtml } from '../../../nodes/shared/domain/escapeHtml';

test.each([
	['Müller & Söhne', 'Müller &#38; Söhne'],
	['<script>alert(1)</script>', '&#60;script&#62;alert(1)&#60;/script&#62;'],
	[`" onload='x'`, '&#34; onload=&#39;x&#39;'],
	['&amp;', '&#38;amp;'],
	['nothing to escape', 'nothing to escape'],
])('%s stands in a page as %s', (text, escaped) => expect(escapeHtml(text)).toBe(escaped));
