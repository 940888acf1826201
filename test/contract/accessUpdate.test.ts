import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { Webhook } from 'standardwebhooks';
import { operations } from '../../nodes/Lago/actions/operations';
import { LagoClient } from '../../nodes/Lago/transport/client';
import { startLagoSimulator, type LagoSimulator } from '../../sandbox/simulators';
import type { NewInvoice } from '../../sandbox/lago/ledger';
import type { Invoice } from '../../sandbox/lago/documents';
import { startCallbackServer, type CallbackServer } from '../support/callbacks';
import { API_KEY, executeContext, itemsOf } from '../support/executeContext';

const SECRET = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
let lago: LagoSimulator;
let callbacks: CallbackServer;
let customer = '';
let workflow = '';
let staticData: IDataObject = {};

beforeAll(async () => {
	[lago, callbacks] = await Promise.all([startLagoSimulator({ apiKey: API_KEY }), startCallbackServer()]);
	lago.addFeature('access', ['state']);
});
afterAll(async () => {
	await Promise.all([lago.close(), callbacks.close()]);
});
beforeEach(() => {
	customer = `cust_${randomUUID()}`;
	workflow = randomUUID();
	staticData = {};
	lago.reset();
	lago.state.invoices.clear();
	lago.state.payments.clear();
	lago.state.subscriptions.clear();
	lago.premium = true;
	callbacks.received.length = 0;
	callbacks.refused = 0;
	callbacks.status = 200;
});

const issue = (given: NewInvoice = {}): Invoice =>
	lago.issueInvoice({ customer: { external_id: customer }, emit: false, ...given });
const DAY = 86_400_000;
const overdue = (days: number, given: NewInvoice = {}): Invoice =>
	Object.assign(issue(given), { payment_due_date: new Date(Date.now() - days * DAY).toISOString().slice(0, 10) });
const POLICY = { restrictAfterDays: 7 };

interface Given {
	parameters?: IDataObject;
	item?: IDataObject;
	mode?: string;
	secret?: string;
	operation?: string;
}

async function run({
	parameters,
	item = { customerExternalId: customer },
	mode = 'webhook',
	secret = SECRET,
	operation = 'update',
}: Given = {}): Promise<IDataObject[]> {
	const context = executeContext({
		input: [item],
		parameters: {
			resource: 'access',
			operation,
			lookAt: 'item',
			item: '={{ $json }}',
			writeTo: 'none',
			...POLICY,
			...parameters,
		},
		credential: { baseUrl: lago.url, accessCallbackSecret: secret },
		credentialId: 'access-update',
	});
	Object.assign(context, {
		getMode: () => mode,
		getWorkflow: () => ({ id: workflow }),
		getWorkflowStaticData: () => staticData,
	});
	const items = await itemsOf(context, operations, LagoClient.of);
	return items.map(({ json }) => json);
}
const due = async (parameters: IDataObject = {}): Promise<IDataObject[]> =>
	await run({ parameters: { lookAt: 'due', ...parameters }, item: {} });
const calls = (): string[] =>
	lago.calls.map(
		({ method, path }) =>
			`${method} ${path
				.replace('/api/v1', '')
				.replace(/[0-9a-f-]{36}/g, ':id')
				.replace(customer, ':customer')}`,
	);

test('a change comes out once; nothing comes out when nothing has changed', async () => {
	const invoice = overdue(30);
	const [change, ...more] = await run();
	expect(more).toEqual([]);
	expect(change).toMatchObject({
		outcome: 'access_changed',
		message: `Customer ${customer} was active and is restricted now; subscription sub_${customer} was active and is restricted now. It changes when EUR 100.00 is paid on invoice ${invoice.number}.`,
		customerExternalId: customer,
		changes: [
			{ of: 'customer', external_id: customer, from: 'active', to: 'restricted' },
			{ of: 'subscription', external_id: `sub_${customer}`, from: 'active', to: 'restricted' },
		],
		customer: { state: 'restricted' },
	});
	expect(await run()).toEqual([]);
	lago.payManually(invoice.lago_id, 10_000);
	expect(await run()).toMatchObject([{ changes: [{ from: 'restricted', to: 'active' }, {}] }]);
	expect(await run()).toEqual([]);
});

