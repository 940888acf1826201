import type { LagoBooks, StatedInvoice } from '../../../nodes/shared/domain/statement/books';
import { Comparison } from '../../../nodes/shared/domain/statement/compare';
import { Documents } from '../../../nodes/shared/domain/statement/documents';
import type { Line } from '../../../nodes/shared/domain/statement/line';
import { AT, bookedNote, bookedPayment, movement, PERIOD, stated } from './statementFacts';

type Invoices = Record<string, Partial<StatedInvoice>>;
/** What Lago has: an invoice, and nothing else. */
interface Books extends Partial<Pick<LagoBooks, 'payments' | 'notes'>> {
	invoices?: Invoices;
}
function booksOf({ payments = [], notes = [], invoices = { in_1: {} } }: Books): LagoBooks {
	const entries = Object.entries(invoices).map(([id, one]): [string, StatedInvoice] => [
		id,
		stated({ number: `INV-${id.slice(3)}`, ...one }),
	]);
	return { payments, notes, invoices: new Map(entries) };
}
const linesOf = (movements: Parameters<Comparison['lines']>[0], books: Books, periods = [PERIOD]): Line[] =>
	new Comparison(booksOf(books), periods).lines(movements, []);
const shownOf = (lines: readonly Line[]) =>
	lines.map(({ movement: name, difference, reason, lagoAmount }) => [name, difference, reason, lagoAmount]);

const EUR = { charged: 1_000, chargedCurrency: 'EUR' };
const SHARES = [
	{ invoiceId: 'in_1', amount: 600 },
	{ invoiceId: 'in_2', amount: 400 },
];
const BOTH: Invoices = { in_1: {}, in_2: {} };
const BEFORE = { at: PERIOD.from - 1 };
const paid = (dodoId = 'pay_1') => ({ phase: 'paid', dodoId }) as const;

type Change = Parameters<typeof movement>[0];
/** What came, what Lago has, then what stays open, why, and what Lago says. */
type Told = [
	what: string,
	change: Change,
	books: Books,
	difference: number,
	reason: string | null,
	said: number | null,
];

