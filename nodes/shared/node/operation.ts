import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodeTypeDescription,
} from 'n8n-workflow';
import type { Outcome, Said } from '../domain/outcome';
import { asNodeError } from '../transport/nodeError';
import { isByHand } from '../transport/patience';
import type { ServiceClient } from '../transport/serviceClient';
import { checkFields } from './checkFields';
import { tellWhatItIsAbout } from './executionData';
import { isTool } from './tool';

/** Plain JSON. */
export type Json = Record<string, unknown>;

/** What an operation returns for one item: plain JSON, in which `outcome` says what happened. What only passes through may say anything. */
export type Result<Given extends Outcome> = Json & (Said<Given> | { outcome?: undefined });

/** The version of a node from which on its operations have several outputs. */
const SEVERAL_OUTPUTS = 1.1;

/** One of several ways out of an operation. */
export interface OperationOutput<Given extends Outcome = Outcome> {
	/** As a person reads it on the canvas. */
	name: string;
	/** `outcome` of the items that leave here; none for the output that takes all others. */
	outcomes?: readonly Given[];
}

/** How an operation is offered to a person. */
export interface OperationMenu {
	/** In the list of the resource's operations. */
	name: string;
	/** In the list of everything that the node can do. */
	action: string;
	description: string;
}

/**
 * One operation: its menu entry, its fields, its ways out and what it does with one item, in one file. `Given` are the outcomes that it
 * can give.
 */
export interface Operation<Client extends ServiceClient, Given extends Outcome = never> {
	menu: OperationMenu;
	/** What they say of themselves is checked for each item before anything is asked or done, see {@link checkFields}. */
	fields: INodeProperties[];
	/** Names of fields that strangers fill: whatever stands in them, the operation itself has an answer. */
	judges?: readonly string[];
	/** From top to bottom; one without a name when left out. */
	outputs?: ReadonlyArray<OperationOutput<Given>>;
	/** Runs once, for all items that come in together. */
	once?: boolean;
	/** Runs for item `index`; every returned object becomes an output item. Throws ApiError or NodeOperationError. */
	execute(ctx: IExecuteFunctions, client: Client, index: number): Promise<Result<Given> | Array<Result<Given>>>;
}

/** resource -> operation -> implementation. */
export type Operations<Client extends ServiceClient> = Readonly<
	Record<string, Readonly<Record<string, Operation<Client, Outcome>>>>
>;

/** Runs the chosen operation for every item, in order. */
export async function runOperation<Client extends ServiceClient>(
	ctx: IExecuteFunctions,
	operations: Operations<Client>,
	connect: (ctx: IExecuteFunctions) => Promise<Client>,
): Promise<INodeExecutionData[][]> {
	const resource = ctx.getNodeParameter('resource', 0) as string;
	const operation = operations[resource]?.[ctx.getNodeParameter('operation', 0) as string];
	if (operation === undefined)
		throw asNodeError(ctx.getNode(), 'This operation does not exist in the installed version of the package');
	let client: Client | undefined;
	const run = async (index: number): Promise<Json | Json[]> => {
		// What fails here, too, must be told for each item: where an error is to be passed on, n8n would hand on the items as if all were well.
		checkFields(ctx, operation.fields, index, operation.judges);
		client ??= await connect(ctx);
		return await untilClear(ctx, client, operation, index);
	};
	// An AI agent reads the first output only, and workflows of an older version of the node know no other.
	const ways = isTool(ctx) || ctx.getNode().typeVersion < SEVERAL_OUTPUTS ? [] : (operation.outputs ?? []);
	const outputs: INodeExecutionData[][] = Array.from({ length: Math.max(1, ways.length) }, () => []);
	const runs = operation.once === true ? 1 : ctx.getInputData().length;
	for (let index = 0; index < runs; index++) {
		const results = await run(index).catch((caught: unknown) => {
			const shown = asNodeError(ctx.getNode(), caught, index, !isByHand(ctx));
			if (!ctx.continueOnFail()) throw shown;
			// Only these keys make n8n send the item to the error output.
			return { error: shown.message, ...(shown.description ? { message: shown.description } : {}) } as Json;
		});
		for (const json of Array.isArray(results) ? results : [results])
			outputs[wayOut(ctx, ways, json)]?.push({ json: json as IDataObject, pairedItem: { item: index } });
	}
	tellWhatItIsAbout(ctx, outputs);
	return outputs;
}

function wayOut(ctx: IExecuteFunctions, ways: readonly OperationOutput[], { outcome, error }: Json): number {
	// n8n takes it from there to the error output, and looks only there when it is to try again.
	if (error !== undefined && ctx.getNode().onError === 'continueErrorOutput') return 0;
	const own = ways.findIndex(({ outcomes }) => outcomes?.some((one) => one === String(outcome)));
	return Math.max(0, own === -1 ? ways.findIndex(({ outcomes }) => outcomes === undefined) : own);
}

/** The outputs of a node: those of the chosen operation. */
export function outputsOf<Client extends ServiceClient>(
	operations: Operations<Client>,
): INodeTypeDescription['outputs'] {
	const named = Object.entries(operations).flatMap(([resource, ofResource]) =>
		Object.entries(ofResource).flatMap(([name, { outputs }]) =>
			outputs === undefined ? [] : [[`${resource}.${name}`, outputs.map((output) => output.name)]],
		),
	);
	const chosen = `(${JSON.stringify(Object.fromEntries(named))})[$parameter.resource + "." + $parameter.operation]`;
	return `={{ (${chosen} ?? [""]).map((displayName) => ({ type: "main", displayName })) }}`;
}

/**
 * Runs an operation again when a request of it may have worked although its answer was lost: every operation looks before it acts, so the
 * second run finds what the first one did.
 */
async function untilClear<Client extends ServiceClient>(
	ctx: IExecuteFunctions,
	client: Client,
	operation: Operation<Client, Outcome>,
	index: number,
): Promise<Json | Json[]> {
	client.patience.nextItem();
	return await client.patience.keepTrying(
		async () => await operation.execute(ctx, client, index),
		({ mayHaveWorked }) => mayHaveWorked,
	);
}

/** Shows fields only for one operation of one resource, on top of their own conditions. */
export function fieldsOf(resource: string, operation: string, fields: INodeProperties[]): INodeProperties[] {
	return fields.map((field) => ({
		...field,
		displayOptions: {
			...field.displayOptions,
			show: { resource: [resource], operation: [operation], ...field.displayOptions?.show },
		},
	}));
}

/**
 * The fields of all operations. One that several operations of a resource have stands there once, where the last of them has it: n8n goes
 * through all fields of every node of a workflow for each event.
 */
export function allFieldsOf<Client extends ServiceClient>(operations: Operations<Client>): INodeProperties[] {
	const shared = new Map<string, INodeProperties>();
	for (const field of Object.values(operations).flatMap((resource) =>
		Object.values(resource).flatMap(({ fields }) => fields),
	)) {
		const { operation = [], ...show } = field.displayOptions?.show ?? {};
		const key = JSON.stringify([{ ...field, displayOptions: { ...field.displayOptions, show } }]);
		const others = shared.get(key)?.displayOptions?.show?.operation ?? [];
		shared.delete(key);
		shared.set(key, {
			...field,
			displayOptions: { ...field.displayOptions, show: { ...show, operation: [...others, ...operation] } },
		});
	}
	return [...shared.values()];
}
