import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ExecutionLifecycleHooks, WorkflowExecute } from 'n8n-core';
import {
	createRunExecutionData,
	Expression,
	NodeHelpers,
	Workflow,
	type IConnections,
	type IDataObject,
	type IExecuteFunctions,
	type INode,
	type INodeProperties,
	type INodeType,
	type INodeTypes,
	type IRun,
	type IWorkflowBase,
} from 'n8n-workflow';
import nock from 'nock';
import { bindCredentials, type WorkflowJson } from '../../docker/entrypoint/workflow';
import { operations as dodoOperations } from '../../nodes/DodoPayments/actions/operations';
import { outputOf as dodoOutputOf } from '../../nodes/DodoPayments/helpers/eventItem';
import { operations as lagoOperations } from '../../nodes/Lago/actions/operations';
import { outputOf as lagoOutputOf } from '../../nodes/Lago/helpers/eventItem';
import { signPayLink } from '../../nodes/Lago/helpers/payLinkToken';
import { waysOf } from '../../nodes/shared/node/operation';
import { ENDS_EVENTS } from '../../nodes/shared/node/version';
import { DODO_OUTPUTS, LAGO_OUTPUTS, leavingBy } from '../../nodes/shared/node/start';
import { madeFor } from '../support/madeFor';
import { additionalData, loadNodeTypes, PACKAGE } from '../support/n8nCore';
import { strictNock } from '../support/nock';

const FOLDER = join(__dirname, '..', '..', 'workflows');
const files = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith('.json')) : [];

type Template = Pick<IWorkflowBase, 'name' | 'nodes' | 'connections' | 'settings' | 'pinData'> &
	Record<string, unknown>;
const read = (file: string): Template => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Template;

/** n8n's own nodes that a template may use, with a version that every supported n8n has. */
const BASE_NODES: Readonly<Record<string, number[]>> = {
	'n8n-nodes-base.convertToFile': [1.1],
	'n8n-nodes-base.emailSend': [2.1],
	'n8n-nodes-base.errorTrigger': [1],
	'n8n-nodes-base.executeWorkflow': [1.3],
	'n8n-nodes-base.executeWorkflowTrigger': [1.1],
	// The version since which only who is logged in can open a form.
	'n8n-nodes-base.form': [2.5],
	'n8n-nodes-base.formTrigger': [2.6],
	'n8n-nodes-base.if': [2.2],
	'n8n-nodes-base.manualTrigger': [1],
	'n8n-nodes-base.noOp': [1],
	'n8n-nodes-base.scheduleTrigger': [1.2],
	'n8n-nodes-base.set': [3.4],
	'n8n-nodes-base.splitInBatches': [3],
	'n8n-nodes-base.splitOut': [1],
	'n8n-nodes-base.stickyNote': [1],
	'n8n-nodes-base.switch': [3, 3.2, 3.3],
};

interface Conditions {
	conditions: Array<{ leftValue: string; rightValue: string; operator: { operation: string } }>;
}

interface Rules {
	values: Array<{ conditions: Conditions }>;
}

/** The comparisons that the templates use. */
const COMPARISONS: Readonly<Record<string, (left: string, right: string) => boolean>> = {
	equals: (left, right) => left === right,
	notEquals: (left, right) => left !== right,
	notEmpty: (left) => left !== '',
	regex: (left, right) => new RegExp(right).test(left),
	startsWith: (left, right) => left.startsWith(right),
};
const holds = ({ conditions }: Conditions): boolean =>
	conditions.every(({ leftValue, rightValue, operator: { operation } }) => {
		const compare = COMPARISONS[operation];
		if (compare === undefined) throw new Error(`The stand-in does not know "${operation}"`);
		return compare(leftValue, rightValue);
	});

/** Stands in for a node of n8n's own, which is not installed here. */
const standIn = (name: string, outputs: number, execute?: INodeType['execute']): INodeType => ({
	description: {
		displayName: name,
		name,
		group: [],
		version: 1,
		description: '',
		defaults: {},
		inputs: ['main'],
		outputs: Array<'main'>(outputs).fill('main'),
		properties: ['rules', 'conditions', 'options'].map((field) => ({
			displayName: field,
			name: field,
			type: 'json',
			default: '',
		})),
	},
	execute,
});

