import { BoundedMap } from '../process/boundedMap';
import { digestOf, MARK_TTL_HOURS } from './marks';

/**
 * What this process knows of webhook deliveries: which run right now, which still run although their sender has hung up, which ended
 * well, which did not. A cache that saves work, never the proof that money moved (that lives at Lago and Dodo): losing it is harmless.
 */
export type DeliveryState = 'in_flight' | 'abandoned' | 'done' | 'failed';

const ENDED_TTL_MS = MARK_TTL_HOURS * 3_600_000;
/** Longer than any execution lasts: a claim whose end nobody saw runs out. */
const IN_FLIGHT_TTL_MS = 5 * 60_000;
/** How long copies are turned away when nobody will learn how the work ends. */
const ABANDONED_TTL_MS = 30_000;
const MAX_ENTRIES = 20_000;

/** See {@link DeliveryState}. Keys are opaque; times are milliseconds since 1970. */
export class DeliveryRegistry {
	private readonly entries = new BoundedMap<string, { state: DeliveryState; until: number }>({ entries: MAX_ENTRIES });
	private failedAt = -Infinity;

	constructor(private readonly now: () => number = () => Date.now()) {}

	/** The state of a delivery, undefined when it is unknown or forgotten. */
	stateOf(key: string): DeliveryState | undefined {
		const entry = this.entries.get(key);
		if (entry === undefined) return undefined;
		if (entry.until > this.now()) return entry.state;
		this.entries.delete(key);
		return undefined;
	}

	/** Claims a delivery: true exactly once until {@link failed}. Synchronous, so it cannot race in one process. */
	begin(key: string): boolean {
		const state = this.stateOf(key);
		if (state !== undefined && state !== 'failed') return false;
		this.set(key, 'in_flight', IN_FLIGHT_TTL_MS);
		return true;
	}

	/**
	 * The sender has hung up while the work goes on. Further copies must not pile up behind it: that is how a busy n8n would be brought
	 * down. When the work gets to its mark it is done; else the next copy is welcome after half a minute.
	 */
	abandoned(key: string): void {
		this.failedAt = this.now();
		this.set(key, 'abandoned', ABANDONED_TTL_MS);
	}

	/** The work is done: further copies need no execution. */
	done(key: string): void {
		this.set(key, 'done', ENDED_TTL_MS);
	}

	/** The work was not done: the next copy is welcome, whatever a mark of the unfinished execution says. */
	failed(key: string): void {
		this.failedAt = this.now();
		this.set(key, 'failed', ENDED_TTL_MS);
	}

	/** Whether any delivery failed after a moment, ms since 1970: its sender may have given up on it. */
	hasFailedSince(moment: number): boolean {
		return this.failedAt >= moment;
	}

	private set(key: string, state: DeliveryState, ttlMs: number): void {
		this.entries.set(key, { state, until: this.now() + ttlMs });
	}
}

/** One for the process: triggers and operations of every workflow share it. */
export const deliveries = new DeliveryRegistry();

/** Where a delivery, or the fact that it tells of, is kept in {@link deliveries}. */
export function registryKey(workflowId: string, text: string): string {
	return `${workflowId} ${digestOf(text)}`;
}
