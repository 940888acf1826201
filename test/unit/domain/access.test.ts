import fc from 'fast-check';
import { changesSince, knownOf, NOTHING_KNOWN } from '../../../nodes/shared/domain/access/changes';
import { evaluateAccess, type AccessDecision, type CustomerAccess } from '../../../nodes/shared/domain/access/evaluate';
import {
	asHappened,
	type AccessFacts,
	type AccessInvoice,
	type SubscriptionFacts,
} from '../../../nodes/shared/domain/access/facts';
import { viewOf } from '../../../nodes/shared/domain/access/view';
import { HARMLESS, parseLimits, type AccessPolicy } from '../../../nodes/shared/domain/access/policy';
import { runs } from '../../support/runs';
import { at, covering, DAY, evaluated, invoice, iso, ofSubscription, stateOf, sub1, subscription } from './accessBooks';

describe('rules that take access away', () => {
	test('nothing restricts unless it is switched on, but what is overdue is told', () => {
		const invoices = [invoice({ paymentStatus: 'failed' }), invoice({ dueOn: '2025-01-01' })];
		expect(ofSubscription({ invoices, now: '2026-09-01T12:00:00Z' })).toMatchObject({
			state: 'active',
			nextChangeAt: null,
			overdueBalance: [{ currency: 'EUR', amount: 10_000 }],
			daysOverdue: 608,
			reasons: [
				{ rule: 'overdue', invoiceId: invoices[1]?.id },
				{ rule: 'overdue', invoiceId: invoices[0]?.id },
			],
		});
	});

	test('after days overdue: active until the due date has passed, in grace until the day comes, then restricted, on the day and not before', () => {
		const given = { invoices: [invoice()], policy: { restrictAfterDays: 7 } };
		const decided = (now: string) => {
			const { state, until, nextChangeAt, daysOverdue } = ofSubscription({ ...given, now });
			return [state, iso(until), iso(nextChangeAt), daysOverdue];
		};
		expect(decided('2026-08-15T23:59:59Z')).toEqual(['active', null, '2026-08-16T00:00:00.000Z', 0]);
		expect(decided('2026-08-16T00:00:00Z')).toEqual([
			'grace',
			'2026-08-22T00:00:00.000Z',
			'2026-08-22T00:00:00.000Z',
			1,
		]);
		expect(decided('2026-08-21T23:59:59.999Z')).toEqual([
			'grace',
			'2026-08-22T00:00:00.000Z',
			'2026-08-22T00:00:00.000Z',
			6,
		]);
		expect(decided('2026-08-22T00:00:00Z')).toEqual(['restricted', null, null, 7]);
	});

	test('a restriction says which invoice, which rule, how much, since when, and what would clear it', () => {
		const one = invoice({ number: 'ACM-042-007', isUnderWay: true });
		const decision = ofSubscription({
			invoices: [one],
			policy: { restrictAfterDays: 7, restrictAbove: { EUR: 4_000 } },
			now: '2026-09-01T00:00:00Z',
		});
		expect(decision.reasons).toEqual([
			{
				rule: 'restrict_after_days',
				invoiceId: one.id,
				invoiceNumber: 'ACM-042-007',
				amount: 5_000,
				currency: 'EUR',
				since: at('2026-08-22T00:00:00Z'),
				clearsWhen: 'EUR 50.00 is paid on invoice ACM-042-007; a payment is under way',
			},
			{
				rule: 'restrict_above',
				invoiceId: one.id,
				invoiceNumber: 'ACM-042-007',
				amount: 5_000,
				currency: 'EUR',
				since: at('2026-08-16T00:00:00Z'),
				clearsWhen: 'no more than EUR 40.00 is overdue; a payment is under way',
			},
		]);
		expect(iso(decision.since)).toBe('2026-08-16T00:00:00.000Z');
	});

	test('immediately: at the failure, not before', () => {
		const policy = { restrictImmediately: true };
		expect(stateOf({ invoices: [invoice()], policy, now: '2026-08-02T00:00:00Z' })).toBe('active');
		const failed = invoice({ paymentStatus: 'failed', failedAt: at('2026-08-01T09:00:00Z') });
		expect(ofSubscription({ invoices: [failed], policy, now: '2026-08-01T09:00:00Z' })).toMatchObject({
			state: 'restricted',
			since: at('2026-08-01T09:00:00Z'),
		});
	});

	test('a failure of which nobody wrote down the time counts from the day of issue', () => {
		expect(
			stateOf({
				invoices: [invoice({ paymentStatus: 'failed' })],
				policy: { restrictImmediately: true },
				now: '2026-08-01T00:00:00Z',
			}),
		).toBe('restricted');
	});

	test('grace days are whole days after the failure', () => {
		const failed = invoice({ paymentStatus: 'failed', failedAt: at('2026-08-01T09:00:00Z') });
		const decision = ofSubscription({
			invoices: [failed],
			policy: { restrictImmediately: true, graceDays: 3 },
			now: '2026-08-04T23:00:00Z',
		});
		expect([decision.state, iso(decision.until)]).toEqual(['grace', '2026-08-05T00:00:00.000Z']);
	});

	test('grace days come on top of days overdue', () => {
		const given = { invoices: [invoice()], policy: { restrictAfterDays: 7, graceDays: 3 } };
		expect(stateOf({ ...given, now: '2026-08-24T23:59:59Z' })).toBe('grace');
		expect(stateOf({ ...given, now: '2026-08-25T00:00:00Z' })).toBe('restricted');
	});

	test('above an amount: exactly the amount is not above it', () => {
		const policy = { restrictAbove: { EUR: 5_000 } };
		expect(stateOf({ invoices: [invoice()], policy, now: '2026-09-01T00:00:00Z' })).toBe('active');
		expect(stateOf({ invoices: [invoice({ totalDue: 5_001 })], policy, now: '2026-09-01T00:00:00Z' })).toBe(
			'restricted',
		);
	});

	test('what is due but not overdue does not count towards an amount; the day on which it will is known', () => {
		const invoices = [invoice({ totalDue: 3_000 }), invoice({ totalDue: 3_000, dueOn: '2026-09-15' })];
		const decision = ofSubscription({
			invoices,
			policy: { restrictAbove: { EUR: 5_000 } },
			now: '2026-09-01T00:00:00Z',
		});
		expect([decision.state, iso(decision.until)]).toEqual(['grace', '2026-09-16T00:00:00.000Z']);
	});

	test('two currencies are never added up', () => {
		const invoices = [invoice({ totalDue: 4_000 }), invoice({ totalDue: 4_000, currency: 'USD' })];
		const decision = ofSubscription({
			invoices,
			policy: { restrictAbove: { EUR: 5_000, USD: 5_000 } },
			now: '2026-09-01T00:00:00Z',
		});
		expect(decision).toMatchObject({
			state: 'active',
			overdueBalance: [
				{ currency: 'EUR', amount: 4_000 },
				{ currency: 'USD', amount: 4_000 },
			],
		});
	});

	test('after a number of overdue invoices', () => {
		const given = { invoices: [invoice(), invoice({ dueOn: '2026-08-20' })], policy: { restrictAfterInvoices: 2 } };
		expect(stateOf({ ...given, now: '2026-08-20T12:00:00Z' })).toBe('grace');
		expect(ofSubscription({ ...given, now: '2026-08-21T00:00:00Z' })).toMatchObject({
			state: 'restricted',
			reasons: [{ clearsWhen: 'fewer than 2 invoices are overdue' }, {}],
		});
	});

	test('exempt customers are left alone, whatever they owe', () => {
		const invoices = [invoice({ paymentStatus: 'failed', covers: [covering(sub1, { isFirst: true })] })];
		const policy = {
			restrictImmediately: true,
			restrictAfterDays: 1,
			restrictAbove: { EUR: 0 },
			restrictAfterInvoices: 1,
			waitForFirstPayment: true,
			exempt: ['cust_1'],
		};
		expect(evaluated({ invoices, policy, now: '2027-01-01T00:00:00Z' }).customer).toMatchObject({
			state: 'active',
			reasons: [{ rule: 'exempt' }, { rule: 'overdue' }],
		});
		expect(
			evaluated({ invoices, policy: { ...policy, exempt: ['cust_2'] }, now: '2027-01-01T00:00:00Z' }).customer.state,
		).toBe('pending_payment');
	});
});