const MAX_BRANCHES = 7;
const BASE_TYPES: Readonly<Record<string, INodeType>> = {
	...Object.fromEntries(
		[
			'convertToFile',
			'emailSend',
			'errorTrigger',
			'executeWorkflow',
			'executeWorkflowTrigger',
			'form',
			'formTrigger',
			'manualTrigger',
			'scheduleTrigger',
			'set',
			'splitOut',
			'stickyNote',
		].map((name) => [`n8n-nodes-base.${name}`, standIn(name, 1)]),
	),
	'n8n-nodes-base.splitInBatches': standIn('splitInBatches', 2),
	'n8n-nodes-base.noOp': standIn('noOp', 1, async function (this: IExecuteFunctions) {
		return await Promise.resolve([this.getInputData()]);
	}),
	'n8n-nodes-base.if': standIn('if', 2, async function (this: IExecuteFunctions) {
		const answers = this.getInputData().map((item, index) => ({
			item: { ...item, pairedItem: { item: index } },
			yes: holds(this.getNodeParameter('conditions', index) as unknown as Conditions),
		}));
		return await Promise.resolve(
			[true, false].map((branch) => answers.filter(({ yes }) => yes === branch).map(({ item }) => item)),
		);
	}),
	'n8n-nodes-base.switch': standIn('switch', MAX_BRANCHES, async function (this: IExecuteFunctions) {
		const branches = this.getInputData().map((item, index) => {
			const { values } = this.getNodeParameter('rules', index) as unknown as Rules;
			const branch = values.findIndex(({ conditions }) => holds(conditions));
			return {
				item: { ...item, pairedItem: { item: index } },
				branch: branch === -1 && hasFallback(this.getNode()) ? values.length : branch,
			};
		});
		return await Promise.resolve(
			Array.from({ length: MAX_BRANCHES }, (_, output) =>
				branches.filter(({ branch }) => branch === output).map(({ item }) => item),
			),
		);
	}),
};

const hasFallback = ({ parameters }: INode): boolean =>
	(parameters.options as IDataObject | undefined)?.fallbackOutput === 'extra';

const SMALL = [
	'access.json',
	'back-fill.json',
	'collect-only.json',
	'month-end.json',
	'pay-everything.json',
	'pay-link.json',
	'prepaid-top-ups.json',
	'refunds-only.json',
	'reminders.json',
	'retries.json',
	'tell-me.json',
];
const isStart = ({ type }: INode): boolean => type.endsWith('Trigger');
/** Nodes that answer the sender of an event: only they may make it come again. */
const answersSender = ({ type }: INode): boolean =>
	type === `${PACKAGE}.lagoTrigger` || type === `${PACKAGE}.dodoPaymentsTrigger`;

let nodeTypes: INodeTypes;
beforeAll(async () => {
	nodeTypes = await loadNodeTypes(BASE_TYPES);
});

it('there is the full sync, and a small template for each part of it', () => {
	expect(files.sort()).toEqual([...SMALL, 'lago-dodo-sync.json'].sort());
});

it('a node of one name does the same in every template, but for what a template leaves out', () => {
	// By what a template leaves out.
	const DIFFER = ['Dodo Payments Trigger', 'Lago Trigger', 'Note It on the Invoice', 'Book the Payment'];
	const seen = new Map<string, string>();
	for (const { nodes } of files.map(read))
		for (const { name, type, parameters } of nodes.filter(
			(node) => !node.type.endsWith('stickyNote') && !DIFFER.includes(node.name),
		)) {
			const setting = JSON.stringify([type, parameters]);
			expect([name, seen.get(name) ?? setting]).toEqual([name, setting]);
			seen.set(name, setting);
		}
});

