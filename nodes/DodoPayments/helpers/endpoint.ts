import type { IHookFunctions, IWebhookFunctions } from 'n8n-workflow';
import { z } from 'zod';
import { Remembered } from '../../shared/delivery/remembered';
import { ApiError } from '../../shared/transport/apiError';
import { webhookListSchema, webhookSchema, type DodoWebhook } from '../schemas/objects';
import type { DodoClient } from '../transport/client';

const LIST_LIMIT = 100;
/** Pages of 100 endpoints looked through before giving up. */
const MAX_PAGES = 50;

/**
 * The webhook endpoint of this trigger at Dodo, found by its stored id or by its URL; null when there is none
 * (docs `api-reference/webhooks`).
 */
export async function findEndpoint(client: DodoClient, url: string, storedId: string | undefined): Promise<DodoWebhook | null> {
	if (storedId !== undefined) {
		const known = await orNull(client.request(webhookSchema, { method: 'GET', path: `/webhooks/${encodeURIComponent(storedId)}` }));
		if (known?.url === url) return known;
	}
	let iterator: string | undefined;
	for (let page = 0; page < MAX_PAGES; page++) {
		const list = await client.request(webhookListSchema, { method: 'GET', path: '/webhooks', query: { limit: LIST_LIMIT, iterator } });
		const found = list.data.find((endpoint) => endpoint.url === url);
		if (found) return found;
		if (list.done || !list.iterator || list.data.length === 0) return null;
		iterator = list.iterator;
	}
	return null;
}

/** Whether the endpoint is switched on and sends exactly these events. */
export function isCurrent(endpoint: DodoWebhook, filter: readonly string[]): boolean {
	return endpoint.disabled !== true && [...(endpoint.filter_types ?? [])].sort().join() === filter.join();
}

/** Creates the endpoint, or brings the one with this URL up to date (also when Dodo disabled it). Returns its id. */
export async function registerEndpoint(client: DodoClient, url: string, storedId: string | undefined, filter: string[]): Promise<string> {
	const existing = await findEndpoint(client, url, storedId);
	if (existing === null) {
		const created = await client.request(webhookSchema, {
			method: 'POST',
			path: '/webhooks',
			body: { url, description: 'n8n: Dodo Payments Trigger', filter_types: filter },
		});
		// Another endpoint, another secret.
		secrets.forget(secretKey(client, url));
		return created.id;
	}
	if (!isCurrent(existing, filter))
		await client.send({
			method: 'PATCH',
			path: `/webhooks/${encodeURIComponent(existing.id)}`,
			body: { filter_types: filter, disabled: false },
		});
	return existing.id;
}

/** Deletes the endpoint; one that is gone already is fine. */
export async function removeEndpoint(client: DodoClient, url: string, storedId: string | undefined): Promise<void> {
	const existing = await findEndpoint(client, url, storedId);
	if (existing !== null) await orNull(client.send({ method: 'DELETE', path: `/webhooks/${encodeURIComponent(existing.id)}` }));
}

const secrets = new Remembered<string | null>();

function secretKey(client: DodoClient, url: string): string {
	return `${client.accountKey} ${url}`;
}

/**
 * The signing secret of the trigger's own endpoint, kept in memory only: Dodo hands it out to the API key at any time, so it need
 * not be stored anywhere.
 * @param fresh ask Dodo again (at most once a minute) because the known secret did not match.
 * @returns null when Dodo knows no endpoint for this URL.
 * @throws ApiError when Dodo cannot be asked.
 */
export async function endpointSecret(
	ctx: IHookFunctions | IWebhookFunctions,
	client: DodoClient,
	url: string,
	fresh: boolean,
): Promise<string | null> {
	return await secrets.get(secretKey(client, url), fresh, async () => {
		const endpoint = await findEndpoint(client, url, storedEndpointId(ctx));
		return endpoint === null ? null : await fetchSecret(client, endpoint.id);
	});
}

/** The endpoint's id as activation stored it: a short cut, safe to lose. */
export function storedEndpointId(ctx: IHookFunctions | IWebhookFunctions): string | undefined {
	const { endpointId } = ctx.getWorkflowStaticData('node');
	return typeof endpointId === 'string' ? endpointId : undefined;
}

async function fetchSecret(client: DodoClient, endpointId: string): Promise<string> {
	const path = `/webhooks/${encodeURIComponent(endpointId)}/secret`;
	const { secret } = await client.request(z.object({ secret: z.string().min(1) }), { method: 'GET', path });
	return secret;
}

async function orNull<T>(request: Promise<T>): Promise<T | null> {
	return await request.catch(async (caught: unknown) => {
		if (caught instanceof ApiError && (caught.status === 404 || caught.status === 410)) return null;
		return await Promise.reject(caught);
	});
}
