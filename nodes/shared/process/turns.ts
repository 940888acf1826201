import { sleep } from 'n8n-workflow';
import { BoundedMap } from './boundedMap';

/** So many requests at most within any span of so many ms. */
export interface Limit {
	spanMs: number;
	requests: number;
}

/**
 * `event`: somebody waits for the answer; turns are given in the order in which they were asked for. `elastic`: nobody waits (schedules, the
 * reconciliation); such work goes evenly, gives way to every event, and leaves some of each span to those that come next.
 */
export type Urgency = 'event' | 'elastic';

/** A request: when it started or, while it waits, when it is to. */
interface Turn {
	at: number;
	waits: boolean;
}

/** Of each span elastic work leaves a tenth to events. */
const ELASTIC_SHARE = 0.9;
const ACCOUNTS = 1_000;

/** The turns of one account at a service with a limit. Times in ms, of a clock that nobody can set. */
class Account {
	/** The requests of the longest span, those that are still to start included; oldest first. */
	private readonly turns: Turn[] = [];
	private lastElastic = -Infinity;
	private waiting = 0;
	private lastInLine: Promise<void> = Promise.resolve();

	constructor(
		public limits: readonly Limit[],
		private readonly now: () => number,
	) {}

	/** When a request could start if `ahead` others went before it. */
	private earliest(ahead: number, share = 1): number {
		const now = this.now();
		const longest = Math.max(...this.limits.map(({ spanMs }) => spanMs));
		while (this.turns[0]?.waits === false && this.turns[0].at <= now - longest) this.turns.shift();
		return this.limits.reduce((earliest, { spanMs, requests }) => {
			const room = Math.floor(requests * share) - ahead;
			return Math.max(earliest, room > 0 ? (this.turns.at(-room)?.at ?? -Infinity) + spanMs : now + spanMs);
		}, now);
	}

	waitMs(ahead: number): number {
		return this.earliest(ahead) - this.now();
	}

	/** @returns false at once when the turn would come too late. */
	async take(patienceMs: number): Promise<boolean> {
		const at = this.earliest(0);
		if (at - this.now() > patienceMs) return false;
		const turn = this.place({ at, waits: true });
		// A busy process hears its timers late and all at once: whoever wakes looks at when those before it really started.
		for (; turn.waits; turn.waits = turn.at > this.now()) {
			if (turn.at > this.now()) await sleep(Math.ceil(turn.at - this.now()));
			turn.at = Math.max(this.now(), this.allowed(turn));
		}
		return true;
	}

	/** One after the other. Takes no turn before it can start, so that events which come meanwhile go first. */
	async takeElastic(patienceMs: number): Promise<boolean> {
		const until = this.now() + patienceMs;
		if (this.elasticStart() + this.waiting * this.gapMs > until) return false;
		this.waiting++;
		const turn = this.lastInLine.then(async () => await this.elasticTurn(until));
		this.lastInLine = turn.then(() => void this.waiting--);
		return await turn;
	}

	private async elasticTurn(until: number): Promise<boolean> {
		for (let startAt = this.elasticStart(); startAt > this.now(); startAt = this.elasticStart()) {
			if (startAt > until) return false;
			await sleep(Math.ceil(startAt - this.now()));
		}
		this.lastElastic = this.now();
		this.place({ at: this.lastElastic, waits: false });
		return true;
	}

	private elasticStart(): number {
		return Math.max(this.earliest(0, ELASTIC_SHARE), this.lastElastic + this.gapMs);
	}

	/** Between two elastic starts. */
	private get gapMs(): number {
		return Math.max(...this.limits.map(({ spanMs, requests }) => spanMs / (requests * ELASTIC_SHARE)));
	}

	/** When those before a turn let it start. */
	private allowed(turn: Turn): number {
		const index = this.turns.indexOf(turn);
		return Math.max(
			...this.limits.map(({ spanMs, requests }) => (this.turns[index - requests]?.at ?? -Infinity) + spanMs),
		);
	}

	private place(turn: Turn): Turn {
		let index = this.turns.length;
		while (index > 0 && (this.turns[index - 1] as Turn).at > turn.at) index--;
		this.turns.splice(index, 0, turn);
		return turn;
	}
}

/** The turns of all accounts, and which of them a workflow uses. */
export class Turns {
	private readonly accounts = new BoundedMap<string, Account>({ entries: ACCOUNTS });
	private readonly usedBy = new BoundedMap<string, string>({ entries: ACCOUNTS });

	constructor(private readonly now: () => number = () => performance.now()) {}

	/**
	 * Waits until a request of an account may start.
	 * @param patienceMs how long the caller can wait.
	 * @returns false when that is not long enough; without waiting where somebody else waits for the caller.
	 */
	async take(account: string, limits: readonly Limit[], patienceMs: number, urgency: Urgency): Promise<boolean> {
		const known = this.accounts.get(account) ?? new Account(limits, this.now);
		known.limits = limits;
		this.accounts.set(account, known);
		return urgency === 'event' ? await known.take(patienceMs) : await known.takeElastic(patienceMs);
	}

	/** Remembers that the executions of a workflow take turns of this account. */
	noteUse(workflowId: string, account: string): void {
		if (this.usedBy.get(workflowId) !== account) this.usedBy.set(workflowId, account);
	}

	/** How long an event of this workflow would wait for its turn with `ahead` others before it, ms; 0 when nothing is known. */
	waitMs(workflowId: string, ahead: number): number {
		return this.accounts.get(this.usedBy.get(workflowId) ?? '')?.waitMs(ahead) ?? 0;
	}
}

/** One for the process. */
export const turns = new Turns();
