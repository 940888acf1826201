import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** The OpenAPI files are not part of the project; they are looked up beside it. */
const FOLDER = join(__dirname, '..', '..', '..', 'shared', 'specs');
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

type Json = Record<string, unknown>;

interface Operation {
	/** JSON pointer into the document, for example `/paths/~1payments/post`. */
	pointer: string;
	/** Matches the path of a request, without host, prefix and query. */
	path: RegExp;
	method: string;
	queryNames: Set<string>;
	definition: Json;
}

/** A service's published description, ready to check what goes over the wire. */
export interface Spec {
	name: 'dodo' | 'lago';
	operations: Operation[];
	document: Json;
	ajv: Ajv2020;
	compiled: Map<string, ValidateFunction>;
}

const loaded = new Map<string, Spec | null>();

/** The service's OpenAPI description, null where the file is absent. Read once for a process. */
export function loadSpec(name: 'dodo' | 'lago'): Spec | null {
	const known = loaded.get(name);
	if (known !== undefined) return known;
	const file = existsSync(FOLDER) ? readdirSync(FOLDER).find((one) => one.startsWith(`${name}-openapi-`)) : undefined;
	const spec =
		file === undefined
			? null
			: toSpec(name, parse(readFileSync(join(FOLDER, file), 'utf8'), { maxAliasCount: -1 }) as Json);
	loaded.set(name, spec);
	return spec;
}

/** `describe` with a description at hand; skipped, and saying so, where there is none. */
export function describeWithSpec(name: 'dodo' | 'lago', title: string, tests: (spec: Spec) => void): void {
	const spec = loadSpec(name);
	if (spec !== null) return describe(title, () => tests(spec));
	const why = `skipped: no ${name}-openapi-*.yaml in ../shared/specs`;
	process.stderr.write(`${title}: ${why}\n`);
	describe.skip(`${title} (${why})`, () => test('needs the OpenAPI file', () => {}));
}

/**
 * What is wrong with a request: unknown operation, query parameters or body keys that the service does not know (it would drop them
 * silently), values that break the schema. Empty when it is fine.
 * @param path with or without query; Lago's with or without `/api/v1`.
 */
export function validateRequest(spec: Spec, method: string, path: string, body?: unknown): string[] {
	const operation = operationOf(spec, method, path);
	if (operation === undefined) return [`${method} ${path} is not in the description of ${spec.name}`];
	const problems = queryNames(path)
		.filter((name) => !operation.queryNames.has(name))
		.map((name) => `query parameter ${name} is not in the description`);
	const schema = at(resolve(spec, operation.definition.requestBody), 'content', 'application/json', 'schema');
	if (schema === undefined) return isEmpty(body) ? problems : [...problems, 'the operation takes no body'];
	const validate = compiled(spec, `request ${operation.pointer}`, () => spec.ajv.compile(closed(spec, schema as Json)));
	return [...problems, ...complaints(validate, body)];
}

/** What is wrong with an answer of the service; empty when it is fine. `body` undefined stands for none. */
export function validateResponse(spec: Spec, method: string, path: string, status: number, body?: unknown): string[] {
	const operation = operationOf(spec, method, path);
	if (operation === undefined) return [`${method} ${path} is not in the description of ${spec.name}`];
	const response = at(operation.definition, 'responses', String(status));
	if (response === undefined) return [`status ${status} of ${method} ${path} is not in the description`];
	const schema = at(resolve(spec, response), 'content', 'application/json', 'schema');
	if (schema === undefined) return [];
	const validate = compiled(spec, `response ${status} ${operation.pointer}`, () =>
		spec.ajv.compile(withDocument(schema as Json)),
	);
	return complaints(validate, body, spec.name === 'lago');
}

