import { NodeConnectionTypes, type IDataObject, type IExecuteFunctions, type INodeExecutionData, type INodeOutputConfiguration } from 'n8n-workflow';

/** The outputs of our triggers, from top to bottom. */
export const LAGO_OUTPUTS = ['Invoice to Collect', 'Credit Note', 'Other'] as const;
export const DODO_OUTPUTS = ['Payment', 'Refund', 'Dispute', 'Mandate', 'Other'] as const;

/** The outputs of a trigger as n8n describes them. */
export function described(outputs: readonly string[]): INodeOutputConfiguration[] {
	return outputs.map((displayName) => ({ type: NodeConnectionTypes.Main, displayName }));
}

/** One event, at the output that it leaves a trigger by. */
export function leavingBy<Output extends string>(outputs: readonly Output[], output: Output, json: IDataObject): INodeExecutionData[][] {
	return outputs.map((name) => (name === output ? [{ json }] : []));
}

/** What an execution can begin with that hands on an event, with its number of outputs: our triggers, and the start of a reconciliation's sub-execution. */
const STARTS: Readonly<Record<string, number>> = { lagoTrigger: LAGO_OUTPUTS.length, dodoPaymentsTrigger: DODO_OUTPUTS.length, executeWorkflowTrigger: 1 };

interface ExecutedNode {
	isExecuted: boolean;
	all(output: number): Array<{ json: IDataObject }>;
	/** The one that the item came from; throws when n8n cannot tell. */
	readonly item: { json: IDataObject };
}

/**
 * The event that this execution began with; empty when it did not begin with one, e.g. by a schedule. Read here, a template needs no
 * expression for it: for the first expression of an execution n8n may set up an engine, which takes longer than all nodes of a lane.
 */
export function startOf(ctx: IExecuteFunctions, index: number): IDataObject {
	const { $: nodeNamed } = ctx.getWorkflowDataProxy(index) as unknown as { $: (name: string) => ExecutedNode };
	for (const { name, type } of ctx.getParentNodes(ctx.getNode().name)) {
		const outputs = STARTS[type.slice(type.indexOf('.') + 1)] ?? 0;
		if (outputs === 0 || !nodeNamed(name).isExecuted) continue;
		for (let output = 0; output < outputs; output++) {
			const [item, ...others] = nodeNamed(name).all(output);
			// A trigger hands on one event; a workflow that is called with several has one for each item.
			if (item !== undefined) return others.length === 0 ? item.json : nodeNamed(name).item.json;
		}
	}
	return {};
}
