import { DAY_MS, type Day } from './calendar';
import { REMINDED_KEY } from './keys';

/**
 * What a customer was reminded of last, as Lago's metadata of the customer keep it. The day stands in the key, because Lago takes a key once for
 * each customer (unique index of `customer_metadata`): of two that begin the mail of a day, one is refused.
 */
export interface ReminderRecord {
	/** On the customer's calendar. */
	day: Day;
	/** `sending`: begun, and nobody has said yet how it ended. */
	state: 'sending' | 'sent';
	/** When that was written, seconds since 1970. */
	at: number;
	/** Who sends it. */
	token?: string;
	/** The day of the last mail about invoices, where the last mail was about a card. */
	invoicesOn?: Day;
	/** Beginnings of the ids of invoices that had reached a step and were not in that mail, because money was on its way. */
	leftOut?: readonly string[];
	/** Of the card that the customer was told about, `YYMM`. */
	card?: string;
	/** When the customer was told that the mandate is on hold. */
	heldOn?: Day;
}

/** An entry of a customer's metadata. */
interface Entry {
	key: string;
	value: string;
}

const KEY = new RegExp(`^${REMINDED_KEY}(\\d{6})$`);
/** Lago keeps 100 characters (`lago-api:models/metadata/customer_metadata.rb`). */
const MAX_VALUE = 100;
const SHORT_ID = 5;

/** Whether an entry of a customer is ours. */
export const isReminderKey = (key: string): boolean => KEY.test(key);

/** `20785` -> `261128`. */
const digitsOf = (day: Day): string => new Date(day * DAY_MS).toISOString().slice(2, 10).replaceAll('-', '');

/** NaN for what is no day of this century. */
const dayOf = (digits = ''): Day => Date.parse(digits.replace(/^(\d\d)(\d\d)(\d\d)$/, '20$1-$2-$3')) / DAY_MS;

/** Before every mail. */
export const NEVER: Day = dayOf('000101');

/** The entry in which the mail of a day is remembered. */
export const reminderKey = (day: Day): string => `${REMINDED_KEY}${digitsOf(day)}`;

/** How an invoice that was left out of a mail is known again. */
export const shortId = (invoiceId: string): string => invoiceId.slice(0, SHORT_ID);

/** `v1;sent;a=1795860000;c=2612;h=261128;x=1a2b3`. Of what does not fit nobody is reminded again: better never than twice. */
export function encodeReminder({ state, at, leftOut = [], ...more }: ReminderRecord): string {
	const { token, card, heldOn, invoicesOn } = more;
	const head = [
		'v1',
		state,
		`a=${at}`,
		...(token === undefined ? [] : [`k=${token}`]),
		...(card === undefined ? [] : [`c=${card}`]),
		...(heldOn === undefined ? [] : [`h=${digitsOf(heldOn)}`]),
		...(invoicesOn === undefined ? [] : [`i=${digitsOf(invoicesOn)}`]),
	].join(';');
	const room = Math.floor((MAX_VALUE - head.length - ';x='.length) / (SHORT_ID + 1));
	const kept = leftOut.slice(0, Math.max(0, room));
	return kept.length === 0 ? head : `${head};x=${kept.join(',')}`;
}

/** What the newest of a customer's entries says; null when there is none. One that cannot be read stands for a mail that was sent. */
export function decodeReminder(entries: readonly Entry[]): ReminderRecord | null {
	const newest = entries
		.map(({ key, value }) => ({ day: dayOf(KEY.exec(key)?.[1]), value }))
		.filter(({ day }) => !Number.isNaN(day))
		.sort((one, other) => other.day - one.day)[0];
	if (newest === undefined) return null;
	const [version, state, ...pairs] = newest.value.split(';');
	const fields = new Map(version === 'v1' ? pairs.map((pair) => [pair.slice(0, 1), pair.slice(2)]) : []);
	const dayIn = (letter: string): Day | undefined => {
		const day = dayOf(fields.get(letter));
		return Number.isNaN(day) ? undefined : day;
	};
	return {
		day: newest.day,
		state: version === 'v1' && state === 'sending' ? 'sending' : 'sent',
		at: Number(fields.get('a')) || 0,
		token: fields.get('k'),
		card: fields.get('c'),
		heldOn: dayIn('h'),
		invoicesOn: dayIn('i'),
		leftOut: (fields.get('x') ?? '').split(',').filter((id) => id !== ''),
	};
}
