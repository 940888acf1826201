import type { IDataObject } from 'n8n-workflow';
import { operations } from '../../nodes/Lago/actions/operations';
import { isBearer } from '../../nodes/Lago/helpers/access/question';
import { LagoClient } from '../../nodes/Lago/transport/client';
import { startLagoSimulator, type LagoSimulator } from '../../sandbox/simulators';
import type { NewInvoice } from '../../sandbox/lago/ledger';
import type { Invoice } from '../../sandbox/lago/documents';
import { API_KEY, executeContext, itemsOf } from '../support/executeContext';

let lago: LagoSimulator;
let serial = 0;
let customer = '';

beforeAll(async () => {
	lago = await startLagoSimulator({ apiKey: API_KEY });
});
afterAll(async () => {
	await lago.close();
});
beforeEach(() => {
	customer = `cust_${(serial += 1)}`;
	lago.calls.length = 0;
	lago.premium = true;
});

const DAY = 86_400_000;
const issue = (given: NewInvoice = {}): Invoice =>
	lago.issueInvoice({ customer: { external_id: customer }, emit: false, ...given });
/** Due some days ago. */
const overdue = (days: number, given: NewInvoice = {}): Invoice =>
	Object.assign(issue(given), { payment_due_date: new Date(Date.now() - days * DAY).toISOString().slice(0, 10) });
const run = async (operation: string, parameters: IDataObject): Promise<IDataObject> => {
	const context = executeContext({
		parameters: { resource: 'access', operation, customer, ...parameters },
		credential: { baseUrl: lago.url },
		credentialId: 'access',
	});
	const [item] = await itemsOf(context, operations, LagoClient.of);
	return item?.json as IDataObject;
};
const ofCustomer = async (parameters: IDataObject = {}) =>
	(await run('getCustomer', parameters)) as unknown as { customer: IDataObject; subscriptions: IDataObject[] };
const calls = (): string[] =>
	lago.calls.map(({ method, path }) => `${method} ${path.replace('/api/v1', '').replace(/[0-9a-f-]{36}/, ':id')}`);

test('who, why, until when: the whole answer', async () => {
	const invoice = overdue(3);
	const day = new Date(`${invoice.payment_due_date}T00:00:00Z`).getTime();
	const iso = (time: number): string => new Date(time).toISOString().replace('.000Z', 'Z');
	const reason = {
		rule: 'restrict_after_days',
		invoice_id: invoice.lago_id,
		invoice_number: invoice.number,
		amount_cents: 10_000,
		currency: 'EUR',
		since: iso(day + DAY),
		clears_when: `EUR 100.00 is paid on invoice ${invoice.number}`,
	};
	const same = {
		state: 'grace',
		since: iso(day + DAY),
		until: iso(day + 7 * DAY),
		next_change_at: iso(day + 7 * DAY),
		overdue: [{ currency: 'EUR', amount_cents: 10_000 }],
		days_overdue: 3,
		reasons: [reason],
	};
	expect(await ofCustomer({ restrictAfterDays: 7 })).toEqual({
		customer: { external_id: customer, ...same },
		subscriptions: [{ external_id: `sub_${customer}`, ...same }],
	});
});

test('two calls and one for the unpaid invoice; the second time two', async () => {
	overdue(3);
	for (let paid = 0; paid < 20; paid++) issue({ paymentStatus: 'succeeded' });
	await ofCustomer({ restrictAfterDays: 7 });
	expect(calls().sort()).toEqual(['GET /invoices', 'GET /invoices/:id', 'GET /subscriptions']);
	lago.calls.length = 0;
	await ofCustomer({ restrictAfterDays: 1 });
	expect(calls().sort()).toEqual(['GET /invoices', 'GET /subscriptions']);
});

test('an unpaid invoice behind a hundred newer ones counts', async () => {
	overdue(30);
	for (let paid = 0; paid < 110; paid++) issue({ paymentStatus: 'succeeded' });
	expect((await ofCustomer({ restrictAfterDays: 7 })).customer).toMatchObject({
		state: 'restricted',
		days_overdue: 30,
	});
});

