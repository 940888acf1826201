import { z } from 'zod';
import { BoundedMap } from '../../shared/process/boundedMap';
import { orNull } from '../../shared/transport/orNull';
import { lenient } from '../../shared/wire/lenient';
import { onFirstUse } from '../../shared/wire/onFirstUse';
import type { DodoClient } from '../transport/client';

/** `GET /customers/{customer_id}/payment-methods` (OpenAPI `CustomerPaymentMethodItem`). */
const methodsSchema = onFirstUse(() =>
	z.object({
		items: z.array(
			z
				.object({
					payment_method_id: z.string(),
					card: lenient(
						z.object({ expiry_month: lenient(z.string()), expiry_year: lenient(z.string()) }).passthrough(),
					),
				})
				.passthrough(),
		),
	}),
);

const WEEK_MS = 7 * 86_400_000;
/** When cards expire, `YYMM`; empty where Dodo does not say. By account and means of payment. */
const known = new BoundedMap<string, string>({ entries: 20_000, ageMs: WEEK_MS });

/** What is remembered of a card; undefined when nobody has asked yet. */
export function knownExpiry(client: DodoClient, methodId: string): string | undefined {
	return known.get(`${client.accountKey} ${methodId}`);
}

/** Asks Dodo when the cards of a customer expire, and remembers it for a week. One call. Throws ApiError. */
export async function learnExpiries(client: DodoClient, customerId: string, methodId: string): Promise<void> {
	const path = `/customers/${encodeURIComponent(customerId)}/payment-methods`;
	const answer = await orNull(client.request(methodsSchema, { method: 'GET', path }), ({ gone }) => gone);
	const remember = (id: string, expires: string): void => void known.set(`${client.accountKey} ${id}`, expires);
	remember(methodId, '');
	for (const { payment_method_id, card } of answer?.items ?? [])
		remember(payment_method_id, expiryOf(card?.expiry_month, card?.expiry_year));
}

/** `12`, `34` or `2034` -> `3412`; empty for what is no month. */
export function expiryOf(month: string | null | undefined, year: string | null | undefined): string {
	const [, digits] = /^(?:20)?(\d\d)$/.exec(year ?? '') ?? [];
	const number = Number(month);
	return digits !== undefined && number >= 1 && number <= 12 ? `${digits}${String(number).padStart(2, '0')}` : '';
}
