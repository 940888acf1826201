/** Access case by case: what each word of the books changes. */
import { changesSince, isPlain, knownOf } from '../../../nodes/shared/domain/access/changes';
import { asHappened, type AccessInvoice } from '../../../nodes/shared/domain/access/facts';
import { asOf, backtest, segmentsOf, type PastInvoice } from '../../../nodes/shared/domain/access/history';
import { HARMLESS, parseLimits } from '../../../nodes/shared/domain/access/policy';
import { viewOf } from '../../../nodes/shared/domain/access/view';
import { at, covering, DAY, evaluated, invoice, iso, ofSubscription, stateOf, sub1, subscription } from './accessBooks';

const NOW = '2026-09-01T00:00:00Z';
const other = subscription({ id: 'row_2', externalId: 'sub_2' });
const ended = subscription({ status: 'terminated', endedAt: at('2026-08-10T00:00:00Z') });
const PAID = { paymentStatus: 'succeeded', totalDue: 0, totalPaid: 5_000 };
const rulesOf = ({ reasons }: { reasons: Array<{ rule: string }> }): string[] => reasons.map(({ rule }) => rule);

describe('what is given out', () => {
	test('is written as others read it: UTC, minor units, nothing left out', () => {
		const one = invoice({ id: 'inv', number: 'ACM-7' });
		const access = evaluated({ invoices: [one], policy: { restrictAfterDays: 30 }, now: NOW });
		const decision = {
			state: 'grace',
			since: '2026-08-16T00:00:00Z',
			until: '2026-09-14T00:00:00Z',
			next_change_at: '2026-09-14T00:00:00Z',
			overdue: [{ currency: 'EUR', amount_cents: 5_000 }],
			days_overdue: 17,
			reasons: [
				{
					rule: 'restrict_after_days',
					invoice_id: 'inv',
					invoice_number: 'ACM-7',
					amount_cents: 5_000,
					currency: 'EUR',
					since: '2026-08-16T00:00:00Z',
					clears_when: 'EUR 50.00 is paid on invoice ACM-7',
				},
			],
		};
		expect(viewOf(access)).toEqual({
			customer: { external_id: 'cust_1', ...decision },
			subscriptions: [{ external_id: 'sub_1', ...decision }],
		});
	});

	test('has no times where there are none, and milliseconds where there are', () => {
		expect(viewOf(evaluated({ subscriptions: [], now: NOW })).customer).toMatchObject({
			since: null,
			until: null,
			next_change_at: null,
		});
		const ending = subscription({ status: 'terminated', endedAt: at('2026-08-10T00:00:00.250Z') });
		expect(viewOf(evaluated({ subscriptions: [ending], now: NOW })).customer.since).toBe('2026-08-10T00:00:00.250Z');
	});
});

describe('what is remembered', () => {
	const access = evaluated({ subscriptions: [ended, other], now: NOW });

	test('is whose access is not open, and of which change', () => {
		expect(knownOf(access, 'c1')).toEqual({ customer: 'active', subscriptions: { sub_1: 'ended' }, changeId: 'c1' });
	});

	test.each([
		[{ customer: 'active', subscriptions: {} }, true],
		[{ customer: 'grace', subscriptions: {} }, false],
		[{ customer: 'active', subscriptions: { sub_1: 'ended' } }, false],
	] as const)('%j is nothing to remember: %s', (known, plain) => {
		expect(isPlain({ ...known, changeId: 'c1' })).toBe(plain);
	});

	test('tells what changed, the customer first', () => {
		const before = { customer: 'grace', subscriptions: { sub_2: 'restricted' }, changeId: '' } as const;
		expect(changesSince(before, access)).toEqual([
			{ of: 'customer', externalId: 'cust_1', from: 'grace', to: 'active' },
			{ of: 'subscription', externalId: 'sub_1', from: 'active', to: 'ended' },
			{ of: 'subscription', externalId: 'sub_2', from: 'restricted', to: 'active' },
		]);
		expect(changesSince(knownOf(access, ''), access)).toEqual([]);
	});
});

