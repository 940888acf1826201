import type { Calendar } from '../calendar';
import { FIRST_INVOICE_MS } from '../keys';
import { owedOn } from '../owed';
import { wasTakenBack } from './debts';
import type { AccessFacts, SubscriptionFacts } from './facts';
import type { AccessPolicy } from './policy';
import { lifeOf, reasonOf, type AccessReason } from './reasons';

/** When access begins by time alone. Lago starts a subscription by a job, and only then says what there is to pay. */
export function accessBegins({ startsAt }: SubscriptionFacts, { waitForFirstPayment }: AccessPolicy): number {
	return waitForFirstPayment ? startsAt + FIRST_INVOICE_MS : startsAt;
}

/** When a row ends; Infinity when nobody has said so. */
export function endOf({ status, startsAt, endedAt, endingAt }: SubscriptionFacts, calendar: Calendar): number {
	if (status === 'terminated' || status === 'canceled') return endedAt ?? startsAt;
	return endingAt === null ? Infinity : calendar.startOfDay(calendar.dayOf(endingAt));
}

/** When the customer began with what `row` continues. */
export function beginningOf(row: SubscriptionFacts, newestFirst: readonly SubscriptionFacts[]): number {
	let first = row;
	for (const older of newestFirst.slice(newestFirst.indexOf(row) + 1)) {
		if (!first.replacesAnother) break;
		first = older;
	}
	return first.startsAt;
}

/** The end of what was paid in advance, of all rows that keep it. */
export function prepaidEnd(rows: readonly SubscriptionFacts[], { invoices }: AccessFacts): number {
	const keeping = new Set(
		rows
			.filter(({ status, keepsUnusedDays, endingAt }) => status === 'active' || keepsUnusedDays || endingAt !== null)
			.map(({ id }) => id),
	);
	let end = -Infinity;
	for (const { covers, ...invoice } of invoices) {
		const { status, paymentStatus } = invoice;
		if (status !== 'finalized' || paymentStatus !== 'succeeded' || owedOn(invoice).amount > 0) continue;
		for (const { subscriptionId, prepaidUntil } of covers)
			if (prepaidUntil !== null && keeping.has(subscriptionId)) end = Math.max(end, prepaidUntil);
	}
	return end;
}

/** What a new subscription still waits for; undefined when for nothing. */
export function firstPaymentOf(
	row: SubscriptionFacts,
	{ invoices }: AccessFacts,
	policy: AccessPolicy,
): { until: number; reason: AccessReason } | undefined {
	// Lago itself waits for the payment of these.
	if (row.status === 'incomplete')
		return { until: Infinity, reason: lifeOf('first_payment', row.startsAt, 'Lago activates the subscription') };
	if (!policy.waitForFirstPayment || row.replacesAnother) return undefined;
	const unpaid = invoices.find(
		(invoice) =>
			(invoice.status === 'draft' ||
				(invoice.status === 'finalized' && invoice.paymentStatus !== 'succeeded' && invoice.totalDue > 0)) &&
			!wasTakenBack(invoice) &&
			invoice.covers.some(({ subscriptionId, isFirst }) => isFirst && subscriptionId === row.id),
	);
	if (unpaid)
		return {
			until: Infinity,
			reason: reasonOf(
				'first_payment',
				unpaid,
				unpaid.totalDue,
				row.startsAt,
				`the first invoice, ${unpaid.number}, is paid`,
			),
		};
	if (!row.awaitsFirstInvoice) return undefined;
	return {
		until: row.startsAt + FIRST_INVOICE_MS,
		reason: lifeOf('first_invoice', row.startsAt, 'the first invoice is issued and paid'),
	};
}
