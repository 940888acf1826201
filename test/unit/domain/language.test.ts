import { preferredLanguage } from '../../../nodes/shared/domain/language';

const OFFERED = ['en', 'de', 'fr', 'pt', 'ja'];

test.each<[unknown, string]>([
	// Nothing, and what is no language.
	[undefined, 'en'],
	['', 'en'],
	[['de'], 'en'],
	['<script>', 'en'],
	['de_DE', 'en'],
	[`${'a'.repeat(5_000)},de`, 'de'],
	[`${'-'.repeat(5_000)};q=${' '.repeat(5_000)}`, 'en'],
	// The first of what is wanted alike, else what is wanted most.
	['de', 'de'],
	['fr, de', 'fr'],
	['fr;q=0.8, de;q=0.9', 'de'],
	['fr;q=0.8, de', 'de'],
	['sv, de;q=0.1', 'de'],
	['sv, fi', 'en'],
	['DE ; Q=0.5 , FR; q=0.501', 'fr'],
	['de;q=1.000, fr;q=1', 'de'],
	// A weight that is none: as if that language were not there.
	['de;q=2, fr;q=0.1', 'fr'],
	['de;q=, fr;q=0.1', 'fr'],
	['de;level=1, fr;q=0.1', 'fr'],
	// The region stays, for amounts and dates; what stands behind it does not.
	['de-CH', 'de-ch'],
	['de-ch-1996', 'de-ch'],
	['pt-BR,pt;q=0.9', 'pt-br'],
	['fr-Latn-CA', 'fr-latn-ca'],
	['de-u-co-phonebk', 'de'],
	['ja-JP-x-private', 'ja-jp'],
	['zh-Hant-TW, en-GB;q=0.5', 'en-gb'],
	// Refused, and anything.
	['en;q=0, de;q=0.1', 'de'],
	['de;q=0', 'en'],
	['de;q=0.000, fr;q=0.001', 'fr'],
	['*', 'en'],
	['sv, *;q=0.1', 'en'],
	['*;q=0', 'en'],
	['*, de;q=0.5', 'en'],
	['*;q=0.5, ja;q=0.6', 'ja'],
])('%j: %s', (header, language) => {
	expect(preferredLanguage(header, OFFERED)).toBe(language);
});
