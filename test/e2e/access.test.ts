import { Webhook } from 'standardwebhooks';
import { configureSync } from '../../docker/entrypoint/workflow';
import type { CustomerAccessView } from '../../nodes/shared/domain/access/view';
import { startCallbackServer, type CallbackServer } from '../support/callbacks';
import { ACCESS } from '../support/n8n';
import { startSync, waitFor, type Sync } from '../support/sync';
import type { Invoice } from '../../sandbox/lago/documents';

let sync: Sync;
let callbacks: CallbackServer;
let serial = 0;
let customer = '';

/** Seconds between two looks at who is due. */
const LOOK_EVERY_S = 3;
const DAY = 86_400_000;

beforeAll(async () => {
	callbacks = await startCallbackServer();
	sync = await startSync({
		registration: 'manual',
		change(workflow) {
			const update = {
				restrictImmediately: false,
				restrictAfterDays: 7,
				waitForFirstPayment: true,
				keepPrepaidPeriod: true,
				callbackUrl: callbacks.url,
			};
			const configured = configureSync(workflow, {
				productId: '',
				retrySchedule: '1d',
				reconcileMinutes: 5,
				access: { update, callbackSecret: ACCESS.secret, apiToken: ACCESS.token },
			});
			workflow.nodes = configured.nodes.map((node) =>
				node.name === 'Check Access'
					? { ...node, parameters: { rule: { interval: [{ field: 'seconds', secondsInterval: LOOK_EVERY_S }] } } }
					: node,
			);
		},
	});
});
afterAll(async () => {
	await sync?.stop();
	await callbacks?.close();
});
beforeEach(() => {
	customer = `cust_${(serial += 1)}`;
	sync.reset();
	callbacks.received.length = 0;
	callbacks.refused = 0;
	callbacks.status = 200;
});

const issue = async (given: Parameters<Sync['issue']>[0] = {}): Promise<Invoice> =>
	await sync.issue({ customer: { external_id: customer }, ...given });
/** What our own system was told about the customer of this test: `active -> grace`. */
const told = (): string[] =>
	callbacks.received
		.flatMap(({ body }) => body.data.changes)
		.filter(({ of, external_id }) => of === 'customer' && external_id === customer)
		.map(({ from, to }) => `${from} -> ${to}`);
const toldOfSubscriptions = (): string[] =>
	callbacks.received
		.flatMap(({ body }) => body.data.changes)
		.filter(({ of }) => of === 'subscription')
		.map(({ external_id, from, to }) => `${external_id}: ${from} -> ${to}`);
const asking = async (
	query: Record<string, string> = { external_customer_id: customer },
	authorization: string | null = `Bearer ${ACCESS.token}`,
): Promise<Response> =>
	await fetch(`${sync.n8n.hook('access')}?${new URLSearchParams(query).toString()}`, {
		headers: authorization === null ? {} : { authorization },
	});
const answered = async (): Promise<CustomerAccessView> => (await (await asking()).json()) as CustomerAccessView;
const daysPass = async (days: number): Promise<void> => {
	sync.lago.passDays(days);
	await sync.quiet();
};
/** Long enough for two looks of the schedule: nothing more comes. */
const looks = async (): Promise<void> => await new Promise((resolve) => setTimeout(resolve, 2.5 * LOOK_EVERY_S * 1000));

test('the first payment: access begins when the money is there, and each change is told once', async () => {
	const invoice = await issue({ reason: 'subscription_starting' });
	await waitFor(() => told().length > 0);
	expect(told()).toEqual(['active -> pending_payment']);
	expect(toldOfSubscriptions()).toEqual([`sub_${customer}: active -> pending_payment`]);
	expect(await answered()).toMatchObject({
		customer: { state: 'pending_payment', reasons: [{ rule: 'first_payment', invoice_id: invoice.lago_id }] },
	});
	await sync.pay(invoice);
	await waitFor(() => told().length > 1);
	await looks();
	expect(told()).toEqual(['active -> pending_payment', 'pending_payment -> active']);
	expect(await answered()).toMatchObject({
		customer: { state: 'active', reasons: [] },
		subscriptions: [{ external_id: `sub_${customer}`, state: 'active' }],
	});
});

