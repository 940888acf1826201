import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WorkflowExecute } from 'n8n-core';
import {
	createRunExecutionData,
	type IDataObject,
	type INode,
	type INodeExecutionData,
	type INodeTypes,
} from 'n8n-workflow';
import { eventItem as dodoItem, outputOf as dodoOutputOf } from '../../nodes/DodoPayments/helpers/eventItem';
import { eventItem as lagoItem, outputOf as lagoOutputOf } from '../../nodes/Lago/helpers/eventItem';
import { DODO_OUTPUTS, LAGO_OUTPUTS, leavingBy } from '../../nodes/shared/node/start';
import { lagoEventSchema } from '../../nodes/shared/wire/lago/event';
import {
	startDodoSimulator,
	startLagoSimulator,
	type DodoSimulator,
	type LagoSimulator,
} from '../../sandbox/simulators';
import { additionalData, inCore, loadNodeTypes } from '../support/n8nCore';
import { DODO_SAMPLES, LAGO_SAMPLES } from '../support/samples';
import { passOn, read, standIn } from '../support/templates';

const API_KEY = 'key';
const template = read('lago-dodo-sync.json');

let nodeTypes: INodeTypes;
let dodo: DodoSimulator;
let lago: LagoSimulator;
beforeAll(async () => {
	const types = [...new Set(template.nodes.map(({ type }) => type))].filter((type) =>
		type.startsWith('n8n-nodes-base.'),
	);
	nodeTypes = await loadNodeTypes(Object.fromEntries(types.map((type) => [type, standIn(type, 1, passOn)])));
	[dodo, lago] = await Promise.all([startDodoSimulator({ apiKey: API_KEY }), startLagoSimulator({ apiKey: API_KEY })]);
	lago.premium = true;
});
afterAll(async () => {
	await dodo.close();
	await lago.close();
});

/** Runs the full sync from a trigger on. Returns the last word of the execution: an error, or what the last node said. */
async function handled(
	trigger: string,
	items: (node: INode) => INodeExecutionData[][],
): Promise<{ status: string; error: string | undefined; outcome: unknown; reason: unknown }> {
	const account = randomUUID();
	const { workflow, hooks } = inCore(template, account, nodeTypes, (node) => ({ ...node, retryOnFail: false }));
	const credentials = {
		dodoPaymentsApi: { environment: 'test', apiKey: API_KEY, baseUrl: dodo.url },
		lagoBillingApi: { apiKey: API_KEY, baseUrl: lago.url, webhookHmacKey: 'hmac-key-of-the-test' },
	};
	const start = workflow.getNode(trigger) as INode;
	const data = createRunExecutionData({
		executionData: { nodeExecutionStack: [{ node: start, data: { main: items(start) }, source: null }] },
	});
	const run = await new WorkflowExecute(
		additionalData(credentials, { hooks, currentNodeParameters: undefined }),
		'webhook',
		data,
	).processRunExecutionData(workflow);
	const { runData, error, lastNodeExecuted = '' } = run.data.resultData;
	const { outcome, reason } = runData[lastNodeExecuted]?.[0]?.data?.main?.flat()[0]?.json ?? {};
	return { status: run.status, error: error?.message, outcome, reason };
}

const ofDodo = async (event: string, data: IDataObject): ReturnType<typeof handled> =>
	await handled('Dodo Payments Trigger', (node) =>
		leavingBy(
			node,
			DODO_OUTPUTS,
			dodoOutputOf(event),
			dodoItem({
				event,
				eventId: randomUUID(),
				deliveryId: randomUUID(),
				occurredAt: '2025-08-04T06:00:00.000000Z',
				mode: 'test',
				data,
			}),
		),
	);
const ofLago = async (body: IDataObject): ReturnType<typeof handled> => {
	const { webhook_type: event, object_type: objectType } = lagoEventSchema.parse(body);
	const source = { organizationId: null, webhookBaseUrl: 'https://n8n.example/webhook' };
	return await handled('Lago Trigger', (node) =>
		leavingBy(
			node,
			LAGO_OUTPUTS,
			lagoOutputOf(event),
			lagoItem({
				event,
				eventId: randomUUID(),
				deliveryId: randomUUID(),
				objectType,
				source,
				data: body[objectType] as IDataObject,
			}),
		),
	);
};

const HELD: Readonly<Record<string, string>> = {
	'refund.succeeded': 'unknown_payment',
	'dispute.lost': 'unknown_payment',
	'dispute.opened': 'unknown_payment',
};

describe('a sample of Dodo, sent as it is, is acknowledged or held', () => {
	test.each(DODO_SAMPLES)(
		'%s %s',
		async (event, oddity, data) => {
			const ended = await ofDodo(event, data);
			expect(ended).toMatchObject({ status: 'success', error: undefined });
			if (HELD[event] !== undefined && !oddity.includes('note'))
				expect(ended).toMatchObject({ outcome: 'held', reason: HELD[event] });
		},
		20_000,
	);
});

describe('a webhook of Lago about what this organisation does not have is acknowledged or held', () => {
	test.each(LAGO_SAMPLES.map((body): [unknown, IDataObject] => [body.webhook_type, body]))(
		'%s',
		async (event, body) => {
			const ended = await ofLago(body);
			expect(ended).toMatchObject({ status: 'success', error: undefined });
			if (lagoOutputOf(String(event)) === 'To Collect')
				expect(ended).toMatchObject({ outcome: 'held', reason: 'unknown_invoice' });
			if (event === 'credit_note.created')
				expect(ended).toMatchObject({ outcome: 'held', reason: 'unknown_credit_note' });
		},
		20_000,
	);
});

/** More samples, where somebody has put them: each file as `{ event: { type, data } }`, or as `{ webhooks: [{ body }] }`. */
const { SAMPLES } = process.env;
const files =
	SAMPLES !== undefined && existsSync(SAMPLES)
		? readdirSync(SAMPLES, { recursive: true, encoding: 'utf8' })
				.filter((name) => name.endsWith('.json'))
				.map((name) => join(SAMPLES, name))
		: [];
if (files.length === 0) test.skip('more samples: SAMPLES names no folder with any', () => undefined);
else
	test.each(files)(
		'the samples in %s',
		async (file) => {
			const read = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
			const bodies = ((read.webhooks ?? []) as Array<{ body: IDataObject | string }>).map(({ body }) =>
				typeof body === 'string' ? (JSON.parse(body) as IDataObject) : body,
			);
			const events = Object.values(read as Record<string, { type?: string; data?: IDataObject }>).filter(
				({ type, data }) => type !== undefined && data !== undefined,
			);
			for (const body of bodies)
				expect({ ...(await ofLago(body)), event: body.webhook_type }).toMatchObject({ status: 'success' });
			for (const { type = '', data = {} } of events)
				expect({ ...(await ofDodo(type, data)), event: type }).toMatchObject({ status: 'success' });
		},
		120_000,
	);
