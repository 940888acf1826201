import {
	NodeHelpers,
	NodeOperationError,
	type IDataObject,
	type IExecuteFunctions,
	type INodeProperties,
	type INodePropertyOptions,
} from 'n8n-workflow';
import { momentOf } from '../domain/moment';
import { FILTERS, isPlainPath, readParameter, writtenIn } from './parameters';

/** A value as an expression or a person gave it. */
interface Given {
	value: unknown;
	/** As it stands in the workflow: an expression begins with `=`. Undefined when nothing is written. */
	written: unknown;
}

/** What is wrong with a value, as the end of a sentence that begins with the name of the field; null when nothing is. */
type Check = (field: INodeProperties, given: Given) => string | null;

/**
 * Looks at all fields of an operation that are shown, before anything is asked or done. What each must be stands in the field itself: its
 * type, `required`, `options` and `typeOptions`; a filter that was added must say something. A field that is not required may be empty and
 * then means its default.
 * @param judged names of fields whose values come from strangers: the operation itself answers whatever stands in them.
 * @throws NodeOperationError that names the field and says how to go on.
 */
export function checkFields(
	ctx: IExecuteFunctions,
	fields: readonly INodeProperties[],
	index: number,
	judged: readonly string[] = [],
): void {
	for (const field of fields) {
		if (field.type === 'notice' || !isShown(ctx, field, fields, index)) continue;
		if (field.type === 'collection') checkCollection(ctx, field, index);
		// Of what strangers fill only an expression that fails is a mistake in the workflow.
		else
			checkField(ctx, judged.includes(field.name) ? { ...field, type: 'hidden' } : field, index, () => ({
				value: readParameter(ctx, field.name, index, field.default),
				written: writtenIn(ctx, field.name),
			}));
	}
}

/** By the version of the node, and by what other fields of the operation say; its resource and operation are chosen already. */
function isShown(
	ctx: IExecuteFunctions,
	field: INodeProperties,
	fields: readonly INodeProperties[],
	index: number,
): boolean {
	const { show = {}, hide = {} } = field.displayOptions ?? {};
	const ofVersion = ({ '@version': versions }: typeof show): typeof show =>
		versions === undefined ? {} : { '@version': versions };
	if (
		!NodeHelpers.displayParameter(
			{},
			{ ...field, displayOptions: { show: ofVersion(show), hide: ofVersion(hide) } },
			ctx.getNode(),
			null,
		)
	)
		return false;
	return Object.entries(show).every(([name, wanted]) => {
		const by = fields.find((field) => field.name === name);
		return by === undefined || (wanted as unknown[]).includes(readParameter(ctx, name, index, by.default));
	});
}

/** Each entry by itself, so that the one that is wrong can be named. */
function checkCollection(ctx: IExecuteFunctions, field: INodeProperties, index: number): void {
	const written = writtenIn(ctx, field.name);
	const isFilter = field.name === FILTERS;
	const single = typeof written === 'object' && written !== null;
	const whole = (): Given => ({ value: single ? written : ctx.getNodeParameter(field.name, index, {}), written });
	const entries = checkField(ctx, field, index, whole) as IDataObject | null;
	for (const option of (field.options ?? []) as INodeProperties[]) {
		if (!Object.hasOwn(entries ?? {}, option.name)) continue;
		const read = (): Given => ({
			value: single ? ctx.getNodeParameter(`${field.name}.${option.name}`, index) : entries?.[option.name],
			written: single ? (written as IDataObject)[option.name] : written,
		});
		checkField(ctx, { ...option, required: isFilter }, index, read);
	}
}

/** @returns the value. */
function checkField(ctx: IExecuteFunctions, field: INodeProperties, index: number, read: () => Given): unknown {
	let given: Given;
	try {
		given = read();
	} catch (caught) {
		const why = caught instanceof Error ? caught.message : String(caught);
		throw problemWith(ctx, field, `cannot be worked out: ${why}`, { value: undefined, written: undefined }, index);
	}
	// A text field that takes an object: n8n's own field for objects marks an empty one as wrong.
	const check = field.ignoreValidationDuringExecution ? object : CHECKS[field.type];
	const problem = check?.(field, given) ?? null;
	if (problem === null) return given.value;
	throw problemWith(ctx, field, problem, given, index);
}

