import type { Invoice } from '../../sandbox/lago/documents';
import { call, eachWithItsOwnLago, entries, lago, put, receiver, refused, told, validation } from './ownLago';

eachWithItsOwnLago();

describe('who is told of an invoice', () => {
	test.each<[string, object, string[]]>([
		['a subscription', {}, ['invoice.created']],
		['a one-off', { type: 'one_off' }, ['invoice.one_off_created']],
		['a top-up', { type: 'credit' }, ['invoice.paid_credit_added']],
		['progressive billing', { type: 'progressive_billing' }, ['invoice.created']],
		['regrouped fees that are paid already', { type: 'advance_charges' }, ['invoice.created']],
		['a one-off whose tax came late', { type: 'one_off', event: 'invoice.created' }, ['invoice.created']],
		['a draft', { status: 'draft' }, ['invoice.ready_to_finalize', 'invoice.drafted']],
		['tax pending', { status: 'pending' }, []],
		['tax failed', { status: 'failed' }, []],
		['waiting for its payment', { status: 'open' }, []],
	])('%s', async (_case, input, events) => {
		lago.issueInvoice(input);
		expect(await told()).toEqual(events);
	});

	test('webhooks carry the metadata of the customer, but never of the invoice', async () => {
		const metadata = [
			{
				lago_id: '1',
				key: 'dodo_customer_id',
				value: 'cus_1',
				created_at: '2026-01-01T00:00:00Z',
				display_in_invoice: false,
			},
		];
		const invoice = lago.issueInvoice({ metadata: { po: '1' }, customer: { metadata } });
		await lago.idle();
		const { invoice: sent } = JSON.parse(receiver.received[0]?.body ?? '');
		expect(sent).not.toHaveProperty('metadata');
		expect(sent.customer.metadata).toEqual(metadata);
		expect(Object.keys(sent)).toEqual(
			expect.arrayContaining(['fees', 'subscriptions', 'billing_periods', 'credits', 'applied_taxes']),
		);
		expect(await entries(invoice)).toMatchObject([{ key: 'po', value: '1' }]);
	});

	test('a draft that is finalized keeps its id and gets a number', async () => {
		const draft = lago.issueInvoice({ status: 'draft' });
		expect(draft.number).toBe('SIM-DRAFT');
		await told();
		expect((await call('PUT', `/invoices/${draft.lago_id}/finalize`)).body.invoice).toMatchObject({
			lago_id: draft.lago_id,
			status: 'finalized',
			number: 'SIM-0001',
		});
		expect(await told()).toEqual(['invoice.created']);
	});

	test('an invoice nobody may see is 404', async () => {
		const { lago_id } = lago.issueInvoice({ status: 'open' });
		expect(await call('GET', `/invoices/${lago_id}`)).toMatchObject(refused(404, 'invoice_not_found'));
		expect((await call('GET', '/invoices')).body.invoices).toEqual([]);
	});

	test('the arithmetic: tax after coupons, the due amount blind to the status', () => {
		const invoice = lago.issueInvoice({
			fees: [
				{ amountCents: 4_900, taxRate: 20 },
				{ amountCents: 1_250, taxRate: 20, couponsCents: 250 },
			],
		});
		expect(invoice).toMatchObject({
			fees_amount_cents: 6_150,
			coupons_amount_cents: 250,
			taxes_amount_cents: 1_180,
			total_amount_cents: 7_080,
		});
		expect(lago.issueInvoice({ fees: [{ amountCents: 0 }] })).toMatchObject({
			payment_status: 'succeeded',
			total_amount_cents: 0,
		});
		expect(lago.issueInvoice({ currency: 'JPY', fees: [{ amountCents: 500 }] }).fees[0]).toMatchObject({
			precise_amount: '500.0',
		});
	});
});