test.each([true, false])(
	'access comes back when the invoice is paid (premium: %s), and goes when a dispute is lost',
	async (premium) => {
		lago.premium = premium;
		const invoice = overdue(30);
		const policy = { restrictAfterDays: 7, restrictImmediately: true };
		expect((await ofCustomer(policy)).customer.state).toBe('restricted');
		if (premium) lago.payManually(invoice.lago_id, 10_000);
		else invoice.payment_status = 'succeeded';
		expect((await ofCustomer(policy)).customer).toMatchObject({ state: 'active', overdue: [], reasons: [] });
		invoice.payment_dispute_lost_at = new Date().toISOString();
		expect((await ofCustomer(policy)).customer).toMatchObject({
			state: 'restricted',
			reasons: [{ amount_cents: 10_000 }],
		});
		lago.setMetadata(invoice.lago_id, { dodo_state: 'v1;paid;a=1;w=1' });
		expect((await ofCustomer(policy)).customer.state).toBe('active');
	},
);

test('immediately counts from the first failure that is written on the invoice', async () => {
	const failedAt = Math.floor(Date.now() / 1000) - 86_400;
	issue({ paymentStatus: 'failed', metadata: { dodo_state: `v1;failed;a=2;f=1;s=${failedAt}` } });
	expect((await ofCustomer({ restrictImmediately: true })).customer).toMatchObject({
		state: 'restricted',
		since: new Date(failedAt * 1000).toISOString().replace('.000Z', 'Z'),
	});
	expect((await ofCustomer({ restrictImmediately: true, graceDays: 2 })).customer.state).toBe('grace');
});

test('a first payment that is under way has not come', async () => {
	issue({ reason: 'subscription_starting', metadata: { dodo_state: 'v1;processing;a=1' } });
	expect((await ofCustomer({ waitForFirstPayment: true })).subscriptions).toMatchObject([
		{
			state: 'pending_payment',
			reasons: [{ rule: 'first_payment', clears_when: expect.stringContaining('a payment is under way') }],
		},
	]);
	expect((await ofCustomer()).subscriptions).toMatchObject([{ state: 'active' }]);
});

test('one subscription, and what is said of one that does not exist', async () => {
	overdue(30);
	expect(await run('getSubscription', { subscription: `sub_${customer}`, restrictAfterDays: 7 })).toMatchObject({
		external_id: `sub_${customer}`,
		state: 'restricted',
	});
	await expect(run('getSubscription', { subscription: 'sub_other' })).rejects.toMatchObject({
		message: `Customer ${customer} has no subscription sub_other`,
		description: `Their subscriptions are: sub_${customer}.`,
	});
});

test('a customer that Lago does not know, and fields that make no sense, are told', async () => {
	await expect(run('getCustomer', { customer: 'nobody' })).rejects.toMatchObject({
		message: expect.stringContaining('customer_not_found'),
	});
	issue();
	await expect(ofCustomer({ restrictAbove: 'EUR:50.00' })).rejects.toMatchObject({
		message: '"Restrict Above Overdue Amount": "EUR:50.00" is not a limit; one looks like EUR:5000, which is EUR 50.00',
	});
	await expect(ofCustomer({ graceDays: 1.5 })).rejects.toMatchObject({
		message: '"Grace Days" must be a whole number of at least 0',
	});
});

test.each(['.', '..'])('the customer %s leads nowhere else: nobody is asked for it by its path', async (id) => {
	await expect(ofCustomer({ customer: id })).rejects.toMatchObject({
		message: expect.stringContaining('customer_not_found'),
	});
	expect(calls().sort()).toEqual(['GET /invoices', 'GET /subscriptions']);
});

test.each([
	['Bearer token', true],
	['bearer token', true],
	['BEARER  token ', true],
	['Bearer Token', false],
	['Basic token', false],
	['token', false],
	['Bearer', false],
	['Bearer ', false],
	[undefined, false],
])('%p carries the token: %p', (header, carries) => {
	expect(isBearer(header, 'token')).toBe(carries);
	expect(isBearer(header, '')).toBe(false);
});

test('nothing is written', async () => {
	overdue(30);
	await ofCustomer({ restrictAfterDays: 7, waitForFirstPayment: true, keepPrepaidPeriod: true });
	expect(lago.calls.every(({ method }) => method === 'GET')).toBe(true);
});
