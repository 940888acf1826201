import { ok, type ApiCall, type Reply } from '../../shared/api';
import { invalid, missingParam } from '../refusals';

/** Under this path everything of the API lives. */
export const V1 = '/api/v1';
const PER_PAGE = 100;

/** Pages from 1 with Lago's `meta`. */
export function page<T>(
	key: string,
	items: readonly T[],
	{ query }: ApiCall,
	view: (item: T) => unknown = (item) => item,
): Reply {
	const perPage = positive(query.per_page) ?? PER_PAGE;
	const current = positive(query.page) ?? 1;
	const totalPages = Math.ceil(items.length / perPage);
	return ok({
		[key]: items.slice((current - 1) * perPage, current * perPage).map(view),
		meta: {
			current_page: current,
			next_page: current < totalPages ? current + 1 : null,
			prev_page: current > 1 ? current - 1 : null,
			total_pages: totalPages,
			total_count: items.length,
		},
	});
}

/** Rails' strong parameters: the object under its root key, or 400. */
export function root(body: Record<string, unknown>, key: string): Record<string, unknown> {
	const value = body[key];
	if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.keys(value).length === 0)
		return missingParam(key);
	return value as Record<string, unknown>;
}

/** `status=a`, `statuses[]=a&statuses[]=b`: the values, undefined for none. Unknown ones are refused if `allowed` is given. */
export function chosen(
	query: Record<string, unknown>,
	names: readonly string[],
	allowed?: readonly string[],
): string[] | undefined {
	const value = names.map((name) => query[name]).find((one) => one !== undefined && one !== '');
	if (value === undefined) return undefined;
	const values = Array.isArray(value) ? value.map(String) : [String(value)];
	if (allowed && values.some((one) => !allowed.includes(one))) invalid({ [names[0] ?? '']: ['value_is_invalid'] });
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

function positive(value: unknown): number | undefined {
	const number = Number(value);
	return Number.isInteger(number) && number > 0 ? number : undefined;
}
