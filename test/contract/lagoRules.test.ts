import { startLagoSimulator, type LagoSimulator, type NewCreditNote } from '../../sandbox/simulators';
import type { Invoice } from '../../sandbox/lago/documents';
import { callerOf, startReceiver, type Answer, type Receiver } from './helpers';

/** The simulator refuses what Lago refuses, in Lago's words. */
let lago: LagoSimulator;
let receiver: Receiver;
let call: (method: string, path: string, body?: unknown) => Promise<Answer>;

beforeEach(async () => {
	lago = await startLagoSimulator();
	receiver = await startReceiver();
	lago.addEndpoint({ url: receiver.url });
	const raw = callerOf(lago.url, lago.apiKey);
	call = async (method, path, body) => await raw(method, `/api/v1${path}`, body);
});

afterEach(async () => {
	await Promise.all([lago.close(), receiver.close()]);
});

/** What was told since the last time. */
const told = async (): Promise<string[]> => {
	await lago.idle();
	return lago.deliveries.splice(0).map(({ event }) => event);
};
const validation = (error_details: object) => ({
	status: 422,
	body: { status: 422, error: 'Unprocessable Entity', code: 'validation_errors', error_details },
});
const refused = (status: number, code: string) => ({ status, body: { status, code } });
const put = async ({ lago_id }: Invoice, invoice: object) => await call('PUT', `/invoices/${lago_id}`, { invoice });
const entries = async ({ lago_id }: Invoice) =>
	(await call('GET', `/invoices/${lago_id}`)).body.invoice.metadata as Array<{
		lago_id: string;
		key: string;
		value: string;
	}>;

describe('basics', () => {
	test('a wrong key, an unknown path, malformed JSON, a missing root', async () => {
		expect(await callerOf(lago.url, 'wrong')('GET', '/api/v1/organizations')).toMatchObject({
			status: 401,
			body: { status: 401, error: 'Unauthorized' },
		});
		expect((await call('GET', '/nonsense')).status).toBe(404);
		expect(await call('POST', '/payments', '{"payment":')).toMatchObject({ status: 400, body: null });
		expect((await call('POST', '/payments', { amount_cents: 1 })).body).toMatchObject({
			status: 400,
			error: expect.stringContaining('payment'),
		});
	});

	test('a billing entity by its code', async () => {
		expect((await call('GET', '/billing_entities/simulated')).body.billing_entity).toMatchObject({
			code: 'simulated',
			name: 'Simulated',
			logo_url: null,
			taxes: [],
		});
		expect(await call('GET', '/billing_entities/nobody')).toMatchObject(refused(404, 'billing_entity_not_found'));
	});

	test('the organisation and the premium probe', async () => {
		expect((await call('GET', '/organizations')).body.organization.lago_id).toBe(lago.state.organizationId);
		expect((await call('GET', '/analytics/invoice_collection?months=1')).status).toBe(200);
		lago.premium = false;
		expect(await call('GET', '/analytics/invoice_collection?months=1')).toMatchObject(
			refused(403, 'feature_unavailable'),
		);
	});

	test('too many calls', async () => {
		const busy = await startLagoSimulator({ rateLimit: { perMinute: 100, perSecond: 1 } });
		const ask = callerOf(busy.url, busy.apiKey);
		expect([
			(await ask('GET', '/api/v1/organizations')).status,
			(await ask('GET', '/api/v1/organizations')).status,
		]).toEqual([200, 429]);
		await busy.close();
	});
});

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

