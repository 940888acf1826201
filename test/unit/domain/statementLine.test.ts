import { gaps } from '../../../nodes/shared/domain/statement/gaps';
import {
	inDodoUnits,
	isRounding,
	isTaxOnTop,
	newLine,
	say,
	type Line,
	type Said,
} from '../../../nodes/shared/domain/statement/line';
import { amounts, line, movement, PERIOD, stated } from './statementFacts';

test.each<[string, Parameters<typeof movement>[0], ReturnType<typeof stated>[], Partial<Line>]>([
	['what came', { gross: 1_000, tax: -190, fee: -40 }, [], { difference: 1_000 }],
	['what went back', { refund: -300, fee: 7 }, [], { difference: -300 }],
	['what was disputed', { dispute: -50, disputeFee: -1_500 }, [], { difference: -50 }],
	['all of it together', { gross: 1_000, refund: -300, dispute: -50 }, [], { difference: 650 }],
	['no payout, conversion or correction', { payout: -9, conversion: 8, other: 7 }, [], { difference: 0 }],
	['its payer and number', { payer: 'Bob', invoiceNumber: 'X' }, [], { payer: 'Bob', invoiceNumber: 'X' }],
	['nobody', {}, [], { payer: '', invoiceNumber: '', invoice: null }],
	[
		'those of Lago before those of Dodo',
		{ payer: 'Bob', invoiceNumber: 'X' },
		[stated(), stated({ number: 'INV-2', customer: 'Eve' })],
		{ payer: 'Ada', invoiceNumber: 'INV-1, INV-2', invoice: stated() },
	],
	['those of Dodo where Lago has none', { payer: 'Bob' }, [stated({ customer: '' })], { payer: 'Bob' }],
])('a line of which Lago says nothing has open %s', (_what, change, invoices, expected) => {
	const said = { lago: 0, kind: null, lagoAmount: null, lagoCurrency: '', document: '', reason: null };
	expect(newLine(movement(change), invoices)).toMatchObject({ ...said, ...expected });
});

/** What moved, what was charged for it, what Lago says in which currency; what that leaves open. */
type Told = [
	what: string,
	moved: Parameters<typeof amounts>[0],
	charged: [number | null, string | null],
	said: [number, string | null],
	difference: number,
];

test.each<Told>([
	['the same', { gross: 1_000 }, [1_000, 'EUR'], [1_000, 'EUR'], 0],
	['less', { gross: 1_000 }, [1_000, 'EUR'], [900, 'EUR'], 100],
	['more', { gross: 1_000 }, [1_000, 'EUR'], [1_100, 'EUR'], -100],
	['the same in no currency, which is that of the wallet', { gross: 1_000 }, [null, null], [900, null], 100],
	['the same of a refund', { refund: -1_000 }, [1_000, 'EUR'], [-1_000, 'EUR'], 0],
	['less of a refund', { refund: -1_000 }, [1_000, 'EUR'], [-900, 'EUR'], -100],
	['the same of a dispute', { dispute: -1_000 }, [1_000, 'EUR'], [-1_000, 'EUR'], 0],
	['a payment and its refund', { gross: 1_000, refund: -300, dispute: -50 }, [1_000, 'EUR'], [600, 'EUR'], 50],
	['the whole charge, whatever its rate', { gross: 1_000 }, [1_333, 'USD'], [1_333, 'USD'], 0],
	['half of the charge', { gross: 1_000 }, [1_250, 'USD'], [625, 'USD'], 500],
	['more than the charge', { gross: 1_000 }, [1_250, 'USD'], [1_500, 'USD'], -200],
	['the whole of a converted refund', { refund: -1_000 }, [1_250, 'USD'], [-1_250, 'USD'], 0],
	['less of a converted refund', { refund: -1_000 }, [1_250, 'USD'], [-1_000, 'USD'], -200],
	['more of a converted refund', { refund: -1_000 }, [1_250, 'USD'], [-1_500, 'USD'], 200],
	['half a cent, which is one', { gross: 1 }, [2, 'USD'], [1, 'USD'], 1],
	['a third of a cent, which is none', { gross: 1 }, [3, 'USD'], [2, 'USD'], 0],
	['two thirds of a cent, which are one', { gross: 1 }, [3, 'USD'], [1, 'USD'], 1],
	['amounts whose product no float holds', { gross: 2_147_483_647 }, [2_147_483_646, 'USD'], [1, 'USD'], 2_147_483_646],
	['a currency that nobody was charged', { gross: 1_000 }, [1_250, 'USD'], [1_250, 'GBP'], 1_000],
	['it of a charge that is not known', { gross: 1_000 }, [null, 'USD'], [1_250, 'USD'], 1_000],
	['it of a charge of nothing', { gross: 1_000 }, [0, 'USD'], [1_250, 'USD'], 1_000],
])('Lago says %s', (_what, moved, [charged, chargedCurrency], [amount, currency], expected) => {
	const own = line({ amounts: amounts({ ...moved, fee: -77 }), charged, chargedCurrency });
	const { gross, refund, dispute } = own.amounts;
	say(own, { kind: 'payment', amount, currency, document: 'doc' });
	expect(own).toMatchObject({
		difference: expected,
		// What Lago says and what it leaves open are what moved.
		lago: gross + refund + dispute - expected,
		lagoAmount: amount,
		lagoCurrency: currency ?? 'EUR',
		kind: 'payment',
		document: 'doc',
	});
});