describe.each(files)('%s', (file) => {
	const template = read(file);
	const { nodes, connections } = template;
	const byName = new Map(nodes.map((node) => [node.name, node]));
	const reachedFrom = (starts: INode[]): Set<string> => {
		const reached = new Set(starts.map(({ name }) => name));
		for (const name of reached)
			for (const next of connections[name] ? targets(connections[name]) : []) reached.add(next);
		return reached;
	};
	const targets = (from: IConnections[string]): string[] =>
		Object.values(from).flatMap((outputs) => outputs.flatMap((ends) => (ends ?? []).map(({ node }) => node)));

	it("uses only nodes of this package and a few of n8n's own, in versions that exist", () => {
		for (const { type, typeVersion } of nodes) {
			if (!type.startsWith(`${PACKAGE}.`)) expect(BASE_NODES[type]).toContain(typeVersion);
			else expect([nodeTypes.getByNameAndVersion(type).description.version].flat()).toContain(typeVersion);
		}
	});

	it('has unique names and ids, and room between the nodes', () => {
		expect(byName.size).toBe(nodes.length);
		expect(new Set(nodes.map(({ id }) => id)).size).toBe(nodes.length);
		const places = nodes.filter(({ type }) => !type.endsWith('stickyNote')).map(({ position }) => position.join());
		expect(new Set(places).size).toBe(places.length);
	});

	it('connects only nodes that exist, and leaves none without a trigger before it', () => {
		for (const [from, outputs] of Object.entries(connections)) {
			expect(byName.has(from)).toBe(true);
			for (const to of targets(outputs)) expect(byName.has(to)).toBe(true);
		}
		const reached = reachedFrom(nodes.filter((node) => isStart(node) || node.type.endsWith('stickyNote')));
		expect([...reached].sort()).toEqual([...byName.keys()].sort());
	});

	it('switches have a branch for every rule and no more', () => {
		for (const node of nodes.filter(({ type }) => type.endsWith('.switch')))
			expect((node.parameters.rules as unknown as Rules).values.length + (hasFallback(node) ? 1 : 0)).toBe(
				connections[node.name]?.main?.length ?? 0,
			);
	});

	it('the nodes of the package have as many outputs as are connected, and what is held goes somewhere', () => {
		const workflow = new Workflow({ id: file, nodes: structuredClone(nodes), connections, active: false, nodeTypes });
		for (const { name, type, typeVersion } of nodes.filter((node) => node.type.startsWith(PACKAGE))) {
			const outputs = NodeHelpers.getNodeOutputs(
				workflow,
				workflow.getNode(name) as INode,
				nodeTypes.getByNameAndVersion(type, typeVersion).description,
			);
			const connected = connections[name]?.main ?? [];
			expect([name, connected.length <= outputs.length]).toEqual([name, true]);
			const held = outputs.findIndex((output) => typeof output === 'object' && output.displayName === 'Needs a Person');
			if (held !== -1) expect([name, connected[held]]).toEqual([name, [expect.objectContaining({ type: 'main' })]]);
		}
	});

	// What a person has seen before they agreed. Of reminders: what holds the rules, and what a mail node forgets of the item that came in.
	const NAMED = ['Show What It Would Do', 'Update Access', 'Find Who Is Due', 'Reserve the Mail'];
	it('names no other node in its expressions but those that hold rules or the item before a mail: whoever deletes a node breaks no other lane', () => {
		const named = new Set([...JSON.stringify(nodes).matchAll(/\$\('([^']+)'\)/g)].map(([, name]) => name));
		expect([...named].filter((name) => !NAMED.includes(name ?? ''))).toEqual([]);
		for (const name of named) expect(byName.has(name as string)).toBe(true);
	});

	it('carries nothing of the machine it was made on', () => {
		for (const key of [
			'id',
			'active',
			'versionId',
			'activeVersionId',
			'staticData',
			'shared',
			'tags',
			'createdAt',
			'updatedAt',
		])
			expect(template).not.toHaveProperty(key);
		expect(template.meta).not.toHaveProperty('instanceId');
		expect(template.pinData ?? {}).toEqual({});
		expect(JSON.stringify(template)).not.toMatch(
			/whsec_|sk_(live|test)|Bearer |localhost|127\.0\.0\.1|@[a-z0-9-]+\.[a-z]{2,}/i,
		);
	});

	it('names no credential: n8n shows one that it does not have as chosen, and then refuses to publish', () => {
		expect(nodes.filter((node) => 'credentials' in node)).toEqual([]);
	});

	it('is imported whole: n8n drops every further node of a type that a workflow may have once', () => {
		for (const type of ['manualTrigger', 'executeWorkflowTrigger', 'errorTrigger', 'chatTrigger'])
			expect(nodes.filter((node) => node.type.endsWith(`.${type}`)).length).toBeLessThanOrEqual(
				type === 'manualTrigger' ? 0 : 1,
			);
	});

	it('has triggers with an address of their own, and as many outputs as are wired', () => {
		const triggers = nodes.filter(({ type }) => /\.(lago|dodoPayments)Trigger$/.test(type));
		for (const { name, parameters, webhookId } of triggers) {
			expect([name, parameters.path, webhookId]).toEqual([name, '', undefined]);
			expect([name, parameters.separateOutputs]).toEqual([name, (connections[name]?.main ?? []).length > 1]);
		}
	});

	it('answers whoever opens a pay link, whatever happens on the way', () => {
		const lane = reachedFrom(nodes.filter(({ type }) => type === `${PACKAGE}.lagoPayPageTrigger`));
		for (const name of lane) {
			const node = byName.get(name) as INode;
			if (node.type === `${PACKAGE}.lagoPayPageTrigger`) {
				// Its address stands on invoices, so it stays the same wherever it is imported.
				expect([node.parameters.path, node.webhookId]).toEqual(['pay', expect.stringMatching(/^[0-9a-f-]{36}$/)]);
				continue;
			}
			if (node.parameters.operation === 'answerPayLink') {
				expect(connections[name]).toBeUndefined();
				continue;
			}
			// Older nodes of Dodo Payments do not hand on what failed before them: an error goes past them, by an output of its own.
			const hasErrorOutput = node.type.endsWith('.dodoPayments') && node.typeVersion < ENDS_EVENTS.dodoPayments;
			expect([name, node.onError]).toEqual([name, hasErrorOutput ? 'continueErrorOutput' : 'continueRegularOutput']);
			const operation = (node.type.endsWith('.lago') ? lagoOperations : dodoOperations)[
				node.parameters.resource as string
			]?.[node.parameters.operation as string];
			const isNew = node.type.endsWith('.lago') && node.typeVersion >= ENDS_EVENTS.lago;
			const ways =
				Math.max(1, waysOf(operation as Parameters<typeof waysOf>[0], isNew).length) + Number(hasErrorOutput);
			const wired = connections[name]?.main ?? [];
			expect([name, wired.map((ends) => (ends ?? []).length)]).toEqual([name, Array(ways).fill(1)]);
		}
	});

	it('sets only parameters that the nodes have, to values that they offer', () => {
		for (const node of nodes.filter(({ type }) => type.startsWith(PACKAGE))) {
			const { properties } = nodeTypes.getByNameAndVersion(node.type).description;
			for (const [name, value] of Object.entries(node.parameters)) {
				const fields = properties.filter((field) => field.name === name);
				expect(fields.length).toBeGreaterThan(0);
				for (const one of Array.isArray(value) ? value : [value])
					if (fields.every(isChoice) && !String(one).startsWith('=')) expect(fields.flatMap(choicesOf)).toContain(one);
			}
		}
	});

	it('tries calls again, and lets errors become a 500 for whoever sent an event instead of swallowing them', () => {
		const calling = nodes.filter(({ type }) => type.startsWith(PACKAGE) && !type.endsWith('Trigger'));
		for (const node of calling) {
			expect(node).toMatchObject({
				retryOnFail: true,
				maxTries: expect.any(Number),
				waitBetweenTries: expect.any(Number),
			});
			expect(node.maxTries).toBeLessThanOrEqual(5);
			expect(node.waitBetweenTries).toBeLessThanOrEqual(5000);
		}
		const answering = reachedFrom(nodes.filter(answersSender));
		for (const node of nodes) {
			if (answering.has(node.name)) expect(node.onError ?? 'stopWorkflow').toBe('stopWorkflow');
			expect(node.continueOnFail ?? false).toBe(false);
			// That nothing was paid today is an answer as well.
			expect(node.alwaysOutputData ?? false).toBe(node.name === 'Payments Made Today');
		}
	});

	it('fits into the patience of whoever sends the webhook', () => {
		expect(template.settings).toMatchObject({ executionOrder: 'v1', callerPolicy: 'workflowsFromSameOwner' });
		expect(nodes.some(({ type }) => type === 'n8n-nodes-base.wait')).toBe(false);
	});

	it('explains itself', () => {
		const notes = nodes
			.filter(({ type }) => type === 'n8n-nodes-base.stickyNote')
			.map(({ parameters }) => String(parameters.content));
		const lanes = nodes.filter(isStart).length;
		expect(notes.length).toBeGreaterThanOrEqual(Math.min(lanes, 3));
		for (const note of notes) expect(note).toMatch(/^#{2,3} \w/);
		for (const node of nodes.filter(({ type }) => type.startsWith(PACKAGE)))
			expect(node.name).toMatch(/^[A-Z][A-Za-z]+([ -]([A-Z][A-Za-z]+|as|the|for|on|in))*\??$/);
	});
});

describe('lago-dodo-sync.json runs in n8n-core', () => {
	strictNock();

	const INVOICE_ID = '1a901a90-1a90-4a90-8a90-1a901a901a90';
	const DODO = 'https://test.dodopayments.com';
	const LAGO = 'https://lago.example';
	const template = read('lago-dodo-sync.json');

	/** Runs a lane from its trigger. Retries do not wait here. */
	async function runLane(
		trigger: string,
		item: IDataObject,
	): Promise<{ run: IRun; reached: string[]; last: (name: string) => IDataObject | undefined; answers: unknown[] }> {
		const account = randomUUID();
		const chosen = bindCredentials(
			template as unknown as WorkflowJson,
			['dodoPaymentsApi', 'lagoBillingApi'].map((type) => ({ id: account, name: 'Account', type, data: {} })),
		);
		const nodes = structuredClone(chosen.nodes).map((node) => ({
			...node,
			...(node.retryOnFail ? { waitBetweenTries: 0 } : {}),
		})) as unknown as INode[];
		const workflow = new Workflow({
			id: account,
			name: template.name,
			nodes,
			connections: template.connections,
			active: true,
			nodeTypes,
			settings: template.settings,
		});
		const hooks = new ExecutionLifecycleHooks('webhook', '1', {
			...template,
			id: account,
			active: true,
		} as unknown as IWorkflowBase);
		const answers: unknown[] = [];
		hooks.addHandler('sendResponse', (answer) => void answers.push(answer));
		const data = additionalData(
			{
				dodoPaymentsApi: { environment: 'test', apiKey: 'key_dodo', baseUrl: '' },
				lagoBillingApi: { baseUrl: LAGO, apiKey: 'key_lago', webhookHmacKey: 'hmac_lago' },
			},
			{ hooks, currentNodeParameters: undefined },
		);
		const delivery = { id: `delivery of ${account}`, about: 'what happened' };
		const json = { ...item, delivery };
		const startNode = workflow.getNode(trigger) as INode;
		const main =
			trigger === 'Pay Page'
				? [[{ json: item }]]
				: trigger === 'Lago Trigger'
					? leavingBy(startNode, LAGO_OUTPUTS, lagoOutputOf(String(item.event)), json)
					: leavingBy(startNode, DODO_OUTPUTS, dodoOutputOf(String(item.event)), json);
		const start = { node: startNode, data: { main }, source: null };
		const runData = createRunExecutionData({ executionData: { nodeExecutionStack: [start] } });
		const run = await new WorkflowExecute(data, 'webhook', runData).processRunExecutionData(workflow);
		const results = run.data.resultData.runData;
		return {
			run,
			reached: Object.keys(results),
			last: (name) => results[name]?.[0]?.data?.main?.flat()[0]?.json,
			answers,
		};
	}

	const invoice = (changes: object = {}): object => ({
		lago_id: INVOICE_ID,
		number: 'ACM-1',
		status: 'finalized',
		payment_status: 'pending',
		currency: 'EUR',
		total_amount_cents: 12995,
		total_due_amount_cents: 12995,
		self_billed: false,
		customer: { email: 'ap@acme.example', country: 'DE' },
		metadata: [{ lago_id: 'm1', key: 'po', value: '4711' }],
		...changes,
	});
	const lago = (): nock.Scope => nock(LAGO, { reqheaders: { authorization: 'Bearer key_lago' } });
	const dodo = (): nock.Scope => nock(DODO, { reqheaders: { authorization: 'Bearer key_dodo' } });
	const getInvoice = (changes: object = {}): nock.Scope =>
		lago()
			.get(`/api/v1/invoices/${INVOICE_ID}`)
			.reply(200, { invoice: invoice(changes) });
	const issued = {
		event: 'invoice.created',
		eventId: 'k',
		objectType: 'invoice',
		organizationId: 'org_1',
		lagoInvoiceId: INVOICE_ID,
		webhookBaseUrl: 'https://n8n.example/webhook',
		data: { lago_id: INVOICE_ID },
	};
	const COLLECT = [
		'Lago Trigger',
		'Read the Invoice',
		'Charge the Mandate',
		'Ask for the Money',
		'Note It on the Invoice',
	];
	const SETTLE = ['Dodo Payments Trigger', 'Book the Payment'];
	/** What n8n's expression engine is asked: the first question of an execution costs more than all its nodes. */
	const asked = jest.spyOn(Expression.prototype, 'resolveSimpleParameterValue');
	const expressions = (): unknown[] =>
		asked.mock.calls.map(([value]) => value).filter((value) => typeof value === 'string' && value.startsWith('='));
	beforeEach(() => {
		asked.mockClear();
		// Whose the credential is, is asked once by each process.
		lago()
			.get('/api/v1/organizations')
			.optionally()
			.reply(200, { organization: { lago_id: 'org_1' } });
	});
	afterAll(() => asked.mockRestore());

	it('what is asked of the expression engine is seen here', () => {
		const [node] = template.nodes as [INode];
		const workflow = new Workflow({ id: 'asking', nodes: [node], connections: {}, active: false, nodeTypes });
		workflow.expression.getSimpleParameterValue(node, '={{ 1 }}', 'internal', {});
		expect(expressions()).toEqual(['={{ 1 }}']);
	});

	it("collect: one checkout over what is due, its link on the invoice, the merchant's metadata kept", async () => {
		const sent: Record<string, unknown> = {};
		getInvoice();
		dodo().get('/products').query(true).reply(200, { items: [] });
		dodo().post('/products').reply(200, { product_id: 'pdt_1', created_at: '2026-11-01T10:00:00Z' });
		dodo()
			.post('/checkouts', (body: unknown) => ((sent.checkout = body), true))
			.matchHeader('idempotency-key', `lago-inv-${INVOICE_ID}`)
			.reply(200, { session_id: 'cks_1', checkout_url: 'https://test.checkout.dodopayments.com/session/cks_1' });
		lago()
			.put(`/api/v1/invoices/${INVOICE_ID}`, (body: unknown) => ((sent.saved = body), true))
			.reply(200, { invoice: invoice() });
		const { run, reached, last } = await runLane('Lago Trigger', issued);
		expect(run.status).toBe('success');
		expect(reached).toEqual(COLLECT);
		expect(expressions()).toEqual([]);
		expect(sent.checkout).toMatchObject({
			product_cart: [{ product_id: 'pdt_1', quantity: 1, amount: 12995 }],
			metadata: {
				lago_invoice_id: INVOICE_ID,
				lago_invoice_number: 'ACM-1',
				lago_organization_id: 'org_1',
				attempt: '1',
			},
		});
		expect(sent.saved).toEqual({
			invoice: {
				metadata: [
					{ id: 'm1', key: 'po', value: '4711' },
					{ key: 'dodo_payment_id', value: 'cks_1' },
					{
						key: 'dodo_state',
						value: expect.stringMatching(
							/^v1;open;a=1;m=12995;x=\d+;e=t;l=https:\/\/n8n\.example\/webhook\/pay\?t=[\w-]{38}$/,
						),
					},
				],
			},
		});
		expect(last('Note It on the Invoice')).toMatchObject({
			outcome: 'created',
			checkoutSessionId: 'cks_1',
			saved: true,
		});
	});

	it('collect: an invoice that is to be left alone passes through without another call', async () => {
		getInvoice({ payment_status: 'succeeded' });
		const { run, reached, last } = await runLane('Lago Trigger', issued);
		expect(run.status).toBe('success');
		expect(reached).toEqual(COLLECT);
		expect(last('Note It on the Invoice')).toMatchObject({ outcome: 'skipped', reason: 'already_paid' });
	});

	it('collect: an invoice without room for our metadata is held', async () => {
		getInvoice({ metadata: ['a', 'b', 'c', 'd'].map((key) => ({ lago_id: key, key, value: 'x' })) });
		const { run, reached, last } = await runLane('Lago Trigger', issued);
		expect(run.status).toBe('success');
		expect(reached).toEqual([...COLLECT, 'Tell Me: Lago']);
		expect(last('Tell Me: Lago')).toMatchObject({ outcome: 'held', reason: 'metadata_full' });
	});

	it('collect: a blip is tried again, an outage fails the execution', async () => {
		lago().get(`/api/v1/invoices/${INVOICE_ID}`).reply(503, 'busy');
		getInvoice({ payment_status: 'succeeded' });
		expect((await runLane('Lago Trigger', issued)).run.status).toBe('success');
		// Longer than Lago waits for the answer to its webhook, so nothing is tried for so long.
		lago().get(`/api/v1/invoices/${INVOICE_ID}`).times(2).reply(503, 'busy', { 'Retry-After': '30' });
		const { run } = await runLane('Lago Trigger', issued);
		expect(run.status).toBe('error');
		expect(run.data.resultData.error?.message).toContain('503');
		expect(JSON.stringify(run)).not.toContain('key_lago');
	});

	const clicked = {
		query: {
			t: new URL(signPayLink('https://n8n.example/webhook/pay', INVOICE_ID, 'hmac_lago')).searchParams.get('t'),
		},
		invoiceId: INVOICE_ID,
	};
	const PAY = ['Pay Page', 'Check the Link', 'Make the Checkout', 'Note the Checkout', 'Lead the Visitor There'];

	/** Asked once by each process. */
	const getOrganization = (): nock.Scope =>
		lago().get('/api/v1/organizations').optionally().reply(200, { organization: {} });

	it('pay page: a checkout is made, noted on the invoice, and the visitor led there', async () => {
		const checkoutUrl = 'https://test.checkout.dodopayments.com/session/cks_1';
		getInvoice();
		getOrganization();
		dodo().get('/products').query(true).reply(200, { items: [] });
		dodo().post('/products').reply(200, { product_id: 'pdt_1', created_at: '2026-11-01T10:00:00Z' });
		dodo().post('/checkouts').reply(200, { session_id: 'cks_1', checkout_url: checkoutUrl });
		lago().put(`/api/v1/invoices/${INVOICE_ID}`, /cks_1/).reply(200, { invoice: invoice() });
		const { run, reached, last, answers } = await runLane('Pay Page', clicked);
		expect(run.status).toBe('success');
		expect(reached).toEqual(PAY);
		expect(expressions()).toEqual([]);
		expect(answers).toMatchObject([
			{
				statusCode: 302,
				headers: { Location: checkoutUrl, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' },
			},
		]);
		expect(last('Lead the Visitor There')).toEqual({
			outcome: 'redirected',
			message: 'The visitor was led to the checkout of invoice ACM-1.',
			checkoutUrl,
			invoiceId: INVOICE_ID,
			invoiceNumber: 'ACM-1',
		});
	});

	it('pay page: an invoice that is paid shows its page', async () => {
		getInvoice({ payment_status: 'succeeded' });
		const { reached, answers } = await runLane('Pay Page', clicked);
		expect(reached).toEqual(['Pay Page', 'Check the Link', 'Lead the Visitor There']);
		expect(expressions()).toEqual([]);
		expect(answers).toMatchObject([{ statusCode: 200, body: expect.stringContaining('is paid') }]);
	});

	it('pay page: the lane hands on the language of the visitor, and names who bills', async () => {
		const spanish = { ...clicked, language: 'es-MX' };
		getInvoice({ payment_status: 'succeeded', billing_entity_code: 'acme' });
		lago()
			.get('/api/v1/billing_entities/acme')
			.reply(200, { billing_entity: { name: 'Acme', logo_url: null } });
		const headers = { 'Content-Language': 'es', Vary: 'Accept-Language' };
		expect((await runLane('Pay Page', spanish)).answers).toMatchObject([
			{ statusCode: 200, headers, body: expect.stringMatching(/Acme.*La factura ACM-1 está pagada/) },
		]);
		expect(expressions()).toEqual([]);
		lago().get(`/api/v1/invoices/${INVOICE_ID}`).reply(401, { status: 401, error: 'Unauthorized' });
		expect((await runLane('Pay Page', spanish)).answers).toMatchObject([
			{ statusCode: 503, headers, body: expect.stringContaining('no se puede pagar ahora') },
		]);
	});

	it('pay page: what fails on the way ends on a page, even after a checkout was made that could not be noted', async () => {
		lago().get(`/api/v1/invoices/${INVOICE_ID}`).reply(401, { status: 401, error: 'Unauthorized' });
		const { run, reached, answers } = await runLane('Pay Page', clicked);
		expect([run.status, reached]).toEqual(['success', ['Pay Page', 'Check the Link', 'Lead the Visitor There']]);
		expect(answers).toMatchObject([{ statusCode: 503, body: expect.stringContaining('cannot be paid right now') }]);

		getInvoice();
		getOrganization();
		dodo()
			.post('/checkouts')
			.reply(200, { session_id: 'cks_2', checkout_url: 'https://test.checkout.dodopayments.com/session/cks_2' });
		dodo().get('/products').query(true).reply(200, { items: [] });
		dodo().post('/products').reply(200, { product_id: 'pdt_1', created_at: '2026-11-01T10:00:00Z' });
		lago().put(`/api/v1/invoices/${INVOICE_ID}`).reply(401, { status: 401, error: 'Unauthorized' });
		const unsaved = await runLane('Pay Page', clicked);
		expect(unsaved.reached).toEqual(PAY);
		expect(unsaved.answers).toMatchObject([
			{ statusCode: 503, body: expect.stringContaining('cannot be paid right now') },
		]);
		expect(unsaved.last('Lead the Visitor There')).toMatchObject({ outcome: 'page_shown', statusCode: 503 });
	});

	const payment = (changes: IDataObject = {}): IDataObject => ({
		event: 'payment.succeeded',
		eventId: 'msg_1',
		occurredAt: '2026-11-01T10:01:11Z',
		mode: 'test',
		lagoInvoiceId: INVOICE_ID,
		data: {
			payment_id: 'pay_1',
			status: 'succeeded',
			total_amount: 12995,
			tax: 0,
			currency: 'EUR',
			checkout_session_id: 'cks_1',
			metadata: madeFor({ hmacKey: 'hmac_lago' }, { lago_id: INVOICE_ID }),
			...changes,
		},
	});

	it('settle: a success is booked once', async () => {
		let booked: unknown;
		getInvoice();
		lago()
			.post('/api/v1/payments', (body: unknown) => ((booked = body), true))
			.reply(200, { payment: { lago_id: 'p1', reference: 'pay_1' } });
		const { run, reached, last } = await runLane('Dodo Payments Trigger', payment());
		expect(run.status).toBe('success');
		expect(reached).toEqual(SETTLE);
		expect(expressions()).toEqual([]);
		expect(booked).toEqual({
			payment: { invoice_id: INVOICE_ID, amount_cents: 12995, reference: 'pay_1', paid_at: '2026-11-01T10:01:11.000Z' },
		});
		expect(last('Book the Payment')).toMatchObject({ outcome: 'settled', bookedAs: 'payment' });
	});

	it('settle: a decline is recorded together with its next try, in one call', async () => {
		getInvoice();
		lago()
			.put(
				`/api/v1/invoices/${INVOICE_ID}`,
				(body: { invoice?: { payment_status?: string } }) =>
					body.invoice?.payment_status === 'failed' && /;n=\d{10};f=1/.test(JSON.stringify(body)),
			)
			.reply(200, { invoice: invoice({ payment_status: 'failed' }) });
		const { reached, last } = await runLane(
			'Dodo Payments Trigger',
			payment({ status: 'failed', error_code: 'INSUFFICIENT_FUNDS' }),
		);
		expect(reached).toEqual(SETTLE);
		expect(last('Book the Payment')).toMatchObject({ outcome: 'retry_planned', failedTries: 1 });
	});

	it.each([
		['too little', { total_amount: 1 }, {}, 'amount_below_due'],
		['another currency', { currency: 'USD' }, {}, 'currency_mismatch'],
	])('settle: %s is held and nothing is written', async (_, changes, changedInvoice, reason) => {
		getInvoice(changedInvoice);
		const { run, reached, last } = await runLane('Dodo Payments Trigger', payment(changes));
		expect(run.status).toBe('success');
		expect(reached).toEqual([...SETTLE, 'Return What Was Paid Twice', 'Tell Me']);
		expect(last('Tell Me')).toMatchObject({ outcome: 'held', reason, nextStep: expect.stringMatching(/\w/) });
	});

	it('settle: money for a voided invoice is overpaid, and the shipped refund node lets it pass', async () => {
		getInvoice({ status: 'voided', total_due_amount_cents: 0 });
		const { run, reached, last } = await runLane('Dodo Payments Trigger', payment());
		expect(run.status).toBe('success');
		expect(reached).toEqual([...SETTLE, 'Return What Was Paid Twice', 'Tell Me']);
		expect(last('Tell Me')).toMatchObject({
			outcome: 'overpaid',
			reason: 'invoice_voided',
			paymentId: 'pay_1',
			invoiceNumber: 'ACM-1',
		});
	});

	it.each(['refund.succeeded', 'payment.refunded'])(
		'refund: %s leads to the credit note, also under its other name',
		async (event) => {
			dodo()
				.get('/payments/pay_1')
				.reply(200, { payment_id: 'pay_1', status: 'succeeded', total_amount: 12995, currency: 'EUR', metadata: {} });
			const refund = {
				event,
				eventId: 'msg_2',
				mode: 'test',
				lagoInvoiceId: null,
				data: { refund_id: 'ref_1', payment_id: 'pay_1', status: 'succeeded', amount: 5000, currency: 'EUR' },
			};
			const { run, reached, last } = await runLane('Dodo Payments Trigger', refund);
			expect(run.status).toBe('success');
			expect(reached).toEqual(['Dodo Payments Trigger', 'Read the Refunded Payment', 'Make the Credit Note']);
			expect(last('Make the Credit Note')).toMatchObject({ outcome: 'ignored', refundId: 'ref_1', paymentId: 'pay_1' });
		},
	);

	it('an event that only access depends on goes past the lanes that move money', async () => {
		const { run, reached } = await runLane('Lago Trigger', { ...issued, event: 'invoice.payment_status_updated' });
		expect(run.status).toBe('success');
		expect(reached).toEqual(['Lago Trigger', 'Update Access']);
	});

	it('settle: a payment for something else goes no further', async () => {
		const { run, reached } = await runLane('Dodo Payments Trigger', payment({ metadata: {} }));
		expect(run.status).toBe('success');
		expect(reached).toEqual(SETTLE);
	});
});

const isChoice = ({ type }: INodeProperties): boolean => type === 'options' || type === 'multiOptions';
const choicesOf = ({ options = [] }: INodeProperties): unknown[] =>
	options.map((option) => ('value' in option ? option.value : undefined));
