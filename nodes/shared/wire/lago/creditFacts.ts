import { creditTaxes, type NamedTax, type TaxedFee } from '../../domain/creditTaxes';
import { decimalOf, exact } from '../../domain/exact';
import type { EarlierNote, RefundedInvoice } from '../../domain/refundMirror';
import type { LagoCreditNote } from './creditNote';
import { toPaid, type LagoInvoice } from './objects';

type LagoFee = NonNullable<LagoInvoice['fees']>[number];

/** What the rules of a refund need, out of Lago's invoice. @param totalPaid minor units, where somebody knows better. */
export function toRefundedInvoice(invoice: LagoInvoice, totalPaid = toPaid(invoice) ?? 0): RefundedInvoice {
	const { number, currency, fees } = invoice;
	const rates = creditTaxes((fees ?? []).map(toTaxedFee), namedTaxes(invoice.applied_taxes) ?? []);
	return {
		number,
		currency,
		totalPaid,
		fees: (fees ?? []).map(({ lago_id: id, amount_cents: amount, precise_coupons_amount_cents }, index) => ({
			id,
			amount,
			taxesRate: rates[index] ?? 0,
			couponsAmount: precise_coupons_amount_cents ?? 0,
		})),
	};
}

/** The same of one of its credit notes. */
export function toEarlierNote(note: LagoCreditNote): EarlierNote {
	const { taxes_amount_cents: taxes, precise_taxes_amount_cents: precise } = note;
	return {
		refunded: note.refund_amount_cents,
		taxRounding:
			typeof taxes === 'number' && precise !== null && precise !== undefined
				? decimalOf(exact(taxes) - exact(precise))
				: 0,
		items: (note.items ?? []).map(({ fee, amount_cents: amount }) => ({ feeId: fee.lago_id, amount })),
	};
}

function toTaxedFee(fee: LagoFee): TaxedFee {
	const { precise_amount: amount, taxes_precise_amount: tax, precise_coupons_amount_cents: coupons } = fee;
	const net = fee.sub_total_excluding_taxes_precise_amount_cents;
	return {
		amount: fee.amount_cents,
		couponsAmount: coupons ?? 0,
		taxesRate: fee.taxes_rate ?? 0,
		taxesAmount: fee.taxes_amount_cents ?? null,
		precise: isGiven(amount) && isGiven(tax) && isGiven(net) ? { amount, net, tax } : null,
		taxes: namedTaxes(fee.applied_taxes),
	};
}

function namedTaxes(taxes: LagoInvoice['applied_taxes']): NamedTax[] | null {
	return taxes?.map(({ tax_code: code, tax_rate: rate }) => ({ code, rate })) ?? null;
}

function isGiven<T>(value: T | null | undefined): value is T {
	return value !== null && value !== undefined;
}
