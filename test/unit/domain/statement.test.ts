import type { LagoBooks, LagoNote, LagoPayment, StatedInvoice } from '../../../nodes/shared/domain/statement/books';
import { Comparison } from '../../../nodes/shared/domain/statement/compare';
import { LedgerReader, type LedgerEntry } from '../../../nodes/shared/domain/statement/ledger';
import type { Line } from '../../../nodes/shared/domain/statement/line';
import { sumUp } from '../../../nodes/shared/domain/statement/sums';
import { statedObjectSchema, toKnownMovement, type StatedObject } from '../../../nodes/shared/wire/dodo/statement';
import { stated } from './statementFacts';

/** Months as a suspicious accountant would look for: each with the rows that it must come to. Amounts in minor units. */
const DAY = 86_400_000;
const FROM = Date.UTC(2026, 9, 1);
const UNTIL = Date.UTC(2026, 10, 1);
const uuid = (digit: number): string => `0000000${digit}-0000-4000-8000-000000000000`;

/** An entry of the ledger: on which day of October, its type, signed amount, what it is about. */
type Posted = [day: number, type: string, amount: number, reference: string | null, currency?: string];

interface Month {
	ledger: Posted[];
	/** In the wallets on the first of the month. */
	opening?: Record<string, number>;
	/** Payments, refunds and disputes as Dodo has them. */
	objects?: Array<Record<string, unknown>>;
	payments?: Array<Partial<LagoPayment>>;
	notes?: Array<Partial<LagoNote>>;
	invoices?: Record<string, Partial<StatedInvoice>>;
	/** Read day by day, as the template does it. */
	byDay?: boolean;
}

const payment = (payment_id: string, total_amount: number, metadata: object = {}, currency = 'EUR') => ({
	payment_id,
	total_amount,
	currency,
	metadata,
});
const ofInvoice = (digit: number) => ({ lago_invoice_id: uuid(digit), lago_invoice_number: `INV-${digit}` });
const booked = (reference: string | null, amount: number, digit: number, more: Partial<LagoPayment> = {}) => ({
	reference,
	name: reference ?? 'none',
	amount,
	invoiceId: uuid(digit),
	...more,
});

function entriesOf({ ledger, opening = {} }: Month): LedgerEntry[] {
	const balances: Record<string, number> = { ...opening };
	return ledger.map(([day, type, amount, reference, currency = 'EUR'], index) => {
		const before = balances[currency] ?? 0;
		balances[currency] = before + amount;
		const at = FROM + (day - 1) * DAY + index;
		const told = { id: `bal_${index}`, type, amount, currency, at, reference, payoutId: null, inUsd: Math.abs(amount) };
		return { ...told, before, after: before + amount };
	});
}

function booksOf({ payments = [], notes = [], invoices = {} }: Month): LagoBooks {
	const common = { currency: 'EUR', at: FROM + 5 * DAY, invoiceId: null, amount: 0 };
	const named = Object.entries(invoices).map(([id, one]): [string, StatedInvoice] => [
		id,
		stated({ number: `INV-${id.charAt(7)}`, ...one }),
	]);
	return {
		payments: payments.map((one, index) => ({ ...common, id: `lp_${index}`, name: '', reference: null, ...one })),
		notes: notes.map((one, index) => ({
			...common,
			id: `ln_${index}`,
			name: `CN-${index}`,
			status: 'succeeded',
			refundId: null,
			...one,
		})),
		invoices: new Map(named),
	};
}