test('twenty at once: one change', async () => {
	overdue(30);
	const runs = await Promise.all(Array.from({ length: 20 }, async () => await run()));
	expect(runs.flat()).toHaveLength(1);
});

test('access that comes back for the second time is another change than the first time', async () => {
	const ids: unknown[] = [];
	const callbackUrl = callbacks.url;
	for (let times = 0; times < 2; times++) {
		const invoice = overdue(30 + times);
		await run({ parameters: { callbackUrl } });
		lago.payManually(invoice.lago_id, 10_000, `by hand ${times}`);
		await run({ parameters: { callbackUrl } });
	}
	for (const { headers, rawBody } of callbacks.received) {
		ids.push(headers['webhook-id']);
		expect(() => new Webhook(SECRET).verify(rawBody, headers)).not.toThrow();
	}
	expect(new Set(ids).size).toBe(4);
});

test('two n8n that know the same tell it under the same id', async () => {
	overdue(30);
	await run({ parameters: { callbackUrl: callbacks.url } });
	workflow = randomUUID();
	staticData = {};
	await run({ parameters: { callbackUrl: callbacks.url } });
	const [one, other] = callbacks.received.map(({ headers }) => headers['webhook-id']);
	expect(one).toBe(other);
});

test.each([503, 404])(
	'while the address answers %s the change stays due: told to a person once, and to the address as soon as it works',
	async (status) => {
		overdue(30);
		callbacks.status = status;
		const parameters = { callbackUrl: callbacks.url };
		expect(await run({ parameters })).toMatchObject([
			{
				outcome: 'access_untold',
				message: expect.stringContaining(`it answered ${status}`),
				nextStep: expect.any(String),
			},
		]);
		expect(await run({ parameters })).toEqual([]);
		expect(await due(parameters)).toEqual([]);
		callbacks.status = 200;
		expect(await due(parameters)).toMatchObject([{ outcome: 'access_changed' }]);
		expect(await due(parameters)).toEqual([]);
		expect(callbacks.received).toHaveLength(1);
	},
);

test('an address without a secret, a secret that is too short, an address that is none', async () => {
	overdue(30);
	for (const secret of ['', 'whsec_c2hvcnQ='])
		await expect(run({ parameters: { callbackUrl: callbacks.url }, secret })).rejects.toThrow(/Access Callback Secret/);
	await expect(run({ parameters: { callbackUrl: 'app.example.com' } })).rejects.toThrow('is not an address');
	expect(callbacks.received).toEqual([]);
});

test('a try in the editor swallows nothing', async () => {
	overdue(30);
	expect(await run({ mode: 'manual' })).toHaveLength(1);
	expect(await run({ mode: 'manual' })).toHaveLength(1);
	expect(staticData).toEqual({});
	expect(await run()).toHaveLength(1);
});

test.each<[string, () => IDataObject]>([
	[
		'an invoice event',
		() => ({
			event: 'invoice.voided',
			lagoInvoiceId: randomUUID(),
			data: { lago_id: randomUUID(), customer: { external_id: customer } },
		}),
	],
	[
		'a subscription event',
		() => ({ event: 'subscription.terminated', data: { external_id: 'sub', external_customer_id: customer } }),
	],
	[
		'a lost dispute',
		() => ({ event: 'invoice.payment_dispute_lost', data: { invoice: { customer: { external_id: customer } } } }),
	],
	[
		'a mandate of Dodo',
		() => ({
			event: 'subscription.active',
			data: { customer: { customer_id: 'cus_1' }, metadata: { lago_customer_external_id: customer } },
		}),
	],
	['a customer', () => ({ external_customer_id: customer })],
	['an invoice', () => ({ lago_id: randomUUID(), customer: { external_id: customer } })],
])('%s names the customer: no further call', async (_name, item) => {
	overdue(30);
	expect(await run({ item: item() })).toHaveLength(1);
	expect(calls().sort()).toEqual(['GET /invoices', 'GET /invoices/:id', 'GET /subscriptions']);
});

