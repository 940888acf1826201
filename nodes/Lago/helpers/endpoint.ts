import { hasSamePath, isSameAddress } from '../../shared/domain/address';
import { ApiError } from '../../shared/transport/apiError';
import { orNull } from '../../shared/transport/orNull';
import {
	webhookEndpointAnswerSchema,
	webhookEndpointSchema,
	type LagoWebhookEndpoint,
} from '../../shared/wire/lago/objects';
import type { LagoClient } from '../transport/client';

/** More than the ten endpoints that an organisation may have. */
export const ENDPOINT_LIMIT = 100;
/** By it Lago's page shows whose endpoint it is. */
export const ENDPOINT_NAME = 'n8n: Lago Trigger';

/** What the trigger wants its endpoint to be. */
export interface WantedEndpoint {
	url: string;
	algorithm: 'hmac' | 'jwt';
	/** Sorted. */
	events: string[];
}

/**
 * The endpoint of this trigger: the one with its address, in whatever spelling; else the one that was ours under another host, as with a tunnel
 * whose name changes. Null when there is none (`lago-api:app/controllers/api/v1/webhook_endpoints_controller.rb`).
 */
export async function findEndpoint(
	client: LagoClient,
	url: string,
	storedId: string | undefined,
): Promise<LagoWebhookEndpoint | null> {
	const { own, atAddress } = await endpointsOf(client, url, storedId);
	return atAddress[0] ?? own ?? null;
}

async function endpointsOf(
	client: LagoClient,
	url: string,
	storedId: string | undefined,
): Promise<{ own: LagoWebhookEndpoint | undefined; atAddress: LagoWebhookEndpoint[] }> {
	const endpoints = await client.list('webhook_endpoints', webhookEndpointSchema, {}, ENDPOINT_LIMIT);
	return {
		own: endpoints.find(({ lago_id, webhook_url }) => lago_id === storedId && hasSamePath(webhook_url, url)),
		atAddress: endpoints.filter(({ webhook_url }) => isSameAddress(webhook_url, url)),
	};
}

/** Whether the endpoint is at this address, and signs and sends as wanted. A Lago before 1.44 has no `event_types`, and sends all. */
export function isCurrent(endpoint: LagoWebhookEndpoint, wanted: WantedEndpoint): boolean {
	return (
		isSameAddress(endpoint.webhook_url, wanted.url) &&
		endpoint.signature_algo === wanted.algorithm &&
		(!('event_types' in endpoint) || [...(endpoint.event_types ?? [])].sort().join() === wanted.events.join())
	);
}

/** Updates the endpoint of this trigger or creates it; never makes a second one, not even in a race. Returns its id. */
export async function registerEndpoint(
	client: LagoClient,
	wanted: WantedEndpoint,
	storedId: string | undefined,
): Promise<string> {
	const body = {
		webhook_endpoint: {
			webhook_url: wanted.url,
			signature_algo: wanted.algorithm,
			name: ENDPOINT_NAME,
			event_types: wanted.events,
		},
	};
	const existing = await findEndpoint(client, wanted.url, storedId);
	if (existing !== null) return await update(client, existing, body);
	return await client.request(webhookEndpointAnswerSchema, { method: 'POST', path: '/webhook_endpoints', body }).then(
		({ webhook_endpoint }) => webhook_endpoint.lago_id,
		async (refused: unknown) => {
			const takenMeanwhile =
				refused instanceof ApiError && refused.details.webhook_url?.includes('value_already_exist');
			const other = takenMeanwhile ? await findEndpoint(client, wanted.url, storedId) : null;
			if (other === null) throw refused;
			return await update(client, other, body);
		},
	);
}

/** Deletes all that this trigger has at Lago, and nothing else; what is gone already is fine. */
export async function removeEndpoint(client: LagoClient, url: string, storedId: string | undefined): Promise<void> {
	const { own, atAddress } = await endpointsOf(client, url, storedId);
	const ids = new Set([...(own === undefined ? [] : [own]), ...atAddress].map(({ lago_id }) => lago_id));
	for (const id of ids)
		await orNull(client.send({ method: 'DELETE', path: `/webhook_endpoints/${id}` }), ({ status }) => status === 404);
}

async function update(
	client: LagoClient,
	existing: LagoWebhookEndpoint,
	body: { webhook_endpoint: object },
): Promise<string> {
	await client.send({ method: 'PUT', path: `/webhook_endpoints/${existing.lago_id}`, body });
	return existing.lago_id;
}
