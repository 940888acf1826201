/** What the comparison of both books takes for done: it may say `missing` of what was done, never `done` of what was not. */
import { keyOf } from '../../../nodes/shared/domain/counted';
import { judge, withoutSuperseded, type Known, type ListedInvoice } from '../../../nodes/shared/domain/difference';
import type { InvoiceFacts } from '../../../nodes/shared/domain/invoice';
import { invoice as facts, meta } from './facts';
import { INVOICE, listed, NOW } from './listed';

const invoice = (dodoId: string | null, state: string | null, more: Partial<InvoiceFacts> = {}): InvoiceFacts =>
	facts({
		id: INVOICE,
		metadata: meta({
			...(dodoId === null ? {} : { dodo_payment_id: dodoId }),
			...(state === null ? {} : { dodo_state: `v1;${state}` }),
		}),
		...more,
	});
const PAID = { paymentStatus: 'succeeded' };
const BY_STATUS = { ...PAID, totalPaid: 0 };
const rows = <T>(asked: string, row?: T) => ({
	asked: new Set([asked]),
	rows: new Map(row === undefined ? [] : [[asked, row]]),
});

describe('a payment that succeeded, of an invoice that is not unpaid', () => {
	const judged = (row: InvoiceFacts | undefined, ids: string[] = ['pay_0']) =>
		judge(listed(), { booked: { since: 0, ids: new Set(ids) }, unpaid: new Map(), invoices: rows(INVOICE, row) });

	test.each<[string, InvoiceFacts | undefined, 'done' | 'missing', string[]?]>([
		['is not there', undefined, 'missing'],
		['is paid by it', invoice('pay_1', 'paid;a=1', PAID), 'done'],
		['is paid by it as status, where Lago takes payments', invoice('pay_1', 'paid;a=1', BY_STATUS), 'missing'],
		['is paid by it as status, where Lago takes none', invoice('pay_1', 'paid;a=1', BY_STATUS), 'done', []],
		['is paid by it, which alone is named, where Lago takes payments', invoice('pay_1', null, BY_STATUS), 'done'],
		[
			'says that it was paid, and its status was put back',
			invoice('pay_1', 'paid;a=1', { paymentStatus: 'failed' }),
			'missing',
		],
		['has it as surplus', invoice('pay_1', 'overpaid;a=1', BY_STATUS), 'done'],
		['has it as surplus that went back', invoice('pay_1', 'returned;a=1', BY_STATUS), 'done'],
		['has it as one that runs', invoice('pay_1', 'processing;a=1', PAID), 'missing'],
		['has it as one that failed', invoice('pay_1', 'failed;a=1', BY_STATUS), 'missing'],
		['counts it beside another one', invoice('pay_2', `paid;a=2;o=${keyOf('pay_1')}=`, PAID), 'done'],
		['names another one', invoice('pay_2', 'paid;a=2', PAID), 'missing'],
	])('which %s', (...[, row, verdict, ids]) => expect(judged(row, ids)).toBe(verdict));

	test('what was booked is believed from the second on in which it was read', () => {
		const known = (since: number): Known => ({ booked: { since, ids: new Set(['pay_1']) } });
		expect(judge(listed({ createdAt: NOW }), known(NOW))).toBe('done');
		expect(judge(listed({ createdAt: NOW }), known(NOW + 1))).toEqual({ needs: 'booked' });
	});
});

