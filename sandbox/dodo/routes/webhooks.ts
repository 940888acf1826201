import { z } from 'zod';
import { ok, type SimulatedApi } from '../../shared/api';
import { EVENT_TYPES } from '../eventTypes';
import { existing, timestamp, type DodoState, type Endpoint } from '../state';
import { newEndpoint } from '../webhooks';
import { parse, parseQuery } from './requests';

const fields = {
	description: z.string().nullish(),
	disabled: z.boolean().nullish(),
	filter_types: z.array(z.enum(EVENT_TYPES)).nullish(),
	metadata: z.record(z.string()).nullish(),
	rate_limit: z.number().int().min(0).nullish(),
};
const url = z
	.string()
	.url()
	.regex(/^https?:\/\//);
const endpoint = z.object({
	url,
	headers: z.record(z.string()).nullish(),
	idempotency_key: z.string().nullish(),
	...fields,
});
const change = z.object({ url: url.nullish(), ...fields });
const paging = z.object({
	limit: z.coerce.number().int().min(1).max(250).default(50),
	iterator: z.string().optional(),
});

/** Webhook endpoints. The secret is a call of its own; creation is the one call with an idempotency key that works. */
export function webhookRoutes(api: SimulatedApi, state: DodoState): void {
	const byKey = new Map<string, string>();
	api.route('post', '/webhooks', ({ body }) => {
		const { idempotency_key: key, url: address, ...input } = parse(endpoint, body);
		const known = state.webhooks.get(byKey.get(key ?? '') ?? '');
		if (known) return ok(view(known));
		const created = newEndpoint(address, given(input));
		state.webhooks.set(created.id, created);
		if (key) byKey.set(key, created.id);
		return ok(view(created));
	});
	api.route('get', '/webhooks', ({ query }) => {
		const { limit, iterator: after } = parseQuery(paging, query);
		const all = [...state.webhooks.values()];
		const from = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
		const data = all.slice(from, from + limit);
		// Set even on the last page: only `done` tells.
		const iterator = data.at(-1)?.id ?? after ?? null;
		return ok({ data: data.map(view), iterator, prev_iterator: null, done: from + limit >= all.length });
	});
	api.route('get', '/webhooks/:id', ({ params }) => ok(view(existing(state.webhooks, params.id))));
	api.route('get', '/webhooks/:id/secret', ({ params }) => ok({ secret: existing(state.webhooks, params.id).secret }));
	api.route('patch', '/webhooks/:id', ({ params, body }) => {
		const found = existing(state.webhooks, params.id);
		Object.assign(found, given(parse(change, body)), { updated_at: timestamp() });
		return ok(view(found));
	});
	api.route('delete', '/webhooks/:id', ({ params }) => {
		state.webhooks.delete(existing(state.webhooks, params.id).id);
		return ok();
	});
	api.route('get', '/webhooks/:id/headers', ({ params }) => {
		const all = Object.entries(existing(state.webhooks, params.id).headers);
		const sensitive = all.map(([name]) => name).filter((name) => /authorization|key|token|secret/i.test(name));
		return ok({ headers: Object.fromEntries(all.filter(([name]) => !sensitive.includes(name))), sensitive });
	});
	api.route('patch', '/webhooks/:id/headers', ({ params, body }) => {
		Object.assign(
			existing(state.webhooks, params.id).headers,
			parse(z.object({ headers: z.record(z.string()) }), body).headers,
		);
		return ok();
	});
}

function view({ secret: _secret, oldSecret: _old, headers: _headers, ...rest }: Endpoint): unknown {
	return rest;
}

/** null leaves a field as it is. */
function given(input: Record<string, unknown>): Partial<Endpoint> {
	return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined && value !== null));
}
