import { calendarOf, type Calendar } from '../calendar';
import { groupBy } from '../groupBy';
import { FIRST_INVOICE_MS } from '../keys';
import { formatAmount } from '../money';
import { debtsOf, outlookOf, wasTakenBack, type Debt, type Hit, type Outlook, type RestrictionRule } from './debts';
import type { AccessFacts, AccessInvoice, SubscriptionFacts } from './facts';
import type { AccessPolicy } from './policy';

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

/** Who may use the product right now, why, and until when. Times in ms since 1970. */
export interface AccessDecision {
	/** The customer's or the subscription's. */
	externalId: string;
	state: AccessState;
	/** When this state began, as far as the books of today tell. */
	since: number | null;
	/** When access ends by itself; null when no end is known. */
	until: number | null;
	/** When the state changes next if nothing happens. */
	nextChangeAt: number | null;
	reasons: AccessReason[];
	/** What is overdue, minor units; currencies are never added up. */
	overdueBalance: Array<{ currency: string; amount: number }>;
	/** Days since the oldest due date that has passed, on the customer's calendar. */
	daysOverdue: number;
}

/** A customer with all its subscriptions. */
export interface CustomerAccess {
	customer: AccessDecision;
	subscriptions: AccessDecision[];
}

/** The customer's state is the first of these that one of the subscriptions is in. */
const WORST_FIRST: readonly AccessState[] = ['restricted', 'grace', 'active', 'paid_until', 'pending_payment', 'ended'];

/** States by time, of a customer or a subscription, if nothing happens. */
interface Course {
	stateAt(instantMs: number): AccessState;
	/** All instants at which the state may change. */
	turns: readonly number[];
	/** When access ends by itself. */
	endsAt: number;
	outlook: Outlook;
	/** Of the course of life: why it has not begun, is over, or goes on. */
	lifeReason(state: AccessState, now: number): AccessReason[];
}

/**
 * Decides on access. Pure: the same facts, policy and time give the same answer, and it stays the same until `nextChangeAt`.
 * @param now ms since 1970.
 */
export function evaluateAccess(facts: AccessFacts, given: AccessPolicy, now: number): CustomerAccess {
	const { externalId, timeZone } = facts.customer;
	const isExempt = given.exempt.includes(externalId);
	const policy = isExempt ? exempted(given) : given;
	const debts = debtsOf(facts.invoices, timeZone);
	const rows = groupBy(facts.subscriptions, (row) => row.externalId);
	const isOfSubscription = ({ invoice }: Debt): boolean => invoice.covers.some((one) => rows.has(one.externalId));
	const everything = outlookOf(debts, policy, timeZone);
	const courses = [...rows].map(([id, ofOne]): [string, Course] => {
		const outlook =
			policy.scope === 'customer'
				? everything
				: outlookOf(
						debts.filter(({ invoice }) => invoice.covers.some((one) => one.externalId === id)),
						policy,
						timeZone,
					);
		return [id, courseOf(ofOne, outlook, facts, policy)];
	});
	const apart =
		policy.scope === 'customer'
			? everything
			: outlookOf(
					debts.filter((debt) => !isOfSubscription(debt)),
					policy,
					timeZone,
				);
	const whole = customerCourse(
		courses.map(([, course]) => course),
		apart,
		debts,
	);
	const exemption: AccessReason[] = isExempt
		? [lifeOf('exempt', null, 'the customer is taken from the list of exemptions')]
		: [];
	const decide = (id: string, course: Course): AccessDecision => {
		const decision = decisionAt(id, course, timeZone, now);
		return { ...decision, reasons: [...exemption, ...decision.reasons] };
	};
	return { customer: decide(externalId, whole), subscriptions: courses.map(([id, course]) => decide(id, course)) };
}

function exempted(policy: AccessPolicy): AccessPolicy {
	return {
		...policy,
		restrictImmediately: false,
		restrictAfterDays: null,
		restrictAbove: {},
		restrictAfterInvoices: null,
		waitForFirstPayment: false,
	};
}