const payment = (change: Change) => movement({ gross: 1_000, ...EUR, ...change });
test.each<Told>([
	['that Lago booked', {}, { payments: [bookedPayment(1_000)] }, 0, null, 1_000],
	['booked at the first moment', {}, { payments: [bookedPayment(1_000, { at: PERIOD.from })] }, 0, null, 1_000],
	['booked at the last moment', {}, { payments: [bookedPayment(1_000, { at: PERIOD.until - 1 })] }, 0, null, 1_000],
	['booked just before', {}, { payments: [bookedPayment(1_000, BEFORE)] }, 1_000, 'other_period', null],
	['booked after', {}, { payments: [bookedPayment(1_000, { at: PERIOD.until })] }, 1_000, 'other_period', null],
	['booked in two parts', {}, { payments: [bookedPayment(400), bookedPayment(600)] }, 0, null, 1_000],
	[
		'of which a part was booked before',
		{},
		{ payments: [bookedPayment(400), bookedPayment(600, BEFORE)] },
		600,
		'other_period',
		400,
	],
	['booked over less', {}, { payments: [bookedPayment(900)] }, 100, 'amount_differs', 900],
	['booked over more', {}, { payments: [bookedPayment(1_100)] }, -100, 'amount_differs', 1_100],
	[
		'booked over less, though its invoice is paid by it',
		{},
		{ payments: [bookedPayment(900)], invoices: { in_1: paid() } },
		100,
		'amount_differs',
		900,
	],
	['with tax on top', { tax: -190 }, { payments: [bookedPayment(810)] }, 190, 'tax_on_top', 810],
	['of nothing but tax, not booked', { gross: 190, tax: -190 }, {}, 190, 'held', null],
	['that is not booked', {}, {}, 1_000, 'held', null],
	['of no invoice', { invoiceId: null }, {}, 1_000, 'not_of_lago', null],
	['of an invoice that Lago does not have', {}, { invoices: {} }, 1_000, 'unknown_invoice', null],
	['of a top-up that is not booked', { topUpId: 'tx_1' }, { invoices: {} }, 1_000, 'held', null],
	['by which its invoice is paid', {}, { invoices: { in_1: paid() } }, 0, null, 1_000],
	['in dollars', { ...EUR, charged: 1_250, chargedCurrency: 'USD' }, { invoices: { in_1: paid() } }, 0, null, 1_250],
	['of an unknown charge', { charged: null, chargedCurrency: null }, { invoices: { in_1: paid() } }, 0, null, 1_000],
	['whose invoice another one paid', {}, { invoices: { in_1: paid('pay_2') } }, 1_000, 'held', null],
	[
		'that its invoice waits for',
		{},
		{ invoices: { in_1: { phase: 'processing', dodoId: 'pay_1' } } },
		1_000,
		'held',
		null,
	],
	['that is a surplus', {}, { invoices: { in_1: { phase: 'overpaid', dodoId: 'pay_1' } } }, 1_000, 'overpaid', null],
	['beside a surplus', {}, { invoices: { in_1: { phase: 'overpaid', dodoId: 'pay_2' } } }, 1_000, 'held', null],
	[
		'that was returned',
		{},
		{ invoices: { in_1: { phase: 'returned', dodoId: 'pay_1' } } },
		1_000,
		'overpayment_returned',
		null,
	],
	[
		'beside one that was returned',
		{},
		{ invoices: { in_1: { phase: 'returned', dodoId: 'pay_2' } } },
		1_000,
		'held',
		null,
	],
	[
		'of an invoice that something else paid before',
		{},
		{ payments: [bookedPayment(1_000, { reference: 'bank', ...BEFORE })] },
		1_000,
		'overpaid',
		null,
	],
	['of two, each paid by it', { shares: SHARES }, { invoices: { in_1: paid(), in_2: paid() } }, 0, null, 1_000],
	['of two, the first paid by it', { shares: SHARES }, { invoices: { in_1: paid(), in_2: {} } }, 400, 'held', 600],
	['of two, the second paid by it', { shares: SHARES }, { invoices: { in_1: {}, in_2: paid() } }, 600, 'held', 400],
	[
		'of two, of which one went back and one is missing',
		{ shares: SHARES },
		{ invoices: { in_1: { phase: 'returned', dodoId: 'pay_1' }, in_2: {} } },
		1_000,
		'held',
		null,
	],
	[
		'of two, of which one is booked and one went back',
		{ shares: SHARES },
		{
			payments: [bookedPayment(400, { invoiceId: 'in_2' })],
			invoices: { ...BOTH, in_1: { phase: 'returned', dodoId: 'pay_1' } },
		},
		600,
		'overpayment_returned',
		400,
	],
	[
		'of two, of which one is a surplus',
		{ shares: SHARES },
		{ payments: [bookedPayment(600)], invoices: { in_1: {}, in_2: { phase: 'overpaid', dodoId: 'pay_1' } } },
		400,
		'overpaid',
		600,
	],
	[
		'of two, of which Lago has one',
		{ shares: SHARES },
		{ payments: [bookedPayment(600)] },
		400,
		'unknown_invoice',
		600,
	],
])('a payment %s', (_what, change, books, difference, reason, said) => {
	expect(shownOf(linesOf([payment(change)], books))).toEqual([['payment', difference, reason, said]]);
});

const refund = (change: Change) =>
	movement({ movement: 'refund', id: 'ref_1', refundIds: ['ref_1'], refund: -1_000, ...EUR, ...change });
