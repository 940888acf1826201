import { decimalOf, exact, exactly, ONE, quotient, rounded, type Decimal } from './exact';
import { bestSpread, type Kind } from './refundSpread';

/** One fee of an invoice as Lago credits it: amounts in minor units, before coupons and tax. */
export interface CreditableFee {
	id: string;
	amount: number;
	/** What earlier credit notes took of `amount`. */
	credited: number;
	/** Percent of the amount after coupons that a credit note is taxed with: see {@link creditTaxes}. */
	taxesRate: Decimal;
	/** The fee's share of the coupons; may have decimals. */
	couponsAmount: Decimal;
}

/** How much is to go back, and how much can; minor units, tax included. */
export interface RefundRoom {
	wanted: number;
	/** What was paid and not refunded yet; at least `wanted`. */
	refundable: number;
	/** By how much the taxes of all earlier credit notes were rounded up, less those that were rounded down. */
	taxRounding: Decimal;
}

/** A part of a fee that a credit note gives back, in minor units before coupons and tax. */
export interface CreditedItem {
	feeId: string;
	amount: number;
}

/** The items of a credit note, and the refund that they make, after coupons and tax; minor units. */
export interface Allocation {
	items: CreditedItem[];
	/** What to ask Lago for: at most {@link TOLERANCE} beside what was wanted. */
	refund: number;
}

/** Rounding of tax leaves amounts that no items make; this far beside them some do. */
const TOLERANCE = 1;
/** The same for the refund that takes all that is left, after many partial ones. */
const LAST_TOLERANCE = 5;
/** Lago keeps coupons and tax of a note with five decimals before it rounds them. */
const KEPT = ONE / 100_000n;

/**
 * Spreads a refund over the fees of an invoice so that Lago takes it the first time (`lago-api:app/services/credit_notes/*`): items exclude
 * tax and coupons, the refund includes both, and rounding decides between the cents. It is exact if any spread that was looked at is
 * (all of them, for small invoices), otherwise one minor unit less, or one more where less is impossible. Among equals the one is taken
 * that leaves the fees worth what is left to refund. The note that uses all fees up gives the rounding of tax of the earlier ones back.
 * @returns null when the fees cannot carry that much any more.
 */
export function allocateRefund(
	{ wanted, refundable, taxRounding }: RefundRoom,
	fees: readonly CreditableFee[],
): Allocation | null {
	const items = openItems(fees);
	const open = items.reduce((sum, { amount }) => sum + amount, 0);
	const kinds = kindsOf(fees);
	const net = kinds.reduce((sum, kind) => sum + BigInt(kind.room) * kind.net, 0n);
	const tax = kinds.reduce((sum, kind) => sum + BigInt(kind.room) * kind.tax, -exact(taxRounding));
	const rest = noteOf(net, tax);
	const isLast = wanted === refundable;
	// The last refund takes what is left, though earlier rounding may have cost the fees a cent or two.
	const shortage = isLast ? LAST_TOLERANCE : TOLERANCE;
	if (wanted > rest + shortage || rest <= 0) return null;
	const whole = { items, refund: rest };
	if (wanted === rest) return whole;
	const within = (below: number, above = TOLERANCE): Allocation | null => {
		const spread = bestSpread(kinds, {
			wanted,
			least: Math.max(1, wanted - below),
			most: Math.min(refundable, wanted + above),
			// Nothing has to be left for a next one behind the last refund.
			left: isLast ? null : { net, tax, refundable },
			noteOf,
			// Lago gives rounding back then: that spread is looked at here.
			isAll: (amounts) => amounts.reduce((sum, amount) => sum + amount, 0) === open,
		});
		return spread === null ? null : { items: itemsOf(kinds, spread.amounts), refund: spread.refund };
	};
	// With the last unit rounding of earlier notes goes back: a note without it may be worth more.
	if (wanted > rest) return within(0, 0) ?? whole;
	const near = within(TOLERANCE);
	if (near !== null) return near;
	// What many notes have rounded down comes back with the last unit only: then more is nearer than less.
	return rest <= Math.min(refundable, wanted + TOLERANCE) ? whole : within(LAST_TOLERANCE);
}

