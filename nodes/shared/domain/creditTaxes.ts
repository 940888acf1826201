import { decimalOf, exact, exactly, ONE, quotient, rounded, type Decimal } from './exact';

/** A tax as an invoice or one of its fees names it; `rate` in percent. */
export interface NamedTax {
	code: string;
	rate: Decimal;
}

/** What Lago says of the tax of one fee. */
export interface TaxedFee {
	/** Minor units, before coupons and tax. */
	amount: number;
	/** Minor units; may have decimals. */
	couponsAmount: Decimal;
	/** Percent, all taxes together; says nothing of how much of the fee is taxed. */
	taxesRate: Decimal;
	/** Minor units; null when Lago does not say. */
	taxesAmount: number | null;
	/** The same before rounding: `amount` and `tax` in major units, `net` (after coupons) in minor units; null when Lago does not say. */
	precise: { amount: Decimal; net: Decimal; tax: Decimal } | null;
	/** The taxes of this fee; null when Lago does not say. */
	taxes: readonly NamedTax[] | null;
}

/** Nearer to the whole than any share that is meant. */
const SAME = ONE / 10n ** 9n;
/** More taxes than an invoice has; which of them make a rate is found by trying. */
const TAXES_LIMIT = 10;

/**
 * The rate that a credit note taxes each fee with, in percent of what is left of it after coupons
 * (`lago-api:app/services/credit_notes/apply_taxes_service.rb`). A fee may be taxed on a part of its amount only (providers of taxes say
 * so), and for a note Lago takes the part that was taxed of all fees of the invoice with that tax together, in whole minor units.
 */
export function creditTaxes(fees: readonly TaxedFee[], taxes: readonly NamedTax[]): Decimal[] {
	const read = exactly();
	const shares = fees.map((fee) => taxedShare(fee, read));
	const codes = new Set(taxes.map(({ code }) => code));
	if (codes.size === taxes.length && shares.every((share) => share === ONE))
		return fees.map(({ taxesRate }) => taxesRate);
	const subsets = new Map<Decimal, readonly NamedTax[]>();
	const named = fees.map((fee) => {
		const known = fee.taxes ?? subsets.get(fee.taxesRate) ?? taxesOf(fee, taxes);
		subsets.set(fee.taxesRate, known);
		return known;
	});
	const rates = new Map(blended(fees, shares, named, taxes));
	return named.map((own) => decimalOf(own.reduce((sum, { code }) => sum + (rates.get(code) ?? 0n), 0n)));
}

/** The rate of each tax on a note: its own, times the part of all its fees that is taxed. */
function* blended(
	fees: readonly TaxedFee[],
	shares: readonly bigint[],
	named: ReadonlyArray<readonly NamedTax[]>,
	taxes: readonly NamedTax[],
): Generator<[code: string, rate: bigint]> {
	const sums = new Map<string, { rate: Decimal; net: bigint; taxed: bigint }>();
	fees.forEach((fee, index) => {
		const net = BigInt(fee.amount) * ONE - exact(fee.couponsAmount);
		for (const { code, rate } of named[index] ?? []) {
			// Lago takes the first of several taxes with one code.
			const sum = sums.get(code) ?? { rate: taxes.find((tax) => tax.code === code)?.rate ?? rate, net: 0n, taxed: 0n };
			sums.set(code, { ...sum, net: sum.net + net, taxed: sum.taxed + (net * (shares[index] ?? ONE)) / ONE });
		}
	});
	for (const [code, { rate, net, taxed }] of sums) {
		const [whole, part] = [(net / ONE) * ONE, rounded(taxed + SAME)];
		// Nothing taxed is no part to Lago, and so is the whole.
		yield [code, part === 0n || whole === 0n ? exact(rate) : (exact(rate) * quotient(part, whole)) / ONE];
	}
}

/** How much of a fee after coupons was taxed, in parts of {@link ONE}: by the amounts, where they differ from what the rate makes. */
function taxedShare(
	{ amount, couponsAmount, taxesRate, taxesAmount, precise }: TaxedFee,
	read: (value: Decimal) => bigint,
): bigint {
	const rate = read(taxesRate);
	const coupons = read(couponsAmount);
	const net = precise === null ? BigInt(amount) * ONE - coupons : read(precise.net);
	if (net <= 0n) return ONE;
	const taxOf = (whole: bigint): bigint => (whole * rate) / ONE / 100n;
	const by = (tax: bigint, full: bigint): bigint => {
		const share = full === 0n ? ONE : quotient(tax, full);
		return share > ONE - SAME && share < ONE + SAME ? ONE : share;
	};
	if (precise !== null)
		return by(read(precise.tax), taxOf(quotient(read(precise.amount) * net, (net + coupons) * ONE)));
	if (taxesAmount === null) return ONE;
	const [tax, full] = [BigInt(taxesAmount) * ONE, taxOf(net)];
	return rounded(full) === tax ? ONE : by(tax, full);
}

/** The taxes of the invoice that make the rate of a fee together; one without a name when none do. */
function taxesOf({ taxesRate }: TaxedFee, taxes: readonly NamedTax[]): readonly NamedTax[] {
	const wanted = exact(taxesRate);
	const some = taxes.slice(0, TAXES_LIMIT);
	for (let chosen = 1; chosen < 2 ** some.length; chosen++) {
		const subset = some.filter((_, index) => (chosen >> index) % 2 === 1);
		const off = subset.reduce((sum, { rate }) => sum + exact(rate), 0n) - wanted;
		if (off < SAME && off > -SAME) return subset;
	}
	return [{ code: `rate ${taxesRate}`, rate: taxesRate }];
}
