/** The kinds of Dodo's objects that a reconciliation looks at. */
export type Kind = 'payment' | 'refund' | 'dispute' | 'subscription';

/** An object as a list of Dodo shows it; times in seconds since 1970, UTC; amounts in minor units. */
export interface Listed {
	kind: Kind;
	id: string;
	/** Dodo's own word; null when Dodo gives none yet. */
	status: string | null;
	createdAt: number;
	/** The payment that a refund or a dispute is about. */
	paymentId: string | null;
	/** Of a payment: the Lago invoice that it names, which try it was, what was asked for, and the mandate. */
	invoiceId: string | null;
	/** The top-up whose invoice it is; null or absent for any other. */
	topUpId?: string | null;
	/** Of a payment of several invoices: all that it names; empty where nobody can read which. */
	members?: readonly string[];
	/** Whose invoice it is; null when it does not say. */
	organizationId: string | null;
	attempt: number;
	amount: number;
	subscriptionId: string | null;
	/** Of a mandate, or of a payment of several invoices: the external id of the Lago customer that it was made for. */
	customer: string | null;
}

/** How many unfinished objects a list showed: by {@link stageOf}, then by hour of creation (since 1970). */
export type Unfinished = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** How far both sides were compared; times in seconds since 1970, UTC. Safe to lose: without it the last three days are compared again. */
export interface Progress {
	/** Payments that Dodo created before this were compared. */
	seenUntil: number;
	/** The same for all kinds. */
	thoroughAt: number;
	lookedAt: number;
	/** The last look found something, or did not get to its end: every look reads all lists until one does. */
	suspicious: boolean;
	unfinished: Unfinished;
	/** What a person asked to be compared and was not yet. */
	backfill: { from: number; until: number } | null;
}

