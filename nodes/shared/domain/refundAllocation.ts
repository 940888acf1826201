/** One fee of an invoice as Lago credits it: amounts in minor units, before coupons and tax. */
export interface CreditableFee {
	id: string;
	amount: number;
	/** What earlier credit notes took of `amount`. */
	credited: number;
	/** Percent. */
	taxesRate: number;
	/** The fee's share of the coupons; may have decimals. */
	couponsAmount: number;
}

/** How much is to go back, and how much can; minor units, tax included. */
export interface RefundRoom {
	wanted: number;
	/** What was paid and not refunded yet; at least `wanted`. */
	refundable: number;
	/** Sum of the totals of all earlier credit notes. */
	earlier: number;
}

/** The items of a credit note, before coupons and tax, and the refund that they make, after both; minor units. */
export interface Allocation {
	items: Array<{ feeId: string; amount: number }>;
	/** What to ask Lago for: at most {@link TOLERANCE} beside what was wanted. */
	refund: number;
}

/** Rounding of tax leaves amounts that no items make; this far beside them some do. */
const TOLERANCE = 1;
/** The same for the refund that takes all that is left, after many partial ones. */
const LAST_TOLERANCE = 5;
/** How far from the nearest amount a fee is varied to find one that fits exactly. */
const REACH = 3;

/**
 * Spreads a refund over the fees of an invoice so that Lago takes it the first time (`lago-api:app/services/credit_notes/*`): items exclude
 * tax and coupons, the refund includes both, and rounding decides between the cents. Without tax it is always exact; with tax it is exact
 * if any of the tried spreads is, otherwise one minor unit less, or one more where less is impossible. Among equals the one is taken that
 * leaves the fees worth what is left to refund, so that cents do not add up over several notes.
 * @returns null when the fees cannot carry that much any more.
 */
export function allocateRefund(
	{ wanted, refundable, earlier }: RefundRoom,
	fees: readonly CreditableFee[],
): Allocation | null {
	const open = fees.filter((fee) => fee.amount - fee.credited > 0 && weightOf(fee) > 0);
	const real = fees.filter(({ amount }) => amount > 0);
	const bill = sumOf(
		real,
		real.map(({ amount }) => amount),
	);
	// How much more than their totals the earlier notes took of what the fees are worth, beside what rounding of the whole bill explains.
	const drift =
		sumOf(
			real,
			real.map(({ credited }) => credited),
		).precise -
		earlier -
		(bill.precise - bill.rounded);
	const full = open.map(roomOf);
	const all = sumOf(open, full);
	// The last refund takes what is left, though earlier rounding may have cost the fees a cent or two.
	const shortage = wanted === refundable ? LAST_TOLERANCE : TOLERANCE;
	if (wanted > all.rounded + shortage || all.rounded <= 0) return null;
	if (wanted >= all.rounded && all.rounded <= refundable) return allocation(open, full, all.rounded);
	let best: { amounts: number[]; off: number; cost: number } | null = null;
	for (const amounts of variations(open, fillUp(wanted, open))) {
		const { rounded, precise } = sumOf(open, amounts);
		const off = rounded - wanted;
		if (Math.abs(off) > TOLERANCE || rounded <= 0 || rounded > refundable) continue;
		const cost = costOf(off, drift + precise - rounded);
		if (best === null || cost < best.cost) best = { amounts, off, cost };
	}
	return best === null ? null : allocation(open, best.amounts, wanted + best.off);
}

/**
 * Exact before too little before too much. `strain` is by how much the fees are used up beyond what was refunded: a little less than
 * needed is welcome, much more would leave a last refund that the fees cannot carry. The weights were found by trying many sequences.
 */
function costOf(off: number, strain: number): number {
	return Math.abs(off) + (off > 0 ? 5 : 0) + Math.abs(strain + 0.2) / 100 + Math.max(0, strain - 0.7) * 3;
}

/** How much money one unit of a fee stands for: less by its coupons, more by its tax. */
function weightOf({ amount, couponsAmount, taxesRate }: CreditableFee): number {
	return (1 - couponsAmount / amount) * (1 + taxesRate / 100);
}

function roomOf({ amount, credited }: CreditableFee): number {
	return amount - credited;
}

/** What Lago makes of the items: net and tax are each rounded once, over all of them. */
function sumOf(fees: readonly CreditableFee[], amounts: readonly number[]): { rounded: number; precise: number } {
	let net = 0;
	let tax = 0;
	fees.forEach(({ amount, couponsAmount, taxesRate }, index) => {
		const given = amounts[index] ?? 0;
		const share = given - (couponsAmount * given) / amount;
		net += share;
		tax += (share * taxesRate) / 100;
	});
	return { rounded: round(net) + round(tax), precise: net + tax };
}

/** Lago counts in decimals: a half that binary fractions show as a little less is still a half. */
function round(value: number): number {
	return Math.round(value + 1e-7);
}

/** Whole fees first, then the nearest amount of the next one. */
function fillUp(refund: number, fees: readonly CreditableFee[]): number[] {
	let left = refund;
	return fees.map((fee) => {
		const room = roomOf(fee);
		const weight = weightOf(fee);
		const amount = Math.max(0, Math.min(room, Math.round(left / weight)));
		left -= amount * weight;
		return amount;
	});
}

/** Spreads near a given one: each fee a little up or down, alone and together with one other. */
function* variations(fees: readonly CreditableFee[], start: readonly number[]): Generator<number[]> {
	const steps = [0, ...Array.from({ length: REACH }, (_, index) => [-index - 1, index + 1]).flat()];
	const moved = (amounts: readonly number[], index: number, step: number): number[] | null => {
		const fee = fees[index];
		const amount = (amounts[index] ?? 0) + step;
		if (fee === undefined || amount < 0 || amount > roomOf(fee)) return null;
		return amounts.map((old, at) => (at === index ? amount : old));
	};
	// The fees at the end of the filling are the ones with room both ways.
	const tunable = fees
		.map((_, index) => index)
		.filter((index) => (start[index] ?? 0) > 0 || index === fees.length - 1 || (start[index - 1] ?? 0) > 0)
		.slice(-3);
	for (const first of tunable) {
		for (const step of steps) {
			const one = moved(start, first, step);
			if (one === null) continue;
			yield one;
			for (const second of tunable)
				if (second > first)
					for (const other of steps) {
						const two = moved(one, second, other);
						if (two !== null) yield two;
					}
		}
	}
}

function allocation(fees: readonly CreditableFee[], amounts: readonly number[], refund: number): Allocation {
	const items = fees
		.map(({ id }, index) => ({ feeId: id, amount: amounts[index] ?? 0 }))
		.filter(({ amount }) => amount > 0);
	return { items, refund };
}
