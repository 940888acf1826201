import { randomUUID } from 'node:crypto';
import type { WorkflowJson } from '../../scripts/n8n/provision';
import type { Sync } from '../support/sync';

type Json = Record<string, unknown>;

/** One node of this package, as a step of a chain. */
export interface Step {
	node: 'lago' | 'dodoPayments';
	parameters: Json;
}

/** Calls one operation on the real n8n: the answer is the first item that its last step gives out, by whichever output. */
export type Call = (name: string, body: Json) => Promise<Json>;

/** Of Update Payment Status. */
const MOST_OUTPUTS = 5;
const PACKAGE = 'n8n-nodes-dodo-lago';
const CREDENTIALS = { lago: 'lagoBillingApi', dodoPayments: 'dodoPaymentsApi' } as const;

/** A choice by id, as the editor stores it. */
export const byId = (value: string): Json => ({ __rl: true, mode: 'id', value });

/** Makes the link by which a customer agrees to a mandate. Called with `{ customer }`. */
export const mandateSetUp = (currency: string): Step[] => [
	{
		node: 'lago',
		parameters: { resource: 'customer', operation: 'get', customer: byId('={{ $json.body.customer }}') },
	},
	{
		node: 'dodoPayments',
		parameters: {
			resource: 'mandate',
			operation: 'createSetupLink',
			customer: '={{ $json }}',
			currency,
			taxMode: 'inclusive',
			additionalFields: {},
		},
	},
];

/** A workflow with a webhook for every name; behind it the steps, then the answer. */
function operationsWorkflow(chains: Record<string, Step[]>, prefix: string): WorkflowJson {
	const nodes: WorkflowJson['nodes'] = [];
	const connections: Record<string, { main: Array<Array<{ node: string; type: 'main'; index: 0 }>> }> = {};
	for (const [row, [name, steps]] of Object.entries(chains).entries()) {
		const place = (column: number): [number, number] => [column * 240, row * 200];
		nodes.push({
			id: randomUUID(),
			name,
			type: 'n8n-nodes-base.webhook',
			typeVersion: 2,
			position: place(0),
			webhookId: randomUUID(),
			parameters: {
				httpMethod: 'POST',
				path: `${prefix}-${name}`,
				responseMode: 'lastNode',
				responseData: 'firstEntryJson',
				options: {},
			},
		});
		connections[name] = { main: [[{ node: `${name} 1`, type: 'main', index: 0 }]] };
		for (const [column, { node, parameters }] of steps.entries()) {
			const type = CREDENTIALS[node];
			const step = `${name} ${column + 1}`;
			nodes.push({
				id: randomUUID(),
				name: step,
				type: `${PACKAGE}.${node}`,
				typeVersion: node === 'lago' ? 1.1 : 1,
				position: place(column + 1),
				parameters,
				credentials: { [type]: { id: null, name: '' } },
			});
			const next = column + 1 === steps.length ? `${name} ends` : `${name} ${column + 2}`;
			connections[step] = {
				main: Array.from({ length: MOST_OUTPUTS }, () => [{ node: next, type: 'main', index: 0 }]),
			};
		}
		nodes.push({
			id: randomUUID(),
			name: `${name} ends`,
			type: 'n8n-nodes-base.noOp',
			typeVersion: 1,
			position: place(steps.length + 1),
			parameters: {},
		});
	}
	return { name: 'Operations', nodes, connections, settings: { executionOrder: 'v1' } };
}

/**
 * Imports and publishes such a workflow beside the template. What it returns calls an operation, and fails when n8n answers with an error.
 * @param another with copies of the credentials, so that nothing is shared with the others: like a second worker.
 */
export async function publishOperations({ n8n }: Sync, chains: Record<string, Step[]>, another = false): Promise<Call> {
	const prefix = another ? 'op2' : 'op';
	const credentials = another ? await n8n.copyCredentials() : undefined;
	await (await n8n.importWorkflow(operationsWorkflow(chains, prefix), credentials)).publish();
	return async (name, body) => {
		const response = await fetch(n8n.hook(`${prefix}-${name}`), {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(body),
		});
		const text = await response.text();
		if (!response.ok) throw new Error(`${name} answered ${response.status}: ${text.slice(0, 300)}`);
		return JSON.parse(text) as Json;
	};
}

/** A customer of Lago, made through its API like the merchant's system does. */
export async function newCustomer({ lago }: Sync, customer: Json & { external_id: string }): Promise<void> {
	const response = await fetch(`${lago.url}/api/v1/customers`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', authorization: `Bearer ${lago.apiKey}` },
		body: JSON.stringify({
			customer: {
				currency: 'EUR',
				email: `${customer.external_id}@example.com`,
				name: customer.external_id,
				country: 'US',
				...customer,
			},
		}),
	});
	if (!response.ok) throw new Error(`POST /customers answered ${response.status}: ${await response.text()}`);
}

/** Prints a table below the results, so that figures can be read without a debugger. */
export function printTable(title: string, head: string[], rows: Array<Array<string | number>>): void {
	const all = [head, ...rows.map((row) => row.map(String))];
	const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
	const lines = all.map((row) =>
		row
			.map((cell, column) => cell.padEnd(widths[column] ?? 0))
			.join('  ')
			.trimEnd(),
	);
	lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
	process.stdout.write(`\n${title}\n${lines.map((line) => `  ${line}`).join('\n')}\n\n`);
}
