import { startDodoSimulator, type DodoSimulator } from '../../sandbox/simulators';
import type { Invoice } from '../../sandbox/lago/documents';
import type { WorkflowJson } from '../../scripts/n8n/provision';
import { WORKFLOW_ID } from '../../docker/entrypoint/workflow';
import { callerOf } from '../contract/helpers';
import { startSync, waitFor, withoutClock, type Sync } from '../support/sync';
import { secondSync } from './secondSync';

/**
 * One n8n, one Lago organisation, two billing entities on two businesses of Dodo's: the full sync twice, each with its filter and its own
 * credential. No event of one touches the other.
 */
let sync: Sync;
let south: DodoSimulator;
let southId: string;

/** Has invoices of both. */
const CUSTOMER = 'both-sides';

/** Works for these billing entities. */
function narrow(workflow: WorkflowJson, billingEntities: string[]): void {
	for (const { name, type, parameters } of workflow.nodes) {
		if (name === 'Choose the Customer') parameters.customer = { __rl: true, mode: 'id', value: CUSTOMER };
		const isLook = type.endsWith('.lago') && parameters.operation === 'getMissed';
		if (isLook || /\.lago(PayPage|Access)?Trigger$/.test(type)) parameters.billingEntities = billingEntities;
		if (type.endsWith('.lago') && parameters.operation === 'getAll')
			parameters.filters = { ...(parameters.filters as object), billing_entity_codes: billingEntities };
	}
}

let publication: { publish(): Promise<void>; unpublish(): Promise<void> };

beforeAll(async () => {
	south = await startDodoSimulator({ timeScale: 100 });
	sync = await startSync({
		registration: 'automatic',
		change: (workflow) => {
			withoutClock(workflow);
			narrow(workflow, ['north']);
		},
	});
	const call = callerOf(sync.lago.url, sync.lago.apiKey);
	for (const code of ['north', 'south'])
		await call('POST', '/api/v1/billing_entities', { billing_entity: { code, name: `Acme ${code}` } });
	const credential = await sync.n8n.addCredential('dodoPaymentsApi', {
		environment: 'test',
		apiKey: south.apiKey,
		baseUrl: south.url,
	});
	const imported = await sync.n8n.importWorkflow(
		secondSync('south', 'automatic', (workflow) => narrow(workflow, ['south'])),
		[
			{ id: 'lagoCredential01', name: 'Lago', type: 'lagoBillingApi', data: {} },
			{ ...credential, type: 'dodoPaymentsApi', data: {} },
		],
	);
	southId = imported.id;
	publication = imported;
	await publication.publish();
	await waitFor(() => sync.lago.state.endpoints.size === 2 && south.state.webhooks.size === 1);
}, 900_000);

afterAll(async () => {
	await sync?.stop();
	await south?.close();
});

const dodoOf = (entity: string): DodoSimulator => (entity === 'north' ? sync.dodo : south);
const quiet = async (): Promise<void> => {
	await sync.quiet();
	await south.idle();
	await sync.lago.idle();
};
const issue = async (entity: string, customer?: string): Promise<Invoice> => {
	const invoice = sync.lago.issueInvoice({
		billingEntityCode: entity,
		...(customer === undefined ? {} : { customer: { external_id: customer } }),
	});
	await quiet();
	return invoice;
};
const named = ({ lago_id }: Invoice, { state }: DodoSimulator) =>
	[...state.checkouts.values()].filter(({ metadata }) => metadata.lago_invoice_id === lago_id);
/** Executions by workflow. */
const executed = (): Record<string, number> =>
	Object.fromEntries(
		sync.n8n
			.sql('SELECT "workflowId" AS id, count(*) AS count FROM execution_entity GROUP BY "workflowId"')
			.map(({ id, count }) => [String(id), Number(count)]),
	);
const ran = (before: Record<string, number>): [north: number, south: number] => {
	const now = executed();
	const since = (id: string): number => (now[id] ?? 0) - (before[id] ?? 0);
	return [since(WORKFLOW_ID), since(southId)];
};
const cases: Array<[string, string]> = [
	['north', 'south'],
	['south', 'north'],
];

