import { randomUUID } from 'node:crypto';
import { ExecuteContext } from 'n8n-core';
import {
	createRunExecutionData,
	NodeHelpers,
	Workflow,
	type IDataObject,
	type IHttpRequestOptions,
	type INode,
	type INodeParameters,
	type INodeProperties,
	type INodeType,
	type INodeTypes,
} from 'n8n-workflow';
import { operations as dodoOperations } from '../../nodes/DodoPayments/actions/operations';
import { DodoPayments } from '../../nodes/DodoPayments/DodoPayments.node';
import { operations as lagoOperations } from '../../nodes/Lago/actions/operations';
import { Lago } from '../../nodes/Lago/Lago.node';
import type { Operation } from '../../nodes/shared/node/operation';
import { additionalData } from '../support/n8nCore';

/** What a run asked of the services, and how it ended. */
interface Ended {
	calls: unknown[];
	items: IDataObject[];
	error: { message: string; description?: string | null } | null;
}

type AnyOperation = Pick<Operation<never>, 'fields' | 'judges'>;
const NODES: Readonly<
	Record<string, { node: INodeType; operations: Readonly<Record<string, Readonly<Record<string, AnyOperation>>>> }>
> = {
	dodoPayments: { node: new DodoPayments(), operations: dodoOperations },
	lago: { node: new Lago(), operations: lagoOperations },
};

const CREDENTIAL: IDataObject = {
	baseUrl: 'https://service.example',
	environment: 'test',
	webhookHmacKey: '0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9',
};

async function run(
	name: string,
	parameters: INodeParameters,
	more: Partial<INode> = {},
	getCredentials = async (): Promise<IDataObject> => await Promise.resolve(CREDENTIAL),
): Promise<Ended> {
	const type = NODES[name]?.node as INodeType;
	const nodeTypes = {
		getByName: () => type,
		getByNameAndVersion: () => type,
		getKnownTypes: () => ({}),
	} as unknown as INodeTypes;
	const node: INode = {
		id: '1',
		name: 'Node',
		type: `n8n-nodes-dodo-lago.${name}`,
		typeVersion: 1,
		position: [0, 0],
		parameters,
		credentials: {},
		...more,
	};
	const id = randomUUID();
	const workflow = new Workflow({
		id,
		name: 'T',
		nodes: [node],
		connections: {},
		active: false,
		nodeTypes,
		settings: { timezone: 'Europe/Berlin' },
	});
	const input = [{ json: { given: 'text' }, pairedItem: { item: 0 } }];
	const data = additionalData({}, { executionId: id });
	const ctx = new ExecuteContext(
		workflow,
		workflow.getNode('Node') as INode,
		data,
		'trigger',
		createRunExecutionData({}),
		0,
		input,
		{ main: [input] },
		{ node, data: { main: [input] }, source: null },
		[],
	);
	const calls: unknown[] = [];
	Object.assign(ctx, { getCredentials });
	const unknown = { statusCode: 404, body: { code: 'NOT_FOUND', message: 'No.' }, headers: {} };
	Object.assign(ctx.helpers, {
		httpRequestWithAuthentication: async (_type: string, { method, url, qs, body }: IHttpRequestOptions) =>
			await Promise.resolve((calls.push({ method, url, qs, body }), unknown)),
	});
	return await (type.execute as NonNullable<INodeType['execute']>).call(ctx).then(
		(outputs) => ({
			calls,
			items: (outputs as Array<Array<{ json: IDataObject }>>).flat().map(({ json }) => json),
			error: null,
		}),
		(error: Error & { description?: string }) => ({
			calls,
			items: [],
			error: { message: error.message, description: error.description },
		}),
	);
}

const locator = (value: unknown): IDataObject => ({ __rl: true, mode: 'id', value: value as string });
const isLeaf = ({ type }: INodeProperties): boolean => type !== 'notice' && type !== 'collection';

/** Something that a field takes. */
function valid(field: INodeProperties): unknown {
	const { default: given, required, options } = field;
	const type = kindOf(field);
	if (type === 'resourceLocator') return locator('id_1');
	if (type === 'json') return required ? '{"outcome":"held"}' : '';
	if (type === 'dateTime') return '2026-11-01T00:00:00';
	if (type === 'multiOptions') return [(options?.[0] as { value: string } | undefined)?.value ?? 'acme_eu'];
	if (field.name === 'amount' && type === 'string') return '50.00';
	return type === 'string' && (required || given === '')
		? given === '' || String(given).startsWith('=')
			? 'EUR'
			: given
		: given;
}

