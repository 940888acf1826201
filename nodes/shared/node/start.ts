import {
	NodeConnectionTypes,
	type IDataObject,
	type IExecuteFunctions,
	type INode,
	type INodeExecutionData,
	type INodeOutputConfiguration,
	type INodeProperties,
	type INodeTypeDescription,
} from 'n8n-workflow';

/** The outputs of our triggers, from top to bottom. */
export const LAGO_OUTPUTS = ['To Collect', 'Credit Note', 'Other'] as const;
export const DODO_OUTPUTS = ['Payment', 'Refund', 'Dispute', 'Mandate', 'Other'] as const;

/** The outputs of a trigger as n8n describes them: all, or a single one where {@link separateOutputs} is off. */
export function described(outputs: readonly string[]): INodeTypeDescription['outputs'] {
	const several = outputs.map((displayName): INodeOutputConfiguration => ({
		type: NodeConnectionTypes.Main,
		displayName,
	}));
	return `={{ $parameter.separateOutputs === false ? ["${NodeConnectionTypes.Main}"] : ${JSON.stringify(several)} }}`;
}

/** What stands below the name of a trigger: the event that it waits for, or how many. */
export const chosenEvents =
	'={{ $parameter.events.length === 1 ? $parameter.events[0] : $parameter.events.length + " kinds of event" }}';

/** The field that gives each kind of event an output of its own. What somebody chose is never told apart by surprise. */
export function separateOutputs(outputs: readonly string[]): INodeProperties {
	return {
		displayName: 'Separate Outputs',
		name: 'separateOutputs',
		type: 'boolean',
		default: false,
		description: `Whether each kind of event leaves by an output of its own (${outputs.join(', ')}). When off, every chosen event leaves by the one output.`,
		displayOptions: { show: { '@version': [{ _cnd: { gte: OUTPUTS_BY_CHOICE } }] } },
	};
}

/** The versions of a trigger with several outputs: in the first of them always, since the second when the person asks for it. */
const SEVERAL_OUTPUTS = 1.2;
export const OUTPUTS_BY_CHOICE = 1.3;

/** Whether a trigger has one output for each kind of event, as an expression over its parameters would say it. */
function isSplit({ typeVersion, parameters }: Pick<INode, 'typeVersion' | 'parameters'>): boolean {
	return typeVersion >= OUTPUTS_BY_CHOICE ? parameters.separateOutputs === true : typeVersion >= SEVERAL_OUTPUTS;
}

/** One event, at the output that it leaves a trigger by. */
export function leavingBy<Output extends string>(
	node: Pick<INode, 'typeVersion' | 'parameters'>,
	outputs: readonly Output[],
	output: Output,
	json: IDataObject,
): INodeExecutionData[][] {
	return isSplit(node) ? outputs.map((name) => (name === output ? [{ json }] : [])) : [[{ json }]];
}

/**
 * What an execution can begin with that hands on an event, with its number of outputs: our triggers, and the start of a reconciliation's
 * sub-execution.
 */
const STARTS: Readonly<Record<string, number>> = {
	lagoTrigger: LAGO_OUTPUTS.length,
	dodoPaymentsTrigger: DODO_OUTPUTS.length,
	executeWorkflowTrigger: 1,
};

interface ExecutedNode {
	isExecuted: boolean;
	all(output: number): Array<{ json: IDataObject }>;
	/** The one that the item came from; throws when n8n cannot tell. */
	readonly item: { json: IDataObject };
}

/** Empty when n8n cannot tell, because a node between here and there does not say what its items came from. */
function ownItem(node: ExecutedNode): IDataObject {
	try {
		return node.item.json;
	} catch {
		return {};
	}
}

/** The trigger of this kind, e.g. `scheduleTrigger`, that began this execution: one of those before this node. */
function startOf(ctx: IExecuteFunctions, trigger: string): ExecutedNode | undefined {
	const { $: nodeNamed } = ctx.getWorkflowDataProxy(0) as unknown as { $: (name: string) => ExecutedNode };
	return ctx
		.getParentNodes(ctx.getNode().name)
		.filter(({ type }) => type.endsWith(`.${trigger}`))
		.map(({ name }) => nodeNamed(name))
		.find(({ isExecuted }) => isExecuted);
}

/** Whether a trigger of this kind began this execution. */
export const beganBy = (ctx: IExecuteFunctions, trigger: string): boolean => startOf(ctx, trigger) !== undefined;

/** The one item that a trigger of this kind began this execution with; empty when it did not. */
export const startingItem = (ctx: IExecuteFunctions, trigger: string): IDataObject =>
	startOf(ctx, trigger)?.all(0)[0]?.json ?? {};

/**
 * The event that this execution began with; empty when it did not begin with one, e.g. by a schedule. Read here, a template needs no
 * expression for it: for the first expression of an execution n8n may set up an engine, which takes longer than all nodes of a lane.
 */
export function startingEvent(ctx: IExecuteFunctions, index: number): IDataObject {
	const { $: nodeNamed } = ctx.getWorkflowDataProxy(index) as unknown as {
		$: (name: string, wholeItems: true) => ExecutedNode;
	};
	for (const { name, type } of ctx.getParentNodes(ctx.getNode().name)) {
		const outputs = STARTS[type.slice(type.indexOf('.') + 1)] ?? 0;
		if (outputs === 0) continue;
		const node = nodeNamed(name, true);
		if (!node.isExecuted) continue;
		for (let output = 0; output < outputs; output++) {
			const [item, ...others] = node.all(output);
			// A trigger hands on one event; a workflow that is called with several has one for each item.
			if (item !== undefined) return others.length === 0 ? item.json : ownItem(node);
		}
	}
	return {};
}
