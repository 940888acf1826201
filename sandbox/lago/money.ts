const ZERO_DECIMALS = [
	'BIF',
	'CLP',
	'DJF',
	'GNF',
	'ISK',
	'JPY',
	'KMF',
	'KRW',
	'PYG',
	'RWF',
	'UGX',
	'VND',
	'VUV',
	'XAF',
	'XOF',
	'XPF',
];
const THREE_DECIMALS = ['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'];

/** How many minor units make one major unit of a currency. */
export function subunits(currency: string): number {
	return ZERO_DECIMALS.includes(currency) ? 1 : THREE_DECIMALS.includes(currency) ? 1000 : 100;
}

/** A number as Ruby writes a decimal: `20.0`. */
export function decimal(value: number): string {
	const rounded = Math.round(value * 1e10) / 1e10;
	return Number.isInteger(rounded) ? `${rounded}.0` : String(rounded);
}

/** Minor units as a decimal string in major units. */
export function major(cents: number, currency: string): string {
	return decimal(cents / subunits(currency));
}
