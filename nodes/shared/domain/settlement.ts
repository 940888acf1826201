import { keyOf, SOME_DISPUTE, withCounted, type Counted } from './counted';
import { unclearUnit } from './currencies';
import { isBooked, type InvoiceFacts } from './invoice';
import { freeMetadataSlots, ourRecord } from './invoiceMetadata';
import { formatAmount, formatDodoAmount } from './money';
import { held, type Held, type Overpaid } from './outcome';
import { owedOn, type Owed } from './owed';
import { isProven, ofUnknownOrigin, type PaymentFacts } from './payment';
import { phaseOf } from './phases';

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

/** Whether a payment is for what is owed again, and not an earlier one that is told late: it came by what is recorded now, or was made after it. */
function isForDebt({ id, checkoutSessionId, subscriptionId, attempt }: PaymentFacts, invoice: InvoiceFacts): boolean {
	const { dodoId, state } = ourRecord(invoice.metadata);
	// What was due on the mandate after its charge had failed says nothing of a try.
	if (subscriptionId !== null && hasFailedCharge(invoice)) return true;
	const isCurrent = dodoId === id || dodoId === checkoutSessionId;
	const isSurplus = state?.phase === 'overpaid' || state?.phase === 'returned';
	return isCurrent ? !isSurplus : attempt > (state?.attempt ?? 1);
}

/** Money that was taken back is paid again: over exactly what is owed. */
function makeGood(
	payment: PaymentFacts,
	invoice: InvoiceFacts,
	owed: Owed & { how: 'reversed' | 'disputed' },
): SuccessDecision {
	const { how } = owed;
	const compared = compareWithOwed(payment, invoice, owed);
	if (compared.action !== 'book') return compared;
	const { amount } = compared;
	const before = ourRecord(invoice.metadata).state?.counted ?? [];
	const key = keyOf(payment.id);
	const isWritten = how === 'reversed' || invoice.lost !== undefined;
	const lost = isWritten ? before : withCounted(before, { key: SOME_DISPUTE, sign: '+', amount });
	const entry: Counted = how === 'reversed' ? { key, sign: '=', amount: 0 } : { key, sign: '-', amount };
	const counted = lost && withCounted(lost, entry);
	return counted === null || freeMetadataSlots(invoice.metadata) < 0
		? hold(
				'metadata_full',
				`Payment ${payment.id} pays again what was taken back of invoice ${invoice.number}, but the metadata of the invoice has no room to say so.`,
				'Remove metadata entries of your own from the invoice in Lago, then press Look Back Now; or void the invoice and write in your accounting that it was paid.',
			)
		: { action: 'make_good', amount, how, counted };
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

/** A payment is booked when it brings exactly what is asked for, and both amounts are known to be counted alike. */
function compareWithOwed(payment: PaymentFacts, invoice: InvoiceFacts, { asked }: Owed): SuccessDecision {
	const unclear = unclearUnit(
		invoice.currency,
		invoice.countedAlike ?? false,
		`Payment ${payment.id} of ${amountOf(payment, invoice)} is not booked on invoice ${invoice.number} with ${formatAmount(asked, invoice.currency)} due`,
		`Compare both amounts and record the payment in Lago by hand, with ${payment.id} as its reference`,
	);
	if (unclear !== null) return { action: 'hold', held: unclear };
	const { dodoId, state } = ourRecord(invoice.metadata);
	// The record of a charge may come after its outcome; then the tax mode is not known yet.
	const net = payment.amount - payment.tax;
	const isUnrecorded = payment.subscriptionId !== null && dodoId !== payment.id;
	const paid = state?.taxOnTop || (isUnrecorded && net === asked) ? net : payment.amount;
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
function amountOf({ amount, currency }: PaymentFacts, invoice: InvoiceFacts): string {
	return invoice.countedAlike && invoice.currency === currency
		? formatAmount(amount, currency)
		: formatDodoAmount(amount, currency);
}

function hold(...args: Parameters<typeof held>): SuccessDecision {
	return { action: 'hold', held: held(...args) };
}

function overpaid({ id }: PaymentFacts, reason: Overpaid['reason'], message: string, record: boolean): SuccessDecision {
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

/**
 * What Lago shows as due of a payment that could only be booked as status, for want of a licence: minor units, to be booked as a payment once
 * there is one. Null when it is booked as it should be.
 */
export function dueByStatus(
	payment: Pick<PaymentFacts, 'id' | 'amount' | 'tax'>,
	invoice: InvoiceFacts,
): number | null {
	const { dodoId, state } = ourRecord(invoice.metadata);
	const net = state?.taxOnTop ? payment.amount - payment.tax : payment.amount;
	const isByStatus = dodoId === payment.id && state?.phase === 'paid' && invoice.paymentStatus === 'succeeded';
	const isUnpaid = invoice.status === 'finalized' && invoice.totalPaid === 0 && invoice.totalDue === net;
	return isByStatus && isUnpaid ? net : null;
}

/** Whether an open invoice may be what a payment brings that names none: its last charge failed, over exactly this amount. */
export function isDueOf(payment: PaymentFacts, invoice: InvoiceFacts): boolean {
	const amount = ourRecord(invoice.metadata).state?.taxOnTop ? payment.amount - payment.tax : payment.amount;
	return hasFailedCharge(invoice) && invoice.currency === payment.currency && owedOn(invoice).asked === amount;
}

function hasFailedCharge({ metadata }: InvoiceFacts): boolean {
	const { dodoId, state } = ourRecord(metadata);
	return dodoId?.startsWith('pay_') === true && state?.phase === 'failed';
}
