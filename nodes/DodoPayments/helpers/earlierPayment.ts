import { moneyIsMoving } from '../../shared/domain/intent';
import { held } from '../../shared/domain/outcome';
import type { Json } from '../../shared/node/operation';
import { ApiError } from '../../shared/transport/apiError';
import { checkoutStatusSchema, paymentSchema } from '../schemas/objects';
import type { DodoClient } from '../transport/client';

/**
 * Looks at what an earlier session or payment of an invoice has become, before another way to pay is opened.
 * @returns the result that ends the operation, null when no money is on its way.
 * @throws ApiError
 */
export async function endsBecauseOf(client: DodoClient, dodoId: string, invoiceNumber: string): Promise<Json | null> {
	const status = await statusAtDodo(client, dodoId);
	if (status === 'succeeded') return paidAtDodo(dodoId, invoiceNumber);
	if (!moneyIsMoving(status)) return null;
	return {
		outcome: 'skipped',
		reason: 'payment_under_way',
		message: `Payment ${dodoId} of invoice ${invoiceNumber} is ${status} at Dodo Payments, so no second one was started.`,
	};
}

/** Dodo has the money, Lago does not know: another link or charge would let the customer pay twice. */
export function paidAtDodo(dodoId: string, invoiceNumber: string): Json {
	return held(
		'paid_at_dodo',
		`Dodo Payments shows a succeeded payment for ${dodoId} of invoice ${invoiceNumber}, but in Lago the invoice is not paid.`,
		'If its webhook is still on its way, nothing is to be done. Otherwise look at the payment in Dodo Payments and book it in Lago; if it was refunded, remove dodo_payment_id and dodo_state from the metadata of the invoice and press "Retry payment".',
	);
}

/** The state of the payment behind a session or payment; null when Dodo knows none by this id. */
async function statusAtDodo(client: DodoClient, dodoId: string): Promise<string | null> {
	const id = encodeURIComponent(dodoId);
	const status = dodoId.startsWith('cks_')
		? client.request(checkoutStatusSchema, { method: 'GET', path: `/checkouts/${id}` }).then((session) => session.payment_status)
		: client.request(paymentSchema, { method: 'GET', path: `/payments/${id}` }).then((payment) => payment.status);
	return await status.then(
		(value) => value ?? null,
		async (caught: unknown) => (caught instanceof ApiError && caught.final && (caught.status === 404 || caught.status === 422) ? null : await Promise.reject(caught)),
	);
}
