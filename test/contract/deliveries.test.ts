import { createHmac, createVerify } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import {
	startDodoSimulator,
	startLagoSimulator,
	type DodoSimulator,
	type LagoSimulator,
} from '../../sandbox/simulators';
import { callerOf, eventually, startReceiver, type Received, type Receiver } from './helpers';

/** How both services sign and deliver. */
let dodo: DodoSimulator;
let lago: LagoSimulator;
let receiver: Receiver;

beforeEach(async () => {
	dodo = await startDodoSimulator({ timeScale: 100, chargeDelayMs: 5 });
	lago = await startLagoSimulator({ timeScale: 100, hmacKey: '0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9' });
	receiver = await startReceiver();
});

afterEach(async () => {
	await Promise.all([dodo.close(), lago.close(), receiver.close()]);
});

const header = ({ headers }: Received, name: string): string => String(headers[name]);
const verifies = (secret: string, delivery: Received): boolean => {
	try {
		new Webhook(secret).verify(delivery.body, delivery.headers as Record<string, string>);
		return true;
	} catch {
		return false;
	}
};
const pay = (partial: Record<string, unknown> = {}) => dodo.createPayment({ status: 'succeeded', ...partial });

describe('Dodo Payments', () => {
	test('the published vector', () => {
		const body =
			'{"business_id":"bus_1","type":"refund.succeeded","timestamp":"2026-11-05T09:00:07.000000Z","data":{"payload_type":"Refund","refund_id":"ref_1","payment_id":"pay_1","amount":5000}}';
		expect(dodo.sign('msg_test_1', 1_793_869_207, body, 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=')).toBe(
			'v1,7I2mkNKmeAgT1scED+WnMyW3r6UaRs18qy4ZQhxmBhg=',
		);
	});

	test('what is delivered verifies with the reference library, tampered it does not', async () => {
		const { secret } = dodo.addWebhook({ url: receiver.url });
		pay();
		await dodo.idle();
		const [delivery] = receiver.received as [Received];
		expect(verifies(secret, delivery)).toBe(true);
		expect(verifies(secret, { ...delivery, body: delivery.body.replace('1000', '1001') })).toBe(false);
		expect(delivery.body).toBe(JSON.stringify(JSON.parse(delivery.body)));
	});

	test('after a rotation both secrets verify for 24 hours, then only the new one', async () => {
		const endpoint = dodo.addWebhook({ url: receiver.url });
		const old = endpoint.secret;
		const fresh = dodo.rotateSecret(endpoint.id);
		pay();
		await dodo.idle();
		if (endpoint.oldSecret) endpoint.oldSecret.untilMs = Date.now() - 1;
		pay();
		await dodo.idle();
		expect(receiver.received.map((delivery) => [verifies(old, delivery), verifies(fresh, delivery)])).toEqual([
			[true, true],
			[false, true],
		]);
	});

	test('the API answers before the webhook leaves, and the body is what is true at delivery', async () => {
		dodo.addWebhook({ url: receiver.url });
		dodo.knobs.delayMs = 40;
		const payment = pay({ status: 'processing' });
		expect(receiver.received).toEqual([]);
		dodo.movePayment(payment.payment_id, 'succeeded');
		await dodo.idle();
		const events = receiver.received.map(({ body }) => JSON.parse(body)).map(({ type, data }) => [type, data.status]);
		expect(events.sort()).toEqual([
			['payment.processing', 'succeeded'],
			['payment.succeeded', 'succeeded'],
		]);
	});

	test('a failed delivery comes again with the same id and a new time, on the schedule', async () => {
		const { secret } = dodo.addWebhook({ url: receiver.url });
		receiver.answer = () => (receiver.received.length < 2 ? 500 : 204);
		pay();
		await eventually(() => dodo.deliveries.length === 2);
		const [first, second] = receiver.received as [Received, Received];
		expect(header(second, 'webhook-id')).toBe(header(first, 'webhook-id'));
		expect(verifies(secret, second)).toBe(true);
		expect(dodo.deliveries.map(({ attempt, status }) => [attempt, status])).toEqual([
			[1, 500],
			[2, 204],
		]);
		const waited = Date.parse(dodo.deliveries[1]?.at ?? '') - Date.parse(dodo.deliveries[0]?.at ?? '');
		expect(waited).toBeGreaterThanOrEqual(45);
		expect(waited).toBeLessThan(1_000);
	});

	test('eight attempts over 27.6 hours, then none', async () => {
		await dodo.close();
		dodo = await startDodoSimulator({ timeScale: 1_000_000 });
		dodo.addWebhook({ url: receiver.url });
		receiver.answer = () => 302;
		pay();
		await eventually(() => dodo.deliveries.length === 8);
		await new Promise((resolve) => setTimeout(resolve, 100));
		expect(dodo.deliveries.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
	});

	test('a replay keeps the id and sends the state of now', async () => {
		dodo.addWebhook({ url: receiver.url });
		const payment = pay();
		await dodo.idle();
		dodo.refundPayment(payment.payment_id, { amount: 100 });
		await eventually(() => payment.refund_status === 'partial');
		dodo.redeliver(header(receiver.received[0] as Received, 'webhook-id'));
		await dodo.idle();
		const copies = receiver.received.filter(
			({ headers }) => headers['webhook-id'] === receiver.received[0]?.headers['webhook-id'],
		);
		expect(copies.map(({ body }) => JSON.parse(body).data.refund_status)).toEqual([null, 'partial']);
	});

	test('only what the filter names, nothing while disabled', async () => {
		const endpoint = dodo.addWebhook({ url: receiver.url, filterTypes: ['payment.failed'] });
		pay();
		pay({ status: 'failed' });
		endpoint.disabled = true;
		pay({ status: 'failed' });
		await dodo.idle();
		expect(dodo.deliveries).toMatchObject([]);
		endpoint.disabled = false;
		pay({ status: 'failed' });
		await dodo.idle();
		expect(dodo.deliveries.map(({ event }) => event)).toEqual(['payment.failed']);
	});

	test('a mandate tells its story in events', async () => {
		dodo.addWebhook({ url: receiver.url });
		const call = callerOf(dodo.url, dodo.apiKey);
		const price = {
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
		};
		const { product_id } = (await call('POST', '/products', { name: 'M', tax_category: 'saas', price })).body;
		const { session_id } = (
			await call('POST', '/checkouts', {
				product_cart: [{ product_id, quantity: 1 }],
				subscription_data: { on_demand: { mandate_only: true } },
			})
		).body;
		const { subscription_id } = dodo.activateMandate(session_id);
		dodo.setMandateCard(subscription_id, '4000000000000341');
		const { payment_id } = (await call('POST', `/subscriptions/${subscription_id}/charge`, { product_price: 900 }))
			.body;
		await eventually(() => dodo.state.payments.get(payment_id)?.status === 'failed');
		dodo.setMandateCard(subscription_id);
		await dodo.idle();
		const told = dodo.deliveries.map(({ event }) => event).filter((event) => event !== 'subscription.updated');
		expect(told.sort()).toEqual([
			'payment.failed',
			'payment.succeeded',
			'subscription.active',
			'subscription.active',
			'subscription.on_hold',
		]);
	});

	test('refunds and disputes tell their outcome; an automatic refund of a dispute makes no refund event', async () => {
		dodo.addWebhook({ url: receiver.url });
		const payment = pay();
		dodo.refundPayment(payment.payment_id, { amount: 100, reason: 'by hand' });
		await eventually(() => payment.refund_status !== null);
		const { dispute_id } = dodo.openDispute(payment.payment_id);
		dodo.moveDispute(dispute_id, 'lost', { rdr: true });
		await dodo.idle();
		const told = receiver.received.map(({ body }) => JSON.parse(body));
		expect(told.map(({ type }) => type).sort()).toEqual([
			'dispute.lost',
			'dispute.opened',
			'payment.succeeded',
			'refund.succeeded',
		]);
		expect(told.find(({ type }) => type === 'refund.succeeded').data).toMatchObject({
			payload_type: 'Refund',
			payment_id: payment.payment_id,
			amount: 100,
			is_partial: true,
			metadata: {},
			reason: 'by hand',
		});
		expect(told.find(({ type }) => type === 'dispute.lost').data).toMatchObject({
			amount: '1000',
			is_resolved_by_rdr: true,
		});
	});

	test('samples of unknown events are signed and never repeated', async () => {
		const { secret } = dodo.addWebhook({ url: receiver.url, filterTypes: ['payment.failed'] });
		receiver.answer = () => 500;
		dodo.sendSample('payment.exploded', { payment_id: 'pay_x' });
		await dodo.idle();
		await new Promise((resolve) => setTimeout(resolve, 150));
		expect(receiver.received).toHaveLength(1);
		expect(verifies(secret, receiver.received[0] as Received)).toBe(true);
	});

	test('knobs: copies under one id, and a wrong signature', async () => {
		const { secret } = dodo.addWebhook({ url: receiver.url });
		dodo.knobs.copies = 3;
		pay();
		await dodo.idle();
		expect(receiver.received).toHaveLength(3);
		expect(new Set(receiver.received.map((one) => header(one, 'webhook-id'))).size).toBe(1);
		dodo.knobs.wrongSignature = true;
		pay();
		await dodo.idle();
		expect(receiver.received.slice(3).some((one) => verifies(secret, one))).toBe(false);
	});
});

describe('Lago', () => {
	test('the published vector', () => {
		const body =
			'{"webhook_type":"customer.updated","object_type":"customer","organization_id":"5f6b1c1e-7d7c-4a54-9c1e-0d1b2a3c4d5e","customer":{"name":"A \\u0026 B"}}';
		expect(lago.sign(body)).toEqual({
			'X-Lago-Signature': 'D+RAerzrKGp+IZyyIXAwmwsxu20wHwIGZJ01YfmCuiw=',
			'X-Lago-Signature-Algorithm': 'hmac',
		});
	});

	test('HMAC over the raw bytes, with Rails escapes', async () => {
		lago.addEndpoint({ url: receiver.url });
		lago.issueInvoice({ customer: { name: 'A & B <C> \u2028' } });
		await lago.idle();
		const [delivery] = receiver.received as [Received];
		expect(delivery.body).toContain('A \\u0026 B \\u003cC\\u003e \\u2028');
		expect(header(delivery, 'x-lago-signature')).toBe(
			createHmac('sha256', lago.hmacKey).update(delivery.body).digest('base64'),
		);
		expect(JSON.parse(delivery.body)).toMatchObject({
			webhook_type: 'invoice.created',
			object_type: 'invoice',
			organization_id: lago.state.organizationId,
		});
	});

	test('JWT: the whole body in the token, verified with the key that the API tells; past 16 KiB from a few fees on', async () => {
		lago.addEndpoint({ url: receiver.url, signatureAlgo: 'jwt' });
		lago.issueInvoice({ fees: Array.from({ length: 6 }, (_, n) => ({ name: `Fee ${n}`, amountCents: 100 })) });
		await lago.idle();
		const [delivery] = receiver.received as [Received];
		const token = header(delivery, 'x-lago-signature');
		const [head = '', payload = '', signature = ''] = token.split('.');
		const { body } = await callerOf(lago.url, lago.apiKey)('GET', '/api/v1/webhooks/json_public_key');
		expect(body.webhook.public_key).toContain('\n');
		const pem = Buffer.from(body.webhook.public_key, 'base64').toString();
		expect(pem).toBe(lago.jwtPublicKeyPem);
		expect(createVerify('RSA-SHA256').update(`${head}.${payload}`).verify(pem, signature, 'base64url')).toBe(true);
		expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toEqual({ data: delivery.body, iss: lago.url });
		expect(token.length).toBeGreaterThan(16_384);
	});

	test('three attempts, about 3 and 18 seconds apart, with the stored body and one key', async () => {
		lago.addEndpoint({ url: receiver.url });
		receiver.answer = () => 203;
		const invoice = lago.issueInvoice();
		await eventually(() => lago.deliveries.length === 1);
		lago.setMetadata(invoice.lago_id, { po: '1' });
		lago.state.invoices.get(invoice.lago_id)!.payment_status = 'failed';
		await eventually(() => lago.deliveries.length === 3);
		await new Promise((resolve) => setTimeout(resolve, 100));
		expect(receiver.received).toHaveLength(3);
		expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
		expect(new Set(receiver.received.map((one) => header(one, 'x-lago-unique-key'))).size).toBe(1);
		const [first = 0, second = 0, third = 0] = lago.deliveries.map(({ at }) => Date.parse(at));
		expect(second - first).toBeGreaterThanOrEqual(25);
		expect(third - second).toBeGreaterThanOrEqual(175);
	});

	test.each([200, 201, 202, 204])('%d is a success', async (status) => {
		lago.addEndpoint({ url: receiver.url });
		receiver.answer = () => status;
		lago.issueInvoice();
		await eventually(() => lago.deliveries.length > 0);
		await new Promise((resolve) => setTimeout(resolve, 100));
		expect(receiver.received).toHaveLength(1);
	});

	test.each([203, 206, 301, 410, 429])('%d is a failure and tried again', async (status) => {
		lago.addEndpoint({ url: receiver.url });
		receiver.answer = () => status;
		lago.issueInvoice();
		await eventually(() => receiver.received.length > 1);
	});

	test('the body is made when the job runs', async () => {
		lago.addEndpoint({ url: receiver.url });
		lago.knobs.delayMs = 40;
		const invoice = lago.issueInvoice();
		lago.payManually(invoice.lago_id, invoice.total_amount_cents);
		await lago.idle();
		const told = receiver.received.map(({ body }) => JSON.parse(body));
		expect(
			told
				.map(({ webhook_type, invoice: one, payment_receipt: receipt }) => [
					webhook_type,
					(one ?? receipt.payment).payment_status,
				])
				.sort(),
		).toEqual([
			['invoice.created', 'succeeded'],
			['invoice.payment_status_updated', 'succeeded'],
			['payment_receipt.created', 'succeeded'],
		]);
	});

	test('a resend repeats key and body, to the new address; a deleted endpoint gets nothing more', async () => {
		const endpoint = lago.addEndpoint({ url: 'http://127.0.0.1:9/nobody' });
		lago.issueInvoice();
		await eventually(() => lago.deliveries.length === 1);
		expect(lago.deliveries[0]).toMatchObject({ status: null, error: expect.any(String) });
		endpoint.webhook_url = receiver.url;
		await eventually(() => receiver.received.length === 1);
		lago.resend(lago.deliveries[0]?.id ?? '');
		await lago.idle();
		expect(receiver.received).toHaveLength(2);
		lago.state.endpoints.clear();
		lago.resend(lago.deliveries[0]?.id ?? '');
		await lago.idle();
		expect(receiver.received).toHaveLength(2);
	});

	test.each<[string, (url: string) => string[] | null, string[]]>([
		['null means all', () => null, ['invoice.created', 'invoice.voided']],
		['a star means all', () => ['*'], ['invoice.created', 'invoice.voided']],
		['an empty list means none', () => [], []],
		['names mean these', () => ['invoice.voided'], ['invoice.voided']],
	])('event_types: %s', async (_case, eventTypes, told) => {
		lago.addEndpoint({ url: receiver.url, eventTypes: eventTypes(receiver.url) });
		lago.voidInvoice(lago.issueInvoice().lago_id);
		await lago.idle();
		expect(lago.deliveries.map(({ event }) => event).sort()).toEqual(told);
	});
});

describe('faults', () => {
	test('before the effect, after it, and lost answers', async () => {
		const { lago_id } = lago.issueInvoice();
		const call = callerOf(lago.url, lago.apiKey);
		const book = async () =>
			await call('POST', '/api/v1/payments', { payment: { invoice_id: lago_id, amount_cents: 1_000, reference: 'r' } });
		lago.faults.add({ method: 'POST', path: /payments$/, kind: '500' });
		expect((await book()).status).toBe(500);
		expect(lago.state.payments.size).toBe(0);
		lago.faults.add({ kind: '502', after: true });
		expect((await book()).status).toBe(502);
		expect(lago.state.payments.size).toBe(1);
		lago.faults.add({ kind: 'reset', after: true });
		await expect(book()).rejects.toThrow();
		expect(lago.state.payments.size).toBe(2);
		lago.faults.add({ kind: 'timeout' });
		const caller = new AbortController();
		const slow = fetch(`${lago.url}/api/v1/organizations`, { signal: caller.signal });
		await eventually(() => lago.calls.some(({ fault }) => fault === 'timeout'));
		caller.abort();
		await expect(slow).rejects.toThrow();
		expect(lago.calls.map(({ fault }) => fault)).toEqual([
			'500',
			'502 after the effect',
			'reset after the effect',
			'timeout',
		]);
		expect((await call('GET', '/api/v1/organizations')).status).toBe(200);
	});

	test('random ones are the same for the same seed', async () => {
		const run = async (): Promise<Array<string | undefined>> => {
			lago.reset();
			lago.faults.random({ seed: 42, rate: 0.5, afterShare: 0.5 });
			for (let n = 0; n < 20; n++) {
				const caller = new AbortController();
				let isOver = false;
				const sent = fetch(`${lago.url}/api/v1/organizations`, { signal: caller.signal })
					.catch(() => undefined)
					.finally(() => (isOver = true));
				// One that is never answered is given up.
				await eventually(() => isOver || lago.calls.at(n)?.fault === 'timeout');
				caller.abort();
				await sent;
			}
			return lago.calls.map(({ fault }) => fault);
		};
		const first = await run();
		expect(first.filter(Boolean).length).toBeGreaterThan(4);
		expect(await run()).toEqual(first);
	});

	test('activity tells of every call and delivery as it happens', async () => {
		lago.addEndpoint({ url: receiver.url });
		const seen: string[] = [];
		lago.activity.on('call', ({ path }: { path: string }) => seen.push(path));
		lago.activity.on('delivery', ({ event }: { event: string }) => seen.push(event));
		lago.issueInvoice();
		await lago.idle();
		await callerOf(lago.url, lago.apiKey)('GET', '/api/v1/organizations');
		expect(seen).toEqual(['invoice.created', '/api/v1/organizations']);
	});
});
