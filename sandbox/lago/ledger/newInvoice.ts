import { randomUUID } from 'node:crypto';
import { entry } from '../metadata';
import type { Coupon } from '../catalogue';
import type { Customer, Fee, Invoice } from '../documents';
import { dateOf, type Subscription } from '../state';
import { couponValue } from './customers';
import { newFee, type NewFee } from './fees';
import { invoiceTaxes } from './noteSums';

type InvoiceType = 'subscription' | 'one_off' | 'credit' | 'add_on' | 'progressive_billing' | 'advance_charges';

export interface NewInvoice {
	type?: InvoiceType;
	/** Another event than the type's own. */
	event?: string;
	currency?: string;
	fees?: NewFee[];
	customer?: Partial<Customer>;
	/** The customer's own unless told. */
	billingEntityCode?: string;
	/** Which coupon takes off what the fees say. */
	coupon?: Coupon | null;
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

/** What is known of an invoice besides what it was asked to be. */
interface Known {
	customer: Customer;
	subscription: Subscription | null;
	/** The moment in which it is made. */
	at: string;
	number: string;
	sequence: number;
}

const DUE_IN_DAYS = 14;

/** An invoice with its fees. Amounts in minor units; tax is rounded once, over all fees. */
export function newInvoice(input: NewInvoice, { customer, subscription, at, number, sequence }: Known): Invoice {
	const {
		type = 'subscription',
		currency = 'EUR',
		fees = [{ amountCents: 10_000 }],
		status = 'finalized',
		dueInDays = DUE_IN_DAYS,
	} = input;
	const id = randomUUID();
	const lines = fees.map((fee) => newFee(fee, { id, type, currency, customer, subscription }));
	const sum = (pick: (fee: Fee) => number): number => lines.reduce((total, fee) => total + pick(fee), 0);
	const coupons = Math.round(sum((fee) => Number(fee.precise_coupons_amount_cents)));
	const taxes = Math.round(invoiceTaxes(lines).reduce((all, { tax }) => all + tax, 0));
	const total = sum((fee) => fee.amount_cents) - coupons + taxes;
	const paid = type === 'advance_charges' || total === 0;
	const payment_status = input.paymentStatus ?? (paid ? 'succeeded' : 'pending');
	const grace = status === 'draft' ? Number(customer.billing_configuration.invoice_grace_period ?? 0) : 0;
	for (const fee of lines) fee.payment_status = payment_status;
	return {
		lago_id: id,
		billing_entity_code: input.billingEntityCode ?? customer.billing_entity_code,
		sequential_id: status === 'draft' ? null : sequence,
		number,
		status,
		payment_status,
		invoice_type: type,
		currency,
		issuing_date: dateOf(customer, grace),
		payment_due_date: dateOf(customer, grace + dueInDays),
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
		credits: input.coupon ? [{ lago_id: randomUUID(), amount_cents: coupons, coupon: input.coupon }] : [],
		metadata: Object.entries(input.metadata ?? {}).map(([key, value]) => entry(key, value)),
		subscription,
		invoicing_reason: input.reason ?? (type === 'progressive_billing' ? type : 'subscription_periodic'),
	};
}

/** What a subscription is billed for its plan, or nothing (null), and for usage. Minor units, before coupon and tax. */
export function planInvoice(
	{ customer, plan, external_id }: Subscription,
	reason: 'subscription_starting' | 'subscription_terminating',
	amountCents: number | null,
	coupon: Coupon | null,
	usage: NewFee[] = [],
): NewInvoice {
	const { name, code, taxes, amount_currency } = plan;
	const fees = [...(amountCents === null ? [] : [{ name, code, amountCents }]), ...usage];
	const sum = fees.reduce((total, fee) => total + fee.amountCents, 0);
	const taken = couponValue(coupon, sum);
	return {
		currency: amount_currency,
		// A coupon is spread over all fees alike.
		fees: fees.map((fee) => ({
			...fee,
			taxRate: taxes.map(({ rate }) => rate),
			couponsCents: sum === 0 ? 0 : (taken * fee.amountCents) / sum,
		})),
		coupon,
		customer: { external_id: customer.external_id },
		status: Number(customer.billing_configuration.invoice_grace_period ?? 0) > 0 ? 'draft' : 'finalized',
		dueInDays: Number(customer.net_payment_term ?? 0),
		reason,
		subscription: external_id,
	};
}
