import { decodeCounted, encodeCounted, keyOf, lostIn, withCounted, type Counted } from './counted';
import { PAYMENT_ID_KEY, STATE_KEY } from './keys';
import { modeOfLinks, type DodoMode, type PageHost } from './mode';
import { isEnded, isPhase, type Phase } from './phases';

/**
 * The two metadata entries we keep on a Lago invoice, beside the merchant's own, which are never touched.
 * Limits: five entries, keys of 20, values of 140 characters (`lago-api:services/invoices/metadata/update_service.rb`).
 */
export interface MetadataEntry {
	/** Lago's id of the entry; absent on an entry that does not exist yet. */
	id?: string;
	key: string;
	value: string;
}

const MAX_ENTRIES = 5;
const MAX_VALUE = 140;
const OURS: readonly string[] = [PAYMENT_ID_KEY, STATE_KEY];

/** Where the collection of one invoice stands. Times are seconds since 1970 (UTC), amounts minor units of the invoice's currency. */
export interface CollectionState {
	phase: Phase;
	/** 1 for the first try. */
	attempt: number;
	/** What the link or the charge asks for. */
	amount?: number;
	/** When the checkout link dies. */
	expiresAt?: number;
	/** The tax that Dodo computes comes on top of `amount`. */
	taxOnTop?: boolean;
	/** When the next try is due. */
	nextTryAt?: number;
	/** Tries that failed and were counted against the schedule. */
	failedTries?: number;
	/** When the first try failed: later ones do not start the clock of access anew. */
	failedSince?: number;
	/** When somebody last asked for a try by Lago's button. */
	askedAt?: number;
	/** On which day a back-fill let it in (see `backFill.ts`): days since 1970 on the calendar of its workflow. */
	begunOn?: number;
	/** A dispute that Lago counts as lost, for good, was won after all. */
	disputeWon?: boolean;
	/** The world in which the link or charge was made; what was written before this was kept does not say it. */
	mode?: DodoMode;
	/** Where the checkout's page is, if that does not follow from the mode: any process can hand it out again. */
	page?: PageHost;
	/** What lost disputes took, and what else was counted of which Lago's books say nothing. */
	counted?: readonly Counted[];
	/** What Dodo gave back of it; kept here only where Lago cannot hold a credit note (no licence). */
	refunded?: number;
	/** The session of several invoices that this one is among, by {@link keyOf} its id, and what it asks for in all. */
	request?: { key: string; amount: number };
	/** Dodo's decline code of a failed try. */
	declineCode?: string;
	/** The checkout link; left out when it does not fit, and when there is a {@link payLink} that does. */
	url?: string;
	/** The link that never dies; left out when it does not fit. */
	payLink?: string;
}

/** The letters of the numbers in a state. */
const NUMBERS = {
	a: 'attempt',
	m: 'amount',
	x: 'expiresAt',
	n: 'nextTryAt',
	f: 'failedTries',
	r: 'refunded',
	s: 'failedSince',
	b: 'askedAt',
	g: 'begunOn',
} as const;

/** The letters of what is only said when it is so. */
const FLAGS = { t: 'taxOnTop', w: 'disputeWon' } as const;

/** The letter of what was counted. */
const COUNTED_LETTER = 'o';

/** The letter of a session of several invoices, and how it is written: `1x7ab.12500`. */
const REQUEST_LETTER = 'q';
const REQUEST = /^([0-9a-z]{5})\.(\d{1,15})$/;
const requestOf = ({ key, amount }: NonNullable<CollectionState['request']>): string =>
	`;${REQUEST_LETTER}=${key}.${amount}`;

/** The letter of the world, and its words. */
const MODE_LETTER = 'e';
const MODES: Readonly<Record<string, DodoMode>> = { l: 'live', t: 'test' };

/** The letter of the page's host, and its words. */
const PAGE_LETTER = 'p';
const PAGES: Readonly<Record<string, PageHost>> = { d: 'dodo', a: 'api' };

/** `v1;open;a=1;m=12995;x=1793869207;e=l;u=https://...`: readable for a person in Lago, at most 140 characters. */
export function encodeState(state: CollectionState): string {
	const text = headOf(state);
	// Where there is too much else, the link is looked for by its id instead of handed out.
	const short = headOf({ ...state, amount: undefined, expiresAt: undefined });
	const code = state.declineCode ? `;d=${state.declineCode.replace(/[^A-Z0-9_]/gi, '').slice(0, 40)}` : '';
	const since = state.failedSince === undefined ? '' : `;s=${state.failedSince}`;
	const request = state.request ? [text + requestOf(state.request), text] : [text];
	const links = [...(state.payLink ? [`;l=${state.payLink}`] : []), ...(state.url ? [`;u=${state.url}`] : []), ''];
	// What does not fit is left out, the least needed first.
	const spellings = links.flatMap((link) =>
		request.flatMap((head) => [since + code, code, since, ''].map((more) => head + more + link)),
	);
	const shortest = [since + code, since, code].map((more) => short + more);
	return [...spellings, ...shortest].find(({ length }) => length <= MAX_VALUE) ?? short;
}

function headOf(state: CollectionState): string {
	const parts = ['v1', state.phase];
	for (const [letter, name] of Object.entries(NUMBERS))
		if (state[name] !== undefined && name !== 'failedSince') parts.push(`${letter}=${state[name]}`);
	for (const [letter, name] of Object.entries(FLAGS)) if (state[name]) parts.push(`${letter}=1`);
	if (state.counted?.length) parts.push(`${COUNTED_LETTER}=${encodeCounted(state.counted)}`);
	if (state.mode) parts.push(`${MODE_LETTER}=${state.mode.charAt(0)}`);
	if (state.page) parts.push(`${PAGE_LETTER}=${state.page.charAt(0)}`);
	return parts.join(';');
}

