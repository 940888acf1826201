import { randomUUID } from 'node:crypto';
import type { IDataObject, IExecuteFunctions, WorkflowExecuteMode } from 'n8n-workflow';
import { operations } from '../../nodes/Lago/actions/operations';
import { LagoClient } from '../../nodes/Lago/transport/client';
import { processedEventsOf } from '../../nodes/shared/webhook/processedEvents';
import type { Invoice, PaymentRequest } from '../../sandbox/lago/documents';
import { executeContext, itemsOf } from '../support/executeContext';
import { world } from '../support/oneWorld';

/** Payment requests that no webhook brought: found in bulk, handed on until they are processed, and no longer. */
const BASE = { organizationId: null, webhookBaseUrl: 'https://n8n.example/webhook' };
/** As the look of five minutes ago left it. */
const LOOKED = { until: Math.floor(Date.now() / 1000) - 360, waiting: {} };
let workflow: { id: string; data: IDataObject };

beforeEach(() => {
	world.lago.premium = true;
	world.lago.state.paymentRequests.clear();
	workflow = { id: randomUUID(), data: { lago: BASE, paymentRequests: LOOKED } };
});

const inWorkflow = (): Pick<IExecuteFunctions, 'getWorkflow' | 'getWorkflowStaticData'> => ({
	getWorkflow: () => ({ id: workflow.id, name: '', active: true }),
	getWorkflowStaticData: () => workflow.data,
});

interface Look {
	items: IDataObject[];
	/** Calls to Lago. */
	calls: string[];
}

async function look(billingEntities: string[] = [], mode: WorkflowExecuteMode = 'trigger'): Promise<Look> {
	const context = executeContext({
		parameters: { resource: 'paymentRequest', operation: 'getMissed', billingEntities },
		credential: { baseUrl: world.lago.url, webhookHmacKey: 'hmac' },
		credentialId: world.lago.url,
		mode,
	});
	Object.assign(context, inWorkflow());
	world.lago.calls.length = 0;
	const items = (await itemsOf(context, operations, LagoClient.of)).map(({ json }) => json);
	return { items, calls: world.lago.calls.map(({ path }) => path.replace('/api/v1', '')) };
}
/** What Mark as Processed does at the end of the lane. */
function processed(items: IDataObject[]): void {
	for (const { delivery } of items)
		processedEventsOf(inWorkflow() as IExecuteFunctions).mark(delivery as { id: null; about: string });
}
const idsOf = ({ items }: Look): string[] => items.map(({ data }) => (data as { lago_id: string }).lago_id);

function ask(minutesAgo = 5, invoices = 2): { request: PaymentRequest; invoices: Invoice[] } {
	const external_id = `c-${randomUUID()}`;
	const issued = Array.from({ length: invoices }, () =>
		world.issue({ customer: { external_id }, fees: [{ amountCents: 1_000 }], dueInDays: -3 }),
	);
	for (const { lago_id } of issued) world.lago.markOverdue(lago_id);
	const request = world.lago.requestPayment(issued.map(({ lago_id }) => lago_id));
	request.created_at = new Date(Date.now() - minutesAgo * 60_000).toISOString();
	return { request, invoices: issued };
}

test('one that nobody brought is given out as by the trigger, until it was processed', async () => {
	const { request } = ask();
	const first = await look();
	expect(first.calls).toEqual(['/payment_requests', '/invoices']);
	expect(first.items).toMatchObject([
		{
			event: 'payment_request.created',
			objectType: 'payment_request',
			webhookBaseUrl: BASE.webhookBaseUrl,
			delivery: { id: null },
			data: { lago_id: request.lago_id, invoices: [{}, {}] },
		},
	]);
	const how = { began: first.items[0] };
	const fields = { source: 'request', request: '', payLinkAddress: '/pay' };
	const due = await world.onLago('paymentRequest', 'get', fields, {}, how);
	expect(due).toMatchObject({ outcome: 'payable', amount: 2_000, payLink: expect.stringContaining('/pay?c=') });
	// The mail has failed.
	expect(idsOf(await look())).toEqual([request.lago_id]);
	processed(first.items);
	const after = await look();
	expect([after.items, after.calls]).toEqual([[], ['/payment_requests']]);
});

test.each<[string, (asked: { request: PaymentRequest; invoices: Invoice[] }) => unknown]>([
	['it is so young that its event may come', ({ request }) => (request.created_at = new Date().toISOString())],
	['Lago collected it by a provider of its own', ({ request }) => (request.payment_status = 'succeeded')],
	[
		'all of it is paid',
		({ invoices }) => invoices.forEach(({ lago_id }) => world.lago.payManually(lago_id, 1_000, 'bank')),
	],
	[
		'the customer has made the one checkout of it',
		async ({ invoices: [one] }) => await world.linkAll(await world.allDue(String(one?.customer.external_id))),
	],
	[
		'it is of long ago, and nothing is known of it',
		({ request }) => (request.created_at = new Date(Date.now() - 90_000_000).toISOString()),
	],
])('nobody is asked: %s', async (_case, happens) => {
	await happens(ask());
	expect((await look()).items).toEqual([]);
});

