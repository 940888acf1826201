/**
 * So many executions at once are always right: at Dodo's lowest limit, four a second, a burst of this size is worked off while Lago waits.
 */
const ALWAYS = 70;
/** With more, an event is let in only when it will be done so soon, at the pace of late. */
const SOON_MS = 6_000;
const PACE_MS = 10_000;

/**
 * How many executions of our triggers run in this process, and how fast they end. An n8n that takes in more than it can do before the
 * senders hang up does the same work again and again, and in the end none at all; who is turned away at once comes again.
 */
export class OverloadGuard {
	private running = 0;
	/** When executions ended of late; oldest first. */
	private ends: number[] = [];

	/** @param now ms, of a clock that nobody can set. */
	constructor(private readonly now: () => number = () => performance.now()) {}

	/** How many executions run right now. */
	get atWork(): number {
		return this.running;
	}

	/** Whether one more would not be done in time. */
	get isTooMuch(): boolean {
		if (this.running < ALWAYS) return false;
		this.forget();
		return this.running * PACE_MS > SOON_MS * this.ends.length;
	}

	/** Counts one until what is returned is called, for the first time: that it is done, or that its sender hears it no more. */
	begin(): (isDone: boolean) => void {
		this.running++;
		let ended = false;
		return (isDone) => {
			if (ended) return;
			ended = true;
			this.running--;
			this.forget();
			if (isDone) this.ends.push(this.now());
		};
	}

	private forget(): void {
		const since = this.now() - PACE_MS;
		this.ends = this.ends.filter((at) => at > since);
	}
}

/** One for the process. */
export const overloadGuard = new OverloadGuard();