describe('what counts as unpaid', () => {
	const policy = { restrictAfterDays: 1, restrictImmediately: true };
	const now = '2026-09-01T00:00:00Z';
	test.each<[string, Partial<AccessInvoice>]>([
		['a draft', { status: 'draft' }],
		['a voided one', { status: 'voided' }],
		['a self-billed one', { selfBilled: true }],
		['one over zero', { totalDue: 0 }],
		['a wallet top-up', { type: 'credit' }],
		['one that is marked as paid although Lago still shows it due', { paymentStatus: 'succeeded', totalDue: 5_000 }],
		['one that an offset has settled', { paymentStatus: 'succeeded', totalDue: 0 }],
		[
			'one that failed and was paid afterwards',
			{ paymentStatus: 'succeeded', totalDue: 0, totalPaid: 5_000, failedAt: at('2026-08-01T09:00:00Z') },
		],
	])('not %s', (_name, given) => {
		expect(ofSubscription({ invoices: [invoice(given)], policy, now })).toMatchObject({
			state: 'active',
			overdueBalance: [],
			reasons: [],
		});
	});

	test('a part that was paid, or offset by a credit note, is not owed any more', () => {
		const part = invoice({ totalDue: 2_000, totalPaid: 3_000 });
		expect(ofSubscription({ invoices: [part], policy: { restrictAbove: { EUR: 2_000 } }, now })).toMatchObject({
			state: 'active',
			overdueBalance: [{ currency: 'EUR', amount: 2_000 }],
		});
	});

	test('a retry does not restart the clock: the oldest unpaid invoice counts', () => {
		const first = invoice({ paymentStatus: 'failed', failedAt: at('2026-08-16T09:00:00Z'), dueOn: '2026-08-15' });
		const tried = { ...first, paymentStatus: 'pending', isUnderWay: true };
		const newer = invoice({ issuedOn: '2026-08-25', dueOn: '2026-08-25' });
		for (const invoices of [[first], [tried], [newer, tried]])
			expect(iso(ofSubscription({ invoices, policy: { restrictAfterDays: 7 }, now }).since)).toBe(
				'2026-08-22T00:00:00.000Z',
			);
	});

	test('access comes back by itself after payment', () => {
		const owed = invoice();
		expect(stateOf({ invoices: [owed], policy, now })).toBe('restricted');
		expect(
			ofSubscription({
				invoices: [{ ...owed, paymentStatus: 'succeeded', totalDue: 0, totalPaid: 5_000 }],
				policy,
				now,
			}),
		).toMatchObject({ state: 'active', nextChangeAt: null });
	});

	test('a payment that was reversed is owed again, though nothing is due in Lago', () => {
		const reversed = invoice({
			paymentStatus: 'failed',
			totalDue: 0,
			totalPaid: 5_000,
			failedAt: at('2026-08-30T00:00:00Z'),
		});
		const decision = ofSubscription({ invoices: [reversed], policy: { restrictAfterDays: 5 }, now });
		expect(decision).toMatchObject({
			state: 'grace',
			overdueBalance: [{ currency: 'EUR', amount: 5_000 }],
			daysOverdue: 2,
		});
		expect(iso(decision.until)).toBe('2026-09-04T00:00:00.000Z');
	});

	test('a lost dispute is owed again, though Lago hides it from what is overdue; its clock starts at the loss', () => {
		const lost = invoice({
			paymentStatus: 'succeeded',
			totalDue: 0,
			totalPaid: 5_000,
			disputeLostAt: at('2026-08-30T10:00:00Z'),
		});
		expect(ofSubscription({ invoices: [lost], policy: { restrictAfterDays: 5 }, now })).toMatchObject({
			state: 'grace',
			overdueBalance: [{ currency: 'EUR', amount: 5_000 }],
			daysOverdue: 2,
		});
		expect(stateOf({ invoices: [lost], policy: { restrictImmediately: true }, now: '2026-08-30T10:00:00Z' })).toBe(
			'restricted',
		);
		expect(stateOf({ invoices: [{ ...lost, disputeLostAt: null }], policy, now })).toBe('active');
	});

	test('a lost dispute on a Lago without licence is owed in full', () => {
		const lost = invoice({
			paymentStatus: 'succeeded',
			totalDue: 5_000,
			totalPaid: 0,
			disputeLostAt: at('2026-08-20T00:00:00Z'),
		});
		expect(ofSubscription({ invoices: [lost], policy, now })).toMatchObject({
			state: 'restricted',
			overdueBalance: [{ currency: 'EUR', amount: 5_000 }],
		});
	});
});

