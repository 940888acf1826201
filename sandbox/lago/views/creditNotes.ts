import { averageRate, noteTaxes } from '../ledger/noteSums';
import { decimal } from '../money';
import type { CreditNote, CreditNoteItem } from '../state';
import { customerView } from './customers';
import { taxView } from './invoices';

/** A credit note with items, and metadata if it has some (`lago-api:serializers/v1/credit_note_serializer.rb`). */
export function creditNoteView(note: CreditNote): Record<string, unknown> {
	const { invoice, items, metadata, precise_taxes_cents: taxes, precise_coupons_cents: coupons, ...rest } = note;
	const amount = items.reduce((sum, item) => sum + item.precise_amount_cents, 0);
	return {
		...rest,
		billing_entity_code: invoice.billing_entity_code,
		lago_invoice_id: invoice.lago_id,
		invoice_number: invoice.number,
		purchase_order_number: null,
		currency: invoice.currency,
		precise_total_amount_cents: decimal(amount - coupons + taxes),
		taxes_amount_cents: Math.round(taxes),
		precise_taxes_amount_cents: decimal(taxes),
		sub_total_excluding_taxes_amount_cents: Math.round(amount - coupons),
		coupons_adjustment_amount_cents: Math.round(coupons),
		taxes_rate: averageRate(invoice, items),
		file_url: null,
		xml_url: null,
		self_billed: invoice.self_billed,
		customer: customerView(invoice.customer, 'inside'),
		items: items.map((item) => itemView(item, invoice.currency)),
		applied_taxes: appliedTaxes(items, note),
		error_details: [],
		...(Object.keys(metadata).length === 0 ? {} : { metadata: { ...metadata } }),
	};
}

function itemView({ lago_id, fee, precise_amount_cents: amount }: CreditNoteItem, currency: string): unknown {
	return {
		lago_id,
		amount_cents: Math.round(amount),
		precise_amount_cents: decimal(amount),
		amount_currency: currency,
		fee: { ...fee },
	};
}

function appliedTaxes(items: CreditNoteItem[], { lago_id, invoice, created_at }: CreditNote): unknown[] {
	return noteTaxes(invoice, items)
		.filter(({ rate }) => rate > 0)
		.map(({ rate, base, tax }) => ({
			...taxView(rate, invoice.currency, created_at),
			lago_id,
			lago_credit_note_id: lago_id,
			base_amount_cents: Math.round(base),
			amount_cents: Math.round(tax),
		}));
}
