import { decideMirror, type EarlierNote } from '../../nodes/shared/domain/refundMirror';
import { toRefundedInvoice } from '../../nodes/shared/wire/lago/creditFacts';
import type { LagoInvoice } from '../../nodes/shared/wire/lago/objects';

const FEES = 3_000;
const PAYMENT = { id: 'pay_1', amount: 68_000, tax: 0 };

/** Milliseconds that each of three refunds of an invoice with 3,000 fees takes to spread; every fifth fee has a coupon, 20 % tax. */
export function measureRefunds(): number[] {
	const invoice = {
		number: 'LARGE-1',
		currency: 'EUR',
		total_paid_amount_cents: PAYMENT.amount,
		applied_taxes: [{ tax_code: 'vat', tax_rate: 20 }],
		fees: Array.from({ length: FEES }, (_, index) => feeOf(index, 1 + (index % 37), index % 5 === 0 ? 0.37 : 0)),
	} as unknown as LagoInvoice;
	const notes: EarlierNote[] = [];
	return [11_111, 22_222, 33_333].map((amount, index) => {
		const from = performance.now();
		const refund = { id: `ref_${index}`, amount, currency: 'EUR', isLast: false };
		const decision = decideMirror(refund, PAYMENT, toRefundedInvoice(invoice), PAYMENT.amount, notes);
		const took = performance.now() - from;
		if (decision.action !== 'credit') throw new Error(`Refund ${index} came out as ${decision.action}`);
		notes.push({ refunded: decision.allocation.refund, taxRounding: 0, items: decision.allocation.items });
		return took;
	});
}

function feeOf(index: number, amount: number, coupons: number) {
	const tax = (amount - coupons) * 0.2;
	return {
		lago_id: `fee_${index}`,
		amount_cents: amount,
		taxes_rate: 20,
		taxes_amount_cents: Math.round(tax),
		taxes_precise_amount: String(Number((tax / 100).toFixed(15))),
		precise_amount: String(amount / 100),
		precise_coupons_amount_cents: String(coupons),
		sub_total_excluding_taxes_precise_amount_cents: String(Number((amount - coupons).toFixed(5))),
	};
}