describe('POST /payments', () => {
	const book = async (payment: object) => await call('POST', '/payments', { payment });

	test.each<[string, (invoice: Invoice) => object, object]>([
		['no invoice', () => ({ amount_cents: 1, reference: 'r' }), validation({ invoice_id: ['value_is_mandatory'] })],
		[
			'an amount as text',
			({ lago_id }) => ({ invoice_id: lago_id, amount_cents: '1', reference: 'r' }),
			validation({ amount_cents: ['invalid_value'] }),
		],
		[
			'zero',
			({ lago_id }) => ({ invoice_id: lago_id, amount_cents: 0, reference: 'r' }),
			validation({ amount_cents: ['invalid_value'] }),
		],
		[
			'no reference',
			({ lago_id }) => ({ invoice_id: lago_id, amount_cents: 1 }),
			validation({ reference: ['value_is_mandatory'] }),
		],
		[
			'41 characters',
			({ lago_id }) => ({ invoice_id: lago_id, amount_cents: 1, reference: 'r'.repeat(41) }),
			validation({ reference: ['value_is_too_long'] }),
		],
		[
			'more than is due',
			({ lago_id }) => ({ invoice_id: lago_id, amount_cents: 10_001, reference: 'r' }),
			validation({ amount_cents: ['value_is_out_of_range'] }),
		],
		[
			'no date',
			({ lago_id }) => ({ invoice_id: lago_id, amount_cents: 1, reference: 'r', paid_at: 'soon' }),
			validation({ paid_at: ['invalid_date'] }),
		],
		[
			'an unknown invoice',
			() => ({ invoice_id: 'x', amount_cents: 1, reference: 'r' }),
			refused(404, 'invoice_not_found'),
		],
	])('refused: %s', async (_case, payment, answer) => {
		expect(await book(payment(lago.issueInvoice()))).toMatchObject(answer);
	});

	test('403 for want of a licence, and for a draft or a voided invoice alike', async () => {
		const draft = lago.issueInvoice({ status: 'draft' });
		const voided = lago.issueInvoice();
		lago.voidInvoice(voided.lago_id);
		for (const { lago_id } of [draft, voided])
			expect(await book({ invoice_id: lago_id, amount_cents: 1, reference: 'r' })).toMatchObject(
				refused(403, 'feature_unavailable'),
			);
		lago.premium = false;
		expect(await book({ invoice_id: lago.issueInvoice().lago_id, amount_cents: 1, reference: 'r' })).toMatchObject(
			refused(403, 'feature_unavailable'),
		);
	});

	test('only its receipt tells of a partial payment; a reference is not unique', async () => {
		const invoice = lago.issueInvoice();
		await told();
		await book({ invoice_id: invoice.lago_id, amount_cents: 4_000, reference: 'same' });
		expect(invoice).toMatchObject({ payment_status: 'pending', total_paid_amount_cents: 4_000 });
		expect(await told()).toEqual(['payment_receipt.created']);
		await book({ invoice_id: invoice.lago_id, amount_cents: 6_000, reference: 'same' });
		expect(invoice).toMatchObject({ payment_status: 'succeeded', total_paid_amount_cents: 10_000 });
		expect(await told()).toEqual(['invoice.payment_status_updated', 'payment_receipt.created']);
		expect((await call('GET', `/payments?invoice_id=${invoice.lago_id}&reference=other`)).body.payments).toHaveLength(
			2,
		);
	});

	test('an invoice that was PUT to succeeded can still be paid, without another webhook about it', async () => {
		const invoice = lago.issueInvoice();
		await put(invoice, { payment_status: 'succeeded' });
		await told();
		expect((await book({ invoice_id: invoice.lago_id, amount_cents: 10_000, reference: 'repair' })).status).toBe(200);
		expect(await told()).toEqual(['payment_receipt.created']);
	});
});

