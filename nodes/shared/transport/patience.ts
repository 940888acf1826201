import { sleep, type IExecuteFunctions } from 'n8n-workflow';
import { BoundedMap } from '../process/boundedMap';
import { ApiError } from './apiError';

/**
 * Dodo waits 15 s for the answer to its webhook (docs `developer-resources/webhooks`), Lago 30 s
 * (`lago-api:app/services/webhooks/send_http_service.rb`).
 */
const WHILE_DODO_WAITS_MS = 9_000;
const WHILE_LAGO_WAITS_MS = 22_000;
/** For each item where nobody waits for an answer: schedules, reconciliation, a person's own workflows. */
const WHILE_NOBODY_WAITS_MS = 30_000;
/** For each item of a run at the editor: somebody sits there and would rather read what is wrong. */
const WHILE_SOMEBODY_WATCHES_MS = 8_000;
/**
 * Lago sends with few threads, which all its jobs share, and Dodo counts slow answers as failures: whoever cannot get a turn soon lets the
 * sender go.
 */
const TURN_WHILE_SENDER_WAITS_MS = 3_000;
/** Longer than any burst of events that goes first. */
const TURN_WHILE_NOBODY_WAITS_MS = 90_000;
/** After this even the most patient sender has hung up: what runs then runs for nobody. */
const SENDER_GONE_MS = 60_000;

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** Where nobody waits: a service may ask for more than this; no execution waits so long. */
const LONGEST_RETRY_AFTER_MS = 20_000;

const REQUEST_TIMEOUT_MS = 10_000;
/** Time that a request gets although the sender's patience is nearly used up. */
const LAST_REQUEST_MS = 1_500;
const SHORTEST_TIMEOUT_MS = 3_000;

/** How long an operation may go on trying, and how it spaces its tries: exponential back-off with full jitter. Times in ms. */
export class Patience {
	private until: number;

	/**
	 * @param perItemMs time for each item, counted anew by {@link nextItem}.
	 * @param deadline ms since 1970 at which somebody stops waiting for the answer, whatever the number of items; no request starts after it.
	 */
	constructor(
		private readonly perItemMs: number,
		private readonly deadline?: number,
		private readonly random: () => number = Math.random,
		/** Somebody watches: a request gets no more time than is left, and what a service answers in takes nothing of it. */
		private readonly isWatched = false,
		/** The longest wait for a turn below a service's limit. */
		private readonly longestTurnMs = Infinity,
	) {
		this.until = deadline ?? Date.now() + perItemMs;
	}

	/** @param perItemMs time for this item alone. */
	nextItem(perItemMs = this.perItemMs): void {
		this.until = this.deadline ?? Date.now() + perItemMs;
	}

	get leftMs(): number {
		return Math.max(0, this.until - Date.now());
	}

	/** How long to wait for a turn below a service's limit. */
	get turnMs(): number {
		return this.isElastic ? TURN_WHILE_NOBODY_WAITS_MS : Math.min(this.longestTurnMs, this.leftMs);
	}

	/** Nobody waits: whatever somebody waits for goes first. */
	get isElastic(): boolean {
		return this.deadline === undefined && this.perItemMs > 0 && !this.isWatched;
	}

	/** Whoever waits for the answer hears it too late by now. */
	get isOver(): boolean {
		return this.deadline !== undefined && Date.now() >= this.deadline;
	}

	/** Half of what is left, so that a request that hangs leaves time for another one. */
	get requestTimeoutMs(): number {
		if (this.isWatched) return Math.max(SHORTEST_TIMEOUT_MS, Math.min(REQUEST_TIMEOUT_MS, this.leftMs));
		if (this.deadline === undefined) return REQUEST_TIMEOUT_MS;
		return Math.min(REQUEST_TIMEOUT_MS, this.leftMs + LAST_REQUEST_MS, Math.max(SHORTEST_TIMEOUT_MS, this.leftMs / 2));
	}

