import { leastCharge } from './currencies';
import { refuse, type Price } from './state';

/** Tax that Dodo owes in a country, percent; made up, but different for each. */
const TAX_PERCENT: Readonly<Record<string, number>> = { DE: 19, FR: 20, NL: 21, SE: 25, GB: 20, IN: 18, US: 0, JP: 10 };

export const MAX_INT32 = 2_147_483_647;

/** Percent of tax in a country, 0 where none is known. */
export function taxPercent(country: string): number {
	return TAX_PERCENT[country] ?? 0;
}

/** What a customer in a country pays for an amount: tax inside it or on top of it. */
export function taxed(
	amount: number,
	{ tax_inclusive }: Pick<Price, 'tax_inclusive'>,
	country: string,
): { total: number; tax: number } {
	const percent = taxPercent(country);
	if (tax_inclusive) return { total: amount, tax: amount - Math.round((amount * 100) / (100 + percent)) };
	const tax = Math.round((amount * percent) / 100);
	return { total: amount + tax, tax };
}

/** Refuses what is below Dodo's minimum or beyond int32. */
export function checkTotal(total: number, currency: string): void {
	if (total > MAX_INT32) refuse(422, 'INVALID_REQUEST_BODY', 'The cart total is too large');
	if (total < leastCharge(currency))
		refuse(
			422,
			'TOTAL_PAYMENT_AMOUNT_BELOW_MINIMUM_AMOUNT',
			`Total payment amount is below the minimum for ${currency}`,
		);
}
