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
 * A list, page by page, as far as somebody asks. It ends with a page that is not full: what a server says about further pages may be half an
 * hour old and another customer's. An entry that moves to the next page while the list is read comes once, and a page that comes again ends it.
 */
export class PageReader<T> {
	private readonly seen = new Set<unknown>();
	private index = 0;
	private repeats = 0;
	private hasEnded = false;

	constructor(private readonly paging: Pick<Paging<T>, 'perPage' | 'idOf' | 'read'>) {}

	/** What the next page has that none before it had; null behind the last page. A page that could not be read is the next one again. */
	async next(): Promise<T[] | null> {
		if (this.hasEnded) return null;
		const { perPage, idOf, read } = this.paging;
		const { entries, full = perPage } = await read(this.index);
		this.index++;
		const fresh: T[] = [];
		for (const entry of entries) {
			const id = idOf(entry);
			if (!this.seen.has(id)) fresh.push(entry);
			this.seen.add(id);
		}
		this.repeats = fresh.length > 0 ? 0 : this.repeats + 1;
		this.hasEnded = entries.length < Math.min(full, perPage) || this.repeats === REPEATS;
		return fresh;
	}
}

/** The first `limit` entries of a list, see {@link PageReader}. */
export async function readPages<T>({ limit, isEnough, ...paging }: Paging<T>): Promise<T[]> {
	const pages = new PageReader(paging);
	const found: T[] = [];
	while (found.length < limit) {
		const page = await pages.next();
		if (page === null) break;
		found.push(...page);
		if (isEnough !== undefined && page.some(isEnough)) break;
	}
	return found.slice(0, limit);
}
