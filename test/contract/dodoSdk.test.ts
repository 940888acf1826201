import DodoPayments from 'dodopayments';
import { startDodoSimulator, type DodoSimulator } from '../../sandbox/simulators';
import { describeWithSpec } from '../support/openapi';
import { disagreements, eventually, startReceiver } from './helpers';

/** The official SDK against the simulator, then every answer against Dodo's OpenAPI description. */
let dodo: DodoSimulator;
let sdk: DodoPayments;

const pwyw = {
	type: 'one_time_price',
	currency: 'EUR',
	price: 50,
	pay_what_you_want: true,
	suggested_price: null,
	tax_inclusive: true,
	discount: 0,
	purchasing_power_parity: false,
} as const;
const recurring = {
	type: 'recurring_price',
	currency: 'EUR',
	price: 100,
	tax_inclusive: true,
	discount: 0,
	purchasing_power_parity: false,
	payment_frequency_count: 1,
	payment_frequency_interval: 'Month',
	subscription_period_count: 20,
	subscription_period_interval: 'Year',
} as const;
const metadata = { lago_invoice_id: 'inv-1', attempt: '1' };

const invoiceProduct = async () =>
	await sdk.products.create({ name: 'Invoice', tax_category: 'saas', price: pwyw, metadata: { managed_by: 'test' } });
const paid = async (amount = 12_995) => {
	const { product_id } = await invoiceProduct();
	const session = await sdk.checkoutSessions.create({
		product_cart: [{ product_id, quantity: 1, amount }],
		customer: { email: 'ap@acme.example', name: 'Acme' },
		billing_address: { country: 'DE' },
		metadata,
	});
	return dodo.payCheckout(session.session_id);
};
const mandate = async () => {
	const { product_id } = await sdk.products.create({ name: 'Mandate', tax_category: 'saas', price: recurring });
	const session = await sdk.checkoutSessions.create({
		product_cart: [{ product_id, quantity: 1 }],
		customer: { email: 'ap@acme.example' },
		subscription_data: { on_demand: { mandate_only: true } },
	});
	return dodo.activateMandate(session.session_id);
};

beforeAll(async () => {
	dodo = await startDodoSimulator({ chargeDelayMs: 5 });
	// An SDK that repeats calls by itself would charge twice.
	sdk = new DodoPayments({ bearerToken: dodo.apiKey, baseURL: dodo.url, maxRetries: 0 });
});

afterAll(async () => await dodo.close());