function toSpec(name: 'dodo' | 'lago', document: Json): Spec {
	const ajv = new Ajv2020({ strict: false, allErrors: true, verbose: true, logger: false });
	addFormats(ajv);
	// Formats of the descriptions that ajv does not know; they limit nothing.
	for (const format of ['decimal', 'enum', 'html', 'binary']) ajv.addFormat(format, true);
	ajv.addSchema(document, DOCUMENT);
	const spec: Spec = { name, document, ajv, operations: [], compiled: new Map() };
	for (const [path, item] of Object.entries(document.paths as Record<string, Json>)) {
		for (const method of METHODS.filter((one) => one in item)) {
			const definition = item[method] as Json;
			const parameters = [...((item.parameters ?? []) as Json[]), ...((definition.parameters ?? []) as Json[])].map(
				(one) => resolve(spec, one) as Json,
			);
			spec.operations.push({
				pointer: `/paths/${path.replaceAll('/', '~1')}/${method}`,
				path: new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`),
				method,
				queryNames: new Set(parameters.filter((one) => one.in === 'query').map((one) => String(one.name))),
				definition,
			});
		}
	}
	// Where a fixed path and a parameter both match, the fixed path is meant.
	spec.operations.sort((a, b) => Number(a.pointer.includes('{')) - Number(b.pointer.includes('{')));
	return spec;
}

const DOCUMENT = 'document';

function operationOf(spec: Spec, method: string, path: string): Operation | undefined {
	const bare = path.split('?')[0]?.replace(/^\/api\/v1/, '') ?? '';
	return spec.operations.find((one) => one.method === method.toLowerCase() && one.path.test(bare));
}

/** `metadata[dodo_payment_id]=x` is described as `metadata[key]`. */
function queryNames(path: string): string[] {
	const names = [...new URLSearchParams(path.split('?')[1] ?? '').keys()];
	return [...new Set(names.map((name) => name.replace(/\[[^\]]+\]$/, '[key]').replace(/\[\d+\]$/, '[]')))];
}

function compiled(spec: Spec, key: string, make: () => ValidateFunction): ValidateFunction {
	const known = spec.compiled.get(key) ?? make();
	spec.compiled.set(key, known);
	return known;
}

/** `lenientNulls`: Lago's description forgets many of the nulls that its serialisers send. */
function complaints(validate: ValidateFunction, value: unknown, lenientNulls = false): string[] {
	if (validate(value)) return [];
	const errors = (validate.errors ?? []).filter(({ data }) => !(lenientNulls && data === null));
	return errors.map(
		({ instancePath, message, params }) => `${instancePath || '/'} ${message} ${JSON.stringify(params)}`,
	);
}

/** References inside a schema that stands alone point into the document. */
function withDocument(schema: Json): Json {
	const inner = (value: unknown): unknown => {
		if (Array.isArray(value)) return value.map(inner);
		return typeof value === 'object' && value !== null ? withDocument(value as Json) : value;
	};
	return Object.fromEntries(
		Object.entries(schema).map(([key, value]) => [
			key,
			key === '$ref' ? String(value).replace(/^#/, `${DOCUMENT}#`) : inner(value),
		]),
	);
}

/** The schema with its references filled in and every object closed: a key that it does not name is a mistake. */
function closed(spec: Spec, schema: Json, part = false): Json {
	const own = resolve(spec, schema) as Json;
	const inner = (value: unknown, isPart: boolean): unknown => {
		if (Array.isArray(value)) return value.map((one) => inner(one, isPart));
		return typeof value === 'object' && value !== null ? closed(spec, value as Json, isPart) : value;
	};
	const result: Json = {};
	for (const [key, value] of Object.entries(own)) {
		if (key === 'properties')
			result[key] = Object.fromEntries(Object.entries(value as Json).map(([name, one]) => [name, inner(one, false)]));
		else if (key === 'allOf') result[key] = inner(value, true);
		else if (key === 'oneOf' || key === 'anyOf') result[key] = inner(value, part);
		else if (key === 'items' || key === 'additionalProperties') result[key] = inner(value, false);
		else if (key !== 'example' && key !== 'examples') result[key] = value;
	}
	const names = 'properties' in own || 'allOf' in own;
	return names && !part && own.additionalProperties === undefined
		? { ...result, unevaluatedProperties: false }
		: result;
}

function resolve(spec: Spec, value: unknown): unknown {
	const reference = (value as Json | undefined)?.$ref;
	if (typeof reference !== 'string') return value;
	return resolve(spec, at(spec.document, ...reference.replace(/^#\//, '').split('/')));
}

function at(value: unknown, ...keys: string[]): unknown {
	return keys.reduce<unknown>(
		(one, key) => (typeof one === 'object' && one !== null ? (one as Json)[key] : undefined),
		value,
	);
}

function isEmpty(body: unknown): boolean {
	return body === undefined || body === null || (typeof body === 'object' && Object.keys(body).length === 0);
}
