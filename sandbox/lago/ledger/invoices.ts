import { entry, replaceMetadata } from '../metadata';
import { invalid, notAllowed, notFound } from '../refusals';
import type { Customer, Invoice } from '../documents';
import { dateOf, dueOf, now, wholeSecond, type LagoState, type Subscription } from '../state';
import { invoiceView, paymentErrorView } from '../views/invoices';
import type { LagoEvents } from '../webhooks';
import type { Customers } from './customers';
import type { Metering } from './metering';
import { newInvoice, planInvoice, type NewInvoice } from './newInvoice';
import { periodOf } from './periods';
import type { Subscriptions } from './subscriptions';

/** What the API shows; the others are 404. */
export const VISIBLE = ['draft', 'finalized', 'voided', 'failed', 'pending'];
export const PAYMENT_STATUSES = ['pending', 'succeeded', 'failed'];
const MAX_VALUE = 140;
const DRAFT_NUMBER = 'SIM-DRAFT';
const EVENT_OF: Readonly<Record<string, string>> = {
	one_off: 'invoice.one_off_created',
	credit: 'invoice.paid_credit_added',
};

/** Invoices from issue to void. Amounts in minor units. */
export class Invoices {
	private counter = 0;
	private readonly listeners: Array<(invoice: Invoice) => void> = [];

	constructor(
		private readonly state: LagoState,
		private readonly events: LagoEvents,
		private readonly customers: Customers,
		private readonly subscriptions: Subscriptions,
		private readonly metering: Metering,
	) {}

	/** Calls back whenever the payment status of an invoice changed. */
	onPaymentStatus(listener: (invoice: Invoice) => void): void {
		this.listeners.push(listener);
	}

	/** Bills somebody, as the billing run does. */
	issue(input: NewInvoice = {}): Invoice {
		const { type = 'subscription', currency = 'EUR', status = 'finalized' } = input;
		const customer = this.customers.ensure(input.customer ?? {}, currency, input.paymentProvider);
		const { subscription, at } = this.billed(input, type, customer, currency);
		const invoice = newInvoice(input, {
			customer,
			subscription,
			at,
			number: status === 'draft' || status === 'open' ? DRAFT_NUMBER : this.nextNumber(),
			sequence: this.counter,
		});
		this.state.invoices.set(invoice.lago_id, invoice);
		if (input.emit !== false) this.announceNew(invoice, input.event);
		return invoice;
	}

	/** What a subscription that is paid in advance costs, in the very second in which it starts; null when nothing is billed then. */
	billStart(subscription: Subscription): Invoice | null {
		if (!this.subscriptions.isBilledAtStart(subscription)) return null;
		const { customer, plan } = subscription;
		const coupon = this.customers.useCoupon(customer);
		return this.issue(planInvoice(subscription, 'subscription_starting', plan.amount_cents, coupon));
	}

	/** What is billed when a subscription ends: usage, and the days that were used; where they were paid in advance, none of them, on an invoice that may be over 0. */
	billEnd(subscription: Subscription): void {
		const { customer, plan } = subscription;
		const { days, used } = periodOf(subscription);
		const owed = plan.pay_in_advance ? null : Math.round((plan.amount_cents / days) * Math.min(used, days));
		const usage = this.metering.feesOf(subscription);
		const coupon = owed === null && usage.length === 0 ? null : this.customers.useCoupon(customer);
		this.issue(planInvoice(subscription, 'subscription_terminating', owed, coupon, usage));
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
			number: this.nextNumber(),
			sequential_id: this.counter,
			issuing_date: dateOf(invoice.customer),
			payment_due_date: dateOf(invoice.customer, invoice.net_payment_term),
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
		if (invoice.status === 'voided' && this.state.version.has('voidedIsClosed')) notAllowed('update_on_voided_invoice');
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

	/** Money or an offset came in: the amounts change, the status only when nothing is due any more. `told`: runs when the status was told. */
	applyToDue(
		invoice: Invoice,
		{ paid = 0, offset = 0, told }: { paid?: number; offset?: number; told?: () => void },
	): void {
		invoice.total_paid_amount_cents += paid;
		invoice.offset_cents += offset;
		invoice.updated_at = now();
		if (dueOf(invoice) !== 0) return told?.();
		if (invoice.status !== 'open') return this.setPaymentStatus(invoice, 'succeeded', told);
		// An invoice that waited for its payment is shown, and told of, only now.
		told?.();
		Object.assign(invoice, { payment_status: 'succeeded', number: this.nextNumber(), sequential_id: this.counter });
		this.paymentStatusChanged(invoice);
		invoice.status = 'finalized';
		this.announceNew(invoice);
	}

	/** The "Retry payment" button: without a native provider it still says so by webhook. */
	retryPayment(id: string | undefined): void {
		const invoice = this.get(id);
		if (invoice.status !== 'finalized' || invoice.payment_status === 'succeeded') notAllowed('invalid_status');
		const { customer } = invoice;
		if (customer.billing_configuration.payment_provider !== null || !this.state.version.has('retryTold')) return;
		this.events.announce('invoice.payment_failure', 'payment_provider_invoice_payment_error', () =>
			paymentErrorView(invoice),
		);
	}

	/** `meanwhile`: what happens to a voided invoice before anybody is told of it. */
	void(id: string | undefined, meanwhile?: (invoice: Invoice) => void): Invoice {
		const invoice = this.get(id);
		if (invoice.status !== 'finalized') notAllowed('not_voidable');
		Object.assign(invoice, { status: 'voided', voided_at: now(), payment_overdue: false, updated_at: now() });
		meanwhile?.(invoice);
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
		if (invoice.status === 'draft') {
			if (event === undefined) this.announce('invoice.ready_to_finalize', invoice);
			this.announce(event ?? 'invoice.drafted', invoice);
		} else if (invoice.status === 'finalized' || event !== undefined)
			this.announce(event ?? EVENT_OF[invoice.invoice_type] ?? 'invoice.created', invoice);
	}

	private setPaymentStatus(invoice: Invoice, status: string, told?: () => void): void {
		if (status === invoice.payment_status) return told?.();
		invoice.payment_status = status;
		if (status === 'succeeded') invoice.payment_overdue = false;
		this.announce('invoice.payment_status_updated', invoice);
		told?.();
		this.paymentStatusChanged(invoice);
	}

	private paymentStatusChanged(invoice: Invoice): void {
		this.copyStatusToFees(invoice);
		for (const listener of this.listeners) listener(invoice);
	}

	/** A job: the answer of the call that changed the status shows the fees as they were. */
	private copyStatusToFees(invoice: Invoice): void {
		setImmediate(() => {
			for (const fee of invoice.fees) fee.payment_status = invoice.payment_status;
		});
	}

	private announce(event: string, invoice: Invoice): void {
		this.events.announce(event, 'invoice', () => invoiceView(invoice, event));
	}

	private nextNumber(): string {
		return `SIM-${String((this.counter += 1)).padStart(4, '0')}`;
	}
}
