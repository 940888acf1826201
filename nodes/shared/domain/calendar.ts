export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;
const DATE_LENGTH = 10;

/** Wall-clock time of an instant, as if it were UTC; both in ms, to the second. */
export type Clock = (instantMs: number) => number;

const clocks = new Map<string, Clock>();

/** Kept, because making one is slow. @param timeZone IANA name; UTC when it is unknown. */
export function clockOf(timeZone: string): Clock {
	const clock = clocks.get(timeZone) ?? newClock(timeZone);
	clocks.set(timeZone, clock);
	return clock;
}

function newClock(timeZone: string): Clock {
	const format = formatterOf(timeZone);
	return (instantMs) => {
		const parts = Object.fromEntries(format.formatToParts(instantMs).map(({ type, value }) => [type, Number(value)]));
		const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
		return Date.UTC(year, month - 1, day, hour, minute, second);
	};
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
	const options: Intl.DateTimeFormatOptions = {
		calendar: 'gregory',
		numberingSystem: 'latn',
		hourCycle: 'h23',
		year: 'numeric',
		month: 'numeric',
		day: 'numeric',
		hour: 'numeric',
		minute: 'numeric',
		second: 'numeric',
	};
	try {
		return new Intl.DateTimeFormat('en', { ...options, timeZone });
	} catch {
		return new Intl.DateTimeFormat('en', { ...options, timeZone: 'UTC' });
	}
}

/** The first instant at which the clock shows `wanted`; where it skips that, the instant after the gap. */
export function instantOf(clock: Clock, wanted: number): number {
	const [before, after] = [wanted - DAY_MS, wanted + DAY_MS].map((instant) => clock(instant) - instant) as [
		number,
		number,
	];
	const fitting = [wanted - before, wanted - after].filter((instant) => clock(instant) === wanted);
	if (fitting.length > 0) return Math.min(...fitting);
	let [low, high] = [wanted - DAY_MS, wanted + DAY_MS];
	while (high - low > MINUTE_MS) {
		const middle = low + Math.floor((high - low) / (2 * MINUTE_MS)) * MINUTE_MS;
		if (clock(middle) < wanted) low = middle;
		else high = middle;
	}
	return high;
}

/** A day on somebody's calendar: days since 1970-01-01, whatever the time zone. */
export type Day = number;

/** `2026-08-15`, also with a time behind it, -> 20680; NaN for anything that is no date. */
export function dayOfDate(date: string): Day {
	return Date.parse(date.slice(0, DATE_LENGTH)) / DAY_MS;
}

/** The days of one time zone. */
export interface Calendar {
	/** The day of an instant (ms since 1970). */
	dayOf(instantMs: number): Day;
	/** The first instant of a day, ms since 1970; where clocks skip midnight, the instant after the gap. */
	startOfDay(day: Day): number;
}

const calendars = new Map<string, Calendar>();
/** Decades of days; more are never looked at in one zone. */
const DAYS_KEPT = 20_000;

/** The calendar of a time zone. What it computes once it keeps, because asking for the clock of a zone is slow. */
export function calendarOf(timeZone: string): Calendar {
	const known = calendars.get(timeZone);
	if (known !== undefined) return known;
	const clock = clockOf(timeZone);
	const starts = new Map<Day, number>();
	const startOfDay = (day: Day): number => {
		const kept = starts.get(day);
		if (kept !== undefined) return kept;
		if (starts.size >= DAYS_KEPT) starts.clear();
		const start = instantOf(clock, day * DAY_MS);
		starts.set(day, start);
		return start;
	};
	const calendar: Calendar = {
		startOfDay,
		dayOf(instantMs) {
			// No zone is more than a day away from UTC.
			const day = Math.floor(instantMs / DAY_MS);
			return instantMs < startOfDay(day) ? day - 1 : instantMs < startOfDay(day + 1) ? day : day + 1;
		},
	};
	calendars.set(timeZone, calendar);
	return calendar;
}
