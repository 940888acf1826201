import { isToLookAt, listedFrom, seenUntil, type RequestsSeen } from '../../../nodes/shared/domain/missedRequests';

const NOW = 1_800_000_000;
const HOUR = 3_600;
const ago = (hours: number): number => NOW - hours * HOUR;
const seen = (until: number, waiting: Record<string, number> = {}): RequestsSeen => ({ until, waiting });

test.each<[string, number, RequestsSeen, boolean]>([
	['is so young that its event may still come', NOW - 59, seen(ago(1)), false],
	['is a minute old', NOW - 60, seen(ago(1)), true],
	['is of this day', ago(23), seen(ago(1)), true],
	['is of another day, and was looked at before', ago(25), seen(ago(1)), false],
	['is of another day, and nobody has looked since', ago(50), seen(ago(72)), true],
	['is of another day, and waits', ago(50), seen(ago(1), { it: ago(50) }), true],
	['is of another day, and another one waits', ago(50), seen(ago(1), { other: ago(50) }), false],
])('a payment request that %s', (_case, createdAt, before, expected) => {
	expect(isToLookAt({ id: 'it', createdAt }, before, NOW)).toBe(expected);
	if (expected) expect(listedFrom(before, NOW)).toBeLessThanOrEqual(createdAt);
});

test('a look sees what is a minute old, and lists a day', () => {
	expect([seenUntil(NOW), listedFrom(seen(ago(1)), NOW)]).toEqual([NOW - 60, ago(24)]);
	expect(listedFrom(seen(ago(1), { it: ago(40) }), NOW)).toBe(ago(40));
});
