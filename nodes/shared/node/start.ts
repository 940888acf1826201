import { NodeConnectionTypes, type IDataObject, type IExecuteFunctions, type INode, type INodeExecutionData, type INodeOutputConfiguration } from 'n8n-workflow';

/** The outputs of our triggers, from top to bottom. */
export const LAGO_OUTPUTS = ['To Collect', 'Credit Note', 'Other'] as const;
export const DODO_OUTPUTS = ['Payment', 'Refund', 'Dispute', 'Mandate', 'Other'] as const;

/** The outputs of a trigger as n8n describes them. */
export function described(outputs: readonly string[]): INodeOutputConfiguration[] {
	return outputs.map((displayName) => ({ type: NodeConnectionTypes.Main, displayName }));
}

/** The version of a trigger from which on it has several outputs. */
const SEVERAL_OUTPUTS = 1.2;

/** One event, at the output that it leaves a trigger by; workflows of an older version of the trigger know only the first. */
export function leavingBy<Output extends string>({ typeVersion }: Pick<INode, 'typeVersion'>, outputs: readonly Output[], output: Output, json: IDataObject): INodeExecutionData[][] {
	return typeVersion < SEVERAL_OUTPUTS ? [[{ json }]] : outputs.map((name) => (name === output ? [{ json }] : []));
}

/** What an execution can begin with that hands on an event, with its number of outputs: our triggers, and the start of a reconciliation's sub-execution. */
const STARTS: Readonly<Record<string, number>> = { lagoTrigger: LAGO_OUTPUTS.length, dodoPaymentsTrigger: DODO_OUTPUTS.length, executeWorkflowTrigger: 1 };

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

/**
 * The event that this execution began with; empty when it did not begin with one, e.g. by a schedule. Read here, a template needs no
 * expression for it: for the first expression of an execution n8n may set up an engine, which takes longer than all nodes of a lane.
 */
export function startOf(ctx: IExecuteFunctions, index: number): IDataObject {
	const { $: nodeNamed } = ctx.getWorkflowDataProxy(index) as unknown as { $: (name: string, wholeItems: true) => ExecutedNode };
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
