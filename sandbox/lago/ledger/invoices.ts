import { randomUUID } from 'node:crypto';
import { entry, replaceMetadata } from '../metadata';
import { invalid, notAllowed, notFound } from '../refusals';
import {
	dateOf,
	dueOf,
	now,
	wholeSecond,
	type Customer,
	type Fee,
	type Invoice,
	type LagoState,
	type Subscription,
} from '../state';
import { invoiceView } from '../views/invoices';
import type { LagoEvents } from '../webhooks';
import type { Customers } from './customers';
import { newFee, type NewFee } from './fees';
import { invoiceTaxes } from './noteSums';
import type { Subscriptions } from './subscriptions';

/** What the API shows; the others are 404. */
export const VISIBLE = ['draft', 'finalized', 'voided', 'failed', 'pending'];
export const PAYMENT_STATUSES = ['pending', 'succeeded', 'failed'];
export const INVOICE_TYPES = [
	'subscription',
	'one_off',
	'credit',
	'add_on',
	'progressive_billing',
	'advance_charges',
] as const;
const MAX_VALUE = 140;
const EVENT_OF: Readonly<Record<string, string>> = {
	one_off: 'invoice.one_off_created',
	credit: 'invoice.paid_credit_added',
};

export interface NewInvoice {
	type?: (typeof INVOICE_TYPES)[number];
	/** Another event than the type's own. */
	event?: string;
	currency?: string;
	fees?: NewFee[];
	customer?: Partial<Customer>;
	status?: string;
	paymentStatus?: string;
	selfBilled?: boolean;
	/** The native provider of the customer. */
	paymentProvider?: string | null;
	dueInDays?: number;
	metadata?: Record<string, string>;
	/** Why a subscription is billed, `subscription_periodic` unless told. */
	reason?: string;
	/** External id of the subscription that is billed; the customer's first unless told. */
	subscription?: string;
	/** false: nobody is told. */
	emit?: boolean;
}

/** Invoices from issue to void. Amounts in minor units. */
export class Invoices {
	private counter = 0;
	private readonly listeners: Array<(invoice: Invoice) => void> = [];

	constructor(
		private readonly state: LagoState,
		private readonly events: LagoEvents,
		private readonly customers: Customers,
		private readonly subscriptions: Subscriptions,
	) {}

	/** Calls back whenever the payment status of an invoice changed. */
	onPaymentStatus(listener: (invoice: Invoice) => void): void {
		this.listeners.push(listener);
	}

	/** Bills somebody, as the billing run does. */
	issue(input: NewInvoice = {}): Invoice {
		const {
			type = 'subscription',
			currency = 'EUR',
			fees = [{ amountCents: 10_000 }],
			status = 'finalized',
			dueInDays = 14,
		} = input;
		const customer = this.customers.ensure(input.customer ?? {}, currency, input.paymentProvider);
		const { subscription, at } = this.billed(input, type, customer, currency);
		const id = randomUUID();
		const lines = fees.map((fee) => newFee(fee, { id, type, currency, customer, subscription }));
		const sum = (pick: (fee: Fee) => number): number => lines.reduce((total, fee) => total + pick(fee), 0);
		const coupons = Math.round(sum((fee) => Number(fee.precise_coupons_amount_cents)));
		// Rounded over the sum, not by fee.
		const taxes = Math.round(invoiceTaxes(lines).reduce((all, { tax }) => all + tax, 0));
		const total = sum((fee) => fee.amount_cents) - coupons + taxes;
		const paid = type === 'advance_charges' || total === 0;
		const invoice: Invoice = {
			lago_id: id,
			sequential_id: (this.counter += 1),
			number: status === 'draft' ? 'SIM-DRAFT' : this.number(),
			status,
			payment_status: input.paymentStatus ?? (paid ? 'succeeded' : 'pending'),
			invoice_type: type,
			currency,
			issuing_date: dateOf(customer),
			payment_due_date: dateOf(customer, dueInDays),
			net_payment_term: dueInDays,
			payment_overdue: false,
			payment_dispute_lost_at: null,
			self_billed: input.selfBilled ?? false,
			fees_amount_cents: sum((fee) => fee.amount_cents),
			coupons_amount_cents: coupons,
			taxes_amount_cents: taxes,
			total_amount_cents: total,
			total_paid_amount_cents: type === 'advance_charges' ? total : 0,
			offset_cents: 0,
			voided_at: null,
			created_at: at,
			updated_at: at,
			customer,
			fees: lines,
			metadata: Object.entries(input.metadata ?? {}).map(([key, value]) => entry(key, value)),
			subscription,
			invoicing_reason: input.reason ?? (type === 'progressive_billing' ? type : 'subscription_periodic'),
		};
		this.copyStatusToFees(invoice);
		this.state.invoices.set(id, invoice);
		if (input.emit !== false) this.announceNew(invoice, input.event);
		return invoice;
	}

