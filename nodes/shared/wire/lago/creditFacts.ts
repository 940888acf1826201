import type { EarlierNote, RefundedInvoice } from '../../domain/refundMirror';
import type { LagoCreditNote, LagoInvoice } from './objects';

/** What the rules of a refund need, out of Lago's invoice. */
export function toRefundedInvoice({ number, currency, total_paid_amount_cents, fees }: LagoInvoice): RefundedInvoice {
	return {
		number,
		currency,
		totalPaid: total_paid_amount_cents ?? 0,
		fees: (fees ?? []).map(({ lago_id: id, amount_cents: amount, taxes_rate, precise_coupons_amount_cents }) => ({
			id,
			amount,
			taxesRate: taxes_rate ?? 0,
			couponsAmount: precise_coupons_amount_cents ?? 0,
		})),
	};
}

/** The same of one of its credit notes. */
export function toEarlierNote({ refund_amount_cents, total_amount_cents, items }: LagoCreditNote): EarlierNote {
	return {
		refunded: refund_amount_cents,
		total: total_amount_cents,
		items: (items ?? []).map(({ fee, amount_cents: amount }) => ({ feeId: fee.lago_id, amount })),
	};
}
