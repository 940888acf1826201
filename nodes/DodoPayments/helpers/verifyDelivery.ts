import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { spelled } from '../../shared/domain/address';
import { isManual } from '../../shared/node/fields';
import { ApiError } from '../../shared/transport/apiError';
import { readCredential } from '../../shared/transport/credential';
import { decodeSecret } from '../../shared/transport/standardWebhooks';
import { answer } from '../../shared/webhook/answer';
import { DODO_CREDENTIAL, DodoClient, type DodoCredential } from '../transport/client';
import { endpointSecret } from './endpoint';
import { verifySignature, type SignedDelivery, type Verdict } from './verifySignature';

/** A verdict, or that Dodo could not be asked for the secret. */
export type DeliveryVerdict = Verdict | 'secret_unavailable';

/** Verifies a delivery against the secret of the trigger's registration: the credential's, or the one that Dodo tells. */
export async function verifyDelivery(ctx: IWebhookFunctions, delivery: SignedDelivery): Promise<DeliveryVerdict> {
	const check = (secret: string | null | undefined): Verdict =>
		verifySignature(delivery, decodeSecret(secret ?? ''), Date.now());
	if (isManual(ctx)) return check((await readCredential<DodoCredential>(ctx, DODO_CREDENTIAL)).webhookSecret);
	if (!delivery.id || !delivery.timestamp || !delivery.signature) return 'missing_headers';
	const client = await DodoClient.of(ctx);
	const url = spelled(ctx.getNodeWebhookUrl('default') as string);
	try {
		const verdict = check(await endpointSecret(ctx, client, url, false));
		// A mismatch may mean that the secret was rotated since it was fetched.
		return verdict === 'mismatch' || verdict === 'missing_secret'
			? check(await endpointSecret(ctx, client, url, true))
			: verdict;
	} catch (caught) {
		if (caught instanceof ApiError && caught.transient) return 'secret_unavailable';
		ctx.logger.warn(
			`Dodo Payments Trigger: the signing secret cannot be read (${caught instanceof Error ? caught.message : 'unknown cause'})`,
		);
		return 'missing_secret';
	}
}

const REFUSALS: Readonly<Record<Exclude<DeliveryVerdict, 'ok'>, string>> = {
	missing_headers: 'Not signed: webhook-id, webhook-timestamp and webhook-signature are required',
	missing_secret: 'This trigger knows no signing secret and refuses everything until it does',
	stale: 'The timestamp is more than 5 minutes away from now',
	mismatch: 'The signature does not match',
	secret_unavailable: 'The signing secret cannot be fetched from Dodo Payments right now; send this again later',
};

/** 401 for a delivery that is not proven to be Dodo's, 503 when it could not be checked. */
export function refusal(ctx: IWebhookFunctions, verdict: Exclude<DeliveryVerdict, 'ok'>): IWebhookResponseData {
	if (verdict === 'missing_secret') ctx.logger.warn(`Dodo Payments Trigger: ${REFUSALS.missing_secret}`);
	return answer(ctx, verdict === 'secret_unavailable' ? 503 : 401, { message: REFUSALS[verdict] });
}
