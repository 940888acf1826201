import { startDodoSimulator, type DodoSimulator } from '../../sandbox/simulators';
import { callerOf, eventually, type Caller } from './helpers';

/** The simulator refuses what Dodo refuses: a node that passes here was not let through by a soft double. */
let dodo: DodoSimulator;
let call: Caller;

const price = (over: object = {}) => ({
	type: 'one_time_price',
	currency: 'EUR',
	price: 100,
	pay_what_you_want: true,
	tax_inclusive: true,
	discount: 0,
	purchasing_power_parity: false,
	...over,
});
const product = async (over: object = {}): Promise<string> =>
	(await call('POST', '/products', { name: 'P', tax_category: 'saas', price: price(over) })).body.product_id;
const checkout = async (body: object) => await call('POST', '/checkouts', body);
const cartOf = (product_id: string, amount?: number) => ({
	product_cart: [{ product_id, quantity: 1, ...(amount === undefined ? {} : { amount }) }],
});
const paid = async (amount = 10_000) =>
	dodo.payCheckout((await checkout(cartOf(await product(), amount))).body.session_id);
const mandate = async () => {
	const recurring = {
		type: 'recurring_price',
		payment_frequency_count: 1,
		payment_frequency_interval: 'Month',
		subscription_period_count: 20,
		subscription_period_interval: 'Year',
	};
	const { body } = await checkout({
		...cartOf(await product({ ...recurring, pay_what_you_want: undefined })),
		metadata: { tenant: 'a' },
		subscription_data: { on_demand: { mandate_only: true } },
	});
	return dodo.activateMandate(body.session_id);
};

beforeAll(async () => {
	dodo = await startDodoSimulator({ chargeDelayMs: 20, readOnlyKey: 'reader' });
	call = callerOf(dodo.url, dodo.apiKey);
});

afterAll(async () => await dodo.close());

describe('keys', () => {
	test('a wrong key gets 401, a read-only key may read and gets 403 on a write', async () => {
		expect(await callerOf(dodo.url, 'wrong')('GET', '/products')).toMatchObject({
			status: 401,
			body: { code: 'UNAUTHORIZED' },
		});
		const reader = callerOf(dodo.url, 'reader');
		expect((await reader('GET', '/products')).status).toBe(200);
		expect((await reader('POST', '/checkouts', {})).status).toBe(403);
	});

	test('no key is ever logged', () => {
		expect(JSON.stringify(dodo.calls)).not.toContain(dodo.apiKey);
	});
});

