import type { Line } from '../../../nodes/shared/domain/statement/line';
import { STATEMENT_REASONS } from '../../../nodes/shared/domain/statement/reasons';
import { lagoRowOf, rowOf, sumRowOf, summaryOf } from '../../../nodes/shared/domain/statement/sheet';
import type { Sum } from '../../../nodes/shared/domain/statement/sums';
import { amounts, AT, line, stated } from './statementFacts';

/** Each in a decimal place of its own, so that a sum shows which of them are in it. */
const EACH = amounts({
	gross: 1,
	tax: -20,
	fee: -300,
	refund: -4_000,
	dispute: -50_000,
	disputeFee: -600_000,
	conversion: 7_000_000,
	other: 80_000_000,
	payout: -900_000_000,
});
const EACH_SHOWN = {
	Gross: 0.01,
	Tax: -0.2,
	Fee: -3,
	Refund: -40,
	Dispute: -500,
	'Dispute Fee': -6_000,
	Conversion: 70_000,
	Other: 800_000,
	Payout: -9_000_000,
	// Without the payout.
	Net: 863_456.81,
};
const NOTHING_SHOWN = {
	...{ Gross: 0, Tax: 0, Fee: 0, Refund: 0, Dispute: 0, 'Dispute Fee': 0 },
	...{ Conversion: 0, Other: 0, Payout: 0, Net: 0 },
};

test('a row shows each amount of its line under its heading, with its sign', () => {
	const whole = line({
		movement: 'split_payment',
		amounts: EACH,
		payoutId: 'pyt_1',
		charged: 1_080,
		chargedCurrency: 'USD',
		invoice: stated(),
		invoiceNumber: 'INV-1',
		payer: 'Ada',
		lago: 900,
		lagoAmount: 972,
		lagoCurrency: 'USD',
		document: 'pay_1',
		difference: -100,
		reason: 'amount_differs',
	});
	expect(rowOf(whole)).toEqual({
		Day: '2026-10-06',
		UTC: '2026-10-06 22:30:15',
		Movement: 'split payment',
		Invoice: 'INV-1',
		Customer: 'Ada',
		'Billing Entity': 'acme',
		Currency: 'EUR',
		...EACH_SHOWN,
		'Payout ID': 'pyt_1',
		Charged: 10.8,
		'Charged Currency': 'USD',
		Rate: expect.any(Number),
		Lago: 9,
		'Lago Amount': 9.72,
		'Lago Currency': 'USD',
		'Lago Document': 'pay_1',
		Difference: -1,
		Reason: 'amount_differs',
		Explanation: `${STATEMENT_REASONS.amount_differs.join('. ')}.`,
		'Dodo ID': 'pay_1',
	});
});

test('what is not known is an empty cell, and never nought', () => {
	expect(rowOf(line())).toEqual({
		Day: '2026-10-06',
		UTC: '2026-10-06 22:30:15',
		Movement: 'payment',
		Invoice: '',
		Customer: '',
		'Billing Entity': '',
		Currency: 'EUR',
		...NOTHING_SHOWN,
		'Payout ID': '',
		Charged: '',
		'Charged Currency': '',
		Rate: '',
		Lago: 0,
		'Lago Amount': '',
		'Lago Currency': '',
		'Lago Document': '',
		Difference: 0,
		Reason: '',
		Explanation: '',
		'Dodo ID': 'pay_1',
	});
});

