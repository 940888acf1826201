import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { operations } from '../../nodes/Lago/actions/operations';
import { LagoClient } from '../../nodes/Lago/transport/client';
import { startLagoSimulator, type LagoSimulator } from '../../sandbox/simulators';
import type { Plan } from '../../sandbox/lago/catalogue';
import type { Invoice } from '../../sandbox/lago/documents';
import type { Subscription } from '../../sandbox/lago/state';
import { API_KEY, executeContext, itemsOf } from '../support/executeContext';
import { withinOne } from '../support/waiting';
import { callerOf, type Caller } from './helpers';

const [PRO, MAX, FREE, TRIAL, ARREARS] = ['pro', 'max', 'free', 'trial', 'arrears'];
const PLANS: Array<Partial<Plan>> = [
	{ code: PRO, amount_cents: 4_900 },
	{ code: MAX, amount_cents: 9_900 },
	{ code: FREE, amount_cents: 0 },
	{ code: TRIAL, amount_cents: 4_900, trial_period: 14 },
	{ code: ARREARS, amount_cents: 4_900, pay_in_advance: false },
];
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let lago: LagoSimulator;
let call: Caller;
let customer = '';
/** The node forgets what it has learned of invoices when it has another account. */
let account = '';

beforeAll(async () => {
	lago = await startLagoSimulator({ apiKey: API_KEY });
	call = callerOf(lago.url, API_KEY);
	for (const plan of PLANS) await call('POST', '/api/v1/plans', { plan: { name: plan.code, ...plan } });
});
afterAll(async () => {
	await lago.close();
});
beforeEach(async () => {
	await withinOne(DAY, 10_000, 2_000);
	customer = `cust_${randomUUID()}`;
	account = randomUUID();
	await call('POST', '/api/v1/customers', { customer: { external_id: customer, currency: 'EUR' } });
	lago.calls.length = 0;
});

const subscribe = async (plan: string, given: IDataObject = {}): Promise<void> => {
	const answer = await call('POST', '/api/v1/subscriptions', {
		subscription: { external_customer_id: customer, external_id: `sub_${customer}`, plan_code: plan, ...given },
	});
	expect(answer.status).toBe(200);
};
const invoices = (): Invoice[] =>
	[...lago.state.invoices.values()].filter((one) => one.customer.external_id === customer);
const newest = (): Invoice => invoices().at(-1) as Invoice;
const rows = (): Subscription[] =>
	[...lago.state.subscriptions.values()].filter((one) => one.customer.external_id === customer);
const pay = async (invoice = newest()): Promise<void> => {
	await call('PUT', `/api/v1/invoices/${invoice.lago_id}`, { invoice: { payment_status: 'succeeded' } });
};
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString().replace(/\.\d+/, '');

interface View {
	state: string;
	next_change_at: string | null;
	reasons: Array<{ rule: string; invoice_id: string | null }>;
}
async function look(parameters: IDataObject = {}): Promise<{ customer: View; subscriptions: View[] }> {
	const context = executeContext({
		parameters: { resource: 'access', operation: 'getCustomer', customer, waitForFirstPayment: true, ...parameters },
		credential: { baseUrl: lago.url },
		credentialId: account,
	});
	const [item] = await itemsOf(context, operations, LagoClient.of);
	return item?.json as unknown as { customer: View; subscriptions: View[] };
}
/** `pending_payment first_payment`, of the customer and of each subscription. */
async function states(parameters: IDataObject = {}): Promise<string[]> {
	const { customer: whole, subscriptions } = await look(parameters);
	return [whole, ...subscriptions].map(({ state, reasons }) => [state, ...reasons.map(({ rule }) => rule)].join(' '));
}
/** A process that has seen nothing yet must say the same as one that knows the invoices. */
async function expectStates(expected: string[]): Promise<void> {
	expect(await states()).toEqual(expected);
	account = randomUUID();
	expect(await states()).toEqual(expected);
}

const WAITS = 'pending_payment first_payment';
const COMES = 'pending_payment first_invoice';

test('what is billed at the start has the precisions of a real Lago: the invoice seems to be older than its subscription', async () => {
	await subscribe(PRO);
	const { subscriptions } = (await call('GET', `/api/v1/subscriptions?external_customer_id=${customer}`)).body;
	const [{ started_at, created_at, subscription_at }] = subscriptions;
	const { invoice } = (await call('GET', `/api/v1/invoices/${newest().lago_id}`)).body;
	expect(started_at).toMatch(/:\d\d\.\d{3}Z$/);
	for (const time of [
		created_at,
		subscription_at,
		invoice.created_at,
		invoice.billing_periods[0].subscription_from_datetime,
	])
		expect(time).toMatch(/:\d\dZ$/);
	expect([created_at, subscription_at, invoice.created_at]).toEqual(Array(3).fill(started_at.replace(/\.\d+/, '')));
	expect(invoice.billing_periods).toMatchObject([
		{ lago_subscription_id: subscriptions[0].lago_id, invoicing_reason: 'subscription_starting' },
	]);
	// Lists do not say what an invoice is for.
	expect(
		Object.keys((await call('GET', `/api/v1/invoices?external_customer_id=${customer}`)).body.invoices[0]),
	).not.toContain('billing_periods');
});

