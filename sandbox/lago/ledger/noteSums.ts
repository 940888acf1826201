import type { CreditNoteItem, Fee, Invoice } from '../documents';
import { taxingOf } from './fees';

type Item = Pick<CreditNoteItem, 'fee' | 'precise_amount_cents'>;

/** What items come to, minor units: coupons and taxes with five decimals, as Lago keeps them. */
export interface NoteSums {
	items: number;
	coupons: number;
	taxes: number;
}

/** Items of a note, its coupons and taxes (`lago-api:services/credit_notes/{apply_taxes,create}_service.rb`). */
export function noteSums(invoice: Invoice, items: readonly Item[], givenBack = 0): NoteSums {
	return {
		items: sum(items, (item) => item.precise_amount_cents),
		coupons: five(sum(items, couponShare)),
		taxes: five(five(sum(noteTaxes(invoice, items), ({ tax }) => tax)) - givenBack),
	};
}

/** The taxes of items, one for each rate, minor units before rounding; `net` is what is left after coupons, `base` what of it is taxed. */
export function noteTaxes(
	invoice: Invoice,
	items: readonly Item[],
): Array<{ rate: number; net: number; base: number; tax: number }> {
	const rates = [...new Set(items.flatMap(({ fee }) => taxingOf(fee).rates))];
	return rates.map((rate) => {
		const taxed = items.filter(({ fee }) => taxingOf(fee).rates.includes(rate));
		const net = sum(taxed, (item) => item.precise_amount_cents - couponShare(item));
		const base = net * taxedPart(invoice, rate);
		return { rate, net, base, tax: (base * rate) / 100 };
	});
}

/** The taxes of a whole invoice, likewise; each fee by its own part. */
export function invoiceTaxes(fees: readonly Fee[]): Array<{ rate: number; net: number; tax: number }> {
	const rates = [...new Set(fees.flatMap((fee) => taxingOf(fee).rates))];
	return rates.map((rate) => {
		const taxed = fees.filter((fee) => taxingOf(fee).rates.includes(rate));
		return { rate, net: sum(taxed, netOf), tax: (sum(taxed, (fee) => netOf(fee) * taxingOf(fee).base) * rate) / 100 };
	});
}

/** The rate of all items together, weighted. */
export function averageRate(invoice: Invoice, items: readonly Item[]): number {
	const all = sum(items, (item) => item.precise_amount_cents - couponShare(item));
	const weighted = sum(noteTaxes(invoice, items), ({ rate, net }) => rate * net);
	return all === 0 ? 0 : five(weighted / all);
}

/** What is taxed of a fee: its amount minus its share of the coupons. */
export function netOf(fee: Fee): number {
	return fee.amount_cents - Number(fee.precise_coupons_amount_cents);
}

/**
 * A note takes the part that a provider taxed of all fees with that tax together, both in whole minor units; nothing taxed counts as all
 * (`lago-api:models/invoice/applied_tax.rb`).
 */
function taxedPart({ fees }: Invoice, rate: number): number {
	if (fees.every((fee) => taxingOf(fee).base === 1)) return 1;
	const taxed = fees.filter((fee) => taxingOf(fee).rates.includes(rate));
	const part = Math.round(five(sum(taxed, (fee) => netOf(fee) * taxingOf(fee).base)));
	const whole = Math.trunc(five(sum(taxed, netOf)));
	return part === 0 || whole === 0 ? 1 : part / whole;
}

/** An item's share of the coupons of its fee. */
function couponShare({ fee, precise_amount_cents: amount }: Item): number {
	return fee.amount_cents === 0 ? 0 : Number(fee.precise_coupons_amount_cents) * (amount / fee.amount_cents);
}

function five(value: number): number {
	return Math.round(value * 1e5) / 1e5;
}

function sum<T>(items: readonly T[], pick: (item: T) => number): number {
	return items.reduce((total, item) => total + pick(item), 0);
}