test.each<[string, Partial<Line>, string, number | string]>([
	['nothing charged is nought', { charged: 0, chargedCurrency: 'USD' }, 'Charged', 0],
	['an amount without its currency is none', { charged: 5, chargedCurrency: null }, 'Charged', ''],
	['a currency without an amount', { charged: null, chargedCurrency: 'USD' }, 'Charged', ''],
	['Lago says nought', { lagoAmount: 0, lagoCurrency: 'EUR' }, 'Lago Amount', 0],
	['Lago gave back', { lagoAmount: -1_250, lagoCurrency: 'EUR' }, 'Lago Amount', -12.5],
	['yen have no decimals', { currency: 'JPY', difference: 1_250 }, 'Difference', 1_250],
	['forints have decimals at Dodo', { currency: 'HUF', lago: 1_250 }, 'Lago', 12.5],
	['forints have none in Lago', { lagoAmount: 1_250, lagoCurrency: 'HUF' }, 'Lago Amount', 1_250],
	['dinars as Lago counts them, where Dodo does not say', { currency: 'KWD', difference: 1_250 }, 'Difference', 1.25],
	['yen were charged', { charged: 1_250, chargedCurrency: 'JPY' }, 'Charged', 1_250],
	['a reason without a next step', { reason: 'rounding' }, 'Explanation', `${STATEMENT_REASONS.rounding[0]}.`],
	['a day in Berlin', { invoice: stated({ timeZone: 'Europe/Berlin' }) }, 'Day', '2026-10-07'],
	['a day of an invoice without a zone', { invoice: stated() }, 'Day', '2026-10-06'],
	['a moment, wherever its customer is', { invoice: stated({ timeZone: 'Asia/Tokyo' }) }, 'UTC', '2026-10-06 22:30:15'],
	['a fraction of a second', { at: AT + 999 }, 'UTC', '2026-10-06 22:30:15'],
	['a movement of three words', { movement: 'a_b_c' }, 'Movement', 'a b c'],
])('a row where %s', (_what, change, heading, expected) => {
	expect(rowOf(line(change))[heading]).toBe(expected);
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])('%j is a text in the sheet, and no formula', (text) => {
	const shown = rowOf(line({ payer: text, invoiceNumber: text, document: text, invoice: stated({ entity: text }) }));
	for (const heading of ['Customer', 'Invoice', 'Lago Document', 'Billing Entity'])
		expect(shown[heading]).toBe(`'${text}`);
	expect(sumRowOf(sum({ entity: text }))['Billing Entity']).toBe(`'${text}`);
});

test.each(['Ada = Bob', 'a+b', "O'Neill", 'ada@example.com', ' =1', ''])('%j stays as it is', (text) => {
	expect(rowOf(line({ payer: text })).Customer).toBe(text);
});

test.each<[string, Partial<Line>, number | '']>([
	['a payment', { amounts: amounts({ gross: 1_000, fee: -50 }) }, 0.8],
	['a refund', { amounts: amounts({ refund: -1_000, fee: 50 }) }, 0.8],
	['a dispute', { amounts: amounts({ dispute: -1_000, disputeFee: -1_500 }) }, 0.8],
	['a conversion', { amounts: amounts({ conversion: -1_000 }) }, 0.8],
	['a rate with many decimals', { amounts: amounts({ gross: 1_000 }), charged: 1_080 }, 0.92592593],
	['yen', { amounts: amounts({ gross: 1_000 }), charged: 1_600, chargedCurrency: 'JPY' }, 0.00625],
	['the currency of the wallet', { amounts: amounts({ gross: 1_000 }), chargedCurrency: 'EUR' }, ''],
	['no currency', { amounts: amounts({ gross: 1_000 }), chargedCurrency: null }, ''],
	['nothing charged', { amounts: amounts({ gross: 1_000 }), charged: 0 }, ''],
	['an amount that is not known', { amounts: amounts({ gross: 1_000 }), charged: null }, ''],
])('the rate of %s is what one of the other currency was worth', (_what, change, expected) => {
	expect(rowOf(line({ charged: 1_250, chargedCurrency: 'USD', ...change })).Rate).toBe(expected);
});

function sum(change: Partial<Sum> = {}): Sum {
	const none = { payment: 0, creditNote: 0, dispute: 0 };
	return { currency: 'EUR', entity: null, amounts: amounts(), lago: none, difference: 0, balance: null, ...change };
}
const SAID = { payment: 100_000, creditNote: -20_000, dispute: -3_000 };

test('a sum of the whole account shows its balances', () => {
	const balance = { currency: 'EUR', opening: -125, closing: 250 };
	expect(sumRowOf(sum({ amounts: EACH, lago: SAID, difference: -45, balance }))).toEqual({
		Scope: 'Account',
		Currency: 'EUR',
		'Billing Entity': '',
		'Lago Payments': 1_000,
		'Lago Credit Notes': -200,
		'Lago Disputes': -30,
		Difference: -0.45,
		...EACH_SHOWN,
		'Opening Balance': -1.25,
		'Closing Balance': 2.5,
	});
});