describe('PUT /invoices/:id', () => {
	test('succeeded sets no paid amount and tells once; the same again tells nothing', async () => {
		const invoice = lago.issueInvoice();
		await told();
		for (let n = 0; n < 2; n++)
			expect((await put(invoice, { payment_status: 'succeeded' })).body.invoice).toMatchObject({
				payment_status: 'succeeded',
				total_paid_amount_cents: 0,
				total_due_amount_cents: 10_000,
			});
		expect(await told()).toEqual(['invoice.payment_status_updated']);
		for (const payment_status of ['failed', 'pending', 'succeeded', 'pending'])
			expect((await put(invoice, { payment_status })).status).toBe(200);
	});

	test.each<[string, object, object, object]>([
		['metadata of a draft', { status: 'draft' }, { metadata: [] }, refused(405, 'metadata_on_draft_invoice')],
		[
			'the status of a draft',
			{ status: 'draft' },
			{ payment_status: 'succeeded' },
			refused(405, 'payment_status_update_on_draft_invoice'),
		],
		[
			'a status that is none',
			{},
			{ payment_status: 'processing' },
			validation({ payment_status: ['value_is_invalid'] }),
		],
		['null', {}, { payment_status: null }, validation({ payment_status: ['value_is_invalid'] })],
		[
			'six entries',
			{},
			{ metadata: Array.from({ length: 6 }, (_, n) => ({ key: `k${n}`, value: 'v' })) },
			validation({ metadata: ['invalid_count'] }),
		],
		[
			'a key of 21 characters',
			{},
			{ metadata: [{ key: 'k'.repeat(21), value: 'v' }] },
			validation({ key: ['value_is_too_long'] }),
		],
		[
			'a value of 141 characters',
			{},
			{ metadata: [{ key: 'k', value: 'v'.repeat(141) }] },
			validation({ value: ['value_is_too_long'] }),
		],
		['an empty value', {}, { metadata: [{ key: 'k', value: '' }] }, validation({ value: ['value_is_mandatory'] })],
	])('refused: %s', async (_case, input, change, answer) => {
		expect(await put(lago.issueInvoice(input), change)).toMatchObject(answer);
	});

	test('a voided invoice', async () => {
		const invoice = lago.issueInvoice();
		lago.voidInvoice(invoice.lago_id);
		expect(await put(invoice, { payment_status: 'succeeded' })).toMatchObject(refused(405, 'update_on_voided_invoice'));
	});

	test('metadata: what is listed with its id stays, what is not is deleted, a known key without id is refused', async () => {
		const invoice = lago.issueInvoice({ metadata: { po: '1', team: 'a' } });
		await told();
		const [po] = await entries(invoice);
		await put(invoice, {
			metadata: [
				{ id: po?.lago_id, key: 'po', value: '2' },
				{ key: 'dodo_payment_id', value: 'pay_1' },
			],
		});
		expect(await entries(invoice)).toMatchObject([
			{ lago_id: po?.lago_id, key: 'po', value: '2' },
			{ key: 'dodo_payment_id' },
		]);
		expect(await put(invoice, { metadata: [{ key: 'po', value: '3' }] })).toMatchObject(
			validation({ key: ['value_already_exist'] }),
		);
		expect(await told()).toEqual([]);
		await put(invoice, { metadata: [] });
		expect(await entries(invoice)).toEqual([]);
	});

	test('one transaction: refused metadata rolls the status back; unknown fields are dropped', async () => {
		const invoice = lago.issueInvoice();
		expect((await put(invoice, { payment_status: 'succeeded', metadata: [{ key: '', value: '' }] })).status).toBe(422);
		expect((await put(invoice, { total_amount_cents: 1, number: 'X' })).body.invoice).toMatchObject({
			payment_status: 'pending',
			total_amount_cents: 10_000,
			number: 'SIM-0001',
		});
	});
});

