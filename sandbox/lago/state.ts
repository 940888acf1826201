import { randomUUID } from 'node:crypto';
import type { AddOn, BillableMetric, Coupon, Plan, Tax } from './catalogue';
import type { CreditNote, Customer, Invoice, Payment, PaymentRequest } from './documents';
import type { OnTermination } from './ledger/automaticNotes';
import { LagoVersion } from './version';

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

/** By time zone; each is dear to make, and asked for with every invoice. */
const CALENDARS = new Map<string, Intl.DateTimeFormat>();

function calendarOf(timeZone: string): Intl.DateTimeFormat {
	const calendar = CALENDARS.get(timeZone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone });
	CALENDARS.set(timeZone, calendar);
	return calendar;
}

/** The date where the customer is, some days from now or from a moment (ms since 1970). */
export function dateOf(customer: Customer, days = 0, from = Date.now()): string {
	const zone = typeof customer.applicable_timezone === 'string' ? customer.applicable_timezone : 'UTC';
	return calendarOf(zone).format(from + days * 86_400_000);
}

/** Total minus payments minus offsets; 0 when voided; the payment status plays no part. */
export function dueOf(invoice: Invoice): number {
	return invoice.status === 'voided'
		? 0
		: invoice.total_amount_cents - invoice.total_paid_amount_cents - invoice.offset_cents;
}