/** The course of one subscription: its rows, and what is owed for it. */
function courseOf(
	rows: readonly SubscriptionFacts[],
	outlook: Outlook,
	facts: AccessFacts,
	policy: AccessPolicy,
): Course {
	const calendar = calendarOf(facts.customer.timeZone);
	const newestFirst = [...rows].sort((one, other) => other.startsAt - one.startsAt);
	const find = (...statuses: string[]): SubscriptionFacts | undefined =>
		newestFirst.find(({ status }) => statuses.includes(status));
	const current = find('active') ?? find('incomplete');
	const shown = current ?? find('pending') ?? find('terminated') ?? (newestFirst[0] as SubscriptionFacts);
	const lifeEnd = endOf(shown, calendar);
	const prepaidUntil = policy.keepPrepaidPeriod ? prepaidEnd(rows, facts) : -Infinity;
	const first = current === undefined ? undefined : firstPaymentOf(current, facts, policy);
	const openAt = first?.until ?? (shown.status === 'pending' ? accessBegins(shown, policy) : -Infinity);
	const stateAt = (at: number): AccessState => {
		if (at < lifeEnd && at >= openAt) return owing(outlook, at, 'active');
		if (at < prepaidUntil) return owing(outlook, at, 'paid_until');
		return at < lifeEnd ? 'pending_payment' : 'ended';
	};
	return {
		stateAt,
		turns: [beginningOf(shown, newestFirst), lifeEnd, prepaidUntil, openAt, outlook.troubleAt, outlook.restrictedAt],
		endsAt: Math.max(lifeEnd, prepaidUntil),
		outlook,
		lifeReason(state) {
			if (state === 'ended') return [lifeOf('ended', lifeEnd, 'a new subscription begins')];
			if (state === 'paid_until') return [lifeOf('prepaid', lifeEnd === Infinity ? null : lifeEnd, null)];
			if (state !== 'pending_payment') return [];
			return [first?.reason ?? lifeOf('not_started', null, 'the subscription begins')];
		},
	};
}

/** When access begins by time alone. Lago starts a subscription by a job, and only then says what there is to pay. */
function accessBegins({ startsAt }: SubscriptionFacts, { waitForFirstPayment }: AccessPolicy): number {
	return waitForFirstPayment ? startsAt + FIRST_INVOICE_MS : startsAt;
}

/** When a row ends; Infinity when nobody has said so. */
function endOf({ status, startsAt, endedAt, endingAt }: SubscriptionFacts, calendar: Calendar): number {
	if (status === 'terminated' || status === 'canceled') return endedAt ?? startsAt;
	return endingAt === null ? Infinity : calendar.startOfDay(calendar.dayOf(endingAt));
}

/** When the customer began with what `row` continues. */
function beginningOf(row: SubscriptionFacts, newestFirst: readonly SubscriptionFacts[]): number {
	let first = row;
	for (const older of newestFirst.slice(newestFirst.indexOf(row) + 1)) {
		if (!first.replacesAnother) break;
		first = older;
	}
	return first.startsAt;
}

/** The end of what was paid in advance, of all rows that keep it. */
function prepaidEnd(rows: readonly SubscriptionFacts[], { invoices }: AccessFacts): number {
	const keeping = new Set(
		rows
			.filter(({ status, keepsUnusedDays, endingAt }) => status === 'active' || keepsUnusedDays || endingAt !== null)
			.map(({ id }) => id),
	);
	let end = -Infinity;
	for (const { status, paymentStatus, disputeLostAt, covers } of invoices) {
		if (status !== 'finalized' || paymentStatus !== 'succeeded' || disputeLostAt !== null) continue;
		for (const { subscriptionId, prepaidUntil } of covers)
			if (prepaidUntil !== null && keeping.has(subscriptionId)) end = Math.max(end, prepaidUntil);
	}
	return end;
}

