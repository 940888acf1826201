/** Calls that an account may make. */
export interface RateLimit {
	perMinute: number;
	perSecond: number;
}

/** Counts calls in sliding windows of a second and a minute. */
export class RateLimiter {
	private calls: number[] = [];

	constructor(private readonly limit: RateLimit) {}

	/** Counts a call unless it is one too many; `headers` go with either answer. */
	take(now = Date.now()): { allowed: boolean; headers: Record<string, string> } {
		this.calls = this.calls.filter((at) => at > now - 60_000);
		const inLastSecond = this.calls.filter((at) => at > now - 1000).length;
		const left = Math.min(this.limit.perMinute - this.calls.length, this.limit.perSecond - inLastSecond);
		const full = this.calls.length >= this.limit.perMinute ? 60_000 - (now - (this.calls[0] ?? now)) : 1000;
		if (left > 0) this.calls.push(now);
		return {
			allowed: left > 0,
			headers: {
				'X-RateLimit-Limit': String(this.limit.perMinute),
				'X-RateLimit-Remaining': String(Math.max(0, left - 1)),
				'X-RateLimit-Reset': String(Math.ceil(full / 1000)),
			},
		};
	}
}