describe('retry, void, dispute, overdue', () => {
	const act = async ({ lago_id }: Invoice, action: string, body?: object) =>
		await call('POST', `/invoices/${lago_id}/${action}`, body);

	test('retry without a native provider answers 200 and says so by webhook', async () => {
		const invoice = lago.issueInvoice();
		await told();
		receiver.received.length = 0;
		expect(await act(invoice, 'retry_payment')).toMatchObject({ status: 200, body: null });
		await lago.idle();
		expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({
			webhook_type: 'invoice.payment_failure',
			object_type: 'payment_provider_invoice_payment_error',
			payment_provider_invoice_payment_error: {
				lago_invoice_id: invoice.lago_id,
				payment_provider: null,
				error_details: { code: 'customer_must_have_payment_provider' },
			},
		});
		for (const input of [{ status: 'draft' }, { paymentStatus: 'succeeded' }])
			expect(await act(lago.issueInvoice(input), 'retry_payment')).toMatchObject(refused(405, 'invalid_status'));
		expect(await act(invoice, 'payment_url')).toMatchObject(validation({ base: ['no_linked_payment_provider'] }));
	});

	test('void: only finalized ones, also paid ones; then nothing is due', async () => {
		const paid = lago.issueInvoice({ paymentStatus: 'succeeded' });
		await told();
		expect((await act(paid, 'void', {})).body.invoice).toMatchObject({ status: 'voided', total_due_amount_cents: 0 });
		expect(await told()).toEqual(['invoice.voided']);
		expect(await act(paid, 'void')).toMatchObject(refused(405, 'not_voidable'));
	});

	test('a lost dispute keeps its first time, is told every time, and is never overdue again', async () => {
		const invoice = lago.issueInvoice();
		expect(lago.markOverdue(invoice.lago_id).payment_overdue).toBe(true);
		await told();
		const times = [(await act(invoice, 'lose_dispute')).body, (await act(invoice, 'lose_dispute')).body].map(
			({ invoice: one }) => one.payment_dispute_lost_at,
		);
		expect(times[0]).toBe(times[1]);
		expect(await told()).toEqual(['invoice.payment_dispute_lost', 'invoice.payment_dispute_lost']);
		const sent = JSON.parse(receiver.received.at(-1)?.body ?? '');
		expect(sent.payment_dispute_lost.invoice.lago_id).toBe(invoice.lago_id);
		expect(lago.markOverdue(invoice.lago_id).payment_overdue).toBe(false);
		expect(await act(lago.issueInvoice({ status: 'draft' }), 'lose_dispute')).toMatchObject(
			refused(405, 'not_disputable'),
		);
	});
});

describe('GET /invoices', () => {
	const found = async (query: string) =>
		(await call('GET', `/invoices?${query}`)).body.invoices.map(({ number }: Invoice) => number).sort();

	beforeEach(() => {
		lago.issueInvoice({ customer: { external_id: 'a', name: 'Alpha' } });
		lago.issueInvoice({
			customer: { external_id: 'b', name: 'Beta' },
			currency: 'USD',
			metadata: { dodo_payment_id: 'pay_1' },
			paymentStatus: 'failed',
		});
		lago.issueInvoice({ customer: { external_id: 'a' }, status: 'draft', selfBilled: true });
	});

	test.each<[string, string[]]>([
		['statuses[]=finalized&payment_statuses[]=pending&metadata[dodo_payment_id]=', ['SIM-0001']],
		['metadata[dodo_payment_id]=pay_1', ['SIM-0002']],
		['payment_statuses[]=pending&payment_statuses[]=failed&status=finalized', ['SIM-0001', 'SIM-0002']],
		['external_customer_id=b', ['SIM-0002']],
		['currency=USD', ['SIM-0002']],
		['self_billed=true', ['SIM-DRAFT']],
		['search_term=beta', ['SIM-0002']],
		['amount_from=10001', []],
		['issuing_date_from=2999-01-01', []],
		['payment_dispute_lost=false', []],
		['unknown=1', ['SIM-0001', 'SIM-0002', 'SIM-DRAFT']],
	])('%s', async (query, numbers) => {
		expect(await found(query)).toEqual(numbers);
	});

	test('an unknown status is refused; entries are short; pages say what follows', async () => {
		expect((await call('GET', '/invoices?payment_statuses[]=processing')).status).toBe(422);
		const { body } = await call('GET', '/invoices?per_page=2&page=2');
		expect(body.meta).toEqual({ current_page: 2, next_page: null, prev_page: 1, total_pages: 2, total_count: 3 });
		expect(body.invoices).toHaveLength(1);
		expect(body.invoices[0]).toHaveProperty('metadata');
		for (const absent of ['fees', 'subscriptions', 'billing_periods'])
			expect(body.invoices[0]).not.toHaveProperty(absent);
		expect((await call('GET', '/customers/b/invoices')).body.invoices).toHaveLength(1);
		expect(await call('GET', '/customers/nobody/invoices')).toMatchObject(refused(404, 'customer_not_found'));
	});
});
