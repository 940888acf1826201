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
