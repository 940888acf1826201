import { randomUUID } from 'node:crypto';
import {
	NodeOperationError,
	type IDataObject,
	type IExecuteFunctions,
	type INode,
	type INodeExecutionData,
} from 'n8n-workflow';
import { operations } from '../../nodes/DodoPayments/actions/operations';
import { DodoClient } from '../../nodes/DodoPayments/transport/client';
import { ReconciliationMemory } from '../../nodes/shared/reconciliation/reconciliationMemory';
import { processedEventsOf } from '../../nodes/shared/webhook/processedEvents';
import { executeContext, itemsOf } from '../support/executeContext';

const failure = new NodeOperationError({ name: 'Update Payment Status' } as INode, 'Lago is down');

/** Runs the node behind others; tells what came out of it, and whether the event counts as processed. */
async function mark(
	items: INodeExecutionData[],
	continueOnFail = false,
	about: string = randomUUID(),
	staticData: IDataObject = {},
): Promise<{ items: IDataObject[]; marked: boolean; problem: (Error & { description?: string }) | null }> {
	const ctx = executeContext({
		parameters: { resource: 'event', operation: 'markAsProcessed', event: '' },
		began: { delivery: { id: null, about } },
		continueOnFail,
	}) as IExecuteFunctions & Record<string, unknown>;
	Object.assign(ctx, {
		getInputData: () => items,
		getWorkflow: () => ({ id: about }),
		getWorkflowStaticData: () => staticData,
		getMode: () => 'webhook',
	});
	const [out, problem] = await itemsOf(ctx, operations, DodoClient.of as never).then(
		(done): [IDataObject[], null] => [done.map(({ json }) => json), null],
		(caught: Error): [IDataObject[], Error] => [[], caught],
	);
	return { items: out, problem, marked: processedEventsOf(ctx).isProcessed(about) };
}

test('what was done is marked, whatever it was', async () => {
	for (const json of [{ outcome: 'settled' }, { outcome: 'held' }, { error: null }, { error: '' }, {}])
		expect(await mark([{ json }])).toEqual({ items: [json], problem: null, marked: true });
});

test.each<[string, INodeExecutionData[]]>([
	['of one of our nodes', [{ json: { error: 'Lago is down', message: 'Wait.' } }]],
	['of another node', [{ json: { error: { message: 'Lago is down' } } }]],
	['beside the item', [{ json: { id: 1 }, error: failure }]],
	['on the last of several items', [{ json: { outcome: 'settled' } }, { json: { error: 'Lago is down' } }]],
])('an error %s is never marked: the execution fails, so that the event comes again', async (_what, items) => {
	const { problem, marked } = await mark(items);
	expect(marked).toBe(false);
	expect(problem?.message).toBe('Not marked as processed, because a node before has failed: Lago is down');
	expect(problem?.description).toContain('delivered again');
	expect((await mark(items, true)).marked).toBe(false);
});

test('the execution may have begun before a look: what that has learned is carried on, not overwritten', async () => {
	const workflowId = randomUUID();
	const progress = { seenUntil: 1, lookedAt: 9, thoroughAt: 1, suspicious: false, unfinished: {}, backfill: null };
	const looks = new ReconciliationMemory(workflowId, {});
	looks.saveProgress(progress, {});
	looks.rememberTold(['payment pay_1 succeeded']);
	looks.rememberSource({ organizationId: 'org', webhookBaseUrl: 'https://n8n.example/webhook' });
	const staticData: IDataObject = { reconciliation: { ...progress, lookedAt: 5 } };
	await mark([{ json: { outcome: 'settled' } }], false, workflowId, staticData);
	const elsewhere = new ReconciliationMemory(randomUUID(), structuredClone(staticData));
	expect(elsewhere.progress).toEqual(progress);
	expect(elsewhere.isTold('payment pay_1 succeeded')).toBe(true);
	expect(elsewhere.source?.organizationId).toBe('org');
});
