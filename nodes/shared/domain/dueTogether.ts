import { MOST_SHARES, sumOf, type Share } from './bundle';
import { keyOf } from './counted';
import { collectability, type InvoiceFacts } from './invoice';
import { modeOfState, ourRecord, type CollectionState } from './invoiceMetadata';
import type { DodoMode } from './mode';
import { formatAmount, MAX_DODO_AMOUNT, minimumCharge } from './money';
import { held, type Held } from './outcome';
import { owedOn } from './owed';
import { isUnderWay } from './phases';

/** Who owes: everything of one payment is of one customer, in one currency, billed by one entity. */
export interface Debtor {
	/** The external id of the customer. */
	customerId: string;
	currency: string;
	/** Its code; null on a Lago that has none. */
	billingEntity: string | null;
}

/** An invoice that may be paid together with others. */
export interface DueInvoice extends InvoiceFacts {
	/** `2026-11-28`; empty when Lago does not say. */
	dueOn: string;
}

/** One of the invoices of a payment; minor units. */
export interface Member extends Share {
	invoice: DueInvoice;
}

/** What one payment asks for, oldest due first, and what it leaves out, with the reason as a sentence. */
export interface DueTogether {
	members: Member[];
	amount: number;
	leftOut: Array<{ invoice: DueInvoice; why: string }>;
}

/**
 * Everything of one customer, currency and billing entity that one payment can ask for. What is left out stays due by itself: where a payment
 * is under way already, where money was taken back (only its own link says what it pays), what does not fit.
 */
export function dueTogether(invoices: readonly DueInvoice[]): DueTogether {
	const due: DueTogether = { members: [], amount: 0, leftOut: [] };
	for (const invoice of [...invoices].sort(byAge)) {
		const verdict = collectability(invoice, 'several');
		if (verdict.decision === 'skip') continue;
		if (verdict.decision === 'held') {
			due.leftOut.push({ invoice, why: verdict.held.message });
			continue;
		}
		const { amount } = verdict;
		const why = whyApart(invoice, amount, due);
		if (why !== null) {
			due.leftOut.push({ invoice, why });
			continue;
		}
		due.members.push({ invoiceId: invoice.id, amount, invoice });
		due.amount += amount;
	}
	return due;
}

function byAge(one: DueInvoice, other: DueInvoice): number {
	return one.dueOn.localeCompare(other.dueOn) || one.number.localeCompare(other.number, 'en', { numeric: true });
}

function whyApart(invoice: DueInvoice, amount: number, { members, amount: sum }: DueTogether): string | null {
	const { number } = invoice;
	if (isUnderWay(ourRecord(invoice.metadata).state)) return `A payment of invoice ${number} is under way.`;
	if (owedOn(invoice).how !== 'due')
		return `Invoice ${number} was paid before, and is paid again by its own link only.`;
	return members.length >= MOST_SHARES || sum + amount > MAX_DODO_AMOUNT
		? `Invoice ${number} does not fit into the same payment.`
		: null;
}

/** Why one payment cannot ask for that; null when it can. */
export function unaskable({ members, amount }: DueTogether, currency: string): Held | null {
	const least = minimumCharge(currency);
	return members.length > 0 && least !== null && amount < least
		? held(
				'amount_below_dodo_minimum',
				`${formatAmount(amount, currency)} are due in all, less than the smallest payment that Dodo Payments takes (${formatAmount(least, currency)}).`,
				'Wait for the next invoice: it is then collected together with these.',
			)
		: null;
}

/** What the record of a member tells of its collection. */
export type Recorded = Pick<Share, 'amount'> & { metadata: InvoiceFacts['metadata'] };

/**
 * The session over exactly these invoices that is out already, as the invoices themselves tell: each names it by a short key and its sum, and
 * one of them, or more, by its id. Whether it still works Dodo has to say.
 * @param nowS seconds since 1970.
 */
export function sessionOut(
	members: readonly Recorded[],
	mode: DodoMode,
	nowS: number,
): { sessionId: string; state: CollectionState } | null {
	const records = members.map(({ metadata }) => ourRecord(metadata));
	const request = records[0]?.state?.request;
	const isSame = records.every(({ state }) => state?.request?.key === request?.key);
	if (request === undefined || !isSame || request.amount !== sumOf(members)) return null;
	for (const { dodoId, state } of records)
		if (state !== null && dodoId?.startsWith('cks_') && keyOf(dodoId) === request.key)
			return (state.expiresAt ?? 0) > nowS + 60 && (modeOfState(state) ?? mode) === mode
				? { sessionId: dodoId, state }
				: null;
	return null;
}

/** Which try of its invoices a payment is: the next one for each of them. */
export function nextAttempt(members: readonly Recorded[]): number {
	return 1 + Math.max(0, ...members.map(({ metadata }) => ourRecord(metadata).state?.attempt ?? 0));
}
