import { evaluateAccess } from './evaluate';
import type { AccessReason, AccessState } from './reasons';
import type { AccessFacts, AccessInvoice, SubscriptionFacts } from './facts';
import type { AccessPolicy } from './policy';

/** What has happened to a customer, with the times at which it happened. */
export interface AccessHistory {
	customer: AccessFacts['customer'];
	subscriptions: readonly SubscriptionFacts[];
	invoices: readonly PastInvoice[];
}

/** An invoice as it is now, and when it came to be so. Times in ms since 1970, amounts in minor units. */
export interface PastInvoice extends AccessInvoice {
	issuedAt: number;
	/** When it was paid; null when it is not. */
	paidAt: number | null;
	total: number;
}

/** A time in which the state of a customer stayed the same: from `from` to before `to`, ms since 1970. */
export interface Segment {
	from: number;
	to: number;
	state: AccessState;
	/** As they were at the beginning. */
	reasons: readonly AccessReason[];
}

/** What a policy would have done to a customer. Times in ms since 1970. */
export interface Restrictions {
	/** How long access would have been taken away, ms. */
	restrictedMs: number;
	/** How often. */
	times: number;
	firstAt: number;
	lastAt: number;
	/** When it would have come back for the last time; null when it is still away. */
	restoredAt: number | null;
	mostDaysOverdue: number;
	/** The rules that would have applied. */
	rules: string[];
}

/** The books as they were at a moment, ms since 1970. */
export function asOf({ customer, subscriptions, invoices }: AccessHistory, at: number): AccessFacts {
	return {
		customer,
		subscriptions: subscriptions.map((row) => rowAsOf(row, at)),
		invoices: invoices.filter(({ issuedAt }) => issuedAt <= at).map((invoice) => invoiceAsOf(invoice, at)),
	};
}

function rowAsOf(row: SubscriptionFacts, at: number): SubscriptionFacts {
	// Of all that Lago tells, only this has milliseconds: what is billed at the start seems to come before it.
	if (Math.floor(row.startsAt / 1000) * 1000 > at) return { ...row, status: 'pending', endedAt: null, endingAt: null };
	const isOver = row.status === 'terminated' || row.status === 'canceled';
	return isOver && row.endedAt !== null && row.endedAt > at
		? { ...row, status: 'active', endedAt: null, endingAt: null }
		: row;
}

function invoiceAsOf({ paidAt, total, ...invoice }: PastInvoice, at: number): AccessInvoice {
	const had = <T extends number | null>(time: T): T | null => (time !== null && time > at ? null : time);
	const failedAt = had(invoice.failedAt);
	const disputeLostAt = had(invoice.disputeLostAt);
	if (paidAt !== null && paidAt > at)
		return {
			...invoice,
			disputeLostAt: null,
			failedAt,
			paymentStatus: failedAt === null ? 'pending' : 'failed',
			totalDue: total,
			totalPaid: 0,
		};
	const notYetFailed = invoice.paymentStatus === 'failed' && invoice.failedAt !== null && failedAt === null;
	return { ...invoice, disputeLostAt, failedAt, paymentStatus: notYetFailed ? 'pending' : invoice.paymentStatus };
}

/** How the state of a customer went under a policy, without gaps. Pure. @param from ms since 1970. @param to the same, not included. */
export function segmentsOf(history: AccessHistory, policy: AccessPolicy, from: number, to: number): Segment[] {
	const happened = [
		...history.invoices.flatMap(({ issuedAt, paidAt, failedAt, disputeLostAt }) => [
			issuedAt,
			paidAt,
			failedAt,
			disputeLostAt,
		]),
		...history.subscriptions.flatMap(({ startsAt, endedAt }) => [startsAt, endedAt]),
	].flatMap((at) => at ?? []);
	const events = [...new Set(happened)].sort((one, other) => one - other);
	const segments: Segment[] = [];
	let at = from;
	while (at < to) {
		const { customer } = evaluateAccess(asOf(history, at), policy, at);
		const { state, reasons, nextChangeAt } = customer;
		const begun = at;
		const next = events.find((event) => event > begun) ?? to;
		at = Math.min(next, nextChangeAt ?? to, to);
		const last = segments.at(-1);
		if (last?.state === state) last.to = at;
		else segments.push({ from: begun, to: at, state, reasons });
	}
	return segments;
}

/** What a policy would have done to a customer; null when nothing. */
export function backtest(history: AccessHistory, policy: AccessPolicy, from: number, to: number): Restrictions | null {
	const restricted = segmentsOf(history, policy, from, to).filter(({ state }) => state === 'restricted');
	const [first] = restricted;
	if (first === undefined) return null;
	const last = restricted.at(-1) ?? first;
	const worst = (segment: Segment): number =>
		evaluateAccess(asOf(history, segment.to - 1), policy, segment.to - 1).customer.daysOverdue;
	return {
		restrictedMs: restricted.reduce((sum, segment) => sum + segment.to - segment.from, 0),
		times: restricted.length,
		firstAt: first.from,
		lastAt: last.from,
		restoredAt: last.to === to ? null : last.to,
		mostDaysOverdue: Math.max(...restricted.map(worst)),
		rules: [...new Set(restricted.flatMap(({ reasons }) => reasons.map(({ rule }) => rule)))],
	};
}
