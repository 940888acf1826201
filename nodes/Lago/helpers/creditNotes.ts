import type { IDataObject } from 'n8n-workflow';
import { orNull } from '../../shared/transport/orNull';
import { creditNoteAnswerSchema, creditNoteSchema, type LagoCreditNote } from '../../shared/wire/lago/creditNote';
import type { LagoClient } from '../transport/client';

/** More notes than one invoice ever has. */
const NOTE_LIMIT = 1_000;

/** Lago's word for where a refund stands. */
export type RefundStatus = 'pending' | 'succeeded' | 'failed';

/** How a refund of Dodo has ended. While it runs nothing is written: its end may have been written already by whoever heard of it later. */
export function refundEnd(status: string | null | undefined): RefundStatus | undefined {
	return status === 'succeeded' || status === 'failed' ? status : undefined;
}

/** One credit note. Throws ApiError, 404 for an unknown one. */
export async function fetchCreditNote(client: LagoClient, id: string): Promise<LagoCreditNote> {
	return (
		await client.request(creditNoteAnswerSchema, { method: 'GET', path: `/credit_notes/${encodeURIComponent(id)}` })
	).credit_note;
}

/** All credit notes of an invoice, oldest first. Lago filters by number only, so the invoice is compared here. Throws ApiError. */
export async function creditNotesOf(
	client: LagoClient,
	invoice: { id: string; number: string },
): Promise<LagoCreditNote[]> {
	const notes = await client.list('credit_notes', creditNoteSchema, { invoice_number: invoice.number }, NOTE_LIMIT);
	const age = ({ created_at, number }: LagoCreditNote): string => `${created_at ?? ''} ${number}`;
	return notes
		.filter(({ lago_invoice_id }) => lago_invoice_id === invoice.id)
		.sort((a, b) => age(a).localeCompare(age(b)));
}

/**
 * Writes where the refund stands and, merged with what is there, our metadata, which a Lago before 1.37 drops: there the refund at Dodo names
 * the note, or the note's description the refund. Emits no webhook. Throws ApiError.
 */
export async function changeCreditNote(
	client: LagoClient,
	id: string,
	change: { refundStatus?: RefundStatus; metadata?: Record<string, string> },
): Promise<void> {
	const path = `/credit_notes/${encodeURIComponent(id)}`;
	const { refundStatus, metadata } = change;
	// A PUT must name the status, and whoever writes only metadata does not know how it stands by now.
	if (refundStatus === undefined)
		return void (await orNull(
			client.send({ method: 'PATCH', path: `${path}/metadata`, body: { metadata: { ...metadata } } }),
			// Not the note is unknown, but the route.
			({ status, code }) => status === 404 && code === 'resource_not_found',
		));
	const credit_note: IDataObject = { refund_status: refundStatus };
	if (metadata) credit_note.metadata = metadata;
	await client.request(creditNoteAnswerSchema, { method: 'PUT', path, body: { credit_note } });
}

/** By how much credit notes lowered what is due instead of giving money back; minor units. */
export function offsetOf(notes: readonly LagoCreditNote[]): number {
	return notes.reduce((sum, { offset_amount_cents }) => sum + (offset_amount_cents ?? 0), 0);
}
