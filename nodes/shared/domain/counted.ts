import { proportion } from './exact';

/**
 * What happened to the money of an invoice after it was paid, where Lago has no place for it: kept in our state on the invoice, one entry
 * for each dispute and each payment, so that nothing that is told twice counts twice. Amounts in minor units of the invoice's currency.
 * `+`: a lost dispute took so much, 0 when it was won after all or other money bears it; `-`: a payment made so much of that good; `~`: so much
 * of a payment was given back where Lago cannot hold a credit note; `=`: a payment that was booked, and is named nowhere else any more.
 */
export interface Counted {
	/** {@link keyOf} what was counted. */
	key: string;
	sign: '+' | '-' | '~' | '=';
	/** 0 with `=`. */
	amount: number;
}

/** A dispute that somebody recorded in Lago by hand, or an older version of ours: over everything, by nobody knows which dispute. */
export const SOME_DISPUTE = '*';
/** A longer text would leave no room for what is always written (see encodeState). */
const MOST_CHARACTERS = 55;
const ENTRY = /^(\*|[0-9a-z]{5})([-+~=])(\d{0,15})$/;

/** Five characters for an id of Dodo's, which alone would fill the metadata (FNV-1a). */
export function keyOf(id: string): string {
	let hash = 0x811c9dc5;
	for (const character of id) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
	return hash.toString(36).padStart(7, '0').slice(-5);
}

/** `1x7ab+3000,k3j9q-3000` */
export function encodeCounted(counted: readonly Counted[]): string {
	return counted.map(({ key, sign, amount }) => `${key}${sign}${sign === '=' ? '' : amount}`).join(',');
}

/** Reads {@link encodeCounted}; what is not ours is passed over. */
export function decodeCounted(text: string): Counted[] {
	return text.split(',').flatMap((part) => {
		const [, key, sign, amount] = ENTRY.exec(part) ?? [];
		return key === undefined ? [] : [{ key, sign: sign as Counted['sign'], amount: Number(amount) }];
	});
}

/**
 * With one more entry, or another one in place of that of the same key. Where there is no room those of which nothing is owed go first: they
 * only guard against news that comes very late.
 * @returns null when there is no room all the same.
 */
export function withCounted(counted: readonly Counted[], entry: Counted): Counted[] | null {
	const place = counted.findIndex(({ key }) => key === entry.key);
	const all = place === -1 ? [...counted, entry] : counted.with(place, entry);
	while (encodeCounted(all).length > MOST_CHARACTERS) {
		const spare = all.findIndex(({ key, sign }) => sign === '=' && key !== entry.key);
		if (spare === -1) return null;
		all.splice(spare, 1);
	}
	return all;
}

/** The entry of something by its id at Dodo. */
export function countedAs(counted: readonly Counted[] | undefined, id: string): Counted | undefined {
	return counted?.find(({ key }) => key === keyOf(id));
}

/**
 * What lost disputes took and nobody has paid again; negative when more was paid again than is lost by now. Undefined where no dispute is
 * written down.
 */
export function lostIn(counted: readonly Counted[] | undefined): number | undefined {
	const moved = counted?.filter(({ sign }) => sign === '+' || sign === '-') ?? [];
	if (moved.length === 0) return undefined;
	return moved.reduce((sum, { sign, amount }) => sum + (sign === '+' ? amount : -amount), 0);
}

/** What is known of a payment that money goes back of; minor units. */
export interface RefundedPayment {
	id: string;
	/** What came. */
	amount: number;
	/** What of it is booked: without tax that Dodo added on top. */
	booked: number;
}

/**
 * What of an invoice was refunded where Lago cannot hold credit notes, of several payments the sum; the same payment may be told with less, when
 * it was read earlier. It is what the notes would be over: without tax on top, which is not the invoice's.
 * @param ofPayment all that went back of the payment, as Dodo counts it.
 */
export function withRefunded(
	{ counted = [], refunded = 0 }: { counted?: readonly Counted[]; refunded?: number },
	{ id, amount, booked }: RefundedPayment,
	ofPayment: number,
): { refunded: number; counted: readonly Counted[] } {
	const refunds = counted.filter(({ sign }) => sign === '~');
	const net = (gross: number): number => proportion(gross, booked, amount);
	const asTold = keyOf(`refunds of ${id}`);
	// An older version wrote the tax on top as well, and one before it the sum alone.
	const key = amount === booked ? asTold : keyOf(`net refunds of ${id}`);
	const told = refunds.find((one) => one.key === asTold)?.amount ?? (refunds.length === 0 ? refunded : 0);
	const before = refunds.find((one) => one.key === key)?.amount ?? 0;
	const others = refunds
		.filter((one) => one.key !== asTold && one.key !== key)
		.reduce((sum, one) => sum + one.amount, 0);
	const entry: Counted = { key, sign: '~', amount: Math.max(net(ofPayment), net(told), before) };
	const kept = counted.filter((one) => one.key !== asTold);
	return { refunded: others + entry.amount, counted: withCounted(kept, entry) ?? counted };
}
