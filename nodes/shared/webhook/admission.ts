import type { DeliveryState } from './deliveryRegistry';

/** What is known when a verified delivery comes in. */
export interface Arrival {
	/** Of its copies in this process; undefined when none is known. */
	state: DeliveryState | undefined;
	/** An earlier process marked it as processed. */
	isProcessed: boolean;
	/** How long its work would wait for a turn at the service that it calls, ms. */
	turnMs: number;
	/** More executions run than end in time. */
	isOverloaded: boolean;
	/** Its sender has hung up already: n8n was so long in coming to it. */
	isUnheard: boolean;
}

/**
 * `execute`: its work begins. `already_processed`: there is nothing left to do. `in_progress`: a copy is being worked on. `too_busy`: it would
 * wait too long, or has done so.
 */
export type Admission = 'execute' | 'already_processed' | 'in_progress' | 'too_busy';

/** What cannot begin so soon is turned away: an answer that waits holds one of the few threads with which Lago does all its work. */
export const BEGINS_WITHIN_MS = 2_000;

/** Whether a delivery is executed: at most once at a time, not again after it ended well, and only if it can begin soon. */
export function decideAdmission({ state, isProcessed, turnMs, isOverloaded, isUnheard }: Arrival): Admission {
	if (state === 'done' || (state === undefined && isProcessed)) return 'already_processed';
	if (state === 'in_flight' || state === 'abandoned') return 'in_progress';
	return isUnheard || isOverloaded || turnMs > BEGINS_WITHIN_MS ? 'too_busy' : 'execute';
}