test('a result names its invoice, and that the customer; what is about nobody is passed over', async () => {
	const { lago_id } = overdue(30);
	expect(await run({ item: { outcome: 'settled', invoiceId: lago_id } })).toHaveLength(1);
	lago.calls.length = 0;
	for (const item of [
		{ outcome: 'ignored' },
		{ invoiceId: 'no uuid' },
		{ lagoInvoiceId: null, data: { payment_id: 'pay_1' } },
	])
		expect(await run({ item })).toEqual([]);
	expect(calls()).toEqual([]);
	expect(await run({ item: { invoiceId: randomUUID() } })).toEqual([]);
	expect(await run({ item: { customerExternalId: 'nobody' } })).toEqual([]);
});

describe('everybody who is due', () => {
	test('two calls when nothing is due, whatever the number of customers', async () => {
		for (let index = 0; index < 20; index++) overdue(30, { customer: { external_id: `${customer}_${index}` } });
		expect(await due()).toHaveLength(20);
		lago.calls.length = 0;
		expect(await due()).toEqual([]);
		expect(calls()).toEqual(['GET /invoices', 'GET /invoices']);
	});

	test('time alone', async () => {
		overdue(6);
		expect(await due()).toMatchObject([{ changes: [{ from: 'active', to: 'grace' }, {}] }]);
		jest.useFakeTimers({
			now: Date.now() + DAY,
			doNotFake: [
				'nextTick',
				'setImmediate',
				'setTimeout',
				'setInterval',
				'clearTimeout',
				'clearInterval',
				'queueMicrotask',
				'performance',
			],
		});
		try {
			expect(await due()).toMatchObject([{ changes: [{ from: 'grace', to: 'restricted' }, {}] }]);
		} finally {
			jest.useRealTimers();
		}
	});

	test('a payment of which no event told', async () => {
		const invoice = overdue(30);
		await due();
		lago.payManually(invoice.lago_id, 10_000);
		expect(await due()).toMatchObject([{ changes: [{ from: 'restricted', to: 'active' }, {}] }]);
		expect(await due()).toEqual([]);
	});

	test('one customer who cannot be read keeps nobody else waiting, and is looked at again', async () => {
		overdue(30);
		overdue(30, { customer: { external_id: `${customer}_other` } });
		lago.faults.add({ path: /subscriptions/, kind: '500' });
		expect((await due()).map(({ outcome }) => outcome).sort()).toEqual(['access_changed', 'access_unknown']);
		expect(await due()).toMatchObject([{ outcome: 'access_changed' }]);
	});

	test('what n8n has stored is enough for a new process; what was lost is told again under the same id', async () => {
		overdue(30);
		const [change] = await due();
		// Another process of the same workflow: it knows the static data only.
		const stored = structuredClone(staticData);
		workflow = randomUUID();
		expect(await due()).toEqual([]);
		expect(staticData).toEqual({
			access: {
				[customer]: [
					expect.any(Number),
					null,
					false,
					'restricted',
					{ [`sub_${customer}`]: 'restricted' },
					change?.changeId,
				],
			},
		});
		expect(Object.keys(stored)).toEqual(['access']);
		workflow = randomUUID();
		staticData = { access: { [customer]: 'nonsense' } };
		expect(await due()).toMatchObject([{ changeId: change?.changeId }]);
	});
});