function closed(month: Month): { lines: Line[]; entities: Record<string, number> } {
	const objects = new Map(
		(month.objects ?? []).map((one) => statedObjectSchema.parse(one)).map((one) => [one.id, one]),
	);
	const groups = new Map<number, LedgerReader>();
	const whole = new LedgerReader();
	for (const entry of entriesOf(month)) {
		const day = month.byDay ? Math.floor(entry.at / DAY) : 0;
		const reader = groups.get(day) ?? new LedgerReader();
		groups.set(day, reader);
		for (const one of [reader, whole]) one.add(entry);
	}
	const movements = [...groups.values()].flatMap((reader) =>
		reader.movements().map((movement) => {
			const own: StatedObject | null = objects.get(movement.id) ?? null;
			return toKnownMovement(movement, own, (own && objects.get(own.paymentId)) ?? own);
		}),
	);
	const balances = whole.balances();
	const lines = new Comparison(booksOf(month), [{ from: FROM, until: UNTIL }]).lines(movements, balances);
	const sums = sumUp(lines, balances);
	for (const { currency, amounts, lago, difference, balance } of sums.filter(({ entity }) => entity === null)) {
		// What Lago says, with the differences, less what Dodo keeps, is what was paid out and what the balance grew by.
		const said = lago.payment + lago.creditNote + lago.dispute + difference;
		const kept = amounts.tax + amounts.fee + amounts.disputeFee + amounts.conversion + amounts.other;
		const grew = (balance?.closing ?? 0) - (balance?.opening ?? 0);
		expect([currency, said + kept]).toEqual([currency, grew - amounts.payout]);
	}
	for (const { difference, reason } of lines) expect(difference !== 0).toBe(reason !== null && reason !== 'ledger_gap');
	const ofEntity = sums.filter(({ entity }) => entity === 'acme').map(({ currency, lago }) => [currency, lago.payment]);
	return { lines, entities: Object.fromEntries(ofEntity) as Record<string, number> };
}

const shownOf = ({ lines }: { lines: Line[] }) =>
	lines.map(({ movement, difference, reason, payoutId }) => [movement, difference, reason, payoutId]);

const half = { objects: [payment('pay_1', 6_000, ofInvoice(1))], invoices: { [uuid(1)]: {} } };
/** A refund with its note that the bank did not take, days later. */
const cameBack: Month = {
	ledger: [
		[8, 'refund', -4_000, 'ref_1'],
		[12, 'refund_reversal', 4_000, 'ref_1'],
	],
	objects: [...half.objects, { refund_id: 'ref_1', payment_id: 'pay_1', amount: 4_000, currency: 'EUR' }],
	notes: [{ refundId: 'ref_1', amount: 4_000, invoiceId: uuid(1) }],
	invoices: half.invoices,
};
const shares = { lago_invoices: `${uuid(1)}:6000 ${uuid(2)}:4000` };
const both = { [uuid(1)]: {}, [uuid(2)]: {} };

