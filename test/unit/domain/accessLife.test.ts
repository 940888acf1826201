import { evaluateAccess } from '../../../nodes/shared/domain/access/evaluate';
import { asHappened, type AccessInvoice, type SubscriptionFacts } from '../../../nodes/shared/domain/access/facts';
import { HARMLESS } from '../../../nodes/shared/domain/access/policy';
import { at, covering, evaluated, invoice, iso, ofSubscription, stateOf, sub1, subscription } from './accessBooks';

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

	test('a customer hears why from the subscription that keeps the access, and not from one that is over', () => {
		const over = { ...ended, id: 'row_0', externalId: 'sub_0' };
		const keeping = { ...ended, keepsUnusedDays: true, endedAt: at('2026-08-12T00:00:00Z') };
		const { customer } = evaluated({
			subscriptions: [over, keeping],
			invoices: [yearAhead(keeping)],
			policy: { keepPrepaidPeriod: true },
			now,
		});
		expect(customer).toMatchObject({
			state: 'paid_until',
			reasons: [{ rule: 'prepaid', since: at('2026-08-12T00:00:00Z') }],
		});
		const toCome = subscription({ status: 'incomplete', startsAt: at('2026-08-15T00:00:00Z') });
		expect(evaluated({ subscriptions: [over, toCome], now }).customer).toMatchObject({
			state: 'pending_payment',
			reasons: [{ rule: 'first_payment', since: at('2026-08-15T00:00:00Z') }],
		});
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
