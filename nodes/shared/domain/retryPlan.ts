import type { ReasonOf } from './outcome';
import type { CollectionState } from './invoiceMetadata';
import { byRetryButton } from './olderLago';
import { noted } from './phases';
import { isHardDecline, nextTry, type RetryPolicy } from './retrySchedule';

/** What is to be planned after: a failure, a charge that found the mandate busy, or a link that was handed out as a try. */
export interface Failure {
	outcome: string;
	declineCode?: string | null;
}

/** An invoice as it stands: our state on it, whether anything is left to try, and the customer's time zone (IANA name). */
export interface OpenInvoice {
	state: CollectionState | null;
	isOpen: boolean;
	timeZone: string;
}

/** What became of the plan, in words; times are ISO 8601 (UTC) and `localTime` is `2026-11-24 09:00` on the customer's clock. */
export interface Plan {
	outcome: 'retry_planned' | 'hard_decline' | 'exhausted' | 'skipped';
	message: string;
	reason?: ReasonOf<'skipped'>;
	nextStep?: string;
	failedTries?: number;
	nextTryAt?: string;
	localTime?: string;
	timeZone?: string;
}

/** A charge that another one of the same mandate kept from starting. */
const BUSY_WAIT_S = 15 * 60;

/** A plan, and the state to write where it changes. */
export interface Planned {
	plan: Plan;
	save?: CollectionState;
}

/**
 * The next try after a failure. Planned twice for one failure it is planned once.
 * @param nowMs ms since 1970.
 */
export function planNextTry(
	policy: RetryPolicy,
	failure: Failure,
	{ state, isOpen, timeZone }: OpenInvoice,
	nowMs: number,
): Planned {
	if (!isOpen)
		return {
			plan: {
				outcome: 'skipped',
				reason: 'nothing_due',
				message: 'The invoice is paid or void meanwhile, so no further try is planned.',
			},
		};
	const nowS = Math.floor(nowMs / 1000);
	const failedTries = state?.failedTries ?? 0;
	const planned = state?.nextTryAt;
	if (failure.outcome === 'failed' && isHardDecline(failure.declineCode))
		return {
			plan: {
				outcome: 'hard_decline',
				message: `The bank declined for good (${failure.declineCode}); trying again by itself would only harm.`,
				nextStep: byRetryButton('Ask the customer for another way to pay; then press "Retry payment" in Lago.'),
			},
			...(planned === undefined ? {} : { save: noted(state, 'try_counted', { nextTryAt: undefined }) }),
		};
	if (planned !== undefined && planned > nowS)
		return {
			plan: {
				outcome: 'retry_planned',
				...times(planned * 1000, timeZone),
				failedTries,
				message: `The next try was planned already, for ${local(planned * 1000, timeZone)}.`,
			},
		};
	if (failure.outcome === 'mandate_busy') return postpone(state, timeZone, nowS);
	return countTry(policy, state, timeZone, nowMs);
}

/** A charge that could not start counts as no try. */
function postpone(state: CollectionState | null, timeZone: string, nowS: number): Planned {
	const nextTryAt = nowS + BUSY_WAIT_S;
	return {
		plan: {
			outcome: 'retry_planned',
			...times(nextTryAt * 1000, timeZone),
			failedTries: state?.failedTries ?? 0,
			message: 'Another charge of the mandate is still running; this one is tried again in 15 minutes.',
		},
		save: noted(state, 'charge_postponed', { nextTryAt }),
	};
}

/** One more try has failed: the next one as the schedule has it, or none. */
function countTry(policy: RetryPolicy, state: CollectionState | null, timeZone: string, nowMs: number): Planned {
	const failedTries = state?.failedTries ?? 0;
	const tries = failedTries + 1;
	const next = nextTry(policy, tries, nowMs, timeZone);
	if (next === 'exhausted') {
		const all = policy.waits.length + 1;
		return {
			plan: {
				outcome: 'exhausted',
				failedTries: all,
				message: `All ${all} tries to collect this invoice have failed; no further one is planned.`,
				nextStep: byRetryButton('Talk to the customer. "Retry payment" in Lago tries once more.'),
			},
			...(failedTries < all || state?.nextTryAt !== undefined
				? { save: noted(state, 'try_counted', { failedTries: all, nextTryAt: undefined }) }
				: {}),
		};
	}
	return {
		plan: {
			outcome: 'retry_planned',
			...times(next.atMs, timeZone),
			failedTries: tries,
			message: `Try ${tries} failed; the next one is planned for ${local(next.atMs, timeZone)}.`,
		},
		save: noted(state, 'try_counted', { failedTries: tries, nextTryAt: Math.floor(next.atMs / 1000) }),
	};
}

function times(atMs: number, timeZone: string): Pick<Plan, 'nextTryAt' | 'localTime' | 'timeZone'> {
	return { nextTryAt: new Date(atMs).toISOString(), localTime: local(atMs, timeZone), timeZone };
}

/** `2026-11-24 09:00`, on the customer's clock. */
function local(atMs: number, timeZone: string): string {
	const format = (zone: string): string =>
		new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' }).format(atMs);
	try {
		return format(timeZone);
	} catch {
		return format('UTC');
	}
}