describe('the first payment', () => {
	const policy = { waitForFirstPayment: true };
	const now = '2026-08-02T00:00:00Z';
	const first = (given: Partial<AccessInvoice> = {}): AccessInvoice =>
		invoice({ covers: [covering(sub1, { isFirst: true })], ...given });

	test('a created payment is not a paid one', () => {
		expect(ofSubscription({ invoices: [first({ isUnderWay: true })], policy, now })).toMatchObject({
			state: 'pending_payment',
			until: null,
			nextChangeAt: null,
			reasons: [
				{ rule: 'first_payment', amount: 5_000, clearsWhen: expect.stringMatching(/is paid; a payment is under way$/) },
			],
		});
		expect(stateOf({ invoices: [first({ paymentStatus: 'failed' })], policy, now })).toBe('pending_payment');
		expect(stateOf({ invoices: [first({ status: 'draft' })], policy, now })).toBe('pending_payment');
		expect(
			stateOf({ invoices: [first({ paymentStatus: 'succeeded', totalDue: 0, totalPaid: 5_000 })], policy, now }),
		).toBe('active');
	});

	test('nobody waits unless it is switched on, nor where there is nothing to pay at the start', () => {
		expect(stateOf({ invoices: [first()], now })).toBe('active');
		expect(stateOf({ invoices: [], policy, now })).toBe('active');
		expect(stateOf({ invoices: [invoice()], policy, now })).toBe('active');
		expect(stateOf({ invoices: [first({ totalDue: 0 })], policy, now })).toBe('active');
	});

	test('the first invoice may be a moment late', () => {
		const young = subscription({ awaitsFirstInvoice: true, startsAt: at(now) });
		expect(ofSubscription({ subscriptions: [young], policy, now })).toMatchObject({
			state: 'pending_payment',
			nextChangeAt: at(now) + 3_600_000,
			reasons: [{ rule: 'first_invoice' }],
		});
		expect(stateOf({ subscriptions: [young], policy, now: at(now) + 3_600_000 })).toBe('active');
	});

	test('a first payment that was lost again later is a debt, not a missing first payment', () => {
		const lost = first({
			paymentStatus: 'succeeded',
			totalDue: 0,
			totalPaid: 5_000,
			disputeLostAt: at('2026-08-02T00:00:00Z'),
		});
		expect(stateOf({ invoices: [lost], policy: { ...policy, restrictImmediately: true }, now })).toBe('restricted');
	});

	test('an upgrade goes on: its first invoice is a debt like any other', () => {
		const old = subscription({ id: 'row_0', status: 'terminated', endedAt: at('2026-08-01T00:00:00Z') });
		const upgraded = subscription({ startsAt: at('2026-08-01T00:00:00Z'), replacesAnother: true });
		const decision = ofSubscription({ subscriptions: [upgraded, old], invoices: [first()], policy, now });
		expect([decision.state, iso(decision.since)]).toEqual(['active', '2026-01-01T00:00:00.000Z']);
	});

	test('Lago itself waits with an incomplete subscription, and one that starts later has not begun', () => {
		expect(stateOf({ subscriptions: [subscription({ status: 'incomplete' })], now })).toBe('pending_payment');
		const later = subscription({ status: 'pending', startsAt: at('2026-09-01T00:00:00Z') });
		expect(ofSubscription({ subscriptions: [later], now })).toMatchObject({
			state: 'pending_payment',
			nextChangeAt: at('2026-09-01T00:00:00Z'),
			reasons: [{ rule: 'not_started' }],
		});
	});

	test('one that starts later does not begin unpaid while the job of Lago that starts it is on its way', () => {
		const later = subscription({ status: 'pending', startsAt: at(now) });
		expect(ofSubscription({ subscriptions: [later], policy, now })).toMatchObject({
			state: 'pending_payment',
			nextChangeAt: at(now) + 3_600_000,
			reasons: [{ rule: 'not_started' }],
		});
		expect(stateOf({ subscriptions: [later], now })).toBe('active');
	});
});

