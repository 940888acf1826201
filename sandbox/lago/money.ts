/** What Lago bills in (`lago-api:app/models/concerns/currencies.rb`). */
const CURRENCIES = (
	'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CLF CLP CNY ' +
	'COP CRC CVE CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR ' +
	'ISK JMD JOD JPY KES KGS KHR KMF KRW KWD KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRO MUR MVR MWK MXN MYR ' +
	'MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SEK SGD SHP SLL SOS SRD STD SZL ' +
	'THB TJS TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VND VUV WST XAF XCD XOF XPF YER ZAR ZMW'
).split(' ');
/** Minor units of a major one where they are not 100 (`money` 7.0.2). */
const SUBUNITS: ReadonlyArray<[count: number, currencies: string]> = [
	[1, 'BIF CLP DJF GNF HUF ISK JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF'],
	[5, 'MRO'],
	[1000, 'BHD JOD KWD'],
	[10_000, 'CLF'],
];

/** Whether a customer can be billed in it. */
export function isCurrency(code: string): boolean {
	return CURRENCIES.includes(code);
}

/** How many minor units make one major unit of a currency. */
export function subunits(currency: string): number {
	return SUBUNITS.find(([, currencies]) => currencies.split(' ').includes(currency))?.[0] ?? 100;
}

/** A number without what binary fractions add to it. */
export function decimals(value: number): number {
	return Math.round(value * 1e8) / 1e8;
}

/** A number as Ruby writes a decimal: `20.0`. */
export function decimal(value: number): string {
	const rounded = decimals(value);
	return Number.isInteger(rounded) ? `${rounded}.0` : String(rounded);
}

/** Minor units as a decimal string in major units. */
export function major(cents: number, currency: string): string {
	return decimal(cents / subunits(currency));
}
