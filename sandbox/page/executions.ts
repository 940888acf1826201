import { OUTCOMES } from '../../nodes/shared/domain/outcome';

/** What n8n did with one delivery. */
export interface Execution {
	id: string;
	/** Where it is shown in the editor. */
	url: string;
	/** Of n8n: `success`, `error`, ... */
	status: string;
	/** What each operation said, in the order in which they ran; the meaning is that of the word. */
	outcomes: Array<{ node: string; outcome: string; meaning: string }>;
}

/** An execution with its data, as far as it is read here. */
export interface ReadExecution {
	id: string;
	status: string;
	/** Nodes that ran, in order. */
	nodes: string[];
	/** All its data as n8n stores it. */
	text: string;
	/** What a node gave out. */
	items(node: string): Array<Record<string, unknown>>;
}

/** How n8n is asked. */
export interface AskN8n {
	/** Ids of what has ended, newest first. */
	ended(): Promise<string[]>;
	read(id: string): Promise<ReadExecution>;
	urlOf(id: string): string;
}

const LOOK_EVERY_MS = 250;
/** n8n writes an execution down a moment after it has answered. */
const PATIENCE_MS = 5_000;
/** Deliveries come in bursts; what is older was not begun by one of them. */
const KEPT = 200;

interface Waiting {
	deliveryId: string;
	until: number;
	resolve(found: Execution | null): void;
}

/** Finds what n8n did with a delivery, by the id that it carries. Every execution is read once, and only while somebody waits. */
export class Executions {
	private waiting: Waiting[] = [];
	private readonly unclaimed = new Map<string, ReadExecution>();
	private newest = 0;
	private looking = false;

	constructor(private readonly n8n: AskN8n) {}

	/** null when none is found soon: the delivery was refused, a copy, or needed nothing. */
	async find(deliveryId: string): Promise<Execution | null> {
		return await new Promise((resolve) => {
			this.waiting.push({ deliveryId, until: Date.now() + PATIENCE_MS, resolve });
			if (!this.looking) void this.look();
		});
	}

	private async look(): Promise<void> {
		this.looking = true;
		while (this.waiting.length > 0) {
			// An n8n that does not answer, or stops, is not the page's concern.
			await this.readNew().catch(() => {});
			this.waiting = this.waiting.filter((one) => !this.settle(one));
			if (this.waiting.length > 0) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS).unref());
		}
		this.looking = false;
	}

	private async readNew(): Promise<void> {
		const ids = (await this.n8n.ended()).map(Number).filter((id) => id > this.newest);
		for (const id of ids.reverse()) {
			this.unclaimed.set(String(id), await this.n8n.read(String(id)));
			this.newest = id;
		}
		for (const id of [...this.unclaimed.keys()].slice(0, -KEPT)) this.unclaimed.delete(id);
	}

	private settle({ deliveryId, until, resolve }: Waiting): boolean {
		const found = [...this.unclaimed.values()].find(({ text }) => text.includes(deliveryId));
		if (found === undefined && Date.now() < until) return false;
		if (found !== undefined) this.unclaimed.delete(found.id);
		resolve(found === undefined ? null : this.told(found));
		return true;
	}

	private told({ id, status, nodes, items }: ReadExecution): Execution {
		const outcomes = nodes.flatMap((node) =>
			items(node)
				.map(({ outcome }) => outcome)
				.filter((outcome): outcome is keyof typeof OUTCOMES => Object.hasOwn(OUTCOMES, String(outcome)))
				.map((outcome) => ({ node, outcome, meaning: OUTCOMES[outcome] })),
		);
		return { id, url: this.n8n.urlOf(id), status, outcomes };
	}
}
