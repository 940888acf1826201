import { randomUUID } from 'node:crypto';
import { Refusal } from '../shared/api';

export interface Metadata {
	lago_id: string;
	key: string;
	value: string;
	created_at: string;
	display_in_invoice?: boolean;
}

export interface Customer {
	lago_id: string;
	external_id: string;
	name: string | null;
	email: string | null;
	currency: string | null;
	billing_configuration: { payment_provider: string | null; payment_provider_code: string | null; [key: string]: unknown };
	metadata: Metadata[];
	[key: string]: unknown;
}

export interface Fee {
	lago_id: string;
	amount_cents: number;
	taxes_amount_cents: number;
	taxes_rate: number;
	total_amount_cents: number;
	[key: string]: unknown;
}

export interface Invoice {
	lago_id: string;
	number: string;
	status: string;
	payment_status: string;
	invoice_type: string;
	currency: string;
	issuing_date: string;
	payment_due_date: string;
	payment_overdue: boolean;
	payment_dispute_lost_at: string | null;
	self_billed: boolean;
	fees_amount_cents: number;
	coupons_amount_cents: number;
	taxes_amount_cents: number;
	total_amount_cents: number;
	total_paid_amount_cents: number;
	offset_cents: number;
	voided_at: string | null;
	created_at: string;
	updated_at: string;
	customer: Customer;
	fees: Fee[];
	metadata: Metadata[];
	invoicing_reason: string;
}

export interface Payment {
	lago_id: string;
	lago_customer_id: string;
	external_customer_id: string;
	invoice_ids: string[];
	invoice_numbers: string[];
	lago_payable_id: string;
	payable_type: 'Invoice';
	amount_cents: number;
	amount_currency: string;
	status: string;
	payment_status: string;
	type: 'manual';
	reference: string;
	payment_provider_code: null;
	payment_provider_type: null;
	external_payment_id: null;
	provider_payment_id: null;
	provider_customer_id: null;
	next_action: Record<string, never>;
	created_at: string;
}

export interface WebhookEndpoint {
	lago_id: string;
	lago_organization_id: string;
	webhook_url: string;
	signature_algo: 'jwt' | 'hmac';
	name: string | null;
	event_types: string[] | null;
	created_at: string;
}

/** Everything a Lago organisation holds. Amounts in minor units. */
export class LagoState {
	readonly organizationId = randomUUID();
	customers = new Map<string, Customer>();
	invoices = new Map<string, Invoice>();
	payments = new Map<string, Payment>();
	endpoints = new Map<string, WebhookEndpoint>();
}

/** ISO-8601 in UTC without milliseconds. */
export function now(): string {
	return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}

export function notFound(resource: string): never {
	throw new Refusal(404, { status: 404, error: 'Not Found', code: `${resource}_not_found` });
}

export function forbidden(code = 'feature_unavailable'): never {
	throw new Refusal(403, { status: 403, error: 'Forbidden', code });
}

export function notAllowed(code: string): never {
	throw new Refusal(405, { status: 405, error: 'Method Not Allowed', code });
}

export function invalid(error_details: Record<string, string[]>): never {
	throw new Refusal(422, { status: 422, error: 'Unprocessable Entity', code: 'validation_errors', error_details });
}

/** Total minus payments minus offsets; 0 when voided; the payment status plays no part. */
export function dueOf(invoice: Invoice): number {
	return invoice.status === 'voided' ? 0 : invoice.total_amount_cents - invoice.total_paid_amount_cents - invoice.offset_cents;
}
