import { unclearUnit } from './currencies';
import type { InvoiceFacts } from './invoice';
import { ourRecord } from './invoiceMetadata';
import { formatAmount, formatDodoAmount } from './money';
import type { Owed } from './owed';
import { amountFor, type PaymentFacts } from './payment';
import { hold, type SuccessDecision } from './settlementDecision';

/** A payment is booked when it brings exactly what is asked for, and both amounts are known to be counted alike. */
export function compareWithOwed(payment: PaymentFacts, invoice: InvoiceFacts, { asked }: Owed): SuccessDecision {
	const unclear = unclearUnit(
		invoice.currency,
		invoice.countedAlike ?? false,
		`Payment ${payment.id} of ${amountOf(payment, invoice)} is not booked on invoice ${invoice.number} with ${formatAmount(asked, invoice.currency)} due`,
		`Compare both amounts and record the payment in Lago by hand, with ${payment.id} as its reference`,
	);
	if (unclear !== null) return { action: 'hold', held: unclear };
	const { dodoId } = ourRecord(invoice.metadata);
	// The record of a charge may come after its outcome; then the tax mode is not known yet.
	const net = payment.amount - payment.tax;
	const isUnrecorded = payment.subscriptionId !== null && dodoId !== payment.id;
	const paid = isUnrecorded && net === asked ? net : amountFor(payment, invoice);
	if (paid === asked) return { action: 'book', amount: paid };
	if (payment.isPart) return { action: 'book', amount: Math.min(paid, asked), surplus: Math.max(0, paid - asked) };
	const brings = `Payment ${payment.id} brings ${formatAmount(paid, payment.currency)}`;
	const figures = `${brings}, invoice ${invoice.number} has ${formatAmount(asked, invoice.currency)} due`;
	return paid < asked
		? hold(
				'amount_below_due',
				`${figures}: too little.`,
				'Record it in Lago as a partial payment and ask for the rest, or refund it.',
			)
		: hold(
				'amount_above_due',
				`${figures}: too much.`,
				'Record the due amount in Lago and refund the rest in Dodo Payments.',
			);
}

/** What a payment brought, in words. */
export function amountOf({ amount, currency }: PaymentFacts, invoice: InvoiceFacts): string {
	return invoice.countedAlike && invoice.currency === currency
		? formatAmount(amount, currency)
		: formatDodoAmount(amount, currency);
}
