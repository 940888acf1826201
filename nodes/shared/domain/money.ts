/**
 * Money is an integer number of the currency's minor units, everywhere: 1299 is EUR 12.99, 1299 is JPY 1299.
 * Lago (`*_cents`) and Dodo (`amount`, `total_amount`) share this convention, so amounts are compared, never converted.
 */

/** ISO 4217 currencies whose exponent is not 2. */
const EXPONENTS: Readonly<Record<string, number>> = {
	BIF: 0, CLP: 0, DJF: 0, GNF: 0, ISK: 0, JPY: 0, KMF: 0, KRW: 0, PYG: 0, RWF: 0, UGX: 0, UYI: 0, VND: 0, VUV: 0, XAF: 0, XOF: 0, XPF: 0,
	BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3,
};

/** Largest amount Dodo can carry: its fields are int32 (OpenAPI `ProductItemReq.amount`). Minor units of any currency. */
export const MAX_DODO_AMOUNT = 2_147_483_647;

/** Number of decimals of a currency: JPY 0, USD 2, KWD 3. */
export function exponentOf(currency: string): number {
	return EXPONENTS[currency.toUpperCase()] ?? 2;
}

/** Dodo's smallest charges where they are not about half a unit; minor units (docs `features/adaptive-currency`). */
const MINIMUM_CHARGES: Readonly<Record<string, number>> = { AED: 200, GBP: 30, INR: 500, MXN: 1000, NOK: 300, PLN: 200, SEK: 300 };

/** The smallest amount Dodo charges in a currency, minor units: USD 50, JPY 50, KWD 500. */
export function minimumCharge(currency: string): number {
	const exponent = exponentOf(currency);
	return MINIMUM_CHARGES[currency.toUpperCase()] ?? (exponent === 0 ? 50 : 5 * 10 ** (exponent - 1));
}

/** `12995, 'EUR'` -> `EUR 129.95`. For messages to people only; never parsed back. */
export function formatAmount(minorUnits: number, currency: string): string {
	const exponent = exponentOf(currency);
	const sign = minorUnits < 0 ? '-' : '';
	const digits = String(Math.abs(minorUnits)).padStart(exponent + 1, '0');
	if (exponent === 0) return `${currency} ${sign}${digits}`;
	return `${currency} ${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}
