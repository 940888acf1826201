import type { IDataObject } from 'n8n-workflow';
import { countedAs } from '../../shared/domain/counted';
import type { InvoiceFacts } from '../../shared/domain/invoice';
import { FRESH_MS } from '../../shared/domain/keys';
import {
	encodeState,
	ourRecord,
	withOurMetadata,
	type CollectionState,
	type MetadataEntry,
} from '../../shared/domain/invoiceMetadata';
import { owedOn } from '../../shared/domain/owed';
import { amountFor, type PaymentFacts } from '../../shared/domain/payment';
import { phaseOf } from '../../shared/domain/phases';
import { BoundedMap } from '../../shared/process/boundedMap';
import { withKeyedLock } from '../../shared/process/keyedLock';
import { asApiError } from '../../shared/transport/apiError';
import {
	invoiceAnswerSchema,
	paymentSchema,
	toInvoiceFacts,
	toPaid,
	type LagoInvoice,
} from '../../shared/wire/lago/objects';
import type { LagoClient } from '../transport/client';
import { creditNotesOf, offsetOf } from './creditNotes';

/** More payments than one invoice ever has. */
const PAYMENT_LIMIT = 1_000;

/** One invoice with its metadata. Throws ApiError 404 for an unknown or invisible one. */
export async function fetchInvoice(client: LagoClient, invoiceId: string): Promise<LagoInvoice> {
	const path = `/invoices/${encodeURIComponent(invoiceId)}`;
	const readAt = Date.now();
	const { invoice } = await client.request(invoiceAnswerSchema, { method: 'GET', path });
	return await withRefunds(client, client.withOurs(invoice, readAt));
}

/** An invoice whose status was put back, with what of its payments went back before. One call more, in that case alone. Throws ApiError. */
export async function withRefunds<Given extends LagoInvoice>(client: LagoClient, invoice: Given): Promise<Given> {
	if (owedOn(toInvoiceFacts(invoice)).how !== 'reversed') return invoice;
	const notes = await creditNotesOf(client, { id: invoice.lago_id, number: invoice.number });
	const wentBack = notes.filter(({ refund_status }) => refund_status !== 'failed');
	const refunded = wentBack.reduce((sum, note) => sum + note.refund_amount_cents, 0);
	// What a Lago before 1.41 does not say to be paid is what of the total is not due: its notes may have lowered that, from 1.40 on.
	const lowered = invoice.total_paid_amount_cents == null ? offsetOf(notes) : 0;
	return { ...invoice, refundedByNotes: refunded + lowered };
}

/** What a `PUT /invoices/:id` may change; one transaction in Lago. */
export interface InvoiceChange {
	paymentStatus?: 'succeeded' | 'failed';
	/** Undefined: the recorded one stays. */
	paymentId?: string;
	state: CollectionState;
}

/** When this process last wrote an invoice, or booked on it, ms since 1970. */
const written = new BoundedMap<string, number>({ entries: 20_000, ageMs: FRESH_MS });

/** Whoever writes an invoice's metadata reads, decides and writes in here: Lago replaces all of it at once. */
export async function withInvoice<T>(client: LagoClient, invoiceId: string, work: () => Promise<T>): Promise<T> {
	return await withKeyedLock(`settle ${client.accountKey} ${invoiceId}`, work);
}

/** Whether metadata that was read then may be written back: it is young, and nobody here wrote since. @param readAt ms since 1970. */
export function isFresh(client: LagoClient, invoiceId: string, readAt: number): boolean {
	return Date.now() - readAt <= FRESH_MS && (written.get(`${client.accountKey} ${invoiceId}`) ?? 0) <= readAt;
}

/** What was read of an invoice before now is old: it was written, or a payment was booked on it. */
export function noteChanged(client: LagoClient, invoiceId: string): void {
	written.set(`${client.accountKey} ${invoiceId}`, Date.now());
}

/** Writes our two metadata entries, and the payment status if given; the merchant's own entries go back as they are. Throws ApiError. */
export async function changeInvoice(
	client: LagoClient,
	invoiceId: string,
	entries: readonly MetadataEntry[],
	change: InvoiceChange,
): Promise<LagoInvoice> {
	const invoice: IDataObject = { metadata: withOurMetadata(entries, change).map((entry) => ({ ...entry })) };
	if (change.paymentStatus) invoice.payment_status = change.paymentStatus;
	const path = `/invoices/${encodeURIComponent(invoiceId)}`;
	const noteWritten = (): void => noteChanged(client, invoiceId);
	const answer = await client
		.request(invoiceAnswerSchema, { method: 'PUT', path, body: { invoice } })
		.catch((caught: unknown) => {
			if (asApiError(caught).mayHaveWorked) noteWritten();
			throw caught;
		});
	noteWritten();
	return client.withUnit(answer.invoice);
}

