import { randomUUID } from 'node:crypto';
import { ok, type SimulatedApi } from '../../shared/api';
import { EVENT_TYPES } from '../eventTypes';
import { invalid, notFound, serverError } from '../refusals';
import { now, type LagoState, type WebhookEndpoint } from '../state';
import { page, root, V1 } from './requests';

const MAX_ENDPOINTS = 10;
/** What Ruby's `URI.parse` takes: no blanks, no letters beyond ASCII. */
const ADDRESS = /^https?:\/\/[^/?#\s"<>\\^`{|}\u0080-\uffff][^\s"<>\\^`{|}\u0080-\uffff]*$/i;

/** Webhook endpoints (`lago-api:app/controllers/api/v1/webhook_endpoints_controller.rb`). */
export function webhookEndpointRoutes(api: SimulatedApi, state: LagoState): void {
	const endpoint = (id: string | undefined): WebhookEndpoint =>
		state.endpoints.get(id ?? '') ?? notFound('webhook_endpoint');

	api.route('post', `${V1}/webhook_endpoints`, ({ body }) => {
		const input = root(body, 'webhook_endpoint');
		if (!input.webhook_url) invalid({ webhook_url: ['value_is_mandatory', 'url_is_invalid'] });
		const created: WebhookEndpoint = { ...newEndpoint(state, ''), ...changes(state, input, null) };
		if (state.endpoints.size >= MAX_ENDPOINTS) invalid({ base: ['Maximum number of webhook endpoints was reached'] });
		state.endpoints.set(created.lago_id, created);
		return ok({ webhook_endpoint: created });
	});
	api.route('get', `${V1}/webhook_endpoints`, (call) =>
		page(
			'webhook_endpoints',
			[...state.endpoints.values()].sort((a, b) => a.webhook_url.localeCompare(b.webhook_url)),
			call,
		),
	);
	api.route('get', `${V1}/webhook_endpoints/:id`, ({ params }) => ok({ webhook_endpoint: endpoint(params.id) }));
	api.route('put', `${V1}/webhook_endpoints/:id`, ({ params, body }) => {
		const found = endpoint(params.id);
		Object.assign(found, changes(state, root(body, 'webhook_endpoint'), found));
		return ok({ webhook_endpoint: found });
	});
	api.route('delete', `${V1}/webhook_endpoints/:id`, ({ params }) => {
		const found = endpoint(params.id);
		state.endpoints.delete(found.lago_id);
		return ok({ webhook_endpoint: found });
	});
}

/** An endpoint with Lago's defaults: JWT, all events. */
export function newEndpoint(state: LagoState, url: string): WebhookEndpoint {
	return {
		lago_id: randomUUID(),
		lago_organization_id: state.organizationId,
		webhook_url: url,
		signature_algo: 'jwt',
		name: null,
		event_types: null,
		created_at: now(),
	};
}

function changes(
	state: LagoState,
	{ webhook_url: url, signature_algo: algorithm, name, event_types: events }: Record<string, unknown>,
	self: WebhookEndpoint | null,
): Partial<WebhookEndpoint> {
	return {
		...(url === undefined ? {} : { webhook_url: checkedUrl(state, String(url), self) }),
		...(algorithm === undefined
			? {}
			: { signature_algo: algorithm === 'jwt' || algorithm === 'hmac' ? algorithm : serverError() }),
		...(name === undefined ? {} : { name: name as string | null }),
		...(events === undefined ? {} : { event_types: checkedEvents(events) }),
	};
}

function checkedUrl(state: LagoState, url: string, self: WebhookEndpoint | null): string {
	if (!ADDRESS.test(url)) invalid({ webhook_url: ['url_is_invalid'] });
	if ([...state.endpoints.values()].some((one) => one !== self && one.webhook_url === url))
		invalid({ webhook_url: ['value_already_exist'] });
	return url;
}

/** null and `*` alone: all events; an empty list: none. */
function checkedEvents(value: unknown): string[] | null {
	if (value === null) return null;
	if (!Array.isArray(value)) return invalid({ event_types: ['must_be_array'] });
	const names = [...new Set(value.map((name) => String(name).trim().toLowerCase()))];
	if (names.length === 1 && names[0] === '*') return null;
	const unknown = names.filter((name) => !EVENT_TYPES.includes(name));
	if (unknown.length > 0) invalid({ event_types: [`contains invalid types: ${JSON.stringify(unknown)}`] });
	return names;
}
