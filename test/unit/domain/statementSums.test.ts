import type { Balance } from '../../../nodes/shared/domain/statement/ledger';
import type { Line } from '../../../nodes/shared/domain/statement/line';
import { lagoSums, spanOf, sumUp } from '../../../nodes/shared/domain/statement/sums';
import { amounts, line, stated } from './statementFacts';

const NOTHING = { payment: 0, creditNote: 0, dispute: 0 };
const balance = (currency: string, opening: number | null, closing: number | null): Balance => ({
	currency,
	opening,
	closing,
});

test('a wallet adds up its movements, and what Lago says of each kind', () => {
	const lines = [
		line({ amounts: amounts({ gross: 1_000, tax: -190, fee: -40 }), kind: 'payment', lago: 900, difference: 100 }),
		line({ amounts: amounts({ gross: 500, fee: -20 }), kind: 'payment', lago: 500 }),
		line({ amounts: amounts({ refund: -300 }), kind: 'creditNote', lago: -290, difference: -10 }),
		line({ amounts: amounts({ dispute: -70, disputeFee: -15 }), kind: 'dispute', lago: -70 }),
		line({ amounts: amounts({ conversion: -5, other: 3, payout: -800 }), difference: 0 }),
	];
	expect(sumUp(lines, [balance('EUR', 10, 73)])[0]).toEqual({
		currency: 'EUR',
		entity: null,
		amounts: {
			...{ gross: 1_500, tax: -190, fee: -60, refund: -300, dispute: -70, disputeFee: -15 },
			...{ conversion: -5, other: 3, payout: -800 },
		},
		lago: { payment: 1_400, creditNote: -290, dispute: -70 },
		difference: 90,
		balance: balance('EUR', 10, 73),
	});
});

test('what Lago says nothing of is no part of what it says', () => {
	const [whole] = sumUp([line({ kind: null, lago: 700 }), line({ kind: 'payment', lago: 5 })], []);
	expect(whole).toMatchObject({ lago: { ...NOTHING, payment: 5 } });
	expect(Object.keys(whole?.lago ?? {})).toEqual(Object.keys(NOTHING));
});

test('each wallet by its name: the account with its balance, then its entities without one', () => {
	const of = (currency: string, entity: string | null, gross: number): Line =>
		line({ currency, amounts: amounts({ gross }), invoice: entity === null ? null : stated({ entity }) });
	const lines = [
		of('USD', 'zeta', 1),
		of('EUR', 'zeta', 20),
		of('EUR', null, 300),
		of('EUR', 'acme', 4_000),
		of('EUR', 'zeta', 50_000),
	];
	const sums = sumUp(lines, [balance('USD', 1, 2), balance('EUR', 3, 4), balance('CHF', 5, 5)]);
	expect(sums.map(({ currency, entity, amounts: { gross }, balance: own }) => [currency, entity, gross, own])).toEqual([
		['CHF', null, 0, balance('CHF', 5, 5)],
		['EUR', null, 54_320, balance('EUR', 3, 4)],
		['EUR', '', 300, null],
		['EUR', 'acme', 4_000, null],
		['EUR', 'zeta', 50_020, null],
		['USD', null, 1, balance('USD', 1, 2)],
		['USD', 'zeta', 1, null],
	]);
});

test('a wallet of which no balance is told has none', () => {
	expect(sumUp([line()], [balance('USD', 1, 2)])).toMatchObject([
		{ currency: 'EUR', entity: null, balance: null },
		{ currency: 'EUR', entity: '', balance: null },
		{ currency: 'USD', entity: null, lago: NOTHING, difference: 0 },
	]);
});

test('nothing comes to nothing', () => expect(sumUp([], [])).toEqual([]));

test('Lago is added up by its own currency and in its own units, whatever the wallet is', () => {
	const said = (kind: Line['kind'], lagoCurrency: string, lagoAmount: number | null): Line =>
		line({ kind, lagoCurrency, lagoAmount, lago: 77, currency: 'EUR' });
	const lines = [
		said('payment', 'USD', 1_000),
		said('payment', 'EUR', 5),
		said('payment', 'USD', 200),
		said('creditNote', 'USD', -30),
		said('dispute', 'USD', -4),
		said('dispute', 'CHF', -1),
	];
	expect(lagoSums(lines)).toEqual([
		{ currency: 'CHF', lago: { payment: 0, creditNote: 0, dispute: -1 } },
		{ currency: 'EUR', lago: { payment: 5, creditNote: 0, dispute: 0 } },
		{ currency: 'USD', lago: { payment: 1_200, creditNote: -30, dispute: -4 } },
	]);
	expect(lagoSums([said(null, 'EUR', 5), said('payment', 'EUR', null)])).toEqual([]);
});

test.each<[string, Array<Balance & { from: number }>, Balance[]]>([
	['nothing', [], []],
	['one period', [{ ...balance('EUR', 1, 2), from: 5 }], [balance('EUR', 1, 2)]],
	[
		'periods in any order',
		[
			{ ...balance('EUR', 20, 30), from: 2 },
			{ ...balance('EUR', 30, 40), from: 3 },
			{ ...balance('EUR', 10, 20), from: 1 },
		],
		[balance('EUR', 10, 40)],
	],
	[
		'two wallets',
		[
			{ ...balance('EUR', 20, 30), from: 2 },
			{ ...balance('USD', 7, 8), from: 1 },
			{ ...balance('EUR', 10, 20), from: 1 },
		],
		[balance('USD', 7, 8), balance('EUR', 10, 30)],
	],
	[
		'periods of which one tells no beginning: then nothing can be checked against it',
		[
			{ ...balance('EUR', 10, 20), from: 1 },
			{ ...balance('EUR', null, null), from: 2 },
			{ ...balance('EUR', 30, 40), from: 3 },
		],
		[balance('EUR', null, 40)],
	],
	[
		'periods of which the last tells no end',
		[
			{ ...balance('EUR', 10, 20), from: 1 },
			{ ...balance('EUR', null, null), from: 2 },
		],
		[balance('EUR', null, null)],
	],
	['balances of nought', [{ ...balance('EUR', 0, 0), from: 1 }], [balance('EUR', 0, 0)]],
])('the balances of all of %s', (_what, given, expected) => expect(spanOf(given)).toEqual(expected));
