/** Which versions a Lago may be of, as far as its answers have told: it has what came with `from`, and lacks what came with `before`. */
export interface LagoAge {
	from: string | null;
	before: string | null;
}

/** What shows in an answer from a version on, and is absent before (`lago-api`, by its tags): Lago does not say its version. */
const SIGNS = [
	{ since: '1.22', of: 'invoice', field: 'total_due_amount_cents' },
	{ since: '1.37', of: 'credit_note', field: 'metadata' },
	{ since: '1.41', of: 'invoice', field: 'total_paid_amount_cents' },
	{ since: '1.44', of: 'webhook_endpoint', field: 'event_types' },
	{ since: '1.45.2', of: 'organization', field: 'slug' },
] as const;

/** What each of these objects has in every version: an answer without it is of something else, and tells nothing. */
const ALWAYS = {
	invoice: 'total_amount_cents',
	credit_note: 'refund_amount_cents',
	webhook_endpoint: 'signature_algo',
	organization: 'created_at',
} as const satisfies Record<(typeof SIGNS)[number]['of'], string>;

/** The objects that an answer may be of. */
export const TELLING = Object.keys(ALWAYS) as ReadonlyArray<keyof typeof ALWAYS>;

/** What works only from a version on; oldest first. docs/older-lagos.md has the whole table. */
const LATER = [
	{ since: '1.22', what: 'nothing is collected, as an invoice does not say what is due' },
	{ since: '1.37', what: '"Retry payment" tells nobody, so charge by hand with Try Again Now' },
	{ since: '1.44', what: 'Lago sends all of its events, and the trigger drops what was not chosen' },
] as const;

/** Made once: each answer is looked at. */
const BY_NUMBERS = new Intl.Collator('en', { numeric: true });

export const UNKNOWN_AGE: LagoAge = { from: null, before: null };

/**
 * What an answer adds. What was told last is right: a server may have been updated since.
 * @param of the object's name in the answer, e.g. `invoice`.
 * @param sent the object that was sent: a note has metadata only if it was given some.
 */
export function learn(age: LagoAge, of: keyof typeof ALWAYS, told: object, sent: object = {}): LagoAge {
	if (!(ALWAYS[of] in told)) return age;
	let { from, before } = age;
	const signs = SIGNS.filter((sign) => sign.of === of);
	for (const { since, field } of signs) {
		if (field in told || (field === 'metadata' && !('metadata' in sent))) continue;
		if (before === null || isNewer(before, since)) before = since;
		if (from !== null && !isNewer(since, from)) from = null;
	}
	for (const { since, field } of signs) {
		if (!(field in told)) continue;
		if (from === null || isNewer(since, from)) from = since;
		if (before !== null && !isNewer(before, since)) before = null;
	}
	return { from, before };
}

/** Nothing can be collected with it. */
export function isTooOld({ before }: LagoAge): boolean {
	return before !== null && !isNewer(before, LATER[0].since);
}

/** One sentence: what does not work on this Lago, and from which version on it does; null when nothing is known to be amiss. */
export function sentenceOf({ from, before }: LagoAge): string | null {
	const lacking = LATER.filter(({ since }) => from === null || isNewer(since, from));
	if (before === null || lacking.length === 0) return null;
	const clauses = lacking.map(({ since, what }) => `before ${since} ${what}`);
	return `This Lago is older than ${before}: ${clauses.join('; ')}.`;
}

/** A next step by Lago's button, and what stands for it where that tells nobody. */
export function byRetryButton(step: string): string {
	return `${step} On a Lago before ${LATER[1].since} that tells nobody: charge by hand, with Try Again Now.`;
}

function isNewer(one: string, other: string): boolean {
	return BY_NUMBERS.compare(one, other) > 0;
}
