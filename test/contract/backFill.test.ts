import { randomUUID } from 'node:crypto';
import type { IDataObject, WorkflowExecuteMode } from 'n8n-workflow';
import { operations } from '../../nodes/Lago/actions/operations';
import { LagoClient } from '../../nodes/Lago/transport/client';
import { DAY_MS } from '../../nodes/shared/domain/calendar';
import type { NewInvoice } from '../../sandbox/lago/ledger';
import type { Invoice } from '../../sandbox/lago/documents';
import { executeContext, itemsOf } from '../support/executeContext';
import { describeWithSpec, validateRequest } from '../support/openapi';
import { withinOne } from '../support/waiting';
import { World } from '../support/world';
import { pathOf, UNDESCRIBED } from './helpers';

// More calls than Dodo takes in a minute.
jest.mock('../../nodes/DodoPayments/transport/rateLimit', () => ({ takeTurn: async () => await Promise.resolve() }));

const TERMS = { order: 'oldest', perDay: 2, money: 'EUR:1000.00', notBefore: '', billingEntities: [] };

let world: World;
/** n8n's static data of the workflow. */
let kept: IDataObject;
beforeEach(async () => {
	await withinOne(DAY_MS, 15_000);
	world = await World.start();
	kept = {};
});
afterEach(async () => await world.stop());

async function run(
	operation: string,
	given: IDataObject = {},
	input: IDataObject[] = [{}],
	mode: WorkflowExecuteMode = 'trigger',
): Promise<IDataObject[]> {
	const context = executeContext({
		input,
		parameters: { resource: 'backFill', operation, preview: '={{ $json }}', ...given },
		credential: { baseUrl: world.lago.url, webhookHmacKey: 'hmac' },
		credentialId: randomUUID(),
		mode,
	});
	Object.assign(context, { getWorkflowStaticData: () => kept });
	return (await itemsOf(context, operations, LagoClient.of)).map(({ json }) => json);
}
const preview = async (given: IDataObject = {}): Promise<IDataObject[]> => await run('preview', { ...TERMS, ...given });
const agree = async (given: IDataObject = {}): Promise<IDataObject> =>
	(await run('startOrStop', { decision: 'start' }, [(await preview(given))[0] as IDataObject]))[0] as IDataObject;
const decide = async (decision: string): Promise<IDataObject> =>
	(await run('startOrStop', { decision }))[0] as IDataObject;
const portion = async (): Promise<IDataObject[]> =>
	await run('getPortion', {}, [...world.dodo.state.payments.values()] as unknown as IDataObject[]);
const letIn = async (item: IDataObject): Promise<IDataObject> =>
	(await run('letIn', { invoice: item.invoiceId as string }, [item]))[0] as IDataObject;

/** The lane of one invoice. */
async function collect(item: IDataObject): Promise<IDataObject> {
	const fields = { invoice: '={{ $json }}', source: 'invoice', taxMode: 'inclusive', productSource: 'automatic' };
	const charged = await world.onDodo('mandate', 'charge', fields, await letIn(item));
	return await world.save(await world.onDodo('payment', 'createIntent', fields, charged));
}
/** An invoice of before. @param daysAgo when it was issued and made. */
function old(daysAgo: number, { amountCents = 10_000, ...input }: NewInvoice & { amountCents?: number } = {}): Invoice {
	const invoice = world.issue({
		fees: [{ name: 'Work', code: 'work', amountCents, taxRate: 0 }],
		...input,
	} as NewInvoice);
	const made = new Date(Date.now() - daysAgo * 86_400_000).toISOString();
	return Object.assign(invoice, { created_at: `${made.slice(0, 19)}Z`, issuing_date: made.slice(0, 10) });
}
const numbers = (items: IDataObject[]): unknown[] => items.map(({ invoiceNumber }) => invoiceNumber);
const paidWith = async (customer: string): Promise<void> => {
	for (const { payment_id, metadata } of world.dodo.state.payments.values())
		if (metadata.lago_invoice_id !== undefined && customer)
			await world.settle(await world.ended(world.dodo.state.payments, payment_id));
};