const BOOKED = [bookedPayment(1_000, BEFORE)];
const FIRST_BOOKED = [bookedPayment(600, BEFORE)];
const part = (amount: number) => ({ shares: SHARES, refund: -amount, charged: amount });
test.each<Told>([
	['with a note', {}, { notes: [bookedNote(1_000)] }, 0, null, -1_000],
	['with two notes', {}, { notes: [bookedNote(300), bookedNote(700)] }, 0, null, -1_000],
	['whose note is of another period', {}, { notes: [bookedNote(1_000, BEFORE)] }, -1_000, 'other_period', null],
	['a cent above its note', {}, { notes: [bookedNote(999)] }, -1, 'rounding', -999],
	['a cent below its note', {}, { notes: [bookedNote(1_001)] }, 1, 'rounding', -1_001],
	['two cents above its note', {}, { notes: [bookedNote(998)], payments: BOOKED }, -2, 'amount_differs', -998],
	['beside a smaller note, never booked', {}, { notes: [bookedNote(900)] }, -100, 'amount_differs', -900],
	['of a cent without a note', { refund: -1, charged: 1 }, { payments: BOOKED }, -1, 'no_credit_note', null],
	['that came back', { refund: 1_000 }, {}, 1_000, 'refund_failed', null],
	['of no invoice', { invoiceId: null }, {}, -1_000, 'not_of_lago', null],
	['of an invoice that Lago does not have', {}, { invoices: {} }, -1_000, 'unknown_invoice', null],
	['of a top-up that was never booked', { topUpId: 'tx_1' }, { invoices: {} }, -1_000, 'overpayment_returned', null],
	['of what was never booked', {}, {}, -1_000, 'overpayment_returned', null],
	['of nobody knows which payment', { paymentId: null }, {}, -1_000, 'overpayment_returned', null],
	['of what was booked', {}, { payments: BOOKED }, -1_000, 'no_credit_note', null],
	['of what paid its invoice', {}, { invoices: { in_1: paid() } }, -1_000, 'no_credit_note', null],
	['of what did not pay it', {}, { invoices: { in_1: paid('pay_2') } }, -1_000, 'overpayment_returned', null],
	[
		'of what was booked on nobody knows which invoice',
		{},
		{ payments: [bookedPayment(1_000, { invoiceId: null, ...BEFORE })] },
		-1_000,
		'no_credit_note',
		null,
	],
	[
		'of what was booked on another invoice',
		{},
		{ payments: [bookedPayment(1_000, { invoiceId: 'in_2', ...BEFORE })] },
		-1_000,
		'overpayment_returned',
		null,
	],
	['of the part not booked', part(400), { payments: FIRST_BOOKED, invoices: BOTH }, -400, 'overpayment_returned', null],
	['of a cent more than that', part(401), { payments: FIRST_BOOKED, invoices: BOTH }, -401, 'no_credit_note', null],
	[
		'of the part not booked, where the charge is not known',
		{ ...part(400), charged: null },
		{ payments: FIRST_BOOKED, invoices: BOTH },
		-400,
		'overpayment_returned',
		null,
	],
	[
		'of a cent more, where the charge is not known',
		{ ...part(401), charged: null },
		{ payments: FIRST_BOOKED, invoices: BOTH },
		-401,
		'no_credit_note',
		null,
	],
	[
		'of both parts, with a note of the one that was booked',
		part(1_000),
		{ payments: FIRST_BOOKED, notes: [bookedNote(600)], invoices: BOTH },
		-400,
		'overpayment_returned',
		-600,
	],
	[
		'of both parts, with a note of less',
		part(1_000),
		{ payments: FIRST_BOOKED, notes: [bookedNote(599)], invoices: BOTH },
		-401,
		'amount_differs',
		-599,
	],
	[
		'of one part, with a note of more',
		part(400),
		{ payments: FIRST_BOOKED, notes: [bookedNote(500)], invoices: BOTH },
		100,
		'amount_differs',
		-500,
	],
	[
		'of one part, with a note of the same number in another currency',
		part(400),
		{ payments: FIRST_BOOKED, notes: [bookedNote(400, { currency: 'GBP' })], invoices: BOTH },
		-400,
		'amount_differs',
		-400,
	],
	[
		'of one of two parts that were booked',
		part(400),
		{ payments: [...FIRST_BOOKED, bookedPayment(400, { invoiceId: 'in_2', ...BEFORE })], invoices: BOTH },
		-400,
		'no_credit_note',
		null,
	],
])('a refund %s', (_what, change, books, difference, reason, said) => {
	expect(shownOf(linesOf([refund(change)], books))).toEqual([['refund', difference, reason, said]]);
});