describe('reasons', () => {
	test('a restriction is told by the rules that apply by now, a grace by those that will', () => {
		const invoices = [invoice(), invoice({ dueOn: '2026-08-28' })];
		const policy = { restrictAfterDays: 7, restrictAfterInvoices: 1 };
		const [first, second] = invoices;
		expect(ofSubscription({ invoices, policy, now: NOW }).reasons).toMatchObject([
			{ rule: 'restrict_after_days', invoiceId: first?.id },
			{ rule: 'restrict_after_invoices', invoiceId: first?.id, clearsWhen: 'fewer than 1 invoice is overdue' },
			{ rule: 'restrict_after_invoices', invoiceId: second?.id },
		]);
	});

	test('of a grace count from what came first: the failure, or the day it was overdue', () => {
		const policy = { restrictImmediately: true, graceDays: 60, restrictAfterDays: 60 };
		const failed = invoice({ paymentStatus: 'failed', failedAt: at('2026-08-03T00:00:00Z') });
		const overdue = invoice({ dueOn: '2026-08-20' });
		const notYet = invoice({ dueOn: '2026-09-20' });
		const given = { invoices: [failed, overdue, notYet], policy };
		expect(ofSubscription({ ...given, now: NOW }).reasons).toMatchObject([
			{ rule: 'restrict_immediately', invoiceId: failed.id, since: failed.failedAt },
			{ rule: 'restrict_after_days', invoiceId: failed.id, since: failed.failedAt },
			{ rule: 'restrict_after_days', invoiceId: overdue.id, since: at('2026-08-21T00:00:00Z') },
		]);
		expect(ofSubscription({ ...given, now: '2026-08-21T00:00:00Z' }).reasons).toHaveLength(3);
		expect(ofSubscription({ ...given, now: at('2026-08-21T00:00:00Z') - 1 }).reasons).toHaveLength(2);
	});

	test('what is overdue without consequence says how it goes away', () => {
		expect(ofSubscription({ invoices: [invoice({ number: 'ACM-9' })], now: NOW }).reasons).toMatchObject([
			{ rule: 'overdue', since: at('2026-08-16T00:00:00Z'), clearsWhen: 'EUR 50.00 is paid on invoice ACM-9' },
		]);
	});

	test('of a customer are those of all subscriptions, each invoice once', () => {
		const invoices = [
			invoice(),
			invoice({ covers: [covering(other)] }),
			invoice({ covers: [covering(sub1), covering(other)] }),
		];
		const { customer } = evaluated({
			subscriptions: [sub1, other],
			invoices,
			policy: { restrictAfterDays: 1 },
			now: NOW,
		});
		expect(customer.reasons.map(({ invoiceId }) => invoiceId).sort()).toEqual(invoices.map(({ id }) => id).sort());
		expect(
			rulesOf(
				evaluated({
					subscriptions: [sub1, other],
					invoices,
					policy: { restrictAfterDays: 1, scope: 'customer' },
					now: NOW,
				}).customer,
			),
		).toHaveLength(3);
	});

	test('of the life of a customer is the one that its state is of', () => {
		const later = subscription({
			id: 'row_2',
			externalId: 'sub_2',
			status: 'pending',
			startsAt: at('2026-10-01T00:00:00Z'),
		});
		const gone = { ...ended, id: 'row_3', externalId: 'sub_3' };
		expect(evaluated({ subscriptions: [ended, later], now: NOW }).customer).toMatchObject({ state: 'pending_payment' });
		expect(rulesOf(evaluated({ subscriptions: [ended, later], now: NOW }).customer)).toEqual(['not_started']);
		expect(rulesOf(evaluated({ subscriptions: [ended, gone], now: NOW }).customer)).toEqual(['ended']);
		expect(rulesOf(evaluated({ subscriptions: [sub1, gone], now: NOW }).customer)).toEqual([]);
	});
});

describe('a customer', () => {
	const oneOff = invoice({ type: 'one_off', covers: [] });
	const policy = { restrictAfterDays: 1 };

	test('whose subscriptions are all over is ended, whatever else is owed', () => {
		expect(evaluated({ subscriptions: [ended], invoices: [oneOff], policy, now: NOW }).customer.state).toBe('ended');
	});

	test('who waits for a subscription is restricted by what is owed for it only where the whole customer counts', () => {
		const later = subscription({ status: 'pending', startsAt: at('2026-10-01T00:00:00Z') });
		const given = { subscriptions: [later], invoices: [invoice()], now: NOW };
		expect(evaluated({ ...given, policy }).customer.state).toBe('pending_payment');
		expect(evaluated({ ...given, policy: { ...policy, scope: 'customer' } }).customer.state).toBe('restricted');
	});

	test('has access until the last subscription ends', () => {
		const [one, two] = ['2026-09-10', '2026-09-20'].map((day, index) =>
			subscription({ id: `row_${index}`, externalId: `sub_${index}`, endingAt: at(`${day}T00:00:00Z`) }),
		) as [typeof sub1, typeof sub1];
		for (const subscriptions of [
			[one, two],
			[two, one],
		])
			expect(evaluated({ subscriptions, now: NOW }).customer.until).toBe(two.endingAt);
	});

	test('is open again since a subscription in trouble has ended', () => {
		const ending = subscription({ endingAt: at('2026-08-20T00:00:00Z') });
		for (const subscriptions of [
			[ending, other],
			[other, ending],
		]) {
			const { customer } = evaluated({
				subscriptions,
				invoices: [invoice()],
				policy: { restrictAfterDays: 30 },
				now: NOW,
			});
			expect([customer.state, iso(customer.since)]).toEqual(['active', '2026-08-20T00:00:00.000Z']);
		}
	});
});

