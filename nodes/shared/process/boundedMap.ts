/** How much a {@link BoundedMap} keeps. */
export interface Bounds {
	entries: number;
	/** ms after which an entry is forgotten, counted from when it was set; for ever when left out. */
	ageMs?: number;
}

/**
 * What lives as long as the process must not grow with it: a map that forgets the entry that was set longest ago when there are too many,
 * and every entry that is too old. Setting a key again makes it the newest.
 */
export class BoundedMap<K, V> {
	private readonly entries = new Map<K, { value: V; setAt: number }>();
	/** Before the oldest entry. Kept, because a new iterator would step over the places of all that was forgotten before. */
	private readonly oldest = this.entries.keys();

	/** @param now ms, of a clock that nobody can set. */
	constructor(
		private readonly bounds: Bounds,
		private readonly now: () => number = () => performance.now(),
	) {}

	get size(): number {
		return this.entries.size;
	}

	get(key: K): V | undefined {
		const entry = this.entries.get(key);
		if (entry === undefined) return undefined;
		if (this.now() - entry.setAt < (this.bounds.ageMs ?? Infinity)) return entry.value;
		this.entries.delete(key);
		return undefined;
	}

	has(key: K): boolean {
		return this.get(key) !== undefined;
	}

	set(key: K, value: V): this {
		this.entries.delete(key);
		this.entries.set(key, { value, setAt: this.now() });
		while (this.entries.size > this.bounds.entries) this.entries.delete(this.oldest.next().value as K);
		return this;
	}

	delete(key: K): boolean {
		return this.entries.delete(key);
	}

	/** Oldest first, those that are too old included. */
	keys(): IterableIterator<K> {
		return this.entries.keys();
	}
}
