import { countedAs, keyOf, SOME_DISPUTE, withCounted, type Counted } from './counted';
import { proportion } from './exact';
import { freeMetadataSlots, ourRecord } from './invoiceMetadata';
import type { InvoiceFacts } from './invoice';
import type { PaymentFacts } from './payment';

/** The money is gone: by judgement, by giving in, or by letting the time pass. */
const LOST: readonly string[] = ['dispute_lost', 'dispute_accepted', 'dispute_expired'];
const WON: readonly string[] = ['dispute_won', 'dispute_cancelled'];

/** How a dispute ended, by Dodo's `dispute_status` (docs `api-reference/disputes`); null while it is open. */
export function endOf(status: string): 'lost' | 'won' | null {
	if (WON.includes(status)) return 'won';
	return LOST.includes(status) ? 'lost' : null;
}

/** A dispute over a payment of an invoice; minor units of `currency`. */
export interface DisputeFacts {
	id: string;
	/** Null when nobody says how much. */
	amount: number | null;
	currency: string | null;
	/** What of the payment the merchant has given back. */
	refunded: number;
	/** Whether another dispute over the payment is lost, as Dodo shows it now. */
	othersLost?: boolean;
}

/**
 * What a lost dispute takes of what is booked of its payment: never what the merchant gave back before, and its share where Dodo's tax came
 * on top. One that does not say how much, or in another currency, takes all that was left.
 */
export function lostPart(dispute: DisputeFacts, payment: PaymentFacts, booked: number): number {
	const left = Math.max(0, payment.amount - dispute.refunded);
	const isSaid = (dispute.currency ?? payment.currency) === payment.currency;
	const taken = isSaid ? Math.min(left, dispute.amount ?? left) : left;
	return proportion(taken, booked, payment.amount);
}

/** What is to be written of the end of a dispute: `recorded`: nothing; `full`: there is no room for it. */
export type DisputeStep = { action: 'recorded' | 'full' } | { action: 'write'; counted?: Counted[]; disputeWon?: true };

/**
 * What of a lost dispute is to be written on its invoice. Nothing where it takes everything that was paid, and nothing else is written: that is
 * what Lago's own mark means.
 * @param part of {@link lostPart}
 */
export function decideLoss(
	invoice: InvoiceFacts,
	dispute: DisputeFacts,
	payment: PaymentFacts,
	part: number,
): DisputeStep {
	const { counted = [] } = ourRecord(invoice.metadata).state ?? {};
	const before = entryOf(counted, dispute, payment);
	// What it takes of one of several invoices changes with what else becomes of the payment.
	const isOther = payment.isPart && before?.key !== SOME_DISPUTE && before?.amount !== part;
	if ((before !== undefined && !isOther) || !canHold(invoice)) return { action: 'recorded' };
	const { totalPaid = 0, totalDue } = invoice;
	const whole = totalPaid + (invoice.paymentStatus === 'succeeded' ? Math.max(0, totalDue) : 0);
	// Of several invoices each says what the dispute took of it.
	if (!payment.isPart && !isWritten(counted) && part >= whole) return { action: 'recorded' };
	return written(withCounted(counted, { key: keyOf(dispute.id), sign: '+', amount: part }));
}

/**
 * What of a dispute that was won is to be written on its invoice, which Lago counts as lost for good. Where nothing is written the mark may be
 * of another one that is lost: that one stays. The one that was won is named, so that the loss of a later one is written as well.
 */
export function decideVictory(
	invoice: InvoiceFacts,
	dispute: Pick<DisputeFacts, 'id' | 'othersLost'>,
	payment: Pick<PaymentFacts, 'id'>,
): DisputeStep {
	const { state } = ourRecord(invoice.metadata);
	const { counted = [] } = state ?? {};
	if (!canHold(invoice)) return { action: 'recorded' };
	if (!counted.some(({ sign }) => sign === '+')) {
		if (state?.disputeWon || dispute.othersLost) return { action: 'recorded' };
		const named = withCounted(counted, { key: keyOf(dispute.id), sign: '+', amount: 0 });
		return { action: 'write', disputeWon: true, ...(named === null ? {} : { counted: named }) };
	}
	const lost = entryOf(counted, dispute, payment);
	if (lost === undefined || lost.amount === 0) return { action: 'recorded' };
	const step = written(withCounted(counted, { ...lost, amount: 0 }));
	const isLast = !counted.some((one) => one.sign === '+' && one.amount > 0 && one.key !== lost.key);
	return step.action === 'write' && isLast ? { ...step, disputeWon: true } : step;
}

/** What is to be written where a lost dispute takes less of one of several invoices than before: others of them, or what was never booked, bear it. */
export function decideLess(invoice: InvoiceFacts, dispute: Pick<DisputeFacts, 'id'>, part: number): DisputeStep {
	const { counted = [] } = ourRecord(invoice.metadata).state ?? {};
	const before = countedAs(counted, dispute.id);
	if (before === undefined || before.amount <= part || !canHold(invoice)) return { action: 'recorded' };
	return written(withCounted(counted, { ...before, amount: part }));
}

/** Whether nothing that a dispute takes can be written on an invoice: Lago's mark alone stands for it. */
export function isFixed(invoice: Pick<InvoiceFacts, 'status' | 'metadata'>): boolean {
	const { counted = [] } = ourRecord(invoice.metadata).state ?? {};
	return !canHold(invoice) || counted.some(({ key }) => key === SOME_DISPUTE);
}

/** Whether a lost dispute is on its invoice, which Lago counts as lost: where nothing is written its mark means everything. */
export function hasLoss(
	{ metadata }: Pick<InvoiceFacts, 'metadata'>,
	dispute: Pick<DisputeFacts, 'id'>,
	payment: Pick<PaymentFacts, 'id'>,
): boolean {
	const { counted = [] } = ourRecord(metadata).state ?? {};
	return !isWritten(counted) || entryOf(counted, dispute, payment) !== undefined;
}

/** The entry of a dispute: its own, or the one over everything, unless it is about a payment that came after that. */
function entryOf(
	counted: readonly Counted[],
	dispute: Pick<DisputeFacts, 'id'>,
	payment: Pick<PaymentFacts, 'id'>,
): Counted | undefined {
	const hasPaidAgain = countedAs(counted, payment.id)?.sign === '-';
	return countedAs(counted, dispute.id) ?? (hasPaidAgain ? undefined : counted.find(({ key }) => key === SOME_DISPUTE));
}

function isWritten(counted: readonly Counted[]): boolean {
	return counted.some(({ sign }) => sign === '+' || sign === '-');
}

/** A voided invoice takes no metadata, and owes nothing. */
function canHold({ status, metadata }: Pick<InvoiceFacts, 'status' | 'metadata'>): boolean {
	return status !== 'voided' && freeMetadataSlots(metadata) >= 0;
}

function written(counted: Counted[] | null): DisputeStep {
	return counted === null ? { action: 'full' } : { action: 'write', counted };
}
