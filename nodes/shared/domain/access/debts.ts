import { calendarOf, dayOfDate, type Calendar, type Day } from '../calendar';
import { formatAmount } from '../money';
import { NOTHING, owedOn, type Owed } from '../owed';
import type { AccessInvoice } from './facts';
import type { AccessPolicy } from './policy';

/** What is owed on one invoice, in minor units of its currency, and since when; times in ms since 1970. */
export interface Debt {
	invoice: AccessInvoice;
	amount: number;
	how: Owed['how'];
	/** The due date, or the later day on which the money was lost again. */
	dueDay: Day;
	overdueAt: number;
	/** When a payment failed or was taken back; Infinity when that has not happened. */
	failedAt: number;
}

/** A rule that takes access away. */
export type RestrictionRule =
	'restrict_immediately' | 'restrict_after_days' | 'restrict_above' | 'restrict_after_invoices';

/** A rule that applies to an invoice, from when on, and what lifts it. */
export interface Hit {
	rule: RestrictionRule;
	debt: Debt;
	restrictsAt: number;
	/** Put into words only where somebody reads them. */
	clearsWhen(): string;
}

/**
 * Everything that a group of debts does in the course of time, if nothing is paid: active, from `troubleAt` on in grace, from
 * `restrictedAt` on restricted.
 */
export interface Outlook {
	debts: readonly Debt[];
	troubleAt: number;
	restrictedAt: number;
	hits: readonly Hit[];
}

/** What is owed on an invoice as far as access depends on it: who does not pay for prepaid credits simply does not get them. */
export function owedFor(invoice: AccessInvoice): Owed {
	return invoice.type === 'credit' ? NOTHING : owedOn(invoice);
}

/** Whether the money had come and was taken back. */
export function wasTakenBack(invoice: AccessInvoice): boolean {
	const { how, amount, asked } = owedOn(invoice);
	return how === 'reversed' || how === 'disputed' || amount > asked;
}

/** What is owed, oldest first. */
export function debtsOf(invoices: readonly AccessInvoice[], timeZone: string): Debt[] {
	const debts: Debt[] = [];
	for (const invoice of invoices) {
		const owed = owedFor(invoice);
		if (owed.amount > 0) debts.push(debtOf(invoice, owed, calendarOf(timeZone)));
	}
	return debts.sort((one, other) => one.overdueAt - other.overdueAt);
}

function debtOf(invoice: AccessInvoice, { amount, how }: Owed, calendar: Calendar): Debt {
	const { disputeLostAt, failedAt, paymentStatus, issuedOn, dueOn } = invoice;
	const issuedDay = dayOfDate(issuedOn);
	const due = dayOfDate(dueOn);
	const written = Number.isNaN(due) ? issuedDay : due;
	// Until the money was lost the customer had paid.
	const lostAt = disputeLostAt ?? (wasTakenBack(invoice) ? failedAt : null);
	const dueDay = lostAt === null ? written : Math.max(written, calendar.dayOf(lostAt));
	const isFailed = paymentStatus === 'failed' || wasTakenBack(invoice);
	return {
		invoice,
		amount,
		how,
		dueDay,
		overdueAt: calendar.startOfDay(dueDay + 1),
		failedAt: isFailed ? (lostAt ?? failedAt ?? calendar.startOfDay(issuedDay)) : Infinity,
	};
}

/** Of those who owe nothing. */
const CLEAR: Outlook = { debts: [], troubleAt: Infinity, restrictedAt: Infinity, hits: [] };