	/** A service has answered after so many ms. Where somebody watches only trouble counts: reading a long list takes its time. */
	answered(ms: number): void {
		if (this.isWatched) this.until += ms;
	}

	/**
	 * Runs `work`, and again after every failure of a service for which that is right, while there is time.
	 * @throws what the last try threw; of a try that time did not allow any more, what was wrong before.
	 */
	async keepTrying<T>(work: () => Promise<T>, mayBeRepeated: (problem: ApiError) => boolean): Promise<T> {
		let before: unknown;
		for (let tries = 1; ; tries++) {
			const tried = await work().then(
				(value) => ({ value }),
				(problem: unknown) => ({ problem }),
			);
			if ('value' in tried) return tried.value;
			const { problem } = tried;
			const again =
				problem instanceof ApiError &&
				problem.transient &&
				mayBeRepeated(problem) &&
				(await this.pause(tries, problem.retryAfterMs));
			if (!again) throw problem instanceof ApiError && problem.code === 'NO_TIME_LEFT' ? (before ?? problem) : problem;
			before = problem;
		}
	}

	/**
	 * Waits before the next try.
	 * @param tries how many have failed already, 1 or more.
	 * @param retryAfterMs what the service asked for; never shortened below it, unless nobody waits and it asks for more than 20 s.
	 * @returns false at once when no time is left for the pause and a request behind it.
	 */
	async pause(tries: number, retryAfterMs = 0): Promise<boolean> {
		const jittered = this.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries);
		const pauseMs = Math.max(
			jittered,
			this.deadline === undefined ? Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS) : retryAfterMs,
		);
		// Somebody who watches is not kept past the end by a last request that hangs.
		const needed = this.isWatched ? SHORTEST_TIMEOUT_MS : 0;
		if (pauseMs + needed >= this.leftMs) return false;
		await sleep(pauseMs);
		return true;
	}
}

/** For calls outside executions (webhook verification, registration, lists in the editor): one try. */
export const oneTry = (): Patience => new Patience(0);

/** Whether a person started this execution at the editor: nobody delivers its event again, and somebody reads what it says. */
export function isByHand(ctx: Pick<IExecuteFunctions, 'getMode'>): boolean {
	return ctx.getMode() === 'manual';
}

/** When this process first worked for an execution, ms since 1970. */
const firstSeen = new BoundedMap<string, number>({ entries: 5_000 });

function firstSeenAt(executionId: string): number {
	const known = firstSeen.get(executionId) ?? Date.now();
	if (!firstSeen.has(executionId)) firstSeen.set(executionId, known);
	return known;
}

/** The patience of the node that runs: all nodes of an execution that answers a webhook share the sender's. */
export function patienceOf(ctx: IExecuteFunctions): Patience {
	if (isByHand(ctx)) return new Patience(WHILE_SOMEBODY_WATCHES_MS, undefined, undefined, true);
	if (ctx.getMode() !== 'webhook') return new Patience(WHILE_NOBODY_WAITS_MS);
	const startedAt = firstSeenAt(ctx.getExecutionId());
	if (Date.now() - startedAt > SENDER_GONE_MS) return new Patience(WHILE_NOBODY_WAITS_MS);
	const triggers = ctx.getParentNodes(ctx.getNode().name).map(({ type }) => type.slice(type.lastIndexOf('.') + 1));
	// A person waits for the answer of a page; it may be reached from the same nodes.
	const mayBePerson = triggers.includes('webhook') || triggers.includes('lagoPayPageTrigger');
	const onlyLago = triggers.includes('lagoTrigger') && !triggers.includes('dodoPaymentsTrigger') && !mayBePerson;
	const patienceMs = onlyLago ? WHILE_LAGO_WAITS_MS : WHILE_DODO_WAITS_MS;
	return new Patience(
		patienceMs,
		startedAt + patienceMs,
		Math.random,
		false,
		mayBePerson ? Infinity : TURN_WHILE_SENDER_WAITS_MS,
	);
}
