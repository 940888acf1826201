import { decimal } from '../money';
import type { CreditNote, CreditNoteItem } from '../state';
import { customerView } from './customers';
import { taxView } from './invoices';

/** A credit note with items, and metadata if it has some (`lago-api:serializers/v1/credit_note_serializer.rb`). */
export function creditNoteView(note: CreditNote): Record<string, unknown> {
	const { invoice, items, metadata, precise_taxes_cents: taxes, precise_coupons_cents: coupons, ...rest } = note;
	const excluding = note.total_amount_cents - Math.round(taxes);
	return {
		...rest,
		billing_entity_code: invoice.billing_entity_code,
		lago_invoice_id: invoice.lago_id,
		invoice_number: invoice.number,
		purchase_order_number: null,
		currency: invoice.currency,
		precise_total_amount_cents: decimal(sum(items, (item) => item.precise_amount_cents) - coupons + taxes),
		taxes_amount_cents: Math.round(taxes),
		precise_taxes_amount_cents: decimal(taxes),
		sub_total_excluding_taxes_amount_cents: excluding,
		coupons_adjustment_amount_cents: Math.round(coupons),
		taxes_rate: averageRate(items),
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

/** The rate of all items together, weighted. */
export function averageRate(items: ReadonlyArray<Pick<CreditNoteItem, 'fee' | 'precise_amount_cents'>>): number {
	const amount = sum(items, (item) => item.precise_amount_cents);
	return amount === 0
		? 0
		: Math.round((sum(items, (item) => item.precise_amount_cents * item.fee.taxes_rate) / amount) * 1e5) / 1e5;
}

/** Tax of some items by rate, in minor units before rounding. */
export function taxByRate(
	items: ReadonlyArray<Pick<CreditNoteItem, 'fee' | 'precise_amount_cents'>>,
): Map<number, { base: number; tax: number }> {
	const rates = new Map<number, { base: number; tax: number }>();
	for (const item of items) {
		const base = item.precise_amount_cents - couponShare(item);
		const known = rates.get(item.fee.taxes_rate) ?? { base: 0, tax: 0 };
		rates.set(item.fee.taxes_rate, { base: known.base + base, tax: known.tax + (base * item.fee.taxes_rate) / 100 });
	}
	return rates;
}

/** An item's share of the coupons of its fee. */
export function couponShare({
	fee,
	precise_amount_cents: amount,
}: Pick<CreditNoteItem, 'fee' | 'precise_amount_cents'>): number {
	return fee.amount_cents === 0 ? 0 : (Number(fee.precise_coupons_amount_cents) * amount) / fee.amount_cents;
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
	return [...taxByRate(items)]
		.filter(([rate]) => rate > 0)
		.map(([rate, { base, tax }]) => ({
			...taxView(rate, invoice.currency, created_at),
			lago_id,
			lago_credit_note_id: lago_id,
			base_amount_cents: Math.round(base),
			amount_cents: Math.round(tax),
		}));
}

function sum<T>(items: readonly T[], pick: (item: T) => number): number {
	return items.reduce((total, item) => total + pick(item), 0);
}
