import {
	columnOf,
	LedgerReader,
	withPayouts,
	type LedgerEntry,
	type Movement,
} from '../../../nodes/shared/domain/statement/ledger';
import { amounts, AT } from './statementFacts';

let count = 0;
const entry = (type: string, amount: number, change: Partial<LedgerEntry> = {}): LedgerEntry => ({
	id: `bal_${++count}`,
	type,
	amount,
	currency: 'EUR',
	at: AT,
	reference: null,
	payoutId: null,
	before: null,
	after: null,
	inUsd: Math.abs(amount),
	...change,
});
const read = (entries: readonly LedgerEntry[]): LedgerReader => {
	const reader = new LedgerReader();
	for (const one of entries) reader.add(one);
	return reader;
};

test.each([
	['payment', 'gross', 'payment'],
	['payment_fees', 'fee', 'payment'],
	['tax', 'tax', 'payment'],
	['refund', 'refund', 'refund'],
	['refund_reversal', 'refund', 'refund'],
	['refund_fees', 'fee', 'refund'],
	['tax_reversal', 'tax', 'refund'],
	['dispute', 'dispute', 'dispute'],
	['dispute_reversal', 'dispute', 'dispute'],
	['dispute_fees', 'disputeFee', 'dispute'],
	['dispute_fees_reversal', 'disputeFee', 'dispute'],
	['ethoca_fees', 'disputeFee', 'dispute'],
	['visa_rdr_fee', 'disputeFee', 'dispute'],
	['deflection_fees_reversal', 'disputeFee', 'dispute'],
	['payout', 'payout', 'payout'],
	['payout_fees', 'fee', 'payout'],
	['payout_reversal', 'payout', 'payout'],
	['currency_conversion', 'conversion', 'conversion'],
	['adjustment', 'other', 'adjustment'],
	['early_payout', 'other', 'early_payout'],
	['reversal_fees_note', 'other', 'reversal_fees_note'],
	['affiliate_fees', 'fee', 'affiliate_fees'],
	['affiliate_fee', 'fee', 'affiliate_fee'],
	['early_payout_fees', 'fee', 'early_payout_fees'],
])('%s is counted as %s, in the row of a %s', (type, column, movement) => {
	expect(columnOf(type)).toBe(column);
	expect(read([entry(type, 7)]).movements()).toMatchObject([{ movement, ...amounts({ [column]: 7 }) }]);
});

test('everything of one object in one wallet is one row, as of its first entry, with the payout that any of them names', () => {
	const own = { reference: 'pay_1', at: AT + 5 };
	const rows = read([
		entry('payment_fees', -30, own),
		entry('payment', 1_000, { ...own, at: AT + 3, payoutId: 'pyt_1' }),
		entry('tax', -190, { ...own, at: AT + 4, payoutId: 'pyt_2' }),
		entry('payment', 500, { ...own, currency: 'USD' }),
		entry('adjustment', 1),
		entry('adjustment', 2),
	]).movements();
	const shown = rows.map(({ id, currency, at, gross, payoutId }) => [id, currency, at - AT, gross, payoutId]);
	expect(shown).toEqual([
		[expect.stringMatching(/^bal_/), 'EUR', 0, 0, null],
		[expect.stringMatching(/^bal_/), 'EUR', 0, 0, null],
		['pay_1', 'EUR', 3, 1_000, 'pyt_1'],
		['pay_1', 'USD', 5, 500, null],
	]);
	expect(rows[2]).toMatchObject({ ...amounts({ gross: 1_000, tax: -190, fee: -30 }), charged: null });
});

test('a refund that came back is two rows, whatever Dodo calls the way back; its tax and fee are in the first', () => {
	const own = { reference: 'ref_1' };
	const rows = read([
		entry('refund', -1_000, own),
		entry('tax_reversal', 190, own),
		entry('refund_fees', -30, own),
		entry('refund_reversal', 600, { ...own, at: AT + 1 }),
		entry('refund', 400, { ...own, at: AT + 2 }),
	]).movements();
	expect(rows).toMatchObject([
		{ movement: 'refund', id: 'ref_1', at: AT, ...amounts({ refund: -1_000, tax: 190, fee: -30 }) },
		{ movement: 'refund', id: 'ref_1', at: AT + 1, ...amounts({ refund: 1_000 }) },
	]);
});

