import { randomUUID } from 'node:crypto';
import { dueOf, forbidden, invalid, notAllowed, notFound, now, type Customer, type Fee, type Invoice, type LagoState, type Metadata, type Payment } from './state';
import { invoiceView } from './views';
import type { LagoEvents } from './webhooks';

const VISIBLE = ['draft', 'finalized', 'voided', 'failed', 'pending'];
const PAYMENT_STATUSES = ['pending', 'succeeded', 'failed'];

export interface NewInvoice {
	type?: 'subscription' | 'one_off' | 'credit' | 'add_on' | 'progressive_billing' | 'advance_charges';
	/** Another event than the type's own. */
	event?: string;
	currency?: string;
	fees?: Array<{ name?: string; amountCents: number; taxRate?: number; couponsCents?: number }>;
	customer?: Partial<Customer>;
	status?: string;
	paymentStatus?: string;
	selfBilled?: boolean;
	paymentProvider?: string | null;
	dueInDays?: number;
	metadata?: Record<string, string>;
	/** false: nobody is told. */
	emit?: boolean;
}

const EVENT_OF: Readonly<Record<string, string>> = { one_off: 'invoice.one_off_created', credit: 'invoice.paid_credit_added' };

/** What happens to invoices and payments in Lago. Amounts in minor units. */
export class LagoLedger {
	private counter = 0;

	constructor(
		private readonly state: LagoState,
		private readonly events: LagoEvents,
		private readonly premium: () => boolean,
	) {}

	/** Bills somebody, as the billing run of Lago does. */
	issueInvoice(input: NewInvoice = {}): Invoice {
		const { type = 'subscription', currency = 'EUR', fees = [{ amountCents: 10_000 }], status = 'finalized', dueInDays = 14 } = input;
		const at = now();
		this.counter += 1;
		const invoiceId = randomUUID();
		const invoiceFees = fees.map((fee) => this.fee(invoiceId, currency, type, fee));
		const sum = (pick: (fee: Fee) => number): number => invoiceFees.reduce((total, fee) => total + pick(fee), 0);
		const coupons = fees.reduce((total, { couponsCents = 0 }) => total + couponsCents, 0);
		const total = sum((fee) => fee.amount_cents) - coupons + sum((fee) => fee.taxes_amount_cents);
		const invoice: Invoice = {
			lago_id: invoiceId,
			number: status === 'draft' ? 'SIM-DRAFT' : `SIM-${String(this.counter).padStart(4, '0')}`,
			status,
			payment_status: input.paymentStatus ?? (total === 0 || type === 'advance_charges' ? 'succeeded' : 'pending'),
			invoice_type: type,
			currency,
			issuing_date: at.slice(0, 10),
			payment_due_date: new Date(Date.now() + dueInDays * 86_400_000).toISOString().slice(0, 10),
			payment_overdue: false,
			payment_dispute_lost_at: null,
			self_billed: input.selfBilled ?? false,
			fees_amount_cents: sum((fee) => fee.amount_cents),
			coupons_amount_cents: coupons,
			taxes_amount_cents: sum((fee) => fee.taxes_amount_cents),
			total_amount_cents: total,
			total_paid_amount_cents: type === 'advance_charges' ? total : 0,
			offset_cents: 0,
			voided_at: null,
			created_at: at,
			updated_at: at,
			customer: this.customer(input.customer, input.paymentProvider ?? null, currency),
			fees: invoiceFees,
			metadata: Object.entries(input.metadata ?? {}).map(([key, value]) => entry(key, value)),
			invoicing_reason: 'subscription_periodic',
		};
		this.state.invoices.set(invoiceId, invoice);
		if (input.emit !== false) this.announceNew(invoice, input.event);
		return invoice;
	}

	/** A draft becomes an invoice: same id, own number. */
	finalizeInvoice(id: string): Invoice {
		const invoice = this.invoice(id);
		if (invoice.status !== 'draft') notFound('invoice');
		this.counter += 1;
		Object.assign(invoice, { status: 'finalized', number: `SIM-${String(this.counter).padStart(4, '0')}` });
		this.announceNew(invoice);
		return invoice;
	}

