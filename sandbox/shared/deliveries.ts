import type { EventEmitter } from 'node:events';
import { seededRandom } from './faults';

/** One attempt to deliver a webhook. */
export interface DeliveryRecord {
	/** `webhook-id` or `X-Lago-Unique-Key`: the same for every attempt. */
	id: string;
	event: string;
	url: string;
	/** 1 for the first. */
	attempt: number;
	at: string;
	/** null when no answer came. */
	status: number | null;
	error?: string;
	body: string;
	headers: Record<string, string>;
}

/** A webhook on its way. */
export interface Outgoing {
	id: string;
	event: string;
	/** Where it goes now, null when the endpoint is gone. */
	url(): string | null;
	/** Body and headers of one attempt, made when it goes out. */
	compose(): { body: string; headers: Record<string, string> };
	/** Never tried again: a sample. */
	once?: boolean;
}

/** Disturbances of the sender itself. */
export interface DeliveryKnobs {
	/** Copies of every delivery, 1 for none extra; a pair: so many by chance. */
	copies: number | [least: number, most: number];
	/** Sends what is due in random order. */
	shuffle: boolean;
	/** At most so many at once. */
	parallel: number;
	/** Waits this long before the first attempt. */
	delayMs: number;
	/** Spoils every signature. */
	wrongSignature: boolean;
}

export interface DeliveryRules {
	/** Wait before attempt n+1, in ms of real time, undefined to give up. */
	waitAfter(attempt: number): number | undefined;
	success(status: number): boolean;
	timeoutMs: number;
	/** Divides the waits. */
	timeScale: number;
}

const NO_KNOBS: DeliveryKnobs = { copies: 1, shuffle: false, parallel: Infinity, delayMs: 0, wrongSignature: false };
/** Long enough for the answer of the call that caused the event to leave first. */
const JOB_START_MS = 5;
const SHUFFLE_MS = 200;

/** Sends webhooks after the API has answered, and again on the service's own schedule. */
export class Deliveries {
	readonly records: DeliveryRecord[] = [];
	readonly knobs: DeliveryKnobs = { ...NO_KNOBS };
	private readonly waiting = new Set<NodeJS.Timeout>();
	private readonly due = new Set<NodeJS.Timeout>();
	private readonly inFlight = new Map<Promise<void>, AbortController>();
	/** Due, but more than may be sent at once. */
	private readonly queue: Array<() => void> = [];
	private random = seededRandom(1);
	/** Attempts that began before a reset leave no trace. */
	private generation = 0;
	private closed = false;

	constructor(
		private readonly rules: DeliveryRules,
		private readonly activity: EventEmitter,
	) {}

	/** Queues a webhook; it leaves no earlier than the current call's answer. */
	send(outgoing: Outgoing): void {
		const { copies } = this.knobs;
		const count =
			typeof copies === 'number' ? copies : copies[0] + Math.floor(this.random() * (copies[1] - copies[0] + 1));
		for (let copy = 0; copy < count; copy++) {
			const delay = this.knobs.delayMs + (this.knobs.shuffle ? this.random() * SHUFFLE_MS : JOB_START_MS);
			this.later(this.due, delay, () => this.attempt(outgoing, 1));
		}
	}

	/** Nothing is being sent or about to be; redeliveries that wait for later do not count. */
	get isIdle(): boolean {
		return this.due.size === 0 && this.inFlight.size === 0 && this.queue.length === 0;
	}

	/** Resolves when it is. */
	async idle(): Promise<void> {
		while (!this.isIdle) {
			if (this.inFlight.size > 0) await Promise.race(this.inFlight.keys());
			else await new Promise((resolve) => setTimeout(resolve, JOB_START_MS));
		}
	}

	/** Forgets everything that was sent or waits. */
	reset(): void {
		this.generation += 1;
		for (const timer of [...this.waiting, ...this.due]) clearTimeout(timer);
		this.waiting.clear();
		this.due.clear();
		this.records.length = 0;
		this.queue.length = 0;
		Object.assign(this.knobs, NO_KNOBS);
	}

	async close(): Promise<void> {
		this.closed = true;
		this.reset();
		for (const controller of this.inFlight.values()) controller.abort();
		await Promise.all(this.inFlight.keys());
	}

	private later(set: Set<NodeJS.Timeout>, ms: number, work: () => void): void {
		if (this.closed) return;
		const timer = setTimeout(() => {
			set.delete(timer);
			work();
		}, ms);
		set.add(timer);
	}

	/** The same seed gives the same numbers of copies and the same order. */
	seed(seed: number): void {
		this.random = seededRandom(seed);
	}

	private attempt(outgoing: Outgoing, attempt: number): void {
		if (this.inFlight.size >= this.knobs.parallel) {
			this.queue.push(() => this.attempt(outgoing, attempt));
			return;
		}
		const controller = new AbortController();
		const sending: Promise<void> = this.post(outgoing, attempt, controller).finally(() => {
			this.inFlight.delete(sending);
			const next = this.knobs.shuffle ? Math.floor(this.random() * this.queue.length) : 0;
			this.queue.splice(next, 1)[0]?.();
		});
		this.inFlight.set(sending, controller);
	}

	private async post(outgoing: Outgoing, attempt: number, controller: AbortController): Promise<void> {
		const { generation } = this;
		const url = outgoing.url();
		if (url === null) return;
		const { body, headers } = outgoing.compose();
		const record: DeliveryRecord = {
			id: outgoing.id,
			event: outgoing.event,
			url,
			attempt,
			at: new Date().toISOString(),
			status: null,
			body,
			headers,
		};
		const timer = setTimeout(() => controller.abort(), this.rules.timeoutMs);
		try {
			const response = await fetch(url, {
				method: 'POST',
				body,
				headers: { 'content-type': 'application/json', ...headers },
				redirect: 'manual',
				signal: controller.signal,
			});
			await response.arrayBuffer();
			record.status = response.status;
		} catch (caught) {
			record.error =
				caught instanceof Error ? String((caught.cause as Error | undefined)?.message ?? caught.message) : 'no answer';
		} finally {
			clearTimeout(timer);
		}
		if (generation !== this.generation) return;
		this.records.push(record);
		this.activity.emit('delivery', record);
		if (outgoing.once || (record.status !== null && this.rules.success(record.status))) return;
		const wait = this.rules.waitAfter(attempt);
		if (wait !== undefined)
			this.later(this.waiting, wait / this.rules.timeScale, () => this.attempt(outgoing, attempt + 1));
	}
}