describe('top-ups', () => {
	test('paid as a whole only, credits granted once', async () => {
		const invoice = lago.issueInvoice({ type: 'credit' });
		const wallet = [...lago.state.wallets.values()][0];
		expect(
			await call('POST', '/payments', { payment: { invoice_id: invoice.lago_id, amount_cents: 1, reference: 'r' } }),
		).toMatchObject(validation({ amount_cents: ['invalid_amount'] }));
		for (const payment_status of ['failed', 'succeeded', 'pending', 'succeeded'])
			await put(invoice, { payment_status });
		expect(wallet?.credits).toBe(100);
	});

	test('one that must be paid first is invisible until it is, and then announced without a status webhook', async () => {
		lago.issueInvoice({ customer: { external_id: 'prepaid' } });
		const { wallet } = (
			await call('POST', '/wallets', {
				wallet: {
					external_customer_id: 'prepaid',
					currency: 'EUR',
					rate_amount: '1.0',
					paid_credits: '10.0',
					invoice_requires_successful_payment: true,
				},
			})
		).body;
		const {
			wallet_transactions: [transaction],
		} = (await call('GET', `/wallets/${wallet.lago_id}/wallet_transactions`)).body;
		expect((await call('GET', `/invoices/${transaction.lago_invoice_id}`)).status).toBe(404);
		await told();
		expect(
			(
				await call('POST', '/payments', {
					payment: { invoice_id: transaction.lago_invoice_id, amount_cents: 1_000, reference: 'r' },
				})
			).status,
		).toBe(200);
		expect((await told()).filter((event) => event.startsWith('invoice.'))).toEqual(['invoice.paid_credit_added']);
		expect((await call('GET', `/wallets/${wallet.lago_id}`)).body.wallet).toMatchObject({
			credits_balance: '10.0',
			balance_cents: 1_000,
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

describe('credit notes', () => {
	const note = async (invoice: Invoice, given: Partial<NewCreditNote>) =>
		await call('POST', '/credit_notes', {
			credit_note: {
				invoice_id: invoice.lago_id,
				items: [{ fee_id: invoice.fees[0]?.lago_id, amount_cents: 1_000 }],
				...given,
			},
		});
	const paidInvoice = (
		fees: NonNullable<Parameters<LagoSimulator['issueInvoice']>[0]>['fees'] = [{ amountCents: 10_000, taxRate: 20 }],
	) => {
		const invoice = lago.issueInvoice({ fees });
		lago.payManually(invoice.lago_id, invoice.total_amount_cents);
		return invoice;
	};

	test('items exclude tax, shares include it; a refund stays pending and is told', async () => {
		const invoice = paidInvoice();
		await told();
		expect((await note(invoice, { refund_amount_cents: 1_200 })).body.credit_note).toMatchObject({
			total_amount_cents: 1_200,
			taxes_amount_cents: 200,
			sub_total_excluding_taxes_amount_cents: 1_000,
			refund_status: 'pending',
			credit_status: 'available',
			reason: 'other',
			taxes_rate: 20,
		});
		expect(await told()).toEqual(['credit_note.created']);
		expect(JSON.parse(receiver.received.at(-1)?.body ?? '').credit_note).not.toHaveProperty('metadata');
		await note(invoice, { refund_amount_cents: 1_200, metadata: { dodo_refund_id: 'ref_1' } });
		await lago.idle();
		expect(JSON.parse(receiver.received.at(-1)?.body ?? '').credit_note.metadata).toEqual({ dodo_refund_id: 'ref_1' });
	});

	test.each<[string, Partial<NewCreditNote>, object]>([
		[
			'shares that do not match the items',
			{ refund_amount_cents: 1_500 },
			validation({ base: ['does_not_match_item_amounts'] }),
		],
		[
			'more than the fee',
			{ items: [{ fee_id: 'FEE', amount_cents: 10_001 }], refund_amount_cents: 12_001 },
			validation({ amount_cents: ['higher_than_remaining_fee_amount'] }),
		],
		[
			'a negative item',
			{ items: [{ fee_id: 'FEE', amount_cents: -1 }] },
			validation({ amount_cents: ['invalid_value'] }),
		],
		['a fee of another invoice', { items: [{ fee_id: 'other', amount_cents: 1 }] }, refused(404, 'fee_not_found')],
		['no list of items', { items: {} as never }, validation({ items: ['must_be_an_array'] })],
		['nothing at all', { items: [] }, validation({ base: ['total_amount_must_be_positive'] })],
		[
			'a reason that is none',
			{ refund_amount_cents: 1_200, reason: 'because' },
			validation({ reason: ['value_is_invalid'] }),
		],
		[
			'an offset of a paid invoice',
			{ offset_amount_cents: 1_200 },
			validation({ offset_amount_cents: ['higher_than_remaining_invoice_amount'] }),
		],
		[
			'a value of metadata of 256 characters',
			{ refund_amount_cents: 1_200, metadata: { a: 'x'.repeat(256) } },
			{ status: 422 },
		],
	])('refused: %s', async (_case, given, answer) => {
		const invoice = paidInvoice();
		const items = Array.isArray(given.items)
			? given.items.map((item) => ({
					...item,
					fee_id: item.fee_id === 'FEE' ? (invoice.fees[0]?.lago_id ?? '') : item.fee_id,
				}))
			: given.items;
		expect(await note(invoice, { ...given, ...(given.items === undefined ? {} : { items }) })).toMatchObject(answer);
		expect(lago.state.creditNotes.size).toBe(0);
	});

	test('an invoice that was only PUT to succeeded cannot be refunded', async () => {
		const invoice = lago.issueInvoice({ fees: [{ amountCents: 10_000, taxRate: 20 }] });
		await put(invoice, { payment_status: 'succeeded' });
		expect(await note(invoice, { refund_amount_cents: 1_200 })).toMatchObject(
			validation({ refund_amount_cents: ['cannot_refund_unpaid_invoice'] }),
		);
		const { estimated_credit_note: estimate } = (
			await call('POST', '/credit_notes/estimate', {
				credit_note: {
					invoice_id: invoice.lago_id,
					items: [{ fee_id: invoice.fees[0]?.lago_id, amount_cents: 1_000 }],
				},
			})
		).body;
		expect(estimate).toMatchObject({ max_refundable_amount_cents: 0, max_creditable_amount_cents: 1_200 });
	});

	test('what was given back counts: the rest of a fee, the rest of what was paid', async () => {
		const invoice = paidInvoice();
		await note(invoice, {
			items: [{ fee_id: invoice.fees[0]?.lago_id ?? '', amount_cents: 9_000 }],
			credit_amount_cents: 10_800,
		});
		expect(
			await note(invoice, {
				items: [{ fee_id: invoice.fees[0]?.lago_id ?? '', amount_cents: 1_001 }],
				refund_amount_cents: 1_201,
			}),
		).toMatchObject(validation({ amount_cents: ['higher_than_remaining_fee_amount'] }));
		expect((await note(invoice, { refund_amount_cents: 1_200 })).status).toBe(200);
		const half = lago.issueInvoice({ fees: [{ amountCents: 10_000 }] });
		lago.payManually(half.lago_id, 500);
		expect(await note(half, { refund_amount_cents: 1_000 })).toMatchObject(
			validation({ refund_amount_cents: ['higher_than_remaining_invoice_amount'] }),
		);
		expect((await note(half, { refund_amount_cents: 500, credit_amount_cents: 500 })).status).toBe(200);
	});

	test('coupons lower what an item is worth; rounding may move a cent', async () => {
		const withCoupon = paidInvoice([{ amountCents: 10_000, taxRate: 20, couponsCents: 1_000 }]);
		expect((await note(withCoupon, { refund_amount_cents: 1_080 })).body.credit_note).toMatchObject({
			coupons_adjustment_amount_cents: 100,
			taxes_amount_cents: 180,
			total_amount_cents: 1_080,
		});
		const odd = paidInvoice([{ amountCents: 10_000, taxRate: 19 }]);
		const items = [{ fee_id: odd.fees[0]?.lago_id ?? '', amount_cents: 842.5 }];
		const { credit_note: rounded } = (await note(odd, { items, refund_amount_cents: 1_002 })).body;
		expect(rounded.sub_total_excluding_taxes_amount_cents + rounded.taxes_amount_cents).toBe(
			rounded.total_amount_cents,
		);
		expect(Math.abs(rounded.refund_amount_cents - 1_002)).toBeLessThanOrEqual(1);
	});

	test('an offset lowers what is due, and pays the invoice when nothing is left', async () => {
		const invoice = lago.issueInvoice({ fees: [{ amountCents: 1_000 }] });
		await told();
		expect((await note(invoice, { offset_amount_cents: 1_000 })).status).toBe(200);
		expect(invoice.payment_status).toBe('succeeded');
		expect((await told()).sort()).toEqual(['credit_note.created', 'invoice.payment_status_updated']);
	});

	test('PUT merges metadata and tells nobody; 50 keys at most; only unused credit can be voided', async () => {
		const { credit_note: created } = (await note(paidInvoice(), { refund_amount_cents: 1_200, metadata: { a: '1' } }))
			.body;
		await told();
		const change = async (credit_note: object) =>
			await call('PUT', `/credit_notes/${created.lago_id}`, { credit_note });
		expect((await change({ refund_status: 'failed', metadata: { b: '2' } })).body.credit_note).toMatchObject({
			refund_status: 'failed',
			metadata: { a: '1', b: '2' },
		});
		expect(await change({ refund_status: 'done' })).toMatchObject(validation({ refund_status: ['value_is_invalid'] }));
		expect(
			(await change({ metadata: Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`k${n}`, 'v'])) })).status,
		).toBe(422);
		expect(await told()).toEqual([]);
		expect(await call('PUT', `/credit_notes/${created.lago_id}/void`)).toMatchObject(
			refused(405, 'no_voidable_amount'),
		);
	});

	test('the list filters by invoice number and type, and ignores values that it does not know', async () => {
		const [first, second] = [paidInvoice(), paidInvoice()];
		await note(first, { refund_amount_cents: 1_200 });
		await note(second, { credit_amount_cents: 1_200 });
		const found = async (query: string) =>
			(await call('GET', `/credit_notes?${query}`)).body.credit_notes.map(
				({ invoice_number }: { invoice_number: string }) => invoice_number,
			);
		expect(await found('refund_status=pending&types[]=refund')).toEqual([first.number]);
		expect(await found(`invoice_number=${second.number}`)).toEqual([second.number]);
		expect(await found('refund_status=nonsense')).toHaveLength(2);
	});

	test('a top-up: unpaid only cancelled as a whole, paid refunded out of the wallet', async () => {
		const unpaid = lago.issueInvoice({ type: 'credit', fees: [{ amountCents: 1_000 }] });
		expect(await note(unpaid, { refund_amount_cents: 1_000 })).toMatchObject(refused(405, 'invalid_type_or_status'));
		expect((await note(unpaid, { offset_amount_cents: 1_000 })).status).toBe(200);
		const paid = lago.issueInvoice({ type: 'credit', customer: { external_id: 'topup' } });
		lago.payManually(paid.lago_id, 10_000);
		expect(await note(paid, { credit_amount_cents: 1_000 })).toMatchObject(
			validation({ credit_amount_cents: ['cannot_credit_invoice'] }),
		);
		expect((await note(paid, { refund_amount_cents: 1_000 })).status).toBe(200);
		expect([...lago.state.wallets.values()].find(({ customer }) => customer.external_id === 'topup')?.credits).toBe(90);
	});

	test('without a licence none can be made, of a draft never', async () => {
		expect(await note(lago.issueInvoice({ status: 'draft' }), { credit_amount_cents: 1_000 })).toMatchObject(
			refused(405, 'invalid_type_or_status'),
		);
		const invoice = paidInvoice();
		lago.premium = false;
		expect(await note(invoice, { refund_amount_cents: 1_200 })).toMatchObject(refused(403, 'feature_unavailable'));
		expect(
			await call('POST', '/credit_notes/estimate', { credit_note: { invoice_id: invoice.lago_id, items: [] } }),
		).toMatchObject(refused(403, 'feature_unavailable'));
	});
});

describe('webhook endpoints', () => {
	const create = async (webhook_endpoint: object) => await call('POST', '/webhook_endpoints', { webhook_endpoint });

	test('defaults, normalised events, and changes that keep the rest', async () => {
		const { webhook_endpoint: plain } = (await create({ webhook_url: 'https://a.example' })).body;
		expect(plain).toMatchObject({ signature_algo: 'jwt', event_types: null, name: null });
		const { webhook_endpoint: chosen } = (
			await create({ webhook_url: 'https://b.example', event_types: [' Invoice.Created ', 'invoice.created'] })
		).body;
		expect(chosen.event_types).toEqual(['invoice.created']);
		expect(
			(await call('PUT', `/webhook_endpoints/${chosen.lago_id}`, { webhook_endpoint: { signature_algo: 'hmac' } })).body
				.webhook_endpoint,
		).toMatchObject({ webhook_url: 'https://b.example', signature_algo: 'hmac', event_types: ['invoice.created'] });
		expect((await call('DELETE', `/webhook_endpoints/${chosen.lago_id}`)).body.webhook_endpoint.lago_id).toBe(
			chosen.lago_id,
		);
		expect(await call('DELETE', `/webhook_endpoints/${chosen.lago_id}`)).toMatchObject(
			refused(404, 'webhook_endpoint_not_found'),
		);
	});

	test.each<[string, object, object]>([
		['no URL', { name: 'x' }, validation({ webhook_url: ['value_is_mandatory', 'url_is_invalid'] })],
		['another scheme', { webhook_url: 'ftp://a.example' }, validation({ webhook_url: ['url_is_invalid'] })],
		[
			'an unknown event',
			{ webhook_url: 'https://a.example', event_types: ['x'] },
			validation({ event_types: ['contains invalid types: ["x"]'] }),
		],
		[
			'no list of events',
			{ webhook_url: 'https://a.example', event_types: 'invoice.created' },
			validation({ event_types: ['must_be_array'] }),
		],
		['an unknown algorithm', { webhook_url: 'https://a.example', signature_algo: 'md5' }, { status: 500 }],
	])('refused: %s', async (_case, body, answer) => {
		expect(await create(body)).toMatchObject(answer);
	});

	test('a URL once, and ten endpoints at most', async () => {
		expect(await create({ webhook_url: receiver.url })).toMatchObject(
			validation({ webhook_url: ['value_already_exist'] }),
		);
		for (let n = 1; n < 10; n++) expect((await create({ webhook_url: `https://${n}.example` })).status).toBe(200);
		expect(await create({ webhook_url: 'https://11.example' })).toMatchObject(
			validation({ base: ['Maximum number of webhook endpoints was reached'] }),
		);
	});
});

describe('customers', () => {
	test('an upsert changes only what it names, and is told even without a change', async () => {
		const upsert = async (customer: object) => (await call('POST', '/customers', { customer })).body.customer;
		const created = await upsert({
			external_id: 'c',
			name: 'Gamma',
			email: 'g@c.example',
			metadata: [{ key: 'dodo_customer_id', value: 'cus_1' }],
		});
		expect(await upsert({ external_id: 'c', name: 'Gamma' })).toMatchObject({
			lago_id: created.lago_id,
			email: 'g@c.example',
			metadata: [{ key: 'dodo_customer_id' }],
		});
		expect(await told()).toEqual(['customer.created', 'customer.updated']);
		expect((await call('GET', '/customers?metadata[dodo_customer_id]=cus_1')).body.customers).toHaveLength(1);
		expect((await call('GET', '/customers?metadata[dodo_customer_id]=cus_2')).body.customers).toEqual([]);
		expect(await call('POST', '/customers', { customer: { name: 'nobody' } })).toMatchObject(
			validation({ external_id: ['value_is_mandatory'] }),
		);
		expect(
			await call('POST', '/customers', {
				customer: { external_id: 'c', metadata: [{ key: 'long', value: 'x'.repeat(101) }] },
			}),
		).toMatchObject(validation({ value: ['value_is_too_long'] }));
	});

	test('an unknown provider clears the known one', async () => {
		lago.issueInvoice({ customer: { external_id: 'p' }, paymentProvider: 'stripe' });
		const { customer } = (
			await call('POST', '/customers', {
				customer: { external_id: 'p', billing_configuration: { payment_provider: 'dodo' } },
			})
		).body;
		expect(customer.billing_configuration.payment_provider).toBeNull();
	});

	test('an id with a slash or a dot is found when both are encoded; what follows a dot as it is, is a format', async () => {
		lago.issueInvoice({ customer: { external_id: 'a.b/c' } });
		expect((await call('GET', '/customers/a%2Eb%2Fc')).body.customer.external_id).toBe('a.b/c');
		expect(await call('GET', '/customers/a.b%2Fc')).toMatchObject(refused(404, 'customer_not_found'));
	});
});

test('every control is also there over HTTP', async () => {
	const control = async (name: string, body: object) =>
		(await callerOf(lago.url, lago.apiKey)('POST', `/_sim/${name}`, body)).body;
	const invoice = await control('issue-invoice', { fees: [{ amountCents: 700 }] });
	expect(invoice.total_amount_cents).toBe(700);
	expect(await control('pay-manually', { id: invoice.lago_id, amountCents: 700, reference: 'cash' })).toMatchObject({
		reference: 'cash',
	});
	expect(
		await control('create-credit-note-in-ui', {
			invoiceId: invoice.lago_id,
			refund_amount_cents: 700,
			items: [{ fee_id: invoice.fees[0].lago_id, amount_cents: 700 }],
		}),
	).toMatchObject({ refund_status: 'pending' });
	expect(await control('premium', { value: false })).toEqual({ premium: false });
	const state = await (await fetch(`${lago.url}/_sim/state`)).json();
	expect(state).toMatchObject({ organizationId: lago.state.organizationId, invoices: [{ lago_id: invoice.lago_id }] });
});
