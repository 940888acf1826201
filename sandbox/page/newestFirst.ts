/** What a book holds of one kind, as the page shows it. */
export function newestFirst<T>(map: ReadonlyMap<string, T>): T[] {
	return [...map.values()].reverse();
}
