import { calendarOf, dayOfDate } from '../../../nodes/shared/domain/calendar';

test.each([
	['2026-08-15', 20_680],
	['2026-08-15T23:59:59Z', 20_680],
	['1970-01-01', 0],
	['soon', NaN],
	['', NaN],
])('%j is day %d', (date, day) => expect(dayOfDate(date)).toBe(day));

/** [zone, moment, the day there, when that day began] */
test.each([
	['UTC', '2026-11-28T00:00:00Z', '2026-11-28', '2026-11-28T00:00:00Z'],
	['UTC', '2026-11-28T23:59:59Z', '2026-11-28', '2026-11-28T00:00:00Z'],
	['America/New_York', '2026-11-28T04:59:59Z', '2026-11-27', '2026-11-27T05:00:00Z'],
	['America/New_York', '2026-11-28T05:00:00Z', '2026-11-28', '2026-11-28T05:00:00Z'],
	['Asia/Tokyo', '2026-11-28T14:59:59Z', '2026-11-28', '2026-11-27T15:00:00Z'],
	['Asia/Tokyo', '2026-11-28T15:00:00Z', '2026-11-29', '2026-11-28T15:00:00Z'],
	['Pacific/Kiritimati', '2026-11-28T10:00:00Z', '2026-11-29', '2026-11-28T10:00:00Z'],
	['Pacific/Pago_Pago', '2026-11-28T10:59:59Z', '2026-11-27', '2026-11-27T11:00:00Z'],
	// The clock skips midnight.
	['America/Santiago', '2026-09-06T04:00:00Z', '2026-09-06', '2026-09-06T04:00:00Z'],
	['nowhere', '2026-11-28T05:00:00Z', '2026-11-28', '2026-11-28T00:00:00Z'],
])('in %s it is at %s the day %s, which began at %s', (zone, moment, date, begun) => {
	const calendar = calendarOf(zone);
	const day = calendar.dayOf(Date.parse(moment));
	expect(day).toBe(dayOfDate(date));
	expect(calendar.startOfDay(day)).toBe(Date.parse(begun));
});
