import { collectability, type InvoiceFacts, type SkipReason } from './invoice';
import { decodeState, metadataValue, ourRecord, type CollectionState, type MetadataEntry } from './invoiceMetadata';
import { PAYMENT_ID_KEY, STATE_KEY } from './keys';
import { asRecorded, noted } from './phases';

/** A link or a charge that was made for an invoice and is to be recorded on it. */
export interface MadeIntent {
	/** The session or payment. */
	reference: string;
	state: CollectionState;
	/** The metadata of the invoice on which it was decided. */
	madeOn: readonly MetadataEntry[];
}

/** What is written of it. */
export interface IntentChange {
	paymentId: string;
	state: CollectionState;
}

/**
 * What becomes of a made intent: `skip`: the invoice is not to be collected any more; `keep`: what became of it is on the invoice already,
 * at most its pay link is missing; `adopt`: another one was recorded meanwhile and is valid; `write`.
 */
export type SaveDecision =
	| { action: 'skip'; reason: SkipReason; message: string }
	| { action: 'keep'; change: { state: CollectionState } | null }
	| { action: 'adopt'; recorded: string; theirs: CollectionState | null }
	| { action: 'write'; change: IntentChange };

/** What is to be written of an intent on an invoice with these entries. */
export function changeFor({ reference, state }: MadeIntent, entries: readonly MetadataEntry[]): IntentChange {
	return { paymentId: reference, state: asRecorded(state, decodeState(metadataValue(entries, STATE_KEY))) };
}

/** Decides on the invoice as it was read this moment. */
export function decideSave(made: MadeIntent, invoice: InvoiceFacts): SaveDecision {
	const verdict = collectability(invoice);
	if (verdict.decision === 'skip') return { action: 'skip', reason: verdict.reason, message: verdict.message };
	const { dodoId: recorded, state: theirs } = ourRecord(invoice.metadata);
	const wasRecorded = metadataValue(made.madeOn, PAYMENT_ID_KEY);
	const isNews =
		recorded !== wasRecorded || metadataValue(invoice.metadata, STATE_KEY) !== metadataValue(made.madeOn, STATE_KEY);
	// What became of it was written before we came to write that it began.
	if (isNews && recorded === made.reference) {
		const { payLink } = made.state;
		const lacksLink = theirs !== null && payLink !== undefined && theirs.payLink === undefined;
		return { action: 'keep', change: lacksLink ? { state: noted(theirs, 'pay_link_made', { payLink }) } : null };
	}
	if (recorded !== undefined && recorded !== wasRecorded) return { action: 'adopt', recorded, theirs };
	return { action: 'write', change: changeFor(made, invoice.metadata) };
}
