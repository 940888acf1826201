import * as fc from 'fast-check';
import { isHardDecline, nextTry, parseSchedule, type RetryPolicy } from '../../../nodes/shared/domain/retrySchedule';
import { runs } from '../../support/runs';

const ZONES = [
	'UTC',
	'Europe/Berlin',
	'America/New_York',
	'Asia/Kolkata',
	'Pacific/Apia',
	'Australia/Lord_Howe',
	'Pacific/Chatham',
];
const policy = (text: string, time = '09:00'): RetryPolicy => {
	const parsed = parseSchedule(text, time);
	if ('problem' in parsed) throw new Error(parsed.problem);
	return parsed;
};
/** `2026-11-24 09:00` on a clock somewhere. */
const local = (atMs: number, timeZone: string): string =>
	new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(atMs);
const atOf = (next: ReturnType<typeof nextTry>): number => (next === 'exhausted' ? NaN : next.atMs);

describe('parseSchedule', () => {
	test('reads waits and time of day, blanks and capitals allowed', () => {
		expect(parseSchedule(' 30m, 12 H,1d ,2w', ' 9:05 ')).toEqual({
			waits: [
				{ count: 30, unit: 'm' },
				{ count: 12, unit: 'h' },
				{ count: 1, unit: 'd' },
				{ count: 2, unit: 'w' },
			],
			minuteOfDay: 545,
		});
	});

	test.each([
		['daily', '09:00', '"daily" is not a wait'],
		['', '09:00', '"" is not a wait'],
		['0d', '09:00', '"0d" is not a wait'],
		['3 months', '09:00', '"3 months" is not a wait'],
		['in 3d', '09:00', '"in 3d" is not a wait'],
		['3.5d', '09:00', '"3.5d" is not a wait'],
		['1d', '09:000', '"09:000" is not a time of day'],
		['1d', '109:00', '"109:00" is not a time of day'],
		['1d,', '09:00', '"" is not a wait'],
		['1d', '24:00', '"24:00" is not a time of day'],
		['1d', 'noon', '"noon" is not a time of day'],
		[Array(13).fill('1d').join(), '09:00', 'more than 12 tries'],
	])('%p at %p is refused in words', (text, time, words) => {
		expect(parseSchedule(text, time)).toEqual({ problem: expect.stringContaining(words) });
	});
});

describe('nextTry', () => {
	test('the default schedule, day by day, for a customer in Berlin over the end of summer time', () => {
		const plan: string[] = [];
		let now = Date.parse('2026-10-20T15:00:00Z');
		for (let tries = 1; ; tries++) {
			const next = nextTry(policy('1d,3d,5d,7d'), tries, now, 'Europe/Berlin');
			if (next === 'exhausted') break;
			now = next.atMs;
			plan.push(local(now, 'Europe/Berlin'));
		}
		expect(plan).toEqual(['2026-10-21 09:00', '2026-10-24 09:00', '2026-10-29 09:00', '2026-11-05 09:00']);
	});

	test.each([
		['a time that the clock skips is moved behind the gap', '02:30', '2026-03-28T10:00:00Z', '2026-03-29 03:00'],
		['of a time that comes twice the first is taken', '02:30', '2026-10-24T10:00:00Z', '2026-10-25 02:30'],
	])('%s', (_case, time, now, expected) => {
		const at = atOf(nextTry(policy('1d', time), 1, Date.parse(now), 'Europe/Berlin'));
		expect(local(at, 'Europe/Berlin')).toBe(expected);
		// The first of two: summer time, UTC+2.
		if (expected.startsWith('2026-10')) expect(new Date(at).toISOString()).toBe('2026-10-25T00:30:00.000Z');
	});

	test('minutes and hours are exact', () => {
		expect(nextTry(policy('30m'), 1, 1_000, 'Asia/Kolkata')).toEqual({ atMs: 1_000 + 30 * 60_000 });
		expect(nextTry(policy('1d,12h'), 2, 1_000, 'Asia/Kolkata')).toEqual({ atMs: 1_000 + 12 * 3_600_000 });
	});

	test('an unknown zone counts as UTC', () => {
		const now = Date.parse('2026-11-23T20:00:00Z');
		expect(nextTry(policy('1d'), 1, now, 'Middle/Earth')).toEqual(nextTry(policy('1d'), 1, now, 'UTC'));
	});

	test('anywhere and at any time: the right day, the right time on the wall, never in the past', () => {
		const any = fc.record({
			zone: fc.constantFrom(...ZONES),
			now: fc.integer({ min: Date.parse('2026-01-01T00:00:00Z'), max: Date.parse('2030-12-31T00:00:00Z') }),
			count: fc.integer({ min: 1, max: 40 }),
			unit: fc.constantFrom('d', 'w'),
			minute: fc.integer({ min: 0, max: 1_439 }),
		});
		fc.assert(
			fc.property(any, ({ zone, now, count, unit, minute }) => {
				const time = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
				const at = atOf(nextTry(policy(`${count}${unit}`, time), 1, now, zone));
				expect(at).toBeGreaterThan(now);
				const dayOf = (text: string): number => Date.parse(`${text.slice(0, 10)}T00:00:00Z`) / 86_400_000;
				const shown = local(at, zone);
				expect(dayOf(shown) - dayOf(local(now, zone))).toBe(count * (unit === 'w' ? 7 : 1));
				if (shown.slice(11) === time) return;
				// Only where the clock skips the wanted time: a minute before, it showed an earlier time than wanted.
				expect(shown.slice(11) > time).toBe(true);
				expect(local(at - 60_000, zone).slice(11) < time).toBe(true);
			}),
			{ numRuns: runs(2_000, 20_000), seed: 20_261_123 },
		);
	}, 60_000);

	test('a schedule is exhausted after as many tries as it has waits, and one more', () => {
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 30 }), (waits, tries) => {
				const next = nextTry(policy(Array(waits).fill('1d').join()), tries, 0, 'UTC');
				expect(next === 'exhausted').toBe(tries > waits);
			}),
		);
	});
});

test.each([
	['STOLEN_CARD', true],
	['do_not_honor', true],
	['TRANSACTION_NOT_APPROVED', true],
	['INSUFFICIENT_FUNDS', false],
	['GENERIC_DECLINE', false],
	['A_CODE_OF_TOMORROW', false],
	[null, false],
	[undefined, false],
])('decline %s is for good: %s', (code, hard) => {
	expect(isHardDecline(code)).toBe(hard);
});
