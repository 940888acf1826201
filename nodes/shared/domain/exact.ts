/** A decimal number as JSON brings it: a number, or text where it has more digits than a number keeps. */
export type Decimal = number | string;

const DECIMALS = 30;
/** One whole, in the parts that sums are counted in: so many that what they leave out never decides between two cents. */
export const ONE = 10n ** BigInt(DECIMALS);
/** What is left out of the sums of the largest invoices is less. */
const NEGLIGIBLE = ONE / 10n ** 15n;

/**
 * A decimal in parts of {@link ONE}.
 * @throws RangeError for what is no decimal number.
 */
export function exact(value: Decimal): bigint {
	if (Number.isSafeInteger(value)) return BigInt(value) * ONE;
	const [, sign, whole = '', fraction = '', power = '0'] =
		/^(-?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(String(value).trim()) ?? [];
	if (whole + fraction === '') throw new RangeError(`${value} is no decimal number`);
	const digits = BigInt(`${sign}${whole}${fraction}`);
	if (digits === 0n) return 0n;
	const shift = DECIMALS - fraction.length + Number(power);
	return shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
}

/** The same, for many values of which most come again. */
export function exactly(): (value: Decimal) => bigint {
	const known = new Map<Decimal, bigint>();
	return (value) => {
		const parts = known.get(value) ?? exact(value);
		known.set(value, parts);
		return parts;
	};
}

/** The decimal of some parts of {@link ONE}, as text. */
export function decimalOf(parts: bigint): string {
	const digits = String(parts < 0n ? -parts : parts).padStart(DECIMALS + 1, '0');
	return `${parts < 0n ? '-' : ''}${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`;
}

/** The nearest whole multiple of `unit`, a half away from zero, as Ruby rounds; all in parts of {@link ONE}. */
export function rounded(parts: bigint, unit: bigint = ONE): bigint {
	const size = parts < 0n ? -parts : parts;
	const near = ((size + NEGLIGIBLE + unit / 2n) / unit) * unit;
	return parts < 0n ? -near : near;
}

/**
 * `amount * of / whole` in whole minor units: half up, or up. The product of two amounts of Dodo has more digits than a number keeps.
 * None is negative; of nothing there is nothing.
 */
export function proportion(amount: number, of: number, whole: number, round: 'near' | 'up' = 'near'): number {
	if (whole === 0) return 0;
	const [product, divisor] = [BigInt(amount) * BigInt(of), BigInt(whole)];
	return Number(round === 'up' ? (product + divisor - 1n) / divisor : (2n * product + divisor) / (2n * divisor));
}

/** `a / b` of two numbers in parts of {@link ONE}, to the nearest part. */
export function quotient(a: bigint, b: bigint): bigint {
	return (a * ONE + (a < 0n ? -b : b) / 2n) / b;
}
