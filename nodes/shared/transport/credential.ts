import type { ICredentialDataDecryptedObject, IWebhookFunctions } from 'n8n-workflow';
import { Remembered } from './remembered';
import type { RequestContext } from './request';

/** A secret that does not match may have been replaced this moment; forgeries must not make n8n read the credential each time. */
const REREAD_MS = 1_000;
/** How long a replaced secret is still accepted at most. */
const LASTS_MS = 60_000;

/** By type and id; without API keys, which triggers need not know. */
const readByTriggers = new Remembered<ICredentialDataDecryptedObject>(REREAD_MS, LASTS_MS);

/**
 * The fields of the node's credential. Outside executions n8n sets up an isolate of its own to read one, which takes it longer than all
 * else that happens to a refused webhook; so triggers remember it for a minute.
 * @param fresh what a trigger remembers did not match: read it again, at most once a second.
 */
export async function readCredential<T extends object>(ctx: RequestContext, type: string, fresh = false): Promise<Partial<T>> {
	const id = ctx.getNode().credentials?.[type]?.id;
	if (!isWebhook(ctx) || !id) return await ctx.getCredentials<Partial<T>>(type);
	const known = await readByTriggers.get(`${type} ${id}`, fresh, async () => {
		const { apiKey: _secret, ...fields } = await ctx.getCredentials(type);
		return fields;
	});
	return known as Partial<T>;
}

function isWebhook(ctx: RequestContext): ctx is IWebhookFunctions {
	return 'getRequestObject' in ctx;
}
