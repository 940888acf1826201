import {
	NodeHelpers,
	Workflow,
	type IConnections,
	type INode,
	type INodeProperties,
	type INodeTypes,
} from 'n8n-workflow';
import { operations as dodoOperations } from '../../nodes/DodoPayments/actions/operations';
import { operations as lagoOperations } from '../../nodes/Lago/actions/operations';
import { waysOf } from '../../nodes/shared/node/operation';
import { ENDS_EVENTS } from '../../nodes/shared/node/version';
import { loadNodeTypes, PACKAGE } from '../support/n8nCore';
import { BASE_TYPES, files, hasFallback, read, type Rules } from '../support/templates';

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

const isChoice = ({ type }: INodeProperties): boolean => type === 'options' || type === 'multiOptions';
const choicesOf = ({ options = [] }: INodeProperties): unknown[] =>
	options.map((option) => ('value' in option ? option.value : undefined));
