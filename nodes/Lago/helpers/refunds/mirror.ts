import { unclearUnit } from '../../../shared/domain/currencies';
import { withRefunded } from '../../../shared/domain/counted';
import { ourRecord, type CollectionState } from '../../../shared/domain/invoiceMetadata';
import { INVOICE_NUMBER_KEY } from '../../../shared/domain/keys';
import type { DodoMode } from '../../../shared/domain/mode';
import { formatAmount } from '../../../shared/domain/money';
import { held, type Held } from '../../../shared/domain/outcome';
import type { PaymentFacts } from '../../../shared/domain/payment';
import { noted } from '../../../shared/domain/phases';
import { decideMirror, otherCurrency, type RefundFacts } from '../../../shared/domain/refundMirror';
import type { Result } from '../../../shared/node/operation';
import { withKeyedLock } from '../../../shared/process/keyedLock';
import { ApiError } from '../../../shared/transport/apiError';
import type { DodoPayment, DodoRefund } from '../../../shared/wire/dodo/objects';
import { toEarlierNote, toRefundedInvoice } from '../../../shared/wire/lago/creditFacts';
import { toInvoiceFacts, toPaid, type LagoCreditNote, type LagoInvoice } from '../../../shared/wire/lago/objects';
import type { LagoClient } from '../../transport/client';
import { changeCreditNote, creditNotesOf, offsetOf } from '../creditNotes';
import { bookingOf, changeRecord, fetchInvoice, paidOf, withInvoice } from '../invoices';
import { rememberFree } from '../manualPayments';
import { paidAt, settle } from '../settlement/settle';
import { fetchCollected } from '../topUps';
import { alreadyCredited, makeNote } from './note';

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
	const { refund, facts, invoiceId, mode } = wanted;
	const numberSaid = wanted.payment.metadata[INVOICE_NUMBER_KEY];
	const early =
		typeof numberSaid === 'string' && numberSaid !== ''
			? await creditNotesOf(client, { id: invoiceId, number: numberSaid })
			: null;
	const earlyHit = early === null ? null : await alreadyCredited(client, early, refund);
	if (earlyHit !== null) return earlyHit;
	let invoice = await fetchCollected(client, { id: invoiceId, topUpId: facts.topUpId });
	const about = { invoiceNumber: invoice.number };
	const listed = numberSaid === invoice.number ? early : null;
	const notes = listed ?? (await creditNotesOf(client, { id: invoiceId, number: invoice.number }));
	const hit = listed === null ? await alreadyCredited(client, notes, refund) : null;
	if (hit !== null) return hit;
	const unclear = unclearUnit(
		invoice.currency,
		invoice.currencyCountedAlike ?? false,
		`Refund ${refund.refund_id} is not mirrored on invoice ${invoice.number}`,
		'Compare the amounts and make the credit note in Lago by hand',
	);
	let booking = await bookingOf(client, invoice, facts);
	if (!booking.booked || booking.asStatus) {
		// The news of the payment itself may still be on its way: what it would book is booked now. So is what a licence allows by now.
		const settled = await settle(client, facts, mode, paidAt(wanted.payment));
		// It may have been booked by hand.
		if (unclear !== null && settled.outcome === 'held' && settled.reason === unclear.reason)
			return { ...unclear, ...about };
		if (settled.outcome !== 'settled' && settled.outcome !== 'already_settled')
			return { ...(await returned(client, invoice, wanted)), ...about };
		// Lago shows the invoice of a top-up a moment after it was paid.
		invoice = await fetchCollected(client, { id: invoiceId, topUpId: facts.topUpId });
		booking = await bookingOf(client, invoice, facts);
		if (!booking.booked)
			throw new ApiError(
				'Lago',
				503,
				'BOOKS_KEEP_CHANGING',
				`Invoice ${invoice.number} keeps changing while refund ${refund.refund_id} is booked`,
			);
	}
	// Booked by another execution since the invoice was read.
	if (!booking.asStatus && (toPaid(invoice) ?? booking.amount) < booking.amount)
		invoice = await fetchInvoice(client, invoiceId);
	const mismatch = otherCurrency(refundFacts(wanted), invoice) ?? unclear;
	if (mismatch !== null) return { ...mismatch, ...about };
	if (booking.asStatus) return { ...(await withoutLicence(client, invoice, booking.amount, wanted)), ...about };
	return { ...(await credit(client, invoice, notes, booking.amount, wanted)), ...about };
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
	const difference = note.refund_amount_cents - asked;
	return {
		outcome: 'credited',
		message: `Credit note ${note.number} over ${formatAmount(note.refund_amount_cents, currency)} mirrors refund ${refund.refund_id}.${difference === 0 ? '' : ` Lago's rounding made it differ by ${formatAmount(Math.abs(difference), currency)}.`}`,
		creditNoteId: note.lago_id,
		creditNoteNumber: note.number,
		refundAmount: note.refund_amount_cents,
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

/** A surplus payment went back: nothing of it was ever booked, so nothing is to be mirrored. */
async function returned(
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

/** Lago without licence: the refund is kept in the state of the invoice, so that nothing is forgotten. */
async function withoutLicence(
	client: LagoClient,
	invoice: LagoInvoice,
	booked: number,
	{ refund, payment, facts }: Mirror,
): Promise<Result<'needs_premium'>> {
	const ofPayment = (payment.refunds ?? []).reduce(
		(sum, { status, amount }) => (status === 'succeeded' ? sum + (amount ?? 0) : sum),
		0,
	);
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
