import { decimalOf, exact, proportion, type Decimal } from './exact';
import { formatAmount } from './money';
import { held, type Held } from './outcome';
import type { PaymentFacts } from './payment';
import {
	allocateRefund,
	openItems,
	type Allocation,
	type CreditableFee,
	type CreditedItem,
	type RefundRoom,
} from './refundAllocation';

/** A refund that Dodo made. */
export interface RefundFacts {
	id: string;
	/** Minor units of the payment's currency; null when nobody says how much. */
	amount: number | null;
	/** Null when Dodo does not say. */
	currency: string | null;
	/** Nothing of the payment is left to go back after it. */
	isLast: boolean;
}

/** An invoice as far as a refund concerns it; minor units of its currency. */
export interface RefundedInvoice {
	number: string;
	currency: string;
	totalPaid: number;
	/** `credited` comes from the earlier notes. */
	fees: ReadonlyArray<Omit<CreditableFee, 'credited'>>;
}

/** A credit note that the invoice has already: totals after coupons and tax, items before both; minor units. */
export interface EarlierNote {
	refunded: number;
	/** By how much its tax was rounded up; negative when down. */
	taxRounding: Decimal;
	items: readonly CreditedItem[];
}

/** What a refund is spread by; to spread it again when Lago says that a fee is taxed otherwise. */
export interface MirrorTerms {
	asked: number;
	room: RefundRoom;
	fees: CreditableFee[];
}

/**
 * What a refund is in Lago's books: `credit`: a note of its own, over `asked` but for rounding; `doubt`: the fees cannot carry it as far as we
 * know, Lago knows better what these items, all that is left, are worth; `already`: the earlier notes have it, rounding put it there; `hold`:
 * a person must look.
 */
export type MirrorDecision =
	| { action: 'credit'; asked: number; allocation: Allocation; terms: MirrorTerms }
	| { action: 'doubt'; asked: number; items: CreditedItem[]; terms: MirrorTerms; held: Held }
	| { action: 'already'; asked: number }
	| { action: 'hold'; held: Held };

/** Each credit note may be rounded apart from its refund by this much, minor units. */
const ROUNDING = 1;

/** A refund in another currency than its invoice, as a held item; null when there is nothing against it. */
export function otherCurrency(refund: RefundFacts, invoice: Pick<RefundedInvoice, 'number' | 'currency'>): Held | null {
	return refund.currency && refund.currency !== invoice.currency
		? held(
				'currency_mismatch',
				`Refund ${refund.id} is in ${refund.currency}, invoice ${invoice.number} is in ${invoice.currency}.`,
				'Make the credit note in Lago by hand.',
			)
		: null;
}

/**
 * Decides how a refund that no note mirrors yet comes into Lago's books.
 * @param booked what of the payment is booked on the invoice, minor units.
 * @param notes all earlier notes of the invoice.
 */
export function decideMirror(
	refund: RefundFacts,
	payment: Pick<PaymentFacts, 'id' | 'amount' | 'tax'>,
	invoice: RefundedInvoice,
	booked: number,
	notes: readonly EarlierNote[],
): MirrorDecision {
	const refundable = invoice.totalPaid - notes.reduce((sum, { refunded }) => sum + refunded, 0);
	const asked = askedOf(refund, payment, invoice, booked, { refundable, rounding: ROUNDING * (notes.length + 1) });
	if (typeof asked !== 'number') return { action: 'hold', held: asked };
	const fees = creditableFees(invoice, notes);
	const taxRounding = decimalOf(notes.reduce((sum, note) => sum + exact(note.taxRounding), 0n));
	const room = { wanted: wantedOf(asked, refundable, refund, notes.length), refundable, taxRounding };
	const terms = { asked, room, fees };
	const allocation = allocateRefund(room, fees);
	if (allocation !== null) return { action: 'credit', asked, allocation, terms };
	if (asked <= ROUNDING * notes.length) return { action: 'already', asked };
	const refused = held(
		'lago_refused',
		`The fees of invoice ${invoice.number} cannot carry a refund of ${formatAmount(asked, invoice.currency)}: earlier credit notes have used them up.`,
		'Look at the credit notes of the invoice in Lago and correct by hand.',
	);
	const items = openItems(fees);
	return refundable > 0 && items.length > 0
		? { action: 'doubt', asked, items, terms, held: refused }
		: { action: 'hold', held: refused };
}

/** What a refund asks of the books, minor units, or why a person must look. @param left of what was paid, and how far it may be off. */
function askedOf(
	{ id, amount }: RefundFacts,
	payment: Pick<PaymentFacts, 'id' | 'amount' | 'tax'>,
	{ currency, number }: RefundedInvoice,
	booked: number,
	left: { refundable: number; rounding: number },
): number | Held {
	if (amount === null)
		return held(
			'unreadable_refund',
			`Dodo Payments does not say how much refund ${id} gave back.`,
			'Look at the refund in Dodo Payments and make the credit note in Lago by hand.',
		);
	const asked = shareOf(amount, payment, booked);
	if (asked === null)
		return held(
			'refund_exceeds_booked',
			`Payment ${payment.id} brought ${formatAmount(payment.amount, currency)}, of which ${formatAmount(booked, currency)} are booked on invoice ${number}; which of it refund ${id} gives back is not clear.`,
			'If what was never booked went back, nothing is left to do; otherwise make the credit note in Lago by hand.',
		);
	return asked <= left.refundable + left.rounding
		? asked
		: held(
				'refund_exceeds_booked',
				`Refund ${id} gives back ${formatAmount(asked, currency)}, but on invoice ${number} only ${formatAmount(left.refundable, currency)} of what was paid are left to refund.`,
				'Compare the refunds in Dodo Payments with the credit notes of the invoice in Lago and correct by hand.',
			);
}

/** What the note is to be over. The refund that ends a payment takes what rounding of the earlier notes left, so that all add up. */
function wantedOf(asked: number, refundable: number, { isLast }: RefundFacts, earlier: number): number {
	return asked > refundable || (isLast && refundable - asked <= ROUNDING * earlier) ? refundable : asked;
}

/** What a refund means on the books: the same, or its share when Dodo's tax came on top; null when less was booked for another reason. */
function shareOf(
	refunded: number,
	{ amount, tax }: Pick<PaymentFacts, 'amount' | 'tax'>,
	booked: number,
): number | null {
	if (booked === amount) return refunded;
	return booked === amount - tax ? proportion(refunded, booked, amount) : null;
}

function creditableFees({ fees }: RefundedInvoice, notes: readonly EarlierNote[]): CreditableFee[] {
	const credited = new Map<string, number>();
	for (const { feeId, amount } of notes.flatMap((note) => note.items))
		credited.set(feeId, (credited.get(feeId) ?? 0) + amount);
	return fees.map((fee) => ({ ...fee, credited: credited.get(fee.id) ?? 0 }));
}
