import { decideVictory, endOf, hasLoss } from './dispute';
import { isBooked, type InvoiceFacts } from './invoice';
import { ourRecord } from './invoiceMetadata';
import { isLagoId, isOfOthers } from './payment';
import { isUnderWay, phaseOf } from './phases';
import type { Listed } from './reconciliation';

/** What was read for some objects only: `rows` has what was found, `asked` what was looked for. */
export interface Answers<T> {
	asked: ReadonlySet<string>;
	rows: ReadonlyMap<string, T>;
}

/** What an attempt is compared with. */
export type Collection = Pick<InvoiceFacts, 'paymentStatus' | 'metadata'>;

/** An invoice of the other book. `isOthers`: of a billing entity that is not worked for, so that nothing of it is missing. */
export type ListedInvoice = Pick<InvoiceFacts, 'paymentStatus' | 'metadata' | 'totalPaid'> & { isOthers?: boolean };

/** What of both books was read so far, in bulk. A list that is not there was not needed yet. */
export interface Known {
	/** Ids of Dodo's payments that are references of payments in Lago: all that came at or after `since`, seconds since 1970. */
	booked?: { since: number; ids: ReadonlySet<string> };
	/** The invoices on which payments of several invoices are booked, by the id of the payment. */
	bookings?: Answers<readonly string[]>;
	/** Finalized invoices that are not paid, of the billing entities that are worked for, by id. */
	unpaid?: ReadonlyMap<string, InvoiceFacts>;
	/** Top-ups that wait for their payment, by the id of the invoice that Lago shows to nobody yet. */
	topUps?: ReadonlyMap<string, Collection>;
	/** Invoices in any state, by id. */
	invoices?: Answers<ListedInvoice>;
	/** Lago's refund status by the Dodo refund that a credit note names. */
	notes?: Answers<string>;
	/** Invoices marked as lost in a dispute, by id. */
	lost?: ReadonlyMap<string, InvoiceFacts>;
	/** The mandates that a customer's metadata names, by external id. */
	mandates?: ReadonlyMap<string, readonly string[]>;
	/** The Lago organisation that the workflow works for; its id is null when Lago does not say. */
	organization?: { id: string | null };
	/** Dodo's payments behind refunds and disputes, by id. */
	payments?: Answers<Listed>;
}

/** `done`: the other book has it; `missing`: it has not, or no list can tell; else the list that tells. */
export type Verdict = 'done' | 'missing' | { needs: keyof Known };

const needs = (list: keyof Known): Verdict => ({ needs: list });

/**
 * Whether what a list of Dodo shows has arrived in Lago's books, by lists alone. It may say `missing` of what was done, never `done` of
 * what was not.
 */
export function judge(entry: Listed, known: Known): Verdict {
	if (entry.kind === 'payment')
		return entry.status === 'succeeded' ? judgeSuccess(entry, known) : judgeAttempt(entry, known);
	if (entry.kind === 'refund') return judgeRefund(entry, known);
	return entry.kind === 'dispute' ? judgeDispute(entry, known) : judgeMandate(entry, known);
}

