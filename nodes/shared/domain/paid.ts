/** The figures of an invoice as Lago says them; minor units. */
export interface Figures {
	/** `voided` owes nothing, whatever was paid. */
	status: string;
	total: number;
	totalDue: number;
	/** Null on a Lago before 1.41, which does not say it. */
	totalPaid: number | null;
}

/**
 * What was paid on an invoice: the one place that knows. Lago says it from 1.41 on; before that it is what of the total is not due any more,
 * less what credit notes took off, as they can from 1.40 on (`lago-api:app/models/invoice.rb#total_due_amount_cents`).
 * @param offset by how much its credit notes lowered what is due, minor units.
 * @returns null when nothing of it tells, but its payments do.
 */
export function paidOn({ status, total, totalDue, totalPaid }: Figures, offset = 0): number | null {
	if (totalPaid !== null) return totalPaid;
	return status === 'voided' && totalDue === 0 ? null : Math.max(0, total - totalDue - offset);
}
