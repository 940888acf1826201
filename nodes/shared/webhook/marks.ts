import { createHash } from 'node:crypto';

/** Dodo redelivers for 27.6 h (docs `developer-resources/webhooks`). */
export const MARK_TTL_HOURS = 28;
/** n8n writes the whole static data with every execution, so it must stay small: about 22 KB. */
export const MAX_MARKS = 2_000;
const HOUR_MS = 3_600_000;
const DIGEST_LENGTH = 11;

/** What was processed: hour since 1970 (UTC) -> digests one behind the other, oldest first. */
export type Marks = Readonly<Record<string, string>>;

/** 66 bits of a text's SHA-256: short, and nothing of the text can be read out of the static data. */
export function digestOf(text: string): string {
	return createHash('sha256').update(text).digest('base64url').slice(0, DIGEST_LENGTH);
}

export function isMarked(marks: Marks, digest: string): boolean {
	return Object.values(marks).some((digests) => indexIn(digests, digest) !== -1);
}

function indexIn(digests: string, digest: string): number {
	for (let at = digests.indexOf(digest); at !== -1; at = digests.indexOf(digest, at + 1))
		if (at % DIGEST_LENGTH === 0) return at;
	return -1;
}

/** Adds one at the end of the present hour. @param now ms since 1970. */
export function withMark(marks: Marks, digest: string, now: number): Marks {
	if (isMarked(marks, digest)) return marks;
	const hour = String(Math.floor(now / HOUR_MS));
	return { ...marks, [hour]: `${marks[hour] ?? ''}${digest}` };
}

/**
 * What either side knows and `keep` allows, without what is too old, and of the rest the newest {@link MAX_MARKS}.
 * @param now ms since 1970.
 */
export function mergeMarks(
	one: Marks,
	other: Marks,
	now: number,
	keep: (digest: string) => boolean = () => true,
): Marks {
	const newest = Math.floor(now / HOUR_MS);
	const hours = [...new Set([...Object.keys(one), ...Object.keys(other)])]
		.map(Number)
		.filter((hour) => hour > newest - MARK_TTL_HOURS && hour <= newest);
	const seen = new Set<string>();
	const merged: Record<string, string> = {};
	for (const hour of hours.sort((a, b) => b - a)) {
		const room = MAX_MARKS - seen.size;
		if (room === 0) break;
		const inHour = new Set(
			[...split(one[hour]), ...split(other[hour])].filter((digest) => !seen.has(digest) && keep(digest)),
		);
		const fitting = [...inHour].slice(-room);
		for (const digest of fitting) seen.add(digest);
		if (fitting.length > 0) merged[hour] = fitting.join('');
	}
	return merged;
}

function split(digests: string | undefined): string[] {
	return digests?.match(/.{11}/g) ?? [];
}

/** Static data can hold anything: what does not look like marks is left out. */
export function readMarks(stored: unknown): Marks {
	if (typeof stored !== 'object' || stored === null) return {};
	const wellFormed = Object.entries(stored).filter(
		([hour, digests]) => /^\d{1,7}$/.test(hour) && typeof digests === 'string' && digests.length % DIGEST_LENGTH === 0,
	);
	return Object.fromEntries(wellFormed) as Marks;
}