test.each<[string, Month, unknown[]]>([
	[
		'read day by day: what was paid out later in the month says in which payout',
		{
			...half,
			byDay: true,
			ledger: [
				[3, 'payment', 6_000, 'pay_1'],
				[10, 'payout', -6_000, 'pyt_1'],
				[12, 'adjustment', 5, null],
			],
			payments: [booked('pay_1', 6_000, 1)],
		},
		[
			['payment', 0, null, 'pyt_1'],
			['payout', 0, null, 'pyt_1'],
			['adjustment', 0, null, null],
		],
	],
	[
		'a payout that came back two days later took nothing; the next one did',
		{
			...half,
			byDay: true,
			ledger: [
				[3, 'payment', 6_000, 'pay_1'],
				[10, 'payout', -6_000, 'pyt_1'],
				[12, 'payout_reversal', 6_000, 'pyt_1'],
				[20, 'payout', -6_000, 'pyt_2'],
			],
			payments: [booked('pay_1', 6_000, 1)],
		},
		[
			['payment', 0, null, 'pyt_2'],
			['payout', 0, null, 'pyt_2'],
			['payout', 0, null, 'pyt_2'],
			['payout', 0, null, 'pyt_2'],
		],
	],
	[
		'a payout in another currency than the wallet; a conversion that is for none',
		{
			...half,
			ledger: [
				[3, 'payment', 6_000, 'pay_1'],
				[4, 'currency_conversion', -1_000, 'cnv_1'],
				[4, 'currency_conversion', 1_080, 'cnv_1', 'USD'],
				[10, 'currency_conversion', -5_000, 'pyt_1'],
				[10, 'currency_conversion', 5_400, 'pyt_1', 'USD'],
				[10, 'payout', -6_480, 'pyt_1', 'USD'],
			],
			payments: [booked('pay_1', 6_000, 1)],
		},
		[
			['payment', 0, null, 'pyt_1'],
			['conversion', 0, null, 'pyt_1'],
			['conversion', 0, null, 'pyt_1'],
			['conversion', 0, null, 'pyt_1'],
			['conversion', 0, null, 'pyt_1'],
			['payout', 0, null, 'pyt_1'],
		],
	],
	[
		'a negative balance carried over, filled up, and nothing to pay out',
		{
			...half,
			opening: { EUR: -9_000 },
			ledger: [[3, 'payment', 6_000, 'pay_1']],
			payments: [booked('pay_1', 6_000, 1)],
		},
		[['payment', 0, null, null]],
	],
	[
		'a chargeback of a payment that was paid out last month: first lost in Lago, later its fee',
		{
			opening: { EUR: 0 },
			ledger: [
				[8, 'dispute', -6_000, 'dis_1'],
				[9, 'dispute_fees', -1_500, 'dis_1'],
			],
			byDay: true,
			objects: [
				payment('pay_1', 6_000, ofInvoice(1)),
				{ dispute_id: 'dis_1', payment_id: 'pay_1', amount: '6000', currency: 'EUR', dispute_status: 'dispute_lost' },
			],
			invoices: { [uuid(1)]: { lostAt: FROM + 9 * DAY, lost: 6_000 } },
		},
		[
			['dispute', 0, null, null],
			['dispute', 0, null, null],
		],
	],
	[
		'a chargeback that Lago marks next month',
		{
			ledger: [[30, 'dispute', -6_000, 'dis_1']],
			objects: [
				payment('pay_1', 6_000, ofInvoice(1)),
				{ dispute_id: 'dis_1', payment_id: 'pay_1', amount: '6000', currency: 'EUR', dispute_status: 'dispute_lost' },
			],
			invoices: { [uuid(1)]: { lostAt: UNTIL + DAY, lost: 6_000 } },
		},
		[['dispute', -6_000, 'other_period', null]],
	],
	[
		'another product of the same account',
		{ ledger: [[3, 'payment', 900, 'pay_9']], objects: [payment('pay_9', 900)] },
		[['payment', 900, 'not_of_lago', null]],
	],
	[
		'an invoice paid half by hand and half by Dodo',
		{
			...half,
			ledger: [[3, 'payment', 6_000, 'pay_1']],
			payments: [booked('cheque 7', 4_000, 1), booked('pay_1', 6_000, 1)],
		},
		[
			['payment', 0, null, null],
			['Lago payment', -4_000, 'by_hand', null],
		],
	],
	[
		'fees with fractions come in whole cents, a correction evens them out',
		{
			...half,
			ledger: [
				[3, 'payment', 6_000, 'pay_1'],
				[3, 'payment_fees', -333, 'pay_1'],
				[31, 'adjustment', 1, null],
			],
			payments: [booked('pay_1', 6_000, 1)],
		},
		[
			['payment', 0, null, null],
			['adjustment', 0, null, null],
		],
	],
	[
		'one payment of two invoices',
		{
			ledger: [[3, 'payment', 10_000, 'pay_1']],
			objects: [payment('pay_1', 10_000, shares)],
			payments: [booked('pay_1', 6_000, 1), booked('pay_1', 4_000, 2)],
			invoices: both,
		},
		[['payment', 0, null, null]],
	],
	[
		'one of them was paid by bank before; that part goes back and has no note',
		{
			ledger: [
				[3, 'payment', 10_000, 'pay_1'],
				[7, 'refund', -4_000, 'ref_1'],
			],
			objects: [
				payment('pay_1', 10_000, shares),
				{ refund_id: 'ref_1', payment_id: 'pay_1', amount: 4_000, currency: 'EUR' },
			],
			payments: [booked('pay_1', 6_000, 1), booked('bank', 4_000, 2)],
			invoices: both,
		},
		[
			['payment', 4_000, 'overpaid', null],
			['Lago payment', -4_000, 'by_hand', null],
			['refund', -4_000, 'overpayment_returned', null],
		],
	],
	[
		'one of them is not booked yet: held, though the other is',
		{
			ledger: [[3, 'payment', 10_000, 'pay_1']],
			objects: [payment('pay_1', 10_000, shares)],
			payments: [booked('pay_1', 6_000, 1)],
			invoices: both,
		},
		[['payment', 4_000, 'held', null]],
	],
	[
		'a lost dispute of it is one loss, on whichever of them Lago writes it',
		{
			ledger: [
				[3, 'payment', 10_000, 'pay_1'],
				[7, 'dispute', -10_000, 'dis_1'],
			],
			objects: [
				payment('pay_1', 10_000, shares),
				{ dispute_id: 'dis_1', payment_id: 'pay_1', amount: '10000', currency: 'EUR', dispute_status: 'dispute_lost' },
			],
			payments: [booked('pay_1', 6_000, 1), booked('pay_1', 4_000, 2)],
			invoices: {
				[uuid(1)]: { lostAt: FROM + 8 * DAY, lost: 6_000 },
				[uuid(2)]: { lostAt: FROM + 8 * DAY, lost: 4_000 },
			},
		},
		[
			['payment', 0, null, null],
			['dispute', 0, null, null],
		],
	],
	[
		'a dispute that took also what was never booked',
		{
			ledger: [
				[3, 'payment', 10_000, 'pay_1'],
				[7, 'dispute', -10_000, 'dis_1'],
			],
			objects: [
				payment('pay_1', 10_000, shares),
				{ dispute_id: 'dis_1', payment_id: 'pay_1', amount: '10000', currency: 'EUR', dispute_status: 'dispute_lost' },
			],
			payments: [booked('pay_1', 6_000, 1), booked('bank', 4_000, 2)],
			invoices: { [uuid(1)]: { lostAt: FROM + 8 * DAY, lost: 6_000 }, [uuid(2)]: {} },
		},
		[
			['payment', 4_000, 'overpaid', null],
			['Lago payment', -4_000, 'by_hand', null],
			['dispute', -4_000, 'overpayment_returned', null],
		],
	],
	[
		'a dispute whose second half Lago marks next month',
		{
			ledger: [[30, 'dispute', -10_000, 'dis_1']],
			objects: [
				payment('pay_1', 10_000, shares),
				{ dispute_id: 'dis_1', payment_id: 'pay_1', amount: '10000', currency: 'EUR', dispute_status: 'dispute_lost' },
			],
			invoices: {
				[uuid(1)]: { lostAt: UNTIL - DAY, lost: 6_000 },
				[uuid(2)]: { lostAt: UNTIL + DAY, lost: 4_000 },
			},
		},
		[['dispute', -4_000, 'other_period', null]],
	],
	[
		'a payment whose fee is taken a day later',
		{
			...half,
			byDay: true,
			ledger: [
				[3, 'payment', 6_000, 'pay_1'],
				[4, 'payment_fees', -333, 'pay_1'],
			],
			payments: [booked('pay_1', 6_000, 1)],
		},
		[
			['payment', 0, null, null],
			['payment', 0, null, null],
		],
	],
	[
		'a refund with its note that the bank did not take, days later',
		{ ...cameBack, byDay: true },
		[
			['refund', 0, null, null],
			['refund', 4_000, 'refund_failed', null],
		],
	],
	[
		'the same, read at once',
		cameBack,
		[
			['refund', 0, null, null],
			['refund', 4_000, 'refund_failed', null],
		],
	],
	[
		'the same in dollars, which come back at another rate',
		{
			ledger: [
				[8, 'refund', -3_704, 'ref_1'],
				[12, 'refund_reversal', 3_690, 'ref_1'],
			],
			objects: [
				payment('pay_1', 6_000, ofInvoice(1), 'USD'),
				{ refund_id: 'ref_1', payment_id: 'pay_1', amount: 4_000, currency: 'USD' },
			],
			notes: [{ refundId: 'ref_1', amount: 4_000, currency: 'USD', invoiceId: uuid(1) }],
			invoices: { [uuid(1)]: { currency: 'USD' } },
		},
		[
			['refund', 0, null, null],
			['refund', 3_690, 'refund_failed', null],
		],
	],
	[
		'a refund that comes back in the month after its note',
		{
			ledger: [[2, 'refund_reversal', 4_000, 'ref_1']],
			objects: [
				payment('pay_1', 6_000, ofInvoice(1)),
				{ refund_id: 'ref_1', payment_id: 'pay_1', amount: 4_000, currency: 'EUR' },
			],
			notes: [{ refundId: 'ref_1', amount: 4_000, invoiceId: uuid(1), at: FROM - DAY }],
			invoices: { [uuid(1)]: {} },
		},
		[['refund', 4_000, 'refund_failed', null]],
	],
	[
		'a refund with its note, whose tax comes back a day later',
		{
			ledger: [
				[8, 'refund', -4_000, 'ref_1'],
				[9, 'tax_reversal', 600, 'ref_1'],
				[9, 'refund_fees', -50, 'ref_1'],
			],
			byDay: true,
			objects: [
				payment('pay_1', 6_000, ofInvoice(1)),
				{ refund_id: 'ref_1', payment_id: 'pay_1', amount: 4_000, currency: 'EUR' },
			],
			notes: [{ refundId: 'ref_1', amount: 4_000, invoiceId: uuid(1) }],
			invoices: { [uuid(1)]: {} },
		},
		[
			['refund', 0, null, null],
			['refund', 0, null, null],
		],
	],
	[
		'a top-up that is not booked, whose invoice Lago shows to nobody',
		{
			ledger: [[3, 'payment', 5_000, 'pay_1']],
			objects: [payment('pay_1', 5_000, { ...ofInvoice(1), lago_wallet_transaction_id: uuid(4) })],
		},
		[['payment', 5_000, 'held', null]],
	],
])('%s', (_name, month, expected) => expect(shownOf(closed(month))).toEqual(expected));

