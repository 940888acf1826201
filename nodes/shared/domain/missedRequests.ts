/** What the looks for payment requests leave to the next one; safe to lose. Moments in seconds since 1970. */
export interface RequestsSeen {
	/** What was made later was not looked at yet. */
	until: number;
	/** By id, when it was made: handed on or without room, and not known to be processed. */
	waiting: Readonly<Record<string, number>>;
}

/** A young one is left to its own event for so long. */
const YOUNG_S = 60;
/** So long a mark says for certain that one was processed: marks are kept for longer. */
const DAY_S = 86_400;

/** Until when a look sees. @param now seconds since 1970. */
export const seenUntil = (now: number): number => now - YOUNG_S;

/** Before which nothing needs to be listed: that of a day, or of longer when there was no look for longer or something waits. */
export function listedFrom(seen: RequestsSeen, now: number): number {
	return Math.min(now - DAY_S, seen.until, ...Object.values(seen.waiting));
}

/**
 * Whether a payment request may be one that nobody was asked for. One of longer ago is not, unless it is known to wait: its mark may be gone.
 * @param createdAt seconds since 1970.
 */
export function isToLookAt(
	{ id, createdAt }: { id: string; createdAt: number },
	seen: RequestsSeen,
	now: number,
): boolean {
	if (createdAt > seenUntil(now)) return false;
	return createdAt > Math.min(now - DAY_S, seen.until) || seen.waiting[id] !== undefined;
}
