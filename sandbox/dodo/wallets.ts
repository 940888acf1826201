import { wholeUnits } from './currencies';

/** What is sold in one of these is credited as it is; everything else in US dollars (docs `features/account-summary-payout-wallet`). */
const WALLETS: readonly string[] = ['EUR', 'GBP', 'INR', 'USD'];
/** US dollars for one of a currency; made up, but different for each, and the same at all times. */
const USD_FOR_ONE: Readonly<Record<string, number>> = {
	USD: 1,
	EUR: 1.08,
	GBP: 1.27,
	INR: 0.012,
	CHF: 1.1235,
	JPY: 0.0067,
	KWD: 3.25,
};

/** The wallet that money of a currency comes into. */
export function walletOf(currency: string): string {
	return WALLETS.includes(currency) ? currency : 'USD';
}

/** Minor units of one currency as minor units of another one. */
export function converted(amount: number, from: string, to: string): number {
	if (from === to) return amount;
	const dollars = (amount / wholeUnits(from)) * (USD_FOR_ONE[from] ?? 0.5);
	return Math.round((dollars / (USD_FOR_ONE[to] ?? 0.5)) * wholeUnits(to));
}