describe('checkouts', () => {
	test('the same request twice makes two sessions, whatever key comes with it', async () => {
		const cart = cartOf(await product(), 5_000);
		const ids = await Promise.all(
			[1, 2].map(async () => {
				const headers = {
					authorization: `Bearer ${dodo.apiKey}`,
					'content-type': 'application/json',
					'Idempotency-Key': 'same',
				};
				const response = await fetch(`${dodo.url}/checkouts`, { method: 'POST', headers, body: JSON.stringify(cart) });
				return ((await response.json()) as { session_id: string }).session_id;
			}),
		);
		expect(new Set(ids).size).toBe(2);
	});

	test('an amount is silently ignored where the product has a fixed price', async () => {
		const { body } = await checkout(cartOf(await product({ pay_what_you_want: false, price: 700 }), 9_999));
		expect(dodo.payCheckout(body.session_id).total_amount).toBe(700);
	});

	test.each<[string, (id: string) => object, number, string]>([
		['below the least amount of the product', (id) => cartOf(id, 99), 422, 'REQUEST_AMOUNT_BELOW_MINIMUM'],
		['an empty cart', () => ({ product_cart: [] }), 422, 'PRODUCT_CART_EMTPY'],
		[
			'21 lines',
			(id) => ({ product_cart: Array.from({ length: 21 }, () => ({ product_id: id, quantity: 1, amount: 100 })) }),
			422,
			'INVALID_REQUEST_BODY',
		],
		['beyond int32', (id) => cartOf(id, 2_147_483_648), 422, 'INVALID_REQUEST_BODY'],
		['a fraction', (id) => cartOf(id, 100.5), 422, 'INVALID_REQUEST_BODY'],
		[
			'an amount as text',
			(id) => ({ product_cart: [{ product_id: id, quantity: 1, amount: '100' }] }),
			422,
			'INVALID_REQUEST_BODY',
		],
		[
			'51 pairs of metadata',
			(id) => ({
				...cartOf(id, 100),
				metadata: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, 'v'])),
			}),
			422,
			'MAXIMUM_KEYS_REACHED',
		],
		[
			'a key of metadata with a dot',
			(id) => ({ ...cartOf(id, 100), metadata: { 'a.b': 'v' } }),
			422,
			'INVALID_REQUEST_BODY',
		],
		[
			'a value of metadata of 501 characters',
			(id) => ({ ...cartOf(id, 100), metadata: { a: 'x'.repeat(501) } }),
			422,
			'INVALID_REQUEST_BODY',
		],
		[
			'a blank in the address',
			(id) => ({ ...cartOf(id, 100), billing_address: { country: 'DE', city: '' } }),
			422,
			'INVALID_REQUEST_BODY',
		],
		['a tax id without country', (id) => ({ ...cartOf(id, 100), tax_id: 'DE1' }), 422, 'INVALID_REQUEST_BODY'],
		['an unknown product', () => cartOf('pdt_unknown', 100), 404, 'NOT_FOUND'],
		[
			'an unknown customer',
			(id) => ({ ...cartOf(id, 100), customer: { customer_id: 'cus_unknown' } }),
			404,
			'NOT_FOUND',
		],
		[
			'a one-time product for a mandate',
			(id) => ({ ...cartOf(id), subscription_data: { on_demand: { mandate_only: true } } }),
			422,
			'ONE_TIME_PRODUCTS_NOT_ALLOWED_FOR_ON_DEMAND',
		],
		['confirm without details', (id) => ({ ...cartOf(id, 100), confirm: true }), 422, 'INVALID_REQUEST_BODY'],
	])('refused: %s', async (_case, body, status, code) => {
		expect(await checkout(body(await product()))).toMatchObject({
			status,
			body: { code, message: expect.any(String) },
		});
	});

	test('refused: below the minimum of the currency', async () => {
		const { status, body } = await checkout(cartOf(await product({ price: 1 }), 49));
		expect([status, body.code]).toEqual([422, 'TOTAL_PAYMENT_AMOUNT_BELOW_MINIMUM_AMOUNT']);
	});

	test('an archived product is gone', async () => {
		const id = await product();
		expect((await call('DELETE', `/products/${id}`)).status).toBe(200);
		expect(await checkout(cartOf(id, 500))).toMatchObject({ status: 410, body: { code: 'PRODUCT_IS_DELETED' } });
	});

	test('malformed JSON', async () => {
		expect((await call('POST', '/checkouts', '{"product_cart":')).status).toBe(400);
	});

	test('tax inside the amount or on top of it', async () => {
		const pay = async (tax_inclusive: boolean) =>
			dodo.payCheckout(
				(await checkout({ ...cartOf(await product({ tax_inclusive }), 11_900), billing_address: { country: 'DE' } }))
					.body.session_id,
			);
		expect(await pay(true)).toMatchObject({ total_amount: 11_900, tax: 1_900 });
		expect(await pay(false)).toMatchObject({ total_amount: 14_161, tax: 2_261 });
	});

	test('a declined card leaves the session open, a paid one is used up', async () => {
		const { body } = await checkout(cartOf(await product(), 500));
		expect(dodo.payCheckout(body.session_id, { card: '4000000000009995' })).toMatchObject({
			status: 'failed',
			error_code: 'INSUFFICIENT_FUNDS',
			invoice_url: null,
		});
		expect(dodo.payCheckout(body.session_id).status).toBe('succeeded');
		expect(() => dodo.payCheckout(body.session_id)).toThrow('CHECKOUT_SESSION_CONSUMED');
	});

	test('where the cart leaves the amount open the customer chooses', async () => {
		const { body } = await checkout(cartOf(await product()));
		expect(() => dodo.payCheckout(body.session_id)).toThrow('PAY_AS_YOU_WANT_AMOUNT_REQUIRED');
		expect(dodo.payCheckout(body.session_id, { amount: 777 }).total_amount).toBe(777);
	});

	test('a link lives 24 hours', async () => {
		const { body } = await checkout(cartOf(await product(), 500));
		const session = dodo.state.checkouts.get(body.session_id);
		expect(Math.round(((session?.expires_at_ms ?? 0) - Date.now()) / 3_600_000)).toBe(24);
		if (session) session.expires_at_ms = Date.now() - 1;
		expect(() => dodo.payCheckout(body.session_id)).toThrow('expired');
	});

	test('the payer sees the amount and pays on the page', async () => {
		const { body } = await checkout({
			...cartOf(await product(), 4_321),
			metadata: { lago_invoice_number: '<b>INV</b>' },
		});
		const page = await (await fetch(body.checkout_url)).text();
		expect(page).toContain('EUR 4321');
		expect(page).not.toContain('<b>INV');
		expect(
			await (
				await fetch(body.checkout_url, { method: 'POST', body: new URLSearchParams({ card: '4242424242424242' }) })
			).text(),
		).toContain('Paid');
		expect((await call('GET', `/checkouts/${body.session_id}`)).body.payment_status).toBe('succeeded');
	});
});