interface Story {
	name: string;
	/** Up to the moment of the first look. */
	given(): Promise<unknown>;
	/** Of the customer and of each subscription. */
	right: string[];
	/** What happens then; the newest invoice is paid unless told. */
	then?(): Promise<unknown>;
	after?: string[];
}

/** An ordinary customer of last month. */
const older = async (plan = PRO as string): Promise<void> => {
	await subscribe(plan);
	if (invoices().length > 0) await pay();
	for (const one of [...rows(), ...invoices()]) {
		const earlier = (at: string | null): string | null =>
			at === null ? null : new Date(Date.parse(at) - 30 * DAY).toISOString();
		if ('external_id' in one)
			Object.assign(one, {
				started_at: earlier(one.started_at as string | null),
				created_at: ago(30 * DAY),
				subscription_at: ago(30 * DAY),
			});
		else one.created_at = ago(30 * DAY);
	}
};
const grace = async (): Promise<void> => {
	const billing = lago.state.customers.get(customer)?.billing_configuration;
	Object.assign(billing ?? {}, { invoice_grace_period: 3 });
};

const STORIES: Story[] = [
	{
		name: 'a first payment',
		given: async () => await subscribe(PRO),
		right: [WAITS, WAITS],
		after: ['active', 'active'],
	},
	{
		name: 'a first invoice that was paid before anybody looked',
		given: async () => (await subscribe(PRO), await pay()),
		right: ['active', 'active'],
		then: async () => undefined,
	},
	...['Pacific/Kiritimati', 'Pacific/Pago_Pago'].map((zone) => ({
		name: `a first payment in ${zone}`,
		given: async () => (lago.setTimezone(customer, zone), await subscribe(PRO)),
		right: [WAITS, WAITS],
		after: ['active', 'active'],
	})),
	{
		name: 'a first invoice that is not paid',
		given: async () => await subscribe(PRO),
		right: [WAITS, WAITS],
		then: async () => lago.passDays(3),
		after: [`${WAITS} overdue`, `${WAITS} overdue`],
	},
	{
		name: 'a first payment that failed and then came',
		given: async () => (
			await subscribe(PRO),
			await call('PUT', `/api/v1/invoices/${newest().lago_id}`, { invoice: { payment_status: 'failed' } })
		),
		right: [WAITS, WAITS],
		after: ['active', 'active'],
	},
	{
		name: 'a first payment in two parts',
		given: async () => (await subscribe(PRO), lago.payManually(newest().lago_id, 2_000)),
		right: [WAITS, WAITS],
		then: async () => lago.payManually(newest().lago_id, 2_900),
		after: ['active', 'active'],
	},
	{
		name: 'a first invoice that was voided',
		given: async () => await subscribe(PRO),
		right: [WAITS, WAITS],
		then: async () => lago.voidInvoice(newest().lago_id),
		after: ['active', 'active'],
	},
	{
		name: 'a free trial',
		given: async () => await subscribe(TRIAL),
		right: ['active', 'active'],
		then: async () => undefined,
	},
	{
		name: 'the first invoice after a free trial',
		given: async () => (
			await subscribe(TRIAL),
			lago.issueInvoice({ customer: { external_id: customer }, reason: 'subscription_starting', emit: false })
		),
		right: [WAITS, WAITS],
		after: ['active', 'active'],
	},
	{
		name: 'in arrears',
		given: async () => await subscribe(ARREARS),
		right: ['active', 'active'],
		then: async () => undefined,
	},
	{
		name: 'a first invoice over zero, of a plan that costs nothing',
		given: async () => await subscribe(FREE),
		right: ['active', 'active'],
		then: async () => undefined,
	},
	{
		name: 'a plan that costs nothing, whose invoice Lago leaves out',
		given: async () => (await subscribe(FREE), lago.state.invoices.delete(newest().lago_id)),
		right: ['active', 'active'],
		then: async () => undefined,
	},
	{
		name: 'a first invoice over zero, by a coupon',
		given: async () => {
			await subscribe(PRO);
			Object.assign(newest(), { coupons_amount_cents: 4_900, total_amount_cents: 0, payment_status: 'succeeded' });
		},
		right: ['active', 'active'],
		then: async () => undefined,
	},
	{
		name: 'a first invoice that is still on its way',
		given: async () => (await subscribe(PRO), lago.state.invoices.delete(newest().lago_id)),
		right: [COMES, COMES],
		then: async () => undefined,
	},
	{
		name: 'usage that is billed before the first invoice',
		given: async () => {
			await subscribe(PRO);
			lago.state.invoices.delete(newest().lago_id);
			lago.issueInvoice({
				customer: { external_id: customer },
				reason: 'in_advance_charge',
				paymentStatus: 'succeeded',
				emit: false,
			});
		},
		right: [COMES, COMES],
		then: async () => (
			lago.issueInvoice({ customer: { external_id: customer }, reason: 'subscription_starting', emit: false }),
			await pay()
		),
		after: ['active', 'active'],
	},
	{
		name: 'an upgrade',
		given: async () => (await older(), await subscribe(MAX as string)),
		right: ['active', 'active'],
		after: ['active', 'active'],
	},
	{
		name: 'an upgrade in the second of the start',
		given: async () => (await subscribe(PRO), await pay(), await subscribe(MAX as string)),
		right: ['active', 'active'],
		after: ['active', 'active'],
	},
	{
		name: 'a downgrade',
		given: async () => (await older(MAX), await subscribe(PRO)),
		right: ['active', 'active'],
		then: async () => (lago.startSubscription(`sub_${customer}`), await pay()),
		after: ['active', 'active'],
	},
	{
		name: 'a second subscription of a customer',
		given: async () => (await older(), await subscribe(MAX as string, { external_id: `second_${customer}` })),
		right: ['active', WAITS, 'active'],
		after: ['active', 'active', 'active'],
	},
	{
		name: 'two subscriptions that start at the same time, of which one is paid',
		given: async () => (await subscribe(PRO), await subscribe(MAX as string, { external_id: `second_${customer}` })),
		right: [WAITS, WAITS, WAITS],
		then: async () => await pay(invoices()[0]),
		after: ['active', WAITS, 'active'],
	},
	{
		name: 'a one-off beside a new subscription',
		given: async () => (
			await subscribe(PRO),
			lago.issueInvoice({
				customer: { external_id: customer },
				type: 'one_off',
				paymentStatus: 'succeeded',
				emit: false,
			})
		),
		right: [WAITS, WAITS],
		then: async () => await pay(invoices()[0]),
		after: ['active', 'active'],
	},
	{
		name: 'a one-off that is unpaid beside a first invoice that is paid',
		given: async () => (
			await subscribe(PRO),
			await pay(),
			lago.issueInvoice({ customer: { external_id: customer }, type: 'one_off', emit: false })
		),
		right: ['active', 'active'],
		after: ['active', 'active'],
	},
	{
		name: 'a draft, in the days of grace',
		given: async () => (await grace(), await subscribe(PRO)),
		right: [WAITS, WAITS],
		then: async () => lago.finalizeInvoice(newest().lago_id),
		after: [WAITS, WAITS],
	},
	{
		name: 'a draft that became an invoice and was paid',
		given: async () => (await grace(), await subscribe(PRO), lago.finalizeInvoice(newest().lago_id)),
		right: [WAITS, WAITS],
		after: ['active', 'active'],
	},
	{
		name: 'ended, and started anew under the same external id',
		given: async () => (
			await subscribe(PRO),
			await pay(),
			lago.terminateSubscription(`sub_${customer}`),
			await subscribe(PRO)
		),
		right: [WAITS, WAITS],
		after: ['active', 'active'],
	},
	{
		name: 'ended unpaid, and started anew under the same external id and paid',
		given: async () => (await subscribe(PRO), lago.terminateSubscription(`sub_${customer}`), await subscribe(PRO)),
		right: [WAITS, WAITS],
		after: ['active', 'active'],
	},
	{
		name: 'a subscription that starts later',
		given: async () => await subscribe(PRO, { subscription_at: ago(-DAY) }),
		right: ['pending_payment not_started', 'pending_payment not_started'],
		then: async () => lago.startSubscription(`sub_${customer}`),
		after: [WAITS, WAITS],
	},
	{
		name: 'one whose time has come, while the job of Lago that starts it has not',
		given: async () => (
			await subscribe(PRO, { subscription_at: ago(-DAY) }),
			Object.assign(rows()[0] ?? {}, { subscription_at: ago(1_000) })
		),
		right: ['pending_payment not_started', 'pending_payment not_started'],
		then: async () => (lago.startSubscription(`sub_${customer}`), await pay()),
		after: ['active', 'active'],
	},
	{
		name: 'a start in the past',
		given: async () => await subscribe(PRO, { subscription_at: ago(40 * DAY) }),
		right: ['active', 'active'],
		then: async () => undefined,
	},
	{
		name: 'a start that is a second away on the clock of Lago',
		given: async () => (
			await subscribe(PRO),
			await pay(),
			Object.assign(rows()[0] ?? {}, { started_at: new Date(Date.now() + 5_000).toISOString() })
		),
		right: ['active', 'active'],
		then: async () => undefined,
	},
	{
		name: 'an end that is seconds away on the clock of Lago',
		given: async () => (
			await older(),
			lago.terminateSubscription(`sub_${customer}`),
			Object.assign(rows()[0] ?? {}, { terminated_at: ago(-5_000) })
		),
		right: ['ended ended', 'ended ended'],
		then: async () => undefined,
	},
];