describe('a payment of several invoices', () => {
	const OTHER = INVOICE.replace('1a901a90', '2b902b90');
	const several = (more: Parameters<typeof listed>[0] = {}) =>
		listed({ invoiceId: null, members: [INVOICE, OTHER], ...more });
	const bookings = (...ids: string[]): Known['bookings'] => rows('pay_1', ids);
	const invoices = (...given: Array<[string, ListedInvoice]>): Known['invoices'] => ({
		asked: new Set([INVOICE, OTHER]),
		rows: new Map(given),
	});
	const asSurplus = invoice('pay_1', 'overpaid;a=1');

	test.each<[string, Known, ReturnType<typeof judge>]>([
		['it is not known where it is booked', {}, { needs: 'bookings' }],
		['each has its part', { bookings: bookings(INVOICE, OTHER) }, 'done'],
		['one has its part, and nobody has read the other', { bookings: bookings(INVOICE) }, { needs: 'invoices' }],
		['one of two was read', { bookings: bookings(), invoices: rows(INVOICE, asSurplus) }, { needs: 'invoices' }],
		['the other is not there', { bookings: bookings(INVOICE), invoices: invoices() }, 'missing'],
		['the other has it as surplus', { bookings: bookings(INVOICE), invoices: invoices([OTHER, asSurplus]) }, 'done'],
		[
			'the other has it as surplus that went back',
			{ bookings: bookings(INVOICE), invoices: invoices([OTHER, invoice('pay_1', 'returned;a=1')]) },
			'done',
		],
		[
			'the other is paid by it',
			{ bookings: bookings(INVOICE), invoices: invoices([OTHER, invoice('pay_1', 'paid;a=1', PAID)]) },
			'done',
		],
		[
			'the other was paid by it, and its status was put back',
			{ bookings: bookings(INVOICE), invoices: invoices([OTHER, invoice('pay_1', 'paid;a=1')]) },
			'missing',
		],
		[
			'the other has it as one that runs, and is paid',
			{ bookings: bookings(INVOICE), invoices: invoices([OTHER, invoice('pay_1', 'processing;a=1', PAID)]) },
			'missing',
		],
		[
			'the other has another one as surplus',
			{ bookings: bookings(INVOICE), invoices: invoices([OTHER, invoice('pay_2', 'overpaid;a=1')]) },
			'missing',
		],
		[
			'one of two says that it was too much',
			{ bookings: bookings(), invoices: invoices([INVOICE, asSurplus], [OTHER, invoice(null, null)]) },
			'missing',
		],
		[
			'the other is of a billing entity that is not worked for',
			{
				bookings: bookings(INVOICE),
				invoices: invoices([OTHER, { ...invoice(null, null), isOthers: true }]),
			},
			'done',
		],
	])('%s', (_, known, verdict) => expect(judge(several(), known)).toEqual(verdict));

	test('nobody can read of which, so only its lane can tell', () => {
		expect(judge(several({ members: [] }), { bookings: bookings(), invoices: invoices() })).toBe('missing');
	});

	test('moved nothing', () => {
		expect(judge(several({ amount: 0 }), {})).toBe('done');
	});

	test('was made for another organisation', () => {
		const known = { organization: { id: 'org_1' } };
		expect(judge(several({ organizationId: 'org_2' }), known)).toBe('done');
		expect(judge(several({ organizationId: 'org_1' }), known)).toEqual({ needs: 'bookings' });
	});

	test('failed: one that is unpaid and says nothing of it is enough', () => {
		const failed = several({ status: 'failed' });
		expect(judge(failed, { unpaid: new Map([[OTHER, facts({ id: OTHER })]]) })).toBe('missing');
		expect(judge(failed, { unpaid: new Map() })).toBe('done');
		expect(judge(several({ status: 'failed', members: [INVOICE, 'ACM-1'] }), {})).toBe('done');
	});

	test('what of it went back, or was won or lost in a dispute, only its own lane can compare', () => {
		const payments = rows('pay_1', several());
		const refund = listed({ kind: 'refund', id: 'ref_1', paymentId: 'pay_1' });
		expect(judge(refund, { notes: { asked: new Set(['ref_1']), rows: new Map() }, payments })).toBe('missing');
		for (const status of ['dispute_won', 'dispute_lost']) {
			const dispute = listed({ kind: 'dispute', id: 'dis_1', paymentId: 'pay_1', status });
			expect(judge(dispute, { lost: new Map([[OTHER, facts({ id: OTHER })]]), payments })).toBe('missing');
		}
	});
});

describe('a payment of a top-up that did not', () => {
	const failed = listed({ status: 'failed', topUpId: 'tx_1' });
	const hidden = (row: InvoiceFacts) => ({ unpaid: new Map(), topUps: new Map([[INVOICE, row]]) });

	test.each<[string, Known, ReturnType<typeof judge>]>([
		['whose invoice Lago shows to nobody is looked for among top-ups', { unpaid: new Map() }, { needs: 'topUps' }],
		['and is written nowhere', hidden(invoice(null, null)), 'missing'],
		['and is written', hidden(invoice('pay_1', 'failed;a=1', { paymentStatus: 'failed' })), 'done'],
		['and waits for nothing any more', { unpaid: new Map(), topUps: new Map() }, 'done'],
		['whose invoice everybody sees', { unpaid: new Map([[INVOICE, invoice(null, null)]]) }, 'missing'],
	])('%s', (_, known, verdict) => expect(judge(failed, known)).toEqual(verdict));

	test('nothing else is looked for there', () => {
		expect(judge(listed({ status: 'failed' }), { unpaid: new Map() })).toBe('done');
	});
});

