import { unclearUnit } from './currencies';
import { formatAmount } from './money';
import { held, type Held, type Said } from './outcome';

/** A credit note of Lago as far as its refund concerns it; minor units of `currency`. */
export interface RefundingNote {
	id: string;
	number: string;
	invoiceNumber: string;
	currency: string;
	/** The merchant says that Lago and Dodo count this currency alike. */
	countedAlike?: boolean;
	/** What it gives back as money. */
	refund: number;
	/** `pending | succeeded | failed`; null when no refund was asked for. */
	refundStatus: string | null;
}

/** A payment of the note's invoice; minor units of `currency`. */
export interface NotePayment {
	id: string;
	currency: string;
	amount: number;
	tax: number;
	/** What of it is booked on the invoice. */
	booked: number;
	/** Of a payment of several invoices, whose sum alone tells it: whether Dodo added its tax on top of what is booked. */
	isNet?: boolean;
	/** What of it has not gone back. */
	left: number;
	/** It has this note's refund already. */
	carries: boolean;
}

/** The refund of a note: `amount` null is all that is left; `withoutTax`: the amount leaves out the tax that Dodo added on top. */
export type NoteRefund =
	{ action: 'hold'; held: Held } | { action: 'refund'; paymentId: string; amount: number | null; withoutTax: boolean };

/** Why a note asks for no refund; null when it does. */
export function asksForNothing(note: RefundingNote): (Said<'skipped'> & { message: string }) | null {
	if (note.refund <= 0)
		return { outcome: 'skipped', reason: 'no_refund', message: `Credit note ${note.number} gives no money back.` };
	return note.refundStatus === 'pending'
		? null
		: {
				outcome: 'skipped',
				reason: 'refund_not_pending',
				message: `The refund of credit note ${note.number} is ${note.refundStatus ?? 'not asked for'} in Lago already.`,
			};
}

/** Why the refund of a note cannot be asked of Dodo in the note's currency, whatever the payments are; null when it can. */
export function unclearRefund({ number, currency, countedAlike, refund }: RefundingNote): Held | null {
	return unclearUnit(
		currency,
		countedAlike ?? false,
		`The refund of ${formatAmount(refund, currency)} for credit note ${number} is not made`,
		'Refund the payment by hand in Dodo Payments, then set the refund status of the credit note in Lago',
	);
}

/**
 * Decides which payment gives a note's money back: one that already carries this refund, else the first with room.
 * @param payments all Dodo payments that are booked on the invoice.
 */
export function decideNoteRefund(note: RefundingNote, payments: readonly NotePayment[]): NoteRefund {
	const payment = payments.find(({ carries }) => carries) ?? payments.find(({ left }) => left >= note.refund);
	if (payment === undefined)
		return {
			action: 'hold',
			held: held(
				'no_dodo_payment',
				`Credit note ${note.number} gives back ${formatAmount(note.refund, note.currency)}, but no payment of invoice ${note.invoiceNumber} at Dodo Payments has that much left.`,
				'Return the money the way it came, then set the refund status of the credit note in Lago.',
			),
		};
	if (payment.currency !== note.currency)
		return {
			action: 'hold',
			held: held(
				'currency_mismatch',
				`Credit note ${note.number} is in ${note.currency}, payment ${payment.id} was made in ${payment.currency}.`,
				'Refund the payment by hand in Dodo Payments, then set the refund status of the credit note in Lago.',
			),
		};
	const { booked, amount } = payment;
	const isBookedNet = payment.isNet ?? booked === amount - payment.tax;
	const isWhole =
		(booked === amount || (isBookedNet && payment.isNet === undefined)) &&
		note.refund === booked &&
		payment.left === amount;
	return {
		action: 'refund',
		paymentId: payment.id,
		amount: isWhole ? null : note.refund,
		// Tax on top was never booked; less booked for another reason says nothing about tax.
		withoutTax: booked < amount && isBookedNet,
	};
}
