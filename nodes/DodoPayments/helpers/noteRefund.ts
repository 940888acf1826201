import { CREDIT_NOTE_KEY, REFUND_ID_KEY } from '../../shared/domain/keys';
import { formatAmount } from '../../shared/domain/money';
import { held } from '../../shared/domain/outcome';
import type { Json } from '../../shared/node/operation';
import { ApiError } from '../../shared/transport/apiError';
import { refundSchema, type DodoPayment } from '../../shared/wire/dodo/objects';
import type { LagoCreditNote } from '../../shared/wire/lago/objects';
import type { DodoClient } from '../transport/client';
import { fetchPayment, leftOf, refundOnce } from './refunds';

/**
 * Refunds what a credit note gives back, once.
 * @throws ApiError when trying again can help.
 */
export async function refundNote(client: DodoClient, note: LagoCreditNote): Promise<Json> {
	const about = {
		creditNoteId: note.lago_id,
		creditNoteNumber: note.number,
		invoiceId: note.lago_invoice_id,
		invoiceNumber: note.invoice_number,
	};
	const mirrored = note.metadata?.[REFUND_ID_KEY];
	if (typeof mirrored === 'string' && mirrored !== '') {
		const refund = await client
			.request(refundSchema, { method: 'GET', path: `/refunds/${encodeURIComponent(mirrored)}` })
			.catch(async (caught: unknown) =>
				caught instanceof ApiError && caught.gone ? null : await Promise.reject(caught),
			);
		if (refund === null)
			return {
				...held(
					'no_dodo_payment',
					`Credit note ${note.number} names refund ${mirrored}, which Dodo Payments does not have.`,
					'Remove or correct dodo_refund_id in the metadata of the credit note in Lago.',
				),
				...about,
			};
		const message = `Credit note ${note.number} has its refund at Dodo Payments already (${mirrored}, ${refund.status}), so nothing is refunded again.`;
		return {
			outcome: 'mirrored',
			message,
			...about,
			refundId: mirrored,
			paymentId: refund.payment_id,
			status: refund.status,
		};
	}
	if (note.refund_amount_cents <= 0)
		return {
			outcome: 'skipped',
			reason: 'no_refund',
			message: `Credit note ${note.number} gives no money back.`,
			...about,
		};
	if (note.refund_status !== 'pending')
		return {
			outcome: 'skipped',
			reason: 'refund_not_pending',
			message: `The refund of credit note ${note.number} is ${note.refund_status ?? 'not asked for'} in Lago already.`,
			...about,
		};
	const chosen = await paymentFor(client, note);
	if (chosen === null)
		return {
			...held(
				'no_dodo_payment',
				`Credit note ${note.number} gives back ${formatAmount(note.refund_amount_cents, note.currency)}, but no payment of invoice ${note.invoice_number} at Dodo Payments has that much left.`,
				'Return the money the way it came, then set the refund status of the credit note in Lago.',
			),
			...about,
		};
	const { payment, booked } = chosen;
	if (payment.currency !== note.currency)
		return {
			...held(
				'currency_mismatch',
				`Credit note ${note.number} is in ${note.currency}, payment ${payment.payment_id} was made in ${payment.currency}.`,
				'Refund the payment by hand in Dodo Payments, then set the refund status of the credit note in Lago.',
			),
			...about,
		};
	const net = payment.total_amount - (payment.tax ?? 0);
	const isBookedWhole = booked === payment.total_amount || booked === net;
	const isWhole = isBookedWhole && note.refund_amount_cents === booked && leftOf(payment) === payment.total_amount;
	const wanted = {
		paymentId: payment.payment_id,
		amount: isWhole ? null : note.refund_amount_cents,
		// Tax on top was never booked; less booked for another reason says nothing about tax.
		withoutTax: booked < payment.total_amount && booked === net,
		reason: `Lago credit note ${note.number} (${note.lago_id})`,
		metadata: { [CREDIT_NOTE_KEY]: note.lago_id },
	};
	return { ...about, ...(await refundOnce(client, wanted, payment)) };
}

/** The payment of the invoice that still has enough: one that already carries this refund, else the first with room. */
async function paymentFor(
	client: DodoClient,
	note: LagoCreditNote,
): Promise<{ payment: DodoPayment; booked: number } | null> {
	const candidates: Array<{ payment: DodoPayment; booked: number }> = [];
	for (const { reference, amount } of note.dodoPayments ?? [])
		if (reference.startsWith('pay_'))
			candidates.push({ payment: await fetchPayment(client, reference), booked: amount });
	const carries = candidates.find(({ payment }) =>
		payment.refunds?.some(({ reason }) => reason?.includes(note.lago_id)),
	);
	return carries ?? candidates.find(({ payment }) => leftOf(payment) >= note.refund_amount_cents) ?? null;
}
