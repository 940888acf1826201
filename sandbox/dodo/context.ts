import { refuse, type DodoState } from './state';
import type { DodoEvents } from './webhooks';

export interface LedgerOptions {
	/** Dodo documents no status for business refusals. */
	businessErrorStatus: number;
	/** How long charges and refunds take. */
	chargeDelayMs: number;
	mode: 'test' | 'live';
	baseUrl(): string;
}

/** What every part of the ledger works with. */
export class DodoContext {
	private readonly timers = new Set<NodeJS.Timeout>();

	constructor(
		readonly state: DodoState,
		readonly events: DodoEvents,
		readonly options: LedgerOptions,
	) {}

	/** Something that Dodo does on its own, after a while. */
	later(ms: number, work: () => void): void {
		const timer = setTimeout(() => {
			this.timers.delete(timer);
			work();
		}, ms);
		this.timers.add(timer);
	}

	/** A rule of the business is broken. */
	refuse(code: string, message: string): never {
		return refuse(this.options.businessErrorStatus, code, message);
	}

	close(): void {
		for (const timer of this.timers) clearTimeout(timer);
		this.timers.clear();
	}
}
