import { invoiceTaxes } from '../ledger/noteSums';
import type { Invoice } from '../documents';
import { dueOf } from '../state';
import { customerView } from './customers';
import { subscriptionView } from './subscriptions';

type Part = 'fees' | 'subscriptions' | 'credits' | 'applied_taxes' | 'sections' | 'metadata' | 'error_details';

const FULL: readonly Part[] = ['fees', 'subscriptions', 'credits', 'applied_taxes'];
const SHOWN: Readonly<Record<string, readonly Part[]>> = {
	'invoice.created': [...FULL, 'sections'],
	'invoice.drafted': [...FULL, 'error_details'],
	'invoice.ready_to_finalize': [...FULL, 'error_details'],
	'invoice.voided': FULL,
	'invoice.one_off_created': ['fees', 'applied_taxes', 'sections'],
	'invoice.paid_credit_added': ['fees', 'applied_taxes', 'sections'],
	'invoice.payment_status_updated': ['fees'],
	'invoice.payment_overdue': ['fees', 'applied_taxes'],
	rest: [...FULL, 'sections', 'metadata', 'error_details'],
	list: ['applied_taxes', 'metadata'],
};

/** An invoice as Lago serialises it in a webhook, a list or alone; metadata only by REST (`lago-api:serializers/v1/invoice_serializer.rb`). */
export function invoiceView(invoice: Invoice, place: string): Record<string, unknown> {
	const {
		offset_cents,
		customer,
		fees,
		credits: _credits,
		metadata,
		subscription: _subscription,
		invoicing_reason: _reason,
		...rest
	} = invoice;
	const parts: Record<Part, () => Record<string, unknown>> = {
		fees: () => ({ fees: fees.map((fee) => ({ ...fee })) }),
		subscriptions: () => subscriptionParts(invoice),
		credits: () => ({ credits: invoice.credits.map((credit) => creditView(credit, invoice)) }),
		applied_taxes: () => ({ applied_taxes: taxesOf(invoice) }),
		sections: () => ({ applied_invoice_custom_sections: [] }),
		metadata: () => ({ metadata: metadata.map((one) => ({ ...one })) }),
		error_details: () => ({ error_details: [] }),
	};
	return {
		...rest,
		purchase_order_number: null,
		progressive_billing_credit_amount_cents: 0,
		credit_notes_amount_cents: 0,
		sub_total_excluding_taxes_amount_cents: invoice.fees_amount_cents - invoice.coupons_amount_cents,
		sub_total_including_taxes_amount_cents: invoice.total_amount_cents,
		total_due_amount_cents: dueOf(invoice),
		total_offsetted_credit_note_amount_cents: offset_cents,
		prepaid_credit_amount_cents: 0,
		prepaid_granted_credit_amount_cents: null,
		prepaid_purchased_credit_amount_cents: null,
		file_url: null,
		xml_url: null,
		web_url: `https://app.getlago.com/simulated/customer/${customer.lago_id}/invoice/${invoice.lago_id}/overview`,
		version_number: 4,
		customer: customerView(customer, place.includes('.') ? 'told' : 'inside'),
		...Object.assign({}, ...(SHOWN[place] ?? []).map((part) => parts[part]())),
	};
}

function subscriptionParts({ subscription, created_at: at, invoicing_reason }: Invoice): Record<string, unknown> {
	if (subscription === null) return { subscriptions: [], billing_periods: [] };
	return {
		subscriptions: [subscriptionView(subscription)],
		billing_periods: [
			{
				lago_subscription_id: subscription.lago_id,
				external_subscription_id: subscription.external_id,
				lago_plan_id: subscription.plan.lago_id,
				subscription_from_datetime: at,
				subscription_to_datetime: at,
				charges_from_datetime: at,
				charges_to_datetime: at,
				fixed_charges_from_datetime: at,
				fixed_charges_to_datetime: at,
				invoicing_reason,
			},
		],
	};
}

function creditView(
	{ lago_id, amount_cents, coupon }: Invoice['credits'][number],
	{ lago_id: invoiceId, currency, payment_status }: Invoice,
): Record<string, unknown> {
	return {
		lago_id,
		amount_cents,
		amount_currency: currency,
		before_taxes: true,
		item: { lago_item_id: coupon.lago_id, type: 'coupon', code: coupon.code, name: coupon.name, description: null },
		invoice: { lago_id: invoiceId, payment_status },
	};
}

/** What `invoice.payment_failure` is about where nothing can collect. */
export function paymentErrorView({ lago_id, customer }: Invoice): Record<string, unknown> {
	return {
		lago_invoice_id: lago_id,
		lago_customer_id: customer.lago_id,
		external_customer_id: customer.external_id,
		provider_customer_id: null,
		payment_provider: null,
		payment_provider_code: null,
		provider_error: null,
		error_details: { code: 'customer_must_have_payment_provider' },
	};
}

/** One entry for each rate. */
function taxesOf({ lago_id, fees, currency, created_at }: Invoice): unknown[] {
	return invoiceTaxes(fees)
		.filter(({ rate }) => rate > 0)
		.map(({ rate, net, tax }) => ({
			...taxView(rate, currency, created_at),
			lago_id,
			lago_invoice_id: lago_id,
			amount_cents: Math.round(tax),
			fees_amount_cents: Math.trunc(net),
		}));
}

/** The fields that every applied tax has. */
export function taxView(rate: number, currency: string, createdAt: string | null): Record<string, unknown> {
	const digits = String(Math.round(rate * 100)).padStart(12, '0');
	return {
		lago_tax_id: `7a000000-0000-4000-8000-${digits}`,
		tax_name: `VAT ${rate}`,
		tax_code: `vat_${rate}`,
		tax_rate: rate,
		tax_description: null,
		amount_currency: currency,
		created_at: createdAt,
	};
}
