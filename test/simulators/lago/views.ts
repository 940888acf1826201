import { dueOf, type Invoice, type LagoState } from './state';

const SHOWN_WITH: Readonly<Record<string, ReadonlyArray<'fees' | 'subscriptions' | 'applied_taxes' | 'credits'>>> = {
	'invoice.created': ['fees', 'subscriptions', 'applied_taxes', 'credits'],
	'invoice.drafted': ['fees', 'subscriptions', 'applied_taxes', 'credits'],
	'invoice.one_off_created': ['fees', 'applied_taxes'],
	'invoice.paid_credit_added': ['fees', 'applied_taxes'],
	'invoice.payment_status_updated': ['fees'],
	'invoice.payment_overdue': ['fees', 'applied_taxes'],
	'invoice.voided': ['fees', 'subscriptions', 'applied_taxes', 'credits'],
	rest: ['fees', 'subscriptions', 'applied_taxes', 'credits'],
	list: ['applied_taxes'],
};

/** An invoice as Lago serialises it in a webhook, a list or alone; metadata only by REST (`lago-api:serializers/v1/invoice_serializer.rb`). */
export function invoiceView(state: LagoState, invoice: Invoice, place: string): Record<string, unknown> {
	const { offset_cents, customer, fees, metadata, invoicing_reason, ...rest } = invoice;
	const shown = SHOWN_WITH[place] ?? [];
	const view: Record<string, unknown> = {
		...rest,
		billing_entity_code: 'simulated',
		sequential_id: 1,
		net_payment_term: 0,
		progressive_billing_credit_amount_cents: 0,
		credit_notes_amount_cents: 0,
		sub_total_excluding_taxes_amount_cents: invoice.fees_amount_cents - invoice.coupons_amount_cents,
		sub_total_including_taxes_amount_cents: invoice.total_amount_cents,
		total_due_amount_cents: dueOf(invoice),
		total_offsetted_credit_note_amount_cents: offset_cents,
		prepaid_credit_amount_cents: 0,
		file_url: null,
		xml_url: null,
		version_number: 4,
		customer: { ...customer },
	};
	if (shown.includes('fees')) view.fees = fees;
	if (shown.includes('applied_taxes')) view.applied_taxes = taxesOf(invoice);
	if (shown.includes('credits')) view.credits = [];
	if (shown.includes('subscriptions')) {
		view.subscriptions = [];
		view.billing_periods = [
			{
				lago_subscription_id: invoice.lago_id,
				external_subscription_id: `sub_${customer.external_id}`,
				lago_plan_id: state.organizationId,
				subscription_from_datetime: invoice.created_at,
				subscription_to_datetime: invoice.created_at,
				charges_from_datetime: invoice.created_at,
				charges_to_datetime: invoice.created_at,
				invoicing_reason,
			},
		];
	}
	if (place === 'rest' || place === 'list') view.metadata = metadata.map((entry) => ({ ...entry }));
	if (place === 'rest') view.error_details = [];
	return view;
}

function taxesOf(invoice: Invoice): unknown[] {
	if (invoice.taxes_amount_cents === 0) return [];
	return [
		{
			lago_id: invoice.lago_id,
			lago_invoice_id: invoice.lago_id,
			lago_tax_id: invoice.lago_id,
			tax_name: 'VAT',
			tax_code: 'vat',
			tax_rate: invoice.fees[0]?.taxes_rate ?? 0,
			tax_description: null,
			amount_cents: invoice.taxes_amount_cents,
			amount_currency: invoice.currency,
			fees_amount_cents: invoice.fees_amount_cents,
			created_at: invoice.created_at,
		},
	];
}