const versionsOf = (node: string): number[] => [NODES[node]?.node.description.version ?? 1].flat();

/** Whether a version of the node has the field, whatever else it depends on. */
function isIn(typeVersion: number, field: INodeProperties): boolean {
	const { show = {}, hide = {} } = field.displayOptions ?? {};
	const ofVersion = ({ '@version': versions }: typeof show): typeof show =>
		versions === undefined ? {} : { '@version': versions };
	return NodeHelpers.displayParameter(
		{},
		{ ...field, displayOptions: { show: ofVersion(show), hide: ofVersion(hide) } },
		{ typeVersion },
		null,
	);
}

/** What the values of a field must be: an object, too, where a text field takes one. */
const kindOf = ({ type, ignoreValidationDuringExecution }: INodeProperties): string =>
	ignoreValidationDuringExecution ? 'json' : type;

interface Case {
	node: string;
	/** The newest version of the node that has the field. */
	version: number;
	resource: string;
	operation: string;
	field: INodeProperties;
	/** Of the collection that it stands in. */
	within?: string;
	judged: boolean;
	base: IDataObject;
}

/** Every field of every operation, with parameters under which it is shown and everything else is right. */
const cases: Case[] = Object.entries(NODES).flatMap(([node, { operations }]) =>
	Object.entries(operations).flatMap(([resource, ofResource]) =>
		Object.entries(ofResource).flatMap(([operation, { fields, judges = [] }]) =>
			fields.flatMap((field): Case[] => {
				// n8n hands on nothing but rows, whatever stands there.
				if (field.type === 'fixedCollection') return [];
				const { resource: _r, operation: _o, '@version': _v, ...show } = field.displayOptions?.show ?? {};
				const shown = Object.fromEntries(Object.entries(show).map(([name, wanted]) => [name, (wanted as string[])[0]]));
				const version = versionsOf(node).findLast((one) => isIn(one, field)) ?? 1;
				const filled = Object.fromEntries(
					fields.filter((one) => isLeaf(one) && isIn(version, one)).map((one) => [one.name, valid(one)]),
				);
				const base = { ...filled, resource, operation, ...shown } as IDataObject;
				const one: Case = { node, version, resource, operation, field, judged: judges.includes(field.name), base };
				if (isLeaf(field)) return [one];
				return ((field.options ?? []) as INodeProperties[]).map((option) => ({
					...one,
					field: { ...option, required: field.name === 'filters' },
					within: field.name,
				}));
			}),
		),
	),
);
const nameOf = ({ node, resource, operation, field, within }: Case): string =>
	[node, resource, operation, within, field.name].filter(Boolean).join(' > ');
const table = cases.map((one): [string, Case] => [nameOf(one), one]);
const withValue = ({ base, field, within }: Case, value: unknown): INodeParameters => {
	const given = field.type === 'resourceLocator' && typeof value !== 'object' ? locator(value) : value;
	return {
		...base,
		...(within === undefined ? { [field.name]: given } : { [within]: { [field.name]: given } }),
	} as INodeParameters;
};

const runCase = async (one: Case, value: unknown): Promise<Ended> =>
	await run(one.node, withValue(one, value), { typeVersion: one.version });

const NOTHING: Readonly<Record<string, unknown>> = {
	empty: '',
	blank: ' ',
	undefined: '={{ $json.nothing }}',
	'undefined within': '={{ $json.nothing?.at.all ?? undefined }}',
	null: '={{ null }}',
};
const FAILS = "={{ $('Nobody').item.json.id }}";
const LIST = '={{ [1, 2] }}';
const OBJECT = '={{ ({ id: 1 }) }}';
const WRONG: Readonly<Record<string, readonly unknown[]>> = {
	boolean: ['yes', OBJECT, LIST, '={{ 1 }}'],
	dateTime: ['next week', LIST, '={{ true }}', '2026-13-45T00:00:00'],
	json: ['hello', LIST, '={{ 5 }}', '={{ true }}', '[1]'],
	multiOptions: ['nonsense', OBJECT, ['nonsense'], '={{ 5 }}'],
	number: ['many', OBJECT, LIST, '={{ NaN }}', '={{ true }}', '={{ Infinity }}', '={{ 1 / 3 }}'],
	options: ['nonsense', OBJECT, LIST, '={{ 5 }}', '={{ $json.nothing }}'],
	resourceLocator: [OBJECT, LIST, '={{ true }}', '={{ "undefined" }}'],
	string: [OBJECT, LIST, '={{ true }}', '={{ "undefined" }}', '={{ "null" }}', "={{ 'order-' + $json.nothing }}"],
};