describe('a payment that did not', () => {
	const judged = (more: object, row: InvoiceFacts | null = invoice(null, null)) =>
		judge(listed({ status: 'failed', ...more }), { unpaid: new Map(row === null ? [] : [[INVOICE, row]]) });

	test.each<[string, object, InvoiceFacts | null, 'done' | 'missing']>([
		['moved nothing', { amount: 0 }, invoice(null, null), 'done'],
		['names no invoice', { invoiceId: null }, invoice(null, null), 'done'],
		['names what is none', { invoiceId: 'ACM-1' }, invoice(null, null, { id: 'ACM-1' }), 'done'],
		['is of a paid invoice', {}, null, 'done'],
		['is written nowhere', {}, invoice(null, null), 'missing'],
		[
			'is written nowhere, though the status says failed',
			{},
			invoice(null, null, { paymentStatus: 'failed' }),
			'missing',
		],
		['is written', {}, invoice('pay_1', 'failed;a=1', { paymentStatus: 'failed' }), 'done'],
		['runs, and is written as running', { status: 'processing' }, invoice('pay_1', 'charging;a=1'), 'done'],
		['runs, and another one is written', { status: 'processing' }, invoice('cks_1', 'open;a=1'), 'missing'],
		['runs, and is written as failed', { status: 'processing' }, invoice('pay_1', 'failed;a=1'), 'missing'],
		['runs beside another one', { status: 'processing' }, invoice('pay_2', 'charging;a=1'), 'done'],
	])('and %s', (_, more, row, verdict) => expect(judged(more, row)).toBe(verdict));

	test('is of nobody’s business where the invoice is not one', () => {
		const unpaid = new Map([
			['ACM-1', invoice(null, null)],
			['', invoice(null, null)],
		]);
		for (const invoiceId of ['ACM-1', '', null])
			expect(judge(listed({ status: 'failed', invoiceId }), { unpaid })).toBe('done');
	});
});

describe('a refund', () => {
	const refund = listed({ kind: 'refund', id: 'ref_1', paymentId: 'pay_1' });
	const judged = (payment: Parameters<typeof listed>[0], row?: ListedInvoice) =>
		judge(refund, {
			notes: { asked: new Set(['ref_1']), rows: new Map<string, string>() },
			payments: rows('pay_1', listed(payment)),
			invoices: rows(INVOICE, row),
		});

	test.each<[string, object, ListedInvoice | undefined, 'done' | 'missing']>([
		['of a surplus payment that is written as returned', {}, invoice('pay_1', 'returned;a=1'), 'done'],
		['of a surplus payment that is not', {}, invoice('pay_1', 'overpaid;a=1'), 'missing'],
		['beside another one that is', {}, invoice('pay_2', 'returned;a=1'), 'missing'],
		['of a payment that alone is named', {}, invoice('pay_1', null), 'missing'],
		['of an invoice that is not there', {}, undefined, 'missing'],
		[
			'of a payment that names no invoice, by a mandate',
			{ invoiceId: null, subscriptionId: 'sub_1' },
			undefined,
			'missing',
		],
		['of a payment that names what is none', { invoiceId: 'ACM-1' }, undefined, 'missing'],
		['of a payment for nothing of Lago', { invoiceId: null }, undefined, 'done'],
		[
			'of an invoice of a billing entity that is not worked for',
			{},
			{ ...invoice(null, null), isOthers: true },
			'done',
		],
	])('%s', (_, payment, row, verdict) => expect(judged(payment, row)).toBe(verdict));
});

describe('mandates', () => {
	const mandate = (id: string, createdAt: number, more: object = {}) =>
		listed({ kind: 'subscription', id, createdAt, status: 'active', customer: 'cus_1', ...more });

	test('of one customer the newest is used, of two of the same second the first; all else stays', () => {
		const [old, newer, twin] = [mandate('a', NOW - 1), mandate('b', NOW), mandate('c', NOW)];
		const others = [
			mandate('d', NOW - 9, { status: 'cancelled' }),
			mandate('e', NOW - 9, { customer: null }),
			mandate('f', NOW - 9, { customer: 'cus_2' }),
			mandate('g', NOW - 9, { kind: 'payment' }),
			mandate('h', NOW + 9, { status: 'on_hold' }),
			mandate('i', NOW + 9, { kind: 'payment' }),
			mandate('j', NOW + 9, { customer: null }),
		];
		for (const given of [
			[old, newer, twin, ...others],
			[newer, old, twin, ...others],
		])
			expect(withoutSuperseded(given).map(({ id }) => id)).toEqual(['b', 'd', 'e', 'f', 'g', 'h', 'i', 'j']);
	});

	test('one of another organisation is none of ours', () => {
		const other = mandate('sub_1', NOW, { organizationId: 'org_2' });
		expect(judge(other, { organization: { id: 'org_1' }, mandates: new Map() })).toBe('done');
		expect(judge({ ...other, organizationId: 'org_1' }, { organization: { id: 'org_1' }, mandates: new Map() })).toBe(
			'missing',
		);
	});

	test.each([
		['active', 'sub_1', 'done'],
		['active', 'sub_2', 'missing'],
		['cancelled', 'sub_1', 'missing'],
		['cancelled', 'sub_2', 'done'],
	])('one that is %s where %s is used: %s', (status, used, verdict) => {
		const known = { mandates: new Map([['cus_1', [used]]]) };
		expect(judge(mandate('sub_1', NOW, { status }), known)).toBe(verdict);
	});
});