describe('a clock of Lago or Dodo that runs ahead of ours', () => {
	const now = '2026-09-01T00:00:00Z';
	const soon = at(now) + 2_000;
	const policy = { restrictImmediately: true };
	const lost: Partial<AccessInvoice> = {
		paymentStatus: 'succeeded',
		totalDue: 0,
		totalPaid: 5_000,
		disputeLostAt: soon,
	};
	test.each<[string, SubscriptionFacts, Partial<AccessInvoice>, string]>([
		['a dispute that was lost', subscription(), lost, 'restricted'],
		['a payment that failed', subscription(), { paymentStatus: 'failed', failedAt: soon }, 'restricted'],
		[
			'a subscription that was ended',
			subscription({ status: 'terminated', endedAt: soon }),
			{ status: 'voided' },
			'ended',
		],
		['a subscription that has started', subscription({ startsAt: soon }), { status: 'voided' }, 'active'],
		[
			'a subscription that is to start has not',
			subscription({ status: 'pending', startsAt: soon }),
			{ status: 'voided' },
			'pending_payment',
		],
	])('%s: it is so now', (_name, row, given, state) => {
		const facts = asHappened(
			{ customer: { externalId: 'cust_1', timeZone: 'UTC' }, subscriptions: [row], invoices: [invoice(given)] },
			at(now),
		);
		const {
			subscriptions: [decision],
		} = evaluateAccess(facts, { ...HARMLESS, ...policy }, at(now));
		expect(decision?.state).toBe(state);
		expect(decision?.since ?? 0).toBeLessThanOrEqual(at(now));
	});
});