/** It ends before anything is asked, with one error that names the field and says how to go on. */
function refused({ calls, error, items }: Ended, { field }: Case): void {
	expect({ calls, items }).toEqual({ calls: [], items: [] });
	expect(error?.message).toMatch(new RegExp(`^"${field.displayName.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}"`));
	expect(error?.description).toMatch(/\w{3}/);
}

afterEach(() => jest.restoreAllMocks());

test('every operation is in the table', () => {
	const all = Object.entries(NODES).flatMap(([node, { operations }]) =>
		Object.entries(operations).flatMap(([resource, of]) =>
			Object.keys(of).map((operation) => `${node} ${resource} ${operation}`),
		),
	);
	const without = all.filter(
		(name) => !cases.some(({ node, resource, operation }) => `${node} ${resource} ${operation}` === name),
	);
	expect(without).toEqual([
		'dodoPayments event saveProgress',
		'dodoPayments mandate getTroubled',
		'lago backFill getPortion',
		'lago event saveProgress',
		'lago invoice answerPayLink',
		'lago statement compare',
	]);
	expect(cases.length).toBeGreaterThan(100);
});

describe.each(table)('%s', (_name, one) => {
	const { field, judged } = one;

	test('what is of the wrong type, or comes of an expression that fails, is refused by the name of the field', async () => {
		for (const value of [...(WRONG[kindOf(field)] ?? []), FAILS]) {
			if (value === '={{ 1 / 3 }}' && field.typeOptions?.numberPrecision !== 0) continue;
			// Which codes there are only the service knows.
			if (Array.isArray(value) && field.typeOptions?.loadOptionsMethod !== undefined) continue;
			const ended = await runCase(one, value);
			if (judged && value !== FAILS)
				expect(ended).toMatchObject({ calls: [], error: null, items: [{ outcome: expect.any(String) }] });
			else refused(ended, one);
		}
	});

	test('what resolves to nothing is refused if something is needed, and means the default if not', async () => {
		jest.spyOn(Date, 'now').mockReturnValue(Date.parse('2026-11-01T12:00:00Z'));
		const usual = await runCase(one, field.default);
		for (const value of Object.values(NOTHING)) {
			const ended = await runCase(one, value);
			if (judged) expect(ended).toMatchObject({ calls: [], error: null, items: [{ outcome: expect.any(String) }] });
			// One that n8n lets be published empty, and that is needed all the same.
			else if (field.required !== true && one.operation === 'get' && field.name === 'customer') refused(ended, one);
			else if (field.required === true || field.type === 'options' || (kindOf(field) === 'json' && value !== ''))
				refused(ended, one);
			else expect(ended).toEqual(usual);
		}
	});
});

test('where an error is passed on, each item carries it', async () => {
	const { items, error, calls } = await run(
		'dodoPayments',
		{ resource: 'payment', operation: 'get', payment: locator('={{ $json.id }}') as INodeParameters },
		{ onError: 'continueRegularOutput' },
	);
	expect({ error, calls }).toEqual({ error: null, calls: [] });
	expect(items).toEqual([
		{ error: '"Payment" is empty', message: expect.stringContaining('The item that came in has: given.') },
	]);
});

test('a credential that cannot be read is an error of each item, too: n8n would hand on the items as if all were well', async () => {
	const { items, error } = await run(
		'dodoPayments',
		{ resource: 'payment', operation: 'get', payment: locator('pay_1') as INodeParameters },
		{ onError: 'continueRegularOutput' },
		async () => await Promise.reject(new Error('No credential')),
	);
	expect({ items, error }).toEqual({ items: [{ error: 'No credential' }], error: null });
});

test.each([
	['a number', '={{ 4711 }}'],
	['a text with a word', '={{ "null pointer" }}'],
	['what the item says', '={{ $json.given }}'],
])('%s is a reference', async (_what, reference) => {
	const { error, calls } = await run('dodoPayments', {
		resource: 'refund',
		operation: 'create',
		source: 'payment',
		payment: locator('pay_1') as INodeParameters,
		amount: 0,
		reference,
	});
	expect(calls).not.toEqual([]);
	expect(error?.message).toContain('404');
});
