import { toInvoiceFacts, type LagoInvoice } from '../../shared/wire/lago/objects';

/** What Plan Retry needs of an invoice, so that it need not be read again right after it was written. */
export interface PlanFrom {
	/** Lago's entries, with their ids. */
	metadata: Array<{ id?: string; key: string; value: string }>;
	/** IANA name; the customer's, else that of the billing entity. */
	timeZone: string;
	/** Paid, voided or nothing due: there is nothing to try any more. */
	isOpen: boolean;
	/** ms since 1970. */
	readAt: number;
}

/** Takes it out of an invoice that was read or written this moment. */
export function planFrom(invoice: LagoInvoice): PlanFrom {
	return {
		metadata: toInvoiceFacts(invoice).metadata,
		timeZone: invoice.customer?.applicable_timezone || 'UTC',
		isOpen:
			invoice.status === 'finalized' && invoice.payment_status !== 'succeeded' && invoice.total_due_amount_cents > 0,
		readAt: Date.now(),
	};
}
