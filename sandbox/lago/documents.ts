import type { Coupon } from './catalogue';
import type { Subscription } from './state';

export interface Metadata {
	lago_id: string;
	key: string;
	value: string;
	created_at: string;
	/** Customers only. */
	display_in_invoice?: boolean;
}

export interface Customer {
	lago_id: string;
	billing_entity_code: string;
	external_id: string;
	name: string | null;
	email: string | null;
	currency: string | null;
	billing_configuration: {
		payment_provider: string | null;
		payment_provider_code: string | null;
		[key: string]: unknown;
	};
	metadata: Metadata[];
	[key: string]: unknown;
}

export interface Fee {
	lago_id: string;
	lago_invoice_id: string;
	external_subscription_id: string | null;
	amount_cents: number;
	amount_currency: string;
	taxes_amount_cents: number;
	taxes_rate: number;
	total_amount_cents: number;
	/** In minor units. */
	precise_coupons_amount_cents: string;
	payment_status: string;
	item: { type: string; code: string; name: string; [key: string]: unknown };
	[key: string]: unknown;
}

export interface Invoice {
	lago_id: string;
	billing_entity_code: string;
	sequential_id: number | null;
	number: string;
	status: string;
	payment_status: string;
	invoice_type: string;
	currency: string;
	issuing_date: string;
	payment_due_date: string;
	net_payment_term: number;
	payment_overdue: boolean;
	payment_dispute_lost_at: string | null;
	self_billed: boolean;
	fees_amount_cents: number;
	coupons_amount_cents: number;
	taxes_amount_cents: number;
	total_amount_cents: number;
	total_paid_amount_cents: number;
	/** Sum of the offsets of its credit notes. */
	offset_cents: number;
	voided_at: string | null;
	created_at: string;
	updated_at: string;
	customer: Customer;
	fees: Fee[];
	/** What a coupon took off. */
	credits: Array<{ lago_id: string; amount_cents: number; coupon: Pick<Coupon, 'lago_id' | 'code' | 'name'> }>;
	metadata: Metadata[];
	subscription: Subscription | null;
	invoicing_reason: string;
}

export interface Payment {
	lago_id: string;
	lago_customer_id: string;
	external_customer_id: string;
	invoice_ids: string[];
	invoice_numbers: string[];
	lago_payable_id: string;
	payable_type: 'Invoice' | 'PaymentRequest';
	amount_cents: number;
	amount_currency: string;
	status: string;
	payment_status: string;
	type: 'manual' | 'provider';
	reference: string | null;
	payment_provider_code: null;
	payment_provider_type: null;
	external_payment_id: null;
	provider_payment_id: null;
	provider_customer_id: null;
	next_action: Record<string, never>;
	created_at: string;
}

export interface PaymentRequest {
	lago_id: string;
	amount_cents: number;
	amount_currency: string;
	email: string | null;
	payment_status: string;
	created_at: string;
	customer: Customer;
	invoices: Invoice[];
}

export interface CreditNoteItem {
	lago_id: string;
	fee: Fee;
	/** May have decimals: Lago keeps them. */
	precise_amount_cents: number;
}

export interface CreditNote {
	lago_id: string;
	sequential_id: number;
	number: string;
	invoice: Invoice;
	issuing_date: string;
	credit_status: 'available' | 'consumed' | 'voided';
	refund_status: 'pending' | 'succeeded' | 'failed' | null;
	reason: string;
	description: string | null;
	total_amount_cents: number;
	credit_amount_cents: number;
	refund_amount_cents: number;
	offset_amount_cents: number;
	balance_amount_cents: number;
	/** Before rounding. */
	precise_taxes_cents: number;
	/** Before rounding. */
	precise_coupons_cents: number;
	items: CreditNoteItem[];
	metadata: Record<string, string | null>;
	created_at: string;
	updated_at: string;
}