describe('lists', () => {
	test('pages start at 0, hold at most 100 and tell no total', async () => {
		for (let n = 0; n < 3; n++) await paid(1_000 + n);
		const first = await call('GET', '/payments?page_size=2');
		const second = await call('GET', '/payments?page_size=2&page_number=1');
		expect(Object.keys(first.body)).toEqual(['items']);
		expect(first.body.items.map((one: { total_amount: number }) => one.total_amount)).toEqual([1_002, 1_001]);
		expect(second.body.items[0].total_amount).toBe(1_000);
		expect((await call('GET', '/payments?page_size=101')).status).toBe(422);
		expect((await call('GET', '/payments?status=nonsense')).status).toBe(422);
		expect(
			(await call('GET', `/payments?created_at_gte=${encodeURIComponent('2999-01-01T00:00:00Z')}`)).body.items,
		).toEqual([]);
	});

	test('metadata is not a filter, unknown parameters are dropped', async () => {
		const all = await call('GET', '/payments?page_size=100');
		expect((await call('GET', '/payments?page_size=100&metadata[lago_invoice_id]=x')).body.items).toHaveLength(
			all.body.items.length,
		);
	});

	test('webhooks are listed by a cursor that is there even at the end', async () => {
		const ids = [1, 2, 3].map((n) => dodo.addWebhook({ url: `http://127.0.0.1:9/${n}` }).id);
		const first = await call('GET', '/webhooks?limit=2');
		expect(first.body).toMatchObject({ data: [{ id: ids[0] }, { id: ids[1] }], iterator: ids[1], done: false });
		expect((await call('GET', `/webhooks?limit=2&iterator=${ids[1]}`)).body).toMatchObject({
			data: [{ id: ids[2] }],
			iterator: ids[2],
			done: true,
		});
		expect(JSON.stringify(first.body)).not.toContain('whsec_');
		for (const id of ids) expect((await call('DELETE', `/webhooks/${id}`)).body).toBeNull();
		expect((await call('DELETE', `/webhooks/${ids[0]}`)).status).toBe(404);
	});

	test('payment.refunded is no event', async () => {
		expect(
			(await call('POST', '/webhooks', { url: 'https://example.com', filter_types: ['payment.refunded'] })).status,
		).toBe(422);
	});
});

