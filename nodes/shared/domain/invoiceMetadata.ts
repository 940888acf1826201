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

/**
 * Look-up key: the id of the newest Dodo object that was written here: `cks_...` of the link, `pay_...` of an attempt or of a success that
 * could be recorded as status only. A success booked as a payment has its id in that payment's reference instead.
 */
export const PAYMENT_ID_KEY = 'dodo_payment_id';
/** Compact state, see {@link CollectionState}. */
export const STATE_KEY = 'dodo_state';

const MAX_ENTRIES = 5;
const MAX_VALUE = 140;
const OURS: readonly string[] = [PAYMENT_ID_KEY, STATE_KEY];

/** Where the collection of one invoice stands. Times are seconds since 1970 (UTC), amounts minor units of the invoice's currency. */
export interface CollectionState {
	/** `open`: a checkout link was handed out; `processing`: money is on its way; `failed`: the last try was declined; `paid`. */
	phase: 'open' | 'processing' | 'failed' | 'paid';
	/** 1 for the first try. */
	attempt: number;
	/** What the link asks for. */
	amount?: number;
	/** When the checkout link dies. */
	expiresAt?: number;
	/** The tax that Dodo computes comes on top of `amount`. */
	taxOnTop?: boolean;
	/** Dodo's decline code of a failed try. */
	declineCode?: string;
	/** The checkout link; left out when it does not fit. */
	url?: string;
}

const PHASES: readonly string[] = ['open', 'processing', 'failed', 'paid'];

/** `v1;open;a=1;m=12995;x=1793869207;u=https://...`: readable for a person in Lago, at most 140 characters. */
export function encodeState(state: CollectionState): string {
	const parts = ['v1', state.phase, `a=${state.attempt}`];
	if (state.amount !== undefined) parts.push(`m=${state.amount}`);
	if (state.expiresAt !== undefined) parts.push(`x=${state.expiresAt}`);
	if (state.taxOnTop) parts.push('t=1');
	if (state.declineCode) parts.push(`d=${state.declineCode.replace(/[^A-Z0-9_]/gi, '').slice(0, 40)}`);
	const text = parts.join(';');
	const withUrl = state.url ? `${text};u=${state.url}` : text;
	return withUrl.length <= MAX_VALUE ? withUrl : text;
}

/** Reads {@link encodeState} back; null for anything that is not ours, so that a foreign value is never misread. */
export function decodeState(text: string | undefined): CollectionState | null {
	if (!text) return null;
	const urlAt = text.indexOf(';u=');
	const head = urlAt === -1 ? text : text.slice(0, urlAt);
	const [version, phase, ...pairs] = head.split(';');
	if (version !== 'v1' || phase === undefined || !PHASES.includes(phase)) return null;
	const fields = new Map(pairs.map((pair) => [pair.slice(0, 1), pair.slice(2)]));
	const integer = (key: string): number | undefined => {
		const value = fields.get(key);
		return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
	};
	const attempt = integer('a');
	if (attempt === undefined) return null;
	const state: CollectionState = { phase: phase as CollectionState['phase'], attempt };
	const amount = integer('m');
	if (amount !== undefined) state.amount = amount;
	const expiresAt = integer('x');
	if (expiresAt !== undefined) state.expiresAt = expiresAt;
	if (fields.get('t') === '1') state.taxOnTop = true;
	const declineCode = fields.get('d');
	if (declineCode) state.declineCode = declineCode;
	if (urlAt !== -1) state.url = text.slice(urlAt + 3);
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
 * left room for one entry only, it is the id of the payment that settled the invoice: an id without a state means paid.
 */
export function withOurMetadata(entries: readonly MetadataEntry[], ours: { paymentId: string; state: CollectionState }): MetadataEntry[] {
	const foreign = entries.filter((entry) => !OURS.includes(entry.key));
	const own = (key: string, value: string): MetadataEntry => {
		const id = entries.find((entry) => entry.key === key)?.id;
		return id === undefined ? { key, value } : { id, key, value };
	};
	const room = MAX_ENTRIES - foreign.length;
	const paymentId = own(PAYMENT_ID_KEY, ours.paymentId);
	if (room >= OURS.length) return [...foreign, paymentId, own(STATE_KEY, encodeState(ours.state))];
	return room === 1 && ours.state.phase === 'paid' ? [...foreign, paymentId] : foreign;
}
