import { ONE, quotient, rounded } from './exact';

/** Fees of which one unit is worth the same; `net` after coupons and `tax` of one unit in parts of {@link ONE}. */
export interface Kind {
	net: bigint;
	tax: bigint;
	/** Minor units that are left of these fees together. */
	room: number;
}

/** What a spread is looked for; minor units. */
export interface Target {
	wanted: number;
	/** The refund that is taken where the wanted one cannot be had: from `least` to `most`. */
	least: number;
	most: number;
	/** What a note over all that is left would be of, in parts of {@link ONE}, and what is left to refund; null where none has to follow. */
	left: { net: bigint; tax: bigint; refundable: number } | null;
	/** The refund that Lago makes of these sums. */
	noteOf(net: bigint, tax: bigint): number;
	/** Whether these amounts use up every fee of the invoice. */
	isAll(amounts: readonly number[]): boolean;
}

/** How much of each kind, and the refund that this makes; minor units. */
export interface Spread {
	amounts: number[];
	refund: number;
}

/** So many kinds are varied together; all of them, for small invoices. */
const VARIED = 6;
/** So many spreads are tried before the best of them is taken. */
const BUDGET = 4_000;
/** How far two kinds are varied against each other. */
const PAIR_REACH = 500;
/** So many amounts of the last kind are tried, of units that coupons left next to nothing of. */
const STEPS = 100;
/** So much that fees are worth too little can come of rounding, and go by it. */
const REPAIRABLE = 5;
/** Exact, and cents are not added up: nothing better is looked for. */
const GOOD = 0.03;
/** Exact: this many more may find one that is good. */
const EXACT = 1;
const AFTER_EXACT = 200;

/** The best spread near the one that fills whole fees first; null when none makes a refund from `least` to `most`. */
export function bestSpread(kinds: readonly Kind[], target: Target): Spread | null {
	const start = fillUp(kinds, target.wanted);
	const varied = chosen(kinds, start);
	const last = varied.at(-1);
	if (last === undefined) return null;
	const search = new Search(kinds, start, target);
	for (const one of varied.slice(0, -1)) search.run([one, last], PAIR_REACH);
	search.run(varied, varied.length < 2 ? 0 : Math.floor(BUDGET ** (1 / (varied.length - 1))));
	return search.best;
}

/** Tries spreads near `start`: some kinds a little up and down, and of the last one what that leaves. */
class Search {
	best: (Spread & { cost: number }) | null = null;
	private readonly amounts: number[];
	private triesLeft = 0;
	/** By how much the fees are worth more than what is left to refund, before this one. */
	private readonly slack: number;

	constructor(
		private readonly kinds: readonly Kind[],
		private readonly start: readonly number[],
		private readonly target: Target,
	) {
		this.amounts = [...start];
		const { left, noteOf } = target;
		this.slack = left === null ? 0 : noteOf(left.net, left.tax) - left.refundable;
	}

	/** @param reach how many units each kind but the last is varied by. */
	run(varied: readonly number[], reach: number): void {
		if (this.best !== null && this.best.cost <= GOOD) return;
		this.triesLeft = this.best !== null && this.best.cost < EXACT ? AFTER_EXACT : BUDGET;
		this.start.forEach((amount, index) => (this.amounts[index] = amount));
		let net = 0n;
		let tax = 0n;
		this.kinds.forEach((kind, index) => {
			if (varied.includes(index)) return;
			net += BigInt(this.amounts[index] ?? 0) * kind.net;
			tax += BigInt(this.amounts[index] ?? 0) * kind.tax;
		});
		this.vary(varied, reach, net, tax);
	}

	private vary([index = 0, ...later]: readonly number[], reach: number, net: bigint, tax: bigint): void {
		const kind = this.kinds[index];
		if (kind === undefined) return;
		const most = later.reduce((sum, other) => sum + worthOf(this.kinds[other]), 0n);
		for (const amount of this.amountsOf(
			kind,
			net + tax,
			most,
			later.length === 0 ? null : [this.start[index] ?? 0, reach],
		)) {
			if (this.triesLeft <= 0) return;
			const given = BigInt(amount);
			this.amounts[index] = amount;
			if (later.length > 0) this.vary(later, reach, net + given * kind.net, tax + given * kind.tax);
			else this.weigh(net + given * kind.net, tax + given * kind.tax);
		}
	}