describe('into which payout money went', () => {
	type Given = Partial<Movement> & Pick<Movement, 'id'>;
	const row = (given: Given): Movement => ({
		...amounts(),
		movement: 'payment',
		at: AT,
		currency: 'EUR',
		payoutId: null,
		charged: null,
		chargedCurrency: null,
		...given,
	});
	const payout = (id: string, at: number, change: Partial<Movement> = {}): Given => ({
		id,
		movement: 'payout',
		at: AT + at,
		payout: -900,
		...change,
	});
	const conversion = (id: string, at: number, change: Partial<Movement>): Given => ({
		id,
		movement: 'conversion',
		at: AT + at,
		...change,
	});
	test.each<[string, Given, Given[], string | null]>([
		['the next one', { id: 'pay_1' }, [payout('pyt_1', 1)], 'pyt_1'],
		['one of the same moment', { id: 'pay_1' }, [payout('pyt_1', 0)], 'pyt_1'],
		['none that was before', { id: 'pay_1' }, [payout('pyt_1', -1)], null],
		['the next one, in whatever order they come', { id: 'pay_1' }, [payout('pyt_2', 9), payout('pyt_1', 1)], 'pyt_1'],
		[
			'the next one of its own wallet',
			{ id: 'pay_1' },
			[payout('pyt_1', 1, { currency: 'USD' }), payout('pyt_2', 2)],
			'pyt_2',
		],
		[
			'the one that Dodo names, though another is next',
			{ id: 'pay_1', payoutId: 'pyt_2' },
			[payout('pyt_1', 1), payout('pyt_2', 2)],
			'pyt_2',
		],
		[
			'the one that Dodo names, though it is beyond the period',
			{ id: 'pay_1', payoutId: 'pyt_2' },
			[payout('pyt_1', 1)],
			'pyt_2',
		],
		[
			'the one that Dodo names, though only the conversion for it is within the period',
			{ id: 'pay_1', payoutId: 'pyt_1' },
			[conversion('pyt_1', 1, { conversion: -900 })],
			'pyt_1',
		],
		[
			'the next one, where the one that Dodo names came back',
			{ id: 'pay_1', payoutId: 'pyt_1' },
			[payout('pyt_1', 1), payout('pyt_1', 3, { payout: 900 }), payout('pyt_2', 5)],
			'pyt_2',
		],
		[
			'the next one, whose fee came a day later, and not that of before',
			{ id: 'pay_1' },
			[payout('pyt_1', -1), payout('pyt_1', 1, { payout: 0, fee: -5 }), payout('pyt_2', 2)],
			'pyt_2',
		],
		[
			'the one in another currency that emptied the wallet by a conversion',
			{ id: 'pay_1' },
			[
				conversion('pyt_1', 1, { conversion: -900 }),
				conversion('pyt_1', 1, { conversion: 990, currency: 'USD' }),
				payout('pyt_1', 2, { currency: 'USD', payout: -990 }),
			],
			'pyt_1',
		],
		[
			'none by a conversion that was for no payout',
			{ id: 'pay_1' },
			[conversion('cnv', 1, { conversion: -900 })],
			null,
		],
	])('%s', (_name, given, others, expected) => {
		const [first] = withPayouts([given, ...others].map(row));
		expect(first).toEqual({ ...row(given), payoutId: expected });
	});
});

describe('the two sides of a conversion', () => {
	const side = (amount: number, currency: string, reference: string, inUsd: number): LedgerEntry =>
		entry('currency_conversion', amount, { currency, reference, inUsd });
	const shownOf = (entries: readonly LedgerEntry[]) =>
		read(entries)
			.movements()
			.map(({ currency, conversion, charged, chargedCurrency }) => [currency, conversion, charged, chargedCurrency]);

	test('name each other, and neither is added to the other', () => {
		expect(shownOf([side(-1_000, 'EUR', 'pyt_1', 1_080), side(1_080, 'USD', 'pyt_1', 1_080)])).toEqual([
			['EUR', -1_000, 1_080, 'USD'],
			['USD', 1_080, 1_000, 'EUR'],
		]);
	});

	test('of several wallets that are emptied for one payout, those that are worth the same belong together', () => {
		const shown = shownOf([
			side(200, 'USD', 'pyt_1', 200),
			side(1_080, 'USD', 'pyt_1', 1_080),
			side(540, 'USD', 'pyt_1', 540),
			side(-1_000, 'EUR', 'pyt_1', 1_081),
			side(-400, 'GBP', 'pyt_1', 539),
			side(-250, 'CHF', 'pyt_1', 201),
		]);
		expect(shown).toEqual([
			['USD', 200, 250, 'CHF'],
			['USD', 1_080, 1_000, 'EUR'],
			['USD', 540, 400, 'GBP'],
			['EUR', -1_000, 1_080, 'USD'],
			['GBP', -400, 540, 'USD'],
			['CHF', -250, 200, 'USD'],
		]);
	});

	test('that are worth the same each have one of their own', () => {
		const two = ['EUR', 'GBP'].map((currency) => side(-1_000, currency, 'pyt_1', 1_080));
		expect(shownOf([...two, side(1_079, 'USD', 'pyt_1', 1_079), side(1_080, 'CAD', 'pyt_1', 1_080)])).toEqual([
			['EUR', -1_000, 1_080, 'CAD'],
			['GBP', -1_000, 1_079, 'USD'],
			['USD', 1_079, 1_000, 'GBP'],
			['CAD', 1_080, 1_000, 'EUR'],
		]);
	});

	test('of different payouts are never taken for one', () => {
		expect(shownOf([side(-1_000, 'EUR', 'pyt_1', 1_080), side(1_080, 'USD', 'pyt_2', 1_080)])).toEqual([
			['EUR', -1_000, null, null],
			['USD', 1_080, null, null],
		]);
	});

	test('one without the other does not keep the others apart', () => {
		const [alone, debit, credit] = [
			side(-7, 'GBP', 'pyt_0', 8),
			side(-1_000, 'EUR', 'pyt_1', 1_080),
			side(1_080, 'USD', 'pyt_1', 1_080),
		];
		expect(shownOf([alone, debit, credit])).toEqual([
			['GBP', -7, null, null],
			['EUR', -1_000, 1_080, 'USD'],
			['USD', 1_080, 1_000, 'EUR'],
		]);
	});

	test('nothing else is a side of one', () => {
		const payment = entry('payment', 1_080, { reference: 'pyt_1', inUsd: 1_080 });
		expect(shownOf([payment, side(-1_000, 'USD', 'pyt_1', 1_080)])).toEqual([
			['EUR', 0, null, null],
			['USD', -1_000, null, null],
		]);
	});
});

