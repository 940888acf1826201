import { NodeOperationError, type IDataObject, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import { encodeState, ourRecord } from '../../../shared/domain/invoiceMetadata';
import { formatAmount } from '../../../shared/domain/money';
import { held, type Held } from '../../../shared/domain/outcome';
import { noted } from '../../../shared/domain/phases';
import { allocateRefund, type CreditableFee } from '../../../shared/domain/refundAllocation';
import { isLagoId, type DodoMode, type PaymentFacts } from '../../../shared/domain/settlement';
import { fieldsOf, type Json, type Operation } from '../../../shared/node/operation';
import { eventParameter, objectParameter } from '../../../shared/node/parameters';
import { heldBefore } from '../../../shared/node/unknown';
import { withLock } from '../../../shared/process/keyedLock';
import { ApiError } from '../../../shared/transport/apiError';
import { paymentSchema, refundSchema, type DodoPayment, type DodoRefund } from '../../../shared/wire/dodo/objects';
import { toPaymentFacts } from '../../../shared/wire/dodo/paymentFacts';
import {
	creditNoteAnswerSchema,
	toInvoiceFacts,
	type LagoCreditNote,
	type LagoInvoice,
} from '../../../shared/wire/lago/objects';
import {
	changeCreditNote,
	creditNotesOf,
	fetchCreditNote,
	REFUND_ID_KEY,
	REFUNDED_PAYMENT_KEY,
	type RefundStatus,
} from '../../helpers/creditNotes';
import { bookingOf, changeInvoice, fetchInvoice, type Booking } from '../../helpers/invoices';
import { isKnownFree, rememberFree } from '../../helpers/manualPayments';
import { heldIfRefused } from '../../helpers/refusals';
import { invoiceOf, modeOf, paidAt, settle } from '../../helpers/settle';
import type { LagoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	{
		displayName: 'Refund',
		name: 'refund',
		type: 'string',
		ignoreValidationDuringExecution: true,
		default: '',
		placeholder: 'e.g. {{ $json }}',
		description:
			'The refund as the Dodo Payments Trigger (refund.succeeded, refund.failed), or Dodo Payments > Refund > Get, returns it; when empty, the event that this execution began with',
		hint: 'Leave empty for the event that this execution began with',
	},
	{
		displayName: 'Refunded Payment',
		name: 'payment',
		type: 'json',
		required: true,
		default: '={{ $json }}',
		description: 'The payment that was refunded, as Dodo Payments > Payment > Get returns it: it names the invoice',
		hint: 'Leave as it is behind Dodo Payments > Payment > Get',
	},
	{
		displayName: 'Reason',
		name: 'reason',
		type: 'options',
		options: [
			{ name: 'Duplicated Charge', value: 'duplicated_charge' },
			{ name: 'Fraudulent Charge', value: 'fraudulent_charge' },
			{ name: 'Order Cancellation', value: 'order_cancellation' },
			{ name: 'Order Change', value: 'order_change' },
			{ name: 'Other', value: 'other' },
			{ name: 'Product Unsatisfactory', value: 'product_unsatisfactory' },
		],
		default: 'other',
		description: 'What the credit note gives as its reason',
	},
];

/** Each credit note may be rounded apart from its refund by this much, minor units. */
const ROUNDING = 1;

/** Credit Note -> Create: exactly one credit note for a refund that was made at Dodo. */
export const create: Operation<LagoClient> = {
	fields: fieldsOf('creditNote', 'create', fields),
	outputs: [
		{ name: 'Done' },
		{ name: 'Needs Premium', outcomes: ['needs_premium'] },
		{ name: 'Refund Failed', outcomes: ['refund_failed'] },
		{ name: 'Held', outcomes: ['held'] },
	],
	async execute(ctx, client, index) {
		const given = eventParameter(ctx, 'refund', 'Refund', index);
		const refund = readRefund(given);
		if (refund === null)
			return held(
				'unreadable_refund',
				'This is not a refund as Dodo Payments sends it.',
				'Look at the refund in Dodo Payments and make the credit note in Lago by hand.',
			);
		const about = {
			refundId: refund.refund_id,
			paymentId: refund.payment_id,
			amount: refund.amount ?? null,
			currency: refund.currency ?? null,
		};
		const noteId = refund.metadata.lago_credit_note_id;
		if (typeof noteId === 'string' && isLagoId(noteId)) {
			const nextStep = 'Look at the credit note in Lago and set its refund status by hand.';
			const written = await heldIfRefused(
				async () => await writeBack(client, refund, noteId),
				`Refund ${refund.refund_id} was to be noted on credit note ${noteId}`,
				nextStep,
			);
			return { ...about, ...written };
		}
		if (refund.status !== 'succeeded')
			return {
				outcome: 'ignored',
				message: `Refund ${refund.refund_id} is ${refund.status}: no money went back, so there is nothing to mirror.`,
				...about,
			};
		const givenPayment = objectParameter(ctx, 'payment', 'Refunded Payment', index);
		const before = heldBefore(givenPayment);
		if (before !== null) return { ...about, ...before };
		const payment = paymentIn(ctx, givenPayment, refund, index);
		const read = toPaymentFacts(payment);
		const mode = modeOf(given, read);
		const invoiceId = await invoiceOf(client, read, mode, paidAt(payment));
		if (invoiceId === null)
			return {
				outcome: 'ignored',
				message: `Refund ${refund.refund_id} belongs to payment ${read.id}, which was not made for a Lago invoice.`,
				...about,
			};
		if (typeof invoiceId !== 'string') return { ...about, ...invoiceId };
		const facts = { ...read, invoiceId };
		const reason = ctx.getNodeParameter('reason', index) as string;
		const result = await withLock(
			`credit ${client.accountKey} ${invoiceId}`,
			async () =>
				await mirror(client, { refund, payment, facts, invoiceId, reason, mode }).catch(
					async (caught: unknown) => unmirrored(caught, refund, invoiceId) ?? (await Promise.reject(caught)),
				),
		);
		return { ...about, invoiceId, ...result };
	},
};

/** The refund was started by a credit note of Lago: only its outcome is news. */
async function writeBack(client: LagoClient, refund: DodoRefund, noteId: string): Promise<Json> {
	const note = await fetchCreditNote(client, noteId).catch(async (caught: unknown) =>
		caught instanceof ApiError && caught.code === 'credit_note_not_found' ? null : await Promise.reject(caught),
	);
	if (note === null)
		return held(
			'unknown_credit_note',
			`Refund ${refund.refund_id} (${refund.status}) was made for credit note ${noteId}, which this Lago organisation does not have.`,
			'Check that the Lago credential belongs to the organisation that made the credit note.',
		);
	const refundStatus: RefundStatus =
		refund.status === 'succeeded' || refund.status === 'failed' ? refund.status : 'pending';
	const metadata = { [REFUND_ID_KEY]: refund.refund_id, [REFUNDED_PAYMENT_KEY]: refund.payment_id };
	if (note.refund_status !== refundStatus || note.metadata?.[REFUND_ID_KEY] !== refund.refund_id)
		await changeCreditNote(client, noteId, { refundStatus, metadata });
	const about = {
		creditNoteId: noteId,
		creditNoteNumber: note.number,
		invoiceId: note.lago_invoice_id,
		invoiceNumber: note.invoice_number,
	};
	if (refundStatus === 'failed')
		return {
			outcome: 'refund_failed',
			message: `Refund ${refund.refund_id} for credit note ${note.number} failed at Dodo Payments; Lago shows it as failed.`,
			nextStep:
				'Look at the refund in Dodo Payments and return the money there or another way; then set the refund status in Lago.',
			...about,
		};
	return {
		outcome: refundStatus === 'succeeded' ? 'refund_confirmed' : 'ignored',
		message: `Refund ${refund.refund_id} for credit note ${note.number} is ${refundStatus}.`,
		...about,
	};
}

interface Mirror {
	refund: DodoRefund;
	payment: DodoPayment;
	facts: PaymentFacts;
	invoiceId: string;
	reason: string;
	mode: DodoMode | null;
}

async function mirror(client: LagoClient, wanted: Mirror): Promise<Json> {
	const { refund, facts, invoiceId, mode } = wanted;
	const numberSaid = wanted.payment.metadata.lago_invoice_number;
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
			return await Promise.reject(
				new ApiError(
					'Lago',
					503,
					'BOOKS_KEEP_CHANGING',
					`Invoice ${invoice.number} keeps changing while refund ${refund.refund_id} is booked`,
				),
			);
	}
	// Booked by another execution since the invoice was read.
	if (!booking.asStatus && (invoice.total_paid_amount_cents ?? 0) < booking.amount)
		invoice = await fetchInvoice(client, invoiceId);
	if (refund.currency && refund.currency !== invoice.currency)
		return {
			...held(
				'currency_mismatch',
				`Refund ${refund.refund_id} is in ${refund.currency}, invoice ${invoice.number} is in ${invoice.currency}.`,
				'Make the credit note in Lago by hand.',
			),
			...about,
		};
	if (booking.asStatus || isKnownFree(client)) return { ...(await withoutLicence(client, invoice, wanted)), ...about };
	return { ...(await credit(client, invoice, notes, booking, wanted)), ...about };
}

