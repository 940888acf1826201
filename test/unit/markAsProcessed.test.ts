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
import { ledgerOf } from '../../nodes/shared/delivery/ledger';
import { executeContext, itemsOf } from '../support/executeContext';

const failure = new NodeOperationError({ name: 'Update Payment Status' } as INode, 'Lago is down');

/** Runs the node behind others; tells what came out of it, and whether the event counts as processed. */
async function mark(
	items: INodeExecutionData[],
	continueOnFail = false,
): Promise<{ items: IDataObject[]; marked: boolean; problem: (Error & { description?: string }) | null }> {
	const about = randomUUID();
	const staticData = {};
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
	return { items: out, problem, marked: ledgerOf(ctx).isProcessed(about) };
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
