import { randomUUID } from 'node:crypto';
import type { NewInvoice } from '../../sandbox/lago/ledger';
import { madeFor } from '../support/madeFor';
import { signedByDodo, startSync, waitFor, type Sync } from '../support/sync';

let sync: Sync;

beforeAll(async () => {
	// With n8n's own settings of its expression engine, unlike the other suites.
	sync = await startSync({ registration: 'manual', env: {} });
}, 900_000);

afterAll(async () => {
	await sync?.stop();
});

beforeEach(() => {
	sync.reset();
});

const writes = () => [...sync.lago.calls, ...sync.dodo.calls].filter(({ method }) => method !== 'GET');

describe('collect', () => {
	test.each<[string, NewInvoice]>([
		['invoice.created', {}],
		['invoice.one_off_created', { type: 'one_off' }],
		['invoice.paid_credit_added', { type: 'credit' }],
	])('%s becomes one checkout over what is due, saved on the invoice', async (event, input) => {
		const invoice = await sync.issue({ fees: [{ amountCents: 12_995, taxRate: 20 }], ...input });
		expect(sync.lago.deliveries).toMatchObject([{ event, status: 200 }]);
		const checkout = sync.checkoutOf(invoice);
		expect(checkout.cart[0]?.amount).toBe(15_594);
		expect(checkout.metadata).toEqual({
			...madeFor(sync.lago, invoice),
			lago_invoice_number: invoice.number,
			lago_organization_id: sync.lago.state.organizationId,
			attempt: '1',
		});
		const created = sync.dodo.calls.find(({ path }) => path === '/checkouts');
		expect(created?.headers['idempotency-key']).toBe(`lago-inv-${invoice.lago_id}`);
		expect(sync.lago.metadataOf(invoice.lago_id, 'dodo_payment_id')).toBe(checkout.id);
		expect(sync.lago.metadataOf(invoice.lago_id, 'dodo_state')).toContain(`;l=${sync.n8n.hook('pay')}?t=`);
	});

	test('a second invoice needs one call to Dodo and two to Lago', async () => {
		await sync.issue();
		sync.dodo.reset();
		sync.lago.reset();
		await sync.issue();
		expect(sync.dodo.calls.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /checkouts']);
		expect(sync.lago.calls.map(({ method }) => method)).toEqual(['GET', 'PUT']);
	});

	test.each<[string, NewInvoice]>([
		['a draft', { status: 'draft' }],
		['nothing due', { fees: [{ amountCents: 0 }] }],
		['self-billed', { selfBilled: true }],
		['already paid', { paymentStatus: 'succeeded' }],
		['charged by Lago itself', { paymentProvider: 'stripe', customer: { external_id: 'stripe-customer' } }],
	])('%s is left alone', async (_case, input) => {
		const invoice = await sync.issue(input);
		// A draft is told twice.
		expect([...new Set(sync.lago.deliveries.map(({ status }) => status))]).toEqual([200]);
		expect(writes()).toEqual([]);
		expect(invoice.metadata).toEqual([]);
	});

	test("the merchant's own metadata stays, and a full set is held instead of overwritten", async () => {
		const invoice = await sync.issue({ metadata: { po: '4711', team: 'emea' } });
		expect(invoice.metadata.map(({ key }) => key).sort()).toEqual(['dodo_payment_id', 'dodo_state', 'po', 'team']);
		const full = await sync.issue({ metadata: { a: '1', b: '2', c: '3', d: '4' } });
		expect(full.metadata.map(({ key }) => key)).toEqual(['a', 'b', 'c', 'd']);
		expect(sync.lago.deliveries.at(-1)?.status).toBe(200);
	});

	test('the same webhook again, and the same invoice by another event, make no second checkout', async () => {
		const invoice = await sync.issue();
		const [delivery] = sync.lago.deliveries;
		sync.lago.resend(delivery?.id ?? '');
		await sync.quiet();
		const other = JSON.stringify({
			webhook_type: 'invoice.one_off_created',
			object_type: 'invoice',
			organization_id: 'x',
			invoice: { lago_id: invoice.lago_id },
		});
		expect((await sync.postLago(other)).status).toBe(200);
		expect(sync.checkoutOf(invoice).metadata.attempt).toBe('1');
		expect(sync.dodo.calls.filter(({ path }) => path === '/checkouts')).toHaveLength(1);
	});

	test('"Retry payment" in Lago collects an invoice that was held before', async () => {
		const invoice = await sync.issue({ metadata: { a: '1', b: '2', c: '3', d: '4' } });
		expect(sync.lago.metadataOf(invoice.lago_id, 'dodo_payment_id')).toBeUndefined();
		invoice.metadata.pop();
		sync.lago.retryPayment(invoice.lago_id);
		await sync.quiet();
		expect(sync.lago.deliveries.at(-1)).toMatchObject({ event: 'invoice.payment_failure', status: 200 });
		expect(sync.lago.metadataOf(invoice.lago_id, 'dodo_payment_id')).toBe(sync.checkoutOf(invoice).id);
		sync.lago.retryPayment(invoice.lago_id);
		await sync.quiet();
		expect(sync.checkoutOf(invoice).metadata.attempt).toBe('1');
	});

	test('an answer that is lost on the way back does not leave a second link', async () => {
		sync.lago.faults.add({ method: 'PUT', kind: '500', after: true, times: 1 });
		const invoice = await sync.issue();
		expect(sync.lago.deliveries.at(-1)?.status).toBe(200);
		expect(sync.lago.metadataOf(invoice.lago_id, 'dodo_payment_id')).toBe(sync.checkoutOf(invoice).id);
	});

	test('while Lago is down the webhook gets 500 and its redelivery succeeds', async () => {
		sync.lago.faults.add({ method: 'GET', path: /invoices/, kind: '502', times: 1_000 });
		const invoice = sync.lago.issueInvoice();
		// The operations go on trying nearly as long as Lago waits.
		await waitFor(() => sync.lago.deliveries.length > 0);
		sync.lago.faults.clear();
		await waitFor(() => sync.lago.deliveries.some(({ status }) => status === 200));
		expect(sync.lago.deliveries.map(({ status, attempt }) => [attempt, status])).toEqual([
			[1, 500],
			[2, 200],
		]);
		expect(sync.checkoutOf(invoice).cart).toHaveLength(1);
	});
});

test('a sender that hung up while we worked is told when it comes again that the work was done, once', async () => {
	const invoice = sync.lago.issueInvoice({ emit: false });
	const body = JSON.stringify({
		webhook_type: 'invoice.created',
		object_type: 'invoice',
		organization_id: 'x',
		invoice: { lago_id: invoice.lago_id },
	});
	const headers = { 'content-type': 'application/json', ...sync.lago.sign(body), 'X-Lago-Unique-Key': randomUUID() };
	sync.lago.faults.add({ method: 'GET', path: /invoices/, kind: 'timeout' });
	const sender = new AbortController();
	const sent = fetch(sync.n8n.hook('lago'), { method: 'POST', body, headers, signal: sender.signal });
	// In the middle of its work.
	await waitFor(() => sync.lago.calls.some(({ fault }) => fault === 'timeout'));
	sender.abort();
	await expect(sent).rejects.toThrow();
	await waitFor(async () => (await sync.postLago(body, headers)).status === 200);
	expect(sync.checkoutOf(invoice).metadata.attempt).toBe('1');
});

describe('settle', () => {
	test('premium: a payment with the Dodo id as reference, in two calls', async () => {
		const invoice = await sync.issue({ fees: [{ amountCents: 5_000 }] });
		sync.lago.reset();
		const payment = await sync.pay(invoice);
		expect(invoice).toMatchObject({ payment_status: 'succeeded', total_paid_amount_cents: 5_000 });
		expect(sync.bookedOn(invoice)).toMatchObject([
			{ reference: payment.payment_id, amount_cents: 5_000, amount_currency: 'EUR' },
		]);
		expect(sync.lago.calls.map(({ method }) => method)).toEqual(['GET', 'POST']);
		expect(sync.dodo.deliveries).toMatchObject([{ event: 'payment.succeeded', status: 200 }]);
	});

	test('a declined card: failed; then the same link is paid: succeeded; a late failure changes nothing', async () => {
		const invoice = await sync.issue();
		const declined = await sync.pay(invoice, { card: '4000000000009995' });
		expect(invoice.payment_status).toBe('failed');
		// The session stays open, so it stays the way to the link.
		expect(sync.lago.metadataOf(invoice.lago_id, 'dodo_payment_id')).toBe(sync.checkoutOf(invoice).id);
		expect(sync.lago.metadataOf(invoice.lago_id, 'dodo_state')).toMatch(/^v1;failed;a=1;/);
		const paid = await sync.pay(invoice);
		expect(invoice.payment_status).toBe('succeeded');
		expect(sync.bookedOn(invoice).map(({ reference }) => reference)).toEqual([paid.payment_id]);
		expect(sync.lago.metadataOf(invoice.lago_id, 'dodo_payment_id')).toBe(paid.payment_id);
		expect(sync.lago.metadataOf(invoice.lago_id, 'dodo_state')).toMatch(/^v1;paid/);
		sync.dodo.movePayment(declined.payment_id, 'failed', 'GENERIC_DECLINE');
		await sync.quiet();
		expect(sync.dodo.deliveries.at(-1)).toMatchObject({ event: 'payment.failed', status: 200 });
		expect(invoice).toMatchObject({ payment_status: 'succeeded', total_paid_amount_cents: 10_000 });
	});

	test('a bank debit under way is recorded, then settled', async () => {
		const invoice = await sync.issue();
		const payment = sync.dodo.payCheckout(sync.checkoutOf(invoice).id, { settleAfterMs: 3_600_000 });
		await sync.quiet();
		await waitFor(() => sync.lago.metadataOf(invoice.lago_id, 'dodo_state')?.startsWith('v1;processing') === true);
		expect(sync.lago.metadataOf(invoice.lago_id, 'dodo_payment_id')).toBe(payment.payment_id);
		sync.dodo.movePayment(payment.payment_id, 'succeeded');
		await waitFor(() => invoice.payment_status === 'succeeded');
	});

	test('every copy of an event books once: one after the other, and at the same time', async () => {
		const invoice = await sync.issue();
		sync.dodo.knobs.copies = 4;
		const payment = await sync.pay(invoice);
		const statuses = sync.dodo.deliveries.map(({ status }) => status);
		expect(statuses).toContain(200);
		expect(statuses.every((status) => status === 200 || status === 503)).toBe(true);
		sync.dodo.knobs.copies = 1;
		sync.dodo.redeliver(sync.dodo.deliveries[0]?.id ?? '');
		sync.dodo.movePayment(payment.payment_id, 'succeeded');
		await sync.quiet();
		expect(sync.bookedOn(invoice)).toHaveLength(1);
		expect(invoice.total_paid_amount_cents).toBe(10_000);
	});

	test('a booking whose answer is lost is found again, not repeated', async () => {
		const invoice = await sync.issue();
		sync.lago.faults.add({ method: 'POST', path: /payments$/, kind: 'reset', after: true });
		await sync.pay(invoice);
		expect(sync.dodo.deliveries.at(-1)?.status).toBe(200);
		expect(sync.bookedOn(invoice)).toHaveLength(1);
	});

	describe('held: acknowledged, never booked', () => {
		const unpaid = { payment_status: 'pending', total_paid_amount_cents: 0 };
		const heldFor = async (reason: string) => {
			expect(sync.dodo.deliveries.at(-1)).toMatchObject({ status: 200 });
			const execution = await sync.n8n.lastExecution();
			expect(execution.status).toBe('success');
			expect(execution.nodes).toContain('Tell Me');
			expect(execution.items('Book the Payment')).toMatchObject([
				{ outcome: 'held', reason, nextStep: expect.any(String) },
			]);
		};

		test.each<[string, string, Record<string, unknown>]>([
			['too little', 'amount_below_due', { total_amount: 9_999 }],
			['too much', 'amount_above_due', { total_amount: 10_001 }],
			['another currency', 'currency_mismatch', { currency: 'USD' }],
			['a static link', 'unknown_origin', { checkout_session_id: null }],
			['a checkout of another shop', 'unknown_origin', { checkout_session_id: 'cks_shop' }],
			['live mode', 'wrong_mode', { invoice_url: 'https://live.dodopayments.com/invoices/payments/pay_x' }],
		])('%s', async (_case, reason, bent) => {
			const invoice = await sync.issue();
			const metadata = { lago_invoice_id: invoice.lago_id };
			sync.lago.reset();
			sync.dodo.calls.length = 0;
			sync.dodo.createPayment({
				status: 'succeeded',
				total_amount: 10_000,
				currency: 'EUR',
				checkout_session_id: sync.checkoutOf(invoice).id,
				metadata,
				...bent,
			});
			await sync.quiet();
			await heldFor(reason);
			expect(invoice).toMatchObject(unpaid);
			expect(writes()).toHaveLength(0);
		});

		test.each([
			['an unknown invoice', randomUUID()],
			['an id that is none', '../payments'],
		])('%s', async (_case, lago_invoice_id) => {
			sync.dodo.createPayment({ status: 'succeeded', checkout_session_id: 'cks_x', metadata: { lago_invoice_id } });
			await sync.quiet();
			await heldFor('unknown_invoice');
			expect(writes()).toHaveLength(0);
		});
	});

	describe('overpaid: acknowledged, never booked, shown to a person', () => {
		const overpaidFor = async (reason: string, paymentId: string) => {
			expect(sync.dodo.deliveries.at(-1)).toMatchObject({ status: 200 });
			const execution = await sync.n8n.lastExecution();
			expect(execution.status).toBe('success');
			expect(execution.items('Tell Me')).toMatchObject([
				{ outcome: 'overpaid', reason, paymentId, amount: 10_000, nextStep: expect.any(String) },
			]);
			// "Return What Was Paid Twice" is shipped deactivated: no money moves by itself.
			expect(sync.dodo.calls.filter(({ path }) => path.startsWith('/refunds'))).toHaveLength(0);
		};

		test('paid twice', async () => {
			const invoice = await sync.issue();
			await sync.pay(invoice);
			const second = sync.dodo.createPayment({
				status: 'succeeded',
				total_amount: 10_000,
				checkout_session_id: 'cks_other',
				metadata: madeFor(sync.lago, invoice),
			});
			await sync.quiet();
			await overpaidFor('paid_twice', second.payment_id);
			expect(sync.bookedOn(invoice)).toHaveLength(1);
		});

		test('settled by hand, then paid by the link', async () => {
			const invoice = await sync.issue();
			sync.lago.payManually(invoice.lago_id, 10_000);
			const payment = await sync.pay(invoice);
			await overpaidFor('paid_twice', payment.payment_id);
			expect(sync.bookedOn(invoice)).toMatchObject([{ reference: 'by hand' }]);
		});

		test('voided', async () => {
			const invoice = await sync.issue();
			sync.lago.voidInvoice(invoice.lago_id);
			const payment = await sync.pay(invoice);
			await overpaidFor('invoice_voided', payment.payment_id);
			expect(sync.bookedOn(invoice)).toHaveLength(0);
		});
	});
});

describe('refused: 401 and no execution', () => {
	const body = JSON.stringify({
		type: 'payment.succeeded',
		timestamp: new Date().toISOString(),
		data: { payment_id: 'pay_x' },
	});
	const nowS = (): number => Math.floor(Date.now() / 1000);

	test.each<[string, () => Record<string, string>]>([
		['unsigned', () => ({})],
		['signed with another secret', () => signedByDodo(sync.dodo, body, 'whsec_b3RoZXItc2VjcmV0LW90aGVyLXNlY3JldA==')],
		['stale', () => signedByDodo(sync.dodo, body, sync.dodoSecret, { atS: nowS() - 400 })],
		['from the future', () => signedByDodo(sync.dodo, body, sync.dodoSecret, { atS: nowS() + 700 })],
		['tampered', () => signedByDodo(sync.dodo, body.replace('pay_x', 'pay_y'), sync.dodoSecret)],
		['with another id', () => ({ ...signedByDodo(sync.dodo, body, sync.dodoSecret), 'webhook-id': 'msg_other' })],
	])('Dodo: %s', async (_case, headers) => {
		const before = await sync.n8n.newestId();
		const response = await sync.postDodo(body, headers());
		expect(response.status).toBe(401);
		expect(await sync.n8n.newestId()).toBe(before);
	});

	const lagoBody = JSON.stringify({
		webhook_type: 'invoice.created',
		object_type: 'invoice',
		invoice: { lago_id: randomUUID() },
	});
	test.each<[string, () => Record<string, string>]>([
		['unsigned', () => ({})],
		[
			'signed with another key',
			() => ({
				'X-Lago-Signature': 'D+RAerzrKGp+IZyyIXAwmwsxu20wHwIGZJ01YfmCuiw=',
				'X-Lago-Signature-Algorithm': 'hmac',
			}),
		],
		['tampered', () => sync.lago.sign(`${lagoBody} `)],
		['signed with JWT where HMAC is expected', () => sync.lago.sign(lagoBody, 'jwt')],
	])('Lago: %s', async (_case, headers) => {
		const before = await sync.n8n.newestId();
		const response = await sync.postLago(lagoBody, headers());
		expect(response.status).toBe(401);
		expect(await sync.n8n.newestId()).toBe(before);
	});
});

describe('bad input never crashes n8n and never loses an event', () => {
	const event = (data: unknown, type = 'payment.succeeded') =>
		JSON.stringify({ type, timestamp: new Date().toISOString(), data });

	test.each<[string, string, number]>([
		['not JSON', '{"type":', 422],
		['no object', '[]', 400],
		['missing keys', '{}', 400],
		['wrong types', JSON.stringify({ type: 7, timestamp: null, data: 'x' }), 400],
		['an unknown event', event({}, 'payment.exploded'), 200],
		[
			'an unknown status',
			event({
				payment_id: 'pay_1',
				total_amount: 1,
				currency: 'EUR',
				status: 'sideways',
				metadata: { lago_invoice_id: randomUUID() },
			}),
			200,
		],
		['a payment without its keys', event({ status: 'succeeded' }), 200],
		['amounts of the wrong type', event({ payment_id: 'pay_1', total_amount: {}, currency: 5 }), 200],
		[
			'3 MB',
			event({ payment_id: 'pay_1', total_amount: 1, currency: 'EUR', metadata: {}, padding: 'x'.repeat(3_000_000) }),
			200,
		],
	])('%s', async (_case, body, status) => {
		expect((await sync.postDodo(body)).status).toBe(status);
	});

	test.each<[string, string, number]>([
		['not JSON', 'hello', 422],
		['missing keys', '{}', 400],
		['no object under its key', JSON.stringify({ webhook_type: 'invoice.created', object_type: 'invoice' }), 400],
		[
			'an unknown event',
			JSON.stringify({ webhook_type: 'invoice.exploded', object_type: 'invoice', invoice: {} }),
			200,
		],
	])('Lago: %s', async (_case, body, status) => {
		expect((await sync.postLago(body)).status).toBe(status);
	});
});

describe('free Lago', () => {
	beforeEach(() => {
		sync.lago.premium = false;
	});

	test('a success becomes the status, with the ids on the invoice; again and a second payment change nothing', async () => {
		const invoice = await sync.issue();
		const payment = await sync.pay(invoice);
		expect(invoice).toMatchObject({ payment_status: 'succeeded', total_paid_amount_cents: 0 });
		expect(sync.lago.metadataOf(invoice.lago_id, 'dodo_payment_id')).toBe(payment.payment_id);
		expect(sync.lago.metadataOf(invoice.lago_id, 'dodo_state')).toMatch(/^v1;paid/);
		sync.lago.reset();
		sync.dodo.movePayment(payment.payment_id, 'succeeded');
		sync.dodo.createPayment({
			status: 'succeeded',
			total_amount: 10_000,
			checkout_session_id: 'cks_other',
			metadata: madeFor(sync.lago, invoice),
		});
		await sync.quiet();
		expect(sync.dodo.deliveries.map(({ status }) => status)).toEqual([200, 200, 200]);
		expect(writes().filter(({ path }) => path.includes('invoices'))).toHaveLength(0);
		expect(sync.lago.metadataOf(invoice.lago_id, 'dodo_payment_id')).toBe(payment.payment_id);
	});

	test('the next success needs three calls: a licence may have come, so it is tried as a payment', async () => {
		const invoice = await sync.issue();
		sync.lago.reset();
		await sync.pay(invoice);
		expect(sync.lago.calls.map(({ method }) => method)).toEqual(['GET', 'POST', 'PUT']);
		expect(invoice.payment_status).toBe('succeeded');
	});
});

test('after all of this no key and no secret stands anywhere that n8n wrote to, neither in executions nor in the log', async () => {
	expect(sync.n8n.filesWith('dodo_payment_id').length).toBeGreaterThan(0);
	for (const secret of [
		sync.dodo.apiKey,
		sync.lago.apiKey,
		sync.lago.hmacKey,
		sync.dodoSecret,
		sync.dodoSecret.slice(6),
	])
		expect(sync.n8n.filesWith(secret)).toEqual([]);
});

describe('a credential without secret', () => {
	test('refuses everything', async () => {
		await sync.n8n.setCredential('dodoPaymentsApi', {
			environment: 'test',
			apiKey: sync.dodo.apiKey,
			webhookSecret: '',
			baseUrl: sync.dodo.url,
		});
		await sync.n8n.setCredential('lagoBillingApi', {
			baseUrl: sync.lago.url,
			apiKey: sync.lago.apiKey,
			webhookHmacKey: '',
		});
		// So long a trigger remembers what it has read.
		await new Promise((resolve) => setTimeout(resolve, 1_000));
		const before = await sync.n8n.newestId();
		const dodo = await sync.postDodo('{}');
		expect([dodo.status, (await sync.postLago('{}')).status]).toEqual([401, 401]);
		expect(await dodo.json()).toEqual({ message: expect.stringContaining('knows no signing secret') });
		expect(await sync.n8n.newestId()).toBe(before);
	});
});
