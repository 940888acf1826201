import type { IDataObject } from 'n8n-workflow';
import type { Result } from '../../shared/node/operation';
import { BoundedMap } from '../../shared/process/boundedMap';
import { withKeyedLock } from '../../shared/process/keyedLock';
import { updateMethodAnswerSchema } from '../../shared/wire/dodo/objects';
import type { DodoClient } from '../transport/client';
import { lookAt } from './earlierPayment';
import { orHeld } from './refusals';

/** Links of a moment ago, by account and mandate: asking twice must not start two collections of the dues. */
const living = new BoundedMap<string, { result: Result<'created'>; madeAtMs: number }>({ entries: 5_000 });
/** Long enough for a copy of the same request; a link that was used must not be handed out for a day. */
const REUSE_MS = 10 * 60_000;
/** Dodo says when a link dies; when it does not, this is what it documents for hosted pages. */
const LINK_LIFE_MS = 24 * 3_600_000;

/** A page on which the customer gives another card for a mandate; the same one for a few minutes. Throws ApiError. */
export async function updateLinkOf(
	client: DodoClient,
	subscriptionId: string,
	returnUrl?: string,
): Promise<Result<'created' | 'existing' | 'held'>> {
	const key = `${client.accountKey} ${subscriptionId}`;
	return await withKeyedLock(`update ${key}`, async () => {
		const known = living.get(key);
		if (
			known !== undefined &&
			known.madeAtMs + REUSE_MS > Date.now() &&
			!(await isUsed(client, known.result.paymentId))
		)
			return { ...known.result, outcome: 'existing' };
		const body: IDataObject = { type: 'new' };
		if (returnUrl) body.return_url = returnUrl;
		const answer = await orHeld(
			client.request(updateMethodAnswerSchema, {
				method: 'POST',
				path: `/subscriptions/${encodeURIComponent(subscriptionId)}/update-payment-method`,
				body,
			}),
			`a link to change the payment method of mandate ${subscriptionId}`,
		);
		if ('outcome' in answer) return { ...answer, subscriptionId };
		const expiresAtMs = Date.parse(answer.expires_on ?? '') || Date.now() + LINK_LIFE_MS;
		const result: Result<'created'> = {
			outcome: 'created',
			message:
				'The customer can give another payment method by this link. What is due on the mandate is collected at once.',
			subscriptionId,
			updateUrl: answer.payment_link ?? null,
			paymentId: answer.payment_id ?? null,
			expiresAt: new Date(expiresAtMs).toISOString(),
		};
		living.set(key, { result, madeAtMs: Date.now() });
		return result;
	});
}

/** Whether what was due has been collected by the link, or Dodo does not know of it any more. */
async function isUsed(client: DodoClient, paymentId: unknown): Promise<boolean> {
	if (typeof paymentId !== 'string') return false;
	const payment = await lookAt(client, paymentId);
	return payment === null || payment.status === 'succeeded';
}
