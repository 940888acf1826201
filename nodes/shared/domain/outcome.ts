/**
 * Why an item needs a person. The word is stable (templates and docs use it); the sentences are for people.
 */
export type HeldReason =
	| 'already_paid'
	| 'amount_above_due'
	| 'amount_below_due'
	| 'amount_above_dodo_limit'
	| 'currency_mismatch'
	| 'dodo_refused'
	| 'duplicate_credit_note'
	| 'invoice_not_finalized'
	| 'invoice_voided'
	| 'lago_refused'
	| 'metadata_full'
	| 'no_dodo_payment'
	| 'paid_at_dodo'
	| 'refund_exceeds_booked'
	| 'refund_failed'
	| 'refund_refused'
	| 'unknown_credit_note'
	| 'unknown_customer'
	| 'unknown_invoice'
	| 'unknown_mandate'
	| 'unknown_origin'
	| 'unknown_payment'
	| 'unknown_refund'
	| 'unreadable_dispute'
	| 'unreadable_payment'
	| 'unreadable_refund'
	| 'wrong_mode';

/** A permanent anomaly: acknowledged, never booked, shown on the canvas with the next step. */
export type Held = {
	outcome: 'held';
	reason: HeldReason;
	/** What happened and why, in one sentence a bookkeeper understands. */
	message: string;
	/** What to do now. */
	nextStep: string;
};

/** Builds a {@link Held}. */
export function held(reason: HeldReason, message: string, nextStep: string): Held {
	return { outcome: 'held', reason, message, nextStep };
}

/** Money that arrived although nothing is due any more. It is not booked; it must go back. */
export type Overpaid = {
	outcome: 'overpaid';
	/** `paid_twice`: another payment settled the invoice; `invoice_voided`: the invoice is void. */
	reason: 'paid_twice' | 'invoice_voided';
	message: string;
	nextStep: string;
};