describe('the end of a subscription', () => {
	const now = '2026-08-20T00:00:00Z';
	const ended = subscription({ status: 'terminated', endedAt: at('2026-08-10T00:00:00Z') });
	const yearAhead = (row: SubscriptionFacts, given: Partial<AccessInvoice> = {}): AccessInvoice =>
		invoice({
			paymentStatus: 'succeeded',
			totalDue: 0,
			totalPaid: 5_000,
			covers: [covering(row, { prepaidUntil: at('2026-12-31T23:59:59Z') })],
			...given,
		});

	test('ended is ended, whatever is owed', () => {
		const decision = ofSubscription({
			subscriptions: [ended],
			invoices: [invoice()],
			policy: { restrictAfterDays: 1 },
			now,
		});
		expect(decision).toMatchObject({
			state: 'ended',
			since: ended.endedAt,
			until: null,
			nextChangeAt: null,
			reasons: [{ rule: 'ended' }],
		});
	});

	test('after cancellation it stays active to the end of what was paid in advance, if Lago gave nothing of it back', () => {
		const keeping = { ...ended, keepsUnusedDays: true };
		const policy = { keepPrepaidPeriod: true };
		const decision = ofSubscription({ subscriptions: [keeping], invoices: [yearAhead(keeping)], policy, now });
		expect(decision).toMatchObject({
			state: 'paid_until',
			since: ended.endedAt,
			until: at('2026-12-31T23:59:59Z'),
			nextChangeAt: at('2026-12-31T23:59:59Z'),
			reasons: [{ rule: 'prepaid' }],
		});
		expect(
			stateOf({ subscriptions: [keeping], invoices: [yearAhead(keeping)], policy, now: '2026-12-31T23:59:59Z' }),
		).toBe('ended');
		expect(stateOf({ subscriptions: [keeping], invoices: [yearAhead(keeping)], now })).toBe('ended');
		expect(stateOf({ subscriptions: [ended], invoices: [yearAhead(ended)], policy, now })).toBe('ended');
		expect(
			stateOf({
				subscriptions: [keeping],
				invoices: [yearAhead(keeping, { paymentStatus: 'pending', totalDue: 5_000, totalPaid: 0 })],
				policy,
				now,
			}),
		).toBe('ended');
		expect(
			stateOf({ subscriptions: [keeping], invoices: [yearAhead(keeping, { disputeLostAt: at(now) })], policy, now }),
		).toBe('ended');
	});

	test('a plan in arrears has nothing prepaid', () => {
		const keeping = { ...ended, keepsUnusedDays: true };
		const paid = invoice({ paymentStatus: 'succeeded', totalDue: 0, totalPaid: 5_000, covers: [covering(keeping)] });
		expect(stateOf({ subscriptions: [keeping], invoices: [paid], policy: { keepPrepaidPeriod: true }, now })).toBe(
			'ended',
		);
	});

	test('an end that is planned comes at the beginning of its day where the customer is', () => {
		const ending = subscription({ endingAt: at('2026-08-31T21:59:59Z') });
		const decision = ofSubscription({ subscriptions: [ending], timeZone: 'Europe/Paris', now });
		expect([decision.state, iso(decision.until), iso(decision.nextChangeAt)]).toEqual([
			'active',
			'2026-08-30T22:00:00.000Z',
			'2026-08-30T22:00:00.000Z',
		]);
	});

	test('terminated and created anew under the same external id: the new one counts, and the old debt with it', () => {
		const anew = subscription({ id: 'row_2', startsAt: at('2026-08-15T00:00:00Z') });
		const given = { subscriptions: [ended, anew], now };
		expect(stateOf(given)).toBe('active');
		expect(
			stateOf({ ...given, invoices: [invoice({ covers: [covering(ended)] })], policy: { restrictAfterDays: 1 } }),
		).toBe('restricted');
		expect(
			stateOf({
				...given,
				invoices: [invoice({ covers: [covering(ended, { isFirst: true })] })],
				policy: { waitForFirstPayment: true },
			}),
		).toBe('active');
		expect(iso(ofSubscription(given).since)).toBe('2026-08-15T00:00:00.000Z');
	});
});

