import { waitUntil } from '../support/waiting';

/** Lago sends with a few threads that do all its work: a webhook may be a good while on its way. */
const PATIENCE_MS = 60_000;
const EVERY_MS = 300;
const MOST_SHOWN = 1_500;

/**
 * Looks until it is so, and resolves with what was seen then.
 * @param what is waited for, in words that follow "waited 60 s for".
 * @throws Error that says what was waited for, what was seen last, and what `alsoSay` adds.
 */
export async function until<T>(
	what: string,
	look: () => Promise<T> | T,
	isSo: (seen: T) => boolean,
	{ patienceMs = PATIENCE_MS, alsoSay }: { patienceMs?: number; alsoSay?: () => Promise<string> } = {},
): Promise<T> {
	let seen: { value?: T; problem?: string } = { problem: 'nothing yet' };
	const looking = async (): Promise<boolean> => {
		try {
			const value = await look();
			seen = { value };
			return isSo(value);
		} catch (caught) {
			// A look that fails is one more thing to report when time is over.
			seen = { problem: caught instanceof Error ? caught.message : String(caught) };
			return false;
		}
	};
	await waitUntil('', patienceMs, EVERY_MS, looking).catch(async () => {
		const last = seen.problem ?? JSON.stringify(seen.value);
		const more = await alsoSay?.().catch((caught: unknown) => String(caught));
		throw new Error(
			[`waited ${patienceMs / 1000} s for ${what}`, `last seen: ${String(last).slice(0, MOST_SHOWN)}`, more]
				.filter(Boolean)
				.join('\n'),
		);
	});
	return seen.value as T;
}
