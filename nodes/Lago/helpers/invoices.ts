import type { IDataObject } from 'n8n-workflow';
import { withOurMetadata, type CollectionState, type MetadataEntry } from '../../shared/domain/invoiceMetadata';
import { paymentSchema, invoiceAnswerSchema, type LagoInvoice } from '../schemas/objects';
import type { LagoClient } from '../transport/client';

/** More payments than one invoice ever has. */
const PAYMENT_LIMIT = 1_000;

/** One invoice with its metadata. Throws ApiError 404 for an unknown or invisible one. */
export async function fetchInvoice(client: LagoClient, invoiceId: string): Promise<LagoInvoice> {
	const path = `/invoices/${encodeURIComponent(invoiceId)}`;
	return (await client.request(invoiceAnswerSchema, { method: 'GET', path })).invoice;
}

/** What a `PUT /invoices/:id` may change; one transaction in Lago. */
export interface InvoiceChange {
	paymentStatus?: 'succeeded' | 'failed';
	paymentId: string;
	state: CollectionState;
}

/** Writes our two metadata entries, and the payment status if given; the merchant's own entries go back as they are. Throws ApiError. */
export async function changeInvoice(client: LagoClient, invoiceId: string, entries: readonly MetadataEntry[], change: InvoiceChange): Promise<LagoInvoice> {
	const invoice: IDataObject = { metadata: withOurMetadata(entries, change).map((entry) => ({ ...entry })) };
	if (change.paymentStatus) invoice.payment_status = change.paymentStatus;
	const path = `/invoices/${encodeURIComponent(invoiceId)}`;
	return (await client.request(invoiceAnswerSchema, { method: 'PUT', path, body: { invoice } })).invoice;
}

/** The Dodo payment ids already booked on an invoice as manual payments. Throws ApiError. */
export async function bookedReferences(client: LagoClient, invoiceId: string): Promise<string[]> {
	const payments = await client.list('payments', paymentSchema, { invoice_id: invoiceId }, PAYMENT_LIMIT);
	return payments.flatMap(({ reference }) => (reference ? [reference] : []));
}
