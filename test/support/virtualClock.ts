/** A clock on which a day passes in moments: timers fire in order, and time jumps to the next one when nothing else is to do. */
export class VirtualClock {
	private nowMs: number;
	private readonly timers: Array<{ at: number; order: number; run: () => void }> = [];
	private order = 0;
	private readonly real = {
		Date: Date.now,
		performance: performance.now.bind(performance),
		setTimeout: globalThis.setTimeout,
	};

	/** @param startMs ms since 1970. */
	constructor(private readonly startMs: number) {
		this.nowMs = startMs;
		Date.now = () => this.nowMs;
		performance.now = () => this.nowMs - this.startMs;
		globalThis.setTimeout = ((run: () => void, ms = 0) => {
			this.timers.push({ at: this.nowMs + Math.max(0, ms), order: this.order++, run });
			return 0;
		}) as unknown as typeof globalThis.setTimeout;
	}

	get now(): number {
		return this.nowMs;
	}

	/** Nothing happens meanwhile. */
	jump(ms: number): void {
		this.nowMs += ms;
	}

	/** Lets time pass until `work` has ended. */
	async run<T>(work: Promise<T>): Promise<T> {
		let ended = false;
		const end = work.finally(() => (ended = true));
		end.catch(() => undefined);
		while (!ended) {
			await new Promise((resolve) => setImmediate(resolve));
			if (ended || this.timers.length === 0) continue;
			this.timers.sort((one, other) => one.at - other.at || one.order - other.order);
			const next = this.timers.shift();
			if (next === undefined) continue;
			this.nowMs = Math.max(this.nowMs, next.at);
			next.run();
		}
		return await end;
	}

	/** Gives the real clock back. */
	stop(): void {
		Date.now = this.real.Date;
		performance.now = this.real.performance;
		globalThis.setTimeout = this.real.setTimeout;
	}
}
