/** OpenAPI 1.86.0, `LedgerEventType`. */
export const LEDGER_EVENT_TYPES = [
	'payment',
	'refund',
	'refund_reversal',
	'dispute',
	'dispute_reversal',
	'tax',
	'tax_reversal',
	'payment_fees',
	'refund_fees',
	'refund_fees_reversal',
	'dispute_fees',
	'payout',
	'payout_fees',
	'payout_reversal',
	'payout_fees_reversal',
	'dodo_credits',
	'adjustment',
	'currency_conversion',
] as const;
export type LedgerEventType = (typeof LEDGER_EVENT_TYPES)[number];

/** One movement of a wallet; `amount` is never negative. */
export interface LedgerEntry {
	id: string;
	business_id: string;
	event_type: LedgerEventType;
	amount: number;
	is_credit: boolean;
	currency: string;
	before_balance: number;
	after_balance: number;
	usd_equivalent_amount: number;
	reference_object_id: string | null;
	description: string | null;
	created_at: string;
}

export interface Payout {
	payout_id: string;
	business_id: string;
	amount: number;
	fee: number;
	tax: number;
	refunds: number;
	chargebacks: number;
	currency: string;
	name: string | null;
	payment_method: string;
	payout_document_url: string | null;
	remarks: string | null;
	status: 'not_initiated' | 'in_progress' | 'on_hold' | 'failed' | 'success';
	created_at: string;
	updated_at: string;
}