	/** An invoice that the API shows; others are 404. */
	invoice(id: string | undefined): Invoice {
		const invoice = id === undefined ? undefined : this.state.invoices.get(id);
		return invoice && VISIBLE.includes(invoice.status) ? invoice : notFound('invoice');
	}

	/** `PUT /invoices/:id` (`lago-api:services/invoices/update_service.rb`): one transaction, no transition refused. */
	updateInvoice(id: string | undefined, input: { payment_status?: unknown; metadata?: unknown }): Invoice {
		const invoice = this.invoice(id);
		if (invoice.status === 'voided') notAllowed('update_on_voided_invoice');
		if (input.metadata !== undefined && invoice.status === 'draft') notAllowed('metadata_on_draft_invoice');
		const { payment_status: wanted } = input;
		if (wanted !== undefined) {
			if (typeof wanted !== 'string' || !PAYMENT_STATUSES.includes(wanted)) return invalid({ payment_status: ['value_is_invalid'] });
			if (invoice.status === 'draft' && wanted !== invoice.payment_status) notAllowed('payment_status_update_on_draft_invoice');
		}
		if (input.metadata !== undefined) invoice.metadata = replaceMetadata(invoice.metadata, input.metadata, 140);
		invoice.updated_at = now();
		if (typeof wanted === 'string' && wanted !== invoice.payment_status) this.setPaymentStatus(invoice, wanted);
		return invoice;
	}

	/** `POST /payments` (`lago-api:services/payments/manual_create_service.rb`). */
	recordPayment(input: { invoice_id?: unknown; amount_cents?: unknown; reference?: unknown; paid_at?: unknown }): Payment {
		if (!this.premium()) forbidden();
		if (input.invoice_id === undefined || input.invoice_id === null || input.invoice_id === '') invalid({ invoice_id: ['value_is_mandatory'] });
		const { amount_cents: amount, reference } = input;
		if (typeof amount !== 'number' || !Number.isInteger(amount) || amount <= 0) return invalid({ amount_cents: ['invalid_value'] });
		const invoice = this.state.invoices.get(String(input.invoice_id)) ?? notFound('invoice');
		if (!['finalized', 'open'].includes(invoice.status)) forbidden();
		if (typeof reference !== 'string' || reference === '') return invalid({ reference: ['value_is_mandatory'] });
		if (reference.length > 40) invalid({ reference: ['value_is_too_long'] });
		if (amount > dueOf(invoice)) invalid({ amount_cents: ['value_is_out_of_range'] });
		if (invoice.invoice_type === 'credit' && amount !== invoice.total_amount_cents) invalid({ amount_cents: ['invalid_amount'] });
		const payment: Payment = {
			lago_id: randomUUID(),
			lago_customer_id: invoice.customer.lago_id,
			external_customer_id: invoice.customer.external_id,
			invoice_ids: [invoice.lago_id],
			invoice_numbers: [invoice.number],
			lago_payable_id: invoice.lago_id,
			payable_type: 'Invoice',
			amount_cents: amount,
			amount_currency: invoice.currency,
			status: 'succeeded',
			payment_status: 'succeeded',
			type: 'manual',
			reference,
			payment_provider_code: null,
			payment_provider_type: null,
			external_payment_id: null,
			provider_payment_id: null,
			provider_customer_id: null,
			next_action: {},
			created_at: typeof input.paid_at === 'string' ? input.paid_at : now(),
		};
		this.state.payments.set(payment.lago_id, payment);
		invoice.total_paid_amount_cents += amount;
		// A partial payment changes the amounts and tells nobody.
		if (dueOf(invoice) === 0 && invoice.payment_status !== 'succeeded') this.setPaymentStatus(invoice, 'succeeded');
		return payment;
	}

