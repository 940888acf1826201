import { isNothingDone } from '../../../nodes/shared/domain/outcome';
import type { CollectionState } from '../../../nodes/shared/domain/invoiceMetadata';
import { planNextTry, type Failure } from '../../../nodes/shared/domain/retryPlan';
import { parseSchedule, type RetryPolicy } from '../../../nodes/shared/domain/retrySchedule';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const NOW_S = NOW / 1000;
const POLICY = parseSchedule('1d,3d', '09:00') as RetryPolicy;
const FAILED: Failure = { outcome: 'failed', declineCode: 'INSUFFICIENT_FUNDS' };
const BUSY: Failure = { outcome: 'mandate_busy' };

const planned = (state: Partial<CollectionState> | null, failure = FAILED, timeZone = 'Europe/Berlin', isOpen = true) =>
	planNextTry(POLICY, failure, { state: state && { phase: 'failed', attempt: 1, ...state }, isOpen, timeZone }, NOW);
const tomorrow = {
	outcome: 'retry_planned',
	nextTryAt: '2026-11-21T08:00:00.000Z',
	localTime: '2026-11-21 09:00',
	timeZone: 'Europe/Berlin',
	failedTries: 1,
	message: 'Try 1 failed; the next one is planned for 2026-11-21 09:00.',
};
const AT_NINE = Date.parse(tomorrow.nextTryAt) / 1000;

test.each([[null], [{}], [{ failedTries: 0 }]])('the first failure of %j is tried again tomorrow at nine', (state) => {
	expect(planned(state)).toMatchObject({
		plan: tomorrow,
		save: { phase: 'failed', attempt: 1, failedTries: 1, nextTryAt: AT_NINE },
	});
	expect(planned(state).plan).toEqual(tomorrow);
});

test('where nobody knows the time zone it is told in UTC', () => {
	expect(planned(null, FAILED, 'Nowhere/Land').plan).toMatchObject({
		nextTryAt: '2026-11-21T09:00:00.000Z',
		localTime: '2026-11-21 09:00',
	});
});

test('a try that comes is not planned twice, one that is due has failed', () => {
	const nextTryAt = NOW_S + 1;
	expect(planned({ nextTryAt, failedTries: 1 }, FAILED, 'UTC')).toEqual({
		plan: {
			outcome: 'retry_planned',
			nextTryAt: '2026-11-20T12:00:01.000Z',
			localTime: '2026-11-20 12:00',
			timeZone: 'UTC',
			failedTries: 1,
			message: 'The next try was planned already, for 2026-11-20 12:00.',
		},
	});
	expect(planned({ nextTryAt }).plan).toMatchObject({ failedTries: 0 });
	expect(planned({ nextTryAt }, BUSY).plan.message).toContain('was planned already');
	expect(planned({ nextTryAt: NOW_S, failedTries: 1 })).toMatchObject({
		plan: { outcome: 'retry_planned', failedTries: 2, localTime: '2026-11-23 09:00' },
		save: { failedTries: 2 },
	});
});

test.each([
	[{ failedTries: 2 }, true],
	[{ failedTries: 2, nextTryAt: NOW_S }, true],
	[{ failedTries: 3, nextTryAt: NOW_S }, true],
	[{ failedTries: 3 }, false],
	[{ failedTries: 4 }, false],
])('after all of them, of which %j is known, none is planned; it is written down once', (state, isNews) => {
	const { plan, save } = planned(state);
	expect(plan).toMatchObject({
		outcome: 'exhausted',
		failedTries: 3,
		message: expect.stringContaining('All 3 tries') as string,
	});
	expect(save).toEqual(isNews ? { phase: 'failed', attempt: 1, failedTries: 3, nextTryAt: undefined } : undefined);
});

test('a decline for good ends it, and takes a planned try back', () => {
	const declined: Failure = { outcome: 'failed', declineCode: 'STOLEN_CARD' };
	expect(planned(null, declined)).toMatchObject({
		plan: { outcome: 'hard_decline', message: expect.stringContaining('(STOLEN_CARD)') as string },
	});
	for (const state of [null, {}, { failedTries: 1 }]) expect(planned(state, declined)).not.toHaveProperty('save');
	expect(planned({ nextTryAt: NOW_S + 1, failedTries: 1 }, declined).save).toEqual({
		phase: 'failed',
		attempt: 1,
		failedTries: 1,
		nextTryAt: undefined,
	});
	expect(planned(null, { ...BUSY, declineCode: 'STOLEN_CARD' }).plan.outcome).toBe('retry_planned');
});

test('a charge that could not start is tried in a quarter of an hour, and counts as no try', () => {
	const wait = { nextTryAt: '2026-11-20T12:15:00.000Z', localTime: '2026-11-20 13:15', timeZone: 'Europe/Berlin' };
	expect(planned(null, BUSY)).toMatchObject({
		plan: { outcome: 'retry_planned', ...wait, failedTries: 0 },
		save: { phase: 'waiting', nextTryAt: NOW_S + 900 },
	});
	expect(planned({ failedTries: 1 }, BUSY)).toMatchObject({
		plan: { failedTries: 1, message: expect.stringContaining('15 minutes') as string },
		save: { failedTries: 1, nextTryAt: NOW_S + 900 },
	});
});

test('nothing is planned for an invoice that is not open any more', () => {
	for (const failure of [FAILED, BUSY])
		expect(planned({ nextTryAt: NOW_S + 1 }, failure, 'UTC', false)).toEqual({
			plan: { outcome: 'skipped', reason: 'nothing_due', message: expect.stringMatching(/paid or void/) as string },
		});
});

test.each([
	['skipped', true],
	['settled', false],
	['held', false],
	['constructor', false],
	[undefined, false],
])('%s says that nothing was done: %s', (outcome, is) => expect(isNothingDone(outcome)).toBe(is));