describe('rows of one subscription', () => {
	const [first, second] = [
		subscription({ id: 'row_0', status: 'terminated', endedAt: at('2026-03-01T00:00:00Z') }),
		subscription({
			id: 'row_1',
			status: 'terminated',
			startsAt: at('2026-04-01T00:00:00Z'),
			endedAt: at('2026-08-10T00:00:00Z'),
		}),
	];

	test('of those that are over the newest counts, in whatever order they come', () => {
		for (const subscriptions of [
			[first, second],
			[second, first],
		])
			expect(ofSubscription({ subscriptions, now: NOW }).since).toBe(second.endedAt);
	});

	test('one that was canceled is over', () => {
		const canceled = subscription({ status: 'canceled', endedAt: at('2026-08-10T00:00:00Z') });
		expect(ofSubscription({ subscriptions: [canceled], now: NOW })).toMatchObject({
			state: 'ended',
			since: canceled.endedAt,
		});
		expect(stateOf({ subscriptions: [subscription({ status: 'canceled' })], now: NOW })).toBe('ended');
	});

	test('what goes on began with the first of those that it replaced, whatever follows', () => {
		const running = subscription({ id: 'row_1', startsAt: at('2026-03-01T00:00:00Z'), replacesAnother: true });
		const next = subscription({ id: 'row_2', status: 'pending', startsAt: at('2026-10-01T00:00:00Z') });
		for (const subscriptions of [
			[first, running, next],
			[next, running, first],
		])
			expect(iso(ofSubscription({ subscriptions, now: NOW }).since)).toBe('2026-01-01T00:00:00.000Z');
		const anew = { ...running, replacesAnother: false };
		expect(iso(ofSubscription({ subscriptions: [first, anew, next], now: NOW }).since)).toBe(
			'2026-03-01T00:00:00.000Z',
		);
	});
});

describe('what was paid in advance', () => {
	const ahead = (row: typeof sub1, change: Partial<AccessInvoice> = {}) =>
		invoice({ ...PAID, covers: [covering(row, { prepaidUntil: at('2026-12-31T00:00:00Z') })], ...change });
	const policy = { keepPrepaidPeriod: true };
	const planned = { ...ended, endingAt: at('2026-08-10T00:00:00Z') };

	test('goes on after an end that was planned, and not after one that was not', () => {
		expect(ofSubscription({ subscriptions: [planned], invoices: [ahead(planned)], policy, now: NOW })).toMatchObject({
			state: 'paid_until',
			reasons: [{ rule: 'prepaid', since: ended.endedAt }],
		});
		expect(stateOf({ subscriptions: [ended], invoices: [ahead(ended)], policy, now: NOW })).toBe('ended');
	});

	test.each<[string, Partial<AccessInvoice>]>([
		['voided', { status: 'voided' }],
		['a draft', { status: 'draft' }],
		['not marked as paid, though nothing is due', { paymentStatus: 'pending', totalPaid: 0 }],
	])('counts for nothing where its invoice is %s', (_, change) => {
		expect(stateOf({ subscriptions: [planned], invoices: [ahead(planned, change)], policy, now: NOW })).toBe('ended');
	});

	test('is used up while a new first invoice is not paid', () => {
		const first = invoice({ covers: [covering(sub1, { isFirst: true })] });
		const given = { invoices: [first, ahead(sub1)], policy: { ...policy, waitForFirstPayment: true }, now: NOW };
		expect(ofSubscription(given)).toMatchObject({
			state: 'paid_until',
			reasons: [{ rule: 'prepaid', since: null }, {}],
		});
	});
});