test.each<[string, Partial<Sum>, Record<string, unknown>]>([
	['of an entity', { entity: 'acme' }, { Scope: 'Billing Entity', 'Billing Entity': 'acme' }],
	['of no entity in particular', { entity: '' }, { Scope: 'Billing Entity', 'Billing Entity': '' }],
	['without balances', {}, { 'Opening Balance': '', 'Closing Balance': '' }],
	[
		'of which Dodo does not tell the balances',
		{ balance: { currency: 'EUR', opening: null, closing: null } },
		{ 'Opening Balance': '', 'Closing Balance': '' },
	],
	[
		'of an empty wallet',
		{ balance: { currency: 'EUR', opening: 0, closing: 0 } },
		{ 'Opening Balance': 0, 'Closing Balance': 0 },
	],
	[
		'of forints, all of it as Dodo counts them',
		{ currency: 'HUF', lago: SAID, difference: 150, balance: { currency: 'HUF', opening: 200, closing: 350 } },
		{ 'Lago Payments': 1_000, Difference: 1.5, 'Opening Balance': 2, 'Closing Balance': 3.5 },
	],
])('a sum %s', (_what, change, expected) => expect(sumRowOf(sum(change))).toMatchObject(expected));

test.each([
	['EUR', { 'Lago Payments': 1_000, 'Lago Credit Notes': -200, 'Lago Disputes': -30 }],
	['HUF', { 'Lago Payments': 100_000, 'Lago Credit Notes': -20_000, 'Lago Disputes': -3_000 }],
])('what the reports of Lago say in %s is shown as Lago counts it', (currency, expected) => {
	expect(lagoRowOf({ currency, lago: SAID })).toEqual({ Scope: 'Lago', Currency: currency, ...expected });
});

describe('the month in a few sentences', () => {
	const balance = { currency: 'EUR', opening: 0, closing: 4_321 };
	const account = sum({ amounts: EACH, lago: SAID, difference: 45, balance });

	it('says of each wallet what Lago says, what differs, what was kept and what was paid out', () => {
		const { message } = summaryOf([], [account]);
		for (const part of ['Lago EUR 770.00', 'differences EUR 0.45', 'paid out EUR 9000000.00', 'EUR 43.21'])
			expect(message).toContain(part);
		// Taxes, fees, conversions and others, without what came, went back or was disputed.
		expect(message).toContain('EUR 863996.80');
	});

	it('says nothing of the parts of a wallet', () => {
		const { message } = summaryOf([], [account, sum({ currency: 'USD', entity: 'acme' })]);
		expect(message).not.toContain('USD');
	});

	it.each([
		['no balances', null],
		['balances that are not told', { currency: 'EUR', opening: null, closing: null }],
	])('says no balance where there are %s', (_what, none) => {
		expect(summaryOf([], [sum({ balance: none })]).message).not.toContain('balance');
	});

	it.each([
		['EUR', 'differences EUR 1.50'],
		['HUF', 'differences HUF 1.50'],
		['JPY', 'differences JPY 150'],
		['KWD', 'differences KWD 0.150'],
	])('writes %s as Dodo counts it', (currency, expected) => {
		expect(summaryOf([], [sum({ currency, difference: 150 })]).message).toContain(expected);
	});

	it('counts the lines, and each reason', () => {
		const reasons = ['held', null, 'rounding', 'held', 'held'] as const;
		const { message, nextStep } = summaryOf(
			reasons.map((reason) => line({ reason })),
			[],
		);
		expect(message).toBe('5 lines.\nOf these: 3 held, 1 rounding.');
		expect(nextStep).toBe(`${STATEMENT_REASONS.held.join('. ')}.`);
	});

	it.each([
		['nothing differs', [null], '1 lines.'],
		['there is no line', [], '0 lines.'],
	])('says no more than that where %s', (_what, reasons, expected) => {
		const lines = reasons.map((reason) => line({ reason }));
		expect(summaryOf(lines, [])).toEqual({ message: expected, nextStep: null });
	});

	it('asks nobody to do anything about what explains itself', () => {
		expect(summaryOf([line({ reason: 'rounding' }), line({ reason: 'by_hand' })], []).nextStep).toBeNull();
	});

	it('has a step for each reason that needs somebody', () => {
		const lines = (['overpaid', 'rounding', 'ledger_gap'] as const).map((reason) => line({ reason }));
		const steps = summaryOf(lines, []).nextStep?.split('\n');
		expect(steps).toEqual([
			expect.stringContaining(STATEMENT_REASONS.overpaid[1]),
			expect.stringContaining(STATEMENT_REASONS.ledger_gap[1]),
		]);
	});
});
