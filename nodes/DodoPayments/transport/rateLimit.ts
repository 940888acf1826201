import { DODO_TIERS, LOWEST_TIER } from '../../shared/domain/keys';
import { turns, type Limit, type Urgency } from '../../shared/process/turns';
import { ApiError } from '../../shared/transport/apiError';

/**
 * So much longer may one request be on its way than another one: counted where they arrive, they never come closer together than Dodo
 * allows. In a second it costs no lasting pace: a minute's requests fit into ten such seconds.
 */
const MARGIN_MS = 400;

/** Waiting so long for a turn is always worth it, however little time is left for trying again. */
const SHORTEST_PATIENCE_MS = 2_000;

/** What an account of a tier may send; what is no tier of Dodo counts as the lowest. */
export function limitsOf(tier: number): Limit[] {
	const perMinute = tier in DODO_TIERS ? tier : LOWEST_TIER;
	return [
		{ spanMs: 1_000 + MARGIN_MS, requests: DODO_TIERS[perMinute] as number },
		{ spanMs: 60_000 + MARGIN_MS, requests: perMinute },
	];
}

/**
 * Waits until a request of this account may start.
 * @param patienceMs how long the caller can wait for its turn.
 * @param tier requests a minute that Dodo takes from the account.
 * @throws ApiError (transient) when the queue is too long; the event comes again later.
 */
export async function takeTurn(
	accountKey: string,
	patienceMs: number,
	tier = LOWEST_TIER,
	urgency: Urgency = 'event',
): Promise<void> {
	const limits = limitsOf(tier);
	if (await turns.take(accountKey, limits, Math.max(patienceMs, SHORTEST_PATIENCE_MS), urgency)) return;
	throw new ApiError(
		'Dodo Payments',
		429,
		'NO_TURN_LEFT',
		`Dodo Payments takes ${limits.at(-1)?.requests} requests a minute, and more are waiting already`,
	);
}
