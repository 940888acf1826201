/** Enough for the sake of speed, few enough for Lago's 50 requests a second. */
const AT_ONCE = 8;

/** Works on a few at once; the results are in order. Throws what `work` throws first. */
export async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
	const results: R[] = [];
	for (let from = 0; from < items.length; from += AT_ONCE)
		results.push(...(await Promise.all(items.slice(from, from + AT_ONCE).map(work))));
	return results;
}
