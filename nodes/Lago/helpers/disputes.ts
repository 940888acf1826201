import type { IDataObject } from 'n8n-workflow';
import {
	decideLess,
	decideLoss,
	decideVictory,
	lostPart,
	type DisputeFacts,
	type DisputeStep,
} from '../../shared/domain/dispute';
import type { InvoiceFacts } from '../../shared/domain/invoice';
import { lostOf } from '../../shared/domain/invoiceMetadata';
import { formatAmount, formatDodoAmount } from '../../shared/domain/money';
import { held } from '../../shared/domain/outcome';
import { amountFor, type PaymentFacts } from '../../shared/domain/payment';
import { noted } from '../../shared/domain/phases';
import type { Result } from '../../shared/node/operation';
import { asApiError } from '../../shared/transport/apiError';
import { orNull } from '../../shared/transport/orNull';
import type { DodoDispute } from '../../shared/wire/dodo/objects';
import { toInvoiceFacts } from '../../shared/wire/lago/objects';
import type { LagoClient } from '../transport/client';
import { bookingOf, changeRecord, fetchInvoice } from './invoices';

/** What becomes of a lost dispute. */
export type Recorded = Result<'already_recorded' | 'dispute_lost' | 'held' | 'ignored'>;

/** How a dispute is named in sentences. */
export function nameOf({ dispute_id: id, amount, currency }: DodoDispute, payment: PaymentFacts): string {
	return `Dispute ${id} over ${formatDodoAmount(amount ?? payment.amount, currency ?? payment.currency)} of payment ${payment.id}`;
}

/** The sentence about a dispute that is lost, without its full stop. */
export function lostAs(dispute: DodoDispute, payment: PaymentFacts): string {
	const atOnce = dispute.is_resolved_by_rdr ? ' and paid back at once by the card network (RDR)' : '';
	return `${nameOf(dispute, payment)} was ${dispute.dispute_status.replace('dispute_', '')}${atOnce}`;
}

/** What an item says of the dispute that it is about. */
export function aboutDispute(dispute: DodoDispute, payment: PaymentFacts): IDataObject {
	return {
		disputeId: dispute.dispute_id,
		disputeStatus: dispute.dispute_status,
		paymentId: payment.id,
		amount: dispute.amount ?? payment.amount,
		currency: dispute.currency ?? payment.currency,
		disputeReason: dispute.reason ?? null,
	};
}

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
	const said = `invoice ${invoice.number} was marked as a lost dispute before, which Lago cannot take back: its metadata now says that it was won`;
	return { said, ...(await writeLess(client, invoice, 'dispute_won', step)) };
}

/** One of several invoices loses less by a dispute than is written on it, as something else bears it. Throws ApiError. */
export async function noteLess(
	client: LagoClient,
	invoiceId: string,
	dispute: Pick<DisputeFacts, 'id'>,
	part: number,
): Promise<{ said: string; nextStep?: string } | null> {
	const invoice = toInvoiceFacts(await fetchInvoice(client, invoiceId));
	const step = decideLess(invoice, dispute, part);
	if (step.action !== 'write') return null;
	const said = `dispute ${dispute.id} now takes ${formatAmount(part, invoice.currency)} of invoice ${invoice.number}`;
	return { said, ...(await writeLess(client, invoice, 'dispute_lost', step)) };
}

/** Writes that less of an invoice is lost, and says what the customer has paid again of it. */
async function writeLess(
	client: LagoClient,
	invoice: InvoiceFacts,
	event: 'dispute_lost' | 'dispute_won',
	{ action: _write, ...change }: Extract<DisputeStep, { action: 'write' }>,
): Promise<{ nextStep?: string }> {
	let paidTwice = 0;
	await changeRecord(client, invoice, (state) => {
		const after = noted(state, event, change);
		paidTwice = -(lostOf(after) ?? 0);
		return after;
	});
	if (paidTwice <= 0) return {};
	return {
		nextStep: `The customer has paid ${formatAmount(paidTwice, invoice.currency)} of it again meanwhile: give that back in Dodo Payments.`,
	};
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
	if (isMarked && stepFor(amountFor(payment, invoice)).action === 'recorded') return already;
	const booking = await bookingOf(client, read, payment);
	if (!booking.booked)
		return {
			outcome: 'ignored',
			message: `${lost}, but this payment was never booked on invoice ${invoiceNumber}; the books need no change.`,
			invoiceNumber,
		};
	const step = stepFor(booking.amount);
	if (step.action === 'recorded' && isMarked) return already;
	const owed = formatAmount(lostPart(dispute, payment, booking.amount), invoice.currency);
	if (step.action === 'full')
		return held(
			'metadata_full',
			`${lost}, but the metadata of invoice ${invoiceNumber} has no room for the ${owed} of it that this takes.`,
			`Void invoice ${invoiceNumber} in Lago and bill what is owed anew.`,
		);
	// What was lost before the mark, which alone would mean everything.
	if (step.action === 'write')
		await changeRecord(client, invoice, (state) => noted(state, 'dispute_lost', { counted: step.counted }));
	if (!isMarked) await client.send({ method: 'POST', path: `/invoices/${encodeURIComponent(invoiceId)}/lose_dispute` });
	return {
		outcome: 'dispute_lost',
		message: `${lost}. Invoice ${invoiceNumber} is marked as a lost dispute in Lago; ${owed} of it are owed again.`,
		nextStep: 'Decide whether the customer still owes the money and whether they may go on using the product.',
		invoiceNumber,
	};
}
