/*
 * What Dodo takes: the currencies of its OpenAPI file 1.86.0, and the smallest charge in each as its documentation publishes it
 * (`features/adaptive-currency`; ANG and SRD as of September 2025; USD: `features/payment-methods`). In whole units of CLP and MGA.
 */
const CODES =
	'AED ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BWP BYN BZD CAD CHF CLP CNY COP CRC CUP CVE CZK DJF ' +
	'DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD JMD JOD JPY KES KGS KHR KMF KRW ' +
	'KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK ' +
	'PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SZL THB TND TOP TRY TTD TWD TZS UAH UGX USD ' +
	'UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW';

/** Smallest units of the currency. */
const MINIMUMS: ReadonlyArray<[least: number, codes: string]> = [
	[30, 'GBP'],
	[50, 'AUD BRL CAD CHF EUR JPY KRW SGD USD'],
	[100, 'BMD BND BSD NZD'],
	[200, 'AED ANG AWG AZN BAM BZD FJD PLN RON SAR TOP WST'],
	[250, 'DKK'],
	[300, 'GEL ILS NOK PEN QAR SEK XAF XOF'],
	[400, 'CNY HKD MYR PGK'],
	[500, 'BOB INR'],
	[1_000, 'CLP GTQ MAD MOP MXN SBD'],
	[1_500, 'BWP CZK MVR SCR'],
	[2_000, 'LSL SZL TRY TWD ZAR'],
	[2_500, 'HNL THB'],
	[3_000, 'ZMW'],
	[4_000, 'PYG'],
	[5_000, 'ALL EGP MKD MUR PHP SRD UYU'],
	[6_000, 'RSD'],
	[10_000, 'BDT DOP ETB GMD'],
	[12_000, 'VND'],
	[15_000, 'NPR'],
	[17_500, 'HUF'],
	[20_000, 'GYD LRD'],
	[30_000, 'LKR'],
	[50_000, 'AMD CRC KZT'],
	[100_000, 'ARS'],
	[200_000, 'MWK NGN'],
	[300_000, 'TZS'],
	[850_000, 'IDR'],
];

/** Every currency that the API takes. */
export const CURRENCIES: readonly string[] = CODES.split(' ');

/** The smallest charge of a currency, smallest units; 1 where none is published. */
export function leastCharge(currency: string): number {
	return MINIMUMS.find(([, codes]) => codes.split(' ').includes(currency))?.[0] ?? 1;
}

const WITHOUT_DECIMALS = 'BIF DJF GNF JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF'.split(' ');
const THREE_DECIMALS = 'BHD IQD JOD KWD LYD OMR TND'.split(' ');

/** How many smallest units are one of the currency. */
export function wholeUnits(currency: string): number {
	return WITHOUT_DECIMALS.includes(currency) ? 1 : THREE_DECIMALS.includes(currency) ? 1_000 : 100;
}
