import {
	debtorOfToken,
	invoiceOfToken,
	signPayLink,
	tokenOfDebtor,
	topUpOfToken,
} from '../../nodes/Lago/helpers/payLinkToken';

/** A link opens what it was made for, with the key that it was made with, in the one spelling that it has. */
const KEY = '0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9';
const ID = '8a3f0c6e-2b1d-4f7a-b0c9-1f2e3d4c5b6a';
const DEBTOR = { customerId: 'cust_1', currency: 'EUR', billingEntity: null };
const tokenOf = (of: 'invoice' | 'topUp', key = KEY): string =>
	new URL(signPayLink('https://n8n.example/pay', ID, key, of)).searchParams.get('t') ?? '';
const opened = (token: string, key = KEY) => [
	invoiceOfToken(token, key),
	topUpOfToken(token, key),
	debtorOfToken(token, key),
];

test.each<[string, string, unknown[]]>([
	['an invoice', tokenOf('invoice'), [ID, null, null]],
	['a top-up', tokenOf('topUp'), [null, ID, null]],
	['everything that somebody owes', tokenOfDebtor(DEBTOR, KEY), [null, null, DEBTOR]],
	[
		'what somebody owes to one entity',
		tokenOfDebtor({ ...DEBTOR, billingEntity: 'north' }, KEY),
		[null, null, { ...DEBTOR, billingEntity: 'north' }],
	],
])('the link of %s opens that and nothing else', (_of, token, opens) => {
	expect(opened(token)).toEqual(opens);
	expect(opened(token, `${KEY}x`)).toEqual([null, null, null]);
	expect(opened(token, '')).toEqual([null, null, null]);
});

test('a link of before the id was hidden opens its invoice, and no top-up', () => {
	const old = 'ij8MbisdT3qwyR8uPUxbakOgNaSz-AOcb39cUw';
	expect(opened(old)).toEqual([ID, null, null]);
});

test('a link made without a key opens nothing without one', () => {
	for (const token of [tokenOf('invoice', ''), tokenOf('topUp', ''), tokenOfDebtor(DEBTOR, '')])
		expect(opened(token, '')).toEqual([null, null, null]);
});

test('the link of a debtor is the same each time, and tells nobody who that is', () => {
	const token = tokenOfDebtor(DEBTOR, KEY);
	expect(tokenOfDebtor({ ...DEBTOR }, KEY)).toBe(token);
	expect(Buffer.from(token, 'base64url').toString('latin1')).not.toContain('cust_1');
	expect(tokenOfDebtor({ ...DEBTOR, currency: 'USD' }, KEY)).not.toBe(token);
});

test('one flipped bit of the link of a debtor is enough to be refused', () => {
	const token = tokenOfDebtor(DEBTOR, KEY);
	for (let bit = 0; bit < token.length * 8; bit++) {
		const bytes = Buffer.from(token, 'latin1');
		bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
		expect([bit, debtorOfToken(bytes.toString('latin1'), KEY)]).toEqual([bit, null]);
	}
});

test('neither what stands around it nor another spelling is taken', () => {
	const token = tokenOfDebtor(DEBTOR, KEY);
	for (const other of ['', token.slice(0, 16), `${token}=`, ` ${token}`, `${token}\n`, `${token}A`, 'A'.repeat(801)])
		expect([other, debtorOfToken(other, KEY)]).toEqual([other, null]);
});
