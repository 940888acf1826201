import { unclearUnit } from '../../../shared/domain/currencies';
import { INVOICE_NUMBER_KEY } from '../../../shared/domain/keys';
import type { DodoMode } from '../../../shared/domain/mode';
import { formatAmount } from '../../../shared/domain/money';
import { held, type Held } from '../../../shared/domain/outcome';
import type { PaymentFacts } from '../../../shared/domain/payment';
import { decideMirror, otherCurrency, type RefundFacts } from '../../../shared/domain/refundMirror';
import type { Result } from '../../../shared/node/operation';
import { withKeyedLock } from '../../../shared/process/keyedLock';
import { ApiError } from '../../../shared/transport/apiError';
import type { DodoPayment, DodoRefund } from '../../../shared/wire/dodo/objects';
import { toEarlierNote, toRefundedInvoice } from '../../../shared/wire/lago/creditFacts';
import type { LagoCreditNote } from '../../../shared/wire/lago/creditNote';
import { toPaid, type LagoInvoice } from '../../../shared/wire/lago/objects';
import type { LagoClient } from '../../transport/client';
import { changeCreditNote, creditNotesOf, offsetOf } from '../creditNotes';
import { bookingOf, fetchInvoice, paidOf, type Booking } from '../invoices';
import { rememberFree } from '../manualPayments';
import { paidAt, settle } from '../settlement/settle';
import { fetchCollected } from '../topUps';
import { alreadyCredited, makeNote } from './note';
import { returned, withoutLicence } from './withoutNote';

/** What becomes of a refund in Lago's books. */
export type MirrorOutcome = 'already_credited' | 'credited' | 'held' | 'needs_premium' | 'overpayment_returned';

/** A refund to mirror, and what it is of. */
export interface Mirror {
	refund: DodoRefund;
	payment: DodoPayment;
	facts: PaymentFacts;
	invoiceId: string;
	reason: string;
	mode: DodoMode | null;
	/** Which part of the refund it is, of a payment of several invoices; minor units. */
	asked?: number;
}

/**
 * Brings a refund into Lago's books: a credit note, or, where nothing was booked or no note can be made, what stands for one. What Lago
 * refuses for good is held.
 * @throws ApiError when trying again can help.
 */
export async function mirrorRefund(client: LagoClient, wanted: Mirror): Promise<Result<MirrorOutcome>> {
	return await withKeyedLock(
		`credit ${client.accountKey} ${wanted.invoiceId}`,
		async () =>
			await mirror(client, wanted).catch((caught: unknown) => {
				const refused = unmirrored(caught, wanted.refund, wanted.invoiceId);
				if (refused === null) throw caught;
				return refused;
			}),
	);
}

async function mirror(client: LagoClient, wanted: Mirror): Promise<Result<MirrorOutcome>> {
	const { refund, invoiceId } = wanted;
	const known = await invoiceWithNotes(client, wanted);
	if ('found' in known) return known.found;
	const about = { invoiceNumber: known.invoice.number };
	const unclear = unclearUnit(
		known.invoice.currency,
		known.invoice.currencyCountedAlike ?? false,
		`Refund ${refund.refund_id} is not mirrored on invoice ${known.invoice.number}`,
		'Compare the amounts and make the credit note in Lago by hand',
	);
	const booked = await bookFirst(client, known.invoice, wanted, unclear);
	if ('instead' in booked) return { ...booked.instead, ...about };
	const { booking } = booked;
	// Booked by another execution since the invoice was read.
	const isStale = !booking.asStatus && (toPaid(booked.invoice) ?? booking.amount) < booking.amount;
	const invoice = isStale ? await fetchInvoice(client, invoiceId) : booked.invoice;
	const mismatch = otherCurrency(refundFacts(wanted), invoice) ?? unclear;
	if (mismatch !== null) return { ...mismatch, ...about };
	if (booking.asStatus) return { ...(await withoutLicence(client, invoice, booking.amount, wanted)), ...about };
	return { ...(await credit(client, invoice, known.notes, booking.amount, wanted)), ...about };
}

/** The invoice and its credit notes; what stands for a new note where one of them mirrors the refund already. Throws ApiError. */
async function invoiceWithNotes(
	client: LagoClient,
	{ refund, payment, facts, invoiceId }: Mirror,
): Promise<{ invoice: LagoInvoice; notes: LagoCreditNote[] } | { found: Result<'already_credited'> }> {
	const numberSaid = payment.metadata[INVOICE_NUMBER_KEY];
	const early =
		typeof numberSaid === 'string' && numberSaid !== ''
			? await creditNotesOf(client, { id: invoiceId, number: numberSaid })
			: null;
	const earlyHit = early === null ? null : await alreadyCredited(client, early, refund);
	if (earlyHit !== null) return { found: earlyHit };
	const invoice = await fetchCollected(client, { id: invoiceId, topUpId: facts.topUpId });
	if (early !== null && numberSaid === invoice.number) return { invoice, notes: early };
	const notes = await creditNotesOf(client, { id: invoiceId, number: invoice.number });
	const found = await alreadyCredited(client, notes, refund);
	return found === null ? { invoice, notes } : { found };
}

/**
 * How the payment is booked, by now at the latest: its own news may still be on its way, and what it would book is booked here. So is what a
 * licence allows by now.
 * @param unclear the amounts may be counted in two ways; a payment that is held for that may have been booked by hand.
 * @returns in `instead`: what becomes of the refund where the payment is not to be booked.
 * @throws ApiError
 */