/** All that is left of the fees. */
export function openItems(fees: readonly CreditableFee[]): CreditedItem[] {
	return fees
		.filter((fee) => fee.amount > fee.credited)
		.map(({ id, amount, credited }) => ({ feeId: id, amount: amount - credited }));
}

/** The tax on items, in parts of {@link ONE}. */
function taxOf(fees: readonly CreditableFee[], items: readonly CreditedItem[]): bigint {
	const amounts = new Map(items.map(({ feeId, amount }) => [feeId, BigInt(amount)]));
	const read = exactly();
	return fees.reduce((sum, fee) => sum + (amounts.get(fee.id) ?? 0n) * unitOf(fee, read).tax, 0n);
}

/** One unit of a fee, after coupons, and the tax on it, in parts of {@link ONE}. */
function unitOf(
	{ amount, couponsAmount, taxesRate }: CreditableFee,
	read: (value: Decimal) => bigint,
): { net: bigint; tax: bigint } {
	const whole = BigInt(amount) * ONE;
	const coupons = read(couponsAmount);
	const net = amount === 0 ? ONE : quotient(whole - coupons, whole);
	return { net, tax: (net * read(taxesRate)) / (100n * ONE) };
}

/** The refund of a note: net and tax are each kept with five decimals, then rounded. Whole minor units. */
function noteOf(net: bigint, tax: bigint): number {
	return Number((rounded(rounded(net, KEPT)) + rounded(rounded(tax, KEPT))) / ONE);
}

/** Fees of which one unit is worth the same, together; those that coupons leave nothing of are in none. */
interface OpenKind extends Kind {
	items: CreditedItem[];
}

function kindsOf(fees: readonly CreditableFee[]): OpenKind[] {
	const kinds = new Map<string, OpenKind>();
	const read = exactly();
	for (const fee of fees) {
		const left = fee.amount - fee.credited;
		if (left <= 0) continue;
		const { net, tax } = unitOf(fee, read);
		if (net <= 0n) continue;
		const key = `${net} ${tax}`;
		const kind = kinds.get(key) ?? { net, tax, room: 0, items: [] };
		kind.room += left;
		kind.items.push({ feeId: fee.id, amount: left });
		kinds.set(key, kind);
	}
	return [...kinds.values()];
}

/** Amounts of kinds as amounts of their fees, whole fees first. */
function itemsOf(kinds: readonly OpenKind[], amounts: readonly number[]): CreditedItem[] {
	return kinds.flatMap(({ items }, index) => {
		let left = amounts[index] ?? 0;
		return items.flatMap(({ feeId, amount }) => {
			const given = Math.min(left, amount);
			left -= given;
			return given > 0 ? [{ feeId, amount: given }] : [];
		});
	});
}

/** What Lago says that items are: their coupons and tax, minor units before rounding. */
export interface SaidOfItems {
	couponsAmount: Decimal;
	taxesAmount: Decimal;
}

/** The fees with the rate by which the tax of these items is what Lago says: for a tax that the invoice does not show as it is. */
export function asLagoTaxes(
	fees: readonly CreditableFee[],
	{ taxRounding }: Pick<RefundRoom, 'taxRounding'>,
	items: readonly CreditedItem[],
	said: SaidOfItems,
): CreditableFee[] {
	const sum = items.reduce((total, { amount }) => total + BigInt(amount), 0n);
	const open = openItems(fees).reduce((total, { amount }) => total + BigInt(amount), 0n);
	const net = sum * ONE - exact(said.couponsAmount);
	if (net <= 0n) return [...fees];
	const givenBack = sum === open ? exact(taxRounding) : 0n;
	const more = quotient(100n * (exact(said.taxesAmount) + givenBack - taxOf(fees, items)), net);
	const given = new Set(items.map(({ feeId }) => feeId));
	// Fees of one rate have the same taxes, as far as the invoice shows.
	const rates = new Set(fees.filter(({ id }) => given.has(id)).map(({ taxesRate }) => taxesRate));
	return fees.map((fee) =>
		rates.has(fee.taxesRate) ? { ...fee, taxesRate: decimalOf(exact(fee.taxesRate) + more) } : fee,
	);
}
