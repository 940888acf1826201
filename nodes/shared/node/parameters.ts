import {
	NodeOperationError,
	type IDataObject,
	type IExecuteFunctions,
	type INodeParameterResourceLocator,
	type INodeProperties,
} from 'n8n-workflow';
import { momentOf } from '../domain/moment';
import type { Json } from './operation';
import { startingEvent } from './start';
import { isTool } from './tool';

const DEFAULT_LIMIT = 50;

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

/** How many results the person asked for; the default when the field came out empty. */
export function limitOf(ctx: IExecuteFunctions, index: number): number {
	if (ctx.getNodeParameter('returnAll', index) === true) return Number.MAX_SAFE_INTEGER;
	// Where an expression chooses between all and some, n8n may not have kept the limit.
	return Number(ctx.getNodeParameter('limit', index, DEFAULT_LIMIT)) || DEFAULT_LIMIT;
}

/** The collection of every Get Many in which an entry that was added must say something: without it the list would be everybody's. */
export const FILTERS = 'filters';

/** The filters that the person added. */
export function filtersOf(ctx: IExecuteFunctions, index: number): IDataObject {
	return (ctx.getNodeParameter(FILTERS, index, {}) ?? {}) as IDataObject;
}

/**
 * The same with the moments among them as services take them, RFC 3339 in UTC; a date without an offset is meant in the workflow's time
 * zone.
 */
export function filtersWithMoments(ctx: IExecuteFunctions, index: number, names: readonly string[]): IDataObject {
	const asMoment = (value: unknown): string => new Date(momentOf(value, ctx.getTimezone()) ?? NaN).toISOString();
	return Object.fromEntries(
		Object.entries(filtersOf(ctx, index)).map(([name, value]) => [
			name,
			names.includes(name) ? asMoment(value) : value,
		]),
	);
}

/** An expression that names the item, or something in it, and does nothing else. */
const IN_THE_ITEM = /^=\{\{\s*\$json((?:\.[A-Za-z_]\w*)*)\s*\}\}$/;

/** Whether an expression only hands on what stands in the item. */
export function isPlainPath(expression: string): boolean {
	return IN_THE_ITEM.test(expression);
}

/** A field as it stands in the workflow, an expression as its text; undefined when nothing is written. */
export function writtenIn(ctx: IExecuteFunctions, name: string): unknown {
	const written = ctx.getNode().parameters?.[name];
	return isLocator(written) ? written.value : written;
}

/**
 * A field as n8n gives it. What stands in the item is read there: handing a whole invoice through n8n's expression engine takes as long as a
 * call, and where no field needs the engine n8n need not set it up.
 * @param fallback for a field that is not written at all.
 */
export function readParameter(
	ctx: IExecuteFunctions,
	name: string,
	index: number,
	fallback: INodeProperties['default'] = '',
): unknown {
	const extractValue = isLocator(ctx.getNode().parameters?.[name]);
	const path = IN_THE_ITEM.exec(String(writtenIn(ctx, name)))?.[1];
	// The input of a tool is what the agent's model wrote; $json is something else there.
	if (path === undefined || isTool(ctx))
		return ctx.getNodeParameter(name, index, isLocator(fallback) ? fallback.value : fallback, { extractValue });
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
	return String(readParameter(ctx, name, index) ?? '').trim();
}

/** The texts among the additional fields, without those that say nothing. */
export function additionalTexts(ctx: IExecuteFunctions, index: number): Readonly<Record<string, string | undefined>> {
	const given = Object.entries((ctx.getNodeParameter('additionalFields', index, {}) ?? {}) as IDataObject);
	return Object.fromEntries(
		given
			.map(([name, value]): [string, string] => [name, String(value ?? '').trim()])
			.filter(([, value]) => value !== ''),
	);
}

/**
 * An object from a JSON field: an expression gives it as an object, typing gives it as text.
 * @throws NodeOperationError that names the field.
 */
export function objectParameter(ctx: IExecuteFunctions, name: string, label: string, index: number): IDataObject {
	return asObject(ctx, readParameter(ctx, name, index), label, index);
}

/** The same; an empty field stands for the event that this execution began with. */
export function eventParameter(ctx: IExecuteFunctions, name: string, label: string, index: number): IDataObject {
	const value = readParameter(ctx, name, index);
	return value === '' ? startingEvent(ctx, index) : asObject(ctx, value, label, index);
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