describe('customers and their subscriptions', () => {
	const now = '2026-09-01T00:00:00Z';
	const other = subscription({ id: 'row_2', externalId: 'sub_2' });
	const subscriptions = [sub1, other];
	const policy = { restrictAfterDays: 1 };

	test('an annual plan that is paid stays active while a second plan is unpaid, unless the whole customer counts', () => {
		const invoices = [invoice({ covers: [covering(other)] })];
		expect(stateOf({ subscriptions, invoices, policy, now })).toBe('active');
		expect(stateOf({ subscriptions, invoices, policy, now }, 'sub_2')).toBe('restricted');
		expect(evaluated({ subscriptions, invoices, policy, now }).customer.state).toBe('restricted');
		expect(stateOf({ subscriptions, invoices, policy: { ...policy, scope: 'customer' }, now })).toBe('restricted');
	});

	test('an invoice over several subscriptions is owed for each, and told once of the customer', () => {
		const invoices = [invoice({ covers: [covering(sub1), covering(other)] })];
		const { customer, subscriptions: decided } = evaluated({ subscriptions, invoices, policy, now });
		expect(decided.map(({ state }) => state)).toEqual(['restricted', 'restricted']);
		expect(customer).toMatchObject({
			overdueBalance: [{ currency: 'EUR', amount: 5_000 }],
			reasons: [{ rule: 'restrict_after_days' }],
		});
		expect(customer.reasons).toHaveLength(1);
	});

	test('a one-off invoice concerns the customer, and no subscription unless the whole customer counts', () => {
		const invoices = [invoice({ type: 'one_off', covers: [] })];
		const { customer, subscriptions: decided } = evaluated({ invoices, policy, now });
		expect([customer.state, decided[0]?.state]).toEqual(['restricted', 'active']);
		expect(evaluated({ subscriptions: [], invoices, policy, now }).customer.state).toBe('restricted');
		expect(evaluated({ subscriptions: [], invoices: [], policy, now }).customer.state).toBe('active');
	});

	test('a customer of whom one subscription has ended and one goes on is not ended', () => {
		const gone = subscription({
			id: 'row_2',
			externalId: 'sub_2',
			status: 'terminated',
			endedAt: at('2026-08-10T00:00:00Z'),
		});
		expect(evaluated({ subscriptions: [sub1, gone], now }).customer.state).toBe('active');
		expect(evaluated({ subscriptions: [gone], now }).customer.state).toBe('ended');
	});
});

