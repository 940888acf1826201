import { N8N_1_VERSION as VERSION } from '../../scripts/n8n/prefix';
import { withFixedPaths, type WorkflowJson } from '../../scripts/n8n/provision';
import { readTemplate, type ImportedWorkflow } from '../support/n8n';
import { letAMinutePass, lookAtAll, startSync, waitFor, withoutClock, type Sync } from '../support/sync';
import { roundTrip } from './roundTrip';

let sync: Sync;
let workflow: ImportedWorkflow;

/** A look begins when the test asks for it. */
const lookedForByHand = (template: WorkflowJson): WorkflowJson => {
	for (const node of template.nodes)
		if (node.name === 'Every 5 Minutes')
			Object.assign(node, {
				type: 'n8n-nodes-base.webhook',
				typeVersion: 2,
				webhookId: '5f1d7d9a-1c1e-4b67-9a35-0f6f5b7a2c10',
				parameters: {
					httpMethod: 'GET',
					path: 'look',
					responseMode: 'lastNode',
					responseData: 'allEntries',
					options: {},
				},
			});
	withoutClock(template);
	lookAtAll(template);
	return template;
};

beforeAll(async () => {
	sync = await startSync({ registration: 'automatic', version: VERSION, template: null });
	workflow = await sync.n8n.importWorkflow(withFixedPaths(lookedForByHand(readTemplate('lago-dodo-sync.json'))));
	await workflow.publish();
}, 900_000);

afterAll(async () => {
	await sync?.stop();
});

beforeEach(() => sync.reset());

const endpoints = (): string[] => [
	...[...sync.lago.state.endpoints.values()].map(({ webhook_url }) => webhook_url),
	...[...sync.dodo.state.webhooks.values()].map(({ url }) => url),
];
/** Waits until n8n listens again: it has no template from the start that one could wait for. */
const restart = async (): Promise<void> => {
	await sync.n8n.killAndRestart();
	await Promise.all([sync.n8n.process.waitForWebhook('lago'), sync.n8n.process.waitForWebhook('dodo')]);
};

test('the package loads; the template imports, registers both endpoints when it is activated and removes them when it is not', async () => {
	expect(sync.n8n.process.log()).toContain(`Version: ${VERSION}`);
	const both = [sync.n8n.hook('lago'), sync.n8n.hook('dodo')];
	expect(endpoints()).toEqual(both);
	await workflow.unpublish();
	await waitFor(() => endpoints().length === 0);
	await workflow.publish();
	expect(endpoints()).toEqual(both);
});

test('collect, settle, and a refund from either side', async () => {
	await roundTrip(sync);
	expect([...sync.lago.deliveries, ...sync.dodo.deliveries].map(({ status }) => status)).toEqual(
		expect.not.arrayContaining([500]),
	);
});

test('a click on a pay link leads to the checkout, and to a page when it is paid or forged', async () => {
	const invoice = await sync.issue();
	const link = /;l=(.+)$/.exec(sync.stateOf(invoice))?.[1] ?? '';
	const click = async (address: string) => {
		const answer = await fetch(address, { redirect: 'manual' });
		return [answer.status, answer.headers.get('location') ?? (await answer.text())];
	};
	expect(await click(link)).toEqual([302, `${sync.dodo.url}/session/${sync.checkoutOf(invoice).id}`]);
	await sync.pay(invoice);
	expect(await click(link)).toEqual([200, expect.stringContaining('is paid')]);
	expect(await click(`${link.slice(0, -1)}_`)).toEqual([403, expect.stringContaining('not valid')]);
});

test('copies of an event are executed once: at the same time, one after the other, and after a restart', async () => {
	const invoice = await sync.issue();
	sync.dodo.knobs.copies = 4;
	await sync.pay(invoice);
	await waitFor(() => sync.dodo.deliveries.filter(({ status }) => status === 200).length === 4);
	expect(sync.dodo.deliveries.every(({ status }) => status === 200 || status === 503)).toBe(true);
	const before = await sync.n8n.newestId();
	const [issued, paid] = [
		sync.lago.deliveries.find(({ event }) => event === 'invoice.created'),
		sync.dodo.deliveries.find(({ event }) => event === 'payment.succeeded'),
	];
	if (issued === undefined || paid === undefined) throw new Error('Nothing was delivered');
	for (const inBetween of [async () => await Promise.resolve(), restart]) {
		await inBetween();
		const copies = [await sync.postLago(issued.body, issued.headers), await sync.postDodo(paid.body, paid.headers)];
		for (const copy of copies)
			expect([copy.status, await copy.json()]).toEqual([200, { message: 'Already processed', duplicate: true }]);
		expect(await sync.n8n.newestId()).toBe(before);
	}
	expect(sync.bookedOn(invoice)).toHaveLength(1);
	expect(sync.checkoutsOf(invoice)).toHaveLength(1);
});

test('while Lago is down the webhook gets 500 and its redelivery succeeds', async () => {
	sync.lago.faults.add({ method: 'GET', path: /invoices/, kind: '502', times: 1_000 });
	const invoice = sync.lago.issueInvoice();
	// The operations try for as long as Lago waits.
	await waitFor(() => sync.lago.deliveries.some(({ status }) => status === 500));
	sync.lago.faults.clear();
	await waitFor(() => sync.lago.deliveries.some(({ status }) => status === 200));
	expect(sync.checkoutsOf(invoice)).toHaveLength(1);
});

test('an invoice that nobody announced is collected by a look', async () => {
	const invoice = sync.lago.issueInvoice({ emit: false });
	letAMinutePass(sync);
	expect((await fetch(sync.n8n.hook('look'))).status).toBe(200);
	const run = await sync.n8n.lastRunOf('Save the Progress');
	expect(run.items('Save the Progress')).toMatchObject([{ outcome: 'reconciled', missed: 1, healed: 1, failed: 0 }]);
	expect(sync.lago.metadataOf(invoice.lago_id, 'dodo_payment_id')).toBe(sync.checkoutOf(invoice).id);
});

test('nothing is executed for a delivery that is not signed', async () => {
	const before = await sync.n8n.newestId();
	expect([(await sync.postDodo('{}', {})).status, (await sync.postLago('{}', {})).status]).toEqual([401, 401]);
	expect(await sync.n8n.newestId()).toBe(before);
});
