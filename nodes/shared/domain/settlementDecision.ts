import type { Counted } from './counted';
import { held, type Held, type Overpaid } from './outcome';
import type { PaymentFacts } from './payment';

/** What to do in Lago with a successful payment. */
export type SuccessDecision =
	/** `surplus`: what a part of a payment of several invoices brings beyond what is owed by now. */
	| { action: 'book'; amount: number; surplus?: number }
	/** Lago takes no payment of what was taken back: our record, and the status where it was put back, say that it was paid again. */
	| { action: 'make_good'; amount: number; how: 'reversed' | 'disputed'; counted: Counted[] }
	| { action: 'already_settled' }
	/** The invoice is paid, wholly or in part; only its list of payments tells whether by this payment. */
	| { action: 'look_up_references' }
	/** `record`: what is written on the invoice is no proof of another payment, so it may make room for the surplus one. */
	| { action: 'overpaid'; overpaid: Overpaid; record: boolean }
	| { action: 'hold'; held: Held };

/** A person must look. */
export function hold(...args: Parameters<typeof held>): SuccessDecision {
	return { action: 'hold', held: held(...args) };
}

/** The payment is surplus, all of it. @param record see {@link SuccessDecision}. */
export function overpaid(
	{ id }: PaymentFacts,
	reason: Overpaid['reason'],
	message: string,
	record: boolean,
): SuccessDecision {
	return { action: 'overpaid', overpaid: overpaidBy(id, reason, message), record };
}

/** Builds an {@link Overpaid}. @param surplus what of the payment must go back, minor units; all of it when left out. */
export function overpaidBy(id: string, reason: Overpaid['reason'], message: string, surplus?: number): Overpaid {
	const what = surplus === undefined ? `payment ${id}` : `that part of payment ${id}`;
	return {
		outcome: 'overpaid',
		reason,
		message,
		nextStep: `Refund ${what}: activate "Refund Overpayment" in the workflow, or do it in Dodo Payments.`,
		...(surplus === undefined ? {} : { surplus }),
	};
}
