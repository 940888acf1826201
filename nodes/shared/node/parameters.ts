import { NodeOperationError, type IDataObject, type IExecuteFunctions, type INodeParameterResourceLocator, type INodeProperties } from 'n8n-workflow';
import type { Json } from './operation';
import { startOf } from './start';
import { isTool } from './tool';

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

/** An expression that names the item, or something in it, and does nothing else. */
const IN_THE_ITEM = /^=\{\{\s*\$json((?:\.[A-Za-z_]\w*)*)\s*\}\}$/;

/**
 * A field as n8n gives it. What stands in the item is read there: handing a whole invoice through n8n's expression engine takes as long as a
 * call, and where no field needs the engine n8n need not set it up.
 */
function parameter(ctx: IExecuteFunctions, name: string, index: number): unknown {
	const written = ctx.getNode().parameters?.[name];
	const path = IN_THE_ITEM.exec(String(isLocator(written) ? written.value : written))?.[1];
	// The input of a tool is what the agent's model wrote; $json is something else there.
	if (path === undefined || isTool(ctx)) return ctx.getNodeParameter(name, index, '', { extractValue: isLocator(written) });
	return path
		.split('.')
		.slice(1)
		.reduce<unknown>((value, key) => (value as Json | null | undefined)?.[key], ctx.getInputData()[index]?.json);
}

function isLocator(value: unknown): value is INodeParameterResourceLocator {
	return typeof value === 'object' && value !== null && '__rl' in value;
}

/** The id in a resource locator; empty when there is none. */
export function idParameter(ctx: IExecuteFunctions, name: string, index: number): string {
	return String(parameter(ctx, name, index) ?? '').trim();
}

/**
 * An object from a JSON field: an expression gives it as an object, typing gives it as text.
 * @throws NodeOperationError that names the field.
 */
export function objectParameter(ctx: IExecuteFunctions, name: string, label: string, index: number): IDataObject {
	return asObject(ctx, parameter(ctx, name, index), label, index);
}

/** The same; an empty field stands for the event that this execution began with. */
export function eventParameter(ctx: IExecuteFunctions, name: string, label: string, index: number): IDataObject {
	const value = parameter(ctx, name, index);
	return value === '' ? startOf(ctx, index) : asObject(ctx, value, label, index);
}

function asObject(ctx: IExecuteFunctions, value: unknown, label: string, index: number): IDataObject {
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
