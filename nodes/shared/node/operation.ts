import type { IDataObject, IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import { asNodeError } from '../transport/nodeError';

/** What an operation returns for one item: plain JSON. */
export type Json = Record<string, unknown>;

/** One operation: its fields and what it does with one item, in one file. */
export interface Operation<Client> {
	fields: INodeProperties[];
	/** Runs for item `index`; every returned object becomes an output item. Throws ApiError or NodeOperationError. */
	execute(ctx: IExecuteFunctions, client: Client, index: number): Promise<Json | Json[]>;
}

/** resource -> operation -> implementation. */
export type Operations<Client> = Readonly<Record<string, Readonly<Record<string, Operation<Client>>>>>;

/** Runs the chosen operation for every item, in order. */
export async function runOperation<Client>(
	ctx: IExecuteFunctions,
	operations: Operations<Client>,
	connect: (ctx: IExecuteFunctions) => Promise<Client>,
): Promise<INodeExecutionData[][]> {
	const resource = ctx.getNodeParameter('resource', 0) as string;
	const operation = operations[resource]?.[ctx.getNodeParameter('operation', 0) as string];
	if (operation === undefined) return await Promise.reject(asNodeError(ctx.getNode(), 'This operation does not exist in the installed version of the package'));
	const client = await connect(ctx);
	const output: INodeExecutionData[] = [];
	for (let index = 0; index < ctx.getInputData().length; index++) {
		const results = await operation.execute(ctx, client, index).catch(async (caught: unknown) => {
			const shown = asNodeError(ctx.getNode(), caught, index);
			if (!ctx.continueOnFail()) return await Promise.reject(shown);
			// Only these keys make n8n send the item to the error output.
			return { error: shown.message, details: shown.description } as Json;
		});
		for (const json of Array.isArray(results) ? results : [results]) output.push({ json: json as IDataObject, pairedItem: { item: index } });
	}
	return [output];
}

/** Shows fields only for one operation of one resource, on top of their own conditions. */
export function fieldsOf(resource: string, operation: string, fields: INodeProperties[]): INodeProperties[] {
	return fields.map((field) => ({
		...field,
		displayOptions: { ...field.displayOptions, show: { resource: [resource], operation: [operation], ...field.displayOptions?.show } },
	}));
}
