import type { LagoClient } from '../transport/client';
import { ApiError } from '../../shared/transport/apiError';
import { webhookEndpointAnswerSchema, webhookEndpointSchema, type LagoWebhookEndpoint } from '../schemas/objects';

/** More than the ten endpoints that an organisation may have. */
const ENDPOINT_LIMIT = 100;

/** What the trigger wants its endpoint to be. */
export interface WantedEndpoint {
	url: string;
	algorithm: 'hmac' | 'jwt';
	/** Sorted. */
	events: string[];
}

/** The endpoint with this URL, null when there is none (`lago-api:app/controllers/api/v1/webhook_endpoints_controller.rb`). */
export async function findEndpoint(client: LagoClient, url: string): Promise<LagoWebhookEndpoint | null> {
	const endpoints = await client.list('webhook_endpoints', webhookEndpointSchema, {}, ENDPOINT_LIMIT);
	return endpoints.find((endpoint) => endpoint.webhook_url === url) ?? null;
}

/** Whether the endpoint signs and sends as wanted. */
export function isCurrent(endpoint: LagoWebhookEndpoint, wanted: WantedEndpoint): boolean {
	return endpoint.signature_algo === wanted.algorithm && [...(endpoint.event_types ?? [])].sort().join() === wanted.events.join();
}

/** Updates the endpoint with this URL or creates it; never makes a second one, not even in a race. */
export async function registerEndpoint(client: LagoClient, wanted: WantedEndpoint): Promise<void> {
	const body = {
		webhook_endpoint: {
			webhook_url: wanted.url,
			signature_algo: wanted.algorithm,
			name: 'n8n: Lago Trigger',
			event_types: wanted.events,
		},
	};
	const existing = await findEndpoint(client, wanted.url);
	if (existing !== null) return await update(client, existing, body);
	const refused = await client
		.request(webhookEndpointAnswerSchema, { method: 'POST', path: '/webhook_endpoints', body })
		.then(() => null, (caught: unknown) => caught);
	if (refused === null) return;
	const takenMeanwhile = refused instanceof ApiError && refused.details.webhook_url?.includes('value_already_exist');
	const other = takenMeanwhile ? await findEndpoint(client, wanted.url) : null;
	if (other === null) return await Promise.reject(refused);
	await update(client, other, body);
}

/** Deletes the endpoint with this URL and no other; one that is gone already is fine. */
export async function removeEndpoint(client: LagoClient, url: string): Promise<void> {
	const existing = await findEndpoint(client, url);
	if (existing === null) return;
	await client.send({ method: 'DELETE', path: `/webhook_endpoints/${existing.lago_id}` }).catch(async (caught: unknown) => {
		if (!(caught instanceof ApiError && caught.status === 404)) await Promise.reject(caught);
	});
}

async function update(client: LagoClient, existing: LagoWebhookEndpoint, body: { webhook_endpoint: object }): Promise<void> {
	await client.send({ method: 'PUT', path: `/webhook_endpoints/${existing.lago_id}`, body });
}
