import type { AccessDecision, CustomerAccess } from './evaluate';
import type { AccessReason } from './reasons';

/** A decision as it is given out: times ISO-8601 in UTC, amounts in minor units of their currency. */
export interface AccessView {
	external_id: string;
	state: string;
	since: string | null;
	until: string | null;
	next_change_at: string | null;
	overdue: Array<{ currency: string; amount_cents: number }>;
	days_overdue: number;
	reasons: Array<{
		rule: string;
		invoice_id: string | null;
		invoice_number: string | null;
		amount_cents: number | null;
		currency: string | null;
		since: string | null;
		clears_when: string | null;
	}>;
}

/** A customer as it is given out, by the node, by the endpoint and to the callback alike. */
export type CustomerAccessView = { customer: AccessView; subscriptions: AccessView[] };

export function viewOf({ customer, subscriptions }: CustomerAccess): CustomerAccessView {
	return { customer: decisionView(customer), subscriptions: subscriptions.map(decisionView) };
}

function decisionView({
	externalId,
	state,
	since,
	until,
	nextChangeAt,
	overdueBalance,
	daysOverdue,
	reasons,
}: AccessDecision): AccessView {
	return {
		external_id: externalId,
		state,
		since: iso(since),
		until: iso(until),
		next_change_at: iso(nextChangeAt),
		overdue: overdueBalance.map(({ currency, amount }) => ({ currency, amount_cents: amount })),
		days_overdue: daysOverdue,
		reasons: reasons.map(reasonView),
	};
}

function reasonView({
	rule,
	invoiceId,
	invoiceNumber,
	amount,
	currency,
	since,
	clearsWhen,
}: AccessReason): AccessView['reasons'][number] {
	return {
		rule,
		invoice_id: invoiceId,
		invoice_number: invoiceNumber,
		amount_cents: amount,
		currency,
		since: iso(since),
		clears_when: clearsWhen,
	};
}

function iso(time: number | null): string | null {
	return time === null ? null : new Date(time).toISOString().replace('.000Z', 'Z');
}