/** What a new subscription still waits for; undefined when for nothing. */
function firstPaymentOf(
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

/** The state of somebody who would be `otherwise` but for their debts. */
function owing({ troubleAt, restrictedAt }: Outlook, at: number, otherwise: AccessState): AccessState {
	if (at >= restrictedAt) return 'restricted';
	return at >= troubleAt ? 'grace' : otherwise;
}

/** The course of a customer: the worst of what goes on, and what is owed beside the subscriptions. */
function customerCourse(courses: readonly Course[], apart: Outlook, debts: readonly Debt[]): Course {
	const stateAt = (at: number): AccessState => {
		let worst = WORST_FIRST.length;
		let goesOn = false;
		for (const course of courses) {
			const state = course.stateAt(at);
			goesOn ||= state !== 'ended';
			worst = Math.min(worst, WORST_FIRST.indexOf(state));
		}
		const own = owing(apart, at, 'active');
		if (courses.length === 0 || (own !== 'active' && goesOn)) worst = Math.min(worst, WORST_FIRST.indexOf(own));
		return WORST_FIRST[worst] ?? 'active';
	};
	const { troubleAt, restrictedAt } = apart;
	return {
		stateAt,
		turns: [...courses.flatMap(({ turns }) => turns), troubleAt, restrictedAt],
		endsAt: courses.length === 0 ? Infinity : Math.max(...courses.map(({ endsAt }) => endsAt)),
		outlook: { ...apart, debts, hits: hitsOf([...courses.map(({ outlook }) => outlook), apart]) },
		lifeReason: (state, now) =>
			courses
				.filter((course) => course.stateAt(now) === state)
				.flatMap((course) => course.lifeReason(state, now))
				.slice(0, 1),
	};
}

/** An invoice over several subscriptions is told once. */
function hitsOf(outlooks: readonly Outlook[]): readonly Hit[] {
	const [first, ...others] = new Set(outlooks.filter(({ hits }) => hits.length > 0));
	if (first === undefined || others.length === 0) return first?.hits ?? [];
	return [
		...new Map(
			[first, ...others].flatMap(({ hits }) => hits.map((hit) => [`${hit.rule} ${hit.debt.invoice.id}`, hit])),
		).values(),
	];
}

function decisionAt(externalId: string, course: Course, timeZone: string, now: number): AccessDecision {
	const { stateAt, outlook } = course;
	const state = stateAt(now);
	let [next, since, first] = [Infinity, -Infinity, Infinity];
	for (const at of course.turns) first = Math.min(first, at > -Infinity ? at : Infinity);
	for (const at of course.turns) {
		if (at > now) {
			if (at < next && stateAt(at) !== state) next = at;
		} else if (at > since && stateAt(at) === state && (at === first || stateAt(at - 1) !== state)) since = at;
	}
	const nextChangeAt = next === Infinity ? null : next;
	const overdue = outlook.debts.filter(({ overdueAt }) => overdueAt <= now);
	const balance = new Map<string, number>();
	for (const { invoice, amount } of overdue)
		balance.set(invoice.currency, (balance.get(invoice.currency) ?? 0) + amount);
	const [oldest] = overdue;
	const losesAt =
		state === 'grace' ? nextChangeAt : state === 'active' || state === 'paid_until' ? course.endsAt : Infinity;
	return {
		externalId,
		state,
		since: since === -Infinity ? null : since,
		until: losesAt === null || losesAt === Infinity ? null : losesAt,
		nextChangeAt,
		reasons: [...course.lifeReason(state, now), ...debtReasons(state, outlook, overdue, now)],
		overdueBalance: [...balance].map(([currency, amount]) => ({ currency, amount })),
		daysOverdue: oldest === undefined ? 0 : calendarOf(timeZone).dayOf(now) - oldest.dueDay,
	};
}

function debtReasons(state: AccessState, { hits }: Outlook, overdue: readonly Debt[], now: number): AccessReason[] {
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
	return overdue.map((debt) =>
		reason(
			'overdue',
			debt,
			debt.overdueAt,
			() => `${formatAmount(debt.amount, debt.invoice.currency)} is paid on invoice ${debt.invoice.number}`,
		),
	);
}

function reasonOf(
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

function lifeOf(rule: AccessReason['rule'], since: number | null, clearsWhen: string | null): AccessReason {
	return { rule, invoiceId: null, invoiceNumber: null, amount: null, currency: null, since, clearsWhen };
}
