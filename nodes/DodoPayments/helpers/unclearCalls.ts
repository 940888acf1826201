import { BoundedMap } from '../../shared/process/boundedMap';
import { ApiError } from '../../shared/transport/apiError';

/** Time that something may take to show up at Dodo after the answer to it was lost. */
const UNCLEAR_MS = 10_000;
const MAX_ENTRIES = 10_000;

/** Calls of this process that move money, were not answered and do not show at Dodo yet: sent again they could move it twice. */
export class UnclearCalls {
	private readonly until = new BoundedMap<string, true>({ entries: MAX_ENTRIES, ageMs: UNCLEAR_MS });

	remember(key: string): void {
		this.until.set(key, true);
	}

	/**
	 * @param what begins the sentence, e.g. `A charge of invoice ACM-1`.
	 * @throws ApiError (transient) while nobody can know whether it was done.
	 */
	refuseWhileUnclear(key: string, what: string): void {
		if (!this.until.has(key)) return;
		throw new ApiError(
			'Dodo Payments',
			503,
			'NOT_CLEAR_YET',
			`${what} was not answered a moment ago and does not show yet; sending it again now could move money twice`,
		);
	}
}
