import { broughtBy, sharesIn } from '../../shared/domain/bundle';
import { CREDIT_NOTE_KEY } from '../../shared/domain/keys';
import { asksForNothing, decideNoteRefund, unclearRefund, type NotePayment } from '../../shared/domain/noteRefund';
import { refundNamedBy } from '../../shared/domain/noteTie';
import { held } from '../../shared/domain/outcome';
import type { Result } from '../../shared/node/operation';
import { orNull } from '../../shared/transport/orNull';
import { refundSchema, type DodoPayment } from '../../shared/wire/dodo/objects';
import type { LagoCreditNote } from '../../shared/wire/lago/creditNote';
import type { DodoClient } from '../transport/client';
import { fetchPayment, leftOf, refundOnce } from './refunds';

/** What becomes of a credit note's refund. */
export type NoteOutcome = 'existing' | 'held' | 'mirrored' | 'refunded' | 'refunding' | 'skipped';

/**
 * Makes the refund that a credit note of Lago asks for, once.
 * @param notAfter it must not begin later, ms since 1970.
 * @throws ApiError
 */
export async function refundNote(
	client: DodoClient,
	note: LagoCreditNote,
	notAfter: number | undefined,
): Promise<Result<NoteOutcome>> {
	const mirrored = refundNamedBy(note);
	if (mirrored !== null) return await mirroredBy(client, note, mirrored);
	const wanted = {
		id: note.lago_id,
		number: note.number,
		invoiceNumber: note.invoice_number,
		currency: note.currency,
		countedAlike: note.currencyCountedAlike,
		refund: note.refund_amount_cents,
		refundStatus: note.refund_status ?? null,
	};
	const ended = asksForNothing(wanted) ?? unclearRefund(wanted);
	if (ended !== null) return ended;
	const payments = new Map<string, DodoPayment>();
	const facts: NotePayment[] = [];
	for (const { reference, amount } of note.dodoPayments ?? []) {
		if (!reference.startsWith('pay_')) continue;
		const payment = await fetchPayment(client, reference);
		payments.set(payment.payment_id, payment);
		facts.push(factsOf(payment, amount, note.lago_id));
	}
	const decision = decideNoteRefund(wanted, facts);
	if (decision.action === 'hold') return decision.held;
	const { paymentId, amount, withoutTax } = decision;
	return await refundOnce(
		client,
		{
			paymentId,
			amount,
			withoutTax,
			reason: `Lago credit note ${note.number} (${note.lago_id})`,
			metadata: { [CREDIT_NOTE_KEY]: note.lago_id },
			notAfter,
		},
		payments.get(paymentId) as DodoPayment,
	);
}

/** A note that was made for a refund of Dodo: the refund as it stands. */
async function mirroredBy(
	client: DodoClient,
	{ number }: LagoCreditNote,
	refundId: string,
): Promise<Result<'held' | 'mirrored'>> {
	const refund = await orNull(
		client.request(refundSchema, { method: 'GET', path: `/refunds/${encodeURIComponent(refundId)}` }),
		({ gone }) => gone,
	);
	if (refund === null)
		return held(
			'no_dodo_payment',
			`Credit note ${number} names refund ${refundId}, which Dodo Payments does not have.`,
			'Remove or correct dodo_refund_id in the metadata of the credit note in Lago.',
		);
	return {
		outcome: 'mirrored',
		message: `Credit note ${number} has its refund at Dodo Payments already (${refundId}, ${refund.status}), so nothing is refunded again.`,
		refundId,
		paymentId: refund.payment_id,
		status: refund.status,
	};
}

function factsOf(payment: DodoPayment, booked: number, noteId: string): NotePayment {
	const { total_amount: amount, tax } = payment;
	const shares = sharesIn(payment.metadata);
	return {
		id: payment.payment_id,
		currency: payment.currency,
		amount,
		tax: tax ?? 0,
		...(shares && { isNet: broughtBy({ amount, tax: tax ?? 0, shares }) < amount }),
		booked,
		left: leftOf(payment),
		carries: payment.refunds?.some(({ reason }) => reason?.includes(noteId)) === true,
	};
}
