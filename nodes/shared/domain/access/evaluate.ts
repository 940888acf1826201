import { calendarOf } from '../calendar';
import { groupBy } from '../groupBy';
import { debtsOf, outlookOf, type Debt, type Hit, type Outlook } from './debts';
import type { AccessFacts, SubscriptionFacts } from './facts';
import { accessBegins, beginningOf, endOf, firstPaymentOf, prepaidEnd } from './lifetime';
import type { AccessPolicy } from './policy';
import { debtReasons, lifeOf, type AccessReason, type AccessState } from './reasons';

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
	const all = [...new Set(outlooks)].flatMap(({ hits }) => hits);
	return [...new Map(all.map((hit) => [`${hit.rule} ${hit.debt.invoice.id}`, hit])).values()];
}

function decisionAt(externalId: string, course: Course, timeZone: string, now: number): AccessDecision {
	const { stateAt, outlook } = course;
	const state = stateAt(now);
	let [next, since, first] = [Infinity, -Infinity, Infinity];
	for (const at of course.turns) first = Math.min(first, at > -Infinity ? at : Infinity);
	for (const at of course.turns) {
		if (at > now) {
			if (at < next && stateAt(at) !== state) next = at;
		} else if (at > since && (at === first || stateAt(at - 1) !== state)) since = at;
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
		until: losesAt === Infinity ? null : losesAt,
		nextChangeAt,
		reasons: [...course.lifeReason(state, now), ...debtReasons(state, outlook, overdue, now)],
		overdueBalance: [...balance].map(([currency, amount]) => ({ currency, amount })),
		daysOverdue: oldest === undefined ? 0 : calendarOf(timeZone).dayOf(now) - oldest.dueDay,
	};
}
