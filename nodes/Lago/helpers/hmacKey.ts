import type { IHookFunctions } from 'n8n-workflow';
import { secretProblem } from '../../shared/domain/secrets';
import { readCredential } from '../../shared/transport/credential';
import { refuseToPublish } from '../../shared/transport/publishError';
import { LAGO_CREDENTIAL, type LagoCredential } from '../transport/client';
import { HMAC_KEY_PLACE } from './testCredential';

/**
 * Lago shows the organisation's key only on its screen; without it everything would be refused in silence.
 * @param so what would follow, as the rest of a sentence.
 * @throws CannotPublish when the credential has none, or what cannot be one.
 */
export async function requireHmacKey(ctx: IHookFunctions, so: string): Promise<void> {
	const { webhookHmacKey = '', apiKey = '' } = await readCredential<LagoCredential & { apiKey: string }>(
		ctx,
		LAGO_CREDENTIAL,
	);
	const wrong = webhookHmacKey === '' ? 'is missing' : secretProblem('lagoHmac', webhookHmacKey, apiKey);
	if (wrong !== null)
		refuseToPublish(
			ctx.getNode(),
			`The Webhook HMAC Key in the Lago credential ${wrong}, so ${so}. ${HMAC_KEY_PLACE}, save it, and publish again.`,
		);
}