/** What one look covers; times in seconds since 1970, UTC. */
export interface Look {
	/** All lists; otherwise only those in which most things that go missing show: two calls. */
	thorough: boolean;
	/** Creation of the oldest object that counts. */
	since: number;
	/** What is younger may still be on its way and is left to the next look. */
	until: number;
	/** Asked for by a person: what was processed before, and is still missing, is handed on again. */
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
const HOUR_S = 3_600;

/** Direct debits and refunds end within days, disputes within months; what is older is left to a person's back-fill. */
const LONGEST_UNFINISHED_S: Readonly<Record<Kind, number>> = {
	payment: 14 * 86_400,
	refund: 30 * 86_400,
	dispute: 120 * 86_400,
	subscription: 3 * 86_400,
};
/** A payer has a page for a day; a payment that waits for the payer longer never ends. */
const PAYER_GONE_S = 25 * HOUR_S;

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
 * @param suspicious something may have been missed: this process is new, or a delivery failed later than the newest look of all lists has seen.
 * @param since asked for by a person, seconds since 1970.
 */
export function planLook(
	progress: Progress | null,
	now: number,
	suspicious: boolean,
	since: number | null = null,
): Look {
	const until = now - GRACE_S;
	if (since !== null) return { thorough: true, since, until, again: true };
	if (progress === null) return { thorough: true, since: now - FIRST_LOOK_S, until, again: false };
	const thorough =
		suspicious ||
		progress.suspicious ||
		now - progress.lookedAt > GAP_S ||
		now - progress.thoroughAt >= THOROUGH_EVERY_S;
	return { thorough, since: sinceOf(progress, thorough), until, again: false };
}

function sinceOf({ seenUntil, thoroughAt }: Progress, thorough: boolean): number {
	return (thorough ? Math.min(seenUntil, thoroughAt) : seenUntil) - OVERLAP_S;
}

/** The same look, of all lists: where one thing went missing, more may have. */
export function thoroughly(look: Look, before: Progress | null): Look {
	return { ...look, thorough: true, since: before === null || look.again ? look.since : sinceOf(before, true) };
}

/** Which lists to read. */
export function kindsOf({ thorough }: Look): Kind[] {
	return thorough ? ['payment', 'refund', 'dispute', 'subscription'] : ['payment'];
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

/** Kind and state of what has not come to its end, e.g. `payment processing`; Dodo's lists filter by it. Null for what has ended. */
export function stageOf({ kind, status }: Pick<Listed, 'kind' | 'status'>): string | null {
	return status !== null && ENDED[kind].includes(status) ? null : `${kind} ${status ?? ''}`.trim();
}

/** Kind and status of a {@link stageOf}. */
export function readStage(stage: string): { kind: Kind; status: string | null } {
	const [kind, status] = stage.split(' ');
	return { kind: kind as Kind, status: status ?? null };
}

const hourOf = (at: number): number => Math.floor(at / HOUR_S);

/** From where what is in a stage is still waited for. */
export function stageSince(stage: string, now: number): number {
	const { kind, status } = readStage(stage);
	return now - (kind === 'payment' && status !== 'processing' ? PAYER_GONE_S : LONGEST_UNFINISHED_S[kind]);
}

/** How many of each stage were created in which hour. */
export function countUnfinished(listed: readonly Listed[]): Unfinished {
	const counts: Record<string, Record<string, number>> = {};
	for (const one of listed) {
		const stage = stageOf(one);
		if (stage === null) continue;
		const hours = (counts[stage] ??= {});
		hours[hourOf(one.createdAt)] = (hours[hourOf(one.createdAt)] ?? 0) + 1;
	}
	return counts;
}

/**
 * Hours of creation, beginning and end in seconds since 1970, of which something in a stage has moved on: fewer are in it than were.
 * @param still what a list of exactly this stage shows now; null where Dodo cannot be asked for it.
 */
export function movedOn(
	stage: string,
	before: Unfinished,
	still: readonly Listed[] | null,
	now: number,
): Array<{ from: number; until: number }> {
	const counts = still === null ? {} : (countUnfinished(still)[stage] ?? {});
	return Object.entries(before[stage] ?? {})
		.filter(([hour, count]) => Number(hour) >= hourOf(stageSince(stage, now)) && (counts[hour] ?? 0) < count)
		.map(([hour]) => ({ from: Number(hour) * HOUR_S, until: (Number(hour) + 1) * HOUR_S - 1 }));
}

/**
 * Lists that overlap may count one object twice, and one that was counted by several lists must not be counted too low: the hour is looked
 * at once too often.
 */
export function addUnfinished(one: Unfinished, other: Unfinished, now: number): Unfinished {
	const stages = [...new Set([...Object.keys(one), ...Object.keys(other)])];
	const sums = stages.map((stage): [string, Record<string, number>] => {
		const hours = { ...one[stage] };
		for (const [hour, count] of Object.entries(other[stage] ?? {})) hours[hour] = (hours[hour] ?? 0) + count;
		return [
			stage,
			Object.fromEntries(Object.entries(hours).filter(([hour]) => Number(hour) >= hourOf(stageSince(stage, now)))),
		];
	});
	return Object.fromEntries(sums.filter(([, hours]) => Object.keys(hours).length > 0));
}

/** What a look came to. */
export interface LookResult {
	/** Everything that Dodo created before this was compared and handed on; seconds since 1970. */
	comparedUntil: number;
	/** Of Dodo's side only: the look got to its end. */
	complete: boolean;
	/** Something was missing or failed, on either side. */
	found: boolean;
	unfinished: Unfinished;
	backfill: Progress['backfill'];
}

/** How far one has come after a look. */
export function progressAfter(
	before: Progress | null,
	look: Look,
	{ comparedUntil, complete, found, unfinished, backfill }: LookResult,
	now: number,
): Progress {
	const first = look.again ? look.until - FIRST_LOOK_S : look.since;
	const known = before ?? { seenUntil: first, thoroughAt: first, lookedAt: 0 };
	// A look that a person asked for may leave out the time before it, so it is none of those that are due.
	const reached = look.again ? -Infinity : comparedUntil;
	return {
		seenUntil: Math.max(known.seenUntil, reached),
		thoroughAt: look.thorough ? Math.max(known.thoroughAt, reached) : known.thoroughAt,
		lookedAt: look.again ? known.lookedAt : now,
		suspicious: look.again || found || !complete,
		unfinished,
		backfill,
	};
}
