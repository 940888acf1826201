/**
 * Money is an integer number of the currency's minor units, everywhere: 1299 is EUR 12.99, 1299 is JPY 1299.
 * Lago (`*_cents`) and Dodo (`amount`, `total_amount`) share this convention, so amounts are compared, never converted.
 */

/** ISO 4217 currencies whose exponent is not 2. */
const EXPONENTS: Readonly<Record<string, number>> = {
	BIF: 0,
	CLP: 0,
	DJF: 0,
	GNF: 0,
	ISK: 0,
	JPY: 0,
	KMF: 0,
	KRW: 0,
	PYG: 0,
	RWF: 0,
	UGX: 0,
	UYI: 0,
	VND: 0,
	VUV: 0,
	XAF: 0,
	XOF: 0,
	XPF: 0,
	BHD: 3,
	IQD: 3,
	JOD: 3,
	KWD: 3,
	LYD: 3,
	OMR: 3,
	TND: 3,
};

/** Largest amount Dodo can carry: its fields are int32 (OpenAPI `ProductItemReq.amount`). Minor units of any currency. */
export const MAX_DODO_AMOUNT = 2_147_483_647;

/** Number of decimals of a currency: JPY 0, USD 2, KWD 3. */
export function exponentOf(currency: string): number {
	return EXPONENTS[currency.toUpperCase()] ?? 2;
}

/** Knows every code of ISO 4217, those of the past and units of account (CLF) too. */
const names = new Intl.DisplayNames('en', { type: 'currency', fallback: 'none' });

/** The code of a currency, however it is typed: ` eur ` -> `EUR`; null for what is no currency. */
export function currencyOf(text: string): string | null {
	const code = text.trim();
	return /^[A-Za-z]{3}$/.test(code) && names.of(code) !== undefined ? code.toUpperCase() : null;
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
 * @returns the problem as a sentence for a person when the currency has fewer decimals, or nobody owes so much.
 */
export function toMinorUnits({ whole, decimals }: WrittenAmount, currency: string): number | { problem: string } {
	const exponent = exponentOf(currency);
	if (decimals.length > exponent)
		return {
			problem: `${whole}.${decimals} has more decimals than ${currency} has; write it like ${toDecimal(1250 * 10 ** exponent, currency)}`,
		};
	const minorUnits = Number(whole + decimals.padEnd(exponent, '0'));
	return Number.isSafeInteger(minorUnits) ? minorUnits : { problem: `${whole} is too large` };
}

/** `12995, 'EUR'` -> `129.95`: what {@link readAmount} and {@link toMinorUnits} read back. */
export function toDecimal(minorUnits: number, currency: string): string {
	const exponent = exponentOf(currency);
	const sign = minorUnits < 0 ? '-' : '';
	const digits = String(Math.abs(minorUnits)).padStart(exponent + 1, '0');
	return exponent === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/** Dodo's smallest charges where they are not about half a unit; minor units (docs `features/adaptive-currency`). */
const MINIMUM_CHARGES: Readonly<Record<string, number>> = {
	AED: 200,
	GBP: 30,
	INR: 500,
	MXN: 1000,
	NOK: 300,
	PLN: 200,
	SEK: 300,
};

/** The smallest amount Dodo charges in a currency, minor units: USD 50, JPY 50, KWD 500. */
export function minimumCharge(currency: string): number {
	const exponent = exponentOf(currency);
	return MINIMUM_CHARGES[currency.toUpperCase()] ?? (exponent === 0 ? 50 : 5 * 10 ** (exponent - 1));
}

/** `12995, 'EUR'` -> `EUR 129.95`. For messages to people only; never parsed back. */
export function formatAmount(minorUnits: number, currency: string): string {
	return `${currency} ${toDecimal(minorUnits, currency)}`;
}