	/** What a subscription that is paid in advance costs, in the very second in which it starts; null when nothing is billed then. */
	billStart(subscription: Subscription): Invoice | null {
		if (!this.subscriptions.isBilledAtStart(subscription)) return null;
		const { customer, plan, external_id } = subscription;
		return this.issue({
			currency: plan.amount_currency,
			fees: [{ name: plan.name, amountCents: plan.amount_cents }],
			customer: { external_id: customer.external_id },
			status: Number(customer.billing_configuration.invoice_grace_period ?? 0) > 0 ? 'draft' : 'finalized',
			dueInDays: 0,
			reason: 'subscription_starting',
			subscription: external_id,
		});
	}

	/** The subscription that an invoice is for, and when: what is billed at the start is billed in the same second. */
	private billed(
		{ subscription: externalId, reason }: NewInvoice,
		type: string,
		customer: Customer,
		currency: string,
	): { subscription: Subscription | null; at: string } {
		if (!['subscription', 'progressive_billing', 'advance_charges'].includes(type))
			return { subscription: null, at: now() };
		const known = externalId === undefined ? this.subscriptions.known(customer) : this.subscriptions.get(externalId);
		const subscription = known ?? this.subscriptions.make(customer, currency);
		const isStart = known === undefined || (externalId !== undefined && reason === 'subscription_starting');
		return { subscription, at: isStart ? wholeSecond(subscription.started_at ?? '') : now() };
	}

	/** A draft becomes an invoice: same id, own number. */
	finalize(id: string | undefined): Invoice {
		const invoice = this.get(id);
		if (invoice.status !== 'draft') return notFound('invoice');
		Object.assign(invoice, {
			status: 'finalized',
			number: this.number(),
			issuing_date: dateOf(invoice.customer),
			updated_at: now(),
		});
		this.announceNew(invoice);
		return invoice;
	}

	/** An invoice that the API shows. */
	get(id: string | undefined): Invoice {
		const invoice = this.state.invoices.get(id ?? '');
		return invoice && VISIBLE.includes(invoice.status) ? invoice : notFound('invoice');
	}

	/** `PUT /invoices/:id` (`lago-api:services/invoices/update_service.rb`): one transaction, no transition refused. */
	update(
		id: string | undefined,
		{ payment_status: wanted, metadata }: { payment_status?: unknown; metadata?: unknown },
	): Invoice {
		const invoice = this.get(id);
		if (invoice.status === 'voided') notAllowed('update_on_voided_invoice');
		if (metadata !== undefined && invoice.status === 'draft') notAllowed('metadata_on_draft_invoice');
		if (wanted !== undefined && !PAYMENT_STATUSES.includes(wanted as string))
			invalid({ payment_status: ['value_is_invalid'] });
		if (wanted !== undefined && invoice.status === 'draft' && wanted !== invoice.payment_status)
			notAllowed('payment_status_update_on_draft_invoice');
		if (metadata !== undefined)
			invoice.metadata = replaceMetadata(invoice.metadata, metadata, { maxValue: MAX_VALUE, onCustomer: false });
		invoice.updated_at = now();
		if (wanted !== undefined) this.setPaymentStatus(invoice, wanted as string);
		return invoice;
	}

	/** Money or an offset came in: the amounts change, the status only when nothing is due any more. */
	applyToDue(invoice: Invoice, { paid = 0, offset = 0 }: { paid?: number; offset?: number }): void {
		invoice.total_paid_amount_cents += paid;
		invoice.offset_cents += offset;
		invoice.updated_at = now();
		if (dueOf(invoice) !== 0) return;
		if (invoice.status !== 'open') return this.setPaymentStatus(invoice, 'succeeded');
		// An invoice that waited for its payment is shown, and told of, only now.
		Object.assign(invoice, { status: 'finalized', payment_status: 'succeeded', number: this.number() });
		this.paymentStatusChanged(invoice);
		this.announceNew(invoice);
	}

