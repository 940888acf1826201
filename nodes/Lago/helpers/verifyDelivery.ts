import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { ApiError } from '../../shared/transport/apiError';
import { readCredential } from '../../shared/transport/credential';
import { answer } from '../../shared/webhook/answer';
import { LAGO_CREDENTIAL, LagoClient, type LagoCredential } from '../transport/client';
import { publicKeyOf } from './publicKey';
import { verifyHmac, verifyJwt, type SignedDelivery, type Verdict } from './verifySignature';

/** A verdict, or that Lago could not be asked for its public key. */
export type DeliveryVerdict = Verdict | 'key_unavailable';

/** Verifies a delivery by the algorithm that the trigger is set to; the sender cannot choose. */
export async function verifyDelivery(ctx: IWebhookFunctions, delivery: SignedDelivery): Promise<DeliveryVerdict> {
	if (ctx.getNodeParameter('signature') !== 'jwt') {
		const { webhookHmacKey } = await readCredential<LagoCredential>(ctx, LAGO_CREDENTIAL);
		return verifyHmac(delivery, webhookHmacKey ?? '');
	}
	if (!delivery.signature) return 'missing_headers';
	try {
		const client = await LagoClient.of(ctx);
		const verdict = verifyJwt(delivery, await publicKeyOf(client, false));
		return verdict === 'mismatch' ? verifyJwt(delivery, await publicKeyOf(client, true)) : verdict;
	} catch (caught) {
		if (caught instanceof ApiError && caught.transient) return 'key_unavailable';
		ctx.logger.warn(
			`Lago Trigger: the public key cannot be read (${caught instanceof Error ? caught.message : 'unknown cause'})`,
		);
		return 'missing_secret';
	}
}

const REFUSALS: Readonly<Record<Exclude<DeliveryVerdict, 'ok'>, string>> = {
	missing_headers: 'Not signed: X-Lago-Signature is required',
	missing_secret: 'This trigger knows no key to verify with and refuses everything until it does',
	wrong_algorithm: 'Signed with another algorithm than this trigger is set to',
	mismatch: 'The signature does not match',
	key_unavailable: 'The public key cannot be fetched from Lago right now; send this again later',
};

/** 401 for a delivery that is not proven to be Lago's, 503 when it could not be checked. */
export function refusal(ctx: IWebhookFunctions, verdict: Exclude<DeliveryVerdict, 'ok'>): IWebhookResponseData {
	if (verdict === 'missing_secret') ctx.logger.warn(`Lago Trigger: ${REFUSALS.missing_secret}`);
	return answer(ctx, verdict === 'key_unavailable' ? 503 : 401, { message: REFUSALS[verdict] });
}
