import { isBooked, type InvoiceFacts } from './invoice';
import { ourRecord } from './invoiceMetadata';
import { formatAmount } from './money';
import { owedOn, type Owed } from './owed';
import { isForDebt, makeGood } from './paidAgain';
import { amountFor, isProven, ofUnknownOrigin, type PaymentFacts } from './payment';
import { phaseOf } from './phases';
import { amountOf, compareWithOwed } from './settlementAmount';
import { hold, overpaid, type SuccessDecision } from './settlementDecision';

/**
 * Compares a successful payment with its invoice.
 * @param references Dodo payment ids already booked on the invoice (references of Lago's payments), null when not looked up yet.
 */
export function decideSuccess(
	payment: PaymentFacts,
	invoice: InvoiceFacts,
	references: readonly string[] | null,
): SuccessDecision {
	// What of a part is booked only Lago's payments tell.
	if (payment.isPart && references === null && isPaidInPart(invoice)) return { action: 'look_up_references' };
	if (isBooked({ ...invoice, references: references ?? [] }, payment.id)) return { action: 'already_settled' };
	if (!isProven(payment, invoice)) return decideOnUnproven(payment, invoice, references);
	const owed = owedOn({ ...invoice, selfBilled: false });
	if (invoice.paymentStatus === 'succeeded' && owed.how === null) return decideOnPaid(payment, invoice, references);
	const came = `Payment ${payment.id} of ${amountOf(payment, invoice)} succeeded`;
	if (invoice.status === 'voided')
		return overpaid(payment, 'invoice_voided', `${came} after invoice ${invoice.number} was voided.`, false);
	if (invoice.status !== 'finalized')
		return hold(
			'invoice_not_finalized',
			`Payment ${payment.id} names invoice ${invoice.number}, which is still ${invoice.status} and cannot be paid.`,
			'Finalize the invoice in Lago and record the payment there, or refund it in Dodo Payments.',
		);
	if (references === null && (invoice.totalDue !== invoice.total || owed.how === 'disputed'))
		return { action: 'look_up_references' };
	if (owed.how === null) return decideOnPaid(payment, invoice, references);
	if (payment.currency !== invoice.currency)
		return hold(
			'currency_mismatch',
			`Payment ${payment.id} is ${amountOf(payment, invoice)}, invoice ${invoice.number} is in ${invoice.currency}.`,
			'Turn adaptive currency off in Dodo Payments, then record or refund this payment by hand.',
		);
	return owed.how === 'due'
		? compareWithOwed(payment, invoice, owed)
		: decideOnTakenBack(payment, invoice, { ...owed, how: owed.how }, references);
}

/** A payment of an invoice whose money was taken back: it pays what is owed again, is surplus, or nobody can tell. */
function decideOnTakenBack(
	payment: PaymentFacts,
	invoice: InvoiceFacts,
	owed: Owed & { how: 'reversed' | 'disputed' },
	references: readonly string[] | null,
): SuccessDecision {
	if (isForDebt(payment, invoice)) return makeGood(payment, invoice, owed);
	if (owed.how === 'disputed' && payment.amount !== owed.amount) return decideOnPaid(payment, invoice, references);
	return hold(
		'already_paid',
		`Payment ${payment.id} of ${amountOf(payment, invoice)} succeeded. Of invoice ${invoice.number} ${formatAmount(owed.amount, invoice.currency)} are owed again, but this payment was made by an earlier link.`,
		`Find out in Dodo Payments what payment ${payment.id} was meant for. If the customer paid what is owed again, set the invoice right by hand; otherwise return it.`,
	);
}

function isPaidInPart({ paymentStatus, total, totalDue }: InvoiceFacts): boolean {
	return paymentStatus === 'succeeded' || totalDue !== total;
}

/** A payment of which nothing shows that it was made for the invoice. One by a checkout of before there were proofs may be booked already. */
function decideOnUnproven(
	payment: PaymentFacts,
	invoice: InvoiceFacts,
	references: readonly string[] | null,
): SuccessDecision {
	const { subscriptionId } = payment;
	const { number } = invoice;
	if (subscriptionId === null && isPaidInPart(invoice) && references === null) return { action: 'look_up_references' };
	const how =
		subscriptionId === null
			? `came by a checkout that was not made here for invoice ${number}`
			: `came by subscription ${subscriptionId}, which is not the mandate of the customer of invoice ${number}`;
	return { action: 'hold', held: ofUnknownOrigin(payment, how) };
}

/** A payment of an invoice that is paid already: by this payment, by another one, or nobody can tell by what. */
function decideOnPaid(
	payment: PaymentFacts,
	invoice: InvoiceFacts,
	references: readonly string[] | null,
): SuccessDecision {
	const { dodoId, state } = ourRecord(invoice.metadata);
	const phase = phaseOf(state);
	const came = `Payment ${payment.id} of ${amountOf(payment, invoice)} succeeded`;
	const surplus = `${came}, but invoice ${invoice.number} was already paid another way.`;
	if (dodoId === payment.id && (phase === 'overpaid' || phase === 'returned'))
		return overpaid(payment, 'paid_twice', surplus, false);
	if (dodoId === payment.id && state === null) return { action: 'already_settled' };
	if (references === null) return { action: 'look_up_references' };
	const isOther = dodoId !== undefined && dodoId !== payment.checkoutSessionId && phase === 'paid';
	// Where nothing else says what paid the invoice, its record stays.
	const isProof = isOther && !references.includes(dodoId);
	const record = !isProof && phase !== 'overpaid';
	if (references.length > 0 || isOther) return overpaid(payment, 'paid_twice', surplus, record);
	// A server without licence leaves the total due, whatever paid it; an older one does not say what was paid.
	if (invoice.totalDue > 0 || invoice.totalPaid === undefined)
		return hold(
			'already_paid',
			`${came}. Invoice ${invoice.number} is marked as paid already, and nothing on it tells by what.`,
			`Find out in Lago what paid the invoice. If it was payment ${payment.id}, nothing is left to do; otherwise the customer paid twice and one payment must be returned.`,
		);
	// What Lago holds no payment of was not paid by this one.
	return invoice.totalPaid > 0
		? overpaid(payment, 'paid_twice', surplus, record)
		: overpaid(
				payment,
				'nothing_due',
				`${came}, but nothing is due on invoice ${invoice.number} any more: it was settled without a payment (credit note, prepaid credits).`,
				record,
			);
}

/**
 * What Lago shows as due of a payment that could only be booked as status, for want of a licence: minor units, to be booked as a payment once
 * there is one. Null when it is booked as it should be.
 */
export function dueByStatus(
	payment: Pick<PaymentFacts, 'id' | 'amount' | 'tax'>,
	invoice: InvoiceFacts,
): number | null {
	const { dodoId, state } = ourRecord(invoice.metadata);
	const net = amountFor(payment, invoice);
	const isByStatus = dodoId === payment.id && state?.phase === 'paid' && invoice.paymentStatus === 'succeeded';
	const isUnpaid = invoice.status === 'finalized' && invoice.totalPaid === 0 && invoice.totalDue === net;
	return isByStatus && isUnpaid ? net : null;
}
