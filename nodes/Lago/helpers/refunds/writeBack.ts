import { REFUND_ID_KEY, REFUNDED_PAYMENT_KEY } from '../../../shared/domain/keys';
import { refundNamedBy } from '../../../shared/domain/noteTie';
import { held } from '../../../shared/domain/outcome';
import type { Result } from '../../../shared/node/operation';
import { orNull } from '../../../shared/transport/orNull';
import type { DodoRefund } from '../../../shared/wire/dodo/objects';
import type { LagoClient } from '../../transport/client';
import { changeCreditNote, fetchCreditNote, refundEnd } from '../creditNotes';

/** What becomes of a credit note whose refund was made. */
export type WriteBackOutcome = 'held' | 'ignored' | 'refund_confirmed' | 'refund_failed';

/** A refund that a credit note of Lago started: only its outcome is news. Throws ApiError. */
export async function writeBack(
	client: LagoClient,
	refund: DodoRefund,
	noteId: string,
): Promise<Result<WriteBackOutcome>> {
	const note = await orNull(fetchCreditNote(client, noteId), ({ code }) => code === 'credit_note_not_found');
	if (note === null)
		return held(
			'unknown_credit_note',
			`Refund ${refund.refund_id} (${refund.status}) was made for credit note ${noteId}, which this Lago organisation does not have.`,
			'Check that the Lago credential belongs to the organisation that made the credit note.',
		);
	const refundStatus = refundEnd(refund.status);
	const metadata = { [REFUND_ID_KEY]: refund.refund_id, [REFUNDED_PAYMENT_KEY]: refund.payment_id };
	const isTold = refundStatus === undefined || note.refund_status === refundStatus;
	if (!isTold || refundNamedBy(note) !== refund.refund_id)
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
		message: `Refund ${refund.refund_id} for credit note ${note.number} is ${refundStatus ?? 'pending'}.`,
		...about,
	};
}