async function bookFirst(
	client: LagoClient,
	invoice: LagoInvoice,
	wanted: Mirror,
	unclear: Held | null,
): Promise<{ invoice: LagoInvoice; booking: Extract<Booking, { booked: true }> } | { instead: Result<MirrorOutcome> }> {
	const { facts, invoiceId, mode, refund } = wanted;
	const booking = await bookingOf(client, invoice, facts);
	if (booking.booked && !booking.asStatus) return { invoice, booking };
	const settled = await settle(client, facts, mode, paidAt(wanted.payment));
	if (unclear !== null && settled.outcome === 'held' && settled.reason === unclear.reason) return { instead: unclear };
	if (settled.outcome !== 'settled' && settled.outcome !== 'already_settled')
		return { instead: await returned(client, invoice, wanted) };
	// Lago shows the invoice of a top-up a moment after it was paid.
	const after = await fetchCollected(client, { id: invoiceId, topUpId: facts.topUpId });
	const bookedNow = await bookingOf(client, after, facts);
	if (!bookedNow.booked)
		throw new ApiError(
			'Lago',
			503,
			'BOOKS_KEEP_CHANGING',
			`Invoice ${after.number} keeps changing while refund ${refund.refund_id} is booked`,
		);
	return { invoice: after, booking: bookedNow };
}

async function credit(
	client: LagoClient,
	invoice: LagoInvoice,
	notes: LagoCreditNote[],
	booked: number,
	wanted: Mirror,
): Promise<Result<MirrorOutcome>> {
	const { refund } = wanted;
	const { currency, number } = invoice;
	const decision = decideMirror(
		refundFacts(wanted),
		wanted.facts,
		toRefundedInvoice(invoice, await paidOf(client, invoice, offsetOf(notes))),
		booked,
		notes.map(toEarlierNote),
	);
	if (decision.action === 'hold') return decision.held;
	const { asked } = decision;
	if (decision.action === 'already')
		return {
			outcome: 'already_credited',
			message: `The last ${formatAmount(asked, currency)} of refund ${refund.refund_id} are in the earlier credit notes of invoice ${number} already: rounding of tax put them there.`,
			refundAmount: 0,
			difference: -asked,
		};
	const made = await makeNote(client, invoice, decision, wanted).catch((caught: unknown) =>
		putBack(caught, invoice, refund),
	);
	if (made === null) {
		rememberFree(client);
		return await withoutLicence(client, invoice, booked, wanted);
	}
	if ('reason' in made) return made;
	if ('found' in made) return made.found;
	const { note } = made;
	// Made as if the money were still to go back. Lago's own event of the note comes too, but not where Lago gives up on it.
	if (note.refund_status !== 'succeeded') await changeCreditNote(client, note.lago_id, { refundStatus: 'succeeded' });
	return credited(note, refund, asked, currency);
}

function credited(note: LagoCreditNote, refund: DodoRefund, asked: number, currency: string): Result<'credited'> {
	const { number, refund_amount_cents: refundAmount } = note;
	const difference = refundAmount - asked;
	return {
		outcome: 'credited',
		message: `Credit note ${number} over ${formatAmount(refundAmount, currency)} mirrors refund ${refund.refund_id}.${difference === 0 ? '' : ` Lago's rounding made it differ by ${formatAmount(Math.abs(difference), currency)}.`}`,
		creditNoteId: note.lago_id,
		creditNoteNumber: number,
		refundAmount,
		difference,
	};
}

function refundFacts({ refund, payment, facts }: Mirror): RefundFacts {
	const listed = payment.refunds?.find(({ refund_id }) => refund_id === refund.refund_id);
	const amount = refund.amount ?? listed?.amount ?? (refund.is_partial === false ? facts.amount : null);
	const others = (payment.refunds ?? []).filter(
		({ refund_id, status }) => refund_id !== refund.refund_id && status === 'succeeded',
	);
	return {
		id: refund.refund_id,
		amount,
		currency: refund.currency ?? null,
		isLast: others.reduce((sum, other) => sum + (other.amount ?? 0), amount ?? 0) >= facts.amount,
	};
}

/**
 * What Lago refused because the invoice, paid in full, has a status that somebody put back: no note is taken then, by whomever
 * (`lago-api:services/credit_notes/validate_service.rb#valid_invoice_status?`).
 * @throws any other refusal as it is.
 */
function putBack(caught: unknown, invoice: LagoInvoice, { refund_id }: DodoRefund): Held {
	const { number, payment_status: status } = invoice;
	const isPutBack = status !== 'succeeded' && toPaid(invoice) === invoice.total_amount_cents;
	if (!isPutBack || !(caught instanceof ApiError) || !caught.final) throw caught;
	return held(
		'lago_refused',
		`Lago takes no credit note for refund ${refund_id}: invoice ${number} is paid in full, but its payment status was put back to ${status}.`,
		`Set the payment status of invoice ${number} to succeeded in Lago. Then press Look Back Now, which makes the credit note; in a workflow without it, make the note in Lago by hand after that.`,
	);
}

function unmirrored(caught: unknown, refund: DodoRefund, invoiceId: string): Held | null {
	if (!(caught instanceof ApiError) || !caught.final) return null;
	if (caught.code === 'invoice_not_found')
		return held(
			'unknown_invoice',
			`Refund ${refund.refund_id} belongs to invoice ${invoiceId}, which this Lago organisation does not have.`,
			'Check that the Lago credential belongs to the organisation that issued the invoice.',
		);
	const details = Object.entries(caught.details).map(([field, codes]) => `${field}: ${codes.join(', ')}`);
	return held(
		'lago_refused',
		`Lago refused a credit note for refund ${refund.refund_id} on invoice ${invoiceId} (${caught.code ?? caught.status}): ${[caught.message, ...details].join('; ')}`,
		'Make the credit note in Lago by hand if it is right; a top-up whose credits are spent can no longer be credited.',
	);
}