	/** The "Retry payment" button: without a native provider it still says so by webhook. */
	retryPayment(id: string | undefined): void {
		const invoice = this.invoice(id);
		if (invoice.status !== 'finalized' || invoice.payment_status === 'succeeded') notAllowed('invalid_status');
		if (invoice.customer.billing_configuration.payment_provider !== null) return;
		this.events.announce('invoice.payment_failure', 'payment_provider_invoice_payment_error', () => ({
			lago_invoice_id: invoice.lago_id,
			lago_customer_id: invoice.customer.lago_id,
			external_customer_id: invoice.customer.external_id,
			provider_customer_id: null,
			payment_provider: null,
			payment_provider_code: null,
			provider_error: null,
			error_details: { code: 'customer_must_have_payment_provider' },
		}));
	}

	voidInvoice(id: string | undefined): Invoice {
		const invoice = this.invoice(id);
		if (invoice.status !== 'finalized') notAllowed('not_voidable');
		Object.assign(invoice, { status: 'voided', voided_at: now(), payment_overdue: false, updated_at: now() });
		this.announce('invoice.voided', invoice);
		return invoice;
	}

	/** The first timestamp is kept, the webhook is sent every time. */
	loseDispute(id: string | undefined): Invoice {
		const invoice = this.invoice(id);
		if (!['finalized', 'voided'].includes(invoice.status)) notAllowed('not_disputable');
		invoice.payment_dispute_lost_at ??= new Date().toISOString();
		invoice.payment_overdue = false;
		this.events.announce('invoice.payment_dispute_lost', 'payment_dispute_lost', () => ({ invoice: invoiceView(this.state, invoice, 'invoice.payment_dispute_lost') }));
		return invoice;
	}

	/** The merchant's own metadata, written in Lago's screen. */
	setMetadata(id: string, values: Record<string, string>): Invoice {
		const invoice = this.invoice(id);
		for (const [key, value] of Object.entries(values)) {
			const known = invoice.metadata.find((one) => one.key === key);
			if (known) known.value = value;
			else invoice.metadata.push(entry(key, value));
		}
		return invoice;
	}

	/** `POST /customers`: only the keys present are changed. */
	upsertCustomer(input: Record<string, unknown>): Customer {
		const externalId = input.external_id;
		if (typeof externalId !== 'string' || externalId === '') return invalid({ external_id: ['value_is_mandatory'] });
		const customer = this.state.customers.get(externalId) ?? this.customer({ external_id: externalId }, null, 'EUR');
		const { metadata, billing_configuration: _provider, ...rest } = input;
		Object.assign(customer, rest);
		if (metadata !== undefined) customer.metadata = replaceMetadata(customer.metadata, metadata, 100);
		this.events.announce('customer.updated', 'customer', () => ({ ...customer }));
		return customer;
	}

	private setPaymentStatus(invoice: Invoice, status: string): void {
		invoice.payment_status = status;
		invoice.updated_at = now();
		if (status === 'succeeded') invoice.payment_overdue = false;
		for (const fee of invoice.fees) fee.payment_status = status;
		this.announce('invoice.payment_status_updated', invoice);
	}

	private announceNew(invoice: Invoice, event?: string): void {
		if (invoice.status === 'draft') return this.announce('invoice.drafted', invoice);
		this.announce(event ?? EVENT_OF[invoice.invoice_type] ?? 'invoice.created', invoice);
	}

	private announce(event: string, invoice: Invoice): void {
		this.events.announce(event, 'invoice', () => invoiceView(this.state, invoice, event));
	}

	private customer(given: Partial<Customer> = {}, provider: string | null, currency: string): Customer {
		const externalId = given.external_id ?? 'cust_1';
		const known = this.state.customers.get(externalId);
		const at = now();
		const customer: Customer = {
			lago_id: randomUUID(),
			billing_entity_code: 'simulated',
			external_id: externalId,
			account_type: 'customer',
			name: 'Globex SAS',
			firstname: null,
			lastname: null,
			customer_type: 'company',
			sequential_id: 1,
			slug: `SIM-${externalId}`,
			created_at: at,
			updated_at: at,
			country: 'FR',
			address_line1: '1 rue de la Paix',
			address_line2: null,
			state: null,
			zipcode: '75002',
			email: 'billing@globex.example',
			city: 'Paris',
			url: null,
			phone: null,
			logo_url: null,
			legal_name: null,
			legal_number: null,
			currency,
			tax_identification_number: null,
			timezone: null,
			applicable_timezone: 'UTC',
			net_payment_term: null,
			external_salesforce_id: null,
			finalize_zero_amount_invoice: 'inherit',
			skip_invoice_custom_sections: false,
			billing_configuration: { invoice_grace_period: null, payment_provider: provider, payment_provider_code: provider, document_locale: null },
			shipping_address: { address_line1: null, address_line2: null, city: null, zipcode: null, state: null, country: null },
			metadata: [],
			...known,
			...given,
		};
		if (provider !== null) customer.billing_configuration = { ...customer.billing_configuration, payment_provider: provider, payment_provider_code: provider };
		this.state.customers.set(externalId, customer);
		return customer;
	}

