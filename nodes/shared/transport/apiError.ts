/** Which service answered, or did not. */
export type Service = 'Dodo Payments' | 'Lago';

/** The request did not leave, or found nobody. */
const NEVER_SENT: ReadonlySet<string> = new Set([
	'BAD_BASE_URL',
	'BLOCKED',
	'EAI_AGAIN',
	'ECONNREFUSED',
	'EHOSTUNREACH',
	'ENETUNREACH',
	'ENOTFOUND',
	'NO_TIME_LEFT',
	'NO_TURN_LEFT',
	'OUT_OF_DATE',
]);

/** A request that Dodo or Lago refused or did not answer. Carries no header, key or request body. */
export class ApiError extends Error {
	override readonly name = 'ApiError';

	constructor(
		readonly service: Service,
		/** HTTP status, null when no answer came. */
		readonly status: number | null,
		/** The service's own code: Dodo `code`, Lago `code`; for no answer the network's word (`ECONNREFUSED`, ...). */
		readonly code: string | null,
		/** The service's own words. */
		message: string,
		/** Lago's `error_details`: field -> codes. */
		readonly details: Readonly<Record<string, readonly string[]>> = {},
		/** What the service asked to wait before the next request, ms; 0 when it said nothing. */
		readonly retryAfterMs = 0,
	) {
		super(message);
	}

	/** Trying again later can help: no answer, 408, 429, 5xx, or Lago's lock. Everything else stays refused. */
	get transient(): boolean {
		const { status } = this;
		if (this.code === 'BAD_BASE_URL') return false;
		return (
			status === null || status === 408 || status === 429 || status >= 500 || this.code === 'lock_acquisition_failed'
		);
	}

	/**
	 * No answer, or one that does not prove that nothing was done: it must be looked for before it is sent again. A 429 should prove it, but
	 * something between here and the service may say so of a request that has got through, and money must not move on a "should".
	 */
	get mayHaveWorked(): boolean {
		if (NEVER_SENT.has(this.code ?? '')) return false;
		return this.status === null || this.status === 408 || this.status === 429 || this.status >= 500;
	}

	/** The key or the address is wrong, or the key may not do this: mending the credential helps, so the event must come again. */
	get unauthorized(): boolean {
		return (
			this.code === 'BAD_BASE_URL' ||
			this.status === 401 ||
			(this.status === 403 && this.code !== 'feature_unavailable')
		);
	}

	/** What the request named is not there, or not any more. Dodo's docs tie no status to most codes, so the code counts as well. */
	get gone(): boolean {
		return (
			this.status === 410 ||
			(this.final && (this.status === 404 || /(_|^)NOT_FOUND$|_IS_DELETED$/.test(this.code ?? '')))
		);
	}

	/**
	 * The service itself says no and will say no again. Without a code of its own it may have been something else that answered (a
	 * proxy, a wrong base URL): then the event must come again.
	 */
	get final(): boolean {
		return !this.transient && !this.unauthorized && this.code !== null;
	}
}

/** What was caught, if it is a service's failure. @throws everything else as it is. */
export function asApiError(caught: unknown): ApiError {
	if (caught instanceof ApiError) return caught;
	throw caught;
}
