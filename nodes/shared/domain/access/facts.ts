import type { OwedFacts } from '../owed';

/** What the books say about one customer, as far as access depends on it. Times are ms since 1970 (UTC), amounts minor units. */
export interface AccessFacts {
	customer: { externalId: string; /** IANA name. */ timeZone: string };
	subscriptions: readonly SubscriptionFacts[];
	invoices: readonly AccessInvoice[];
}

/** One row of Lago's subscriptions. Up- and downgrades and new starts give the same external id to several rows. */
export interface SubscriptionFacts {
	id: string;
	externalId: string;
	/** `pending | active | terminated | canceled | incomplete`. */
	status: string;
	/** When it starts, or started. */
	startsAt: number;
	/** When it was terminated or canceled. */
	endedAt: number | null;
	/** Lago ends it at the beginning of this day on the customer's clock (`lago-api:clock/terminate_ended_subscriptions_job.rb`). */
	endingAt: number | null;
	/** It follows another plan under the same external id, so nobody waits for a first payment. */
	replacesAnother: boolean;
	/** When it ends early, the unused days stay paid for; otherwise Lago gives them back (`on_termination_credit_note`). */
	keepsUnusedDays: boolean;
	/** Its first invoice is due by now but not there yet. */
	awaitsFirstInvoice: boolean;
}

/** An invoice with what ties it to subscriptions. */
export interface AccessInvoice extends OwedFacts {
	id: string;
	number: string;
	/** `subscription | one_off | credit | progressive_billing | ...`. */
	type: string;
	currency: string;
	totalPaid: number;
	/** `YYYY-MM-DD` on the customer's calendar. */
	issuedOn: string;
	dueOn: string;
	/** When a dispute took the money back; null as well when it was won after all, or the money was paid again. */
	disputeLostAt: number | null;
	/** When the first of its tries failed; null when nobody wrote it down. */
	failedAt: number | null;
	/** Money is on its way: a direct debit takes days. */
	isUnderWay: boolean;
	covers: readonly CoveredSubscription[];
}

export interface CoveredSubscription {
	/** The row. */
	subscriptionId: string;
	externalId: string;
	/** It is the invoice that a new subscription begins with. */
	isFirst: boolean;
	/** The end of what it pays in advance; null for arrears. */
	prepaidUntil: number | null;
}

/**
 * Facts as they stand now. The clocks of Lago and Dodo may run ahead of ours: what the books say has happened is not still to come.
 * @param now ms since 1970, on our clock.
 */
export function asHappened({ customer, subscriptions, invoices }: AccessFacts, now: number): AccessFacts {
	const past = <T extends number | null>(at: T): T | number => (at !== null && at > now ? now : at);
	return {
		customer,
		subscriptions: subscriptions.map((row) => {
			const hasStarted = row.status === 'active' || row.status === 'terminated';
			return { ...row, startsAt: hasStarted ? past(row.startsAt) : row.startsAt, endedAt: past(row.endedAt) };
		}),
		invoices: invoices.map((invoice) => ({
			...invoice,
			disputeLostAt: past(invoice.disputeLostAt),
			failedAt: past(invoice.failedAt),
		})),
	};
}
