import { withRefunded } from '../../../shared/domain/counted';
import { ourRecord, type CollectionState } from '../../../shared/domain/invoiceMetadata';
import { formatAmount } from '../../../shared/domain/money';
import { noted } from '../../../shared/domain/phases';
import type { Result } from '../../../shared/node/operation';
import { refundedOf } from '../../../shared/wire/dodo/paymentFacts';
import { toInvoiceFacts, type LagoInvoice } from '../../../shared/wire/lago/objects';
import type { LagoClient } from '../../transport/client';
import { changeRecord, fetchInvoice, withInvoice } from '../invoices';
import type { Mirror } from './mirror';

/** A surplus payment went back: nothing of it was ever booked, so nothing is to be mirrored. Throws ApiError. */
export async function returned(
	client: LagoClient,
	invoice: LagoInvoice,
	{ refund, facts }: Mirror,
): Promise<Result<'overpayment_returned'>> {
	// Of a top-up that was never booked nothing was written.
	if (invoice.topUp === undefined)
		await record(client, invoice.lago_id, (state, dodoId) =>
			dodoId === facts.id && state?.phase === 'overpaid' ? noted(state, 'surplus_returned') : null,
		);
	return {
		outcome: 'overpayment_returned',
		message: `Refund ${refund.refund_id} gave back payment ${facts.id}, which was never booked on invoice ${invoice.number}; the books need no change.`,
	};
}

/** Lago without licence: the refund is kept in the state of the invoice, so that nothing is forgotten. Throws ApiError. */
export async function withoutLicence(
	client: LagoClient,
	invoice: LagoInvoice,
	booked: number,
	{ refund, payment, facts }: Mirror,
): Promise<Result<'needs_premium'>> {
	const ofPayment = refundedOf(payment);
	const { id, amount } = facts;
	let refunded = ofPayment;
	await record(client, invoice.lago_id, (state) => {
		const after = withRefunded(state ?? {}, { id, amount, booked }, ofPayment);
		refunded = after.refunded;
		return noted(state, 'refunded', after);
	});
	return {
		outcome: 'needs_premium',
		message: `Refund ${refund.refund_id} was made, but a Lago without premium licence cannot hold a credit note for it. It is recorded on invoice ${invoice.number}: ${formatAmount(refunded, invoice.currency)} refunded in all.`,
		nextStep:
			'Book the refund in your accounting by hand, or add a licence to Lago so that the next ones are mirrored.',
		refundedInAll: refunded,
	};
}

/** Writes what follows from the record of an invoice as it is by now, null: nothing does. Throws ApiError. */
export async function record(
	client: LagoClient,
	invoiceId: string,
	next: (state: CollectionState | null, dodoId: string | undefined) => CollectionState | null,
): Promise<void> {
	await withInvoice(client, invoiceId, async () => {
		const invoice = toInvoiceFacts(await fetchInvoice(client, invoiceId));
		await changeRecord(client, invoice, (state) => next(state, ourRecord(invoice.metadata).dodoId));
	});
}
