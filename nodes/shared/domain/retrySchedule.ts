import { clockOf, DAY_MS, instantOf, MINUTE_MS } from './calendar';

/** When a failed invoice is tried again. */
export interface RetryPolicy {
	/** How long to wait before the first, second, ... further try. */
	waits: ReadonlyArray<{ count: number; unit: 'm' | 'h' | 'd' | 'w' }>;
	/** Minutes after midnight on the customer's clock; for waits in days and weeks. */
	minuteOfDay: number;
}

const MAX_WAITS = 12;

/** Reads `1d,3d,5d,7d` and `09:00`. @returns the policy, or the problem as a sentence for a person. */
export function parseSchedule(text: string, timeOfDay: string): RetryPolicy | { problem: string } {
	const parts = text.split(',').map((part) => part.trim().toLowerCase());
	if (parts.length > MAX_WAITS)
		return {
			problem: `The schedule has ${parts.length} waits; more than ${MAX_WAITS} tries look like card testing to a bank`,
		};
	const waits: Array<RetryPolicy['waits'][number]> = [];
	for (const part of parts) {
		const [, count, unit] = /^([1-9]\d{0,3})\s*([mhdw])$/.exec(part) ?? [];
		if (count === undefined) return { problem: `"${part}" is not a wait; one looks like 3d, 12h, 30m or 2w` };
		waits.push({ count: Number(count), unit: unit as RetryPolicy['waits'][number]['unit'] });
	}
	const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(timeOfDay.trim()) ?? [];
	if (hours === undefined) return { problem: `"${timeOfDay}" is not a time of day; one looks like 09:00` };
	return { waits, minuteOfDay: Number(hours) * 60 + Number(minutes) };
}

/** Decline reasons that trying again cannot mend, and that banks punish when it is tried (docs `api-reference/transaction-failures`). */
const HARD_DECLINES: ReadonlySet<string> = new Set([
	'CARD_DECLINED',
	'DO_NOT_HONOR',
	'EXPIRED_CARD',
	'FRAUDULENT',
	'INVALID_ACCOUNT',
	'LOST_CARD',
	'MANDATE_REQUIRED_SYSTEM',
	'PAYMENT_METHOD_PROVIDER_DECLINED',
	'PAYMENT_METHOD_UNSUPPORTED',
	'PICKUP_CARD',
	'PROVIDER_UNSUPPORTED',
	'REVOCATION_OF_AUTHORIZATION',
	'STOLEN_CARD',
	'TRANSACTION_NOT_ALLOWED',
	'TRANSACTION_NOT_APPROVED',
]);

/** Whether a decline is for good. A code that nobody knows is not. */
export function isHardDecline(code: string | null | undefined): boolean {
	return code !== null && code !== undefined && HARD_DECLINES.has(code.toUpperCase());
}

/**
 * When to try again after a failure. Minutes and hours are exact; days and weeks are counted on the customer's calendar and end at the
 * time of day of the policy, moved forward where clocks skip it.
 * @param failedTries tries that have failed, this one included; 1 or more.
 * @param nowMs ms since 1970.
 * @param timeZone IANA name; UTC when it is unknown.
 */
export function nextTry(
	{ waits, minuteOfDay }: RetryPolicy,
	failedTries: number,
	nowMs: number,
	timeZone: string,
): { atMs: number } | 'exhausted' {
	const wait = waits[failedTries - 1];
	if (wait === undefined) return 'exhausted';
	const { count, unit } = wait;
	if (unit === 'm' || unit === 'h') return { atMs: nowMs + count * (unit === 'h' ? 60 : 1) * MINUTE_MS };
	const clock = clockOf(timeZone);
	const midnight = Math.floor(clock(nowMs) / DAY_MS) * DAY_MS;
	const wanted = midnight + count * (unit === 'w' ? 7 : 1) * DAY_MS + minuteOfDay * MINUTE_MS;
	return { atMs: Math.max(nowMs, instantOf(clock, wanted)) };
}
