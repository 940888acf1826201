/** The kinds of Dodo's objects that a reconciliation looks at. */
export type Kind = 'payment' | 'refund' | 'dispute' | 'subscription';

/** An object as a list of Dodo shows it; times in seconds since 1970, UTC. */
export interface Listed {
	kind: Kind;
	id: string;
	/** Dodo's own word; null when Dodo gives none yet. */
	status: string | null;
	createdAt: number;
}

/** How far both sides were compared; times in seconds since 1970, UTC. Safe to lose: without it the last three days are looked at. */
export interface Progress {
	/** What Dodo created before this was dealt with. */
	seenUntil: number;
	lookedAt: number;
	thoroughAt: number;
	/** The last look found something: until nothing is missed, every look reads all lists. */
	suspicious: boolean;
	/** {@link keyOf} -> creation of what had not come to its end when it was looked at last. */
	open: Readonly<Record<string, number>>;
}

/** What one look covers; times in seconds since 1970, UTC. */
export interface Look {
	/** All lists; otherwise only those in which most things that go missing show: two calls. */
	thorough: boolean;
	/** Creation of the oldest object that counts. */
	since: number;
	/** What is younger may still be on its way and is left to the next look. */
	until: number;
	/** Asked for by a person: what was processed before is looked at as well. */
	again: boolean;
}

/** Webhooks of the last minute may still be on their way or at work. */
const GRACE_S = 60;
/** Dodo's clock is not ours, and a list may show something a little later. */
const OVERLAP_S = 10 * 60;
const FIRST_LOOK_S = 3 * 86_400;
/** No look for so long: n8n was down or the lane was off, and the senders may have given up. */
const GAP_S = 15 * 60;
const THOROUGH_EVERY_S = 3_600;
/** Direct debits and refunds end within days, disputes within months; what is older is left to a person's back-fill. */
const LONGEST_OPEN_S: Readonly<Record<Kind, number>> = { payment: 14 * 86_400, refund: 30 * 86_400, dispute: 120 * 86_400, subscription: 3 * 86_400 };
const MAX_OPEN = 300;

/** States that nothing follows on by itself (docs `api-reference/payments`, `refunds`, `disputes`, `subscriptions`). */
const ENDED: Readonly<Record<Kind, readonly string[]>> = {
	payment: ['succeeded', 'failed', 'cancelled'],
	refund: ['succeeded', 'failed'],
	dispute: ['dispute_won', 'dispute_lost', 'dispute_accepted', 'dispute_expired', 'dispute_cancelled'],
	subscription: ['active', 'cancelled', 'expired', 'failed', 'on_hold', 'past_due', 'paused'],
};

/** States of which Dodo tells by a webhook that the lanes handle. */
const TOLD: Readonly<Record<Kind, readonly string[]>> = {
	payment: [...ENDED.payment, 'processing'],
	refund: ENDED.refund,
	dispute: [...ENDED.dispute, 'dispute_opened', 'dispute_challenged'],
	subscription: ['active', 'cancelled', 'expired', 'failed'],
};

/**
 * What to look at now.
 * @param suspicious something may have been missed: this process is new, or a delivery failed since the last look.
 * @param since asked for by a person, seconds since 1970.
 */
export function planLook(progress: Progress | null, now: number, suspicious: boolean, since: number | null = null): Look {
	const until = now - GRACE_S;
	if (since !== null) return { thorough: true, since, until, again: true };
	if (progress === null) return { thorough: true, since: now - FIRST_LOOK_S, until, again: false };
	const thorough = suspicious || progress.suspicious || now - progress.lookedAt > GAP_S || now - progress.thoroughAt >= THOROUGH_EVERY_S;
	// What only a thorough look sees is due since the last one.
	return { thorough, since: Math.min(progress.seenUntil, thorough ? progress.thoroughAt : Infinity) - OVERLAP_S, until, again: false };
}

