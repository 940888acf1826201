import { held, type Held } from './outcome';

/*
 * How both services count money, read on 2026-11-28. What neither documents is not filled in.
 * LAGO: currencies of lago-api `models/concerns/currencies.rb` (main, 2026-08-21), units of the gem money 7.0.2 `config/currency_iso.json`,
 * MRO of `currency_backwards_compatible.json`; BHD, CLF, HUF, JOD, KWD, MGA and MRO were asked of a running Lago as well.
 * DODO: currencies of its OpenAPI file 1.86.0; units of dodo-customer-portal `lib/currency-helper.ts` (2026-08-20), where that names the
 * currency and the decimals in docs `features/adaptive-currency` do not contradict it.
 * SMALLEST: docs `features/adaptive-currency` (dodo-docs 20aa4c6), ANG and SRD of its page of 2025-09-18, USD of `features/payment-methods`.
 */
type Units = ReadonlyArray<readonly [unitsInOne: number, codes: string]>;

const LAGO: Units = [
	[1, 'BIF CLP DJF GNF HUF ISK JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF'],
	[5, 'MRO'],
	[1_000, 'BHD JOD KWD'],
	[10_000, 'CLF'],
];

const DODO: Units = [
	[1, 'BIF DJF GNF JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF'],
	[
		100,
		'AED ALL AMD ANG ARS AUD AWG AZN BAM BDT BMD BND BOB BRL BSD BWP BZD CAD CHF CNY CRC CZK DKK DOP EGP ETB EUR FJD GBP GEL GMD GTQ GYD ' +
			'HKD HNL HUF IDR ILS INR KZT LKR LRD LSL MAD MKD MOP MUR MVR MWK MXN MYR NGN NOK NPR NZD PEN PGK PHP PLN QAR RON RSD SAR SBD SCR ' +
			'SEK SGD SRD SZL THB TOP TRY TWD TZS USD UYU WST ZAR ZMW',
	],
];
/** Taken by its API, but its portal does not name them: everything that it does not name has two decimals there. */
const DODO_UNNAMED =
	'AOA BBD BGN BYN COP CUP CVE DZD FKP GHS GIP HRK HTG JMD KES KGS KHR KYD LAK LBP MDL MMK MNT MRU MZN NAD NIO PAB PKR RUB SHP SLE SLL ' +
	'SOS SSP STN SVC TTD UAH UZS VES XCD YER';
/** Taken by its API; of these its portal, its documentation and ISO 4217 do not say the same. */
const DODO_CONTRADICTORY = 'BHD CLP IQD JOD KWD LYD MGA OMR TND';

/** In whole units of the currency. */
const SMALLEST: ReadonlyArray<readonly [amount: number, codes: string]> = [
	[0.3, 'GBP'],
	[0.5, 'AUD BRL CAD CHF EUR SGD USD'],
	[1, 'BMD BND BSD NZD'],
	[2, 'AED ANG AWG AZN BAM BZD FJD PLN RON SAR TOP WST'],
	[2.5, 'DKK'],
	[3, 'GEL ILS NOK PEN QAR SEK'],
	[4, 'CNY HKD MYR PGK'],
	[5, 'BOB INR'],
	[10, 'GTQ MAD MOP MXN SBD'],
	[15, 'BWP CZK MVR SCR'],
	[20, 'LSL SZL TRY TWD ZAR'],
	[25, 'HNL THB'],
	[30, 'ZMW'],
	[50, 'ALL EGP JPY KRW MKD MUR PHP SRD UYU'],
	[60, 'RSD'],
	[100, 'BDT DOP ETB GMD'],
	[150, 'NPR'],
	[175, 'HUF'],
	[200, 'GYD LRD'],
	[300, 'LKR XAF XOF'],
	[500, 'AMD CRC KZT'],
	[1_000, 'ARS CLP'],
	[2_000, 'MWK NGN'],
	[3_000, 'TZS'],
	[4_000, 'PYG'],
	[8_500, 'IDR'],
	[12_000, 'VND'],
];

const tableOf = (rows: Units): ReadonlyMap<string, number> =>
	new Map(rows.flatMap(([value, codes]) => codes.split(' ').map((code): [string, number] => [code, value])));
const lago = tableOf(LAGO);
const dodo = tableOf(DODO);
const dodoAtAll = tableOf([...DODO, [100, DODO_UNNAMED], [NaN, DODO_CONTRADICTORY]]);
const smallest = tableOf(SMALLEST);

/** How many of the units that Lago counts (`*_cents`) are one of the currency: EUR 100, HUF 1, KWD 1000. */
export function lagoUnits(currency: string): number {
	return lago.get(currency.toUpperCase()) ?? 100;
}

/** How many of the units that Dodo counts are one of the currency: EUR 100, JPY 1; null where its documents do not agree. */
export function dodoUnits(currency: string): number | null {
	return dodoAtAll.get(currency.toUpperCase()) || null;
}

/** Whether Dodo's API takes the currency at all. */
export function isAtDodo(currency: string): boolean {
	return dodoAtAll.has(currency.toUpperCase());
}

/** Whether both services are known to mean the same by a number. */
export function isCountedAlike(currency: string): boolean {
	return dodo.get(currency.toUpperCase()) === lagoUnits(currency);
}

/** The smallest charge that Dodo publishes, in whole units: USD 0.5, JPY 50; null when it publishes none. */
export function smallestCharge(currency: string): number | null {
	return smallest.get(currency.toUpperCase()) ?? null;
}

/**
 * What must not be compared or moved, because the same number may be another amount on the other side.
 * @param saidAlike whether the merchant says that both count the currency alike.
 * @param what what stays undone, as a sentence without its end.
 * @param instead what to do by hand.
 * @returns null when there is nothing against it.
 */
export function unclearUnit(currency: string, saidAlike: boolean, what: string, instead: string): Held | null {
	if (!isAtDodo(currency))
		return held(
			'currency_unit_unclear',
			`${what}: Dodo Payments does not have ${currency}.`,
			`${instead}. Bill this customer in another currency from now on.`,
		);
	if (saidAlike || isCountedAlike(currency)) return null;
	const atDodo = dodo.get(currency);
	const how = atDodo === undefined ? 'how Dodo Payments does is not known' : `Dodo Payments in ${PARTS[atDodo]}`;
	return held(
		'currency_unit_unclear',
		`${what}: Lago counts ${currency} in ${PARTS[lagoUnits(currency)]}, ${how}.`,
		`${instead}. When you have seen that both count ${currency} alike, name it in "Currencies Counted Alike" of the Lago credential.`,
	);
}

const PARTS: Readonly<Record<number, string>> = { 1: 'whole units', 100: 'hundredths', 1_000: 'thousandths' };
