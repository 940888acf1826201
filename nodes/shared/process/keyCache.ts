import { BoundedMap } from './boundedMap';

/** Something secret or public that a service tells on request, kept in memory. */
interface Entry<T> {
	value?: T;
	askedAt: number;
	asking?: Promise<T>;
	problem?: unknown;
}

/** More than one n8n has. */
const MAX_ACCOUNTS = 1_000;
/** After an answer the service is not asked again before this, however many forgeries do not match. */
const REFETCH_MS = 60_000;
/** After a failure it is asked again soon, but not by every request. */
const RETRY_MS = 2_000;

/** Verification keys by account: asked for once, by one request at a time, and never as often as somebody sends forgeries. */
export class KeyCache<T> {
	private readonly entries = new BoundedMap<string, Entry<T>>({ entries: MAX_ACCOUNTS });

	/** The value is known to be gone: the next one who needs it asks at once. */
	forget(key: string): void {
		this.entries.delete(key);
	}

	/**
	 * @param fresh the known value did not match: ask again if that is due.
	 * @param load asks the service.
	 * @throws what `load` threw, as long as no value is known.
	 */
	async get(key: string, fresh: boolean, load: () => Promise<T>): Promise<T> {
		const entry = this.entries.get(key) ?? { askedAt: -Infinity };
		this.entries.set(key, entry);
		if (entry.value && !fresh) return entry.value;
		if (entry.asking) return await entry.asking;
		const due = Date.now() - entry.askedAt >= (entry.problem === undefined ? REFETCH_MS : RETRY_MS);
		if (!due) {
			if (entry.value === undefined) throw entry.problem;
			return entry.value;
		}
		entry.askedAt = Date.now();
		entry.asking = load().then(
			(value) => {
				entry.value = value;
				entry.problem = undefined;
				return value;
			},
			(problem: unknown) => {
				entry.problem = problem;
				if (entry.value === undefined) throw problem;
				return entry.value;
			},
		);
		return await entry.asking.finally(() => (entry.asking = undefined));
	}
}
