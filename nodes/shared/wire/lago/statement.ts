import { z } from 'zod';
import { lostOf, ourRecord } from '../../domain/invoiceMetadata';
import { refundNamedBy } from '../../domain/noteTie';
import { phaseOf } from '../../domain/phases';
import type { LagoNote, LagoPayment, StatedInvoice } from '../../domain/statement/books';
import { onFirstUse } from '../onFirstUse';
import { creditNoteSchema, type LagoCreditNote } from './creditNote';
import { paymentSchema, timeOf, toPaid, type LagoInvoice } from './objects';

/** An entry of `GET /payments`, with what a statement counts of it. */
export const statedPaymentSchema = onFirstUse(() =>
	paymentSchema.schema.and(
		z.object({ amount_cents: z.number().int(), amount_currency: z.string(), created_at: z.string() }),
	),
);

/** An entry of `GET /credit_notes`, likewise. */
export const statedNoteSchema = onFirstUse(() => creditNoteSchema.schema.and(z.object({ created_at: z.string() })));

/** A payment that was made; null for one that failed or runs. */
export function toLagoPayment(payment: z.output<typeof statedPaymentSchema>): LagoPayment | null {
	const { lago_id: id, reference = null, amount_cents: amount, amount_currency: currency } = payment;
	if ((payment.payment_status ?? 'succeeded') !== 'succeeded') return null;
	const invoiceId = payment.invoice_ids?.[0] ?? payment.lago_payable_id ?? null;
	return { id, name: reference ?? id, reference, amount, currency, at: Date.parse(payment.created_at), invoiceId };
}

/** What a credit note gives back, which may be nothing. */
export function toLagoNote(note: LagoCreditNote): LagoNote {
	return {
		id: note.lago_id,
		name: note.number,
		amount: note.refund_amount_cents,
		currency: note.currency,
		at: timeOf(note.created_at) ?? 0,
		invoiceId: note.lago_invoice_id,
		status: note.refund_status ?? null,
		refundId: refundNamedBy(note),
	};
}

/** What a statement needs of an invoice. */
export function toStatedInvoice(invoice: LagoInvoice): StatedInvoice {
	const { dodoId = null, state } = ourRecord((invoice.metadata ?? []).map(({ key, value }) => ({ key, value })));
	const { customer } = invoice;
	return {
		number: invoice.number,
		entity: invoice.billing_entity_code ?? '',
		customer: customer?.name || customer?.legal_name || customer?.external_id || '',
		timeZone: customer?.applicable_timezone ?? null,
		currency: invoice.currency,
		lostAt: timeOf(invoice.payment_dispute_lost_at),
		lost: lostOf(state) ?? toPaid(invoice) ?? invoice.total_amount_cents,
		phase: phaseOf(state),
		dodoId,
		countedAlike: invoice.currencyCountedAlike === true,
	};
}