describe('the official SDK works', () => {
	test('products', async () => {
		const created = await invoiceProduct();
		expect(created).toMatchObject({
			product_id: expect.stringMatching(/^pdt_\w{21}$/),
			price: { pay_what_you_want: true, tax_inclusive: true },
		});
		await sdk.products.update(created.product_id, { name: 'Renamed' });
		await sdk.products.archive(created.product_id);
		const listed = async (archived: boolean) =>
			(await sdk.products.list({ archived, page_number: 0 })).items.map(({ product_id }) => product_id);
		expect(await listed(true)).toContain(created.product_id);
		await sdk.products.unarchive(created.product_id);
		expect(await listed(false)).toContain(created.product_id);
		expect((await sdk.products.retrieve(created.product_id)).name).toBe('Renamed');
	});

	test('customers and their saved cards', async () => {
		const first = await sdk.customers.create({ email: 'twice@acme.example', name: 'Acme' });
		const second = await sdk.customers.create({ email: 'twice@acme.example', name: 'Acme' });
		expect(second.customer_id).not.toBe(first.customer_id);
		expect((await sdk.customers.update(first.customer_id, { name: 'Acme Inc' })).name).toBe('Acme Inc');
		expect((await sdk.customers.retrieve(first.customer_id)).name).toBe('Acme Inc');
		expect((await sdk.customers.list({ email: 'twice@acme.example', page_number: 0 })).items).toHaveLength(2);
		const { customer } = await mandate();
		const { items } = await sdk.customers.retrievePaymentMethods(customer.customer_id);
		expect(items).toMatchObject([{ payment_method: 'card', card: { last4_digits: '4242' } }]);
		await sdk.customers.deletePaymentMethod(items[0]?.payment_method_id ?? '', { customer_id: customer.customer_id });
		expect((await sdk.customers.retrievePaymentMethods(customer.customer_id)).items).toEqual([]);
	});

	test('a checkout from the link to the paid payment', async () => {
		const { product_id } = await invoiceProduct();
		const body = {
			product_cart: [{ product_id, quantity: 1, amount: 12_995 }],
			billing_address: { country: 'DE' as const },
		};
		expect(await sdk.checkoutSessions.preview(body)).toMatchObject({
			total_price: 12_995,
			total_tax: 2_075,
			currency: 'EUR',
		});
		const session = await sdk.checkoutSessions.create({ ...body, customer: { email: 'ap@acme.example' }, metadata });
		expect(session.checkout_url).toBe(`${dodo.url}/session/${session.session_id}`);
		expect(await sdk.checkoutSessions.retrieve(session.session_id)).toMatchObject({
			id: session.session_id,
			payment_id: null,
			payment_status: null,
		});
		const { payment_id } = dodo.payCheckout(session.session_id);
		expect(await sdk.checkoutSessions.retrieve(session.session_id)).toMatchObject({
			payment_id,
			payment_status: 'succeeded',
			customer_email: 'ap@acme.example',
		});
		expect(await sdk.payments.retrieve(payment_id)).toMatchObject({
			total_amount: 12_995,
			tax: 2_075,
			metadata,
			checkout_session_id: session.session_id,
			status: 'succeeded',
		});
		expect((await sdk.payments.list({ status: 'succeeded', page_number: 0 })).items[0]).toMatchObject({
			payment_id,
			metadata,
			total_amount: 12_995,
		});
		await expect(sdk.checkoutSessions.retrieve('cks_unknown')).rejects.toMatchObject({
			status: 404,
			error: { code: 'NOT_FOUND' },
		});
	});

	test('the deprecated one-time payment', async () => {
		const { product_id } = await invoiceProduct();
		const created = await sdk.payments.create({
			billing: { country: 'FR' },
			customer: { email: 'a@b.example' },
			product_cart: [{ product_id, quantity: 1, amount: 500 }],
			payment_link: true,
		});
		expect((await sdk.payments.retrieve(created.payment_id)).status).toBe('requires_payment_method');
		dodo.payCheckout(created.payment_link?.split('/').at(-1) ?? '');
		expect((await sdk.payments.retrieve(created.payment_id)).status).toBe('succeeded');
	});

	test('a partial refund', async () => {
		const { payment_id } = await paid();
		const { items } = await sdk.payments.retrieveLineItems(payment_id);
		const refund = await sdk.refunds.create({
			payment_id,
			items: [{ item_id: items[0]?.items_id ?? '', amount: 5_000 }],
			reason: 'CN-1',
			metadata: { lago_credit_note_id: 'cn-1' },
		});
		expect(refund).toMatchObject({ status: 'pending', amount: 5_000, is_partial: true });
		await eventually(() => dodo.state.refunds.get(refund.refund_id)?.status === 'succeeded');
		expect(await sdk.refunds.retrieve(refund.refund_id)).toMatchObject({
			status: 'succeeded',
			metadata: { lago_credit_note_id: 'cn-1' },
		});
		expect((await sdk.refunds.list({ status: 'succeeded', page_number: 0 })).items[0]).not.toHaveProperty('metadata');
		expect(await sdk.payments.retrieve(payment_id)).toMatchObject({
			refund_status: 'partial',
			refunds: [{ reason: 'CN-1', amount: 5_000 }],
		});
	});

	test('a mandate that is charged, held and revived', async () => {
		const { subscription_id } = await mandate();
		expect(await sdk.subscriptions.retrieve(subscription_id)).toMatchObject({
			status: 'active',
			on_demand: true,
			tax_inclusive: true,
		});
		const { payment_id } = await sdk.subscriptions.charge(subscription_id, { product_price: 12_995, metadata });
		await eventually(() => dodo.state.payments.get(payment_id)?.status === 'succeeded');
		expect(await sdk.payments.retrieve(payment_id)).toMatchObject({ subscription_id, product_cart: null, metadata });
		dodo.setMandateCard(subscription_id, '4000000000000341');
		const declined = await sdk.subscriptions.charge(subscription_id, { product_price: 700, metadata });
		await eventually(() => dodo.state.subscriptions.get(subscription_id)?.status === 'on_hold');
		expect(await sdk.payments.retrieve(declined.payment_id)).toMatchObject({
			status: 'failed',
			error_code: 'GENERIC_DECLINE',
		});
		await expect(sdk.subscriptions.charge(subscription_id, { product_price: 700 })).rejects.toMatchObject({
			status: 422,
			error: { code: 'SUBSCRIPTION_INACTIVE' },
		});
		const update = await sdk.subscriptions.updatePaymentMethod(subscription_id, { payment_method: { type: 'new' } });
		dodo.setMandateCard(subscription_id);
		expect(await sdk.payments.retrieve(update.payment_id ?? '')).toMatchObject({
			status: 'succeeded',
			total_amount: 700,
		});
		expect(
			(await sdk.subscriptions.list({ status: 'active', page_number: 0 })).items.map((one) => one.subscription_id),
		).toContain(subscription_id);
		expect((await sdk.subscriptions.update(subscription_id, { status: 'cancelled' })).status).toBe('cancelled');
	});

	test('disputes', async () => {
		const { payment_id } = await paid();
		const { dispute_id } = dodo.openDispute(payment_id);
		expect(await sdk.disputes.retrieve(dispute_id)).toMatchObject({
			amount: '12995',
			dispute_status: 'dispute_opened',
		});
		dodo.moveDispute(dispute_id, 'lost', { rdr: true });
		expect((await sdk.disputes.list({ page_number: 0 })).items).toMatchObject([
			{ dispute_id, dispute_status: 'dispute_lost', dispute_stage: 'pre_dispute' },
		]);
		expect((await sdk.payments.retrieve(payment_id)).disputes).toMatchObject([
			{ dispute_id, dispute_status: 'dispute_lost' },
		]);
	});

	test('the ledger of every wallet, and payouts: fees, tax and refunds add up to the balance', async () => {
		const { payment_id } = await paid();
		const { refund_id } = dodo.refundPayment(payment_id, { amount: 5_000 });
		await eventually(() => dodo.state.refunds.get(refund_id)?.status === 'succeeded');
		const won = dodo.openDispute(payment_id, { amount: 1_000 });
		dodo.moveDispute(won.dispute_id, 'won');
		dodo.createPayment({ status: 'succeeded', total_amount: 10_000, currency: 'CHF' });
		const { payout_id } = dodo.payOut();
		await eventually(() => dodo.state.payouts.get(payout_id)?.status === 'success');
		expect((await sdk.payouts.list({ page_number: 0 })).items).toMatchObject([{ payout_id, currency: 'USD' }]);
		const entriesOf = async (query: Parameters<typeof sdk.balances.retrieveLedger>[0]) => {
			const { items } = await sdk.balances.retrieveLedger({ ...query, page_size: 100, page_number: 0 });
			return items.toReversed();
		};
		const shown = async (reference_object_id: string) =>
			(await entriesOf({ reference_object_id })).map(({ event_type, amount, is_credit }) => [
				event_type,
				is_credit ? amount : -amount,
			]);
		expect(await shown(payment_id)).toEqual([
			['payment', 12_995],
			['tax', -2_075],
			['payment_fees', -560],
		]);
		expect(await shown(refund_id)).toEqual([
			['refund', -5_000],
			['tax_reversal', 798],
			['refund_fees', -100],
		]);
		expect(await shown(won.dispute_id)).toEqual([
			['dispute', -1_000],
			['dispute_fees', -3_000],
			['dispute_reversal', 1_000],
		]);
		for (const currency of ['EUR', 'USD'] as const) {
			const entries = await entriesOf({ currency });
			let balance = 0;
			for (const { amount, is_credit, before_balance, after_balance } of entries) {
				expect(before_balance).toBe(balance);
				expect(after_balance).toBe((balance += is_credit ? amount : -amount));
			}
			expect(balance).toBe(0);
		}
		dodo.failPayout(payout_id);
		expect((await entriesOf({ event_type: 'payout_reversal' }))[0]).toMatchObject({ is_credit: true, currency: 'USD' });
		expect((await sdk.payouts.list({ page_number: 0 })).items[0]?.status).toBe('failed');
	});

	test('webhook endpoints, their secret, and a delivery that the SDK unwraps', async () => {
		const receiver = await startReceiver();
		const created = await sdk.webhooks.create({
			url: receiver.url,
			filter_types: ['payment.succeeded'],
			headers: { 'x-extra': '1' },
			idempotency_key: 'k-1',
		});
		expect((await sdk.webhooks.create({ url: receiver.url, idempotency_key: 'k-1' })).id).toBe(created.id);
		await sdk.webhooks.headers.update(created.id, { headers: { 'x-api-key': 's' } });
		expect(await sdk.webhooks.headers.retrieve(created.id)).toEqual({
			headers: { 'x-extra': '1' },
			sensitive: ['x-api-key'],
		});
		const { secret } = await sdk.webhooks.retrieveSecret(created.id);
		expect(secret).toBe(dodo.webhookSecret(created.id));
		const { payment_id } = await paid();
		await dodo.idle();
		const [delivery] = receiver.received;
		expect(receiver.received).toHaveLength(1);
		expect(delivery?.headers).toMatchObject({ 'x-extra': '1', 'x-api-key': 's', 'content-type': 'application/json' });
		const event = sdk.webhooks.unwrap(delivery?.body ?? '', {
			headers: delivery?.headers as Record<string, string>,
			key: secret,
		});
		expect(event).toMatchObject({ type: 'payment.succeeded', data: { payload_type: 'Payment', payment_id } });
		const ids: string[] = [];
		for await (const endpoint of sdk.webhooks.list()) ids.push(endpoint.id);
		expect(ids).toEqual([created.id]);
		expect(await sdk.webhooks.update(created.id, { disabled: true })).toMatchObject({
			disabled: true,
			filter_types: ['payment.succeeded'],
		});
		expect((await sdk.webhooks.retrieve(created.id)).disabled).toBe(true);
		await sdk.webhooks.delete(created.id);
		await expect(sdk.webhooks.retrieve(created.id)).rejects.toMatchObject({ status: 404 });
		await receiver.close();
	});
});

describeWithSpec('dodo', "what Dodo's description says of the answers", (spec) => {
	test('nothing: every one of them agrees', () => {
		expect(dodo.calls.length).toBeGreaterThan(50);
		// Newer than the description.
		expect(disagreements(spec, dodo.calls, [/^DELETE .*\/payment-methods\//])).toEqual([]);
	});
});