describe('written to Lago', () => {
	test("customer metadata: written when it differs only, and the merchant's own entries stay", async () => {
		const parameters = { writeTo: 'metadata', metadataKey: 'access_state' };
		const invoice = overdue(30);
		Object.assign(invoice.customer, {
			metadata: [
				{ lago_id: 'm1', key: 'crm', value: '7', display_in_invoice: true, created_at: '2026-01-01T00:00:00Z' },
			],
		});
		await run({ parameters });
		expect(invoice.customer.metadata).toMatchObject([
			{ key: 'crm', value: '7', display_in_invoice: true },
			{ key: 'access_state', value: 'restricted' },
		]);
		workflow = randomUUID();
		staticData = {};
		lago.calls.length = 0;
		expect(await run({ parameters })).toHaveLength(1);
		expect(lago.calls.some(({ method }) => method === 'POST')).toBe(false);
		lago.payManually(invoice.lago_id, 10_000);
		await run({ parameters });
		expect(invoice.customer.metadata[1]).toMatchObject({ key: 'access_state', value: 'active' });
	});

	test('no room: said on the item, and the change is told all the same', async () => {
		const invoice = overdue(30);
		Object.assign(invoice.customer, {
			metadata: ['a', 'b', 'c', 'd', 'e'].map((key) => ({
				lago_id: key,
				key,
				value: '',
				display_in_invoice: false,
				created_at: '2026-01-01T00:00:00Z',
			})),
		});
		expect(await run({ parameters: { writeTo: 'metadata', metadataKey: 'access_state' } })).toMatchObject([
			{ outcome: 'access_changed', lago: expect.stringContaining('no room for "access_state"') },
		]);
		expect(await run({ parameters: { writeTo: 'metadata', metadataKey: 'access_state' } })).toEqual([]);
	});

	test('entitlement: written when it differs only; its own webhook changes nothing', async () => {
		const parameters = { writeTo: 'entitlement', featureCode: 'access', privilegeCode: 'state' };
		overdue(30);
		await run({ parameters });
		expect(lago.state.entitlements.get(`sub_${customer}`)?.get('access')?.get('state')).toBe('restricted');
		lago.calls.length = 0;
		expect(
			await run({ parameters, item: { event: 'subscription.updated', data: { external_customer_id: customer } } }),
		).toEqual([]);
		workflow = randomUUID();
		staticData = {};
		await run({ parameters });
		expect(lago.calls.some(({ method }) => method === 'PATCH')).toBe(false);
	});

	test('a feature that Lago does not have: what to do is said', async () => {
		overdue(30);
		expect(
			await run({ parameters: { writeTo: 'entitlement', featureCode: 'none', privilegeCode: 'state' } }),
		).toMatchObject([
			{
				lago: 'Lago does not take it (404 feature_not_found). Create feature "none" with a text privilege "state" in Lago > Features.',
			},
		]);
	});

	test('while Lago does not answer the change stays due', async () => {
		overdue(30);
		lago.faults.add({ path: /entitlements/, kind: '502' });
		const parameters = { writeTo: 'entitlement', featureCode: 'access', privilegeCode: 'state' };
		expect(await run({ parameters })).toMatchObject([{ outcome: 'access_untold' }]);
		expect(await due(parameters)).toMatchObject([{ outcome: 'access_changed' }]);
	});
});