test('a subscription starts, its first invoice comes in the same second and is paid: access at once', async () => {
	const post = async (path: string, body: object): Promise<void> => {
		const headers = { authorization: `Bearer ${sync.lago.apiKey}`, 'content-type': 'application/json' };
		const { status } = await fetch(`${sync.lago.url}/api/v1/${path}`, {
			method: 'POST',
			headers,
			body: JSON.stringify(body),
		});
		expect(status).toBe(200);
	};
	await post('plans', { plan: { code: 'first_payment', name: 'Pro', amount_cents: 4_900 } });
	await post('customers', { customer: { external_id: customer, email: 'ada@example.com', currency: 'EUR' } });
	await post('subscriptions', {
		subscription: { external_customer_id: customer, external_id: `sub_${customer}`, plan_code: 'first_payment' },
	});
	await sync.quiet();
	const invoice = [...sync.lago.state.invoices.values()].find(
		(one) => one.customer.external_id === customer,
	) as Invoice;
	expect(invoice.invoicing_reason).toBe('subscription_starting');
	expect(Date.parse(invoice.created_at)).toBe(
		Math.floor(Date.parse(String(invoice.subscription?.started_at)) / 1000) * 1000,
	);
	await waitFor(() => told().length > 0);
	expect(await answered()).toMatchObject({
		customer: {
			state: 'pending_payment',
			reasons: [{ rule: 'first_payment', invoice_id: invoice.lago_id, amount_cents: 4_900 }],
		},
	});
	await sync.pay(invoice);
	await waitFor(() => told().length > 1);
	expect(await answered()).toMatchObject({
		customer: { state: 'active', next_change_at: null, reasons: [] },
		subscriptions: [{ external_id: `sub_${customer}`, state: 'active' }],
	});
	await looks();
	expect(told()).toEqual(['active -> pending_payment', 'pending_payment -> active']);
	expect(toldOfSubscriptions()).toEqual([
		`sub_${customer}: active -> pending_payment`,
		`sub_${customer}: pending_payment -> active`,
	]);
});

test('overdue, restricted, paid: grace by webhook, restriction by time alone, and access back by itself', async () => {
	const invoice = await issue();
	await daysPass(15);
	await waitFor(() => told().length > 0);
	expect(told()).toEqual(['active -> grace']);
	await daysPass(6);
	await waitFor(() => told().length > 1);
	expect(told()[1]).toBe('grace -> restricted');
	const { customer: view } = await answered();
	expect(view).toMatchObject({
		state: 'restricted',
		days_overdue: 7,
		overdue: [{ currency: 'EUR', amount_cents: 10_000 }],
		reasons: [{ rule: 'restrict_after_days', clears_when: `EUR 100.00 is paid on invoice ${invoice.number}` }],
	});
	await sync.pay(invoice);
	await waitFor(() => told().length > 2);
	await looks();
	expect(told()).toEqual(['active -> grace', 'grace -> restricted', 'restricted -> active']);
});

test('a change is signed as Standard Webhooks says, and says the same as the answer to a question', async () => {
	await issue();
	await daysPass(22);
	await waitFor(() => told().length > 0);
	const [first] = callbacks.received;
	const { headers, rawBody, body } = first as (typeof callbacks.received)[number];
	expect(() => new Webhook(ACCESS.secret).verify(rawBody, headers)).not.toThrow();
	expect(() => new Webhook(ACCESS.secret).verify(rawBody.replace('restricted', 'active'), headers)).toThrow();
	expect(headers['webhook-id']).toMatch(/^access_[0-9a-f]{31}$/);
	expect(body.type).toBe('access.changed');
	const { customer: view, subscriptions } = await answered();
	expect(body.data).toEqual({ changes: expect.any(Array), customer: view, subscriptions });
});

test('every event five times, in any order and at once: still one change each', async () => {
	const invoice = await issue();
	await daysPass(22);
	await waitFor(() => told().length > 0);
	await sync.pay(invoice);
	await waitFor(() => told().length > 1);
	const bodies = sync.lago.deliveries.map(({ body }) => body).filter((body) => body.includes(invoice.lago_id));
	expect(bodies.length).toBeGreaterThan(2);
	const copies = bodies.flatMap((body) => Array<string>(5).fill(body)).sort(() => Math.random() - 0.5);
	await Promise.all(copies.map(async (body) => await sync.postLago(body)));
	await sync.quiet();
	await looks();
	expect(told()).toEqual(['active -> restricted', 'restricted -> active']);
	expect(new Set(callbacks.received.map(({ headers }) => headers['webhook-id'])).size).toBe(callbacks.received.length);
});

test('a dispute that is lost counts as unpaid again from the moment of the loss', async () => {
	const invoice = await issue();
	const payment = await sync.pay(invoice);
	expect(told()).toEqual([]);
	const { dispute_id } = sync.dodo.openDispute(payment.payment_id);
	await sync.quiet();
	sync.dodo.moveDispute(dispute_id, 'lost');
	await sync.quiet();
	// Due in 14 days, lost before: the later of the two counts.
	await daysPass(22);
	await waitFor(() => told().length > 0);
	expect(told()).toEqual(['active -> restricted']);
	expect((await answered()).customer.overdue).toEqual([{ currency: 'EUR', amount_cents: 10_000 }]);
});

