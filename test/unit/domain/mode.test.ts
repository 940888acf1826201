import { modeOfLinks } from '../../../nodes/shared/domain/mode';

test.each([
	['https://test.dodopayments.com/a', 'test'],
	['https://test.checkout.dodopayments.com/a', 'test'],
	['https://live.dodopayments.com/a', 'live'],
	['https://checkout.dodopayments.com/a', 'live'],
	['https://docs.dodopayments.com/a', null],
	['https://evil.example/https://live.dodopayments.com/a', null],
	['https://live.dodopayments.com.evil.example/a', null],
	['http://live.dodopayments.com/a', null],
	['', null],
	[null, null],
	[undefined, null],
])('%s is of the world %s', (link, mode) => {
	expect(modeOfLinks([link])).toBe(mode);
	expect(modeOfLinks(['https://n8n.example/', link])).toBe(mode);
});

test('the first link that tells counts', () => {
	expect(modeOfLinks([null, 'https://test.dodopayments.com/a', 'https://live.dodopayments.com/a'])).toBe('test');
	expect(modeOfLinks([])).toBeNull();
});
