import { BoundedMap } from './boundedMap';

/** As long as a checkout lives. */
const LIFE_MS = 24 * 3_600_000;

/**
 * Checkouts by which a payment was cancelled before anything was charged. Nothing is written of that, because the customer can still pay; but
 * whether by this very page is documented nowhere, so it is looked at before it is handed out again.
 */
const doubted = new BoundedMap<string, true>({ entries: 20_000, ageMs: LIFE_MS });

/** A payment by this checkout was cancelled. */
export function doubtSession(sessionId: string): void {
	doubted.set(sessionId, true);
}

/** Whether one was, as far as this process was told. */
export function isDoubted(sessionId: string): boolean {
	return doubted.has(sessionId);
}