	private fee(invoiceId: string, currency: string, type: string, { name = 'Pro', amountCents, taxRate = 0, couponsCents = 0 }: { name?: string; amountCents: number; taxRate?: number; couponsCents?: number }): Fee {
		const taxes = Math.round(((amountCents - couponsCents) * taxRate) / 100);
		const at = now();
		return {
			lago_id: randomUUID(), lago_charge_id: null, lago_charge_filter_id: null, lago_fixed_charge_id: null, lago_invoice_id: invoiceId,
			lago_true_up_fee_id: null, lago_true_up_parent_fee_id: null, lago_original_fee_id: null, lago_subscription_id: null,
			external_subscription_id: null, lago_customer_id: null, external_customer_id: null,
			item: { type: type === 'one_off' ? 'add_on' : type === 'credit' ? 'credit' : 'subscription', code: name.toLowerCase(), name, description: null, invoice_display_name: name, filters: null, filter_invoice_display_name: null, lago_item_id: invoiceId, item_type: 'Subscription', grouped_by: {} },
			pay_in_advance: true, invoiceable: true, amount_cents: amountCents, amount_currency: currency,
			precise_amount: String(amountCents / 100), precise_total_amount: String((amountCents + taxes) / 100), taxes_amount_cents: taxes,
			taxes_precise_amount: String(taxes / 100), taxes_rate: taxRate, total_aggregated_units: null, total_amount_cents: amountCents + taxes,
			total_amount_currency: currency, units: '1.0', description: null, precise_unit_amount: String(amountCents / 100),
			precise_coupons_amount_cents: couponsCents.toFixed(1), events_count: null, payment_status: 'pending', created_at: at, succeeded_at: null,
			failed_at: null, refunded_at: null, amount_details: {}, self_billed: false, pricing_unit_details: null, from_date: at, to_date: at,
		};
	}
}

function entry(key: string, value: string): Metadata {
	return { lago_id: randomUUID(), key, value, created_at: now() };
}

/**
 * What a write does to the set (`lago-api:services/invoices/metadata/update_service.rb`): with id an entry is updated, without it is
 * created, what is not listed is deleted; a key that exists cannot be created again, even when the old one would be deleted.
 */
export function replaceMetadata(current: Metadata[], given: unknown, maxValue: number): Metadata[] {
	if (!Array.isArray(given)) return invalid({ metadata: ['invalid_type'] });
	if (given.length > 5) return invalid({ metadata: ['invalid_count'] });
	const result: Metadata[] = [];
	for (const one of given as Array<{ id?: unknown; key?: unknown; value?: unknown; display_in_invoice?: unknown }>) {
		const key = String(one.key ?? '');
		const value = String(one.value ?? '');
		if (key === '') invalid({ key: ['value_is_mandatory'] });
		if (key.length > 20) invalid({ key: ['value_is_too_long'] });
		if (value === '') invalid({ value: ['value_is_mandatory'] });
		if (value.length > maxValue) invalid({ value: ['value_is_too_long'] });
		const known = current.find(({ lago_id }) => lago_id === one.id);
		if (one.id !== undefined && known) {
			result.push({ ...known, key, value, ...(known.display_in_invoice === undefined ? {} : { display_in_invoice: one.display_in_invoice === true }) });
			continue;
		}
		if (current.some((existing) => existing.key === key) || result.some((existing) => existing.key === key)) invalid({ key: ['value_already_exist'] });
		result.push(entry(key, value));
	}
	return result;
}
