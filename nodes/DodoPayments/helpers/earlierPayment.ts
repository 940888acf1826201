import { mayBeOver, moneyIsMoving } from '../../shared/domain/intent';
import { isBooked, type InvoiceFacts } from '../../shared/domain/invoice';
import { byRetryButton } from '../../shared/domain/olderLago';
import { held, type Held } from '../../shared/domain/outcome';
import type { Result } from '../../shared/node/operation';
import { BoundedMap } from '../../shared/process/boundedMap';
import { orNull } from '../../shared/transport/orNull';
import { checkoutStatusSchema, paymentSchema } from '../../shared/wire/dodo/objects';
import type { DodoClient } from '../transport/client';

/**
 * Looks at what an earlier session or payment of an invoice has become, before another way to pay is opened. A payment that is booked does not
 * stand in the way: what is owed is owed beside it.
 * @returns the result that ends the operation, null when no money is on its way.
 * @throws ApiError
 */
export async function endsBecauseOf(
	client: DodoClient,
	dodoId: string,
	invoice: Pick<InvoiceFacts, 'number' | 'references' | 'metadata'>,
): Promise<Result<'held' | 'skipped'> | null> {
	const found = await lookAt(client, dodoId);
	if (found?.status === 'succeeded' && isBooked(invoice, found.paymentId ?? dodoId)) return null;
	return endsWith(dodoId, found?.status ?? null, `invoice ${invoice.number}`);
}

/** The same, where the state of the payment is known. */
export function endsWith(
	dodoId: string,
	status: string | null,
	/** e.g. `invoice ACM-1` */
	what: string,
): Result<'held' | 'skipped'> | null {
	if (status === 'succeeded') return paidAtDodo(dodoId, what);
	if (!moneyIsMoving(status)) return null;
	return {
		outcome: 'skipped',
		reason: 'payment_under_way',
		message: `Payment ${dodoId} of ${what} is ${status} at Dodo Payments, so no second one was started.`,
	};
}

/** Dodo has the money, Lago does not know: another link or charge would let the customer pay twice. */
export function paidAtDodo(dodoId: string, what: string): Held {
	return held(
		'paid_at_dodo',
		`Dodo Payments shows a succeeded payment for ${dodoId} of ${what}, but in Lago the invoice is not paid.`,
		byRetryButton(
			'If its webhook is still on its way, nothing is to be done. Otherwise look at the payment in Dodo Payments and book it in Lago; if it was refunded, remove dodo_payment_id and dodo_state from the metadata of the invoice and press "Retry payment".',
		),
	);
}

/** A payment, or the one behind a session. */
interface Found {
	paymentId: string | null;
	status: string | null;
	/** All of it went back; of a session only its payment tells. */
	refunded: boolean;
}

/** The session or payment by this id; null when Dodo does not know it. Throws ApiError. */
export async function lookAt(client: DodoClient, dodoId: string): Promise<Found | null> {
	const found = dodoId.startsWith('cks_') ? sessionBy(client, dodoId) : paymentBy(client, dodoId);
	return await orNull(found, ({ gone, final, status }) => gone || (final && status === 422));
}

async function sessionBy(client: DodoClient, id: string): Promise<Found> {
	const { payment_id, payment_status } = await client.request(checkoutStatusSchema, {
		method: 'GET',
		path: `/checkouts/${encodeURIComponent(id)}`,
	});
	return { paymentId: payment_id ?? null, status: payment_status ?? null, refunded: false };
}

async function paymentBy(client: DodoClient, id: string): Promise<Found> {
	const { payment_id, status, refund_status } = await client.request(paymentSchema, {
		method: 'GET',
		path: `/payments/${encodeURIComponent(id)}`,
	});
	return { paymentId: payment_id, status: status ?? null, refunded: refund_status === 'full' };
}

/** What has become of a session: `usable`; `paid` by a payment that brings or brought money; or it is, or may be, of no use any more. */
export type SessionUse =
	{ use: 'usable' | 'unknown' | 'refunded' | 'over' } | { use: 'paid'; paymentId: string; status: string };

/** Sessions that were seen to be over a moment ago: however many click at once, one looks. */
const over = new BoundedMap<string, true>({ entries: 20_000, ageMs: 10_000 });

/** Looks whether a session that is remembered can be handed out again. One call, a second one when it was paid. Throws ApiError. */
export async function useOf(client: DodoClient, sessionId: string): Promise<SessionUse> {
	if (over.has(sessionId)) return { use: 'over' };
	const session = await lookAt(client, sessionId);
	if (session === null) return { use: 'unknown' };
	const { paymentId, status } = session;
	if (mayBeOver(status)) {
		over.set(sessionId, true);
		return { use: 'over' };
	}
	if (status === null || !moneyIsMoving(status)) return { use: 'usable' };
	const payment = paymentId === null ? null : await lookAt(client, paymentId);
	return payment?.refunded ? { use: 'refunded' } : { use: 'paid', paymentId: paymentId ?? sessionId, status };
}
