import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LagoSimulator } from '../../sandbox/simulators';
import { callerOf, type Answer } from '../contract/helpers';

/** What a real Lago answered and told, in `test/fixtures/real-lago`; its README says how it is written. */
const FOLDER = join(__dirname, '../fixtures/real-lago');

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Fields = { [key: string]: Json };

/** A call of a story with what was answered, or (`overdue`) the job that marks an invoice as overdue. `{3.invoice.lago_id}` is a value of the fourth step's answer. */
interface Step {
	name?: string;
	call?: string;
	overdue?: string;
	key?: string;
	body?: Json;
	/** Absent: only a means to an end. */
	status?: number;
	answer?: Json;
	/** The answer has these fields, and others. */
	part?: Json;
	/** The entries that a list has, in this order. */
	finds?: string[];
}

export interface Story {
	name: string;
	steps: Step[];
	webhooks?: Fields[];
}

/** Values that differ between two Lagos which follow the same rules, by the end of a path. */
const NO_RULE: ReadonlyArray<[where: RegExp, why: string]> = [
	[/\.(sequential_id|document_number_prefix)$/, 'counted and named by each organisation for itself'],
	[/\.(tax_name|tax_code)$/, 'names of sample data: the simulator knows a tax by its rate'],
	[/\.organization\.(default_currency|webhook_urls?)/, 'sample data'],
	[/\.billing_entities\[\d\]\.default_currency$/, 'sample data'],
	[/\.credits_ongoing_balance$|\.ongoing_balance_cents$/, 'a job of its own follows the balance later'],
];
/** The same for single steps: a story, or a story and a step. */
const NO_RULE_HERE: ReadonlyArray<[step: RegExp, where: RegExp, why: string]> = [
	[
		/^(put|status_only|payment_request_by_status):.*PUT /,
		/\.fees\[\d\]\.payment_status$/,
		'a job copies the status to the fees: of ten answers three show what was before, seven what is now; the simulator shows what was before',
	],
	[
		/^draft_grace:/,
		/amount|sub_total|unit/,
		'Lago bills a part of the first calendar month; the simulator bills whole periods, so that no figure depends on the day',
	],
];
/** Told by a job of its own, so its place among the others is no rule: in `void_and_dispute` it comes after what a later call told. */
const ANY_PLACE = ['payment_receipt.created'];

/** The stories of `rules` (calls, right and wrong ones) or of `scenes` (calls and webhooks). */
export function storiesOf(kind: 'rules' | 'scenes'): Story[] {
	const shapes = read<Record<string, Fields>>('shapes.json');
	return readdirSync(join(FOLDER, kind))
		.sort()
		.map((file) => {
			const story = filled(read<Json>(join(kind, file)), shapes) as unknown as Omit<Story, 'name'>;
			return { name: file.replace('.json', ''), ...story };
		});
}

/** Plays a story on a simulator that has nothing else to do; gives every difference as one line. */
export async function play({ name, steps, webhooks }: Story, lago: LagoSimulator): Promise<string[]> {
	const answers: Answer[] = [];
	const found: string[] = [];
	for (const [index, step] of steps.entries()) {
		const answer = await take(step, lago, answers);
		answers.push(answer);
		const title = `${name}: ${index} ${step.name ?? ''} ${step.call ?? ''}`;
		for (const line of judged(step, answer, answers)) if (!isNoRule(title, line)) found.push(`${title}\n    ${line}`);
		await lago.idle();
	}
	if (webhooks) found.push(...told(name, webhooks, lago));
	return found;
}

async function take(step: Step, lago: LagoSimulator, answers: Answer[]): Promise<Answer> {
	if (step.overdue !== undefined) lago.markOverdue(String(resolved(step.overdue, answers)));
	if (step.call === undefined) return { status: 0, body: null, headers: new Headers() };
	const [method = '', path = ''] = step.call.split(' ');
	const address = String(resolved(path, answers)).replace(/^(?!\/api\/)/, '/api/v1');
	return await callerOf(lago.url, step.key ?? lago.apiKey)(method, address, resolved(step.body, answers));
}

function* judged({ status, answer, part, finds }: Step, got: Answer, answers: Answer[]): Generator<string> {
	if (status !== undefined && got.status !== status) yield `.status: ours ${got.status} | Lago ${status}`;
	const body = plain(got.body) as Json;
	if (answer !== undefined) yield* differences(body, answer);
	if (part !== undefined) yield* differences(body, part, { isPart: true });
	if (finds !== undefined) {
		const ids = (got.body.invoices as Array<{ lago_id: string }>).map(({ lago_id }) => lago_id);
		const wanted = finds.map((one) => resolved(one, answers));
		if (ids.join() !== wanted.join()) yield `.finds: ours ${ids.join()} | Lago ${wanted.join()}`;
	}
}

