import { randomUUID } from 'node:crypto';
import { decimal, major } from '../money';
import type { Customer, Fee } from '../documents';
import { now, type Subscription } from '../state';

export interface NewFee {
	name?: string;
	/** Of the add-on or plan; made of the name unless told. */
	code?: string;
	/** Before coupons and tax, minor units. */
	amountCents: number;
	/** Percent; several, each a tax of its own. */
	taxRate?: number | readonly number[];
	/** The part of the fee that is taxed, as providers of taxes say it. */
	taxBase?: number;
	couponsCents?: number;
	units?: number;
	/** What is paid is usage: the charge, and how many events were counted. */
	charge?: { id: string; events: number };
}

/** What a fee needs to know of the invoice that it stands on. */
interface Invoiced {
	id: string;
	type: string;
	currency: string;
	customer: Customer;
	subscription: Subscription | null;
}

const USAGE = ['charge', 'BillableMetric'] as const;
const SUBSCRIPTION = ['subscription', 'Subscription'] as const;
const ITEM_TYPES: Readonly<Record<string, readonly [type: string, itemType: string]>> = {
	one_off: ['add_on', 'AddOn'],
	add_on: ['add_on', 'AddOn'],
	credit: ['credit', 'WalletTransaction'],
	progressive_billing: USAGE,
	advance_charges: USAGE,
};

/** How a fee is taxed, which the API does not show: by rates in percent, of a part of it. */
const TAXING = new WeakMap<Fee, { rates: readonly number[]; base: number }>();

/** How a fee is taxed: its rates in percent, and the part of it that they are of. */
export function taxingOf(fee: Fee): { rates: readonly number[]; base: number } {
	return TAXING.get(fee) ?? { rates: [fee.taxes_rate], base: 1 };
}

/** A line of an invoice, with its tax after coupons (`lago-api:serializers/v1/fee_serializer.rb`). */
export function newFee(
	{
		name = 'Pro',
		code = name.toLowerCase().replaceAll(' ', '_'),
		amountCents,
		taxRate = 0,
		taxBase = 1,
		couponsCents = 0,
		units = 1,
		charge,
	}: NewFee,
	invoice: Invoiced,
): Fee {
	const { currency, subscription } = invoice;
	const rates = [taxRate].flat();
	const rate = rates.reduce((sum, one) => sum + one, 0);
	const at = now();
	const withOffset = at.replace('Z', '+00:00');
	const item = itemOf(name, code, invoice, charge !== undefined);
	const fee: Fee = {
		...idsOf(invoice),
		lago_charge_id: charge?.id ?? null,
		item,
		pay_in_advance: subscription !== null && charge === undefined,
		invoiceable: true,
		...amountsOf({ amountCents, couponsCents, units, currency, rate, taxBase }),
		total_aggregated_units: charge === undefined ? null : decimal(units),
		description: null,
		events_count: charge?.events ?? null,
		payment_status: 'pending',
		created_at: at,
		succeeded_at: null,
		failed_at: null,
		refunded_at: null,
		amount_details: item.type === 'subscription' ? { plan_amount_cents: subscription?.plan.amount_cents } : {},
		self_billed: false,
		pricing_unit_details: null,
		presentation_breakdowns: [],
		...(item.type === 'credit' ? {} : { from_date: withOffset, to_date: withOffset }),
	};
	TAXING.set(fee, { rates, base: taxBase });
	return fee;
}

function idsOf({ id, customer, subscription }: Invoiced) {
	return {
		lago_id: randomUUID(),
		lago_charge_filter_id: null,
		lago_fixed_charge_id: null,
		lago_invoice_id: id,
		lago_true_up_fee_id: null,
		lago_true_up_parent_fee_id: null,
		lago_original_fee_id: null,
		lago_subscription_id: subscription?.lago_id ?? null,
		external_subscription_id: subscription?.external_id ?? null,
		lago_customer_id: subscription === null ? null : customer.lago_id,
		external_customer_id: subscription === null ? null : customer.external_id,
	};
}

/** What is sold. */
function itemOf(
	name: string,
	code: string,
	{ type: ofInvoice, subscription }: Invoiced,
	isUsage: boolean,
): Fee['item'] {
	const [type, itemType] = ITEM_TYPES[ofInvoice] ?? (isUsage ? USAGE : SUBSCRIPTION);
	return {
		type,
		code,
		name,
		description: type === 'credit' ? 'credit' : null,
		invoice_display_name: name,
		filters: null,
		filter_invoice_display_name: null,
		lago_item_id: subscription?.lago_id ?? randomUUID(),
		item_type: itemType,
		grouped_by: {},
	};
}

/** What a line costs; tax is of what coupons leave. */
function amountsOf({
	amountCents,
	couponsCents,
	units,
	currency,
	rate,
	taxBase,
}: {
	amountCents: number;
	couponsCents: number;
	units: number;
	currency: string;
	rate: number;
	taxBase: number;
}) {
	const net = amountCents - couponsCents;
	const precise = (net * taxBase * rate) / 100;
	const taxes = Math.round(precise);
	return {
		amount_cents: amountCents,
		amount_currency: currency,
		precise_amount: major(amountCents, currency),
		precise_total_amount: major(amountCents + precise, currency),
		taxes_amount_cents: taxes,
		taxes_precise_amount: major(precise, currency),
		taxes_rate: rate,
		total_amount_cents: amountCents + taxes,
		total_amount_currency: currency,
		units: decimal(units),
		precise_unit_amount: major(amountCents / units, currency),
		precise_coupons_amount_cents: decimal(couponsCents),
		sub_total_excluding_taxes_amount_cents: Math.round(net),
		sub_total_excluding_taxes_precise_amount_cents: decimal(net),
	};
}
