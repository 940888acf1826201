import { evaluateAccess, type CustomerAccess } from '../../../nodes/shared/domain/access/evaluate';
import type { SubscriptionFacts } from '../../../nodes/shared/domain/access/facts';
import {
	asOf,
	backtest,
	segmentsOf,
	type AccessHistory,
	type PastInvoice,
} from '../../../nodes/shared/domain/access/history';
import { HARMLESS, type AccessPolicy } from '../../../nodes/shared/domain/access/policy';
import { seededRandom } from '../../../sandbox/shared/faults';
import { runs } from '../../support/runs';

const DAY = 86_400_000;
const START = Date.parse('2026-01-01T00:00:00Z');
const DAYS = 400;
const at = (iso: string): number => Date.parse(iso);

/** Deterministic chance. */
class Dice {
	private readonly next: () => number;
	constructor(seed: number) {
		this.next = seededRandom(seed);
	}
	below(count: number): number {
		return Math.floor(this.next() * count);
	}
	chance(share: number): boolean {
		return this.next() < share;
	}
	one<T>(values: readonly T[]): T {
		return values[this.below(values.length)] as T;
	}
}

const ZONES = ['UTC', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Europe/Berlin'];
const dateOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

function randomHistory(dice: Dice): AccessHistory {
	const rows = Array.from({ length: dice.below(3) }, (_, index): SubscriptionFacts => {
		const startsAt = START + dice.below(DAYS) * DAY;
		const ended = dice.chance(0.3);
		return {
			id: `row_${index}`,
			externalId: dice.one(['sub_1', 'sub_2']),
			status: ended ? dice.one(['terminated', 'terminated', 'canceled']) : 'active',
			startsAt,
			endedAt: ended ? startsAt + (1 + dice.below(200)) * DAY : null,
			endingAt: !ended && dice.chance(0.1) ? startsAt + (1 + dice.below(300)) * DAY : null,
			replacesAnother: dice.chance(0.2),
			keepsUnusedDays: dice.chance(0.5),
			awaitsFirstInvoice: false,
		};
	});
	const invoices = Array.from({ length: dice.below(5) }, (_, index): PastInvoice => {
		const issuedAt = START + dice.below(DAYS * 24) * 3_600_000;
		const total = 100 + dice.below(9_000);
		const isPaid = dice.chance(0.5);
		const paidAt = isPaid ? issuedAt + dice.below(60 * 24) * 3_600_000 : null;
		const row = rows[dice.below(rows.length + 1)];
		const covers =
			row === undefined
				? []
				: [
						{
							subscriptionId: row.id,
							externalId: row.externalId,
							isFirst: dice.chance(0.3),
							prepaidUntil: dice.chance(0.5) ? issuedAt + dice.below(365) * DAY : null,
						},
					];
		return {
			id: `invoice_${index}`,
			number: `A-${index}`,
			type: row === undefined ? 'one_off' : 'subscription',
			status: dice.chance(0.9) ? 'finalized' : 'voided',
			paymentStatus: isPaid ? 'succeeded' : dice.one(['pending', 'failed']),
			currency: dice.one(['EUR', 'JPY']),
			totalDue: isPaid ? 0 : total,
			totalPaid: isPaid ? total : 0,
			selfBilled: dice.chance(0.05),
			issuedOn: dateOf(issuedAt),
			dueOn: dateOf(issuedAt + dice.below(30) * DAY),
			disputeLostAt: isPaid && paidAt !== null && dice.chance(0.1) ? paidAt + dice.below(90) * DAY : null,
			failedAt: dice.chance(0.3) ? issuedAt + dice.below(20) * DAY : null,
			isUnderWay: dice.chance(0.1),
			covers,
			issuedAt,
			paidAt,
			total,
		};
	});
	return { customer: { externalId: 'cust_1', timeZone: dice.one(ZONES) }, subscriptions: rows, invoices };
}

function randomPolicy(dice: Dice): AccessPolicy {
	return {
		restrictImmediately: dice.chance(0.3),
		restrictAfterDays: dice.chance(0.5) ? 1 + dice.below(40) : null,
		restrictAbove: dice.one<Record<string, number>>([{}, {}, { EUR: 4_000 }, { EUR: 0, JPY: 9_000 }]),
		restrictAfterInvoices: dice.chance(0.3) ? 1 + dice.below(3) : null,
		graceDays: dice.chance(0.5) ? dice.below(15) : 0,
		waitForFirstPayment: dice.chance(0.3),
		keepPrepaidPeriod: dice.chance(0.5),
		scope: dice.one(['subscription', 'customer']),
		exempt: [],
	};
}

const eventsOf = ({ invoices, subscriptions }: AccessHistory): number[] =>
	[
		...invoices.flatMap(({ issuedAt, paidAt, failedAt, disputeLostAt }) => [issuedAt, paidAt, failedAt, disputeLostAt]),
		...subscriptions.flatMap(({ startsAt, endedAt }) => [startsAt, endedAt]),
	]
		.filter((time) => time !== null)
		.sort((a, b) => a - b);
const all = ({ customer, subscriptions }: CustomerAccess) => [customer, ...subscriptions];
/** From open to closed, for somebody whose subscription goes on. */
const RANK: Readonly<Record<string, number>> = { active: 0, grace: 1, restricted: 2 };

/** The four promises about one history, between two of its events. Thrown words name the history, so that it can be played again. */
function check(seed: number): void {
	const dice = new Dice(seed);
	const history = randomHistory(dice);
	const policy = randomPolicy(dice);
	const events = eventsOf(history);
	const now = START + dice.below((DAYS + 60) * 24 * 60) * 60_000;
	const nextEvent = events.find((time) => time > now) ?? now + 500 * DAY;
	const facts = asOf(history, now);
	const decided = all(evaluateAccess(facts, policy, now));
	const fail = (promise: string): never => {
		throw new Error(`${promise}: history ${seed} at ${new Date(now).toISOString()}`);
	};

	// A state changes only at an event or at its own next change.
	const changes = decided.map(({ nextChangeAt }) => Math.min(nextChangeAt ?? Infinity, nextEvent));
	const soon = Math.min(...changes);
	const within = now + Math.floor((soon - 1 - now) * ((dice.below(1_000) + 1) / 1_000));
	const later = all(evaluateAccess(asOf(history, within), policy, within));
	decided.forEach(({ state, daysOverdue }, index) => {
		const then = later[index];
		if (then?.state !== state) fail('no flapping');
		// The clock only goes forward.
		if ((then?.daysOverdue ?? -1) < daysOverdue) fail('a monotone clock');
	});
	decided.forEach(({ state, nextChangeAt }, index) => {
		if (nextChangeAt === null || nextChangeAt >= nextEvent) return;
		const then = all(evaluateAccess(asOf(history, nextChangeAt), policy, nextChangeAt))[index]?.state;
		if (then === state) fail('a next change that is one');
		// Without a payment, time alone never opens what debts have closed. (A customer is open again when the restricted subscription ends.)
		if (index > 0 && state in RANK && then !== undefined && then in RANK && (RANK[then] ?? 0) < (RANK[state] ?? 0))
			fail('a monotone clock');
	});

	// All that is owed is paid: access is back in the very next decision.
	const paid = {
		...facts,
		invoices: facts.invoices.map((invoice) => ({
			...invoice,
			paymentStatus: 'succeeded',
			totalDue: 0,
			disputeLostAt: null,
		})),
	};
	for (const { state } of all(evaluateAccess(paid, policy, now)))
		if (state === 'restricted' || state === 'grace') fail('restored by payment');

	// Nobody who has paid in advance, and owes nothing, is ended before that time is over.
	if (!policy.keepPrepaidPeriod) return;
	for (const { externalId, state } of evaluateAccess(paid, policy, now).subscriptions) {
		const ids = facts.subscriptions
			.filter((row) => row.externalId === externalId && (row.keepsUnusedDays || row.status === 'active'))
			.map(({ id }) => id);
		const until = Math.max(
			-Infinity,
			...paid.invoices
				.filter(({ status }) => status === 'finalized')
				.flatMap(({ covers }) =>
					covers.filter((one) => ids.includes(one.subscriptionId)).map(({ prepaidUntil }) => prepaidUntil ?? -Infinity),
				),
		);
		if (now < until && state === 'ended') fail('a paid period');
	}
}

const HISTORIES = runs(10_000, 1_000_000);
test(`${HISTORIES.toLocaleString('en')} histories and policies: no flapping, a monotone clock, paid periods honoured, access back with the payment`, () => {
	for (let seed = 1; seed <= HISTORIES; seed++) check(seed);
}, 900_000);

describe('what a policy would have done', () => {
	const row: SubscriptionFacts = {
		id: 'row_1',
		externalId: 'sub_1',
		status: 'active',
		startsAt: at('2026-01-01T00:00:00Z'),
		endedAt: null,
		endingAt: null,
		replacesAnother: false,
		keepsUnusedDays: false,
		awaitsFirstInvoice: false,
	};
	const invoice = (given: Partial<PastInvoice> = {}): PastInvoice => ({
		id: 'invoice_1',
		number: 'A-1',
		type: 'subscription',
		status: 'finalized',
		paymentStatus: 'pending',
		currency: 'EUR',
		totalDue: 5_000,
		totalPaid: 0,
		selfBilled: false,
		issuedOn: '2026-08-01',
		dueOn: '2026-08-15',
		disputeLostAt: null,
		failedAt: null,
		isUnderWay: false,
		covers: [{ subscriptionId: 'row_1', externalId: 'sub_1', isFirst: false, prepaidUntil: null }],
		issuedAt: at('2026-08-01T00:00:00Z'),
		paidAt: null,
		total: 5_000,
		...given,
	});
	const paidOn = (day: string): Partial<PastInvoice> => ({
		paymentStatus: 'succeeded',
		totalDue: 0,
		totalPaid: 5_000,
		paidAt: at(`${day}T12:00:00Z`),
	});
	const history = (...invoices: PastInvoice[]): AccessHistory => ({
		customer: { externalId: 'cust_1', timeZone: 'UTC' },
		subscriptions: [row],
		invoices,
	});
	const week: AccessPolicy = { ...HARMLESS, restrictAfterDays: 7 };
	const [from, to] = [at('2026-07-01T00:00:00Z'), at('2026-10-01T00:00:00Z')];
	const days = (segments: ReturnType<typeof segmentsOf>): string[] =>
		segments.map((segment) => `${dateOf(segment.from)} ${segment.state}`);

	test('paid late: restricted from the eighth day to the payment', () => {
		const late = history(invoice(paidOn('2026-08-30')));
		expect(days(segmentsOf(late, week, from, to))).toEqual([
			'2026-07-01 active',
			'2026-08-16 grace',
			'2026-08-22 restricted',
			'2026-08-30 active',
		]);
		expect(backtest(late, week, from, to)).toEqual({
			restrictedMs: 8.5 * DAY,
			times: 1,
			firstAt: at('2026-08-22T00:00:00Z'),
			lastAt: at('2026-08-22T00:00:00Z'),
			restoredAt: at('2026-08-30T12:00:00Z'),
			mostDaysOverdue: 15,
			rules: ['restrict_after_days'],
		});
	});

	test('paid in time, or within the days: nothing', () => {
		for (const day of ['2026-08-10', '2026-08-21'])
			expect(backtest(history(invoice(paidOn(day))), week, from, to)).toBeNull();
	});

	test('still unpaid: restricted to the end', () => {
		expect(backtest(history(invoice()), week, from, to)).toMatchObject({
			times: 1,
			restoredAt: null,
			restrictedMs: 40 * DAY,
			mostDaysOverdue: 46,
		});
	});

	test('twice, and by another rule', () => {
		const second = invoice({
			id: 'invoice_2',
			issuedOn: '2026-08-31',
			dueOn: '2026-08-31',
			issuedAt: at('2026-08-31T00:00:00Z'),
			...paidOn('2026-09-10'),
		});
		expect(backtest(history(invoice(paidOn('2026-08-30')), second), week, from, to)).toMatchObject({
			times: 2,
			firstAt: at('2026-08-22T00:00:00Z'),
			lastAt: at('2026-09-07T00:00:00Z'),
		});
		expect(
			backtest(
				history(invoice(paidOn('2026-08-30')), second),
				{ ...HARMLESS, restrictAbove: { EUR: 4_000 } },
				from,
				to,
			),
		).toMatchObject({ times: 2, rules: ['restrict_above'] });
	});

	test('three times: the last one counts as the last', () => {
		const one = (month: string, paid: string): PastInvoice =>
			invoice({
				id: `invoice of ${month}`,
				issuedOn: `2026-${month}-01`,
				dueOn: `2026-${month}-01`,
				issuedAt: at(`2026-${month}-01T00:00:00Z`),
				...paidOn(paid),
			});
		const given = history(one('07', '2026-07-20'), one('08', '2026-08-20'), one('09', '2026-09-20'));
		expect(backtest(given, week, from, to)).toMatchObject({
			times: 3,
			firstAt: at('2026-07-08T00:00:00Z'),
			lastAt: at('2026-09-08T00:00:00Z'),
			restoredAt: at('2026-09-20T12:00:00Z'),
		});
	});

	test('what was lost in a dispute counts from the loss, what was known to fail from the failure', () => {
		const lost = invoice({ ...paidOn('2026-08-10'), disputeLostAt: at('2026-09-01T00:00:00Z') });
		expect(days(segmentsOf(history(lost), week, from, to))).toEqual([
			'2026-07-01 active',
			'2026-09-02 grace',
			'2026-09-08 restricted',
		]);
		const failed = invoice({ ...paidOn('2026-08-20'), failedAt: at('2026-08-03T00:00:00Z') });
		expect(backtest(history(failed), { ...HARMLESS, restrictImmediately: true }, from, to)).toMatchObject({
			firstAt: at('2026-08-03T00:00:00Z'),
			restoredAt: at('2026-08-20T12:00:00Z'),
		});
	});

	test('before a subscription began and after it ended nobody is restricted for it', () => {
		const over: AccessHistory = {
			...history(invoice()),
			subscriptions: [{ ...row, status: 'terminated', endedAt: at('2026-08-25T00:00:00Z') }],
		};
		expect(days(segmentsOf(over, week, from, to))).toEqual([
			'2026-07-01 active',
			'2026-08-16 grace',
			'2026-08-22 restricted',
			'2026-08-25 ended',
		]);
		expect(
			days(
				segmentsOf({ ...history(), subscriptions: [{ ...row, startsAt: at('2026-08-01T00:00:00Z') }] }, week, from, to),
			),
		).toEqual(['2026-07-01 pending_payment', '2026-08-01 active']);
	});

	test('what Lago bills in the second of a start does not come before it, though only the start has milliseconds', () => {
		const second = at('2026-08-01T10:00:05Z');
		const begun: AccessHistory = {
			...history(invoice({ ...paidOn('2026-08-10'), issuedAt: second })),
			subscriptions: [{ ...row, startsAt: second + 838 }],
		};
		const states = segmentsOf(begun, HARMLESS, second, second + DAY).map((segment) => segment.state);
		expect(states).toEqual(['active']);
	});
});
