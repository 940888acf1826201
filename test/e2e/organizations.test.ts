import { WORKFLOW_ID } from '../../docker/entrypoint/workflow';
import { startLagoSimulator, type LagoSimulator } from '../../sandbox/simulators';
import type { Checkout } from '../../sandbox/dodo/state';
import type { Invoice } from '../../sandbox/lago/documents';
import type { WorkflowJson } from '../../scripts/n8n/provision';
import { startSync, waitFor, withoutClock, type Sync } from '../support/sync';
import { secondSync } from './secondSync';

/**
 * One n8n, two Lago organisations on one business of Dodo's: the full sync twice, each with its own credential of Lago. Both hear of everything
 * that happens at Dodo; nothing of one organisation touches the other, whose customers have the same ids.
 */
let sync: Sync;
let second: LagoSimulator;
let secondId: string;

/** Known to both. */
const CUSTOMER = 'same-id';

/** Restricts who is a day late, when it is asked to look. */
function prepare(workflow: WorkflowJson): void {
	withoutClock(workflow);
	for (const node of workflow.nodes) {
		if (node.name === 'Choose the Customer') node.parameters.customer = { __rl: true, mode: 'id', value: CUSTOMER };
		if (['Check Access', 'Update Access'].includes(node.name)) delete node.disabled;
		if (node.name === 'Update Access')
			Object.assign(node.parameters, {
				restrictAfterDays: 1,
				scope: 'customer',
				writeTo: 'metadata',
				metadataKey: 'access_state',
			});
	}
}

beforeAll(async () => {
	second = await startLagoSimulator({ timeScale: 100 });
	sync = await startSync({ registration: 'manual', change: prepare });
	const secret = `whsec_${Buffer.from('the second endpoint at Dodo').toString('base64')}`;
	const { apiKey, url: baseUrl } = sync.dodo;
	const dodo = await sync.n8n.addCredential('dodoPaymentsApi', {
		environment: 'test',
		apiKey,
		baseUrl,
		webhookSecret: secret,
	});
	const lago = await sync.n8n.addCredential('lagoBillingApi', {
		baseUrl: second.url,
		apiKey: second.apiKey,
		webhookHmacKey: second.hmacKey,
	});
	const imported = await sync.n8n.importWorkflow(secondSync('second', 'manual', prepare), [
		{ ...lago, type: 'lagoBillingApi', data: {} },
		{ ...dodo, type: 'dodoPaymentsApi', data: {} },
	]);
	secondId = imported.id;
	await imported.publish();
	sync.dodo.addWebhook({ url: sync.n8n.hook('dodo-second'), secret });
	second.addEndpoint({ url: sync.n8n.hook('lago-second') });
}, 900_000);

afterAll(async () => {
	await sync?.stop();
	await second?.close();
});

const quiet = async (): Promise<void> => {
	await sync.quiet();
	await second.idle();
	await sync.quiet();
};
/** Everything that an organisation has, but for the day of its clock. */
const bookOf = ({ state }: LagoSimulator): unknown =>
	structuredClone(
		[state.invoices, state.payments, state.creditNotes, state.customers].map((map) => [...map.entries()]),
	);
const checkoutOf = ({ lago_id }: Invoice): Checkout =>
	[...sync.dodo.state.checkouts.values()].find(({ metadata }) => metadata.lago_invoice_id === lago_id) as Checkout;
const held = (): number =>
	Number(
		sync.n8n.sql(`SELECT count(*) AS count FROM execution_metadata WHERE "key" = 'outcome' AND value = 'held'`)[0]
			?.count,
	);