const dispute = (change: Change) =>
	movement({ movement: 'dispute', id: 'dis_1', dispute: -1_000, status: 'dispute_lost', ...EUR, ...change });
const LOST = { lostAt: PERIOD.from, lost: 1_000 };
test.each<Told>([
	['that Lago has as lost', {}, { invoices: { in_1: LOST } }, 0, null, -1_000],
	['of an unknown charge', { charged: null, chargedCurrency: null }, { invoices: { in_1: LOST } }, 0, null, -1_000],
	['in dollars', { charged: 1_250, chargedCurrency: 'USD' }, { invoices: { in_1: LOST } }, 0, null, -1_250],
	['that Lago does not have', {}, {}, -1_000, 'dispute_not_recorded', null],
	['whose end is not known', { status: null }, {}, -1_000, 'dispute_not_recorded', null],
	['that Lago has later', {}, { invoices: { in_1: { ...LOST, lostAt: PERIOD.until } } }, -1_000, 'other_period', null],
	['of no invoice', { invoiceId: null }, {}, -1_000, 'not_of_lago', null],
	['of an invoice that Lago does not have', {}, { invoices: {} }, -1_000, 'dispute_not_recorded', null],
	['that is opened', { status: 'dispute_opened' }, {}, -1_000, 'dispute_open', null],
	['that is challenged', { status: 'dispute_challenged' }, {}, -1_000, 'dispute_open', null],
	['that is won', { status: 'dispute_won' }, {}, -1_000, 'dispute_won', null],
	['that is cancelled', { status: 'dispute_cancelled', dispute: 1_000 }, {}, 1_000, 'dispute_won', null],
	['that gives back', { dispute: 1_000 }, {}, 1_000, 'dispute_won', null],
	['that gives nothing and takes nothing', { dispute: 0 }, {}, 0, null, null],
	[
		'of two, each with its loss',
		{ shares: SHARES },
		{ invoices: { in_1: { ...LOST, lost: 600 }, in_2: { ...LOST, lost: 400 } } },
		0,
		null,
		-1_000,
	],
	[
		'of two, one without an amount: then it is what was asked for',
		{ shares: SHARES },
		{ invoices: { in_1: { ...LOST, lost: 600 }, in_2: { ...LOST, lost: 0 } } },
		0,
		null,
		-1_000,
	],
	[
		'of two booked ones, with the loss of one',
		{ shares: SHARES },
		{
			payments: [...FIRST_BOOKED, bookedPayment(400, { invoiceId: 'in_2', ...BEFORE })],
			invoices: { in_1: { ...LOST, lost: 500 }, in_2: {} },
		},
		-500,
		'amount_differs',
		-500,
	],
	[
		'of two, of which one was never booked',
		{ shares: SHARES },
		{ payments: FIRST_BOOKED, invoices: { in_1: { ...LOST, lost: 600 }, in_2: {} } },
		-400,
		'overpayment_returned',
		-600,
	],
	[
		'of two, of which one was never booked, where the charge is not known',
		{ shares: SHARES, charged: null, chargedCurrency: null },
		{ payments: FIRST_BOOKED, invoices: { in_1: { ...LOST, lost: 600 }, in_2: {} } },
		-400,
		'overpayment_returned',
		-600,
	],
])('a dispute %s', (_what, change, books, difference, reason, said) => {
	expect(shownOf(linesOf([dispute(change)], books))).toEqual([['dispute', difference, reason, said]]);
});

test.each([
	[false, -600],
	[true, -6],
])('a loss of forints, counted alike: %s, is %d at Dodo', (countedAlike, expected) => {
	const forints = { shares: SHARES.slice(0, 1), currency: 'HUF', chargedCurrency: 'HUF' };
	const books = { invoices: { in_1: { ...LOST, lost: 6, currency: 'HUF', countedAlike } } };
	expect(linesOf([dispute(forints)], books)[0]).toMatchObject({ lago: expected, difference: -1_000 - expected });
});