test('cancelled: what was paid in advance is honoured to its end, then it has ended', async () => {
	const invoice = await issue();
	for (const fee of invoice.fees) Object.assign(fee, { to_date: new Date(Date.now() + 10 * DAY).toISOString() });
	await sync.pay(invoice);
	Object.assign(invoice.subscription ?? {}, { on_termination_credit_note: 'skip' });
	sync.lago.terminateSubscription(`sub_${customer}`);
	await waitFor(() => told().length > 0);
	expect((await answered()).customer).toMatchObject({
		state: 'paid_until',
		until: expect.any(String),
		reasons: [{ rule: 'prepaid' }],
	});
	await daysPass(11);
	await waitFor(() => told().length > 1);
	await looks();
	expect(told()).toEqual(['active -> paid_until', 'paid_until -> ended']);
});

test('while the address does not answer nothing is lost; then it is told, once', async () => {
	callbacks.status = 503;
	await issue();
	await daysPass(22);
	await waitFor(() => callbacks.refused > 3);
	callbacks.status = 200;
	await waitFor(() => told().length > 0);
	await looks();
	expect(told()).toEqual(['active -> restricted']);
	// The event itself was acknowledged all the while.
	expect(sync.lago.deliveries.every(({ status }) => status === 200)).toBe(true);
});

test('an n8n that was killed knows what it has told', async () => {
	const invoice = await issue();
	await daysPass(22);
	await waitFor(() => told().length > 0);
	await sync.quiet();
	await looks();
	await sync.n8n.killAndRestart();
	await looks();
	expect(told()).toEqual(['active -> restricted']);
	await sync.pay(invoice);
	await waitFor(() => told().length > 1);
	expect(told()).toEqual(['active -> restricted', 'restricted -> active']);
});

describe('questions', () => {
	test('only who has the token is answered, and nobody learns more', async () => {
		await issue();
		const before = await sync.n8n.newestId();
		for (const authorization of [
			null,
			'',
			'Bearer ',
			`bearer ${ACCESS.token}x`,
			`Bearer ${ACCESS.token}x`,
			ACCESS.token,
			`Basic ${Buffer.from(`a:${ACCESS.token}`).toString('base64')}`,
		]) {
			const response = await asking(undefined, authorization);
			expect([response.status, await response.json()]).toEqual([
				401,
				{ message: 'Send the access token as "Authorization: Bearer <token>"' },
			]);
		}
		const calls = sync.lago.calls.length;
		expect((await asking()).status).toBe(200);
		// RFC 9110: the name of the scheme may be written in any case.
		expect((await asking(undefined, `bearer ${ACCESS.token}`)).status).toBe(200);
		expect(sync.lago.calls.length).toBeGreaterThan(calls);
		// No question, right or wrong, becomes an execution; those of the schedule may.
		const runs = await sync.n8n.runsAfter(before);
		for (const { nodes } of runs) expect(nodes).not.toContain('Lago Access Trigger');
	});

	test('one subscription, an unknown customer, an unknown subscription, and questions that are none', async () => {
		await issue();
		const one = await asking({ external_customer_id: customer, external_subscription_id: `sub_${customer}` });
		expect(await one.json()).toMatchObject({
			customer: { external_id: customer },
			subscriptions: [{ external_id: `sub_${customer}`, state: 'active' }],
		});
		expect(one.headers.get('cache-control')).toBe('no-store');
		expect((await asking({ external_customer_id: 'nobody' })).status).toBe(404);
		expect((await asking({ external_customer_id: customer, external_subscription_id: 'none' })).status).toBe(404);
		for (const query of [{}, { external_customer_id: '' }, { external_customer_id: 'x'.repeat(256) }] as Array<
			Record<string, string>
		>)
			expect((await asking(query)).status).toBe(400);
	});

	test('while Lago is down the last known state is told, and that it is old', async () => {
		await issue();
		await daysPass(22);
		await waitFor(() => told().length > 0);
		const fresh = await answered();
		sync.lago.faults.add({ path: /^\/api\/v1\//, kind: '500', times: 1_000 });
		const response = await asking();
		expect(response.status).toBe(503);
		expect(await response.json()).toEqual({
			message: expect.stringContaining('last that is known'),
			stale: true,
			age_seconds: expect.any(Number),
			...fresh,
		});
		expect(response.headers.get('retry-after')).toBe('5');
		const unknown = await asking({ external_customer_id: 'never-asked' });
		expect([unknown.status, await unknown.json()]).toEqual([
			503,
			expect.objectContaining({ stale: true, customer: null }),
		]);
		sync.lago.faults.clear();
		expect((await asking()).status).toBe(200);
	});
});

test('neither the token nor the secret stands anywhere in the clear', () => {
	for (const secret of [ACCESS.token, ACCESS.secret]) expect(sync.n8n.filesWith(secret)).toEqual([]);
});
