/** What both services, the container and the docs know by a name: each name, and each number that more than one place relies on, once. */

/**
 * On a Lago invoice, as look-up key: the id of the newest Dodo object that was written here: `cks_...` of the link, `pay_...` of an attempt
 * or of a success that could be recorded as status only. A success booked as a payment has its id in that payment's reference instead.
 */
export const PAYMENT_ID_KEY = 'dodo_payment_id';
/** On a Lago invoice: the compact state of its collection. */
export const STATE_KEY = 'dodo_state';

/** On a Lago customer: who they are at Dodo, and the mandate by which they are charged. */
export const CUSTOMER_ID_KEY = 'dodo_customer_id';
export const MANDATE_KEY = 'dodo_subscription_id';
/** On a Lago customer, with the day behind it (`dodo_reminded_261128`): what they were reminded of last. Keys have 20 characters at most. */
export const REMINDED_KEY = 'dodo_reminded_';

/** On a Lago wallet, with the id of the transaction behind it: the record of a top-up that is to be paid, as an invoice has it in two entries. */
export const TOP_UP_RECORD = 'dodo_top_up_';

/** On a Lago credit note: the Dodo refund that it mirrors or that was made for it, and the payment that was refunded. */
export const REFUND_ID_KEY = 'dodo_refund_id';
export const REFUNDED_PAYMENT_KEY = 'dodo_payment_id';
/** And, of a payment of several invoices, which part of the refund the note is for, minor units: rounding may make the note differ. */
export const ASKED_KEY = 'dodo_refund_part';

/** On a Dodo payment: the invoice that it was made for, and which try it is. */
export const INVOICE_KEY = 'lago_invoice_id';
export const INVOICE_NUMBER_KEY = 'lago_invoice_number';
export const ORGANIZATION_KEY = 'lago_organization_id';
export const ATTEMPT_KEY = 'attempt';
/** On a Dodo payment of a top-up whose invoice Lago shows to nobody before it is paid: the wallet's transaction, which leads to it. */
export const TOP_UP_KEY = 'lago_wallet_transaction_id';
/** What shows that a checkout was made for this invoice, by us. */
export const PROOF_KEY = 'lago_proof';

/** On a Dodo payment of several invoices, in place of the one: all of them with what each asks for, see `domain/bundle`; and what asked for it. */
export const SHARES_KEY = 'lago_invoices';
export const REQUEST_KEY = 'lago_payment_request_id';

/** On a Dodo payment of an invoice that a back-fill let in: the day, `2026-11-28`. */
export const BACK_FILL_KEY = 'lago_back_fill';

/** On a Dodo mandate: the customer, by the id that the merchant gave. */
export const CUSTOMER_KEY = 'lago_customer_external_id';
/** The same: the business at which it was set up, and which mandate of the customer that business knew then. */
export const BUSINESS_KEY = 'dodo_business_id';
export const REPLACES_KEY = 'replaces_mandate';

/** On a Dodo refund: the credit note that caused it. */
export const CREDIT_NOTE_KEY = 'lago_credit_note_id';

/** Lago replaces all metadata at once: older knowledge of it than this is read again before writing, ms. */
export const FRESH_MS = 3_000;

/** Money moves by what was read at most so long before: an invoice may be paid by bank at any time, ms. */
export const MOVES_WITHIN_MS = 30_000;

/** Lago bills a new subscription by a job; so long its first invoice may be on its way, ms. */
export const FIRST_INVOICE_MS = 3_600_000;

/** Requests a minute of Dodo's tiers, and how many of them in one second (docs `api-reference/introduction`). */
export const DODO_TIERS: Readonly<Record<number, number>> = { 240: 40, 1000: 100, 5000: 500 };
export const LOWEST_TIER = 240;
