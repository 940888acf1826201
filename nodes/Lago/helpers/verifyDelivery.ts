import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { ApiError } from '../../shared/transport/apiError';
import { readCredential } from '../../shared/transport/credential';
import { answer } from '../../shared/webhook/answer';
import { LAGO_CREDENTIAL, LagoClient, type LagoCredential } from '../transport/client';
import { organizationOf } from './organization';
import { parseJson } from '../../shared/webhook/readBody';
import { publicKeyOf } from './publicKey';
import { verifyHmac, verifyJwt, type SignedDelivery, type Verdict } from './verifySignature';

/** A verdict, that it is another organisation's, or that Lago could not be asked. */
export type DeliveryVerdict = Verdict | 'other_organization' | 'key_unavailable';

/** Verifies a delivery by the algorithm that the trigger is set to; the sender cannot choose. */
export async function verifyDelivery(ctx: IWebhookFunctions, delivery: SignedDelivery): Promise<DeliveryVerdict> {
	if (ctx.getNodeParameter('signature') !== 'jwt') {
		const { webhookHmacKey } = await readCredential<LagoCredential>(ctx, LAGO_CREDENTIAL);
		return verifyHmac(delivery, webhookHmacKey ?? '');
	}
	if (!delivery.signature) return 'missing_headers';
	try {
		const client = await LagoClient.of(ctx);
		const known = verifyJwt(delivery, await publicKeyOf(client, false));
		const verdict = known === 'mismatch' ? verifyJwt(delivery, await publicKeyOf(client, true)) : known;
		return verdict === 'ok' ? await ofOurOrganization(client, delivery) : verdict;
	} catch (caught) {
		if (caught instanceof ApiError && caught.transient) return 'key_unavailable';
		ctx.logger.warn(
			`Lago Trigger: the public key cannot be read (${caught instanceof Error ? caught.message : 'unknown cause'})`,
		);
		return 'missing_secret';
	}
}

/** A Lago server signs for all its organisations with one key, so the signature alone does not tell whose event it is. */
async function ofOurOrganization(client: LagoClient, { rawBody }: SignedDelivery): Promise<DeliveryVerdict> {
	const ours = await organizationOf(client);
	const { organization_id } = (parseJson(rawBody) ?? {}) as { organization_id?: unknown };
	return ours !== null && organization_id !== ours ? 'other_organization' : 'ok';
}

const REFUSALS: Readonly<Record<Exclude<DeliveryVerdict, 'ok'>, string>> = {
	missing_headers: 'Not signed: X-Lago-Signature is required',
	missing_secret: 'This trigger knows no key to verify with and refuses everything until it does',
	wrong_algorithm: 'Signed with another algorithm than this trigger is set to',
	mismatch: 'The signature does not match',
	other_organization: 'Signed by this Lago for another organisation than that of the credential',
	key_unavailable: 'The public key cannot be fetched from Lago right now; send this again later',
};

/** 401 for a delivery that is not proven to be Lago's, 503 when it could not be checked. */
export function refusal(ctx: IWebhookFunctions, verdict: Exclude<DeliveryVerdict, 'ok'>): IWebhookResponseData {
	if (verdict === 'missing_secret') ctx.logger.warn(`Lago Trigger: ${REFUSALS.missing_secret}`);
	return answer(ctx, verdict === 'key_unavailable' ? 503 : 401, { message: REFUSALS[verdict] });
}
