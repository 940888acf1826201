import type { INodeProperties } from 'n8n-workflow';

/**
 * The versions of our nodes since which amounts in fields are written as 50.00 (before: minor units), a refund says how much goes back, and
 * Get Many shows everything unless it is told otherwise.
 */
export const DECIMAL_AMOUNTS = { dodoPayments: 1.1, lago: 1.2, lagoAccessTrigger: 1.3 } as const;

/**
 * The versions since which an operation that ends an event marks it as processed by itself, has no outputs but its good ways and Needs a
 * Person, and hands on what failed before it instead of failing with it.
 */
export const ENDS_EVENTS = { dodoPayments: 1.2, lago: 1.3 } as const;

/** The versions since which a reconciliation leaves alone what was open before its workflow was there, unless it is told otherwise. */
export const FROM_NOW_ON = { lago: 1.4 } as const;

type Conditions = NonNullable<NonNullable<INodeProperties['displayOptions']>['show']>;

/** Shows a field in this version of its node and later ones; for `displayOptions.show`. */
export function since(version: number): Conditions {
	return { '@version': [{ _cnd: { gte: version } }] };
}

/** Shows a field only in versions before this one. */
export function before(version: number): Conditions {
	return { '@version': [{ _cnd: { lt: version } }] };
}