test('the preview is a table of what would be done, and why not; it writes nothing', async () => {
	const { customer } = await world.customerWithMandate();
	old(400, { customer: { external_id: customer } });
	old(300);
	old(200);
	old(100, { amountCents: 20 });
	old(90, { customer: { external_id: 'c-stripe', billing_configuration: { payment_provider: 'stripe' } as never } });
	old(80, { amountCents: 200_000 });
	old(70, { paymentStatus: 'succeeded' });
	old(900);
	const before = world.lago.calls.length;
	const [summary, ...rows] = await preview({ notBefore: new Date(Date.now() - 500 * 86_400_000).toISOString() });
	expect(
		rows.map(({ What, Currency, Invoices, Amount, Reason }) => [
			String(What).slice(0, 4),
			Currency,
			Invoices,
			Amount,
			Reason,
		]),
	).toEqual([
		['Char', 'EUR', 1, '100.00', ''],
		['Aske', 'EUR', 2, '200.00', ''],
		['Left', 'EUR', 1, '2000.00', 'above_day_limit'],
		['Left', 'EUR', 1, '100.00', 'native_provider'],
		['Left', 'EUR', 1, '0.20', 'amount_below_dodo_minimum'],
		['Left', 'EUR', 1, '100.00', 'too_old'],
	]);
	expect(summary).toMatchObject({
		outcome: 'previewed',
		message: 'Of the open invoices 3 over EUR 300.00 would be collected, within 2 days or more.',
		days: 2,
		html: expect.stringContaining('<td>Asked for by a link'),
		terms: { perDay: 2, money: { EUR: 100_000 }, order: 'oldest' },
	});
	expect(world.lago.calls.slice(before).map(({ method }) => method)).toEqual(['GET', 'GET']);
});

test('nothing moves until a person agrees; then oldest first, within the limits of the day, each once', async () => {
	const { customer, mandate } = await world.customerWithMandate();
	const [third, first, second] = [old(10), old(900, { customer: { external_id: customer } }), old(20)];
	expect(await portion()).toMatchObject([{ outcome: 'nothing_agreed' }]);
	expect(await agree()).toMatchObject({
		outcome: 'back_fill_runs',
		message: 'What is old is collected, oldest first: at most 2 invoices and EUR 1000.00 a day.',
	});
	const today = await portion();
	expect(numbers(today)).toEqual([first?.number, second?.number]);
	for (const item of today) await collect(item);
	expect(world.stateOf(first as Invoice)).toMatch(/^v1;charging;.*;g=\d{5};/);
	expect(world.stateOf(second as Invoice)).toMatch(/^v1;open;.*;g=\d{5};.*;l=https:\/\/n8n\.example\/pay\?t=/);
	const [payment] = [...world.dodo.state.payments.values()].filter(
		({ subscription_id }) => subscription_id === mandate,
	);
	expect(payment?.metadata).toMatchObject({
		lago_back_fill: new Date().toISOString().slice(0, 10),
		lago_invoice_id: first?.lago_id,
	});

	// Paid, it is in no list of Lago's open ones; Dodo still tells of it.
	await paidWith(customer);
	expect(first?.payment_status).toBe('succeeded');
	expect(world.stateOf(first as Invoice)).toMatch(/;g=\d{5}/);
	expect(await portion()).toMatchObject([
		{ outcome: 'back_fill_waits', message: expect.stringContaining('Today 2 of at most 2') },
	]);
	jest.useFakeTimers({
		now: Date.now() + 86_400_000,
		doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'setInterval'],
	});
	try {
		expect(numbers(await portion())).toEqual([third?.number]);
	} finally {
		jest.useRealTimers();
	}
});

test('n8n killed after an invoice was let in: it is asked for by the next portion, and counts once', async () => {
	const invoice = old(10);
	old(9);
	await agree({ perDay: 1 });
	const [item, ...others] = await portion();
	expect(others).toEqual([]);
	await letIn(item as IDataObject);
	expect(world.stateOf(invoice)).toMatch(/^v1;waiting;a=1;g=\d{5}$/);
	const again = await portion();
	expect(numbers(again)).toEqual([invoice.number]);
	await collect(again[0] as IDataObject);
	expect(await portion()).toMatchObject([{ outcome: 'back_fill_waits' }]);
	expect(await world.onLago('invoice', 'getAll', { show: 'retryDue', returnAll: true })).toBeUndefined();
});

