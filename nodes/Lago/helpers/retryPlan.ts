import { owedOn } from '../../shared/domain/owed';
import { toInvoiceFacts, type LagoInvoice } from '../../shared/wire/lago/objects';

/** What Plan Retry needs of an invoice, so that it need not be read again right after it was written. */
export interface PlanFrom {
	/** Lago's entries, with their ids. */
	metadata: Array<{ id?: string; key: string; value: string }>;
	/** IANA name; the customer's, else that of the billing entity. */
	timeZone: string;
	/** Otherwise there is nothing to try any more: paid, voided, nothing owed, or lost in a dispute. */
	isOpen: boolean;
	/** ms since 1970. */
	readAt: number;
}

/** Takes it out of an invoice that was read or written this moment. */
export function planFrom(invoice: LagoInvoice): PlanFrom {
	const facts = toInvoiceFacts(invoice);
	const { how } = owedOn({ ...facts, selfBilled: false });
	return {
		metadata: facts.metadata,
		timeZone: invoice.customer?.applicable_timezone || 'UTC',
		isOpen: how === 'due' || how === 'reversed',
		readAt: Date.now(),
	};
}