	/** The amounts of a kind that can make the refund, where `before` is given already and others can bring up to `later`. */
	private *amountsOf(
		kind: Kind,
		before: bigint,
		later: bigint,
		near: [from: number, reach: number] | null,
	): Generator<number> {
		const unit = kind.net + kind.tax;
		const { least, most } = this.target;
		const low = Math.max(0, Number((BigInt(least - 1) * ONE - before - later) / unit));
		const high = Math.min(kind.room, Number((BigInt(most + 1) * ONE - before) / unit));
		if (near === null) {
			const stride = Math.max(1, Math.ceil((high - low) / STEPS));
			for (let amount = low; amount <= high; amount += stride) yield amount;
			return;
		}
		if (low > high) return;
		const from = Math.max(low, Math.min(high, near[0]));
		for (let step = 0; step <= near[1]; step++) {
			if (from - step < low && from + step > high) return;
			if (from - step >= low) yield from - step;
			if (step > 0 && from + step <= high) yield from + step;
		}
	}

	/** Looks at what Lago makes of these sums, and keeps the amounts if nothing better was found. */
	private weigh(net: bigint, tax: bigint): void {
		this.triesLeft--;
		const refund = this.target.noteOf(net, tax);
		if (refund < this.target.least || refund > this.target.most) return;
		const cost = this.costOf(refund, net, tax);
		if ((this.best !== null && cost >= this.best.cost) || this.target.isAll(this.amounts)) return;
		this.best = { amounts: [...this.amounts], refund, cost };
		if (cost <= GOOD) this.triesLeft = 0;
		else if (cost < EXACT) this.triesLeft = Math.min(this.triesLeft, AFTER_EXACT);
	}

	/**
	 * Exact before too little before too much; then that a last note can still bring what is left to refund, and as it would have before;
	 * then that the net that is left is far from where rounding turns.
	 */
	private costOf(refund: number, net: bigint, tax: bigint): number {
		const { wanted, left, noteOf } = this.target;
		const off = refund - wanted;
		const inexact = 10 * Math.abs(off) + (off > 0 ? 5 : 0);
		if (left === null) return inexact;
		const netLeft = left.net - net;
		const slack = noteOf(netLeft, left.tax - rounded(tax)) - (left.refundable - refund);
		const edge = Number(netLeft - rounded(netLeft)) / Number(ONE);
		return (
			inexact +
			(slack < 0 ? 0.3 * Math.min(-slack, REPAIRABLE) : Math.abs(slack - this.slack) / 10) +
			Math.abs(edge) / 10
		);
	}
}

/** Whole kinds first, then as much of the next ones as fits. */
function fillUp(kinds: readonly Kind[], wanted: number): number[] {
	let left = BigInt(wanted) * ONE;
	return kinds.map(({ net, tax, room }) => {
		const fits = left / (net + tax);
		const amount = fits < BigInt(room) ? Number(fits) : room;
		left -= BigInt(amount) * (net + tax);
		return amount;
	});
}

/** The kinds to vary: those that differ most, and last the one at which the filling ended. */
function chosen(kinds: readonly Kind[], start: readonly number[]): number[] {
	const indexes = kinds.map((_, index) => index);
	const open = indexes.find((index) => (start[index] ?? 0) < (kinds[index]?.room ?? 0));
	const last = open ?? indexes.length - 1;
	const others = indexes.filter((index) => index !== last);
	const rate = (index: number): bigint => quotient(kinds[index]?.tax ?? 0n, kinds[index]?.net ?? ONE);
	const net = (index: number): bigint => kinds[index]?.net ?? 0n;
	if (kinds.length <= VARIED) return [...others, last].filter((index) => index >= 0);
	const by = (value: (index: number) => bigint): number[] =>
		[...others].sort((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : a - b));
	const [rates, nets] = [by(rate), by(net)];
	const picks = [rates[0], rates.at(-1), nets[0], nets.at(-1), others[0]];
	return [...new Set(picks)].filter((index) => index !== undefined).concat(last);
}

function worthOf(kind: Kind | undefined): bigint {
	return kind === undefined ? 0n : BigInt(kind.room) * (kind.net + kind.tax);
}