test('two that choose at the same moment choose the same, and what one has asked for the other leaves alone', async () => {
	for (const days of [30, 20, 10]) old(days);
	await agree();
	const [one, other] = await Promise.all([portion(), portion()]);
	expect(numbers(one as IDataObject[])).toEqual(numbers(other as IDataObject[]));
	await collect((one as IDataObject[])[0] as IDataObject);
	expect(await letIn((other as IDataObject[])[0] as IDataObject)).toMatchObject({
		outcome: 'skipped',
		reason: 'out_of_date',
	});
});

test('stopped, nothing more is let in, not even what was chosen before; it goes on as it was agreed', async () => {
	old(10);
	await agree();
	const [item] = await portion();
	expect(await decide('stop')).toMatchObject({ outcome: 'back_fill_stopped' });
	expect(await letIn(item as IDataObject)).toMatchObject({ outcome: 'back_fill_stopped' });
	expect(await portion()).toMatchObject([{ outcome: 'back_fill_stopped' }]);
	expect(await decide('goOn')).toMatchObject({ outcome: 'back_fill_runs' });
	expect(await portion()).toMatchObject([{ outcome: 'to_begin' }]);
	kept = {};
	expect(await decide('goOn')).toMatchObject({ outcome: 'nothing_agreed' });
	expect(await letIn(item as IDataObject)).toMatchObject({ outcome: 'back_fill_stopped' });
});

test('what came after the preview, or was chosen long ago, or was paid meanwhile, is left alone', async () => {
	const [first, second] = [old(10), old(9)];
	await agree();
	old(-1);
	const items = await portion();
	expect(numbers(items)).toEqual([first.number, second.number]);
	expect(await letIn({ ...items[0], chosenAt: Date.now() - 700_000 })).toMatchObject({ reason: 'out_of_date' });
	Object.assign(second, { payment_status: 'succeeded' });
	expect(await letIn(items[1] as IDataObject)).toMatchObject({ outcome: 'skipped', reason: 'out_of_date' });
	expect(world.stateOf(first) + world.stateOf(second)).toBe('');
});

test('an agreement in the editor is refused, because n8n would not keep it', async () => {
	const [summary] = await preview();
	await expect(run('startOrStop', { decision: 'start' }, [summary as IDataObject], 'manual')).rejects.toThrow(
		'keeps nothing',
	);
	await expect(run('startOrStop', { decision: 'start' }, [{}])).rejects.toThrow('"Preview" is not');
	expect(kept).toEqual({});
});

test.each([
	[{ money: '' }, '"Money a Day" is empty'],
	[{ money: 'EUR 50' }, '"Money a Day": "EUR 50" is not a limit'],
	[{ money: 'EUR:0' }, 'it says no amount'],
	[{ perDay: 0 }, '"Invoices a Day"'],
	[{ notBefore: '2024-02-31' }, '"Not Older Than": it is no day'],
])('a field that says nothing to go by is refused: %j', async (given, message) => {
	await expect(preview(given)).rejects.toThrow(message);
});

describe.each(['dodo', 'lago'] as const)('at %s', (name) => {
	describeWithSpec(name, 'every request', (spec) => {
		test('is as the service describes it', async () => {
			const { customer } = await world.customerWithMandate();
			old(10);
			old(9, { customer: { external_id: customer } });
			await agree({ billingEntities: [] });
			for (const item of await portion()) await collect(item);
			const { calls } = world[name];
			expect(calls.length).toBeGreaterThan(4);
			const wrong = calls.flatMap(({ method, body, ...call }) =>
				validateRequest(spec, method, pathOf({ method, body, ...call }), body),
			);
			expect(wrong.filter((words) => words !== UNDESCRIBED)).toEqual([]);
		});
	});
});