function problemWith(
	ctx: IExecuteFunctions,
	field: INodeProperties,
	problem: string,
	{ written }: Given,
	index: number,
): NodeOperationError {
	const isExpression = typeof written === 'string' && written.startsWith('=');
	const keys = Object.keys(ctx.getInputData()[index]?.json ?? {}).slice(0, KEYS_SHOWN);
	const seen = keys.length === 0 ? 'The item that came in is empty.' : `The item that came in has: ${keys.join(', ')}.`;
	const advice = isExpression
		? `It is the expression ${written.slice(1, EXPRESSION_SHOWN)}. ${seen}`
		: 'Correct the field, and look at what the node before returns if it is an expression.';
	return new NodeOperationError(ctx.getNode(), `"${field.displayName}" ${problem}`, {
		itemIndex: index,
		description: [advice, field.hint ?? field.description].filter(Boolean).join(' '),
	});
}

const KEYS_SHOWN = 12;
const EXPRESSION_SHOWN = 120;
const VALUE_SHOWN = 40;

function isBlank(value: unknown): boolean {
	return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

/** What JavaScript makes of nothing when an expression puts it into a text. */
const NOTHING_AS_TEXT = /^(undefined|null|NaN|\[object Object\])$/;
const NOTHING_WITHIN = /(^|[-_:/#.|])(undefined|null|NaN|\[object Object\])([-_:/#.|]|$)/;

const text: Check = ({ required }, { value, written }) => {
	if (isBlank(value)) return required ? 'is empty' : null;
	if (typeof value !== 'string')
		return typeof value === 'number' && Number.isFinite(value) ? null : `is not text but ${kindOf(value)}`;
	// What stands in an item stands there; what an expression has put together may contain nothing as a word.
	const isMade = typeof written === 'string' && written.startsWith('=') && !isPlainPath(written);
	return NOTHING_AS_TEXT.test(value.trim()) || (isMade && NOTHING_WITHIN.test(value))
		? `is "${value.trim().slice(0, VALUE_SHOWN)}": something in it came out as nothing`
		: null;
};

const number: Check = ({ required, typeOptions }, { value }) => {
	if (isBlank(value)) return required ? 'is empty' : null;
	const { minValue = -Infinity, maxValue = Infinity, numberPrecision } = typeOptions ?? {};
	const read =
		typeof value === 'number'
			? value
			: typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value.trim())
				? Number(value)
				: NaN;
	const isWhole = numberPrecision !== 0 || Number.isInteger(read);
	if (Number.isFinite(read) && isWhole && read >= minValue && read <= maxValue) return null;
	const range =
		maxValue !== Infinity
			? ` from ${minValue} to ${maxValue}`
			: minValue !== -Infinity
				? ` of at least ${minValue}`
				: '';
	return `must be a ${numberPrecision === 0 ? 'whole ' : ''}number${range}`;
};

const choice: Check = ({ options, typeOptions }, { value }) => {
	// What a service lists, only the service can check.
	if (typeOptions?.loadOptionsMethod !== undefined)
		return text({ required: true } as INodeProperties, { value, written: undefined });
	const values = ((options ?? []) as INodePropertyOptions[]).map((option) => option.value);
	return values.includes(value as string) ? null : `must be one of ${values.join(', ')}`;
};

const choices: Check = (field, { value }) => {
	if (isBlank(value) || (Array.isArray(value) && value.length === 0)) return field.required ? 'is empty' : null;
	if (!Array.isArray(value)) return `is not a list but ${kindOf(value)}`;
	return (
		value.map((one) => choice(field, { value: one, written: undefined })).find((problem) => problem !== null) ?? null
	);
};

const object: Check = ({ required }, { value }) => {
	if (isBlank(value) && (required || value !== ''))
		return required ? 'is empty' : `is not a JSON object but ${kindOf(value)}`;
	if (value === '') return null;
	return isObject(typeof value === 'string' ? parsed(value) : value) ? null : 'is not a JSON object';
};

const collection: Check = ({ name }, { value }) => {
	if (isBlank(value)) return name === FILTERS ? 'are empty' : null;
	return isObject(value) ? null : `is not an object but ${kindOf(value)}`;
};

const CHECKS: Readonly<Partial<Record<INodeProperties['type'], Check>>> = {
	boolean: (_field, { value }) =>
		isBlank(value) || typeof value === 'boolean' ? null : `must be true or false, not ${kindOf(value)}`,
	collection,
	dateTime: ({ required }, { value }) =>
		isBlank(value) ? (required ? 'is empty' : null) : momentOf(value, 'UTC') === null ? 'is not a date' : null,
	json: object,
	multiOptions: choices,
	number,
	options: choice,
	resourceLocator: text,
	string: text,
};

function isObject(value: unknown): boolean {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsed(json: string): unknown {
	try {
		return JSON.parse(json);
	} catch {
		return undefined;
	}
}

function kindOf(value: unknown): string {
	if (Array.isArray(value)) return 'a list';
	if (value === undefined || value === null) return 'nothing';
	return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