describe('mandates', () => {
	test('without metadata of its own a charge gets that of the subscription', async () => {
		const { subscription_id } = await mandate();
		const charged = async (body: object) =>
			(await call('POST', `/subscriptions/${subscription_id}/charge`, body)).body.payment_id as string;
		const first = await charged({ product_price: 500 });
		expect(dodo.state.payments.get(first)).toMatchObject({ status: 'processing', metadata: { tenant: 'a' } });
		await eventually(() => dodo.state.payments.get(first)?.status === 'succeeded');
		const second = await charged({ product_price: 500, metadata: { lago_invoice_id: 'i' } });
		expect(dodo.state.payments.get(second)?.metadata).toEqual({ lago_invoice_id: 'i' });
	});

	test('a charge while another is pending is refused, the same one later is made again', async () => {
		const { subscription_id } = await mandate();
		const charge = async () => await call('POST', `/subscriptions/${subscription_id}/charge`, { product_price: 500 });
		dodo.planCharge(subscription_id, { settleAfterMs: 2_000 });
		const [first, second] = [await charge(), await charge()];
		expect(second).toMatchObject({ status: 422, body: { code: 'PREVIOUS_PAYMENT_PENDING' } });
		await eventually(() => dodo.state.payments.get(first.body.payment_id)?.status === 'succeeded');
		expect((await charge()).body.payment_id).not.toBe(first.body.payment_id);
	});

	test('a declined card activates nothing', async () => {
		const { product_cart } = cartOf((await mandate()).product_id);
		const { body } = await checkout({ product_cart, subscription_data: { on_demand: { mandate_only: true } } });
		const failed = dodo.activateMandate(body.session_id, '4000000000000002');
		expect(failed.status).toBe('failed');
		expect(
			(await call('POST', `/subscriptions/${failed.subscription_id}/charge`, { product_price: 500 })).body.code,
		).toBe('SUBSCRIPTION_INACTIVE');
	});

	test('a scheduled cancellation refuses charges, `pause` is always refused', async () => {
		const { subscription_id } = await mandate();
		await call('PATCH', `/subscriptions/${subscription_id}`, { cancel_at_next_billing_date: true });
		expect((await call('POST', `/subscriptions/${subscription_id}/charge`, { product_price: 500 })).body.code).toBe(
			'CHARGE_NOT_ALLOWED_FOR_SCHEDULED_CANCELLATION',
		);
		expect((await call('PATCH', `/subscriptions/${subscription_id}`, { pause: true })).status).toBe(422);
	});

	test('a new card on a held mandate collects what is due, with the metadata of the failed charge', async () => {
		const { subscription_id } = await mandate();
		dodo.setMandateCard(subscription_id, '4000000000000341');
		await call('POST', `/subscriptions/${subscription_id}/charge`, {
			product_price: 900,
			metadata: { lago_invoice_id: 'held' },
		});
		await eventually(() => dodo.state.subscriptions.get(subscription_id)?.status === 'on_hold');
		expect(dodo.setMandateCard(subscription_id).status).toBe('active');
		const payments = [...dodo.state.payments.values()].filter((one) => one.subscription_id === subscription_id);
		expect(payments).toMatchObject([
			{ status: 'failed', total_amount: 900 },
			{ status: 'succeeded', total_amount: 900, metadata: { lago_invoice_id: 'held' } },
		]);
	});

	test('a saved card is charged without a page', async () => {
		const { customer } = await mandate();
		const { items } = (await call('GET', `/customers/${customer.customer_id}/payment-methods`)).body;
		const address = { country: 'DE', street: 'a', city: 'b', state: 'c', zipcode: 'd' };
		const body = {
			...cartOf(await product(), 600),
			customer: { customer_id: customer.customer_id },
			billing_address: address,
			confirm: true,
			payment_method_id: items[0].payment_method_id,
		};
		const answer = await checkout(body);
		expect(answer.body).toMatchObject({ checkout_url: null, payment_id: expect.stringMatching(/^pay_/) });
		await eventually(() => dodo.state.payments.get(answer.body.payment_id)?.status === 'succeeded');
	});
});

