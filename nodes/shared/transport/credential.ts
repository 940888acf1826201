import type { ICredentialDataDecryptedObject, IWebhookFunctions } from 'n8n-workflow';
import { BoundedMap } from '../process/boundedMap';
import type { RequestContext } from './request';

/** However many events or forgeries come, n8n reads the credential once a second; so long a replaced secret is still accepted at most. */
const LASTS_MS = 1_000;

/** By type and id; without API keys, which triggers need not know. */
const readings = new BoundedMap<string, Promise<ICredentialDataDecryptedObject>>({ entries: 1_000, ageMs: LASTS_MS });

/**
 * The fields of the node's credential. Outside executions n8n sets up an isolate of its own to read one, which takes it longer than all
 * else that happens to a refused webhook; so triggers share what was read within the same second.
 */
export async function readCredential<T extends object>(ctx: RequestContext, type: string): Promise<Partial<T>> {
	const id = ctx.getNode().credentials?.[type]?.id;
	return isWebhook(ctx) && id
		? ((await sharedReading(ctx, type, `${type} ${id}`)) as Partial<T>)
		: await ctx.getCredentials<Partial<T>>(type);
}

async function sharedReading(
	ctx: IWebhookFunctions,
	type: string,
	key: string,
): Promise<ICredentialDataDecryptedObject> {
	const known = readings.get(key);
	if (known !== undefined) return await known;
	const fields = ctx.getCredentials(type).then(({ apiKey: _secret, ...rest }) => rest);
	readings.set(key, fields);
	return await fields.catch((problem: unknown) => {
		readings.delete(key);
		throw problem;
	});
}

function isWebhook(ctx: RequestContext): ctx is IWebhookFunctions {
	return 'getRequestObject' in ctx;
}
