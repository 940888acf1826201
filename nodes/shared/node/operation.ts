import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodeTypeDescription,
} from 'n8n-workflow';
import { needsAPerson, type Outcome, type Said } from '../domain/outcome';
import { asNodeError } from '../transport/nodeError';
import { isByHand } from '../transport/patience';
import type { ServiceClient } from '../transport/serviceClient';
import { checkFields } from './checkFields';
import { carriesError, endEvents, requireNoFailure } from './endOfEvent';
import { tellWhatItIsAbout } from './executionData';
import { startingEvent } from './start';
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
	/** Instead of `outcomes`, for items that say none: whether one leaves here. */
	takes?(item: Json): boolean;
}

/** Since `ENDS_EVENTS` it takes the place of all outputs that are only for what needs a person. */
const NEEDS_A_PERSON: OperationOutput = { name: 'Needs a Person', outcomes: [] };

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
	/**
	 * From top to bottom; one without a name when left out. Since `ENDS_EVENTS` all that are only for what needs a person are
	 * {@link NEEDS_A_PERSON}, and what ends an event has one more, for all else.
	 */
	outputs?: ReadonlyArray<OperationOutput<Given>>;
	/** It is the last one for the event that an execution began with, and marks it as processed. */
	endsEvent?: boolean;
	/** Runs once, for all items that come in together. */
	once?: boolean;
	/** Runs for item `index`; every returned object becomes an output item. Throws ApiError or NodeOperationError. */
	execute(ctx: IExecuteFunctions, client: Client, index: number): Promise<Result<Given> | Array<Result<Given>>>;
}

/** resource -> operation -> implementation. */
export type Operations<Client extends ServiceClient> = Readonly<
	Record<string, Readonly<Record<string, Operation<Client, Outcome>>>>
>;

/**
 * Runs the chosen operation for every item, in order.
 * @param endsSince the version of the node since which its operations end events by themselves, see `ENDS_EVENTS`.
 */
export async function runOperation<Client extends ServiceClient>(
	ctx: IExecuteFunctions,
	operations: Operations<Client>,
	connect: (ctx: IExecuteFunctions) => Promise<Client>,
	endsSince = Infinity,
): Promise<INodeExecutionData[][]> {
	const resource = ctx.getNodeParameter('resource', 0) as string;
	const operation = operations[resource]?.[ctx.getNodeParameter('operation', 0) as string];
	if (operation === undefined)
		throw asNodeError(ctx.getNode(), 'This operation does not exist in the installed version of the package');
	const { typeVersion } = ctx.getNode();
	const isLast = operation.endsEvent === true && typeVersion >= endsSince && !isTool(ctx);
	const items = ctx.getInputData();
	let client: Client | undefined;
	const run = async (index: number): Promise<Json | Json[]> => {
		if (isLast && items.some(carriesError) && Object.keys(startingEvent(ctx, index)).length > 0)
			requireNoFailure(ctx, items);
		// What fails here, too, must be told for each item: where an error is to be passed on, n8n would hand on the items as if all were well.
		checkFields(ctx, operation.fields, index, operation.judges);
		client ??= await connect(ctx);
		return await untilClear(ctx, client, operation, index);
	};
	// An AI agent reads the first output only, and workflows of an older version of the node know no other.
	const ways = isTool(ctx) || typeVersion < SEVERAL_OUTPUTS ? [] : waysOf(operation, typeVersion >= endsSince);
	const outputs: INodeExecutionData[][] = Array.from({ length: Math.max(1, ways.length) }, () => []);
	const runs = operation.once === true ? 1 : items.length;
	const done: Json[][] = [];
	for (let index = 0; index < runs; index++) {
		const results = [await run(index).catch((caught: unknown) => failed(ctx, caught, index))].flat();
		for (const json of results)
			outputs[wayOut(ctx, ways, json)]?.push({ json: json as IDataObject, pairedItem: { item: index } });
		done.push(results);
	}
	if (isLast && !done.flat().some(({ error }) => error))
		endEvents(
			ctx,
			done.map((results) => results.some(needsAPerson)),
		);
	tellWhatItIsAbout(ctx, outputs);
	return outputs;
}

/** What is handed on of an item that failed. @throws the error, unless the node is told to go on all the same */
function failed(ctx: IExecuteFunctions, caught: unknown, index: number): Json {
	const shown = asNodeError(ctx.getNode(), caught, index, !isByHand(ctx));
	if (!ctx.continueOnFail()) throw shown;
	// Only these keys make n8n send the item to the error output.
	return { error: shown.message, ...(shown.description ? { message: shown.description } : {}) };
}

/** The outputs of an operation, from top to bottom; none when it has only one. @param isNew whether the node is of `ENDS_EVENTS` or later. */
export function waysOf(
	{ outputs = [], endsEvent }: { outputs?: readonly OperationOutput[]; endsEvent?: boolean },
	isNew: boolean,
): readonly OperationOutput[] {
	const good = outputs.filter(({ outcomes }) => !outcomes?.every((outcome) => needsAPerson({ outcome })));
	if (!isNew || good.length === outputs.length) return outputs;
	return [...(endsEvent === true ? [{ name: 'Done' }] : good), NEEDS_A_PERSON];
}

function wayOut(ctx: IExecuteFunctions, ways: readonly OperationOutput[], item: Json): number {
	const { outcome, error } = item;
	// n8n takes it from there to the error output, and looks only there when it is to try again.
	if (error !== undefined && ctx.getNode().onError === 'continueErrorOutput') return 0;
	if (ways.at(-1) === NEEDS_A_PERSON && (error || needsAPerson(item))) return ways.length - 1;
	const own = ways.findIndex((way) => way.takes?.(item) ?? way.outcomes?.some((one) => one === String(outcome)));
	return Math.max(0, own === -1 ? ways.findIndex(({ outcomes, takes }) => !outcomes && !takes) : own);
}

/**
 * The outputs of a node: those of the chosen operation.
 * @param endsSince as in {@link runOperation}.
 */
export function outputsOf<Client extends ServiceClient>(
	operations: Operations<Client>,
	endsSince: number,
): INodeTypeDescription['outputs'] {
	const named = (isNew: boolean): string => {
		const entries = Object.entries(operations).flatMap(([resource, ofResource]) =>
			Object.entries(ofResource).flatMap(([name, operation]) => {
				const ways = waysOf(operation, isNew);
				return ways.length === 0 ? [] : [[`${resource}.${name}`, ways.map((way) => way.name)]];
			}),
		);
		return JSON.stringify(Object.fromEntries(entries));
	};
	const chosen = `($nodeVersion < ${endsSince} ? ${named(false)} : ${named(true)})[$parameter.resource + "." + $parameter.operation]`;
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