describe('back test', () => {
	const backtest = async (parameters: IDataObject = {}): Promise<IDataObject[]> =>
		await run({ operation: 'backtest', parameters: { days: 90, ...parameters } });
	/** Issued and due so many days ago, and paid so many days ago. */
	const past = (dueDaysAgo: number, paidDaysAgo: number | null, given: NewInvoice = {}): Invoice => {
		const invoice = issue({ paymentStatus: paidDaysAgo === null ? 'pending' : 'succeeded', ...given });
		const day = new Date(Date.now() - dueDaysAgo * DAY).toISOString().slice(0, 10);
		Object.assign(invoice, { created_at: `${day}T08:00:00Z`, issuing_date: day, payment_due_date: day });
		Object.assign(invoice.subscription ?? {}, { started_at: '2025-01-01T00:00:00Z' });
		if (paidDaysAgo !== null) paidOn(invoice, new Date(Date.now() - paidDaysAgo * DAY).toISOString());
		return invoice;
	};

	/** As Lago's list of payments shows it; on the fees there is no time. */
	const paidOn = (invoice: Invoice, created_at: string): void => {
		for (const fee of invoice.fees) fee.succeeded_at = null;
		const lago_id = randomUUID();
		lago.state.payments.set(lago_id, {
			lago_id,
			lago_customer_id: invoice.customer.lago_id,
			external_customer_id: invoice.customer.external_id,
			invoice_ids: [invoice.lago_id],
			invoice_numbers: [invoice.number],
			lago_payable_id: invoice.lago_id,
			payable_type: 'Invoice',
			amount_cents: invoice.total_amount_cents,
			amount_currency: invoice.currency,
			status: 'succeeded',
			payment_status: 'succeeded',
			type: 'manual',
			reference: 'pay_1',
			payment_provider_code: null,
			payment_provider_type: null,
			external_payment_id: null,
			provider_payment_id: null,
			provider_customer_id: null,
			next_action: {},
			created_at,
		});
	};

	test('nobody: said in a sentence', async () => {
		past(30, 28);
		expect(await backtest()).toEqual([
			{
				outcome: 'nobody_restricted',
				message: 'Over the last 90 days these rules would have restricted none of 1 customers with open invoices.',
				days: 90,
				customers: 1,
			},
		]);
	});

	test('who, how long, how often, and whether now; the most restricted first', async () => {
		past(30, 13);
		past(60, null, { customer: { external_id: `${customer}_b`, name: 'B Ltd' } });
		const rows = await backtest();
		expect(rows).toMatchObject([
			{
				customer_external_id: `${customer}_b`,
				customer_name: 'B Ltd',
				restricted_now: true,
				restored_at: null,
				times: 1,
				most_days_overdue: 60,
				rules: 'restrict_after_days',
			},
			{ customer_external_id: customer, restricted_now: false, times: 1, restored_at: expect.any(String) },
		]);
		// From midnight of the 7th day, 23 days ago, to this time of the day 13 days ago.
		expect(rows[1]?.restricted_days).toBeGreaterThanOrEqual(10);
		expect(rows[1]?.restricted_days).toBeLessThanOrEqual(11);
		expect(String(rows[1]?.message)).toMatch(/would have been restricted once, for 1[01](\.\d)? of 90 days\.$/);
	});

	test('reads lists, and one by one only what the lists do not have', async () => {
		for (let index = 0; index < 30; index++) past(40, 38, { customer: { external_id: `${customer}_${index}` } });
		// Issued long before, paid in the window.
		past(300, 10, { customer: { external_id: `${customer}_old` } });
		lago.calls.length = 0;
		expect(await backtest()).toMatchObject([{ customer_external_id: `${customer}_old`, times: 1 }]);
		expect(calls().sort()).toEqual([
			'GET /invoices',
			'GET /invoices',
			'GET /invoices',
			'GET /invoices/:id',
			'GET /invoices/:id',
			'GET /payments',
			'GET /subscriptions',
		]);
	});

	test('only the subscription in question, unless the whole customer counts', async () => {
		past(30, null);
		lago.state.subscriptions.set('sub_ended', {
			...(lago.state.subscriptions.get(`sub_${customer}`) as NonNullable<
				ReturnType<typeof lago.state.subscriptions.get>
			>),
			lago_id: randomUUID(),
			external_id: 'sub_ended',
		});
		Object.assign(lago.state.subscriptions.get(`sub_${customer}`) ?? {}, {
			status: 'terminated',
			terminated_at: '2025-06-01T00:00:00Z',
		});
		expect(await backtest()).toMatchObject([{ outcome: 'nobody_restricted' }]);
		expect(await backtest({ scope: 'customer' })).toMatchObject([{ outcome: 'would_restrict' }]);
	});

	test('a number of days that is none', async () => {
		await expect(backtest({ days: 0 })).rejects.toThrow('"Days" must be a whole number from 1 to 730');
	});
});
