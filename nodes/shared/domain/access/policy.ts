import { currencyOf, readAmount, toDecimal, toMinorUnits } from '../money';

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
	/** Codes of the billing entities whose invoices count; none for all. */
	billingEntities?: readonly string[];
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

/** How the amount of a limit is written: `EUR:50.00`, or `EUR:5000` as variables and nodes of an older version have it. */
export type LimitsWritten = 'decimal' | 'minor units';

const EXAMPLES: Readonly<Record<LimitsWritten, string>> = {
	decimal: 'one looks like EUR:50.00, and a comma stands only between two of them',
	'minor units': 'one looks like EUR:5000, which is EUR 50.00',
};

/**
 * Reads limits, e.g. `EUR:50.00, USD:50.00`.
 * @returns minor units by currency, or the problem as a sentence for a person.
 */
export function parseLimits(
	text: string,
	written: LimitsWritten = 'minor units',
): Record<string, number> | { problem: string } {
	const limits: Record<string, number> = {};
	for (const part of text
		.split(',')
		.map((one) => one.trim())
		.filter((one) => one !== '')) {
		const [, name = '', amount] = /^([^:]+):([^:]+)$/.exec(part) ?? [];
		const code = currencyOf(name);
		const limit = code === null || amount === undefined ? null : limitIn(amount.trim(), code, written);
		if (code === null || limit === null) return { problem: `"${part}" is not a limit; ${EXAMPLES[written]}` };
		if (typeof limit !== 'number') return limit;
		if (code in limits) return { problem: `${code} has two limits` };
		limits[code] = limit;
	}
	return limits;
}

function limitIn(amount: string, currency: string, written: LimitsWritten): number | { problem: string } | null {
	if (written === 'minor units') return /^\d{1,15}$/.test(amount) ? Number(amount) : null;
	const read = readAmount(amount);
	return 'problem' in read ? null : toMinorUnits(read, currency);
}

/** The limits as {@link parseLimits} reads them where amounts are decimal: `EUR:50.00,JPY:5000`. */
export function writeLimits(limits: Readonly<Record<string, number>>): string {
	return Object.entries(limits)
		.map(([currency, amount]) => `${currency}:${toDecimal(amount, currency)}`)
		.join(',');
}
