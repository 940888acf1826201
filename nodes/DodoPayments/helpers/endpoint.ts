import type { IHookFunctions, IWebhookFunctions } from 'n8n-workflow';
import { z } from 'zod';
import { hasSamePath, isSameAddress } from '../../shared/domain/address';
import { KeyCache } from '../../shared/process/keyCache';
import type { ApiError } from '../../shared/transport/apiError';
import { orNull } from '../../shared/transport/orNull';
import { webhookListSchema, webhookSchema, type DodoWebhook } from '../../shared/wire/dodo/objects';
import type { DodoClient } from '../transport/client';

const LIST_LIMIT = 100;
/** Pages of 100 endpoints looked through before giving up. */
const MAX_PAGES = 50;

/**
 * The webhook endpoint of this trigger at Dodo: the one with its address, in whatever spelling; else the one that was ours under another host,
 * as with a tunnel whose name changes. Null when there is none (docs `api-reference/webhooks`).
 */
export async function findEndpoint(
	client: DodoClient,
	url: string,
	storedId: string | undefined,
): Promise<DodoWebhook | null> {
	const known = await storedEndpoint(client, storedId);
	if (known !== null && isSameAddress(known.url, url)) return known;
	const found = (await allEndpoints(client)).find((endpoint) => isSameAddress(endpoint.url, url));
	return found ?? (known !== null && hasSamePath(known.url, url) ? known : null);
}

async function storedEndpoint(client: DodoClient, storedId: string | undefined): Promise<DodoWebhook | null> {
	return storedId === undefined
		? null
		: await orNull(
				client.request(webhookSchema, { method: 'GET', path: `/webhooks/${encodeURIComponent(storedId)}` }),
				isGone,
			);
}

async function allEndpoints(client: DodoClient): Promise<DodoWebhook[]> {
	const found: DodoWebhook[] = [];
	let iterator: string | undefined;
	for (let page = 0; page < MAX_PAGES; page++) {
		const list = await client.request(webhookListSchema, {
			method: 'GET',
			path: '/webhooks',
			query: { limit: LIST_LIMIT, iterator },
		});
		found.push(...list.data);
		if (list.done || !list.iterator || list.data.length === 0) break;
		iterator = list.iterator;
	}
	return found;
}

/** Whether the endpoint is at this address, switched on, and sends exactly these events. */
export function isCurrent(endpoint: DodoWebhook, url: string, filter: readonly string[]): boolean {
	return (
		isSameAddress(endpoint.url, url) &&
		endpoint.disabled !== true &&
		[...(endpoint.filter_types ?? [])].sort().join() === filter.join()
	);
}

/**
 * Creates the endpoint, or brings the one of this trigger up to date (also when Dodo disabled it, or its address has changed). Returns its
 * id.
 */
export async function registerEndpoint(
	client: DodoClient,
	url: string,
	storedId: string | undefined,
	filter: string[],
): Promise<string> {
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
	const moves = !isSameAddress(existing.url, url);
	if (moves) secrets.forget(secretKey(client, url));
	if (!isCurrent(existing, url, filter))
		await client.send({
			method: 'PATCH',
			path: `/webhooks/${encodeURIComponent(existing.id)}`,
			body: { ...(moves ? { url } : {}), filter_types: filter, disabled: false },
		});
	return existing.id;
}

/** Deletes all that this trigger has at Dodo; what is gone already is fine. */
export async function removeEndpoint(client: DodoClient, url: string, storedId: string | undefined): Promise<void> {
	const known = await storedEndpoint(client, storedId);
	const own = known !== null && hasSamePath(known.url, url) ? [known.id] : [];
	const ids = new Set([
		...own,
		...(await allEndpoints(client)).filter((endpoint) => isSameAddress(endpoint.url, url)).map(({ id }) => id),
	]);
	for (const id of ids)
		await orNull(client.send({ method: 'DELETE', path: `/webhooks/${encodeURIComponent(id)}` }), isGone);
}

const secrets = new KeyCache<string | null>();

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

function isGone({ status }: ApiError): boolean {
	return status === 404 || status === 410;
}
