import { NodeOperationError, type IDataObject, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';

/** The two fields of every Get Many. */
export const limitFields: INodeProperties[] = [
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		default: false,
		description: 'Whether to return all results or only up to a given limit',
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 50,
		description: 'Max number of results to return',
		displayOptions: { show: { returnAll: [false] } },
	},
];

/** How many results the person asked for. */
export function limitOf(ctx: IExecuteFunctions, index: number): number {
	return ctx.getNodeParameter('returnAll', index) === true ? Number.MAX_SAFE_INTEGER : (ctx.getNodeParameter('limit', index) as number);
}

/** The filters that the person filled in. */
export function filtersOf(ctx: IExecuteFunctions, index: number): IDataObject {
	const filters = ctx.getNodeParameter('filters', index, {}) as IDataObject;
	return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== '' && !(Array.isArray(value) && value.length === 0)));
}

/** Default of the fields that take what the node before returns. */
const THE_ITEM = '={{ $json }}';

/**
 * An object from a JSON field: an expression gives it as an object, typing gives it as text.
 * @throws NodeOperationError that names the field.
 */
export function objectParameter(ctx: IExecuteFunctions, name: string, label: string, index: number): IDataObject {
	// Handing a whole object through n8n's expression engine takes as long as a call; this one is the item itself.
	const value: unknown = ctx.getNode().parameters?.[name] === THE_ITEM ? ctx.getInputData()[index]?.json : ctx.getNodeParameter(name, index);
	const parsed = typeof value === 'string' ? tryParse(value) : value;
	if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as IDataObject;
	throw new NodeOperationError(ctx.getNode(), `"${label}" is not a JSON object`, {
		itemIndex: index,
		description: `Leave the field at its default, {{ $json }}, to use what the node before returns.`,
	});
}

function tryParse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}
