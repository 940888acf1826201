import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { operations } from '../../nodes/Lago/actions/operations';
import { LagoClient } from '../../nodes/Lago/transport/client';
import { endRun } from '../../nodes/shared/reconciliation/reconciliationRun';
import type { Invoice } from '../../sandbox/lago/documents';
import { API_KEY, executeContext, itemsOf } from '../support/executeContext';
import { World } from '../support/world';
import { callerOf } from './helpers';

const DAY_MS = 86_400_000;

let world: World;
/** n8n's static data of the workflow. */
let kept: IDataObject;
beforeEach(async () => {
	world = await World.start();
	kept = {};
});
afterEach(async () => await world.stop());

/** What a look of a new process finds in Lago, by number. */
async function look(given: IDataObject = { invoices: 'new' }, typeVersion = 1.4): Promise<unknown[]> {
	const [execution, workflow] = [randomUUID(), randomUUID()];
	const context = executeContext({
		parameters: { resource: 'event', operation: 'getMissed', since: '', ...given },
		credential: { baseUrl: world.lago.url, webhookHmacKey: 'hmac' },
		typeVersion,
	});
	Object.assign(context, {
		getExecutionId: () => execution,
		getWorkflow: () => ({ id: workflow }),
		getWorkflowStaticData: () => kept,
	});
	const items = await itemsOf(context, operations, LagoClient.of);
	endRun(context);
	return items.flatMap(({ json }) => ((json.data as IDataObject | undefined)?.number as string) ?? []);
}
/** An open invoice that was made, and issued, so many days ago. */
function issued(madeDaysAgo: number, issuedDaysAgo = madeDaysAgo): Invoice {
	const at = (days: number): string => `${new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 19)}Z`;
	return Object.assign(world.issue(), { created_at: at(madeDaysAgo), issuing_date: at(issuedDaysAgo).slice(0, 10) });
}
async function register(name: string, daysAgo: number): Promise<void> {
	const call = callerOf(world.lago.url, API_KEY);
	const webhook_url = `https://n8n.example/${randomUUID()}`;
	await call('POST', '/api/v1/webhook_endpoints', { webhook_endpoint: { webhook_url, name } });
	const made = [...world.lago.state.endpoints.values()].find((one) => one.webhook_url === webhook_url);
	Object.assign(made ?? {}, { created_at: new Date(Date.now() - daysAgo * DAY_MS).toISOString() });
}

test('what was there before is left alone, and what comes from then on is found', async () => {
	issued(400);
	expect(await look()).toEqual([]);
	const since = kept.collectsSince;
	expect(since).toEqual(expect.any(Number));
	kept.collectsSince = Date.now() - 3 * DAY_MS;
	const [late, draft] = [issued(1), issued(20, 1)];
	issued(4);
	expect((await look()).sort()).toEqual([late.number, draft.number].sort());
});

test('n8n was wiped: our newest endpoint at Lago tells since when, and no other one', async () => {
	await register('n8n: Lago Trigger', 300);
	await register('n8n: Lago Trigger', 3);
	await register('Something else', 400);
	issued(5);
	const invoice = issued(2);
	expect(await look()).toEqual([invoice.number]);
	expect(Math.round((Date.now() - Number(kept.collectsSince)) / DAY_MS)).toBe(3);
});

test('our endpoint was made by hand, under any name, and a worker remembers nothing: the newest of all tells', async () => {
	await register('Something else', 400);
	await register('webhooks of n8n', 3);
	issued(5);
	const invoice = issued(2);
	expect(await look()).toEqual([invoice.number]);
});

test('a person may say from which day on, or that all are collected; a node of before collects all', async () => {
	const [old, young] = [issued(400), issued(2)];
	const from = new Date(Date.now() - 10 * DAY_MS).toISOString().slice(0, 10);
	expect(await look({ invoices: 'since', invoicesFrom: from })).toEqual([young.number]);
	expect(await look({ invoices: 'all' })).toEqual([old.number, young.number]);
	expect(await look({}, 1.3)).toEqual([old.number, young.number]);
	expect(kept.collectsSince).toBeUndefined();
	await expect(look({ invoices: 'since', invoicesFrom: 'soon' })).rejects.toThrow('"From" is no day');
});