/** What a group of debts leads to. @param debts oldest first. */
export function outlookOf(debts: readonly Debt[], policy: AccessPolicy, timeZone: string): Outlook {
	if (debts.length === 0) return CLEAR;
	const calendar = calendarOf(timeZone);
	const later: Later = (at) => afterGrace(at, policy.graceDays, calendar);
	const hits = [
		...debts.flatMap((debt) => hitsOfDebt(debt, policy, calendar, later)),
		...hitsOfSums(debts, policy.restrictAbove, later),
		...hitsOfCount(debts, policy.restrictAfterInvoices, later),
	];
	let [restrictedAt, troubleAt] = [Infinity, Infinity];
	for (const { restrictsAt } of hits) restrictedAt = Math.min(restrictedAt, restrictsAt);
	for (const { overdueAt, failedAt } of debts)
		troubleAt = Math.min(troubleAt, overdueAt, policy.restrictImmediately ? failedAt : Infinity);
	return {
		debts,
		troubleAt: restrictedAt === Infinity ? Infinity : Math.min(troubleAt, restrictedAt),
		restrictedAt,
		hits,
	};
}

/** A moment after the days of grace. */
type Later = (at: number) => number;

/** What one debt does by itself: by a failed payment, and by the days that it is overdue. */
function hitsOfDebt(debt: Debt, policy: AccessPolicy, calendar: Calendar, later: Later): Hit[] {
	const { failedAt, dueDay } = debt;
	const clearsWhen = (): string => wayOut(debt);
	const hits: Hit[] = [];
	if (policy.restrictImmediately && failedAt < Infinity)
		hits.push({ rule: 'restrict_immediately', debt, restrictsAt: later(failedAt), clearsWhen });
	if (policy.restrictAfterDays !== null) {
		const restrictsAt = later(calendar.startOfDay(dueDay + policy.restrictAfterDays));
		hits.push({ rule: 'restrict_after_days', debt, restrictsAt, clearsWhen });
	}
	return hits;
}

/** What the sum of a currency does once it is above its limit. */
function hitsOfSums(debts: readonly Debt[], limits: AccessPolicy['restrictAbove'], later: Later): Hit[] {
	return Object.entries(limits).flatMap(([currency, limit]) => {
		const group = debts.filter(({ invoice }) => invoice.currency === currency);
		let sum = 0;
		const crossing = group.find(({ amount }) => (sum += amount) > limit);
		if (crossing === undefined) return [];
		const clearsWhen = (): string => `no more than ${formatAmount(limit, currency)} is overdue`;
		return group.map((debt): Hit => {
			const restrictsAt = later(Math.max(crossing.overdueAt, debt.overdueAt));
			return { rule: 'restrict_above', debt, restrictsAt, clearsWhen };
		});
	});
}

/** What the number of overdue invoices does. */
function hitsOfCount(debts: readonly Debt[], count: number | null, later: Later): Hit[] {
	const last = debts[(count ?? 0) - 1];
	if (last === undefined) return [];
	const clearsWhen = (): string => `fewer than ${count} ${count === 1 ? 'invoice is' : 'invoices are'} overdue`;
	return debts.map((debt) => {
		const restrictsAt = later(Math.max(last.overdueAt, debt.overdueAt));
		return { rule: 'restrict_after_invoices', debt, restrictsAt, clearsWhen };
	});
}

/** So many whole days later, at the beginning of a day. */
function afterGrace(at: number, days: number, calendar: Calendar): number {
	if (days === 0) return at;
	const day = calendar.dayOf(at);
	return calendar.startOfDay(day + days + (calendar.startOfDay(day) === at ? 0 : 1));
}

/**
 * What lifts a debt: only what Lago and our lanes take. Of what was taken back Lago takes no second payment (422), a pay link and the status do.
 */
export function wayOut({ invoice: { currency, number }, amount, how }: Debt): string {
	const sum = formatAmount(amount, currency);
	if (how === 'reversed')
		return `${sum} is paid again on invoice ${number}, by its link or mandate, or its payment status is set to succeeded in Lago, which takes no second payment of it`;
	return how === 'disputed'
		? `${sum} is paid again on invoice ${number} by its link, its dispute is won after all, or the invoice is voided in Lago, which takes no second payment of it`
		: `${sum} is paid on invoice ${number}`;
}