test('each workflow has an endpoint of its own at Lago and at its own business', () => {
	const urls = [...sync.lago.state.endpoints.values()].map(({ webhook_url }) => webhook_url).sort();
	expect(urls).toEqual([sync.n8n.hook('lago'), sync.n8n.hook('lago-south')]);
	expect([...sync.dodo.state.webhooks.values()].map(({ url }) => url)).toEqual([sync.n8n.hook('dodo')]);
	expect([...south.state.webhooks.values()].map(({ url }) => url)).toEqual([sync.n8n.hook('dodo-south')]);
});

test.each(cases)('%s: link, payment, refund and dispute, and nothing of it at %s', async (entity, other) => {
	const [dodo, strange] = [dodoOf(entity), dodoOf(other)];
	const before = executed();
	const callsBefore = strange.calls.length;
	const invoice = await issue(entity);
	const [checkout] = named(invoice, dodo);
	const payment = dodo.payCheckout(String(checkout?.id), {});
	await quiet();
	expect(invoice.payment_status).toBe('succeeded');
	expect(sync.bookedOn(invoice)).toMatchObject([{ reference: payment.payment_id }]);
	dodo.refundPayment(payment.payment_id, { amount: 1_000 });
	await waitFor(() => sync.notesOf(invoice).length === 1);
	await quiet();
	const dispute = dodo.openDispute(payment.payment_id);
	dodo.moveDispute(dispute.dispute_id, 'lost');
	await waitFor(() => invoice.payment_dispute_lost_at !== null);
	await quiet();
	// The credential may be used by the clock, which stands still here.
	expect(strange.calls.length).toBe(callsBefore);
	const [ofNorth, ofSouth] = ran(before);
	const [own, strangers] = entity === 'north' ? [ofNorth, ofSouth] : [ofSouth, ofNorth];
	expect(own).toBeGreaterThanOrEqual(4);
	expect(strangers).toBe(0);
});

test('one customer with a mandate at each: each invoice is charged at its own business', async () => {
	sync.lago.issueInvoice({ emit: false, customer: { external_id: CUSTOMER }, paymentStatus: 'succeeded' });
	for (const [dodo, workflowId] of [
		[sync.dodo, WORKFLOW_ID],
		[south, southId],
	] as const) {
		const run = await sync.n8n.executeFrom('Set Up Automatic Payment', workflowId);
		const [link] = run.items('Make the Link');
		dodo.activateMandate(String(link?.checkoutSessionId));
		await quiet();
	}
	const kept = sync.lago.state.customers.get(CUSTOMER)?.metadata ?? [];
	expect(kept.map(({ key }) => key).sort()).toEqual(
		[
			'dodo_customer_id',
			'dodo_subscription_id',
			`dodo_cus_${south.state.businessId.slice(-8)}`,
			`dodo_sub_${south.state.businessId.slice(-8)}`,
		].sort(),
	);
	for (const entity of ['south', 'north']) {
		const invoice = await issue(entity, CUSTOMER);
		await waitFor(() => invoice.payment_status === 'succeeded');
		const [{ reference } = { reference: '' }] = sync.bookedOn(invoice);
		expect(dodoOf(entity).state.payments.has(String(reference))).toBe(true);
	}
});

test('"Retry payment" and a page reach both: the other one leaves it alone', async () => {
	const invoice = await issue('south');
	const calls = sync.dodo.calls.length;
	sync.lago.retryPayment(invoice.lago_id);
	await quiet();
	expect(named(invoice, sync.dodo)).toEqual([]);
	expect(sync.dodo.calls.slice(calls).filter(({ method }) => method !== 'GET')).toEqual([]);
	const token = new URL(/l=(\S+)$/.exec(sync.stateOf(invoice))?.[1] ?? '').searchParams.get('t');
	const visit = async (path: string): Promise<number> =>
		(await fetch(`${sync.n8n.hook(path)}?t=${token}`, { redirect: 'manual' })).status;
	expect([await visit('pay'), await visit('pay-south')]).toEqual([404, 302]);
});

test('unpublishing one takes away its own endpoints only', async () => {
	await publication.unpublish();
	await waitFor(() => sync.lago.state.endpoints.size === 1 && south.state.webhooks.size === 0);
	expect([...sync.lago.state.endpoints.values()].map(({ webhook_url }) => webhook_url)).toEqual([
		sync.n8n.hook('lago'),
	]);
	expect(sync.dodo.state.webhooks.size).toBe(1);
});