function judgeSuccess(payment: Listed, known: Known): Verdict {
	const { booked, unpaid, invoices, mandates, organization } = known;
	const { id, invoiceId, subscriptionId, members } = payment;
	if (members !== undefined && payment.amount !== 0) return judgeSeveral(payment, members, known);
	if (payment.amount === 0 || (invoiceId === null && subscriptionId === null)) return 'done';
	const others = ofOthers(payment, organization);
	if (others !== false) return others;
	if (booked === undefined || booked.since > payment.createdAt) return needs('booked');
	if (booked.ids.has(id)) return 'done';
	if (invoiceId === null) {
		// What was due on a mandate of ours; other subscriptions are the merchant's own business.
		if (mandates === undefined) return needs('mandates');
		return [...mandates.values()].flat().includes(subscriptionId ?? '') ? 'missing' : 'done';
	}
	if (!isLagoId(invoiceId)) return 'missing';
	if (unpaid === undefined) return needs('unpaid');
	const owing = unpaid.get(invoiceId);
	// What Lago says of the invoice came after it was booked.
	if (owing !== undefined) return isBooked(owing, id) ? 'done' : 'missing';
	if (invoices?.asked.has(invoiceId) !== true) return needs('invoices');
	const invoice = invoices.rows.get(invoiceId);
	if (invoice?.isOthers === true) return 'done';
	const { dodoId, state } = ourRecord(invoice?.metadata ?? []);
	if (dodoId !== id) return invoice !== undefined && isBooked(invoice, id) ? 'done' : 'missing';
	// Booked as status only by a Lago that takes payments by now: its lane books it as one.
	const hasLicence = booked.ids.size > 0;
	if (phaseOf(state) === 'paid' && state !== null && invoice?.totalPaid === 0 && hasLicence) return 'missing';
	return saysItCame(invoice) ? 'done' : 'missing';
}

/** Its own record says that the payment it names arrived. */
function saysItCame(invoice: ListedInvoice | undefined): boolean {
	const phase = phaseOf(ourRecord(invoice?.metadata ?? []).state);
	return phase === 'overpaid' || phase === 'returned' || (phase === 'paid' && invoice?.paymentStatus === 'succeeded');
}

/** A payment of several invoices has arrived when each of them has its part, or says that it was too much. */
function judgeSeveral(
	payment: Listed,
	members: readonly string[],
	{ bookings, invoices, organization }: Known,
): Verdict {
	const { id } = payment;
	const others = ofOthers(payment, organization);
	if (others !== false) return others;
	if (members.length === 0) return 'missing';
	if (bookings?.asked.has(id) !== true) return needs('bookings');
	const rest = members.filter((one) => bookings.rows.get(id)?.includes(one) !== true);
	if (rest.some((one) => invoices?.asked.has(one) !== true)) return needs('invoices');
	// All of one billing entity.
	if (members.some((one) => invoices?.rows.get(one)?.isOthers === true)) return 'done';
	const isNoted = (one: string): boolean => {
		const invoice = invoices?.rows.get(one);
		return ourRecord(invoice?.metadata ?? []).dodoId === id && saysItCame(invoice);
	};
	return rest.every(isNoted) ? 'done' : 'missing';
}

/** A payment that failed, was cancelled or runs: it means something only for an invoice that is still unpaid. */
function judgeAttempt(payment: Listed, { unpaid, topUps, organization }: Known): Verdict {
	const { invoiceId, members = [invoiceId ?? ''] } = payment;
	if (payment.amount === 0 || !members.every(isLagoId)) return 'done';
	if (unpaid === undefined) return needs('unpaid');
	const isHidden = Boolean(payment.topUpId) && !unpaid.has(invoiceId ?? '');
	if (isHidden && topUps === undefined) return needs('topUps');
	const isMissing = (id: string): boolean => {
		const invoice = unpaid.get(id) ?? topUps?.get(id);
		return invoice !== undefined && !isRecorded(payment, invoice);
	};
	if (!members.some(isMissing)) return 'done';
	return ofOthers(payment, organization) || 'missing';
}

function isRecorded(payment: Listed, { paymentStatus, metadata }: Collection): boolean {
	const { dodoId, state } = ourRecord(metadata);
	const isOwn = dodoId === payment.id;
	const isMoving = isUnderWay(state);
	const attempt = state?.attempt ?? 1;
	if (!isOwn && (payment.status === 'cancelled' || isMoving || payment.attempt < attempt)) return true;
	if (payment.status === 'processing') return isOwn && isMoving;
	return state !== null && paymentStatus === 'failed' && !isMoving && payment.attempt <= attempt;
}

