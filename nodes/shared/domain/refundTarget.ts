/** How a refund of a payment of several invoices says which one it is for: a payment shows the reasons of its refunds, but not their metadata. */
const OVERPAYMENT = /^Overpayment of invoice .*\(([0-9a-f-]{36})\)$/i;
const CREDIT_NOTE = /^Lago credit note .*\([0-9a-f-]{36}\)$/i;

/** The reason of a refund that gives back what one of several invoices did not owe. */
export function overpaymentReason(invoiceNumber: string, invoiceId: string): string {
	return `Overpayment of invoice ${invoiceNumber} (${invoiceId})`;
}

/**
 * What a refund is for: the overpayment of one invoice; a credit note, which says itself what it is of; or nothing in particular (null): somebody
 * made it at Dodo, and it is shared out over the invoices of its payment.
 */
export function targetOf(reason: string | null | undefined): { invoiceId: string } | 'note' | null {
	if (CREDIT_NOTE.test(reason ?? '')) return 'note';
	const [, invoiceId] = OVERPAYMENT.exec(reason ?? '') ?? [];
	return invoiceId === undefined ? null : { invoiceId };
}