test.each(STORIES)('$name', async ({ given, right, then = pay, after }) => {
	await given();
	await expectStates(right);
	await then();
	await expectStates(after ?? right);
});

test('without the rule nobody waits, whatever is unpaid', async () => {
	await subscribe(PRO);
	expect(await states({ waitForFirstPayment: false })).toEqual(['active', 'active']);
});

test('a start waits for its invoice for an hour, one that Lago has yet to make for an hour after its time', async () => {
	await subscribe(PRO);
	lago.state.invoices.delete(newest().lago_id);
	expect((await look()).customer.next_change_at).toBe(
		new Date(Date.parse(String(rows()[0]?.started_at)) + HOUR).toISOString().replace('.000Z', 'Z'),
	);
	const later = ago(-DAY);
	await subscribe(PRO, { external_id: `later_${customer}`, subscription_at: later });
	expect((await look()).subscriptions[0]?.next_change_at).toBe(
		new Date(Date.parse(later) + HOUR).toISOString().replace('.000Z', 'Z'),
	);
});

describe('calls', () => {
	const LISTS = ['GET /invoices', 'GET /subscriptions'];
	const calls = async (): Promise<string[]> => {
		lago.calls.length = 0;
		await look();
		return lago.calls
			.map(
				({ method, path }) =>
					`${method} ${path
						.replace('/api/v1', '')
						.replace(/^\/invoices\/.*/, '/invoices/:id')
						.replace(/^\/(subscriptions|customers)\/.*/, '/$1/:id')}`,
			)
			.sort();
	};
	const ONE = ['GET /invoices', 'GET /invoices/:id', 'GET /subscriptions'];
	/** Where no invoice names the customer's time zone, the customer is read. */
	const PLAN = ['GET /customers/:id', 'GET /invoices', 'GET /subscriptions', 'GET /subscriptions/:id'];

	test.each<[string, () => Promise<unknown>, string[], string[]]>([
		['a customer of long ago', async () => await older(), LISTS, LISTS],
		['a first invoice that is unpaid', async () => await subscribe(PRO), ONE, LISTS],
		['a first invoice that is paid', async () => (await subscribe(PRO), await pay()), ONE, LISTS],
		[
			'a first invoice that is voided',
			async () => (await subscribe(PRO), lago.voidInvoice(newest().lago_id)),
			ONE,
			LISTS,
		],
		[
			'a first invoice that is a draft is asked again: it may change',
			async () => (await grace(), await subscribe(PRO)),
			ONE,
			ONE,
		],
		['a plan that costs nothing', async () => await subscribe(FREE), LISTS, LISTS],
		['arrears', async () => await subscribe(ARREARS), PLAN, PLAN],
		['a free trial', async () => await subscribe(TRIAL), PLAN, PLAN],
		[
			'a first invoice that is on its way',
			async () => (await subscribe(PRO), lago.state.invoices.delete(newest().lago_id)),
			PLAN,
			PLAN,
		],
		['an upgrade that is paid', async () => (await older(), await subscribe(MAX as string), await pay()), LISTS, LISTS],
		[
			'a second subscription beside sixty invoices of before',
			async () => {
				await older();
				for (let count = 0; count < 60; count++)
					lago.issueInvoice({
						customer: { external_id: customer },
						paymentStatus: 'succeeded',
						emit: false,
					}).created_at = ago(2 * DAY);
				await subscribe(MAX as string, { external_id: `second_${customer}` });
				await pay();
			},
			ONE,
			LISTS,
		],
	])('%s', async (_name, given, first, later) => {
		await given();
		expect(await calls()).toEqual(first);
		expect(await calls()).toEqual(later);
	});

	test('from the first look to the payment: one call more than the lists, once', async () => {
		await subscribe(PRO);
		expect(await calls()).toEqual(ONE);
		await pay();
		expect(await calls()).toEqual(LISTS);
	});
});
