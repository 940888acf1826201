/** When access is taken away. Nothing does unless it is switched on. */
export interface AccessPolicy {
	/** As soon as a payment has failed, was reversed, or was lost in a dispute. */
	restrictImmediately: boolean;
	/** So many days after the due date; 1 is the first day on which an invoice is overdue. Null: never. */
	restrictAfterDays: number | null;
	/** When more than this is overdue in a currency: minor units by currency. */
	restrictAbove: Readonly<Record<string, number>>;
	/** When so many invoices are overdue. Null: never. */
	restrictAfterInvoices: number | null;
	/** Whole days between one of these and the restriction. */
	graceDays: number;
	/** A new subscription begins when its first invoice is paid. */
	waitForFirstPayment: boolean;
	/** After its end a subscription goes on to the end of what was paid in advance. */
	keepPrepaidPeriod: boolean;
	/** `customer`: whatever the customer owes counts for all of their subscriptions. */
	scope: 'subscription' | 'customer';
	/** External ids of customers that no rule touches. */
	exempt: readonly string[];
}

/** Restricts nobody. */
export const HARMLESS: AccessPolicy = {
	restrictImmediately: false,
	restrictAfterDays: null,
	restrictAbove: {},
	restrictAfterInvoices: null,
	graceDays: 0,
	waitForFirstPayment: false,
	keepPrepaidPeriod: false,
	scope: 'subscription',
	exempt: [],
};

/**
 * Reads `EUR:5000,USD:5000`, minor units.
 * @returns the limits, or the problem as a sentence for a person.
 */
export function parseLimits(text: string): Record<string, number> | { problem: string } {
	const limits: Record<string, number> = {};
	for (const part of text.split(',').map((one) => one.trim()).filter((one) => one !== '')) {
		const [, currency, amount] = /^([A-Za-z]{3})\s*:\s*(\d{1,15})$/.exec(part) ?? [];
		if (currency === undefined) return { problem: `"${part}" is not a limit; one looks like EUR:5000, which is EUR 50.00` };
		const code = currency.toUpperCase();
		if (code in limits) return { problem: `${code} has two limits` };
		limits[code] = Number(amount);
	}
	return limits;
}