/** What Lago has and Dodo does not: the line of it, which moved nothing. */
type Left = [what: string, books: Books, shown: unknown[]];
test.each<Left>([
	['a payment by hand', { payments: [bookedPayment(5, { reference: null })] }, ['Lago payment', -5, 'by_hand', 5]],
	['a cheque', { payments: [bookedPayment(5, { reference: 'x_pay_' })] }, ['Lago payment', -5, 'by_hand', 5]],
	['a payment of Dodo', { payments: [bookedPayment(5)] }, ['Lago payment', -5, 'other_period', 5]],
	['a note of Dodo', { notes: [bookedNote(5)] }, ['Lago credit note', 5, 'other_period', -5]],
	['a note by hand', { notes: [bookedNote(5, { refundId: null })] }, ['Lago credit note', 5, 'by_hand', -5]],
	[
		'a note that failed',
		{ notes: [bookedNote(5, { status: 'failed' })] },
		['Lago credit note', 5, 'refund_failed', -5],
	],
	[
		'a note that waits',
		{ notes: [bookedNote(5, { status: 'pending' })] },
		['Lago credit note', 5, 'refund_pending', -5],
	],
	['a loss', { invoices: { in_1: { ...LOST, lost: 5 } } }, ['Lago dispute', 5, 'other_period', -5]],
])('%s that no movement is about is a line', (_what, books, shown) => {
	expect(shownOf(linesOf([], books))).toEqual([shown]);
});

test.each<[string, Books]>([
	['a payment of nothing', { payments: [bookedPayment(0)] }],
	['a payment before', { payments: [bookedPayment(5, BEFORE)] }],
	['a payment after', { payments: [bookedPayment(5, { at: PERIOD.until })] }],
	['a note of nothing', { notes: [bookedNote(0)] }],
	['a note after', { notes: [bookedNote(5, { at: PERIOD.until })] }],
	['a loss of nothing', { invoices: { in_1: { ...LOST, lost: 0 } } }],
	['a loss after', { invoices: { in_1: { ...LOST, lostAt: PERIOD.until } } }],
	['what was never lost', { invoices: { in_1: { lost: 5 } } }],
])('%s is no line', (_what, books) => expect(linesOf([], books)).toEqual([]));

test('a loss that a dispute explains is no second line, and that of a dispute which was won says so', () => {
	const invoices = { in_1: LOST, in_2: { ...LOST, lost: 7 } };
	expect(shownOf(linesOf([dispute({})], { invoices }))).toEqual([
		['Lago dispute', 7, 'other_period', -7],
		['dispute', 0, null, -1_000],
	]);
	expect(shownOf(linesOf([dispute({ status: 'dispute_won' })], { invoices }))).toEqual([
		['Lago dispute', 1_000, 'dispute_won', -1_000],
		['Lago dispute', 7, 'other_period', -7],
		['dispute', -1_000, 'dispute_won', null],
	]);
});

test('the fee of a dispute that was taken before explains no loss of this period, and says nothing of winning', () => {
	expect(shownOf(linesOf([dispute({ dispute: 0, disputeFee: -15 })], { invoices: { in_1: LOST } }))).toEqual([
		['Lago dispute', 1_000, 'other_period', -1_000],
		['dispute', 0, null, null],
	]);
});

test('the fee of a refund that was taken before is nothing that a note of this period is about', () => {
	expect(shownOf(linesOf([refund({ refund: 0, fee: -50 })], { notes: [bookedNote(1_000)] }))).toEqual([
		['refund', 0, null, null],
		['Lago credit note', 1_000, 'other_period', -1_000],
	]);
});

test('a note is laid beside one refund only, though the next day names it again', () => {
	const days = [
		refund({ refund: -600, charged: 600 }),
		refund({ at: AT + 1, refund: -400, charged: 400, refundIds: ['ref_1', 'ref_2'] }),
	];
	const notes = [bookedNote(600), bookedNote(400, { refundId: 'ref_2' })];
	expect(shownOf(linesOf(days, { notes }))).toEqual([
		['refund', 0, null, -600],
		['refund', 0, null, -400],
	]);
});

