import { ok, type ApiCall, type Reply } from '../../shared/api';
import { invalid, missingParam } from '../refusals';

/** Under this path everything of the API lives. */
export const V1 = '/api/v1';
const PER_PAGE = 100;
const KEPT_MS = 1_800_000;
const MAX_KEPT = 10_000;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Pages from 1 with Lago's `meta`, which is all 0 for an empty list. `counts`: see {@link Counts}. */
export function page<T>(
	key: string,
	items: readonly T[],
	{ query }: ApiCall,
	view: (item: T) => unknown = (item) => item,
	counts?: Counts,
): Reply {
	const perPage = positive(query.per_page) ?? PER_PAGE;
	const current = positive(query.page) ?? 1;
	const count = counts?.of(query, current * perPage, items.length) ?? items.length;
	const totalPages = Math.ceil(count / perPage);
	return ok({
		[key]: items.slice((current - 1) * perPage, current * perPage).map(view),
		meta: {
			current_page: count > 0 ? current : 0,
			next_page: current < totalPages ? current + 1 : null,
			prev_page: count > 0 && current > 1 ? current - 1 : null,
			total_pages: totalPages,
			total_count: count,
		},
	});
}

/** The counts that Lago keeps for half an hour, by what was asked for except page and customer (`lago-api:app/controllers/concerns/pagination.rb`). */
export class Counts {
	private readonly kept = new Map<string, { count: number; until: number }>();

	/** What `meta` is made of: a kept count, unless the page may be the last by it. `seen`: entries up to the end of this page. */
	of(
		{ page: _page, external_customer_id: _customer, ...asked }: ApiCall['query'],
		seen: number,
		count: number,
	): number {
		const key = JSON.stringify(Object.entries(asked).sort(([one], [other]) => one.localeCompare(other)));
		const known = this.kept.get(key);
		if (known !== undefined && known.until > Date.now() && known.count > seen) return known.count;
		if (this.kept.size >= MAX_KEPT) this.kept.clear();
		this.kept.set(key, { count, until: Date.now() + KEPT_MS });
		return count;
	}
}

/** Rails' strong parameters: the object under its root key, or 400. */
export function root(body: Record<string, unknown>, key: string): Record<string, unknown> {
	const value = body[key];
	if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.keys(value).length === 0)
		return missingParam(key);
	return value as Record<string, unknown>;
}

/** `status=a`, `statuses[]=a&statuses[]=b`: the values, undefined for none. Unknown ones are refused if `allowed` is given, under the first name. */
export function chosen(
	query: Record<string, unknown>,
	names: readonly string[],
	allowed?: readonly string[],
): string[] | undefined {
	const value = names.map((name) => query[name]).find((one) => one !== undefined && one !== '');
	if (value === undefined) return undefined;
	const values = Array.isArray(value) ? value.map(String) : [String(value)];
	const wrong = values.flatMap((one, index) => (allowed === undefined || allowed.includes(one) ? [] : [index]));
	if (wrong.length > 0) {
		const rule = `must be one of: ${allowed?.join(', ')}`;
		const faults = Array.isArray(value)
			? Object.fromEntries(wrong.map((index) => [index, [rule]]))
			: [`${rule} or must be an array`];
		invalid({ [names[0] ?? '']: faults });
	}
	return values;
}

/** Whether a value lies within `<name>_from` and `<name>_to` of the query. */
export function within(query: Record<string, unknown>, name: string, value: number | string): boolean {
	const [from, to] = [query[`${name}_from`], query[`${name}_to`]].map((limit) =>
		limit === undefined || limit === '' ? undefined : typeof value === 'number' ? Number(limit) : String(limit),
	);
	return (from === undefined || value >= from) && (to === undefined || value <= to);
}

/** `metadata[key]=value`: an empty value means that the key is absent. */
export function hasMetadata(
	query: Record<string, unknown>,
	metadata: ReadonlyArray<{ key: string; value: string }>,
): boolean {
	const wanted = typeof query.metadata === 'object' && query.metadata !== null ? Object.entries(query.metadata) : [];
	return wanted.every(([key, value]) => (metadata.find((entry) => entry.key === key)?.value ?? '') === value);
}

/** Refuses an id that is none. */
export function checkUuid(query: Record<string, unknown>, name: string): void {
	const value = query[name];
	if (value !== undefined && value !== '' && !UUID.test(String(value))) invalid({ [name]: ['is in invalid format'] });
}

function positive(value: unknown): number | undefined {
	const number = Number(value);
	return Number.isInteger(number) && number > 0 ? number : undefined;
}
