import type { IDataObject } from 'n8n-workflow';
import { ASKED_KEY, REFUND_ID_KEY, REFUNDED_PAYMENT_KEY } from '../../../shared/domain/keys';
import { describeMirror, refundNamedBy } from '../../../shared/domain/noteTie';
import {
	allocateRefund,
	asLagoTaxes,
	type Allocation,
	type CreditedItem,
	type SaidOfItems,
} from '../../../shared/domain/refundAllocation';
import type { Held } from '../../../shared/domain/outcome';
import type { MirrorDecision } from '../../../shared/domain/refundMirror';
import type { Result } from '../../../shared/node/operation';
import { ApiError, asApiError } from '../../../shared/transport/apiError';
import type { DodoRefund } from '../../../shared/wire/dodo/objects';
import { creditNoteAnswerSchema, noteEstimateSchema, type LagoCreditNote } from '../../../shared/wire/lago/creditNote';
import type { LagoInvoice } from '../../../shared/wire/lago/objects';
import type { LagoClient } from '../../transport/client';
import { changeCreditNote, creditNotesOf } from '../creditNotes';

/** So many times Lago is asked what items are worth, before it is left to it. */
const ESTIMATES = 4;

/** The refund that a note mirrors, and Lago's word for why. */
export interface Mirrored {
	refund: DodoRefund;
	reason: string;
	/** As of a `Mirror`. */
	asked?: number;
}

/** The note that was made; what stands for it when it was there already; null when this Lago has no licence to hold one. */
export type NoteMade = { note: LagoCreditNote } | { found: Result<'already_credited'> } | null;

/** A note of these that mirrors the refund already, brought to its end. Throws ApiError. */
export async function alreadyCredited(
	client: LagoClient,
	notes: readonly LagoCreditNote[],
	refund: DodoRefund,
): Promise<Result<'already_credited'> | null> {
	const note = notes.find((one) => refundNamedBy(one) === refund.refund_id);
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

/**
 * Makes the note. Where Lago says that items and refund do not match, it taxes a fee otherwise than the invoice shows: then it is asked what
 * the items are worth, and the refund is spread again, until Lago says of a spread what we do.
 * @returns what is held when by Lago's own word the fees cannot carry the refund.
 * @throws ApiError
 */
export async function makeNote(
	client: LagoClient,
	invoice: LagoInvoice,
	decision: Extract<MirrorDecision, { action: 'credit' | 'doubt' }>,
	mirrored: Mirrored,
): Promise<NoteMade | Held> {
	const post = async (allocation: Allocation): Promise<NoteMade | ApiError> =>
		await postNote(client, invoice, allocation, mirrored).catch(mismatch);
	const isCredit = decision.action === 'credit';
	let { fees } = decision.terms;
	let items = isCredit ? decision.allocation.items : decision.items;
	let made: NoteMade | ApiError | Held = isCredit ? await post(decision.allocation) : decision.held;
	for (let asked = 0; asked < ESTIMATES && isUnmade(made); asked++) {
		fees = asLagoTaxes(fees, decision.terms.room, items, await estimateOf(client, invoice, items));
		const allocation = allocateRefund(decision.terms.room, fees);
		if (allocation === null) break;
		const agreed = JSON.stringify(allocation.items) === JSON.stringify(items);
		items = allocation.items;
		if (agreed || asked === ESTIMATES - 1) made = await post(allocation);
	}
	if (made instanceof ApiError) throw made;
	return made;
}

function isUnmade(made: NoteMade | ApiError | Held): made is ApiError | Held {
	return made instanceof ApiError || (made !== null && 'reason' in made);
}

/** Lago's refusal of items that do not make the refund. @throws anything else as it is. */
function mismatch(caught: unknown): ApiError {
	const refusal = asApiError(caught);
	if (refusal.status === 422 && refusal.details.base?.includes('does_not_match_item_amounts')) return refusal;
	throw refusal;
}

/** What Lago says that items are, without making a note. */
async function estimateOf(
	client: LagoClient,
	invoice: LagoInvoice,
	items: readonly CreditedItem[],
): Promise<SaidOfItems> {
	const { estimated_credit_note: said } = await client.request(noteEstimateSchema, {
		method: 'POST',
		path: '/credit_notes/estimate',
		body: { credit_note: { invoice_id: invoice.lago_id, items: asSent(items) } },
	});
	return {
		couponsAmount: said.precise_coupons_adjustment_amount_cents,
		taxesAmount: said.precise_taxes_amount_cents,
	};
}

async function postNote(
	client: LagoClient,
	invoice: LagoInvoice,
	allocation: Allocation,
	{ refund, reason, asked }: Mirrored,
): Promise<NoteMade> {
	const body: IDataObject = {
		invoice_id: invoice.lago_id,
		reason,
		description: describeMirror(refund.refund_id),
		credit_amount_cents: 0,
		refund_amount_cents: allocation.refund,
		offset_amount_cents: 0,
		items: asSent(allocation.items),
		metadata: {
			[REFUND_ID_KEY]: refund.refund_id,
			[REFUNDED_PAYMENT_KEY]: refund.payment_id,
			...(asked === undefined ? {} : { [ASKED_KEY]: String(asked) }),
		},
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

function asSent(items: readonly CreditedItem[]): IDataObject[] {
	return items.map((item) => ({ fee_id: item.feeId, amount_cents: item.amount }));
}