describe('refunds', () => {
	const refund = async (payment_id: string, body: object = {}) =>
		await call('POST', '/refunds', { payment_id, ...body });
	const item = (payment: Record<string, unknown>, amount?: number) => ({
		items: [{ item_id: (payment.product_cart as Array<{ product_id: string }>)[0]?.product_id, amount }],
	});
	const settled = async (refund_id: string) =>
		await eventually(() => dodo.state.refunds.get(refund_id)?.status !== 'pending');

	test('one at a time', async () => {
		const slow = await startDodoSimulator({ chargeDelayMs: 60_000 });
		const ask = callerOf(slow.url, slow.apiKey);
		const { payment_id } = slow.createPayment({ status: 'succeeded', total_amount: 10_000 });
		expect((await ask('POST', '/refunds', { payment_id })).body.status).toBe('pending');
		expect(await ask('POST', '/refunds', { payment_id })).toMatchObject({
			status: 422,
			body: { code: 'EXISTING_REFUND_REQUEST_PROCESSING' },
		});
		await slow.close();
	});

	test('never more than was paid, full in the end', async () => {
		const payment = await paid();
		const first = await refund(payment.payment_id, item(payment, 4_000));
		await settled(first.body.refund_id);
		expect(payment.refund_status).toBe('partial');
		expect((await refund(payment.payment_id, item(payment, 6_001))).body.code).toBe('LINE_ITEM_REFUND_AMOUNT_TOO_HIGH');
		const rest = await refund(payment.payment_id);
		expect(rest.body).toMatchObject({ amount: 6_000, is_partial: true });
		await settled(rest.body.refund_id);
		expect(payment.refund_status).toBe('full');
		expect((await refund(payment.payment_id)).body.code).toBe('PAYMENT_ALREADY_REFUNDED');
	});

	test('an amount of its own is dropped: without items everything is refunded', async () => {
		const { payment_id } = await paid();
		expect((await refund(payment_id, { amount: 1 })).body.amount).toBe(10_000);
	});

	test.each<[string, object, string]>([
		['an unknown line', { items: [{ item_id: 'pdt_other', amount: 1 }] }, 'LINE_ITEM_NOT_FOUND'],
		['no line at all', { items: [] }, 'NOTHING_TO_REFUND'],
		['a reason of 3001 characters', { reason: 'x'.repeat(3_001) }, 'INVALID_REQUEST_BODY'],
	])('refused: %s', async (_case, body, code) => {
		expect((await refund((await paid()).payment_id, body)).body.code).toBe(code);
	});

	test('a refund that the bank refuses gives nothing back', async () => {
		const payment = await paid();
		const { refund_id } = dodo.refundPayment(payment.payment_id, { amount: 100, fail: true });
		await settled(refund_id);
		expect([payment.refund_status, dodo.state.refunds.get(refund_id)?.status]).toEqual([null, 'failed']);
		expect((await call('GET', `/payments/${payment.payment_id}/line-items`)).body.items[0].refundable_amount).toBe(
			10_000,
		);
	});

	test('a disputed payment cannot be refunded; an unpaid one neither', async () => {
		const payment = await paid();
		dodo.openDispute(payment.payment_id);
		const { body } = await refund(payment.payment_id);
		await settled(body.refund_id);
		expect(dodo.state.refunds.get(body.refund_id)?.status).toBe('failed');
		expect((await refund(dodo.createPayment({ status: 'failed' }).payment_id)).body.code).toBe('PAYMENT_NOT_SUCCEEDED');
	});

	test('after 30 days the window is closed', async () => {
		const { payment_id } = dodo.createPayment({
			status: 'succeeded',
			created_at: new Date(Date.now() - 31 * 86_400_000).toISOString(),
		});
		expect((await refund(payment_id)).body.code).toBe('REFUND_WINDOW_EXPIRED');
	});
});

test('the status of business refusals can be another one', async () => {
	const other = await startDodoSimulator({ businessErrorStatus: 409 });
	expect((await callerOf(other.url, other.apiKey)('POST', '/checkouts', { product_cart: [] })).status).toBe(409);
	await other.close();
});

test('too many calls get 429 with the limit in the headers', async () => {
	const busy = await startDodoSimulator({ rateLimit: { perMinute: 3, perSecond: 2 } });
	const ask = callerOf(busy.url, busy.apiKey);
	const answers = [await ask('GET', '/products'), await ask('GET', '/products'), await ask('GET', '/products')];
	expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
	expect([
		answers[0]?.headers.get('x-ratelimit-limit'),
		answers[1]?.headers.get('x-ratelimit-remaining'),
		answers[2]?.headers.get('x-ratelimit-reset'),
	]).toEqual(['3', '0', '1']);
	await busy.close();
});

test('every control is also there over HTTP', async () => {
	const { payment_id } = await paid();
	const control = async (name: string, body: object) => await call('POST', `/_sim/${name}`, body);
	expect((await control('open-dispute', { paymentId: payment_id, reason: 'fraud' })).body).toMatchObject({
		payment_id,
		reason: 'fraud',
	});
	expect(
		(await control('create-payment', { status: 'succeeded', total_amount: 1, currency: 'USD' })).body,
	).toMatchObject({
		total_amount: 1,
		currency: 'USD',
	});
	expect(await control('refund-payment', { paymentId: 'pay_unknown' })).toMatchObject({
		status: 404,
		body: { code: 'NOT_FOUND' },
	});
	expect(
		(await call('GET', '/_sim/state')).body.payments.map((one: { payment_id: string }) => one.payment_id),
	).toContain(payment_id);
});