/** Which balances a wallet has, at which minute: before and behind each entry, as Dodo made them. */
type Told = Array<[minute: number, before: number | null, after: number | null]>;
const balancesOf = (told: Told) =>
	read(
		told.map(([minute, before, after]) => entry('adjustment', 0, { at: AT + minute * 60_000, before, after })),
	).balances();
const reversed = (told: Told): Told => [...told].reverse();

describe('what was in a wallet at the beginning and at the end', () => {
	test.each<[string, Told, number | null, number | null]>([
		['of one entry', [[0, 100, 150]], 100, 150],
		[
			'of three',
			[
				[0, 0, 100],
				[5, 100, 40],
				[9, 40, 90],
			],
			0,
			90,
		],
		[
			'that is emptied, and begins anew',
			[
				[0, 0, 100],
				[5, 100, 0],
				[9, 0, 30],
			],
			0,
			30,
		],
		[
			'that ends where it began',
			[
				[0, 20, 100],
				[5, 100, 20],
			],
			20,
			20,
		],
		[
			'of which an entry in the middle is missing',
			[
				[0, 0, 100],
				[9, 300, 600],
			],
			0,
			600,
		],
		[
			'of which the first entry after it was emptied is missing',
			[
				[0, 0, 60],
				[5, 60, 0],
				[9, 40, 70],
			],
			0,
			70,
		],
		[
			'of which the last entry before it was emptied is missing',
			[
				[0, 0, 60],
				[4, 60, 0],
				[6, 0, 40],
				[9, 70, 0],
			],
			0,
			0,
		],
		[
			'of which an entry of the first minute is missing',
			[
				[0, 0, 100],
				[0.5, 300, 600],
			],
			0,
			600,
		],
		[
			'that had as much before, where the entry after it was emptied is missing',
			[
				[0, 0, 60],
				[5, 60, 0],
				[9, 60, 30],
			],
			0,
			30,
		],
		[
			'that has as much afterwards, where the entry before it was emptied is missing',
			[
				[0, 30, 60],
				[5, 0, 60],
				[9, 60, 0],
			],
			30,
			0,
		],
		['where Dodo does not say what was before', [[0, null, 100]], null, null],
		['where Dodo does not say what was behind', [[0, 100, null]], null, null],
		[
			'where Dodo does not say it of one entry',
			[
				[0, 0, 100],
				[5, null, null],
				[9, 150, 200],
			],
			null,
			null,
		],
	])('%s, whichever entry is read first', (_name, told, opening, closing) => {
		expect(balancesOf(told)).toEqual([{ currency: 'EUR', opening, closing }]);
		expect(balancesOf(reversed(told))).toEqual([{ currency: 'EUR', opening, closing }]);
	});

	test('of one moment, in whatever order they are read', () => {
		const [one, two, three]: Told = [
			[0, 0, 100],
			[0, 100, 150],
			[0, 150, 90],
		];
		for (const told of [
			[one, two, three],
			[three, two, one],
			[two, three, one],
			[two, one, three],
			[three, one, two],
		] as Told[])
			expect(balancesOf(told)).toEqual([{ currency: 'EUR', opening: 0, closing: 90 }]);
	});

	test('of one moment that ends where it began: lists show the newest first', () => {
		const told: Told = [
			[0, 100, 0],
			[0, 0, 100],
		];
		expect(balancesOf(told)).toEqual([{ currency: 'EUR', opening: 0, closing: 0 }]);
	});

	test('where two that come at once are dated the other way round', () => {
		const told: Told = [
			[0.01, 0, 100],
			[0, 100, 150],
			[60, 150, 130],
			[60.01, 90, 110],
			[60, 130, 90],
		];
		expect(balancesOf(told)).toEqual([{ currency: 'EUR', opening: 0, closing: 110 }]);
	});

	test('of each wallet its own', () => {
		const entries = [
			entry('adjustment', 5, { before: 0, after: 5 }),
			entry('adjustment', 7, { before: 10, after: 17, currency: 'USD' }),
		];
		expect(read(entries).balances()).toEqual([
			{ currency: 'EUR', opening: 0, closing: 5 },
			{ currency: 'USD', opening: 10, closing: 17 },
		]);
	});
});
