import { partsOf } from '../../shared/domain/bundle';
import { DAY_MS } from '../../shared/domain/calendar';
import { countedAs, keyOf } from '../../shared/domain/counted';
import { isFixed } from '../../shared/domain/dispute';
import { ourRecord, type CollectionState } from '../../shared/domain/invoiceMetadata';
import { ASKED_KEY, CUSTOMER_KEY } from '../../shared/domain/keys';
import type { DodoMode } from '../../shared/domain/mode';
import { isOfAnother, refundNamedBy } from '../../shared/domain/noteTie';
import type { PaymentFacts } from '../../shared/domain/payment';
import { targetOf } from '../../shared/domain/refundTarget';
import type { MemberMoney } from '../../shared/domain/shareOut';
import { orNull } from '../../shared/transport/orNull';
import { disputeSchema, type DodoDispute, type DodoPayment } from '../../shared/wire/dodo/objects';
import { creditNoteSchema, type LagoCreditNote } from '../../shared/wire/lago/creditNote';
import { invoiceSchema, paymentSchema, timeOf, toInvoiceFacts, type LagoInvoice } from '../../shared/wire/lago/objects';
import type { LagoClient } from '../transport/client';
import { fetchInvoice } from './invoices';
import { paidAt, settleAll } from './settlement/settle';

const ALL = Number.MAX_SAFE_INTEGER;
/** What belongs to a payment is written after it was made, or says its day only where Lago is old. */
const OLDER_MS = 2 * DAY_MS;

/** How one invoice of a payment of several stands in Lago's books. */
export interface MemberBook extends MemberMoney {
	part: PaymentFacts;
	invoiceId: string;
	/** Lago took the status only. */
	asStatus: boolean;
	state: CollectionState | null;
	/** Its notes that name a refund, with what each was asked for. */
	notes: Array<{ refundId: string; asked: number }>;
	/** What became of its part is in the books, or written on it. */
	isSettled: boolean;
	/** As of a `LossMember`. */
	isFixed: boolean;
	/** What of `credited` went back or is to: a note whose refund failed takes room at Lago, and gave nothing back. */
	wentBack: number;
}

/**
 * The books of all invoices of a payment, in bulk; what its own news would book is booked before.
 * @returns null when nothing shows that it was made for them.
 * @throws ApiError
 */
export async function booksOf(
	client: LagoClient,
	payment: DodoPayment,
	facts: PaymentFacts,
	mode: DodoMode | null,
): Promise<MemberBook[] | null> {
	const split = partsOf(facts, client.proofs);
	if (split === null) return null;
	const read = async (): Promise<MemberBook[]> => await readBooks(client, payment, split.parts);
	const books = await read();
	if (books.every(({ isSettled }) => isSettled)) return books;
	await settleAll(client, facts, mode, paidAt(payment));
	return await read();
}

async function readBooks(client: LagoClient, payment: DodoPayment, parts: PaymentFacts[]): Promise<MemberBook[]> {
	const { [CUSTOMER_KEY]: customer } = payment.metadata;
	const query = { external_customer_id: String(customer) };
	const since = (timeOf(payment.created_at) ?? 0) - OLDER_MS;
	const isOlder = ({ created_at }: { created_at?: string | null }): boolean => (timeOf(created_at) ?? Infinity) < since;
	const open = new Set(parts.map(({ invoiceId }) => invoiceId));
	const listed = await client.list('invoices', invoiceSchema, query, ALL, ({ lago_id }) => {
		open.delete(lago_id);
		return open.size === 0;
	});
	// A Lago without licence has no such payments, and some say so by refusing.
	const bookings = client.list('payments', paymentSchema, query, ALL, isOlder);
	const booked = (await orNull(bookings, ({ code }) => code === 'feature_unavailable')) ?? [];
	const notes = await client.list('credit_notes', creditNoteSchema, query, ALL, isOlder);
	const invoices = new Map(listed.map((one) => [one.lago_id, one]));
	const refunds = new Set((payment.refunds ?? []).map(({ refund_id }) => refund_id));
	const ownNotes = notes.filter((note) => !isOfAnother(note, payment.payment_id, refunds));
	const disputes = disputesOf(payment)?.map(({ dispute_id }) => keyOf(dispute_id));
	return await Promise.all(
		parts.map(async (part): Promise<MemberBook> => {
			const id = part.invoiceId ?? '';
			const invoice = invoices.get(id) ?? (await fetchInvoice(client, id));
			const found = booked.find((one) => one.reference === part.id && isOf(one, id));
			return bookOf(part, invoice, found && (found.amount_cents ?? 0), ownNotes, disputes);
		}),
	);
}