describe.each<[string, () => [LagoSimulator, LagoSimulator, string]]>([
	['the first', () => [sync.lago, second, WORKFLOW_ID]],
	['the second', () => [second, sync.lago, secondId]],
])('%s organisation', (name, sides) => {
	let mine: LagoSimulator;
	let theirs: LagoSimulator;
	let workflowId: string;
	let before: unknown;
	let heldBefore: number;

	beforeAll(() => {
		[mine, theirs, workflowId] = sides();
	});
	beforeEach(async () => {
		await quiet();
		before = bookOf(theirs);
		heldBefore = held();
		theirs.calls.length = 0;
	});
	// Of every story: the other organisation's books are as they were, and nobody has to look at anything.
	afterEach(async () => {
		await quiet();
		expect(bookOf(theirs)).toEqual(before);
		expect(theirs.calls.filter(({ method }) => method !== 'GET')).toEqual([]);
		expect(held()).toBe(heldBefore);
	});

	const issue = async (customer = CUSTOMER, amountCents = 10_000): Promise<Invoice> => {
		const invoice = mine.issueInvoice({ customer: { external_id: customer }, fees: [{ amountCents }] });
		await quiet();
		return invoice;
	};
	const paid = async (): Promise<{ invoice: Invoice; paymentId: string }> => {
		const invoice = await issue();
		const { payment_id: paymentId } = sync.dodo.payCheckout(checkoutOf(invoice).id);
		await quiet();
		expect(invoice.payment_status).toBe('succeeded');
		return { invoice, paymentId };
	};
	const notesOf = ({ lago_id }: Invoice) =>
		[...mine.state.creditNotes.values()].filter(({ invoice }) => invoice.lago_id === lago_id);

	test('a link that is opened, declined, and paid', async () => {
		const invoice = await issue(`${name} alone`);
		const link = /;l=(.+)$/.exec(mine.metadataOf(invoice.lago_id, 'dodo_state') ?? '')?.[1] ?? '';
		const led = await fetch(link, { redirect: 'manual' });
		expect(led.headers.get('location')).toContain(checkoutOf(invoice).id);
		sync.dodo.payCheckout(checkoutOf(invoice).id, { card: '4000000000009995' });
		await quiet();
		expect(invoice.payment_status).toBe('failed');
		sync.dodo.payCheckout(checkoutOf(invoice).id);
		await quiet();
		expect(invoice.payment_status).toBe('succeeded');
	});

	test('refunds from both sides, once each', async () => {
		const { invoice, paymentId } = await paid();
		sync.dodo.refundPayment(paymentId, { amount: 1_000 });
		await waitFor(() => notesOf(invoice).length === 1);
		await quiet();
		const note = mine.createCreditNoteInUi(invoice.lago_id, {
			refund_amount_cents: 2_000,
			items: [{ fee_id: invoice.fees[0]?.lago_id ?? '', amount_cents: 2_000 }],
		});
		await waitFor(() => note.refund_status === 'succeeded');
		await quiet();
		const refunds = [...sync.dodo.state.refunds.values()].filter(({ payment_id }) => payment_id === paymentId);
		expect(refunds.map(({ amount }) => amount)).toEqual([1_000, 2_000]);
		expect(notesOf(invoice)).toHaveLength(2);
	});

	test('a dispute that is lost', async () => {
		const { invoice, paymentId } = await paid();
		const { dispute_id } = sync.dodo.openDispute(paymentId);
		sync.dodo.moveDispute(dispute_id, 'lost');
		await waitFor(() => invoice.payment_dispute_lost_at !== null);
	});

	test('a mandate, and a charge by it', async () => {
		const run = await sync.n8n.executeFrom('Set Up Automatic Payment', workflowId);
		const [link] = run.items('Make the Link');
		const { subscription_id: mandate } = sync.dodo.activateMandate(String(link?.checkoutSessionId));
		await quiet();
		const kept = mine.state.customers.get(CUSTOMER)?.metadata.map(({ value }) => value);
		expect(kept).toContain(mandate);
		const invoice = await issue();
		await waitFor(() => invoice.payment_status === 'succeeded');
		const charged = [...sync.dodo.state.payments.values()].filter(({ subscription_id }) => subscription_id === mandate);
		expect(charged.filter(({ total_amount }) => total_amount > 0)).toHaveLength(1);
	});

	test('who is late loses access here, and nobody there', async () => {
		const customer = 'late';
		const invoice = await issue(customer);
		invoice.payment_due_date = '2026-01-01';
		mine.markOverdue(invoice.lago_id);
		await quiet();
		for (const id of [WORKFLOW_ID, secondId]) await sync.n8n.executeFrom('Check Access', id);
		const accessOf = ({ state }: LagoSimulator): string[] =>
			(state.customers.get(customer)?.metadata ?? []).flatMap(({ key, value }) =>
				key === 'access_state' ? [String(value)] : [],
			);
		expect(accessOf(mine)).toEqual([expect.stringContaining('restricted')]);
	});
});
