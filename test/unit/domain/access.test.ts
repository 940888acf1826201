import { changesSince, knownOf, NOTHING_KNOWN } from '../../../nodes/shared/domain/access/changes';
import type { CustomerAccess } from '../../../nodes/shared/domain/access/evaluate';
import type { AccessInvoice } from '../../../nodes/shared/domain/access/facts';
import { parseLimits } from '../../../nodes/shared/domain/access/policy';
import { at, covering, evaluated, invoice, iso, ofSubscription, stateOf, sub1 } from './accessBooks';

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
