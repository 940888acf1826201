import { startLagoSimulator, type LagoSimulator } from '../../sandbox/simulators';
import type { Invoice } from '../../sandbox/lago/documents';
import { callerOf, startReceiver, type Answer, type Receiver } from './helpers';

/** What Lago does without being asked, beyond what was recorded of a real one (`realLago.test.ts`). */
let lago: LagoSimulator;
let receiver: Receiver;
let call: (method: string, path: string, body?: unknown) => Promise<Answer>;

beforeEach(async () => {
	lago = await startLagoSimulator();
	receiver = await startReceiver();
	lago.addEndpoint({ url: receiver.url });
	lago.knobs.parallel = 1;
	const raw = callerOf(lago.url, lago.apiKey);
	call = async (method, path, body) => await raw(method, `/api/v1${path}`, body);
});

afterEach(async () => {
	await Promise.all([lago.close(), receiver.close()]);
});

const told = async (): Promise<string[]> => {
	await lago.idle();
	return lago.deliveries.splice(0).map(({ event }) => event);
};
const paid = (fees: Array<{ amountCents: number; taxRate?: number }>): Invoice => {
	const invoice = lago.issueInvoice({ fees });
	lago.payManually(invoice.lago_id, invoice.total_amount_cents);
	return invoice;
};
const notes = () => [...lago.state.creditNotes.values()];

describe('void with a credit note', () => {
	const voidWith = async ({ lago_id }: Invoice, refund: number, credit: number): Promise<Answer> =>
		await call('POST', `/invoices/${lago_id}/void`, {
			generate_credit_note: true,
			refund_amount: refund,
			credit_amount: credit,
		});

	test('what was not asked for is credited and voided at once', async () => {
		const invoice = paid([
			{ amountCents: 10_000, taxRate: 20 },
			{ amountCents: 5_000, taxRate: 20 },
		]);
		await told();
		expect((await voidWith(invoice, 6_000, 3_000)).status).toBe(200);
		expect(notes()).toMatchObject([
			{ refund_amount_cents: 6_000, credit_amount_cents: 3_000, credit_status: 'available', reason: 'other' },
			{ refund_amount_cents: 0, credit_amount_cents: 9_000, credit_status: 'voided', balance_amount_cents: 0 },
		]);
		expect(notes()[0]?.items.map((item) => item.precise_amount_cents)).toEqual([5_000, 2_500]);
		expect(await told()).toEqual(['credit_note.created', 'credit_note.created', 'invoice.voided']);
	});

	test.each<[string, number, number]>([
		['more back than was paid', 12_001, 0],
		['more than the invoice', 6_000, 6_001],
	])('refused: %s', async (_case, refund, credit) => {
		const invoice = paid([{ amountCents: 10_000, taxRate: 20 }]);
		expect(await voidWith(invoice, refund, credit)).toMatchObject({
			status: 422,
			body: { error_details: { credit_refund_amount: ['total_amount_exceeds_invoice_amount'] } },
		});
		expect([invoice.status, notes()]).toEqual(['finalized', []]);
	});

	test('a refund of an invoice whose status was put back is refused, a credit is not', async () => {
		const invoice = paid([{ amountCents: 10_000 }]);
		await call('PUT', `/invoices/${invoice.lago_id}`, { invoice: { payment_status: 'failed' } });
		expect((await voidWith(invoice, 1, 0)).status).toBe(422);
		expect((await voidWith(invoice, 0, 10_000)).status).toBe(200);
	});

	test('without a licence it is refused, a plain void is not', async () => {
		const invoice = lago.issueInvoice();
		lago.premium = false;
		expect((await voidWith(invoice, 0, 1)).status).toBe(403);
		expect((await call('POST', `/invoices/${invoice.lago_id}/void`, {})).status).toBe(200);
	});
});

