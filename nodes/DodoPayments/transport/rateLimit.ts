import { sleep } from 'n8n-workflow';
import { ApiError } from '../../shared/transport/apiError';

/** Requests a minute of Dodo's tiers, and how many of them in one second (docs `api-reference/introduction`). */
const PER_SECOND: Readonly<Record<number, number>> = { 240: 40, 1000: 100, 5000: 500 };
export const LOWEST_TIER = 240;

/** So much longer may one request be on its way than another one: counted where they arrive, they never come closer together than Dodo allows. */
const MARGIN_MS = 400;
const MINUTE_MS = 60_000 + MARGIN_MS;

function limitsOf(perMinute: number): Array<{ spanMs: number; requests: number }> {
	return [
		{ spanMs: 1_000, requests: Math.floor((PER_SECOND[perMinute] ?? 0) * 0.9) },
		{ spanMs: MINUTE_MS, requests: perMinute },
	];
}

/** Waiting so long for a turn is always worth it, however little time is left for trying again. */
const SHORTEST_PATIENCE_MS = 2_000;

/** Times of the requests of the last minute (with its margin), those that are still to start included; oldest first, ms since 1970. */
const turns = new Map<string, number[]>();

/**
 * Waits until a request of this account may start. Turns are given in the order in which they were asked for.
 * @param patienceMs how long the caller can wait for its turn.
 * @param tier requests a minute that Dodo takes from the account; what is no tier of Dodo counts as the lowest.
 * @throws ApiError (transient) when the queue is too long; the event comes again later.
 */
export async function takeTurn(accountKey: string, patienceMs: number, tier = LOWEST_TIER): Promise<void> {
	const perMinute = tier in PER_SECOND ? tier : LOWEST_TIER;
	const asked = Date.now();
	const taken = (turns.get(accountKey) ?? []).filter((at) => at > asked - MINUTE_MS);
	const startAt = limitsOf(perMinute).reduce((earliest, { spanMs, requests }) => Math.max(earliest, (taken.at(-requests) ?? -Infinity) + spanMs), asked);
	turns.set(accountKey, taken);
	if (startAt - asked > Math.max(patienceMs, SHORTEST_PATIENCE_MS))
		throw new ApiError('Dodo Payments', 429, 'NO_TURN_LEFT', `Dodo Payments takes ${perMinute} requests a minute, and more are waiting already`);
	taken.push(startAt);
	if (startAt > asked) await sleep(startAt - asked);
}