describe('the first payment', () => {
	const policy = { waitForFirstPayment: true };
	const first = (change: Partial<AccessInvoice>) => invoice({ covers: [covering(sub1, { isFirst: true })], ...change });

	test.each<[string, Partial<AccessInvoice>, string]>([
		['was voided', { status: 'voided' }, 'active'],
		['is marked as paid although it is due in Lago', { paymentStatus: 'succeeded' }, 'active'],
		['covers other things too', { covers: [covering(other), covering(sub1, { isFirst: true })] }, 'pending_payment'],
		['is that of another subscription', { covers: [covering(other, { isFirst: true }), covering(sub1)] }, 'active'],
	])('whose invoice %s: %s', (_, change, state) => {
		expect(stateOf({ subscriptions: [sub1, other], invoices: [first(change)], policy, now: NOW })).toBe(state);
	});

	test('of which a part was lost in a dispute was made', () => {
		const lost = first({ totalDue: 2_000, totalPaid: 3_000, lost: 3_000, disputeLostAt: at('2026-08-20T00:00:00Z') });
		expect(stateOf({ invoices: [lost], policy, now: NOW })).toBe('active');
		expect(ofSubscription({ invoices: [lost], policy: { restrictImmediately: true }, now: NOW })).toMatchObject({
			state: 'restricted',
			since: lost.disputeLostAt,
			overdueBalance: [{ currency: 'EUR', amount: 5_000 }],
		});
	});

	test('nobody waits an hour for an invoice that is not to come', () => {
		expect(stateOf({ subscriptions: [subscription({ startsAt: at(NOW) })], policy, now: NOW })).toBe('active');
	});
});

test.each([
	['a:EUR:5', null],
	['EUR:5:6', null],
	['EUR', null],
	[':5', null],
	['EUR:', null],
	['nothing:5', null],
	[' EUR : 5000 ', { EUR: 5_000 }],
])('the limit %j is read as %j', (text, limits) => {
	if (limits === null)
		expect(parseLimits(text)).toEqual({ problem: expect.stringContaining('is not a limit') as string });
	else expect(parseLimits(text)).toEqual(limits);
});

describe('a clock that runs ahead', () => {
	const now = at(NOW);
	const [before, after] = [now - DAY, now + DAY];

	test.each([
		['active', now],
		['terminated', now],
		['pending', after],
		['canceled', after],
		['incomplete', after],
	])('moves what has happened, and of a subscription that is %s its start to %i', (status, startsAt) => {
		const happened = (starts: number, endedAt: number | null) =>
			asHappened(
				{
					customer: { externalId: 'c', timeZone: 'UTC' },
					subscriptions: [subscription({ status, startsAt: starts, endedAt })],
					invoices: [],
				},
				now,
			).subscriptions[0];
		expect(happened(after, after)).toMatchObject({ startsAt, endedAt: now });
		expect(happened(before, before)).toMatchObject({ startsAt: before, endedAt: before });
		expect(happened(before, null)).toMatchObject({ endedAt: null });
	});

	test('moves losses and failures, and leaves what is past', () => {
		const happened = (time: number | null) =>
			asHappened(
				{
					customer: { externalId: 'c', timeZone: 'UTC' },
					subscriptions: [],
					invoices: [invoice({ disputeLostAt: time, failedAt: time })],
				},
				now,
			).invoices[0];
		for (const [time, told] of [
			[after, now],
			[before, before],
			[null, null],
		] as const)
			expect(happened(time)).toMatchObject({ disputeLostAt: told, failedAt: told });
	});
});