describe('a subscription that ends', () => {
	const subscribe = async (payInAdvance: boolean): Promise<Invoice | undefined> => {
		await call('POST', '/customers', { customer: { external_id: 'c', currency: 'EUR' } });
		const plan = { name: 'Pro', code: 'pro', interval: 'weekly', amount_cents: 7_000, amount_currency: 'EUR' };
		await call('POST', '/plans', { plan: { ...plan, pay_in_advance: payInAdvance } });
		const subscription = { external_customer_id: 'c', plan_code: 'pro', external_id: 's' };
		await call('POST', '/subscriptions', { subscription });
		await told();
		return [...lago.state.invoices.values()][0];
	};
	const end = async (query = ''): Promise<void> => void (await call('DELETE', `/subscriptions/s${query}`));

	test('six of seven days come back as a credit unless told otherwise', async () => {
		await subscribe(true);
		await end();
		expect(notes()).toMatchObject([
			{ credit_amount_cents: 6_000, refund_amount_cents: 0, offset_amount_cents: 0, reason: 'order_cancellation' },
		]);
		expect(await told()).toEqual([
			'credit_note.created',
			'subscription.terminated',
			'subscription.updated',
			'invoice.created',
		]);
		expect([...lago.state.invoices.values()].at(-1)).toMatchObject({
			total_amount_cents: 0,
			payment_status: 'succeeded',
			invoicing_reason: 'subscription_terminating',
		});
	});

	test('a refund needs a payment: of a part of it, only what was paid beyond the used days', async () => {
		const invoice = await subscribe(true);
		lago.payManually(String(invoice?.lago_id), 3_000);
		await end('?on_termination_credit_note=refund');
		expect(notes()).toMatchObject([{ refund_amount_cents: 2_000, credit_amount_cents: 4_000 }]);
	});

	test('an offset lowers what is due', async () => {
		const invoice = await subscribe(true);
		await end('?on_termination_credit_note=offset');
		expect(notes()).toMatchObject([{ offset_amount_cents: 6_000 }]);
		expect((await call('GET', `/invoices/${invoice?.lago_id}`)).body.invoice.total_due_amount_cents).toBe(1_000);
	});

	test('in arrears the used days are billed, and nothing comes back', async () => {
		await subscribe(false);
		await end();
		expect(notes()).toEqual([]);
		expect(await told()).toEqual(['subscription.terminated', 'invoice.created']);
		expect([...lago.state.invoices.values()]).toMatchObject([{ total_amount_cents: 1_000, payment_status: 'pending' }]);
	});
});

test('the payment of a payment request is one of each of its invoices', async () => {
	const invoices = [2_000, 3_000].map((amountCents) =>
		lago.markOverdue(lago.issueInvoice({ fees: [{ amountCents }] }).lago_id),
	);
	const request = { external_customer_id: 'cust_1', lago_invoice_ids: invoices.map(({ lago_id }) => lago_id) };
	const asked = await call('POST', '/payment_requests', { payment_request: request });
	expect(asked.body.payment_request).toMatchObject({ amount_cents: 5_000, payment_status: 'pending' });
	await told();
	lago.payRequest(asked.body.payment_request.lago_id);
	expect(await told()).toEqual([
		'invoice.payment_status_updated',
		'invoice.payment_status_updated',
		'payment_receipt.created',
		'payment_request.payment_status_updated',
	]);
	for (const { lago_id } of invoices)
		expect((await call('GET', `/payments?invoice_id=${lago_id}`)).body.payments).toMatchObject([
			{
				payable_type: 'PaymentRequest',
				lago_payable_id: asked.body.payment_request.lago_id,
				invoice_ids: request.lago_invoice_ids,
				amount_cents: 5_000,
				reference: null,
			},
		]);
});

test('a payment request takes overdue invoices only', async () => {
	const { lago_id } = lago.issueInvoice();
	const request = { external_customer_id: 'cust_1', lago_invoice_ids: [lago_id] };
	expect(await call('POST', '/payment_requests', { payment_request: request })).toMatchObject({
		status: 405,
		body: { code: 'invoices_not_overdue' },
	});
});

test('the count of invoices may be that of another customer, until a page is the last by it', async () => {
	for (let index = 0; index < 3; index++) lago.issueInvoice({ customer: { external_id: 'many' } });
	const meta = async (query: string) => (await call('GET', `/invoices?${query}`)).body.meta;
	expect(await meta('external_customer_id=many&per_page=2')).toMatchObject({ total_count: 3, next_page: 2 });
	expect(await meta('external_customer_id=nobody&per_page=2')).toMatchObject({ total_count: 3, next_page: 2 });
	expect(await meta('external_customer_id=nobody&per_page=2&page=2')).toMatchObject({
		total_count: 0,
		next_page: null,
	});
});