function judgeRefund(refund: Listed, known: Known): Verdict {
	const { notes, invoices } = known;
	if (notes?.asked.has(refund.id) !== true) return needs('notes');
	const noted = notes.rows.get(refund.id);
	if (noted !== undefined) return noted === refund.status ? 'done' : 'missing';
	// No money went back, so there is nothing to mirror.
	if (refund.status !== 'succeeded') return 'done';
	return judgeBehind(refund, known, ({ id, invoiceId }) => {
		// Shared out over several invoices, which only its own lane can compare.
		if (invoiceId === null || !isLagoId(invoiceId)) return 'missing';
		if (invoices?.asked.has(invoiceId) !== true) return needs('invoices');
		const invoice = invoices.rows.get(invoiceId);
		if (invoice?.isOthers === true) return 'done';
		const { dodoId, state } = ourRecord(invoice?.metadata ?? []);
		return dodoId === id && state?.phase === 'returned' ? 'done' : 'missing';
	});
}

/** One that is open is written nowhere: whether a person was told only our own marks know. */
function judgeDispute(dispute: Listed, known: Known): Verdict {
	const { lost } = known;
	const end = endOf(dispute.status ?? '');
	if (end === null) return 'missing';
	if (lost === undefined) return needs('lost');
	if (end === 'won' && lost.size === 0) return 'done';
	return judgeBehind(dispute, known, (payment) => {
		// The same.
		if (payment.members !== undefined) return 'missing';
		const invoice = lost.get(payment.invoiceId ?? '');
		const about = [{ id: dispute.id }, { id: payment.id }] as const;
		if (end === 'lost') return invoice !== undefined && hasLoss(invoice, ...about) ? 'done' : 'missing';
		return invoice === undefined || decideVictory(invoice, ...about).action === 'recorded' ? 'done' : 'missing';
	});
}

/** What was refunded or disputed is judged by the payment that brought it, unless that one is of no concern here. */
function judgeBehind(
	{ paymentId }: Listed,
	{ payments, organization }: Known,
	judgeOf: (payment: Listed) => Verdict,
): Verdict {
	const id = paymentId ?? '';
	if (payments?.asked.has(id) !== true) return needs('payments');
	const payment = payments.rows.get(id);
	if (payment === undefined) return 'missing';
	const others = isForeign(payment) ? 'done' : ofOthers(payment, organization);
	return others === false ? judgeOf(payment) : others;
}

function judgeMandate(mandate: Listed, { mandates, organization }: Known): Verdict {
	if (mandate.customer === null) return 'done';
	const others = ofOthers(mandate, organization);
	if (others !== false) return others;
	if (mandates === undefined) return needs('mandates');
	const isUsed = mandates.get(mandate.customer)?.includes(mandate.id) === true;
	return isUsed === (mandate.status === 'active') ? 'done' : 'missing';
}

/** Whether a payment was made for another Lago organisation that uses the same account at Dodo: false, `done`, or what would tell. */
function ofOthers(payment: Listed, ours: Known['organization']): false | Verdict {
	if (payment.organizationId === null) return false;
	if (ours === undefined) return needs('organization');
	return isOfOthers(payment, ours.id) && 'done';
}

/** Made for nothing that Lago knows. */
function isForeign({ invoiceId, subscriptionId, members }: Listed): boolean {
	return invoiceId === null && subscriptionId === null && members === undefined;
}

/** Of several mandates of one customer that are active only the newest is to be used. */
export function withoutSuperseded(listed: readonly Listed[]): Listed[] {
	const newest = new Map<string, Listed>();
	// Another organisation may give its customers the same ids.
	const whose = ({ organizationId, customer }: Listed): string => `${organizationId} ${customer}`;
	for (const one of listed) {
		if (one.kind !== 'subscription' || one.status !== 'active' || one.customer === null) continue;
		const other = newest.get(whose(one));
		if (other === undefined || other.createdAt < one.createdAt) newest.set(whose(one), one);
	}
	return listed.filter(
		(one) =>
			one.kind !== 'subscription' || one.status !== 'active' || one.customer === null || newest.get(whose(one)) === one,
	);
}
