import { isCountedAlike, lagoUnits, smallestCharge } from './currencies';
import { formatOf } from './localFormat';

/**
 * Money is an integer number of the currency's smallest unit, everywhere: 1299 is EUR 12.99, 1299 is JPY 1299. Lago (`*_cents`) and Dodo
 * (`amount`, `total_amount`) do not count every currency alike: `currencies.ts` knows which, and only those are compared. Never converted.
 */

/** Largest amount Dodo can carry: its fields are int32 (OpenAPI `ProductItemReq.amount`). Minor units of any currency. */
export const MAX_DODO_AMOUNT = 2_147_483_647;

/** Number of decimals in which a currency is written where so many units are one of it; as Lago counts when nothing is said. */
export function exponentOf(currency: string, units = lagoUnits(currency)): number {
	return units === 1 ? 0 : String(units - 1).length;
}

/** What one unit is in the last decimal: 1, but of fifths 2. */
function stepOf(currency: string, units: number): number {
	return 10 ** exponentOf(currency, units) / units;
}

/**
 * The smallest charge that Dodo publishes for a currency: USD 50, JPY 50, HUF 175; null when it publishes none.
 * @param units how many of what is returned are one of the currency; as Lago counts when nothing is said.
 */
export function minimumCharge(currency: string, units = lagoUnits(currency)): number | null {
	const whole = smallestCharge(currency);
	return whole === null ? null : Math.round(whole * units);
}

/** Knows every code of ISO 4217, those of the past and units of account (CLF) too. */
const names = new Intl.DisplayNames('en', { type: 'currency', fallback: 'none' });

/** The code of a currency, however it is typed: ` eur ` -> `EUR`; null for what is no currency. */
export function currencyOf(text: string): string | null {
	const code = text.trim();
	return /^[A-Za-z]{3}$/.test(code) && names.of(code) !== undefined ? code.toUpperCase() : null;
}

/** The codes in a text such as `HUF, MGA`, and what in it is no currency. */
export function readCurrencies(text: string): { codes: string[]; wrong: string[] } {
	const words = text.split(/[\s,;]/).filter((word) => word !== '');
	return {
		codes: words.flatMap((word) => currencyOf(word) ?? []),
		wrong: words.filter((word) => currencyOf(word) === null),
	};
}

/** An amount as a person wrote it, in no currency yet: digits only. */
export interface WrittenAmount {
	whole: string;
	/** Digits behind the point; empty when there is no point. */
	decimals: string;
}

/**
 * Reads `50.00`, `50`, or the number 50 of an expression. Nothing is guessed: whoever writes `50,00` or `1,250.00` is told so.
 * @returns the problem as a sentence for a person when it is no amount.
 */
export function readAmount(written: unknown): WrittenAmount | { problem: string } {
	const text = typeof written === 'string' || typeof written === 'number' ? String(written).trim() : '';
	if (text === '') return { problem: 'it is empty' };
	const [, whole, decimals = ''] = /^(\d{1,15})(?:\.(\d+))?$/.exec(text) ?? [];
	return whole === undefined
		? { problem: `"${text}" is not an amount; write it with a point and without separators, like 1250.00` }
		: { whole, decimals };
}

/**
 * The amount in minor units: `50.00`, 'EUR' -> 5000; `1200`, 'JPY' -> 1200; `1.250`, 'KWD' -> 1250.
 * @param units how many of the units that are wanted are one of the currency.
 * @returns the problem as a sentence for a person when the currency has fewer decimals, or nobody owes so much.
 */
export function toMinorUnits(
	{ whole, decimals }: WrittenAmount,
	currency: string,
	units = lagoUnits(currency),
): number | { problem: string } {
	const exponent = exponentOf(currency, units);
	if (decimals.length > exponent)
		return {
			problem: `${whole}.${decimals} has more decimals than ${currency} has; write it like ${toDecimal(1250 * units, currency, units)}`,
		};
	const minorUnits = Number(whole + decimals.padEnd(exponent, '0')) / stepOf(currency, units);
	return Number.isSafeInteger(minorUnits) ? minorUnits : { problem: `${whole} is too large` };
}

/** `12995, 'EUR'` -> `129.95`: what {@link readAmount} and {@link toMinorUnits} read back. @param units as there. */
export function toDecimal(minorUnits: number, currency: string, units = lagoUnits(currency)): string {
	const exponent = exponentOf(currency, units);
	const sign = minorUnits < 0 ? '-' : '';
	const digits = String(Math.abs(minorUnits) * stepOf(currency, units)).padStart(exponent + 1, '0');
	return exponent === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/** What Lago counts: `12995, 'EUR'` -> `EUR 129.95`. For messages to people only; never parsed back. */
export function formatAmount(minorUnits: number, currency: string): string {
	return `${currency} ${toDecimal(minorUnits, currency)}`;
}

/** What Lago counts, as people write it: `12995, 'EUR', 'de'` -> `129,95 €`. @param locale a tag of BCP 47. */
export function localAmount(minorUnits: number, currency: string, locale: string): string {
	const digits = exponentOf(currency);
	const style = { style: 'currency', currency, minimumFractionDigits: digits, maximumFractionDigits: digits } as const;
	const format = formatOf(`amount ${locale} ${currency}`, () => new Intl.NumberFormat(locale, style));
	// As text no digit of a large amount is lost.
	return format.format(toDecimal(minorUnits, currency) as `${number}`);
}

/** What Dodo counts, in the same words; where both may not count alike, as the number that Dodo says. */
export function formatDodoAmount(minorUnits: number, currency: string): string {
	return isCountedAlike(currency)
		? formatAmount(minorUnits, currency)
		: `${currency} ${minorUnits} (in the smallest unit of Dodo Payments)`;
}