test('an outage of days: what was made meanwhile is found, and what has waited since before', async () => {
	const waits = ask();
	const done = ask();
	processed((await look()).items.filter(({ data }) => (data as IDataObject).lago_id === done.request.lago_id));
	expect(idsOf(await look())).toEqual([waits.request.lago_id]);
	const seen = workflow.data.paymentRequests as { until: number; waiting: Record<string, number> };
	const meanwhile = ask();
	// Three days later, when no mark is left.
	const DAYS_S = 3 * 86_400;
	for (const { request } of [waits, done, meanwhile])
		request.created_at = new Date(Date.parse(request.created_at) - DAYS_S * 1_000).toISOString();
	meanwhile.request.created_at = new Date((seen.until - DAYS_S + 30) * 1_000).toISOString();
	const waiting = Object.fromEntries(Object.entries(seen.waiting).map(([id, at]) => [id, at - DAYS_S]));
	workflow = { id: randomUUID(), data: { paymentRequests: { until: seen.until - DAYS_S, waiting } } };
	expect(idsOf(await look()).sort()).toEqual([waits.request.lago_id, meanwhile.request.lago_id].sort());
});

test('who knows nothing of before asks nobody: a worker never, a new n8n those of the last day by its second look', async () => {
	const { request } = ask();
	workflow.data = {};
	expect(await look()).toEqual({ items: [], calls: [] });
	expect(idsOf(await look())).toEqual([request.lago_id]);
});

test('a person at the editor gets those of the last day, whatever is known of before', async () => {
	const { request } = ask();
	workflow.data = {};
	expect(idsOf(await look([], 'manual'))).toEqual([request.lago_id]);
});

test('many: oldest first, as many as fit, the rest in the next look; two pages are two calls', async () => {
	const asked = Array.from({ length: 103 }, (_one, place) => ask(200 - place, 1).request.lago_id);
	const first = await look();
	expect(idsOf(first)).toEqual(asked.slice(0, 20));
	expect(first.calls.filter((path) => path === '/payment_requests')).toHaveLength(2);
	expect(first.calls).toHaveLength(22);
	processed(first.items);
	expect(idsOf(await look())).toEqual(asked.slice(20, 40));
});

test('those of other billing entities are left to others', async () => {
	const entity = (code: string) => ({
		lago_id: randomUUID(),
		code,
		name: code,
		country: null,
		default_currency: 'EUR',
	});
	for (const code of ['acme_de', 'acme_fr'])
		world.lago.state.billingEntities.set(code, { ...entity(code), created_at: '2026-01-01T00:00:00Z' });
	const [ours, theirs] = [ask(), ask()];
	for (const one of ours.invoices) one.billing_entity_code = 'acme_de';
	for (const one of theirs.invoices) one.billing_entity_code = 'acme_fr';
	const { items } = await look(['acme_de']);
	expect(items).toMatchObject([{ data: { lago_id: ours.request.lago_id }, billingEntities: ['acme_de'] }]);
});

test.each<[string, string | null, string, string | null]>([
	['has an address', 'pay@globex.example', '/pay', null],
	['has none: a person is told, with the link', null, '/pay', 'no_email'],
	['has an empty one', '', '/pay', 'no_email'],
	['has none, and no mail is meant', null, '', null],
])('the payer %s', async (_case, email, payLinkAddress, reason) => {
	const { request, invoices } = ask();
	request.email = email;
	for (const { customer } of [request, ...invoices]) customer.email = email;
	const [item] = (await look()).items;
	const fields = { source: 'request', request: '', payLinkAddress };
	const due = await world.onLago('paymentRequest', 'get', fields, {}, { began: item });
	expect(due).toMatchObject({ outcome: reason === null ? 'payable' : 'held', amount: 2_000, invoiceCount: 2 });
	expect([due.reason ?? null, due.payLink !== null]).toEqual([reason, payLinkAddress !== '']);
});

test('a path of which nobody tells what it belongs to fails, and no mail goes out without a link', async () => {
	ask();
	workflow.data = { paymentRequests: LOOKED };
	const [item] = (await look()).items;
	const fields = { source: 'request', request: '', payLinkAddress: '/pay' };
	await expect(world.onLago('paymentRequest', 'get', fields, {}, { began: item })).rejects.toThrow(/not the address/);
});
