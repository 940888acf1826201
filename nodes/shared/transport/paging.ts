/** One page of a list. */
export interface Page<T> {
	entries: readonly T[];
	/** How many entries the server puts on a full page, where that is fewer than it was asked for. */
	full?: number;
}

/** How a list is read. */
export interface Paging<T> {
	/** What is asked for on one page. */
	perPage: number;
	/** How many entries are wanted. */
	limit: number;
	/** What an entry is told from others by. */
	idOf(entry: T): unknown;
	/** @param index 0 for the first page. */
	read(index: number): Promise<Page<T>>;
	/** Nothing behind this entry is wanted: the page that it is on is the last one. Asked of one entry after the other, in order. */
	isEnough?(entry: T): boolean;
}

/** Pages that bring nothing new: after so many the server repeats itself, instead of new entries having moved all others by one page. */
const REPEATS = 2;

/**
 * The first `limit` entries of a list. It ends with a page that is not full: what a server says about further pages may be half an hour old
 * and another customer's. An entry that moves to the next page while the list is read comes once, and a page that comes again ends it.
 */
export async function readPages<T>({ perPage, limit, idOf, read, isEnough }: Paging<T>): Promise<T[]> {
	const found = new Map<unknown, T>();
	let repeats = 0;
	for (let index = 0; found.size < limit; index++) {
		const { entries, full = perPage } = await read(index);
		const before = found.size;
		for (const entry of entries) if (!found.has(idOf(entry))) found.set(idOf(entry), entry);
		repeats = found.size > before ? 0 : repeats + 1;
		const enough = isEnough !== undefined && entries.some(isEnough);
		if (enough || entries.length < Math.min(full, perPage) || repeats === REPEATS) break;
	}
	return [...found.values()].slice(0, limit);
}