	/** The "Retry payment" button: without a native provider it still says so by webhook. */
	retryPayment(id: string | undefined): void {
		const invoice = this.get(id);
		if (invoice.status !== 'finalized' || invoice.payment_status === 'succeeded') notAllowed('invalid_status');
		const { customer } = invoice;
		if (customer.billing_configuration.payment_provider !== null) return;
		this.events.announce('invoice.payment_failure', 'payment_provider_invoice_payment_error', () => ({
			lago_invoice_id: invoice.lago_id,
			lago_customer_id: customer.lago_id,
			external_customer_id: customer.external_id,
			provider_customer_id: null,
			payment_provider: null,
			payment_provider_code: null,
			provider_error: null,
			error_details: { code: 'customer_must_have_payment_provider' },
		}));
	}

	void(id: string | undefined): Invoice {
		const invoice = this.get(id);
		if (invoice.status !== 'finalized') notAllowed('not_voidable');
		Object.assign(invoice, { status: 'voided', voided_at: now(), payment_overdue: false, updated_at: now() });
		this.announce('invoice.voided', invoice);
		return invoice;
	}

	/** The first timestamp is kept, the webhook is sent every time. */
	loseDispute(id: string | undefined): Invoice {
		const invoice = this.get(id);
		if (!['finalized', 'voided'].includes(invoice.status)) notAllowed('not_disputable');
		invoice.payment_dispute_lost_at ??= new Date().toISOString();
		invoice.payment_overdue = false;
		this.events.announce('invoice.payment_dispute_lost', 'payment_dispute_lost', () => ({
			invoice: invoiceView(invoice, 'invoice.payment_dispute_lost'),
		}));
		return invoice;
	}

	/** What the hourly job does to an invoice whose due date has passed. */
	markOverdue(id: string): Invoice {
		const invoice = this.get(id);
		if (
			invoice.status !== 'finalized' ||
			invoice.payment_status === 'succeeded' ||
			invoice.payment_dispute_lost_at !== null ||
			invoice.payment_overdue
		)
			return invoice;
		invoice.payment_overdue = true;
		if (invoice.payment_due_date >= dateOf(invoice.customer)) invoice.payment_due_date = dateOf(invoice.customer, -1);
		this.announce('invoice.payment_overdue', invoice);
		return invoice;
	}

	/** The same job, for all invoices that are due before today. */
	markAllOverdue(): void {
		for (const { lago_id, status, payment_due_date, customer } of this.state.invoices.values())
			if (VISIBLE.includes(status) && payment_due_date < dateOf(customer)) this.markOverdue(lago_id);
	}

	/** The merchant's own metadata, written in Lago's screen. */
	setMetadata(id: string, values: Record<string, string>): Invoice {
		const invoice = this.get(id);
		for (const [key, value] of Object.entries(values)) {
			const known = invoice.metadata.find((one) => one.key === key);
			if (known) known.value = value;
			else invoice.metadata.push(entry(key, value));
		}
		return invoice;
	}

	/** Tells of a new invoice, unless it is one that nobody hears of. */
	announceNew(invoice: Invoice, event?: string): void {
		if (invoice.status === 'draft') this.announce(event ?? 'invoice.drafted', invoice);
		else if (invoice.status === 'finalized' || event !== undefined)
			this.announce(event ?? EVENT_OF[invoice.invoice_type] ?? 'invoice.created', invoice);
	}

	private setPaymentStatus(invoice: Invoice, status: string): void {
		if (status === invoice.payment_status) return;
		invoice.payment_status = status;
		if (status === 'succeeded') invoice.payment_overdue = false;
		this.paymentStatusChanged(invoice);
		this.announce('invoice.payment_status_updated', invoice);
	}

	private paymentStatusChanged(invoice: Invoice): void {
		this.copyStatusToFees(invoice);
		for (const listener of this.listeners) listener(invoice);
	}

	private copyStatusToFees({ fees, payment_status }: Invoice): void {
		for (const fee of fees)
			Object.assign(fee, {
				payment_status,
				succeeded_at: payment_status === 'succeeded' ? now() : null,
				failed_at: payment_status === 'failed' ? now() : null,
			});
	}

	private announce(event: string, invoice: Invoice): void {
		this.events.announce(event, 'invoice', () => invoiceView(invoice, event));
	}

	private number(): string {
		return `SIM-${String(this.counter).padStart(4, '0')}`;
	}
}
