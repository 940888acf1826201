/**
 * What this process knows of webhook deliveries: which run right now, which ended well. A cache that saves work, never the
 * proof that money moved (that lives at Lago and Dodo): losing it is harmless.
 */
export type DeliveryState = 'in_flight' | 'done';

/** Dodo redelivers for 27.6 h (docs `developer-resources/webhooks`). */
const DONE_TTL_MS = 28 * 3_600_000;
/** Longer than any execution lasts: a claim whose end nobody saw runs out. */
const IN_FLIGHT_TTL_MS = 5 * 60_000;
const MAX_ENTRIES = 20_000;

/** See {@link DeliveryState}. Keys are opaque; times are milliseconds since 1970. */
export class DeliveryRegistry {
	private readonly entries = new Map<string, { state: DeliveryState; until: number }>();

	constructor(private readonly now: () => number = Date.now) {}

	/** The state of a delivery, undefined when it is unknown or forgotten. */
	stateOf(key: string): DeliveryState | undefined {
		const entry = this.entries.get(key);
		if (entry === undefined) return undefined;
		if (entry.until > this.now()) return entry.state;
		this.entries.delete(key);
		return undefined;
	}

	/** Claims a delivery: true exactly once until {@link done} or {@link failed}. Synchronous, so it cannot race in one process. */
	begin(key: string): boolean {
		if (this.stateOf(key) !== undefined) return false;
		this.set(key, 'in_flight', IN_FLIGHT_TTL_MS);
		return true;
	}

	/** The work is done: further copies need no execution. */
	done(key: string): void {
		this.set(key, 'done', DONE_TTL_MS);
	}

	/** The work was not done: the next copy is welcome. */
	failed(key: string): void {
		this.entries.delete(key);
	}

	private set(key: string, state: DeliveryState, ttlMs: number): void {
		// Re-inserting keeps the map in order of age, so the first key is always the oldest.
		this.entries.delete(key);
		this.entries.set(key, { state, until: this.now() + ttlMs });
		for (const oldest of this.entries.keys()) {
			if (this.entries.size <= MAX_ENTRIES) break;
			this.entries.delete(oldest);
		}
	}
}

/** One for the process: triggers and operations of every workflow share it. */
export const deliveries = new DeliveryRegistry();