function told(name: string, webhooks: Fields[], lago: LagoSimulator): string[] {
	const bodies = lago.deliveries.map(({ body }) => plain(JSON.parse(body)) as Fields);
	const placed = (all: Fields[], isPlaced: boolean): Fields[] =>
		all.filter(({ webhook_type: type }) => ANY_PLACE.includes(String(type)) !== isPlaced);
	return [true, false].flatMap((isPlaced) => {
		const [ours, real] = [placed(bodies, isPlaced), placed(webhooks, isPlaced)];
		const [one, other] = [ours, real].map((all) => all.map(({ webhook_type: type }) => type).join(' '));
		if (one !== other) return [`${name}: told ${one} | Lago ${other}`];
		return real.flatMap((body, index) => {
			const title = `${name}: told ${String(body.webhook_type)}`;
			return [...differences(ours[index] ?? null, body)]
				.filter((line) => !isNoRule(title, line))
				.map((line) => `${title}\n    ${line}`);
		});
	});
}

function isNoRule(title: string, line: string): boolean {
	const where = line.slice(0, line.indexOf(': '));
	// A field that one of them does not have is never a matter of sample data.
	if (/ours lacks it|Lago lacks it$/.test(line)) return false;
	return (
		NO_RULE.some(([path]) => path.test(where)) ||
		NO_RULE_HERE.some(([step, path]) => step.test(title) && path.test(where))
	);
}

/** What differs, as `path: ours … | Lago …`. */
function* differences(ours: Json, real: Json, { path = '', isPart = false } = {}): Generator<string> {
	const kind = (value: Json): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);
	if (kind(ours) !== kind(real)) yield `${path}: ours ${show(ours)} | Lago ${show(real)}`;
	else if (Array.isArray(ours) && Array.isArray(real)) {
		if (ours.length !== real.length) yield `${path}[]: ours ${ours.length} | Lago ${real.length} entries`;
		else
			for (const [index, one] of real.entries())
				yield* differences(ours[index] as Json, one, { path: `${path}[${index}]`, isPart });
	} else if (kind(ours) === 'object') {
		const [one, other] = [ours as Fields, real as Fields];
		for (const key of new Set([...(isPart ? [] : Object.keys(one)), ...Object.keys(other)]))
			if (!(key in one)) yield `${path}.${key}: ours lacks it | Lago ${show(other[key])}`;
			else if (!(key in other)) yield `${path}.${key}: ours ${show(one[key])} | Lago lacks it`;
			else yield* differences(one[key] as Json, other[key] as Json, { path: `${path}.${key}`, isPart });
	} else if (ours !== real) yield `${path}: ours ${show(ours)} | Lago ${show(real)}`;
}

/** Without what is different each time; ends of names are counted. */
function plain(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(plain);
	if (typeof value === 'object' && value !== null)
		return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
	if (typeof value !== 'string') return value;
	return value
		.replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, 'UUID')
		.replace(/\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)/g, 'TIME')
		.replace(/\d{4}-\d\d-\d\d/g, 'DAY')
		.replace(/_\d+\b/g, '_N')
		.replace(/RUN-\d+/g, 'RUN-N')
		.replace(/\bSIM-[\w-]+/g, 'NUMBER')
		.replace(/https?:\/\/(127|app)[^ "]*/g, 'URL');
}

/** Text with the values that it refers to. */
function resolved(value: Json | undefined, answers: Answer[]): Json | undefined {
	if (Array.isArray(value)) return value.map((one) => resolved(one, answers) as Json);
	if (typeof value === 'object' && value !== null)
		return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolved(one, answers) as Json]));
	if (typeof value !== 'string') return value;
	return value.replace(/\{(\d+)\.([\w.]+)\}/g, (_all, index: string, path: string) => {
		const keys = path.split('.');
		return String(keys.reduce<unknown>((at, key) => (at as Fields)[key], answers[Number(index)]?.body));
	});
}

/** `{"like": "fee", "without": ["a"], "b": 1}` is the shape "fee" with another b and without a. */
function filled(value: Json, shapes: Record<string, Fields>): Json {
	if (Array.isArray(value)) return value.map((one) => filled(one, shapes));
	if (typeof value !== 'object' || value === null) return value;
	const { like, without = [], ...own } = value;
	const shape = like === undefined ? {} : (filled(shapes[String(like)] as Json, shapes) as Fields);
	const whole = { ...shape, ...filledFields(own, shapes) };
	return Object.fromEntries(Object.entries(whole).filter(([key]) => !(without as string[]).includes(key)));
}

function filledFields(fields: Fields, shapes: Record<string, Fields>): Fields {
	return Object.fromEntries(Object.entries(fields).map(([key, one]) => [key, filled(one, shapes)]));
}

function show(value: unknown): string {
	const text = JSON.stringify(value) ?? 'undefined';
	return text.length > 140 ? `${text.slice(0, 140)}…` : text;
}

function read<T>(path: string): T {
	return JSON.parse(readFileSync(join(FOLDER, path), 'utf8')) as T;
}