/**
 * Writes what follows from the record of an invoice as it is by now; null: nothing does. To be called within {@link withInvoice}.
 * @returns whether anything was written.
 * @throws ApiError
 */
export async function changeRecord(
	client: LagoClient,
	invoice: InvoiceFacts,
	next: (before: CollectionState | null) => CollectionState | null,
): Promise<boolean> {
	const { state: before } = ourRecord(invoice.metadata);
	const state = next(before);
	if (state === null || (before !== null && encodeState(state) === encodeState(before))) return false;
	await changeInvoice(client, invoice.id, invoice.metadata, { state });
	return true;
}

/** A payment that Lago holds for an invoice: its reference and what it booked, minor units of the invoice's currency. */
export interface BookedPayment {
	reference: string;
	amount: number;
}

/** What an invoice was paid by, as far as references were given. Throws ApiError. */
export async function bookedPayments(client: LagoClient, invoiceId: string): Promise<BookedPayment[]> {
	const payments = await client.list('payments', paymentSchema, { invoice_id: invoiceId }, PAYMENT_LIMIT);
	return payments.flatMap(({ reference, amount_cents }) =>
		reference ? [{ reference, amount: amount_cents ?? 0 }] : [],
	);
}

/** The Dodo payment ids already booked on an invoice as manual payments. Throws ApiError. */
export async function bookedReferences(client: LagoClient, invoiceId: string): Promise<string[]> {
	return (await bookedPayments(client, invoiceId)).map(({ reference }) => reference);
}

/** What was paid on an invoice, minor units; its payments are asked only where nothing else tells. Throws ApiError. */
export async function paidOf(client: LagoClient, invoice: LagoInvoice, offset?: number): Promise<number> {
	const said = toPaid(invoice, offset);
	if (said !== null) return said;
	const payments = await client.list('payments', paymentSchema, { invoice_id: invoice.lago_id }, PAYMENT_LIMIT);
	const sum = payments.reduce((all, one) => (one.payment_status === 'failed' ? all : all + (one.amount_cents ?? 0)), 0);
	// One payment may be of several invoices.
	return Math.min(invoice.total_amount_cents, sum);
}

/**
 * An invoice that is handed to Dodo: where part of it was paid and something is owed all the same, with what Lago's payments name, because
 * what Dodo shows as paid does not stand in the way then. One call more, in that case alone. Throws ApiError.
 */
export async function withReferences(client: LagoClient, invoice: LagoInvoice): Promise<LagoInvoice> {
	const { totalPaid = 0, ...facts } = toInvoiceFacts(invoice);
	if (totalPaid === 0 || owedOn({ ...facts, totalPaid }).how === null) return invoice;
	return { ...invoice, bookedReferences: await bookedReferences(client, invoice.lago_id) };
}

/** How much of a Dodo payment is booked on an invoice, in minor units; `asStatus` on a Lago that took the status only. */
export type Booking = { booked: false } | { booked: true; amount: number; asStatus: boolean };

/**
 * Whether a payment is booked on an invoice. What is written on the invoice usually proves it; only where it does not, Lago's list of
 * payments is read.
 * @throws ApiError
 */
export async function bookingOf(client: LagoClient, invoice: LagoInvoice, payment: PaymentFacts): Promise<Booking> {
	const facts = toInvoiceFacts(invoice);
	const { dodoId, state } = ourRecord(facts.metadata);
	const phase = phaseOf(state);
	const totalPaid = await paidOf(client, invoice);
	const net = amountFor(payment, facts);
	// Of a part of a payment of several invoices something may be booked beside what was too much.
	if (!payment.isPart && dodoId === payment.id && (phase === 'overpaid' || phase === 'returned'))
		return { booked: false };
	if (dodoId === payment.id && phase === 'paid' && invoice.payment_status === 'succeeded' && totalPaid === 0)
		return { booked: true, amount: net, asStatus: true };
	const isWhole =
		invoice.payment_status === 'succeeded' && totalPaid === net && totalPaid === invoice.total_amount_cents;
	// The session of a link is no proof: somebody else may have paid the invoice, and the link as well.
	if (dodoId === payment.id && phase === 'paid' && isWhole) return { booked: true, amount: net, asStatus: false };
	const found = (await bookedPayments(client, invoice.lago_id)).find(({ reference }) => reference === payment.id);
	if (found !== undefined) return { booked: true, amount: found.amount, asStatus: false };
	// Lago took no payment of what was taken back before.
	const isCounted = countedAs(state?.counted, payment.id) !== undefined;
	return isCounted ? { booked: true, amount: net, asStatus: totalPaid === 0 } : { booked: false };
}
