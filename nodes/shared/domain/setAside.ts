/**
 * What could not be handed on or done: it goes to the end of the queue, waits longer each time, and is told once a day. Times in seconds
 * since 1970, UTC.
 */
export interface SetAside {
	/** e.g. `payment pay_1 succeeded`, as it is marked. */
	fact: string;
	createdAt: number;
	/** In words. */
	reason: string;
	tries: number;
	nextAt: number;
	/** When a person was told last; 0 for never. */
	toldAt: number;
}

/** By key, e.g. `payment pay_1`. */
export type Aside = Readonly<Record<string, SetAside>>;

const FIRST_WAIT_S = 5 * 60;
const LONGEST_WAIT_S = 3_600;
const TOLD_EVERY_S = 86_400;
const LONGEST_REASON = 120;
/** n8n writes them with every execution, so they must stay few; what does not fit is found again by its list. */
const MAX_ASIDE = 200;

/** Adds a failure. The first one is tried again by the next look, later ones after 5, 10, 20 ... minutes, at most an hour. */
export function setAside(
	aside: Aside,
	key: string,
	failure: Pick<SetAside, 'fact' | 'createdAt' | 'reason'>,
	now: number,
): Aside {
	const before = aside[key];
	const tries = (before?.tries ?? 0) + 1;
	const waitS = tries === 1 ? 0 : Math.min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (tries - 2));
	return {
		...aside,
		[key]: {
			...failure,
			reason: failure.reason.slice(0, LONGEST_REASON),
			tries,
			nextAt: now + waitS,
			toldAt: before?.toldAt ?? 0,
		},
	};
}

/** Those whose next try is due, those that waited longest first. */
export function dueAside(aside: Aside, now: number): Array<[string, SetAside]> {
	return Object.entries(aside)
		.filter(([, { nextAt }]) => nextAt <= now)
		.sort(([, one], [, other]) => one.nextAt - other.nextAt);
}

/** Lago's side is read anew by every look: what is missing there no more does not come again, and is forgotten after a day. */
export function withoutGone(aside: Aside, now: number): Aside {
	return Object.fromEntries(
		Object.entries(aside).filter(
			([key, { nextAt }]) => !/^(invoice|credit_note) /.test(key) || now - nextAt < TOLD_EVERY_S,
		),
	);
}

/** Of what failed in this look, what a person was not told of today; and the same with that noted. */
export function tellAside(aside: Aside, failed: readonly string[], now: number): { news: SetAside[]; aside: Aside } {
	const news = failed.flatMap((key) =>
		aside[key] !== undefined && now - aside[key].toldAt >= TOLD_EVERY_S
			? [[key, { ...aside[key], toldAt: now }] as const]
			: [],
	);
	return { news: news.map(([, one]) => one), aside: { ...aside, ...Object.fromEntries(news) } };
}

/**
 * The oldest that fit into what is kept.
 * @returns also the creation of the oldest that does not; Infinity when all do.
 */
export function fitting(aside: Aside): { aside: Aside; lostFrom: number } {
	const sorted = Object.entries(aside).sort(([, one], [, other]) => one.createdAt - other.createdAt);
	return {
		aside: Object.fromEntries(sorted.slice(0, MAX_ASIDE)),
		lostFrom: sorted[MAX_ASIDE]?.[1].createdAt ?? Infinity,
	};
}
