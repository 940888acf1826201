/** Units of the gem money 7.0.2 in one of a currency; 100 of all others. */
const SUBUNITS: Readonly<Record<number, string>> = {
	1: 'BIF CLP DJF GNF HUF ISK JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF',
	5: 'MRO',
	1000: 'BHD JOD KWD',
	10_000: 'CLF',
};

/** How many minor units make one major unit of a currency. */
export function subunits(currency: string): number {
	return Number(Object.entries(SUBUNITS).find(([, codes]) => codes.split(' ').includes(currency))?.[0] ?? 100);
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
