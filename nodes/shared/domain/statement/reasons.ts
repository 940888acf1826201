/** Why what Lago says of a movement is not what Dodo says: the sentence, and what a person does about it; null for nothing. */
export const STATEMENT_REASONS = {
	other_period: ['Both have it, but one of them dates it outside this period', null],
	rounding: ['The credit note is rounded to another smallest unit than the refund', null],
	tax_on_top: ['Dodo put its tax on top of what Lago billed', null],
	by_hand: ['Booked in Lago by hand, for money that did not come or go by Dodo', null],
	refund_pending: ['The credit note waits for its refund', null],
	dispute_open: ['Disputed and not decided yet: Dodo holds the money back', null],
	dispute_won: ['The dispute was won: what was held back comes back', null],
	overpayment_returned: ['Money that was never booked in Lago went back', null],
	not_of_lago: ['Sold at Dodo, but not billed by this Lago', null],
	held: [
		'Dodo has it, and Lago has not booked it: it was held, or has not arrived',
		'Look for it among what was held; else run Get Missed',
	],
	overpaid: ['Something else has paid this invoice', 'Return it, unless a refund of it stands in this sheet'],
	amount_differs: ['Both have it, over different amounts', 'Compare both documents and book the rest'],
	no_credit_note: ['Dodo has given it back, and Lago has no credit note of it', 'Run Get Missed, or book it by hand'],
	refund_failed: ['The bank did not take the refund', 'Return the money another way'],
	dispute_not_recorded: ['The dispute was lost, and Lago does not say so', 'Run Get Missed, or mark it in Lago'],
	unknown_invoice: ['It names an invoice that this Lago does not have', 'Check the Lago credential; find the invoice'],
	ledger_gap: ['The balances that Dodo tells do not follow from its entries', 'Ask Dodo: entries are missing'],
} as const satisfies Record<string, readonly [string, string | null]>;

export type StatementReason = keyof typeof STATEMENT_REASONS;

/** Whether somebody has to do something about it. */
export function needsPerson(reason: StatementReason): boolean {
	return STATEMENT_REASONS[reason][1] !== null;
}

/** The sentence of a reason with its next step. */
export function explain(reason: StatementReason): string {
	return STATEMENT_REASONS[reason].filter((part) => part !== null).join('. ') + '.';
}
