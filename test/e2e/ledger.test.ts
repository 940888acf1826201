import { randomUUID } from 'node:crypto';
import { signedByDodo, startSync, waitFor, type Sync } from '../support/sync';
import { readTemplate, WORKFLOW_ID } from '../support/n8n';

let sync: Sync;

beforeAll(async () => {
	sync = await startSync({ registration: 'manual' });
}, 900_000);
afterAll(async () => {
	await sync?.stop();
});

/** One delivery of each service, again and again with the same identity; a payment of something else than an invoice needs no books. */
const body = JSON.stringify({
	business_id: 'bus_1',
	type: 'payment.succeeded',
	timestamp: new Date().toISOString(),
	data: {
		payload_type: 'Payment',
		payment_id: 'pay_other',
		status: 'succeeded',
		total_amount: 100,
		currency: 'EUR',
		metadata: {},
	},
});
const dodoDelivery = (id: string) => async () =>
	await sync.postDodo(body, signedByDodo(sync.dodo, body, sync.dodoSecret, { id }));
const lagoDelivery = (key: string, text: string) => async () =>
	await sync.postLago(text, { ...sync.lago.sign(text), 'X-Lago-Unique-Key': key });
const invoiceEvent = (): string =>
	JSON.stringify({
		webhook_type: 'invoice.created',
		object_type: 'invoice',
		organization_id: 'org',
		invoice: { lago_id: sync.lago.issueInvoice({ emit: false }).lago_id },
	});

const duplicate = { message: 'Already processed', duplicate: true };
const executionsAfter = async (id: string): Promise<number> =>
	(await sync.n8n.runsAfter(id)).filter(
		({ nodes }) => nodes.includes('Dodo Payments Trigger') || nodes.includes('Lago Trigger'),
	).length;

/** The delivery succeeds, and leads to one execution. n8n answers a moment before it has written that down. */
async function expectExecuted(deliver: () => Promise<Response>): Promise<void> {
	const before = await sync.n8n.newestId();
	expect((await deliver()).status).toBe(200);
	await waitFor(async () => (await executionsAfter(before)) === 1);
}

/** A delivery of each service, then something is done to n8n, then a copy of each: how they were answered, and how many executions there were. */
async function copiesAfter(meanwhile: () => Promise<void>): Promise<{ answers: unknown[]; executed: number }> {
	const deliveries = [dodoDelivery(`msg_${randomUUID()}`), lagoDelivery(randomUUID(), invoiceEvent())];
	for (const deliver of deliveries) expect((await deliver()).status).toBe(200);
	await meanwhile();
	const before = await sync.n8n.newestId();
	const answers: unknown[] = [];
	for (const deliver of deliveries) {
		const response = await deliver();
		const text = await response.text();
		answers.push([response.status, text === '' ? null : JSON.parse(text)]);
	}
	return { answers, executed: await executionsAfter(before) };
}

describe('a copy of a delivery of either service is answered without an execution', () => {
	const answers = [
		[200, duplicate],
		[200, duplicate],
	];

	test('at once', async () => {
		expect(await copiesAfter(async () => await Promise.resolve())).toEqual({ answers, executed: 0 });
	});

	test('after n8n was killed and started again', async () => {
		expect(await copiesAfter(async () => await sync.n8n.killAndRestart())).toEqual({ answers, executed: 0 });
	});

	test('after its trigger and the end of its lane were renamed, and a restart', async () => {
		const NAMES = [
			['Lago Trigger', 'From Lago'],
			['Dodo Payments Trigger', 'From Dodo'],
			['Note It on the Invoice', 'Noted'],
			['Book the Payment', 'Booked'],
		] as const;
		const rename = async (back: boolean): Promise<void> => {
			await sync.n8n.changeTemplate((text) =>
				NAMES.reduce(
					(changed, [name, other]) => (back ? changed.replaceAll(other, name) : changed.replaceAll(name, other)),
					text,
				),
			);
			await sync.n8n.killAndRestart();
		};
		expect(await copiesAfter(async () => await rename(false))).toMatchObject({ answers });
		await rename(true);
	});

	test('after the template was imported over it again, and a restart', async () => {
		const again = async (): Promise<void> => {
			await sync.n8n.kill();
			await sync.n8n.importAgain();
			await sync.n8n.restart();
		};
		expect(await copiesAfter(again)).toEqual({ answers, executed: 0 });
	});

	test('and is executed once more, without harm, when n8n has lost its static data', async () => {
		const deliveries = [dodoDelivery(`msg_${randomUUID()}`), lagoDelivery(randomUUID(), invoiceEvent())];
		for (const deliver of deliveries) expect((await deliver()).status).toBe(200);
		await sync.n8n.kill();
		sync.n8n.sql('UPDATE workflow_entity SET staticData = NULL');
		await sync.n8n.restart();
		for (const deliver of deliveries) await expectExecuted(deliver);
	});
});

test('fifty at once lose no mark', async () => {
	const ids = Array.from({ length: 50 }, () => `msg_${randomUUID()}`);
	const answers = await Promise.all(ids.map(async (id) => await dodoDelivery(id)()));
	expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 200));
	// The mark of a later execution writes what this process knows of all of them.
	expect((await dodoDelivery(`msg_${randomUUID()}`)()).status).toBe(200);
	await sync.n8n.killAndRestart();
	const before = await sync.n8n.newestId();
	for (const id of ids) expect(await (await dodoDelivery(id)()).json()).toEqual(duplicate);
	expect(await executionsAfter(before)).toBe(0);
});

test('an execution that fails leaves no mark: the next copy is executed', async () => {
	const text = invoiceEvent();
	const deliver = lagoDelivery(randomUUID(), text);
	sync.lago.faults.add({ path: /\/invoices\//, kind: '429', times: 1_000 });
	sync.lago.premium = true;
	const failing = deliver();
	expect((await failing).status).toBe(500);
	sync.lago.faults.clear();
	await expectExecuted(deliver);
});

test('the marks are small and tell nothing', () => {
	const [row] = sync.n8n.sql(`SELECT staticData FROM workflow_entity WHERE id = '${WORKFLOW_ID}'`);
	const text = String(row?.staticData);
	expect(text.length).toBeLessThan(30_000);
	expect(text).not.toMatch(/msg_|pay_|whsec_/);
	expect(readTemplate('lago-dodo-sync.json')).not.toHaveProperty('staticData');
});
