import { z } from 'zod';
import { ok, type ApiCall, type Reply } from '../../shared/api';
import { CURRENCIES } from '../currencies';
import { MAX_INT32 } from '../money';
import { refuse } from '../state';

export const int32 = z.number().int().max(MAX_INT32);
export const currency = z.string().refine((code) => CURRENCIES.includes(code));
const filled = z.string().trim().min(1).nullish();

/** An address; what is missing is asked for on the page. Blanks are refused. */
export const address = z.object({
	country: z.string().regex(/^[A-Z]{2}$/),
	street: filled,
	city: filled,
	state: filled,
	zipcode: filled,
});

export const customerRequest = z.union([
	z.object({ customer_id: z.string() }),
	z.object({ email: z.string().email(), name: z.string().nullish(), phone_number: z.string().nullish() }),
]);

export const cart = z.array(
	z.object({ product_id: z.string(), quantity: z.number().int().min(1), amount: int32.min(0).nullish() }),
);

/** A body as Dodo reads it: unknown keys are dropped, wrong types refused. */
export function parse<T>(schema: z.ZodType<T, z.ZodTypeDef, unknown>, body: unknown): T {
	const parsed = schema.safeParse(body);
	if (parsed.success) return parsed.data;
	const issue = parsed.error.issues[0];
	return refuse(
		422,
		'INVALID_REQUEST_BODY',
		`Failed to deserialize the JSON body into the target type: ${issue?.path.join('.')}: ${issue?.message}`,
	);
}

/** Parameters of the query, likewise. */
export function parseQuery<T>(schema: z.ZodType<T, z.ZodTypeDef, unknown>, query: unknown): T {
	const parsed = schema.safeParse(query);
	if (parsed.success) return parsed.data;
	const issue = parsed.error.issues[0];
	return refuse(
		422,
		'INVALID_REQUEST_PARAMETERS',
		`Failed to deserialize query string: ${issue?.path.join('.')}: ${issue?.message}`,
	);
}

const paging = z.object({
	page_size: z.coerce.number().int().min(1).max(100).default(10),
	page_number: z.coerce.number().int().min(0).default(0),
});

/** 0-based pages, `{items}` without totals (docs `api-reference/introduction`). Newest first. */
export function page<T>(items: Iterable<T>, { query }: ApiCall, view: (item: T) => unknown = (item) => item): Reply {
	const { page_size: size, page_number: number } = parseQuery(paging, query);
	return ok({
		items: [...items]
			.reverse()
			.slice(number * size, (number + 1) * size)
			.map(view),
	});
}

const period = z.object({
	created_at_gte: z.string().datetime({ offset: true }).optional(),
	created_at_lte: z.string().datetime({ offset: true }).optional(),
});

/** The filters `created_at_gte` and `created_at_lte`. */
export function createdWithin(query: Record<string, unknown>): (one: { created_at: string }) => boolean {
	const { created_at_gte: from, created_at_lte: to } = parseQuery(period, query);
	return ({ created_at }) =>
		(from === undefined || Date.parse(created_at) >= Date.parse(from)) &&
		(to === undefined || Date.parse(created_at) <= Date.parse(to));
}
