/** A disturbance of matching calls. `after`: the work is done, only its answer is lost. */
export interface Fault {
	method?: string;
	path?: RegExp;
	kind: '500' | '502' | '429' | 'timeout' | 'reset';
	after?: boolean;
	/** How often it strikes; once when left out. */
	times?: number;
}

const KINDS = ['500', '502', '429', 'timeout', 'reset'] as const;

/** Faults that wait for their call, and random ones from a seed. */
export class Faults {
	private planned: Fault[] = [];
	private chance: { next: () => number; rate: number; afterShare: number } | null = null;

	add(fault: Fault): void {
		this.planned.push({ ...fault, times: fault.times ?? 1 });
	}

	/** Every call fails with probability `rate`; `afterShare` of the failures strike after the effect. */
	random({ seed, rate, afterShare }: { seed: number; rate: number; afterShare: number }): void {
		this.chance = { next: seededRandom(seed), rate, afterShare };
	}

	clear(): void {
		this.planned = [];
		this.chance = null;
	}

	/** The fault that strikes this call, null for none. */
	take(method: string, path: string): Fault | null {
		const fault = this.planned.find(
			(one) => (one.times ?? 0) > 0 && (!one.method || one.method === method) && (!one.path || one.path.test(path)),
		);
		if (fault) {
			fault.times = (fault.times ?? 1) - 1;
			return fault;
		}
		if (this.chance === null || this.chance.next() >= this.chance.rate) return null;
		const kind = KINDS[Math.floor(this.chance.next() * KINDS.length)] ?? '500';
		return { kind, after: this.chance.next() < this.chance.afterShare };
	}
}

/** A small generator (mulberry32), 0 <= x < 1: the same seed gives the same faults. */
export function seededRandom(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
}
