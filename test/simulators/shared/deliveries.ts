import type { EventEmitter } from 'node:events';
import { mulberry32 } from './api';

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
	url(): string | null;
	/** Body and headers of one attempt, made when it goes out. */
	compose(attempt: number): { body: string; headers: Record<string, string> };
}

/** Disturbances of the sender itself. */
export interface DeliveryKnobs {
	/** Copies of every delivery, 1 for none extra. */
	copies: number;
	/** Sends what is due in random order. */
	shuffle: boolean;
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

/** Sends webhooks after the API has answered, and again on the service's own schedule. */
export class Deliveries {
	readonly records: DeliveryRecord[] = [];
	readonly knobs: DeliveryKnobs = { copies: 1, shuffle: false, delayMs: 0, wrongSignature: false };
	private readonly waiting = new Set<NodeJS.Timeout>();
	private readonly inFlight = new Map<Promise<void>, AbortController>();
	private readonly due = new Set<NodeJS.Timeout>();
	private readonly random = mulberry32(1);
	private closed = false;

	constructor(
		private readonly rules: DeliveryRules,
		private readonly activity: EventEmitter,
	) {}

	/** Queues a webhook; it leaves no earlier than the current call's answer. */
	send(outgoing: Outgoing): void {
		for (let copy = 0; copy < this.knobs.copies; copy++) {
			const delay = this.knobs.delayMs + (this.knobs.shuffle ? this.random() * 200 : 5);
			this.later(this.due, delay, () => this.attempt(outgoing, 1));
		}
	}

	/** Resolves when nothing is being sent or about to be; redeliveries that wait for later do not count. */
	async idle(): Promise<void> {
		while (this.due.size > 0 || this.inFlight.size > 0) {
			if (this.inFlight.size > 0) await Promise.race(this.inFlight.keys());
			else await new Promise((resolve) => setTimeout(resolve, 5));
		}
	}

	/** How many redeliveries wait for their time. */
	get pending(): number {
		return this.waiting.size;
	}

	/** Forgets everything that was sent or waits. */
	reset(): void {
		for (const timer of [...this.waiting, ...this.due]) clearTimeout(timer);
		this.waiting.clear();
		this.due.clear();
		this.records.length = 0;
		Object.assign(this.knobs, { copies: 1, shuffle: false, delayMs: 0, wrongSignature: false });
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

	private attempt(outgoing: Outgoing, attempt: number): void {
		const controller = new AbortController();
		const sending: Promise<void> = this.post(outgoing, attempt, controller).finally(() => this.inFlight.delete(sending));
		this.inFlight.set(sending, controller);
	}

	private async post(outgoing: Outgoing, attempt: number, controller: AbortController): Promise<void> {
		const url = outgoing.url();
		if (url === null) return;
		const { body, headers } = outgoing.compose(attempt);
		const record: DeliveryRecord = { id: outgoing.id, event: outgoing.event, url, attempt, at: new Date().toISOString(), status: null, body, headers };
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
			record.error = caught instanceof Error ? String((caught.cause as Error | undefined)?.message ?? caught.message) : 'no answer';
		} finally {
			clearTimeout(timer);
		}
		if (this.closed) return;
		this.records.push(record);
		this.activity.emit('delivery', record);
		if (record.status !== null && this.rules.success(record.status)) return;
		const wait = this.rules.waitAfter(attempt);
		if (wait !== undefined) this.later(this.waiting, wait / this.rules.timeScale, () => this.attempt(outgoing, attempt + 1));
	}
}