test('one payment of several invoices counts for the entity that billed them', () => {
	const month: Month = {
		ledger: [[3, 'payment', 10_000, 'pay_1']],
		objects: [payment('pay_1', 10_000, shares)],
		payments: [booked('pay_1', 6_000, 1), booked('pay_1', 4_000, 2)],
		invoices: both,
	};
	const { lines, entities } = closed(month);
	expect(lines).toMatchObject([{ invoiceNumber: 'INV-1, INV-2', document: 'pay_1', payer: 'Ada' }]);
	expect(entities).toEqual({ EUR: 10_000 });
});

test('an entry that is missing in the middle is a row of its own', () => {
	const entries = entriesOf({ ledger: [100, 200, 300].map((amount): Posted => [3, 'adjustment', amount, null]) });
	const reader = new LedgerReader();
	for (const entry of entries.filter((_, index) => index !== 1)) reader.add(entry);
	const movements = reader.movements().map((one) => toKnownMovement(one, null, null));
	const lines = new Comparison(booksOf({ ledger: [] }), [{ from: FROM, until: UNTIL }]).lines(
		movements,
		reader.balances(),
	);
	expect(lines.at(-1)).toMatchObject({ movement: 'ledger gap', reason: 'ledger_gap', amounts: { other: 200 } });
});
