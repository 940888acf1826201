import { clockOf, instantOf } from './calendar';

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const WITHOUT_OFFSET = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)$/;
/** `2026-11-01T08:00:00.000+01:00`, as n8n writes its own dates. */
const WITH_OFFSET = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s?(Z|[+-]\d{2}:?\d{2})$/i;

/**
 * The moment that a date field says: what n8n's picker writes (`2026-11-01T08:00:00`, no offset) and a day alone are meant in the time zone of
 * the workflow; a date object of an expression and a text with an offset say it themselves.
 * @param timeZone IANA name.
 * @returns ms since 1970; null when it is no date.
 */
export function momentOf(value: unknown, timeZone: string): number | null {
	if (typeof value === 'object' && value !== null) return orNull(Number(value.valueOf()));
	if (typeof value !== 'string') return null;
	const given = value.trim();
	const local = DAY.test(given) ? `${given}T00:00:00` : given.replace(WITHOUT_OFFSET, '$1T$2');
	if (!DAY.test(given) && !WITHOUT_OFFSET.test(given))
		return WITH_OFFSET.test(given) ? orNull(Date.parse(given)) : null;
	const asIfUtc = Date.parse(`${local}Z`);
	// JavaScript takes February 30 for March 2.
	if (Number.isNaN(asIfUtc) || !new Date(asIfUtc).toISOString().startsWith(local.slice(0, 10))) return null;
	const fraction = asIfUtc % 1000;
	return instantOf(clockOf(timeZone), asIfUtc - fraction) + fraction;
}

function orNull(ms: number): number | null {
	return Number.isFinite(ms) ? ms : null;
}
