import { randomUUID } from 'node:crypto';
import type { OnTermination } from './ledger/automaticNotes';
import { LagoVersion } from './version';

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

export interface WebhookEndpoint {
	lago_id: string;
	lago_organization_id: string;
	webhook_url: string;
	signature_algo: 'jwt' | 'hmac';
	name: string | null;
	/** null or `*`: all. */
	event_types: string[] | null;
	created_at: string;
}

export interface Plan {
	lago_id: string;
	code: string;
	name: string;
	interval: string;
	amount_cents: number;
	amount_currency: string;
	pay_in_advance: boolean;
	/** Days; null or 0: none. */
	trial_period: number | null;
	/** What every fee of the plan is taxed with. */
	taxes: Tax[];
	/** What usage costs, billed in arrears. */
	charges: Charge[];
	created_at: string;
}

/** What is counted of events. */
export interface BillableMetric {
	lago_id: string;
	code: string;
	name: string;
	description: string | null;
	aggregation_type: 'count_agg' | 'sum_agg';
	/** The property that is added up. */
	field_name: string | null;
	recurring: boolean;
	created_at: string;
}

/** The price of one unit of a metric. */
export interface Charge {
	lago_id: string;
	metric: BillableMetric;
	/** Major units, as text. */
	amount: string;
	created_at: string;
}

/** Usage that somebody has told of. */
export interface UsageEvent {
	lago_id: string;
	transaction_id: string;
	code: string;
	external_subscription_id: string;
	properties: Record<string, unknown>;
	timestamp: string;
	created_at: string;
}

export interface Subscription {
	lago_id: string;
	external_id: string;
	customer: Customer;
	plan: Plan;
	status: 'pending' | 'active' | 'terminated' | 'canceled' | 'incomplete';
	/** For when it was ordered, whole seconds. */
	subscription_at: string;
	/** The one time of a subscription that Lago sends with milliseconds; null until it starts. */
	started_at: string | null;
	created_at: string;
	terminated_at: string | null;
	ending_at: string | null;
	previous_plan_code: string | null;
	next_plan_code: string | null;
	billing_time: string;
	on_termination_credit_note: OnTermination | null;
	on_termination_invoice: string;
}

export interface AddOn {
	lago_id: string;
	code: string;
	name: string;
	amount_cents: number;
	amount_currency: string;
	description: string | null;
	invoice_display_name: string | null;
	created_at: string;
}

export interface Tax {
	lago_id: string;
	name: string;
	code: string;
	/** Percent. */
	rate: number;
	description: string | null;
	created_at: string;
}

export interface Coupon {
	lago_id: string;
	name: string;
	code: string;
	coupon_type: string;
	amount_cents: number | null;
	amount_currency: string | null;
	/** Percent, as text. */
	percentage_rate: string | null;
	frequency: string;
	reusable: boolean;
	expiration: string;
	created_at: string;
}

export interface BillingEntity {
	lago_id: string;
	code: string;
	name: string;
	/** Where Lago serves the picture that somebody put there in its settings. */
	logo_url?: string;
	default_currency: string;
	country: string | null;
	created_at: string;
}

export interface Wallet {
	lago_id: string;
	customer: Customer;
	status: 'active' | 'terminated';
	currency: string;
	name: string | null;
	/** Major units of money for one credit. */
	rate: number;
	credits: number;
	/** When its balance changed. */
	synced_at: string | null;
	invoice_requires_successful_payment: boolean;
	expiration_at: string | null;
	terminated_at: string | null;
	metadata: Record<string, string | null>;
	created_at: string;
}

export interface WalletTransaction {
	lago_id: string;
	lago_wallet_id: string;
	lago_invoice_id: string | null;
	status: 'pending' | 'settled' | 'failed';
	transaction_status: 'purchased' | 'granted' | 'voided' | 'invoiced';
	transaction_type: 'inbound' | 'outbound';
	credits: number;
	/** What is left of credits that came in; null until they do. */
	remaining: number | null;
	invoice_requires_successful_payment: boolean;
	settled_at: string | null;
	failed_at: string | null;
	created_at: string;
}

/** Everything a Lago organisation holds. Amounts in minor units. */
export class LagoState {
	readonly organizationId = randomUUID();

	constructor(readonly version = new LagoVersion(null)) {}

	/** By external id. */
	customers = new Map<string, Customer>();
	invoices = new Map<string, Invoice>();
	payments = new Map<string, Payment>();
	paymentRequests = new Map<string, PaymentRequest>();
	creditNotes = new Map<string, CreditNote>();
	endpoints = new Map<string, WebhookEndpoint>();
	/** By code. */
	plans = new Map<string, Plan>();
	/** By external id the row that goes on, or came last; its other rows by their own id. Oldest first. */
	subscriptions = new Map<string, Subscription>();
	/** By code. */
	addOns = new Map<string, AddOn>();
	/** By code. */
	taxes = new Map<string, Tax>();
	/** By code. */
	coupons = new Map<string, Coupon>();
	/** By the external id of the customer; each is used once. */
	appliedCoupons = new Map<string, Coupon>();
	/** By code; the first is the organisation's own. */
	billingEntities = new Map<string, BillingEntity>([
		[
			'simulated',
			{
				lago_id: this.organizationId,
				code: 'simulated',
				name: 'Simulated',
				default_currency: 'EUR',
				country: null,
				created_at: now(),
			},
		],
	]);
	/** By code. */
	billableMetrics = new Map<string, BillableMetric>();
	/** By transaction and subscription. */
	usage = new Map<string, UsageEvent>();
	wallets = new Map<string, Wallet>();
	walletTransactions = new Map<string, WalletTransaction>();
	/** Code -> codes of its privileges. */
	features = new Map<string, string[]>();
	/** External id of a subscription -> feature -> privilege -> value. */
	entitlements = new Map<string, Map<string, Map<string, unknown>>>();
}

/** ISO-8601 in UTC without milliseconds. */
export function now(): string {
	return wholeSecond(new Date().toISOString());
}

/** The second in which something happened. */
export function wholeSecond(moment: string): string {
	return moment.replace(/\.\d+Z$/, 'Z');
}

/** The date where the customer is, some days from now or from a moment (ms since 1970). */
export function dateOf(customer: Customer, days = 0, from = Date.now()): string {
	const zone = typeof customer.applicable_timezone === 'string' ? customer.applicable_timezone : 'UTC';
	return new Intl.DateTimeFormat('sv-SE', { timeZone: zone }).format(from + days * 86_400_000);
}

/** Total minus payments minus offsets; 0 when voided; the payment status plays no part. */
export function dueOf(invoice: Invoice): number {
	return invoice.status === 'voided'
		? 0
		: invoice.total_amount_cents - invoice.total_paid_amount_cents - invoice.offset_cents;
}
