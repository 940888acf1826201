import { dodoId } from '../shared/ids';
import { Refusal } from '../shared/api';
import type { LedgerEntry, Payout } from './balanceEntries';

export type Metadata = Record<string, string | number | boolean>;

export interface Customer {
	customer_id: string;
	business_id: string;
	email: string;
	name: string;
	phone_number: string | null;
	metadata: Metadata;
	created_at: string;
}

export interface Price {
	type: 'one_time_price' | 'recurring_price';
	currency: string;
	price: number;
	pay_what_you_want?: boolean;
	tax_inclusive: boolean;
	[key: string]: unknown;
}

export interface Product {
	product_id: string;
	business_id: string;
	brand_id: string;
	name: string;
	description: string | null;
	tax_category: string;
	is_recurring: boolean;
	price: Price;
	metadata: Metadata;
	created_at: string;
	updated_at: string;
	archived: boolean;
}

/** A name under which a business sells. */
export interface Brand {
	brand_id: string;
	business_id: string;
	name: string | null;
	description: string | null;
	image: string | null;
	statement_descriptor: string;
	support_email: string | null;
	url: string | null;
	enabled: boolean;
	reason_for_hold: string | null;
	verification_enabled: boolean;
	verification_status: 'Success' | 'Fail' | 'Review' | 'Hold';
}

export interface CartLine {
	product_id: string;
	quantity: number;
	/** Of the whole line; 0 where the customer chooses. */
	amount: number;
	customerChooses: boolean;
}

export interface Checkout {
	id: string;
	created_at: string;
	expires_at_ms: number;
	cart: CartLine[];
	customer: Customer | null;
	billing: Billing | null;
	metadata: Metadata;
	/** The newest payment made through the session. */
	payment_id: string | null;
	/** What the customer agrees to when this sets up automatic charging; `firstCharge` in minor units. */
	mandate: { firstCharge: number | null } | null;
	subscription_id: string | null;
	consumed: boolean;
}

export interface Billing {
	country: string;
	city: string | null;
	state: string | null;
	street: string | null;
	zipcode: string | null;
}

/** A saved card. */
export interface PaymentMethod {
	payment_method_id: string;
	customer_id: string;
	card: string;
	/** Month and year, as Dodo writes them. */
	expires: [month: string, year: string];
	last_used_at: string;
}

/** A line of a payment; amounts include tax. */
export interface PaymentLine {
	items_id: string;
	name: string | null;
	amount: number;
	tax: number;
	/** Refunded, or asked for and not decided yet. */
	refunded: number;
}

export interface Payment {
	payment_id: string;
	status: string | null;
	total_amount: number;
	tax: number | null;
	currency: string;
	metadata: Metadata;
	checkout_session_id: string | null;
	subscription_id: string | null;
	refunds: Array<Record<string, unknown>>;
	disputes: Array<Record<string, unknown>>;
	created_at: string;
	[key: string]: unknown;
}

export interface Subscription {
	subscription_id: string;
	status: string;
	customer: Customer;
	currency: string;
	product_id: string;
	metadata: Metadata;
	billing: Billing;
	cancel_at_next_billing_date: boolean;
	cancelled_at: string | null;
	paused_at: string | null;
	/** Card that the next charge meets. */
	card: string;
	payment_method_id: string;
	created_at: string;
	tax_inclusive: boolean;
	/** Failed charge that a new payment method will be asked for. */
	dues: { amount: number; currency: string; metadata: Metadata } | null;
	/** How the next charge goes, whatever the card. */
	plannedCharge: PlannedCharge | null;
}

/** `code`: it is declined with it. `settleAfterMs`: it stays `processing` this long, as a bank debit does. */
export interface PlannedCharge {
	code?: string;
	settleAfterMs?: number;
}

export interface Refund {
	refund_id: string;
	payment_id: string;
	status: string;
	amount: number;
	currency: string;
	is_partial: boolean;
	reason: string | null;
	metadata: Metadata;
	created_at: string;
	[key: string]: unknown;
}

export interface Dispute {
	dispute_id: string;
	payment_id: string;
	amount: string;
	currency: string;
	dispute_stage: string;
	dispute_status: string;
	is_resolved_by_rdr: boolean;
	reason: string;
	remarks: null;
	created_at: string;
	[key: string]: unknown;
}

export interface Endpoint {
	id: string;
	url: string;
	description: string;
	disabled: boolean;
	filter_types: string[] | null;
	metadata: Record<string, string>;
	headers: Record<string, string>;
	rate_limit: number | null;
	created_at: string;
	updated_at: string;
	secret: string;
	/** The secret before the rotation, valid for 24 h more. */
	oldSecret: { secret: string; untilMs: number } | null;
}

/** Everything a Dodo account holds. Amounts in minor units, times RFC 3339 UTC. */
export class DodoState {
	readonly businessId = dodoId('bus_');
	customers = new Map<string, Customer>();
	/** Beside the primary one. */
	brands = new Map<string, Brand>();
	products = new Map<string, Product>();
	checkouts = new Map<string, Checkout>();
	payments = new Map<string, Payment>();
	subscriptions = new Map<string, Subscription>();
	refunds = new Map<string, Refund>();
	disputes = new Map<string, Dispute>();
	/** Of all wallets, oldest first. */
	ledger = new Map<string, LedgerEntry>();
	payouts = new Map<string, Payout>();
	webhooks = new Map<string, Endpoint>();
	paymentMethods = new Map<string, PaymentMethod>();
	/** By payment id. */
	paymentLines = new Map<string, PaymentLine[]>();
}

/** RFC 3339 with microseconds. */
export function timestamp(ms = Date.now()): string {
	return new Date(ms).toISOString().replace('Z', '000Z');
}

/** Dodo's error body. Which HTTP status goes with most codes is not documented; 422 unless told. */
export function refuse(status: number, code: string, message: string): never {
	throw new Refusal(status, { code, message });
}

/** An object by id, or Dodo's 404. */
export function existing<T>(map: Map<string, T>, id: string | undefined): T {
	const found = id === undefined ? undefined : map.get(id);
	return found ?? refuse(404, 'NOT_FOUND', 'The requested resource was not found');
}

/** Metadata as Dodo takes it: at most 50 pairs, keys of 40 and values of 500 characters (docs `api-reference/metadata`). */
export function metadataOf(value: unknown): Metadata {
	if (value === undefined || value === null) return {};
	if (typeof value !== 'object' || Array.isArray(value))
		return refuse(422, 'INVALID_REQUEST_BODY', 'metadata: invalid type, expected a map');
	const entries = Object.entries(value as Record<string, unknown>);
	if (entries.length > 50) return refuse(422, 'MAXIMUM_KEYS_REACHED', 'Metadata can have a maximum of 50 keys');
	for (const [key, entry] of entries) {
		if (!/^[A-Za-z0-9_-]{1,40}$/.test(key)) return refuse(422, 'INVALID_REQUEST_BODY', `metadata: invalid key ${key}`);
		if (!['string', 'number', 'boolean'].includes(typeof entry) || String(entry).length > 500)
			return refuse(422, 'INVALID_REQUEST_BODY', `metadata: invalid value of ${key}`);
	}
	return { ...(value as Metadata) };
}
