import { ApiError } from '../../shared/transport/apiError';

/** Time that something may take to show up at Dodo after the answer to it was lost. */
const UNCLEAR_MS = 10_000;
const MAX_ENTRIES = 10_000;

/** Calls of this process that move money, were not answered and do not show at Dodo yet: sent again they could move it twice. */
export class UnclearCalls {
	private readonly until = new Map<string, number>();

	remember(key: string): void {
		this.until.delete(key);
		this.until.set(key, Date.now() + UNCLEAR_MS);
		for (const oldest of this.until.keys()) {
			if (this.until.size <= MAX_ENTRIES) break;
			this.until.delete(oldest);
		}
	}

	/**
	 * @param what begins the sentence, e.g. `A charge of invoice ACM-1`.
	 * @throws ApiError (transient) while nobody can know whether it was done.
	 */
	refuseWhileUnclear(key: string, what: string): void {
		if ((this.until.get(key) ?? 0) <= Date.now()) return;
		throw new ApiError('Dodo Payments', 503, 'NOT_CLEAR_YET', `${what} was not answered a moment ago and does not show yet; sending it again now could move money twice`);
	}
}
