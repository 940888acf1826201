import { keyOf } from '../../../nodes/shared/domain/counted';
import { judge, withoutSuperseded, type Known } from '../../../nodes/shared/domain/difference';
import type { InvoiceFacts } from '../../../nodes/shared/domain/invoice';
import type { Listed } from '../../../nodes/shared/domain/reconciliation';
import { INVOICE, listed, NOW } from './listed';

const invoice = (dodoId: string | null, state: string | null, more: Partial<InvoiceFacts> = {}): InvoiceFacts => ({
	id: INVOICE,
	number: 'A-1',
	status: 'finalized',
	paymentStatus: 'pending',
	currency: 'EUR',
	total: 1_000,
	totalDue: 1_000,
	selfBilled: false,
	nativeProvider: null,
	mandateId: null,
	metadata: [
		...(dodoId === null ? [] : [{ key: 'dodo_payment_id', value: dodoId }]),
		...(state === null ? [] : [{ key: 'dodo_state', value: state }]),
	],
	...more,
});
const booked = (...ids: string[]): Known['booked'] => ({ since: 0, ids: new Set(ids) });
const unpaid = (...invoices: InvoiceFacts[]): Known['unpaid'] => new Map(invoices.map((one) => [one.id, one]));
const answers = <T>(asked: string, row?: T) => ({
	asked: new Set([asked]),
	rows: new Map(row === undefined ? [] : [[asked, row]]),
});
const paid = (dodoId: string | null, state: string | null): Known['invoices'] =>
	answers(INVOICE, invoice(dodoId, state, { paymentStatus: 'succeeded' }));

type Row = [string, Partial<Listed>, Known, ReturnType<typeof judge>];
const needs = (list: keyof Known): { needs: keyof Known } => ({ needs: list });

describe('a payment that succeeded', () => {
	test.each<Row>([
		['first asks what Lago has booked', {}, {}, needs('booked')],
		['of before what was read asks again', {}, { booked: { since: NOW, ids: new Set() } }, needs('booked')],
		['is a reference of Lago', {}, { booked: booked('pay_1') }, 'done'],
		['is none: is the invoice unpaid?', {}, { booked: booked() }, needs('unpaid')],
		['and its invoice is unpaid', {}, { booked: booked(), unpaid: unpaid(invoice('cks_1', 'v1;open;a=1')) }, 'missing'],
		['and its invoice was paid: by what?', {}, { booked: booked(), unpaid: unpaid() }, needs('invoices')],
		[
			'booked as status only',
			{},
			{ booked: booked(), unpaid: unpaid(), invoices: paid('pay_1', 'v1;paid;a=1') },
			'done',
		],
		[
			'booked as status where there was room for the id only',
			{},
			{ booked: booked(), unpaid: unpaid(), invoices: paid('pay_1', null) },
			'done',
		],
		[
			'booked as status only, by a Lago that takes payments by now',
			{},
			{
				booked: booked('pay_0'),
				unpaid: unpaid(),
				invoices: answers(INVOICE, invoice('pay_1', 'v1;paid;a=1', { paymentStatus: 'succeeded', totalPaid: 0 })),
			},
			'missing',
		],
		[
			'booked before the money was taken back: the status is of later',
			{},
			{ booked: booked(), unpaid: unpaid(invoice('pay_1', 'v1;paid;a=1', { paymentStatus: 'failed' })) },
			'done',
		],
		[
			'booked before another payment took its place on the invoice',
			{},
			{ booked: booked(), unpaid: unpaid(), invoices: paid('pay_2', `v1;paid;a=2;o=${keyOf('pay_1')}=`) },
			'done',
		],
		[
			'noted as surplus',
			{},
			{ booked: booked(), unpaid: unpaid(), invoices: paid('pay_1', 'v1;overpaid;a=1') },
			'done',
		],
		[
			'surplus, and nobody knows',
			{},
			{ booked: booked('pay_0'), unpaid: unpaid(), invoices: paid('pay_0', 'v1;paid;a=1') },
			'missing',
		],
		[
			'of an invoice that Lago does not list',
			{},
			{ booked: booked(), unpaid: unpaid(), invoices: answers<InvoiceFacts>(INVOICE) },
			'missing',
		],
		[
			'of a billing entity that is not worked for',
			{},
			{
				booked: booked(),
				unpaid: unpaid(),
				invoices: answers(INVOICE, { ...invoice(null, null), isOthers: true }),
			},
			'done',
		],
		['of something that is no invoice', { invoiceId: 'ACM-1' }, { booked: booked() }, 'missing'],
		["of the merchant's other products", { invoiceId: null }, {}, 'done'],
		['that moved no money', { amount: 0 }, {}, 'done'],
		['by a subscription: ours?', { invoiceId: null, subscriptionId: 'sub_1' }, { booked: booked() }, needs('mandates')],
		[
			'by a mandate of ours',
			{ invoiceId: null, subscriptionId: 'sub_1' },
			{ booked: booked(), mandates: new Map([['c', ['sub_1']]]) },
			'missing',
		],
		[
			'by another subscription',
			{ invoiceId: null, subscriptionId: 'sub_2' },
			{ booked: booked(), mandates: new Map([['c', ['sub_1']]]) },
			'done',
		],
	])('%s', (_name, more, known, verdict) => expect(judge(listed(more), known)).toEqual(verdict));
});