async function alreadyCredited(client: LagoClient, notes: LagoCreditNote[], refund: DodoRefund): Promise<Json | null> {
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
	booking: Extract<Booking, { booked: true }>,
	wanted: Mirror,
): Promise<Json> {
	const { refund, facts, reason } = wanted;
	const { currency, number } = invoice;
	const given = amountOf(wanted);
	if (given === null)
		return held(
			'unreadable_refund',
			`Dodo Payments does not say how much refund ${refund.refund_id} gave back.`,
			'Look at the refund in Dodo Payments and make the credit note in Lago by hand.',
		);
	const gone = notes.reduce((sum, note) => sum + note.refund_amount_cents, 0);
	const refundable = (invoice.total_paid_amount_cents ?? 0) - gone;
	const asked = shareOf(given, facts, booking.amount);
	if (asked === null)
		return held(
			'refund_exceeds_booked',
			`Payment ${facts.id} brought ${formatAmount(facts.amount, currency)}, of which ${formatAmount(booking.amount, currency)} are booked on invoice ${number}; which of it refund ${refund.refund_id} gives back is not clear.`,
			'If what was never booked went back, nothing is left to do; otherwise make the credit note in Lago by hand.',
		);
	if (asked > refundable + ROUNDING * (notes.length + 1))
		return held(
			'refund_exceeds_booked',
			`Refund ${refund.refund_id} gives back ${formatAmount(asked, currency)}, but on invoice ${number} only ${formatAmount(refundable, currency)} of what was paid are left to refund.`,
			'Compare the refunds in Dodo Payments with the credit notes of the invoice in Lago and correct by hand.',
		);
	const earlier = notes.reduce((sum, note) => sum + note.total_amount_cents, 0);
	const allocation =
		refundable > 0
			? allocateRefund({ wanted: Math.min(asked, refundable), refundable, earlier }, feesOf(invoice, notes))
			: null;
	if (allocation === null && asked <= ROUNDING * notes.length)
		return {
			outcome: 'already_credited',
			message: `The last ${formatAmount(asked, currency)} of refund ${refund.refund_id} are in the earlier credit notes of invoice ${number} already: rounding of tax put them there.`,
			refundAmount: 0,
			difference: -asked,
		};
	if (allocation === null)
		return held(
			'lago_refused',
			`The fees of invoice ${number} cannot carry a refund of ${formatAmount(asked, currency)}: earlier credit notes have used them up.`,
			'Look at the credit notes of the invoice in Lago and correct by hand.',
		);
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
	const created = await client
		.request(creditNoteAnswerSchema, { method: 'POST', path: '/credit_notes', body: { credit_note: body } })
		.catch(async (caught: unknown) => {
			if (!(caught instanceof ApiError) || caught.unauthorized) return await Promise.reject(caught);
			if (caught.status === 403) return null;
			// The answer may have been lost after the note was made.
			const hit = caught.mayHaveWorked
				? await alreadyCredited(client, await creditNotesOf(client, { id: invoice.lago_id, number }), refund)
				: null;
			return hit ?? (await Promise.reject(caught));
		});
	if (created === null) {
		rememberFree(client);
		return await withoutLicence(client, invoice, wanted);
	}
	if ('outcome' in created) return created as Json;
	const { credit_note: note } = created as { credit_note: LagoCreditNote };
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

/** What went back, in minor units; null when nobody says so. */
function amountOf({ refund, payment, facts }: Mirror): number | null {
	const listed = payment.refunds?.find(({ refund_id }) => refund_id === refund.refund_id);
	return refund.amount ?? listed?.amount ?? (refund.is_partial === false ? facts.amount : null);
}

/** What a refund means on the books: the same, or its share when Dodo's tax came on top; null when less was booked for another reason. */
function shareOf(refunded: number, { amount, tax }: PaymentFacts, booked: number): number | null {
	if (booked === amount) return refunded;
	return booked === amount - tax ? Math.round((refunded * booked) / amount) : null;
}

function feesOf(invoice: LagoInvoice, notes: LagoCreditNote[]): CreditableFee[] {
	const credited = (feeId: string): number =>
		notes
			.flatMap(({ items }) => items ?? [])
			.reduce((sum, item) => (item.fee.lago_id === feeId ? sum + item.amount_cents : sum), 0);
	return (invoice.fees ?? []).map(
		({ lago_id: id, amount_cents: amount, taxes_rate, precise_coupons_amount_cents }) => ({
			id,
			amount,
			credited: credited(id),
			taxesRate: taxes_rate ?? 0,
			couponsAmount: precise_coupons_amount_cents ?? 0,
		}),
	);
}

/** A surplus payment went back: nothing of it was ever booked, so nothing is to be mirrored. */
async function returned(client: LagoClient, invoice: LagoInvoice, { refund, facts }: Mirror): Promise<Json> {
	const { metadata } = toInvoiceFacts(invoice);
	const { dodoId, state } = ourRecord(metadata);
	if (dodoId === facts.id && state?.phase === 'overpaid')
		await changeInvoice(client, invoice.lago_id, metadata, { state: noted(state, 'surplus_returned') });
	return {
		outcome: 'overpayment_returned',
		message: `Refund ${refund.refund_id} gave back payment ${facts.id}, which was never booked on invoice ${invoice.number}; the books need no change.`,
	};
}

/** Lago without licence: the refund is kept in the state of the invoice, so that nothing is forgotten. */
async function withoutLicence(client: LagoClient, invoice: LagoInvoice, { refund, payment }: Mirror): Promise<Json> {
	const { metadata } = toInvoiceFacts(invoice);
	const { state } = ourRecord(metadata);
	const refunded = (payment.refunds ?? []).reduce(
		(sum, { status, amount }) => (status === 'succeeded' ? sum + (amount ?? 0) : sum),
		0,
	);
	const next = noted(state, 'refunded', { refunded });
	if (state === null || encodeState(next) !== encodeState(state))
		await changeInvoice(client, invoice.lago_id, metadata, { state: next });
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

function readRefund(given: IDataObject): DodoRefund | null {
	const parsed = refundSchema.safeParse(given.data ?? given);
	return parsed.success ? parsed.data : null;
}

function paymentIn(ctx: IExecuteFunctions, given: IDataObject, refund: DodoRefund, index: number): DodoPayment {
	const parsed = paymentSchema.safeParse(given);
	if (parsed.success && parsed.data.payment_id === refund.payment_id) return parsed.data;
	throw new NodeOperationError(ctx.getNode(), `"Refunded Payment" is not payment ${refund.payment_id}`, {
		itemIndex: index,
		description:
			'Put Dodo Payments > Payment > Get before this node, with the payment {{ $json.data.payment_id }} of the refund.',
	});
}
