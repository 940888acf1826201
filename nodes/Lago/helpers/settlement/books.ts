import type { AttemptNews } from '../../../shared/domain/attemptRecord';
import type { InvoiceFacts } from '../../../shared/domain/invoice';
import type { Held, Overpaid } from '../../../shared/domain/outcome';
import type { PaymentFacts } from '../../../shared/domain/payment';
import { ApiError } from '../../../shared/transport/apiError';
import { orNull } from '../../../shared/transport/orNull';
import type { LagoInvoice } from '../../../shared/wire/lago/objects';
import type { LagoClient } from '../../transport/client';
import type { TopUpRef } from '../../../shared/domain/topUp';
import type { InvoiceChange } from '../invoices';
import type { PlanFrom } from '../retryPlan';
import { writeRecord } from '../topUps';

/** Times the invoice is read again because Lago's books changed between reading and writing. */
export const MAX_ROUNDS = 3;

/** What became of a payment in Lago's books; see docs/outcomes.md. */
export type Settlement = (Held | Overpaid | Done) & { invoiceId?: string; invoiceNumber?: string; topUp?: TopUpRef };
type Done =
	| { outcome: 'settled' | 'already_settled' | 'ignored'; message: string; bookedAs?: 'payment' | 'status' }
	| (AttemptNews & { planFrom?: PlanFrom });

/** As an outage, so that the event comes again when the books are quiet. */
export function restless(payment: PaymentFacts, invoiceId: string): ApiError {
	return new ApiError(
		'Lago',
		503,
		'BOOKS_KEEP_CHANGING',
		`Invoice ${invoiceId} keeps changing while payment ${payment.id} is booked`,
	);
}

/** Writes status and metadata; null when somebody else wrote meanwhile, so that it must be decided on the books as they are now. */
export async function change(
	client: LagoClient,
	invoice: InvoiceFacts,
	wanted: InvoiceChange,
): Promise<LagoInvoice | null> {
	return await orNull(
		writeRecord(client, invoice, wanted),
		({ details }) => details.key?.includes('value_already_exist') ?? false,
	);
}
