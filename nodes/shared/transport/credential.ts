import type { ICredentialDataDecryptedObject, IWebhookFunctions } from 'n8n-workflow';
import { Remembered } from './remembered';
import type { RequestContext } from './request';

/** However many events or forgeries come, n8n reads the credential once a second; so long a replaced secret is still accepted at most. */
const LASTS_MS = 1_000;

/** By type and id; without API keys, which triggers need not know. */
const readByTriggers = new Remembered<ICredentialDataDecryptedObject>(LASTS_MS, LASTS_MS);

/**
 * The fields of the node's credential. Outside executions n8n sets up an isolate of its own to read one, which takes it longer than all
 * else that happens to a refused webhook; so triggers remember it for a second.
 */
export async function readCredential<T extends object>(ctx: RequestContext, type: string): Promise<Partial<T>> {
	const id = ctx.getNode().credentials?.[type]?.id;
	if (!isWebhook(ctx) || !id) return await ctx.getCredentials<Partial<T>>(type);
	const known = await readByTriggers.get(`${type} ${id}`, false, async () => {
		const { apiKey: _secret, ...fields } = await ctx.getCredentials(type);
		return fields;
	});
	return known as Partial<T>;
}

function isWebhook(ctx: RequestContext): ctx is IWebhookFunctions {
	return 'getRequestObject' in ctx;
}