describe('a payment that did not succeed', () => {
	const failed = { status: 'failed' };
	const [running, cancelled] = [{ status: 'processing' }, { status: 'cancelled' }];
	const known = (dodoId: string | null, state: string | null, paymentStatus = 'pending'): Known => ({
		unpaid: unpaid(invoice(dodoId, state, { paymentStatus })),
	});
	test.each<Row>([
		['asks whether its invoice is unpaid', failed, {}, needs('unpaid')],
		['means nothing for one that is paid', failed, { unpaid: unpaid() }, 'done'],
		['nor without an invoice', { ...failed, invoiceId: null }, {}, 'done'],
		['failed, not written down', failed, known('cks_1', 'v1;open;a=1'), 'missing'],
		['failed, and charging is what was written down', failed, known('pay_1', 'v1;charging;a=1'), 'missing'],
		['failed and written down', failed, known('cks_1', 'v1;failed;a=1', 'failed'), 'done'],
		['failed and written down, but the status was not', failed, known('cks_1', 'v1;failed;a=1'), 'missing'],
		['failed, and a later try counts', failed, known('pay_2', 'v1;open;a=2'), 'done'],
		['failed, and another one is under way', failed, known('pay_2', 'v1;processing;a=1'), 'done'],
		[
			'a later try than was written down failed',
			{ ...failed, attempt: 2 },
			known('pay_0', 'v1;failed;a=1', 'failed'),
			'missing',
		],
		['on its way, not written down', running, known('cks_1', 'v1;open;a=1'), 'missing'],
		['on its way and written down', running, known('pay_1', 'v1;processing;a=1'), 'done'],
		['on its way as charge', running, known('pay_1', 'v1;charging;a=1'), 'done'],
		['cancelled by a payer', cancelled, known('cks_1', 'v1;open;a=1'), 'done'],
		['a charge that was cancelled', cancelled, known('pay_1', 'v1;charging;a=1'), 'missing'],
	])('%s', (_name, more, before, verdict) => expect(judge(listed(more), before)).toEqual(verdict));
});

