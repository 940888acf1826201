/**
 * What Lago checks when a credit note with a refund is created, and how it rounds: a second reading of the same rules, in whole numbers
 * of a very small unit, so that no floating point decides (`lago-api:app/services/credit_notes/*`).
 */
export interface RuledFee {
	id: string;
	amount: number;
	/** Percent in thousandths: 20 % is 20000. */
	rateMilli: number;
	/** In thousandths of a minor unit. */
	couponsMilli: number;
}

interface Item {
	feeId: string;
	amount: number;
}

export class RuledInvoice {
	readonly notes: Array<{ items: Item[]; refund: number }> = [];

	/** @param paid minor units. */
	constructor(
		readonly fees: readonly RuledFee[],
		readonly paid: number,
	) {}

	/** The total that Lago bills for the fees, minor units. */
	static billOf(fees: readonly RuledFee[]): number {
		return totals(
			fees,
			fees.map(({ id, amount }) => ({ feeId: id, amount })),
		).stored;
	}

	creditedOn(feeId: string): number {
		return this.notes
			.flatMap(({ items }) => items)
			.reduce((sum, item) => (item.feeId === feeId ? sum + item.amount : sum), 0);
	}

	get refunded(): number {
		return this.notes.reduce((sum, { refund }) => sum + refund, 0);
	}

	/** @returns what the note refunds in the end, or Lago's words for the refusal. */
	create(refund: number, items: readonly Item[]): number | string {
		for (const { feeId, amount } of items) {
			const fee = this.fees.find(({ id }) => id === feeId);
			if (fee === undefined) return 'fee_not_found';
			if (!Number.isInteger(amount) || amount < 0) return 'invalid_value';
			if (amount > fee.amount - this.creditedOn(feeId)) return 'higher_than_remaining_fee_amount';
		}
		if (new Set(items.map(({ feeId }) => feeId)).size < items.length) return 'a fee is named twice';
		if (refund <= 0) return 'total_amount_must_be_positive';
		if (refund > this.paid - this.refunded) return 'higher_than_remaining_invoice_amount';
		const { exact, stored } = totals(this.fees, items);
		if (Math.abs(refund - exact) > 1) return 'does_not_match_item_amounts';
		if (refund > RuledInvoice.billOf(this.fees) - this.refunded + 1) return 'higher_than_remaining_invoice_amount';
		this.notes.push({ items: [...items], refund: stored });
		return stored;
	}
}

/** Everything is a fraction over amount * 1000 * 100000; one denominator for all fees keeps it in whole numbers. */
function totals(fees: readonly RuledFee[], items: readonly Item[]): { exact: number; stored: number } {
	const used = items.flatMap((item) => {
		const fee = fees.find(({ id }) => id === item.feeId);
		return fee === undefined || fee.amount === 0 ? [] : [{ fee, given: BigInt(item.amount) }];
	});
	const common = used.reduce((product, { fee }) => product * BigInt(fee.amount), 1n);
	const denominator = common * 1000n * 100_000n;
	let net = 0n;
	let tax = 0n;
	for (const { fee, given } of used) {
		const scale = denominator / (BigInt(fee.amount) * 1000n);
		// given - coupons * given / amount, times amount * 1000
		const share = given * (BigInt(fee.amount) * 1000n - BigInt(fee.couponsMilli)) * scale;
		net += share;
		tax += (share * BigInt(fee.rateMilli)) / 100_000n;
	}
	const rounded = (value: bigint): number => Number((2n * value + denominator) / (2n * denominator));
	return { exact: rounded(net + tax), stored: rounded(net) + rounded(tax) };
}