/** Reads {@link encodeState} back; null for anything that is not ours, so that a foreign value is never misread. */
export function decodeState(text: string | undefined): CollectionState | null {
	if (!text) return null;
	const linkAt = text.search(/;[ul]=/);
	const head = linkAt === -1 ? text : text.slice(0, linkAt);
	const [version, phase, ...pairs] = head.split(';');
	if (version !== 'v1' || !isPhase(phase)) return null;
	const fields = new Map(pairs.map((pair) => [pair.slice(0, 1), pair.slice(2)]));
	const state: CollectionState = { phase, attempt: NaN };
	for (const [letter, name] of Object.entries(NUMBERS)) {
		const value = fields.get(letter);
		if (value !== undefined && /^\d{1,15}$/.test(value)) state[name] = Number(value);
	}
	if (Number.isNaN(state.attempt)) return null;
	for (const [letter, name] of Object.entries(FLAGS)) if (fields.get(letter) === '1') state[name] = true;
	const counted = decodeCounted(fields.get(COUNTED_LETTER) ?? '');
	if (counted.length > 0) state.counted = counted;
	const mode = MODES[fields.get(MODE_LETTER) ?? ''];
	if (mode) state.mode = mode;
	const page = PAGES[fields.get(PAGE_LETTER) ?? ''];
	if (page) state.page = page;
	const [, key, asked] = REQUEST.exec(fields.get(REQUEST_LETTER) ?? '') ?? [];
	if (key !== undefined) state.request = { key, amount: Number(asked) };
	const declineCode = fields.get('d');
	if (declineCode) state.declineCode = declineCode;
	if (linkAt !== -1) state[text.charAt(linkAt + 1) === 'u' ? 'url' : 'payLink'] = text.slice(linkAt + 3);
	return state;
}

/** Value of one entry, undefined when absent. */
export function metadataValue(entries: readonly MetadataEntry[], key: string): string | undefined {
	return entries.find((entry) => entry.key === key)?.value;
}

/** Free entries after ours are in; negative when ours do not fit beside the merchant's own. */
export function freeMetadataSlots(entries: readonly MetadataEntry[]): number {
	return MAX_ENTRIES - OURS.length - entries.filter((entry) => !OURS.includes(entry.key)).length;
}

/**
 * The full set to send with a `PUT`: Lago replaces the whole set, so every foreign entry goes back with its id. Where the merchant
 * left room for one entry only, it is the id of the payment that settled the invoice: an id without a state means paid. Without a
 * `paymentId` the recorded one stays.
 */
export function withOurMetadata(
	entries: readonly MetadataEntry[],
	ours: { paymentId?: string; state: CollectionState },
): MetadataEntry[] {
	const foreign = entries.filter((entry) => !OURS.includes(entry.key));
	const own = (key: string, value: string): MetadataEntry => {
		const id = entries.find((entry) => entry.key === key)?.id;
		return id === undefined ? { key, value } : { id, key, value };
	};
	const paymentId = ours.paymentId ?? metadataValue(entries, PAYMENT_ID_KEY);
	const id = paymentId === undefined ? [] : [own(PAYMENT_ID_KEY, paymentId)];
	const room = MAX_ENTRIES - foreign.length;
	if (room >= OURS.length) return [...foreign, ...id, own(STATE_KEY, encodeState(kept(ourRecord(entries), ours)))];
	return room === 1 && ours.state.phase === 'paid' ? [...foreign, ...id] : foreign;
}

/**
 * What is to be written, with what no news makes forgotten: what was counted, and the payment that was booked and is named nowhere else once
 * another one takes its place.
 */
function kept(
	{ dodoId, state: before }: ReturnType<typeof ourRecord>,
	{ paymentId = dodoId, state }: { paymentId?: string; state: CollectionState },
): CollectionState {
	if (before === null) return state;
	const counted = state.counted ?? before.counted;
	const isReplaced = before.phase === 'paid' && state.phase !== 'overpaid' && dodoId !== paymentId;
	const booked =
		isReplaced && dodoId?.startsWith('pay_')
			? withCounted(counted ?? [], { key: keyOf(dodoId), sign: '=', amount: 0 })
			: null;
	const { refunded = before.refunded, disputeWon = before.disputeWon, begunOn = before.begunOn } = state;
	const request = isEnded(state) ? undefined : (state.request ?? before.request);
	return { ...state, counted: booked ?? counted, refunded, disputeWon, begunOn, request };
}

/** What our two entries say: the recorded Dodo id and the state of the collection. */
export function ourRecord(entries: readonly MetadataEntry[]): {
	dodoId: string | undefined;
	state: CollectionState | null;
} {
	return { dodoId: metadataValue(entries, PAYMENT_ID_KEY), state: decodeState(metadataValue(entries, STATE_KEY)) };
}

/** The world in which a record was written, null when nothing tells: then only Dodo knows whether what it names exists. */
export function modeOfState(state: CollectionState | null): DodoMode | null {
	return state?.mode ?? modeOfLinks([state?.url]);
}

/** What lost disputes took and nobody has paid again, as far as it is written down; 0 when the only one was won. */
export function lostOf(state: CollectionState | null): number | undefined {
	return lostIn(state?.counted) ?? (state?.disputeWon ? 0 : undefined);
}