describe('calendars', () => {
	const policy = { restrictAfterDays: 1 };
	test.each([
		['UTC', '2026-08-15', '2026-08-16T00:00:00.000Z'],
		['America/Los_Angeles', '2026-08-15', '2026-08-16T07:00:00.000Z'],
		['Pacific/Kiritimati', '2026-08-15', '2026-08-15T10:00:00.000Z'],
		['Europe/Berlin', '2026-10-24', '2026-10-24T22:00:00.000Z'],
		['Europe/Berlin', '2026-10-25', '2026-10-25T23:00:00.000Z'],
		['America/Santiago', '2026-09-05', '2026-09-06T04:00:00.000Z'],
		['UTC', '2028-02-28', '2028-02-29T00:00:00.000Z'],
		['UTC', '2027-02-28', '2027-03-01T00:00:00.000Z'],
		['Nowhere/Land', '2026-08-15', '2026-08-16T00:00:00.000Z'],
	])('in %s an invoice due on %s is overdue from %s', (timeZone, dueOn, overdueAt) => {
		const given = { invoices: [invoice({ issuedOn: '2026-01-01', dueOn })], policy, timeZone };
		expect(stateOf({ ...given, now: at(overdueAt) - 1 })).toBe('active');
		expect(stateOf({ ...given, now: at(overdueAt) })).toBe('restricted');
	});

	test('days overdue are days on the calendar, also over a change of clocks', () => {
		const given = { invoices: [invoice({ dueOn: '2026-10-24' })], timeZone: 'Europe/Berlin' };
		expect(ofSubscription({ ...given, now: '2026-10-26T22:59:59Z' }).daysOverdue).toBe(2);
		expect(ofSubscription({ ...given, now: '2026-10-26T23:00:00Z' }).daysOverdue).toBe(3);
	});
});

