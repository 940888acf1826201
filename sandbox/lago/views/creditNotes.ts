import { averageRate, noteTaxes, type NoteSums } from '../ledger/noteSums';
import { decimal } from '../money';
import type { CreditNote, CreditNoteItem, Invoice } from '../documents';
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

/** The answer of an estimate. @param refundable what of the money that was paid is left to go back, minor units. */
export function estimateView(
	invoice: Invoice,
	items: readonly CreditNoteItem[],
	{ items: sum, coupons, taxes }: NoteSums,
	refundable: number,
): Record<string, unknown> {
	const asked = Math.round(sum - coupons + taxes);
	const excluding = Math.round(sum - coupons);
	// Too much is taken off the total, too little off the tax.
	const total = asked - Math.round(taxes) > excluding ? asked - 1 : asked;
	const shownTaxes = Math.round(taxes) - (total - Math.round(taxes) < excluding && Math.round(taxes) > 0 ? 1 : 0);
	return {
		lago_invoice_id: invoice.lago_id,
		invoice_number: invoice.number,
		currency: invoice.currency,
		taxes_amount_cents: shownTaxes,
		precise_taxes_amount_cents: decimal(taxes),
		sub_total_excluding_taxes_amount_cents: excluding,
		max_creditable_amount_cents: invoice.invoice_type === 'credit' ? 0 : total,
		max_refundable_amount_cents: Math.max(0, Math.min(asked, refundable)),
		coupons_adjustment_amount_cents: Math.round(coupons),
		precise_coupons_adjustment_amount_cents: decimal(coupons),
		taxes_rate: averageRate(invoice, items),
		items: items.map(({ fee, precise_amount_cents }) => ({
			lago_fee_id: fee.lago_id,
			amount_cents: precise_amount_cents,
		})),
		applied_taxes: noteTaxes(invoice, items)
			.filter(({ rate }) => rate > 0)
			.map(({ rate, base, tax }) => ({
				...taxView(rate, invoice.currency, null),
				lago_id: null,
				lago_credit_note_id: null,
				base_amount_cents: Math.round(base),
				amount_cents: Math.round(tax),
			})),
	};
}
