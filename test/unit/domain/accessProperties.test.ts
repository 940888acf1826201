import fc from 'fast-check';
import { evaluateAccess, type AccessDecision } from '../../../nodes/shared/domain/access/evaluate';
import type { AccessFacts } from '../../../nodes/shared/domain/access/facts';
import { viewOf } from '../../../nodes/shared/domain/access/view';
import { HARMLESS, type AccessPolicy } from '../../../nodes/shared/domain/access/policy';
import { runs } from '../../support/runs';
import { at, DAY } from './accessBooks';

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
