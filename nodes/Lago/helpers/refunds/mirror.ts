import type { IDataObject } from 'n8n-workflow';
import { encodeState } from '../../../shared/domain/invoiceMetadata';
import { INVOICE_NUMBER_KEY, REFUND_ID_KEY, REFUNDED_PAYMENT_KEY } from '../../../shared/domain/keys';
import { formatAmount } from '../../../shared/domain/money';
import { held, type Held } from '../../../shared/domain/outcome';
import { noted } from '../../../shared/domain/phases';
import type { Allocation } from '../../../shared/domain/refundAllocation';
import { decideMirror, otherCurrency, type RefundFacts } from '../../../shared/domain/refundMirror';
import type { DodoMode, PaymentFacts } from '../../../shared/domain/settlement';
import type { Result } from '../../../shared/node/operation';
import { withKeyedLock } from '../../../shared/process/keyedLock';
import { ApiError, asApiError } from '../../../shared/transport/apiError';
import type { DodoPayment, DodoRefund } from '../../../shared/wire/dodo/objects';
import { toEarlierNote, toRefundedInvoice } from '../../../shared/wire/lago/creditFacts';
import { creditNoteAnswerSchema, type LagoCreditNote, type LagoInvoice } from '../../../shared/wire/lago/objects';
import type { LagoClient } from '../../transport/client';
import { changeCreditNote, creditNotesOf } from '../creditNotes';
import { bookingOf, fetchInvoice, noteOn } from '../invoices';
import { isKnownFree, rememberFree } from '../manualPayments';
import { paidAt, settle } from '../settlement/settle';

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
	let invoice = await fetchInvoice(client, invoiceId);
	const about = { invoiceNumber: invoice.number };
	const listed = numberSaid === invoice.number ? early : null;
	const notes = listed ?? (await creditNotesOf(client, { id: invoiceId, number: invoice.number }));
	const hit = listed === null ? await alreadyCredited(client, notes, refund) : null;
	if (hit !== null) return hit;
	let booking = await bookingOf(client, invoice, facts);
	if (!booking.booked) {
		// The news of the payment itself may still be on its way: what it would book is booked now.
		const { outcome } = await settle(client, facts, mode, paidAt(wanted.payment));
		if (outcome !== 'settled' && outcome !== 'already_settled')
			return { ...(await returned(client, invoice, wanted)), ...about };
		invoice = await fetchInvoice(client, invoiceId);
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
	if (!booking.asStatus && (invoice.total_paid_amount_cents ?? 0) < booking.amount)
		invoice = await fetchInvoice(client, invoiceId);
	const mismatch = otherCurrency(refundFacts(wanted), invoice);
	if (mismatch !== null) return { ...mismatch, ...about };
	if (booking.asStatus || isKnownFree(client)) return { ...(await withoutLicence(client, invoice, wanted)), ...about };
	return { ...(await credit(client, invoice, notes, booking.amount, wanted)), ...about };
}

async function alreadyCredited(
	client: LagoClient,
	notes: LagoCreditNote[],
	refund: DodoRefund,
): Promise<Result<'already_credited'> | null> {
	const note = notes.find(({ metadata }) => metadata?.[REFUND_ID_KEY] === refund.refund_id);
	if (note === undefined) return null;
	if (note.refund_status !== 'succeeded') await changeCreditNote(client, note.lago_id, { refundStatus: 'succeeded' });
	return {
		outcome: 'already_credited',
		message: `Credit note ${note.number} already mirrors refund ${refund.refund_id}.`,
		creditNoteId: note.lago_id,
		creditNoteNumber: note.number,
		refundAmount: note.refund_amount_cents,
	};
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
		toRefundedInvoice(invoice),
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
	const made = await postNote(client, invoice, decision.allocation, wanted);
	if (made === null) {
		rememberFree(client);
		return await withoutLicence(client, invoice, wanted);
	}
	if ('found' in made) return made.found;
	const { note } = made;
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

/** The note that was made; what stands for it when it was there already; null when this Lago has no licence to hold one. */
async function postNote(
	client: LagoClient,
	invoice: LagoInvoice,
	allocation: Allocation,
	{ refund, reason }: Mirror,
): Promise<{ note: LagoCreditNote } | { found: Result<'already_credited'> } | null> {
	const body: IDataObject = {
		invoice_id: invoice.lago_id,
		reason,
		description: `Refund ${refund.refund_id} at Dodo Payments`,
		credit_amount_cents: 0,
		refund_amount_cents: allocation.refund,
		offset_amount_cents: 0,
		items: allocation.items.map((item) => ({ fee_id: item.feeId, amount_cents: item.amount })),
		metadata: { [REFUND_ID_KEY]: refund.refund_id, [REFUNDED_PAYMENT_KEY]: refund.payment_id },
	};
	try {
		const answer = await client.request(creditNoteAnswerSchema, {
			method: 'POST',
			path: '/credit_notes',
			body: { credit_note: body },
		});
		return { note: answer.credit_note };
	} catch (caught) {
		const refusal = asApiError(caught);
		if (refusal.unauthorized) throw refusal;
		if (refusal.status === 403) return null;
		if (!refusal.mayHaveWorked) throw refusal;
		// The answer may have been lost after the note was made.
		const notes = await creditNotesOf(client, { id: invoice.lago_id, number: invoice.number });
		const hit = await alreadyCredited(client, notes, refund);
		if (hit === null) throw refusal;
		return { found: hit };
	}
}

function refundFacts({ refund, payment, facts }: Mirror): RefundFacts {
	const listed = payment.refunds?.find(({ refund_id }) => refund_id === refund.refund_id);
	return {
		id: refund.refund_id,
		amount: refund.amount ?? listed?.amount ?? (refund.is_partial === false ? facts.amount : null),
		currency: refund.currency ?? null,
	};
}

/** A surplus payment went back: nothing of it was ever booked, so nothing is to be mirrored. */
async function returned(
	client: LagoClient,
	invoice: LagoInvoice,
	{ refund, facts }: Mirror,
): Promise<Result<'overpayment_returned'>> {
	await noteOn(client, invoice, ({ dodoId, state }) =>
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
	{ refund, payment }: Mirror,
): Promise<Result<'needs_premium'>> {
	const refunded = (payment.refunds ?? []).reduce(
		(sum, { status, amount }) => (status === 'succeeded' ? sum + (amount ?? 0) : sum),
		0,
	);
	await noteOn(client, invoice, ({ state }) => {
		// What was told of a payment that was read earlier may come later.
		const next = noted(state, 'refunded', { refunded: Math.max(refunded, state?.refunded ?? 0) });
		return state === null || encodeState(next) !== encodeState(state) ? next : null;
	});
	return {
		outcome: 'needs_premium',
		message: `Refund ${refund.refund_id} was made, but a Lago without premium licence cannot hold a credit note for it. It is recorded on invoice ${invoice.number}: ${formatAmount(refunded, invoice.currency)} refunded in all.`,
		nextStep:
			'Book the refund in your accounting by hand, or add a licence to Lago so that the next ones are mirrored.',
		refundedInAll: refunded,
	};
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