describe('properties', () => {
	const dates = fc
		.integer({ min: 0, max: 400 })
		.map((days) => new Date(at('2026-01-01T00:00:00Z') + days * DAY).toISOString().slice(0, 10));
	const instants = fc
		.integer({ min: 0, max: 400 * 24 * 60 })
		.map((minutes) => at('2026-01-01T00:00:00Z') + minutes * 60_000);
	const rows = fc.array(
		fc.record({
			id: fc.constantFrom('row_1', 'row_2', 'row_3'),
			externalId: fc.constantFrom('sub_1', 'sub_2'),
			status: fc.constantFrom('active', 'pending', 'terminated', 'canceled', 'incomplete'),
			startsAt: instants,
			endedAt: fc.option(instants),
			endingAt: fc.option(instants),
			replacesAnother: fc.boolean(),
			keepsUnusedDays: fc.boolean(),
			awaitsFirstInvoice: fc.boolean(),
		}),
		{ maxLength: 4 },
	);
	const invoices = fc.array(
		fc.record({
			id: fc.uuid(),
			number: fc.constantFrom('A', 'B', 'C'),
			type: fc.constantFrom('subscription', 'one_off', 'credit', 'progressive_billing'),
			status: fc.constantFrom('finalized', 'finalized', 'draft', 'voided'),
			paymentStatus: fc.constantFrom('pending', 'failed', 'succeeded'),
			currency: fc.constantFrom('EUR', 'JPY'),
			totalDue: fc.integer({ min: 0, max: 9_000 }),
			totalPaid: fc.constantFrom(0, 0, 3_000),
			selfBilled: fc.constantFrom(false, false, false, true),
			issuedOn: dates,
			dueOn: dates,
			disputeLostAt: fc.option(instants, { freq: 5 }),
			failedAt: fc.option(instants),
			isUnderWay: fc.boolean(),
			covers: fc.array(
				fc.record({
					subscriptionId: fc.constantFrom('row_1', 'row_2', 'row_3'),
					externalId: fc.constantFrom('sub_1', 'sub_2'),
					isFirst: fc.boolean(),
					prepaidUntil: fc.option(instants),
				}),
				{ maxLength: 2 },
			),
		}),
		{ maxLength: 5 },
	);
	const policies: fc.Arbitrary<AccessPolicy> = fc.record({
		restrictImmediately: fc.boolean(),
		restrictAfterDays: fc.option(fc.integer({ min: 1, max: 40 })),
		restrictAbove: fc.constantFrom<Record<string, number>>({}, { EUR: 4_000 }, { EUR: 0, JPY: 9_000 }),
		restrictAfterInvoices: fc.option(fc.integer({ min: 1, max: 3 })),
		graceDays: fc.integer({ min: 0, max: 20 }),
		waitForFirstPayment: fc.boolean(),
		keepPrepaidPeriod: fc.boolean(),
		scope: fc.constantFrom('subscription', 'customer'),
		exempt: fc.constantFrom<string[]>([], [], ['cust_1']),
	});
	const zones = fc.constantFrom('UTC', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe');
	const facts: fc.Arbitrary<AccessFacts> = fc
		.record({ subscriptions: rows, invoices, timeZone: zones })
		.map(({ timeZone, ...books }) => ({ customer: { externalId: 'cust_1', timeZone }, ...books }));
	const all = (books: AccessFacts, policy: AccessPolicy, now: number): AccessDecision[] => {
		const { customer, subscriptions } = evaluateAccess(books, policy, now);
		return [customer, ...subscriptions];
	};
	/** From open to closed. */
	const RANK = ['active', 'grace', 'restricted'];

	test('until the next change nothing changes, and then it does', () => {
		fc.assert(
			fc.property(facts, policies, instants, fc.double({ min: 0, max: 1, noNaN: true }), (books, policy, now, part) => {
				all(books, policy, now).forEach(({ state, nextChangeAt, since }, index) => {
					const later = (when: number): string | undefined => all(books, policy, when)[index]?.state;
					expect(later(Math.floor(now + ((nextChangeAt ?? now + 500 * DAY) - 1 - now) * part))).toBe(state);
					if (nextChangeAt !== null) expect(later(nextChangeAt)).not.toBe(state);
					if (since !== null) expect([since <= now, later(since)]).toEqual([true, state]);
				});
			}),
			{ numRuns: runs(200, 1_000) },
		);
	});

	test('whatever is decided can be told', () => {
		fc.assert(
			fc.property(facts, policies, instants, (books, policy, now) => void viewOf(evaluateAccess(books, policy, now))),
			{ numRuns: runs(200, 1_000) },
		);
	});

	test('the order of invoices and subscriptions says nothing', () => {
		fc.assert(
			fc.property(facts, policies, instants, (books, policy, now) => {
				const turned = { ...books, invoices: [...books.invoices].reverse() };
				const told = (decisions: AccessDecision[]) =>
					decisions.map(({ state, since, until, nextChangeAt, daysOverdue }) => ({
						state,
						since,
						until,
						nextChangeAt,
						daysOverdue,
					}));
				expect(told(all(turned, policy, now))).toEqual(told(all(books, policy, now)));
			}),
		);
	});

	test('paying an invoice never closes what was open', () => {
		fc.assert(
			fc.property(facts, policies, instants, fc.nat(4), (books, policy, now, which) => {
				const before = all(books, policy, now);
				const paid = books.invoices.map((one, index) =>
					index === which ? { ...one, paymentStatus: 'succeeded', disputeLostAt: null } : one,
				);
				all({ ...books, invoices: paid }, policy, now).forEach(({ state }, index) => {
					const [then, thereafter] = [RANK.indexOf(before[index]?.state ?? ''), RANK.indexOf(state)];
					if (then !== -1 && thereafter !== -1) expect(thereafter).toBeLessThanOrEqual(then);
				});
			}),
			{ numRuns: runs(100, 500) },
		);
	});

	test('a policy that switches nothing on restricts nobody, and nobody who is exempt is restricted', () => {
		fc.assert(
			fc.property(facts, policies, instants, (books, policy, now) => {
				for (const harmless of [HARMLESS, { ...policy, exempt: ['cust_1'] }])
					for (const { state } of all(books, harmless, now)) expect(['restricted', 'grace']).not.toContain(state);
			}),
		);
	});
});

test('limits are read, or the problem is told', () => {
	expect(parseLimits('EUR:5000, usd:7000')).toEqual({ EUR: 5_000, USD: 7_000 });
	expect(parseLimits('')).toEqual({});
	expect(parseLimits('EUR:50.00')).toEqual({
		problem: '"EUR:50.00" is not a limit; one looks like EUR:5000, which is EUR 50.00',
	});
	expect(parseLimits('EUR:1,EUR:2')).toEqual({ problem: 'EUR has two limits' });
});

test.each(['constructor', '__proto__', 'toString'])(
	'a subscription named %s has no state from before',
	(externalId) => {
		const access = {
			customer: { externalId: 'c', state: 'active' },
			subscriptions: [{ externalId, state: 'active' }],
		} as unknown as CustomerAccess;
		expect(changesSince(NOTHING_KNOWN, access)).toEqual([]);
		expect(changesSince(knownOf(access, ''), access)).toEqual([]);
	},
);