describe('a refund', () => {
	const refund: Partial<Listed> = { kind: 'refund', id: 'ref_1', paymentId: 'pay_1', invoiceId: null };
	const notes = (status?: string): Known['notes'] => answers('ref_1', status);
	const payments = (more: Partial<Listed> | null): Known['payments'] =>
		answers('pay_1', more === null ? undefined : listed(more));
	test.each<Row>([
		['asks for the credit notes', refund, {}, needs('notes')],
		['is on one', refund, { notes: notes('succeeded') }, 'done'],
		['is on one that does not say so yet', refund, { notes: notes('pending') }, 'missing'],
		['failed, and the note says so', { ...refund, status: 'failed' }, { notes: notes('failed') }, 'done'],
		['failed, and the note does not', { ...refund, status: 'failed' }, { notes: notes('pending') }, 'missing'],
		['failed, and there is no note', { ...refund, status: 'failed' }, { notes: notes() }, 'done'],
		['of what payment?', refund, { notes: notes() }, needs('payments')],
		['of another product', refund, { notes: notes(), payments: payments({ invoiceId: null }) }, 'done'],
		['of an invoice: surplus?', refund, { notes: notes(), payments: payments({}) }, needs('invoices')],
		[
			'of an invoice',
			refund,
			{ notes: notes(), payments: payments({}), invoices: paid('cks_1', 'v1;open;a=1') },
			'missing',
		],
		[
			'of surplus money, noted',
			refund,
			{ notes: notes(), payments: payments({}), invoices: paid('pay_1', 'v1;returned;a=1') },
			'done',
		],
		[
			'of surplus money, not noted',
			refund,
			{ notes: notes(), payments: payments({}), invoices: paid('pay_1', 'v1;overpaid;a=1') },
			'missing',
		],
		['of a payment too old for the list', refund, { notes: notes(), payments: payments(null) }, 'missing'],
	])('%s', (_name, more, known, verdict) => expect(judge(listed(more), known)).toEqual(verdict));
});

describe('a dispute', () => {
	const of = (status: string): Partial<Listed> => ({
		kind: 'dispute',
		id: 'dis_1',
		paymentId: 'pay_1',
		invoiceId: null,
		status,
	});
	const lost = (...invoices: InvoiceFacts[]): Known['lost'] => unpaid(...invoices);
	const payments = answers('pay_1', listed());
	test.each<Row>([
		['open: written nowhere', of('dispute_opened'), {}, 'missing'],
		['lost: which invoices are?', of('dispute_lost'), {}, needs('lost')],
		['lost: of what payment?', of('dispute_lost'), { lost: lost() }, needs('payments')],
		['lost and marked', of('dispute_accepted'), { lost: lost(invoice(null, null)), payments }, 'done'],
		['lost and not marked', of('dispute_expired'), { lost: lost(), payments }, 'missing'],
		[
			'lost, of another product',
			of('dispute_lost'),
			{ lost: lost(), payments: answers('pay_1', listed({ invoiceId: null })) },
			'done',
		],
		['won, and nothing was ever marked', of('dispute_won'), { lost: lost() }, 'done'],
		[
			'won, and not marked as lost',
			of('dispute_cancelled'),
			{ lost: lost(invoice(null, null, { id: 'another' })), payments },
			'done',
		],
		['won, but marked as lost', of('dispute_won'), { lost: lost(invoice(null, null)), payments }, 'missing'],
		[
			'won, marked as lost, and that was noted',
			of('dispute_won'),
			{ lost: lost(invoice('pay_1', 'v1;paid;a=1;w=1')), payments },
			'done',
		],
	])('%s', (_name, more, known, verdict) => expect(judge(listed(more), known)).toEqual(verdict));
});

describe('a mandate', () => {
	const of = (status: string, customer: string | null = 'c'): Partial<Listed> => ({
		kind: 'subscription',
		id: 'sub_1',
		status,
		customer,
		invoiceId: null,
	});
	const mandates = (id: string): Known['mandates'] => new Map([['c', ['sub_other', id]]]);
	test.each<Row>([
		['of nobody in Lago', of('active', null), {}, 'done'],
		['asks for the customers', of('active'), {}, needs('mandates')],
		['active and kept', of('active'), { mandates: mandates('sub_1') }, 'done'],
		['active and not kept', of('active'), { mandates: mandates('sub_0') }, 'missing'],
		['ended and still kept', of('cancelled'), { mandates: mandates('sub_1') }, 'missing'],
		['ended and not kept', of('expired'), { mandates: mandates('sub_2') }, 'done'],
	])('%s', (_name, more, known, verdict) => expect(judge(listed(more), known)).toEqual(verdict));

	test('of two that are active the newer one counts', () => {
		const [older, newer] = [
			listed({ ...of('active'), createdAt: NOW - 500 }),
			listed({ ...of('active'), id: 'sub_2' }),
		];
		const others = [
			listed(),
			listed({ ...of('cancelled'), id: 'sub_0' }),
			listed({ ...of('active', 'd'), id: 'sub_3' }),
		];
		expect(withoutSuperseded([newer, older, ...others])).toEqual([newer, ...others]);
	});
});
