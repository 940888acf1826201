import { spend } from './bundle';

/** How one invoice of a payment of several stands; minor units. */
export interface MemberMoney {
	/** What of its part is booked on it. */
	booked: number;
	/** What of its part was never booked, because it did not owe it any more. */
	surplus: number;
	/** What went back of `booked` by what Lago's books say, whatever refund it was for; not what went back of another payment of the invoice. */
	credited: number;
	/** What lost disputes over this payment took of `booked`, whatever dispute it was. */
	lost: number;
	/** What of the refund or dispute in question is in the books already; undefined where nothing is. */
	done?: number;
}

/** Money that left a payment of several invoices, in the books' measure: without the tax that came on top. */
export interface MoneyOut {
	/** By the refund or dispute in question. */
	amount: number;
	/** By it and all others of its kind that nobody said the invoice of, as Dodo shows them now. */
	all: number;
	/** What of `all` is in the books. */
	inBooks: number;
	/** Where it goes first, by place; null for nothing in particular. */
	target?: number | null;
}

/**
 * Shares a refund or a lost dispute out over the invoices of its payment: first goes what was never booked, which needs no note; then it is as if
 * so much less had come, so the youngest due loses first. Only sums count, so that whatever is told first, told twice or cut off in the middle,
 * the books come to the same.
 * @returns what of it each invoice still has to lose, and what no invoice has room for.
 */
export function shareOut(out: MoneyOut, members: readonly MemberMoney[]): { parts: number[]; left: number } {
	const done = members.reduce((sum, one) => sum + (one.done ?? 0), 0);
	const surplus = members.reduce((sum, one) => sum + one.surplus, 0);
	const missing = Math.min(out.amount - done, out.all - surplus - out.inBooks);
	const order = members.map((_, place) => place).reverse();
	const { target = null } = out;
	if (target !== null) order.unshift(...order.splice(order.indexOf(target), 1));
	const rooms = order.map((place) => roomOf(members[place]));
	const spent = spend(Math.max(0, missing), rooms);
	const parts = members.map((_, place) => spent.parts[order.indexOf(place)] ?? 0);
	return { parts, left: spent.left };
}

function roomOf(member: MemberMoney | undefined): number {
	if (member === undefined || member.done !== undefined) return 0;
	return Math.max(0, member.booked - member.credited - member.lost);
}

/** How an invoice of a payment of several stands to what lost disputes take of it; minor units. */
export interface LossMember extends Pick<MemberMoney, 'booked'> {
	/** What of `booked` went back by what Lago's books say. */
	credited: number;
	/** What disputes that are not asked about here took of it, as it is written. */
	lost: number;
	/** Nothing more can be written on it: Lago's own mark stands for what it lost. */
	isFixed: boolean;
}

/** A lost dispute over a payment of several invoices, in the books' measure. */
export interface Loss {
	/** What it took of the payment. */
	amount: number;
	/** What of that is written on each invoice, by place. */
	written: readonly number[];
}

/**
 * What lost disputes take of each invoice of their payment, so that they come to what was taken: what is missing goes off the youngest due, what
 * is too much comes back to the oldest. Another one that is won, or a refund of what was never booked, changes what they take; what is right
 * in all stays where it is, as it may have been paid again there.
 * @param taken by all of them together of what is booked.
 * @returns `written` by dispute and place, as it should be; `fixed` by place, what the mark alone stands for.
 */
export function shareLosses(
	taken: number,
	losses: readonly Loss[],
	members: readonly LossMember[],
): { written: number[][]; fixed: number[] } {
	const open = (amounts: readonly number[]): number[] =>
		amounts.map((amount, place) => (members[place]?.isFixed ? 0 : amount));
	const room = ({ booked, credited }: LossMember): number => booked - credited;
	const byAge = youngestFirst(taken, members.map(room));
	const fixed = byAge.map((part, place) => (members[place]?.isFixed ? part : 0));
	const written = losses.map((one) => [...one.written]);
	const inBooks = members.map(({ lost }, place) => written.reduce((sum, of) => sum + (of[place] ?? 0), lost));
	const missing = taken - total(fixed) - total(open(inBooks));
	const free = members.map((one, place) => room(one) - (inBooks[place] ?? 0));
	const more = youngestFirst(missing, open(free));
	let less = Math.max(0, -missing);
	for (const [at, { amount }] of losses.entries()) {
		const own = written[at] ?? [];
		const grown = youngestFirst(amount - total(open(own)), more);
		const shrunk = spend(less, open(own));
		less = shrunk.left;
		for (const [place, part] of grown.entries()) {
			own[place] = (own[place] ?? 0) + part - (shrunk.parts[place] ?? 0);
			more[place] = (more[place] ?? 0) - part;
		}
	}
	return { written, fixed };
}

/** Amounts below 0 are none. */
function youngestFirst(amount: number, rooms: readonly number[]): number[] {
	return spend(amount, [...rooms].reverse()).parts.reverse();
}

function total(amounts: readonly number[]): number {
	return amounts.reduce((sum, amount) => sum + amount, 0);
}
