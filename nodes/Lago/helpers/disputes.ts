import { decideLoss, decideVictory, lostPart, type DisputeFacts, type DisputeStep } from '../../shared/domain/dispute';
import { lostOf, ourRecord } from '../../shared/domain/invoiceMetadata';
import { formatAmount } from '../../shared/domain/money';
import { held } from '../../shared/domain/outcome';
import type { PaymentFacts } from '../../shared/domain/payment';
import { noted } from '../../shared/domain/phases';
import type { Result } from '../../shared/node/operation';
import { asApiError } from '../../shared/transport/apiError';
import { orNull } from '../../shared/transport/orNull';
import { toInvoiceFacts } from '../../shared/wire/lago/objects';
import type { LagoClient } from '../transport/client';
import { bookingOf, changeRecord, fetchInvoice } from './invoices';

/** What becomes of a lost dispute. */
export type Recorded = Result<'already_recorded' | 'dispute_lost' | 'held' | 'ignored'>;

/** Lago has no way back from a lost dispute, so an invoice that was marked too early says so in its metadata. */
export async function noteVictory(
	client: LagoClient,
	invoiceId: string,
	dispute: DisputeFacts,
	payment: PaymentFacts,
): Promise<{ said: string; nextStep?: string }> {
	const read = await orNull(fetchInvoice(client, invoiceId), ({ final }) => final);
	const nothing = { said: 'there is nothing to undo' };
	if (!read?.payment_dispute_lost_at) return nothing;
	const invoice = toInvoiceFacts(read);
	const step = decideVictory(invoice, dispute, payment);
	if (step.action !== 'write') return nothing;
	const { action: _write, ...change } = step;
	let paidTwice = 0;
	await changeRecord(client, invoice, (state) => {
		const after = noted(state, 'dispute_won', change);
		paidTwice = -(lostOf(after) ?? 0);
		return after;
	});
	const said = `invoice ${invoice.number} was marked as a lost dispute before, which Lago cannot take back: its metadata now says that it was won`;
	return paidTwice > 0
		? {
				said,
				nextStep: `The customer has paid ${formatAmount(paidTwice, invoice.currency)} of it again meanwhile: give that back in Dodo Payments.`,
			}
		: { said };
}

/** Marks the invoice of a lost dispute, once, with what it took. Throws ApiError when trying again can help. */
export async function markLost(
	client: LagoClient,
	invoiceId: string,
	dispute: DisputeFacts,
	payment: PaymentFacts,
	lost: string,
): Promise<Recorded> {
	return await mark(client, invoiceId, dispute, payment, lost).catch((caught: unknown) => {
		const refusal = asApiError(caught);
		// Somebody else wrote at the same moment: the event must come again.
		if (!refusal.final || refusal.details.key?.includes('value_already_exist')) throw refusal;
		return refusal.code === 'invoice_not_found'
			? held(
					'unknown_invoice',
					`${lost}, but this Lago organisation does not have invoice ${invoiceId}.`,
					'Check that the Lago credential belongs to the organisation that issued the invoice.',
				)
			: held(
					'lago_refused',
					`${lost}, but Lago does not take that for invoice ${invoiceId} (${refusal.code}).`,
					'Look at the invoice in Lago and record the lost dispute by hand.',
				);
	});
}

async function mark(
	client: LagoClient,
	invoiceId: string,
	dispute: DisputeFacts,
	payment: PaymentFacts,
	lost: string,
): Promise<Recorded> {
	const read = await fetchInvoice(client, invoiceId);
	const invoice = toInvoiceFacts(read);
	const { number: invoiceNumber } = invoice;
	const isMarked = Boolean(read.payment_dispute_lost_at);
	const already: Recorded = {
		outcome: 'already_recorded',
		message: `${lost}. Invoice ${invoiceNumber} says so already.`,
		invoiceNumber,
	};
	const stepFor = (booked: number): DisputeStep =>
		decideLoss(invoice, dispute, payment, lostPart(dispute, payment, booked));
	const net = ourRecord(invoice.metadata).state?.taxOnTop ? payment.amount - payment.tax : payment.amount;
	if (isMarked && stepFor(net).action === 'recorded') return already;
	const booking = await bookingOf(client, read, payment);
	if (!booking.booked)
		return {
			outcome: 'ignored',
			message: `${lost}, but this payment was never booked on invoice ${invoiceNumber}; the books need no change.`,
			invoiceNumber,
		};
	const step = stepFor(booking.amount);
	if (step.action === 'recorded' && isMarked) return already;
	if (step.action === 'full')
		return held(
			'metadata_full',
			`${lost}, but the metadata of invoice ${invoiceNumber} has no room for one more dispute.`,
			`Void invoice ${invoiceNumber} in Lago and bill what is owed anew.`,
		);
	// What was lost before the mark, which alone would mean everything.
	if (step.action === 'write')
		await changeRecord(client, invoice, (state) => noted(state, 'dispute_lost', { counted: step.counted }));
	if (!isMarked) await client.send({ method: 'POST', path: `/invoices/${encodeURIComponent(invoiceId)}/lose_dispute` });
	const owed = formatAmount(lostPart(dispute, payment, booking.amount), invoice.currency);
	return {
		outcome: 'dispute_lost',
		message: `${lost}. Invoice ${invoiceNumber} is marked as a lost dispute in Lago; ${owed} of it are owed again.`,
		nextStep: 'Decide whether the customer still owes the money and whether they may go on using the product.',
		invoiceNumber,
	};
}
