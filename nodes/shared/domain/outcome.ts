/** What is to be expected of an outcome. */
export type Meaning =
	/** It was so before, or it is none of our business. */
	| 'nothing done'
	/** Somebody waits for something; it goes on by itself. */
	| 'under way'
	| 'done'
	| 'needs a person';

/** What `outcome` of an item can say; docs/outcomes.md explains each. The words are stable: templates and people use them. */
export const OUTCOMES = {
	access_changed: 'done',
	access_unknown: 'under way',
	access_untold: 'under way',
	adds_up: 'done',
	already_credited: 'nothing done',
	already_recorded: 'nothing done',
	already_settled: 'nothing done',
	back_fill_runs: 'done',
	back_fill_stopped: 'nothing done',
	back_fill_waits: 'nothing done',
	charging: 'under way',
	created: 'done',
	credited: 'done',
	dispute_lost: 'needs a person',
	dispute_open: 'needs a person',
	dispute_won: 'done',
	does_not_add_up: 'needs a person',
	exhausted: 'needs a person',
	existing: 'nothing done',
	failed: 'done',
	forged: 'done',
	hard_decline: 'needs a person',
	held: 'needs a person',
	ignored: 'nothing done',
	incomplete: 'under way',
	listed: 'done',
	mandate_busy: 'needs a person',
	mirrored: 'nothing done',
	needs_link: 'under way',
	needs_premium: 'needs a person',
	nobody_due: 'done',
	nobody_restricted: 'done',
	not_payable: 'done',
	nothing_agreed: 'nothing done',
	nothing_missed: 'nothing done',
	overpaid: 'needs a person',
	overpayment_returned: 'done',
	page_shown: 'done',
	paid: 'done',
	payable: 'under way',
	previewed: 'done',
	processing: 'under way',
	reconciled: 'done',
	redirected: 'done',
	refund_confirmed: 'done',
	refund_failed: 'needs a person',
	refunded: 'done',
	refunding: 'under way',
	reminded: 'done',
	reminder_due: 'under way',
	reminding: 'under way',
	removed: 'done',
	retry_planned: 'under way',
	saved: 'done',
	settled: 'done',
	skipped: 'nothing done',
	still_looking: 'under way',
	to_begin: 'under way',
	unchanged: 'nothing done',
	unknown: 'done',
	voided: 'done',
	would_remind: 'done',
	would_restrict: 'done',
} as const satisfies Record<string, Meaning>;

/** A word of {@link OUTCOMES}. */
export type Outcome = keyof typeof OUTCOMES;

/** Whether an item says that there was nothing to do, or nothing left. */
export function isNothingDone(outcome: unknown): boolean {
	return (OUTCOMES as Readonly<Record<string, Meaning>>)[String(outcome)] === 'nothing done';
}

/** Whether somebody has to act on an item: it says so, or what was done left a next step. */
export function needsAPerson({ outcome, nextStep }: Record<string, unknown>): boolean {
	const meaning = (OUTCOMES as Readonly<Record<string, Meaning>>)[String(outcome)];
	return meaning === 'needs a person' || (meaning === 'done' && Boolean(nextStep));
}

/** Why, for the outcomes that say so. These words are stable as well; the sentences are for people. */
export const REASONS = {
	held: [
		'already_paid',
		'amount_above_due',
		'amount_below_due',
		'amount_above_dodo_limit',
		'amount_below_dodo_minimum',
		'currency_mismatch',
		'currency_unit_unclear',
		'dodo_refused',
		'duplicate_credit_note',
		'invoice_not_finalized',
		'invoice_voided',
		'lago_refused',
		'metadata_full',
		'no_dodo_payment',
		'no_email',
		'paid_at_dodo',
		'refund_exceeds_booked',
		'refund_failed',
		'refund_refused',
		'reminder_unclear',
		'top_up_needs_premium',
		'unknown_credit_note',
		'unknown_customer',
		'unknown_invoice',
		'unknown_mandate',
		'unknown_origin',
		'unknown_payment',
		'unknown_refund',
		'unknown_top_up',
		'unreadable_dispute',
		'unreadable_payment',
		'unreadable_refund',
		'wrong_mode',
	],
	needs_link: [
		'no_mandate',
		'mandate_on_hold',
		'mandate_inactive',
		'mandate_expired',
		'mandate_currency',
		'mandate_refused',
		'dispute_lost',
	],
	overpaid: ['paid_twice', 'invoice_voided', 'nothing_due'],
	skipped: [
		'not_finalized',
		'already_paid',
		'nothing_due',
		'self_billed',
		'native_provider',
		'own_invoice',
		'payment_under_way',
		'try_failed',
		'retry_planned',
		'no_refund',
		'out_of_date',
		'refund_not_pending',
		'other_entity',
		'reminded_already',
	],
} as const satisfies Partial<Record<Outcome, readonly string[]>>;

type Explained = keyof typeof REASONS;

/** A word of {@link REASONS}. */
export type ReasonOf<Given extends Explained> = (typeof REASONS)[Given][number];

/** Why an item needs a person. */
export type HeldReason = ReasonOf<'held'>;

/** One of some outcomes, with a reason where they have any. */
export type Said<Given extends Outcome> = { outcome: Given; reason?: ReasonOf<Extract<Given, Explained>> };

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
	/**
	 * `paid_twice`: another payment settled the invoice; `invoice_voided`: the invoice is void; `nothing_due`: it was settled without any payment,
	 * by a credit note or prepaid credits.
	 */
	reason: ReasonOf<'overpaid'>;
	message: string;
	nextStep: string;
	/** What must go back, minor units, of a payment of several invoices; absent where it is all of the payment. */
	surplus?: number;
};
