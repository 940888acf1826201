import { wayOut, type Debt, type Outlook, type RestrictionRule } from './debts';
import type { AccessInvoice } from './facts';

/**
 * `active`; `grace`: access goes on, but not for long; `restricted`; `pending_payment`: it has not begun, the first payment is missing;
 * `paid_until`: cancelled, but the time that was paid for still runs; `ended`.
 */
export type AccessState = 'active' | 'grace' | 'restricted' | 'pending_payment' | 'paid_until' | 'ended';

/** Why: which rule, about which invoice, and what would change it. Amounts in minor units of `currency`, times in ms since 1970. */
export interface AccessReason {
	rule:
		RestrictionRule | 'overdue' | 'first_payment' | 'first_invoice' | 'not_started' | 'prepaid' | 'ended' | 'exempt';
	invoiceId: string | null;
	invoiceNumber: string | null;
	amount: number | null;
	currency: string | null;
	since: number | null;
	clearsWhen: string | null;
}

/** Which debts make somebody's state, at `now`, ms since 1970. */
export function debtReasons(
	state: AccessState,
	{ hits }: Outlook,
	overdue: readonly Debt[],
	now: number,
): AccessReason[] {
	const reason = (
		rule: AccessReason['rule'],
		{ invoice, amount }: Debt,
		since: number,
		clearsWhen: () => string,
	): AccessReason => reasonOf(rule, invoice, amount, since, clearsWhen());
	const begun = (debt: Debt): number => Math.min(debt.overdueAt, debt.failedAt);
	if (state === 'restricted')
		return hits
			.filter(({ restrictsAt }) => restrictsAt <= now)
			.map(({ rule, debt, restrictsAt, clearsWhen }) => reason(rule, debt, restrictsAt, clearsWhen));
	if (state === 'grace')
		return hits
			.filter(({ debt }) => begun(debt) <= now)
			.map(({ rule, debt, clearsWhen }) => reason(rule, debt, begun(debt), clearsWhen));
	if (state === 'ended') return [];
	return overdue.map((debt) => reason('overdue', debt, debt.overdueAt, () => wayOut(debt)));
}

/** A reason that is about an invoice. */
export function reasonOf(
	rule: AccessReason['rule'],
	{ id, number, currency, isUnderWay }: AccessInvoice,
	amount: number,
	since: number,
	clearsWhen: string,
): AccessReason {
	return {
		rule,
		invoiceId: id,
		invoiceNumber: number,
		amount,
		currency,
		since,
		clearsWhen: isUnderWay ? `${clearsWhen}; a payment is under way` : clearsWhen,
	};
}

/** A reason that is about the subscription itself. */
export function lifeOf(rule: AccessReason['rule'], since: number | null, clearsWhen: string | null): AccessReason {
	return { rule, invoiceId: null, invoiceNumber: null, amount: null, currency: null, since, clearsWhen };
}
