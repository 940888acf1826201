import { momentOf } from '../../../nodes/shared/domain/moment';

const iso = (value: unknown, zone = 'Europe/Berlin'): string | null => {
	const moment = momentOf(value, zone);
	return moment === null ? null : new Date(moment).toISOString();
};

it.each([
	['2026-11-01T00:00:00', '2026-10-31T23:00:00.000Z'],
	['2026-07-01T00:00:00', '2026-06-30T22:00:00.000Z'],
	['2026-11-01 08:30', '2026-11-01T07:30:00.000Z'],
	['2026-11-01T08:30:15.250', '2026-11-01T07:30:15.250Z'],
	[' 2026-11-01 ', '2026-10-31T23:00:00.000Z'],
	['2026-03-29T02:30:00', '2026-03-29T01:00:00.000Z'],
	['2026-10-25T02:30:00', '2026-10-25T00:30:00.000Z'],
	['2026-11-01T08:00:00Z', '2026-11-01T08:00:00.000Z'],
	['2026-11-01T08:00:00.000-05:00', '2026-11-01T13:00:00.000Z'],
	['2026-11-01T08:00:00+0530', '2026-11-01T02:30:00.000Z'],
	[new Date('2026-11-01T08:00:00Z'), '2026-11-01T08:00:00.000Z'],
	[{ valueOf: (): number => 0 }, '1970-01-01T00:00:00.000Z'],
])('%p in Berlin is %s', (value, moment) => {
	expect(iso(value)).toBe(moment);
});

it.each([
	['next week'],
	['2026-13-01T00:00:00'],
	['2026-02-30'],
	[''],
	['2026'],
	[undefined],
	[null],
	[true],
	[20_261_101],
	[{}],
	[new Date('nonsense')],
])('%p is no date', (value) => {
	expect(iso(value)).toBeNull();
});

it('an unknown time zone is UTC', () => {
	expect(iso('2026-11-01T00:00:00', 'Nowhere/Land')).toBe('2026-11-01T00:00:00.000Z');
});
