import { SHARES_KEY } from './keys';
import type { PaymentFacts } from './payment';

/**
 * Several invoices that one payment is made for, a bundle: one customer, one currency, one billing entity. What it asks of each stands at Dodo,
 * in the metadata of the session and so of the payment, in the order in which what comes is spent: the oldest due first. Nothing but the
 * payment itself is needed to know it. Amounts are minor units of the bundle's currency.
 */
export interface Share {
	invoiceId: string;
	amount: number;
}

/** So many stand in one metadata entry, which holds 500 characters (docs `api-reference/metadata`): an id, a colon, at most ten digits. */
const IN_ONE_ENTRY = 10;
/** Of fifty entries; the others say what else is to be known. */
const MOST_ENTRIES = 40;
/** More wait for the next payment. */
export const MOST_SHARES = IN_ONE_ENTRY * MOST_ENTRIES;
const SHARE = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):([1-9]\d{0,14})$/i;

/** The shares as one text, which is what their proof is made of. */
export function sharesText(shares: readonly Share[]): string {
	return shares.map(({ invoiceId, amount }) => `${invoiceId}:${amount}`).join(' ');
}

/** The shares as metadata of Dodo: `lago_invoices`, `lago_invoices_2`, ... */
export function sharesToMetadata(shares: readonly Share[]): Record<string, string> {
	const metadata: Record<string, string> = {};
	for (let from = 0; from < shares.length; from += IN_ONE_ENTRY)
		metadata[entryName(from / IN_ONE_ENTRY)] = sharesText(shares.slice(from, from + IN_ONE_ENTRY));
	return metadata;
}

/** Reads {@link sharesToMetadata}; undefined where it is no payment of several invoices, empty where nobody can read which. */
export function sharesIn(metadata: Readonly<Record<string, unknown>>): Share[] | undefined {
	if (metadata[SHARES_KEY] === undefined) return undefined;
	const texts = Array.from({ length: MOST_ENTRIES }, (_, place) => metadata[entryName(place)] ?? '');
	const parts = texts.join(' ').split(' ').filter(Boolean);
	const shares = parts.flatMap((part) => {
		const [, invoiceId, amount] = SHARE.exec(part) ?? [];
		return invoiceId === undefined ? [] : [{ invoiceId, amount: Number(amount) }];
	});
	// Each part is a share, and of another invoice.
	return new Set(shares.map(({ invoiceId }) => invoiceId)).size === parts.length ? shares : [];
}

function entryName(place: number): string {
	return place === 0 ? SHARES_KEY : `${SHARES_KEY}_${place + 1}`;
}

/** What shares come to. */
export function sumOf(amounts: ReadonlyArray<{ amount: number }>): number {
	return amounts.reduce((sum, { amount }) => sum + amount, 0);
}

/** What a payment brought of what its shares ask for: without the tax that Dodo added on top of exactly that. */
export function broughtBy({ amount, tax, shares = [] }: Pick<PaymentFacts, 'amount' | 'tax' | 'shares'>): number {
	return amount - tax === sumOf(shares) ? amount - tax : amount;
}

/**
 * Spends an amount in order, as far as it goes.
 * @returns what each gets, and what is left when all have theirs.
 */
export function spend(amount: number, rooms: readonly number[]): { parts: number[]; left: number } {
	let left = amount;
	const parts = rooms.map((room) => {
		const part = Math.max(0, Math.min(left, room));
		left -= part;
		return part;
	});
	return { parts, left };
}

/** What is known of the payment that a part belongs to. */
export interface Proofs {
	/** The proof that a session over these shares carries, and that of a session for one invoice; null where there is no secret to make it of. */
	ofShares(text: string): string | null;
	ofInvoice(invoiceId: string): string | null;
}

/**
 * The payment as each of its invoices sees it: what came is spent on the oldest due first, whoever has paid one of them meanwhile. Rules for a
 * payment of one invoice hold for each part.
 * @returns also what came beyond all shares; null when nothing shows that the session was made by us.
 */
export function partsOf(payment: PaymentFacts, proofs: Proofs): { parts: PaymentFacts[]; beyond: number } | null {
	const { shares = [], proof } = payment;
	if (shares.length === 0 || proof === null || proof !== proofs.ofShares(sharesText(shares))) return null;
	const { parts, left } = spend(
		broughtBy(payment),
		shares.map(({ amount }) => amount),
	);
	return { parts: shares.map((share, place) => partOf(payment, share, parts[place] ?? 0, proofs)), beyond: left };
}

function partOf(payment: PaymentFacts, { invoiceId }: Share, amount: number, proofs: Proofs): PaymentFacts {
	const { shares: _shares, ...whole } = payment;
	return { ...whole, invoiceId, amount, tax: 0, isPart: true, proof: proofs.ofInvoice(invoiceId) };
}
