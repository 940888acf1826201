import { judge, withoutSuperseded, type Known } from '../domain/difference';
import type { Listed } from '../domain/reconciliation';

/** Reads one of the lists of {@link Known}, in bulk, for the objects that it is needed for. */
export type Source<List extends keyof Known> = (
	about: readonly Listed[],
	before: Known,
) => Promise<NonNullable<Known[List]>>;
export type Sources = { [List in keyof Known]-?: Source<List> };

/** What Lago tells; what Dodo tells is read by Dodo's own node. */
export type LagoSources = Omit<Sources, 'payments'>;

/** More than there are lists. */
const MAX_ROUNDS = 20;

/**
 * What the other book lacks of what was listed. A list is read only when something cannot be decided without it, and kept in `known` for the
 * objects that are compared next.
 * @throws ApiError when a list cannot be read.
 */
export async function missingOf(listed: readonly Listed[], known: Known, sources: Sources): Promise<Listed[]> {
	const missing: Listed[] = [];
	let open = withoutSuperseded(listed);
	for (let round = 0; open.length > 0 && round < MAX_ROUNDS; round++) {
		const waiting = new Map<keyof Known, Listed[]>();
		for (const entry of open) {
			const verdict = judge(entry, known);
			if (verdict === 'missing') missing.push(entry);
			if (typeof verdict === 'object') waitFor(waiting, verdict.needs).push(entry);
		}
		const [next] = waiting;
		if (next !== undefined) Object.assign(known, { [next[0]]: await sources[next[0]](next[1], known) });
		open = [...waiting.values()].flat();
	}
	// Undecided after all lists: its own lane decides.
	return [...missing, ...open];
}

function waitFor(waiting: Map<keyof Known, Listed[]>, list: keyof Known): Listed[] {
	const entries = waiting.get(list) ?? [];
	waiting.set(list, entries);
	return entries;
}