function isOf(
	{ lago_payable_id, invoice_ids }: { lago_payable_id?: string | null; invoice_ids?: string[] | null },
	id: string,
): boolean {
	return lago_payable_id === id || invoice_ids?.includes(id) === true;
}

function bookOf(
	part: PaymentFacts,
	invoice: LagoInvoice,
	bookedAmount: number | undefined,
	listed: readonly LagoCreditNote[],
	disputes: readonly string[] | undefined,
): MemberBook {
	const facts = toInvoiceFacts(invoice);
	const { metadata, paymentStatus, status } = facts;
	const { dodoId, state } = ourRecord(metadata);
	const isOwn = dodoId === part.id;
	const asStatus =
		bookedAmount === undefined &&
		((isOwn && state?.phase === 'paid' && paymentStatus === 'succeeded') ||
			countedAs(state?.counted, part.id) !== undefined);
	const booked = bookedAmount ?? (asStatus ? part.amount : 0);
	const ofInvoice = listed.filter(
		({ lago_invoice_id, refund_amount_cents }) => lago_invoice_id === invoice.lago_id && refund_amount_cents > 0,
	);
	const askedIn = (some: readonly LagoCreditNote[]): number => some.reduce((sum, note) => sum + askedOf(note), 0);
	const byStatus = countedAs(state?.counted, `refunds of ${part.id}`)?.amount ?? 0;
	const counted = state?.counted ?? [];
	return {
		part,
		invoiceId: invoice.lago_id,
		asStatus,
		state,
		notes: ofInvoice.map((note) => ({ refundId: refundNamedBy(note) ?? '', asked: askedOf(note) })),
		booked,
		surplus: part.amount - booked,
		credited: asStatus ? byStatus : askedIn(ofInvoice),
		wentBack: asStatus ? byStatus : askedIn(ofInvoice.filter(({ refund_status }) => refund_status !== 'failed')),
		lost: counted
			.filter(({ sign, key }) => sign === '+' && disputes?.includes(key) !== false)
			.reduce((sum, { amount }) => sum + amount, 0),
		isSettled:
			booked > 0 || status === 'voided' || (isOwn && (state?.phase === 'overpaid' || state?.phase === 'returned')),
		isFixed: isFixed(facts),
	};
}

/** What a note was to be over, before rounding. */
function askedOf({ metadata, refund_amount_cents }: LagoCreditNote): number {
	const asked = Number(metadata?.[ASKED_KEY] ?? NaN);
	return Number.isInteger(asked) ? asked : refund_amount_cents;
}

/** What a lost dispute took of an invoice, as far as it is written there. */
export function lostBy({ state }: MemberBook, disputeId: string): number | undefined {
	return state?.counted?.find(({ key, sign }) => key === keyOf(disputeId) && sign === '+')?.amount;
}

/** The disputes over a payment, as far as they can be read; undefined where Dodo does not list them. */
export function disputesOf({ disputes }: DodoPayment): DodoDispute[] | undefined {
	if (!Array.isArray(disputes)) return undefined;
	return disputes.flatMap((one) => disputeSchema.safeParse(one).data ?? []);
}

/** The refunds of a payment that went through and that no credit note of Lago asked for. */
export function refundsMade({ refunds }: DodoPayment): Array<{ id: string; amount: number; invoiceId: string | null }> {
	return (refunds ?? []).flatMap(({ refund_id: id, status, amount, reason }) => {
		const target = targetOf(reason);
		if (status !== 'succeeded' || target === 'note') return [];
		return [{ id, amount: amount ?? 0, invoiceId: target?.invoiceId ?? null }];
	});
}