test.each([
	[false, 1_200],
	[true, 12],
])('documents in forints, counted alike: %s, come to %d at Dodo', (countedAlike, expected) => {
	const HUF = { currency: 'HUF' };
	const invoices = { in_1: { ...HUF, countedAlike } };
	const [left] = linesOf([], { invoices, payments: [bookedPayment(12, HUF)] });
	expect(left).toMatchObject({ lago: expected, lagoAmount: 12, difference: -expected, lagoCurrency: 'HUF' });
	const back = refund({ ...HUF, chargedCurrency: 'HUF', refund: -1_200, charged: 1_200 });
	const [met] = linesOf([back], { invoices, notes: [bookedNote(12, HUF)] });
	expect(met).toMatchObject({ lago: -expected, lagoAmount: -12, difference: expected - 1_200 });
	const [ofNone] = linesOf([back], { invoices: {}, notes: [bookedNote(12, HUF)] });
	expect(ofNone).toMatchObject({ lago: -1_200, lagoAmount: -12, difference: 0 });
});

test('a document of no invoice belongs to nobody; one of an invoice that Lago does not have counts as Lago says', () => {
	const payments = [bookedPayment(5, { invoiceId: null }), bookedPayment(6, { currency: 'HUF', invoiceId: 'in_9' })];
	expect(linesOf([], { payments })).toMatchObject([
		{ invoice: null, payer: '', lago: 5 },
		{ invoice: null, payer: '', lago: 600 },
	]);
	expect(linesOf([], { payments: [bookedPayment(5)] })).toMatchObject([{ payer: 'Ada', invoiceNumber: 'INV-1' }]);
});

test('between two periods is in neither of them', () => {
	const periods = [PERIOD, { from: PERIOD.until + 10, until: PERIOD.until + 20 }];
	const at = [PERIOD.until - 1, PERIOD.until, PERIOD.until + 10, PERIOD.until + 20];
	const payments = at.map((moment, index) => bookedPayment(index + 1, { at: moment }));
	expect(linesOf([], { payments }, periods).map(({ lagoAmount }) => lagoAmount)).toEqual([1, 3]);
});

test('lines come by their time, and name each document once', () => {
	const payments = [
		bookedPayment(400),
		bookedPayment(600),
		bookedPayment(7, { reference: null, at: PERIOD.from, name: 'cash' }),
	];
	expect(linesOf([payment({})], { payments }).map(({ document }) => document)).toEqual(['cash', 'pay_1']);
	const notes = [bookedNote(300), bookedNote(700, { name: 'CN-2' })];
	expect(linesOf([refund({})], { notes })[0]?.document).toBe('CN-1, CN-2');
	const invoices = { in_1: paid(), in_2: paid() };
	expect(linesOf([payment({ shares: SHARES })], { invoices })[0]?.document).toBe('INV-1, INV-2');
	const first = { invoices: { in_1: paid(), in_2: {} } };
	expect(linesOf([payment({ shares: SHARES })], first)[0]?.document).toBe('INV-1');
	const lost = { in_1: { ...LOST, lost: 600 }, in_2: { ...LOST, lost: 400 } };
	expect(linesOf([dispute({ shares: SHARES })], { invoices: lost })[0]?.document).toBe('INV-1, INV-2');
});

test('what names nothing is found by no name', () => {
	const payments = [bookedPayment(1, { reference: null }), bookedPayment(2, { reference: '' }), bookedPayment(3)];
	const notes = [bookedNote(1, { refundId: null }), bookedNote(2, { refundId: '' }), bookedNote(3)];
	const documents = new Documents(booksOf({ payments, notes }), [PERIOD]);
	expect([...documents.payments.keys(), ...documents.notes.keys()]).toEqual(['pay_1', 'ref_1']);
	const nameless = new Documents(booksOf({ payments: [bookedPayment(1, { invoiceId: null })] }), [PERIOD]);
	expect(nameless.paidInvoices.size).toBe(0);
});
