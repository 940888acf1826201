import { sleep } from 'n8n-workflow';
import { ApiError } from '../../shared/transport/apiError';

/** Dodo's lowest tier (docs `api-reference/introduction`), with a little air; whoever else uses the account makes us wait by Dodo's 429. */
const LIMITS = [
	{ spanMs: 1_000, requests: 36 },
	{ spanMs: 60_000, requests: 237 },
] as const;

/** Waiting so long for a turn is always worth it, however little time is left for trying again. */
const SHORTEST_PATIENCE_MS = 2_000;

/** Times of the requests of the last minute, those that are still to start included; oldest first, ms since 1970. */
const turns = new Map<string, number[]>();

/**
 * Waits until a request of this account may start. Turns are given in the order in which they were asked for.
 * @param patienceMs how long the caller can wait for its turn.
 * @throws ApiError (transient) when the queue is too long; the event comes again later.
 */
export async function takeTurn(accountKey: string, patienceMs: number, now = Date.now): Promise<void> {
	const asked = now();
	const taken = (turns.get(accountKey) ?? []).filter((at) => at > asked - 60_000);
	const startAt = LIMITS.reduce((earliest, { spanMs, requests }) => Math.max(earliest, (taken.at(-requests) ?? -Infinity) + spanMs), asked);
	turns.set(accountKey, taken);
	if (startAt - asked > Math.max(patienceMs, SHORTEST_PATIENCE_MS))
		throw new ApiError('Dodo Payments', 429, 'NO_TURN_LEFT', 'Dodo Payments takes 240 requests a minute, and more are waiting already');
	taken.push(startAt);
	if (startAt > asked) await sleep(startAt - asked);
}