test('what Lago counts in other units is shown as it says it, and compared as Dodo counts it', () => {
	const own = line({ currency: 'HUF', amounts: amounts({ gross: 12_300 }), charged: 12_300, chargedCurrency: 'HUF' });
	const said: Said = { kind: 'creditNote', amount: 12_000, inLago: 120, currency: 'HUF', document: '' };
	say(own, said);
	expect(own).toMatchObject({ kind: 'creditNote', difference: 300, lago: 12_000, lagoAmount: 120 });
});

test.each([
	['EUR', false, 1_234, 1_234],
	['JPY', false, 1_234, 1_234],
	['HUF', false, 1_234, 123_400],
	['HUF', true, 1_234, 1_234],
	['HUF', false, -1_234, -123_400],
	['MRO', false, 7, 7],
	['KWD', false, 1_234, 1_234],
])('%s, counted alike: %s, %d of Lago is %d of Dodo', (currency, countedAlike, amount, expected) => {
	expect(inDodoUnits(amount, currency, countedAlike)).toBe(expected);
});

const converted = { lagoCurrency: 'USD', chargedCurrency: 'USD' };
test.each<[string, Partial<Line>, boolean]>([
	['a unit of the charge less', { ...converted, charged: 1_000, lagoAmount: -999, difference: 50 }, true],
	['a unit of the charge more', { ...converted, charged: 1_000, lagoAmount: -1_001, difference: 50 }, true],
	['two units of the charge', { ...converted, charged: 1_000, lagoAmount: -998, difference: 1 }, false],
	['two units of the charge more', { ...converted, charged: 1_000, lagoAmount: -1_002, difference: 1 }, false],
	['a note of which nothing is said', { ...converted, charged: 1_000, difference: 0 }, false],
	['a charge of one unit, and nothing said', { ...converted, charged: 1, difference: 50 }, true],
	['a unit of the wallet, charge not known', { ...converted, charged: null, difference: 1 }, true],
	['a unit of it less', { ...converted, charged: null, difference: -1 }, true],
	['two units of it', { ...converted, charged: null, difference: 2 }, false],
	['a unit, in another currency than charged', { lagoCurrency: 'GBP', charged: 5, lagoAmount: 9, difference: 1 }, true],
	['two, in another currency', { ...converted, lagoCurrency: 'GBP', charged: 9, lagoAmount: -9, difference: 2 }, false],
])('%s: rounded is %s', (_what, change, expected) => expect(isRounding(line(change))).toBe(expected));

test.each<[string, number, number, string | null, boolean]>([
	['all of it', 190, -190, 'EUR', true],
	['all of it, charged in nobody knows what', 190, -190, null, true],
	['a cent more', 191, -190, 'EUR', false],
	['a cent less', 189, -190, 'EUR', false],
	['a cent more in nobody knows what', 191, -190, null, false],
	['a cent more after a conversion', 191, -190, 'USD', true],
	['a cent less after a conversion', 189, -190, 'USD', true],
	['two cents after a conversion', 192, -190, 'USD', false],
	['no tax', 0, 0, 'EUR', false],
	['no tax after a conversion', 1, 0, 'USD', false],
	['a tax that came back', -190, 190, 'EUR', false],
	['the tax twice', 380, -190, 'EUR', false],
])('of a difference Dodo put on top as its tax %s', (_what, difference, tax, chargedCurrency, expected) => {
	expect(isTaxOnTop(line({ difference, amounts: amounts({ tax }), chargedCurrency }))).toBe(expected);
});

describe('what the balances of a wallet say beyond its entries', () => {
	const later = { from: PERIOD.until, until: PERIOD.until + 1_000 };
	const moved = [movement({ gross: 1_000, tax: -190, fee: -40 }), movement({ payout: -500, other: 2 })];
	const foreign = movement({ currency: 'USD', gross: 7_000 });

	it.each([
		['in which something is missing', 100, 400, 28],
		['in which something is too much', 100, 300, -72],
		['that was empty', 0, 300, 28],
		['that is empty', -300, 0, 28],
	])('is a line of its own for a wallet %s', (_what, opening, closing, other) => {
		const found = gaps([...moved, foreign], [{ currency: 'EUR', opening, closing }], [later, PERIOD]);
		expect(found).toMatchObject([
			{ movement: 'ledger gap', currency: 'EUR', reason: 'ledger_gap', amounts: amounts({ other }), difference: 0 },
		]);
		// The last moment of all periods: behind everything else.
		expect(found[0]).toMatchObject({ at: later.until - 1, invoiceNumber: '', payer: '', lago: 0, kind: null });
	});

	it.each([
		['that its entries explain', 100, 372],
		['whose opening is not told', null, 400],
		['whose closing is not told', 400, null],
	])('is nothing for a wallet %s', (_what, opening, closing) => {
		expect(gaps([...moved, foreign], [{ currency: 'EUR', opening, closing }], [PERIOD])).toEqual([]);
	});

	it('is looked for in each wallet', () => {
		const balances = [
			{ currency: 'USD', opening: 0, closing: 7_001 },
			{ currency: 'EUR', opening: 0, closing: 272 },
			{ currency: 'GBP', opening: 5, closing: 3 },
		];
		const found = gaps([...moved, foreign], balances, [PERIOD]);
		expect(found.map(({ currency, amounts: { other } }) => [currency, other])).toEqual([
			['USD', 1],
			['GBP', -2],
		]);
	});
});