describe('the books as they were', () => {
	const now = at(NOW);
	const [before, after] = [now - DAY, now + DAY];
	const past = (change: Partial<PastInvoice> = {}): PastInvoice => ({
		...invoice(),
		issuedAt: before,
		paidAt: null,
		total: 5_000,
		...change,
	});
	const then = (books: { subscriptions?: (typeof sub1)[]; invoices?: PastInvoice[] }) =>
		asOf({ customer: { externalId: 'c', timeZone: 'UTC' }, subscriptions: [], invoices: [], ...books }, now);

	test.each<[string, Partial<typeof sub1>, object]>([
		[
			'one that ended later goes on',
			{ status: 'terminated', endedAt: after, endingAt: after },
			{ status: 'active', endedAt: null, endingAt: null },
		],
		[
			'one that was canceled later goes on',
			{ status: 'canceled', endedAt: after },
			{ status: 'active', endedAt: null },
		],
		[
			'one that ended then is over',
			{ status: 'terminated', endedAt: now, endingAt: now },
			{ status: 'terminated', endedAt: now, endingAt: now },
		],
		[
			'one of which nobody knows when it ended is over',
			{ status: 'terminated', endingAt: after },
			{ status: 'terminated', endedAt: null, endingAt: after },
		],
		[
			'one that goes on does',
			{ status: 'active', endedAt: after, endingAt: after },
			{ status: 'active', endedAt: after, endingAt: after },
		],
		[
			'one that started later is to start',
			{ startsAt: after, endedAt: after, endingAt: after },
			{ status: 'pending', endedAt: null, endingAt: null },
		],
		['one that started in that second has', { startsAt: now + 999 }, { status: 'active' }],
		['one that started in the next one has not', { startsAt: now + 1_000 }, { status: 'pending' }],
	])('of subscriptions: %s', (_, change, row) => {
		expect(then({ subscriptions: [subscription(change)] }).subscriptions).toMatchObject([row]);
	});

	test.each<[string, Partial<PastInvoice>, object | null]>([
		['one that was issued later is not there', { issuedAt: after }, null],
		['one that was issued then is', { issuedAt: now }, {}],
		[
			'one that was paid later is due',
			{ ...PAID, paidAt: after },
			{ paymentStatus: 'pending', totalDue: 5_000, totalPaid: 0 },
		],
		[
			'one that had failed before it was paid has failed',
			{ ...PAID, paidAt: after, failedAt: before },
			{ paymentStatus: 'failed', failedAt: before },
		],
		[
			'one that was lost after it was paid later is not lost',
			{ ...PAID, paidAt: after, disputeLostAt: before },
			{ disputeLostAt: null },
		],
		['one that was paid then is paid', { ...PAID, paidAt: now }, { paymentStatus: 'succeeded', totalDue: 0 }],
		[
			'one that was lost later is not lost',
			{ ...PAID, paidAt: before, disputeLostAt: after },
			{ paymentStatus: 'succeeded', disputeLostAt: null },
		],
		['one that was lost then is', { ...PAID, paidAt: before, disputeLostAt: now }, { disputeLostAt: now }],
		[
			'one that failed later has not',
			{ paymentStatus: 'failed', failedAt: after },
			{ paymentStatus: 'pending', failedAt: null },
		],
		[
			'one that failed then has',
			{ paymentStatus: 'failed', failedAt: now },
			{ paymentStatus: 'failed', failedAt: now },
		],
		[
			'one of which nobody knows when it failed has',
			{ paymentStatus: 'failed' },
			{ paymentStatus: 'failed', failedAt: null },
		],
		[
			'one that failed later and was paid is paid',
			{ ...PAID, paidAt: before, failedAt: after },
			{ paymentStatus: 'succeeded', failedAt: null },
		],
	])('of invoices: %s', (_, change, told) => {
		expect(then({ invoices: [past(change)] }).invoices).toMatchObject(told === null ? [] : [told]);
	});

	test('what a policy would have done, over two times of it', () => {
		const [from, to] = [at('2026-08-01T00:00:00Z'), at('2026-10-01T00:00:00Z')];
		const day = (text: string): number => at(`2026-${text}T00:00:00Z`);
		const invoices = [
			past({ ...PAID, issuedAt: from, paidAt: day('08-20') }),
			past({ ...PAID, issuedAt: from, dueOn: '2026-09-01', paidAt: day('09-05') }),
		];
		const history = { customer: { externalId: 'c', timeZone: 'UTC' }, subscriptions: [sub1], invoices };
		const policy = { ...HARMLESS, restrictAfterDays: 1 };
		expect(segmentsOf(history, policy, from, to).map(({ from: begins, state }) => [begins, state])).toEqual([
			[from, 'active'],
			[day('08-16'), 'restricted'],
			[day('08-20'), 'active'],
			[day('09-02'), 'restricted'],
			[day('09-05'), 'active'],
		]);
		const done = {
			restrictedMs: 7 * DAY,
			times: 2,
			firstAt: day('08-16'),
			lastAt: day('09-02'),
			restoredAt: day('09-05'),
			mostDaysOverdue: 4,
			rules: ['restrict_after_days'],
		};
		expect(backtest(history, policy, from, to)).toEqual(done);
		expect(backtest(history, policy, from, day('09-04'))).toEqual({ ...done, restrictedMs: 6 * DAY, restoredAt: null });
		expect(backtest(history, policy, from, day('08-16'))).toBeNull();
	});

	test('a subscription that ended is told from when on', () => {
		const history = { customer: { externalId: 'c', timeZone: 'UTC' }, subscriptions: [ended], invoices: [] };
		expect(segmentsOf(history, HARMLESS, at('2026-08-01T00:00:00Z'), now)).toMatchObject([
			{ state: 'active', to: ended.endedAt },
			{ state: 'ended', from: ended.endedAt, to: now },
		]);
	});
});