/** Which lists to read: a refund that was on its way is waited for, so that it is confirmed soon. */
export function kindsOf(look: Look, open: Progress['open']): Kind[] {
	if (look.thorough) return ['payment', 'refund', 'dispute', 'subscription'];
	return Object.keys(open).some((key) => key.startsWith('refund ')) ? ['payment', 'refund'] : ['payment'];
}

/** From where a list must be read so that it also shows what was open before. */
export function listSince(look: Look, kind: Kind, open: Progress['open'], now: number): number {
	if (!look.thorough && kind !== 'refund') return look.since;
	const waiting = Object.entries(open).flatMap(([key, createdAt]) => (key.startsWith(`${kind} `) && createdAt > now - LONGEST_OPEN_S[kind] ? [createdAt] : []));
	return Math.min(look.since, ...waiting);
}

/** An object among all kinds, e.g. `payment pay_1`. */
export function keyOf({ kind, id }: Pick<Listed, 'kind' | 'id'>): string {
	return `${kind} ${id}`;
}

/** The fact that a state of an object is, e.g. `payment pay_1 succeeded`: under this it is marked as processed. */
export function factOf({ kind, id, status }: Pick<Listed, 'kind' | 'id' | 'status'>): string {
	return `${keyOf({ kind, id })} ${status ?? 'not started'}`;
}

/** The event by which Dodo tells of a state; null when it tells nothing that the lanes handle. */
export function eventOf({ kind, status }: Pick<Listed, 'kind' | 'status'>): string | null {
	return status !== null && TOLD[kind].includes(status) ? `${kind}.${status.replace(/^dispute_/, '')}` : null;
}

/**
 * What nobody has dealt with, oldest first, and what has yet to come to its end.
 * @param listed everything that the lists showed, in any order, also several times.
 * @param isProcessed whether a {@link factOf} was marked.
 */
export function assess(listed: readonly Listed[], look: Look, open: Progress['open'], isProcessed: (fact: string) => boolean): { missed: Listed[]; open: Record<string, number> } {
	const stillOpen = { ...open };
	const missed: Listed[] = [];
	for (const entry of new Map(listed.map((one) => [keyOf(one), one])).values()) {
		const key = keyOf(entry);
		const wasOpen = key in open;
		if (entry.createdAt > look.until || (entry.createdAt < look.since && !wasOpen)) continue;
		if (entry.status !== null && ENDED[entry.kind].includes(entry.status)) delete stillOpen[key];
		else stillOpen[key] = entry.createdAt;
		if (eventOf(entry) !== null && (look.again || !isProcessed(factOf(entry)))) missed.push(entry);
	}
	return { missed: missed.sort((one, other) => one.createdAt - other.createdAt), open: stillOpen };
}

/**
 * How far one has come after a look.
 * @param open what {@link assess} found.
 * @param result how much was missed; whether all of it was dealt with, otherwise the next look starts where this one did; whether every
 * list was read.
 */
export function progressAfter(before: Progress | null, look: Look, open: Progress['open'], result: { missed: number; complete: boolean; readAll: boolean }, now: number): Progress {
	// What has ended but could not be dealt with is waited for as if it had not.
	const newest = Object.entries(result.complete ? open : { ...before?.open, ...open })
		.filter(([key, createdAt]) => createdAt > now - LONGEST_OPEN_S[key.slice(0, key.indexOf(' ')) as Kind])
		.sort(([, one], [, other]) => other - one)
		.slice(0, MAX_OPEN);
	// A look that a person asked for may leave out the time before it, so it does not move the watermark.
	const done = result.complete && !look.again;
	return {
		seenUntil: done ? look.until : (before?.seenUntil ?? look.since),
		lookedAt: now,
		thoroughAt: done && result.readAll ? look.until : (before?.thoroughAt ?? look.since),
		suspicious: result.missed > 0 || !result.complete,
		open: Object.fromEntries(newest),
	};
}
