import { randomUUID } from 'node:crypto';
import { ExecutionLifecycleHooks, WorkflowExecute } from 'n8n-core';
import {
	createRunExecutionData,
	Workflow,
	type INode,
	type INodeTypes,
	type IWorkflowBase,
	type WorkflowExecuteMode,
} from 'n8n-workflow';
import nock from 'nock';
import { additionalData, loadNodeTypes, PACKAGE } from '../support/n8nCore';
import { strictNock } from '../support/nock';

strictNock();

const LAGO = 'http://lago.test';
const DODO = 'https://test.dodopayments.com';
const ID = '8a3f0c6e-2b1d-4f7a-b0c9-1f2e3d4c5b6a';

let nodeTypes: INodeTypes;
beforeAll(async () => {
	nodeTypes = await loadNodeTypes();
});

/** Lago > Invoice > Get, then Create Intent, in n8n's own machinery. Returns what n8n keeps to find the execution by. */
async function labelsOf(mode: WorkflowExecuteMode): Promise<Record<string, string> | undefined> {
	const account = randomUUID();
	const node = (
		name: string,
		type: string,
		typeVersion: number,
		credential: string,
		parameters: INode['parameters'],
	): INode => ({
		id: name,
		name,
		type: `${PACKAGE}.${type}`,
		typeVersion,
		position: [0, 0],
		parameters,
		credentials: { [credential]: { id: account, name: 'test' } },
	});
	const nodes = [
		node('Get Invoice', 'lago', 1.2, 'lagoBillingApi', {
			resource: 'invoice',
			operation: 'get',
			invoice: { __rl: true, mode: 'id', value: ID },
		}),
		node('Create Intent', 'dodoPayments', 1.1, 'dodoPaymentsApi', {
			resource: 'payment',
			operation: 'createIntent',
			source: 'invoice',
			invoice: '={{ $json }}',
			productSource: 'selected',
			product: { __rl: true, mode: 'id', value: 'pdt_1' },
		}),
	];
	const workflow = new Workflow({
		id: account,
		name: 'Test',
		nodes,
		connections: { 'Get Invoice': { main: [[{ node: 'Create Intent', type: 'main', index: 0 }]] } },
		active: false,
		nodeTypes,
	});
	const hooks = new ExecutionLifecycleHooks(mode, '1', {
		id: account,
		name: 'Test',
		nodes,
		connections: {},
		active: false,
	} as unknown as IWorkflowBase);
	const data = additionalData(
		{
			dodoPaymentsApi: { environment: 'test', apiKey: 'k', baseUrl: '' },
			lagoBillingApi: { baseUrl: LAGO, apiKey: 'k', webhookHmacKey: 'h' },
		},
		{ hooks, currentNodeParameters: undefined },
	);
	const runData = createRunExecutionData({
		executionData: {
			nodeExecutionStack: [
				{ node: workflow.getNode('Get Invoice') as INode, data: { main: [[{ json: {} }]] }, source: null },
			],
		},
	});
	const run = await new WorkflowExecute(data, mode, runData).processRunExecutionData(workflow);
	expect(run.data.resultData.error).toBeUndefined();
	return run.data.resultData.metadata;
}

test.each<WorkflowExecuteMode>(['trigger', 'manual'])(
	'an execution (%s) can be found by invoice, customer and outcome',
	async (mode) => {
		nock(LAGO)
			.get(`/api/v1/invoices/${ID}`)
			.reply(200, {
				invoice: {
					lago_id: ID,
					number: 'ACM-1',
					status: 'finalized',
					payment_status: 'pending',
					currency: 'EUR',
					total_amount_cents: 12_995,
					total_due_amount_cents: 12_995,
					self_billed: false,
					customer: { external_id: 'cust_42', email: 'ap@acme.example', country: 'DE' },
					metadata: [],
				},
			});
		nock(DODO).post('/checkouts').reply(200, { session_id: 'cks_1' });
		expect(await labelsOf(mode)).toEqual({ invoice: 'ACM-1', customer: 'cust_42', outcome: 'created' });
	},
);
