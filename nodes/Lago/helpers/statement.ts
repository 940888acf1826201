import type { IDataObject } from 'n8n-workflow';
import type { z } from 'zod';
import {
	invoicesOf,
	type KnownMovement,
	type LagoBooks,
	type LagoNote,
	type LagoPayment,
	type Period,
	type StatedInvoice,
} from '../../shared/domain/statement/books';
import { orNull } from '../../shared/transport/orNull';
import { invoiceAnswerSchema, invoiceSchema, type LagoInvoice } from '../../shared/wire/lago/objects';
import {
	statedNoteSchema,
	statedPaymentSchema,
	toLagoNote,
	toLagoPayment,
	toStatedInvoice,
} from '../../shared/wire/lago/statement';
import type { LagoClient } from '../transport/client';
import { inTurns } from './inTurns';

const DAY_MS = 86_400_000;
/** A bank debit is dated when it was begun, and is in Dodo's ledger when it has come: days later. */
const BOOKED_BEFORE_MS = 20 * DAY_MS;
/** A credit note may wait for its refund, which Dodo makes within 30 days. */
const NOTED_BEFORE_MS = 31 * DAY_MS;
/** Invoices are paid weeks after they were issued; what is older is read by itself. */
const ISSUED_BEFORE_MS = 60 * DAY_MS;

/** Lago's side of a statement, from lists that begin with the newest: only as far back as they are needed. Throws ApiError. */
export async function readBooks(
	client: LagoClient,
	movements: readonly KnownMovement[],
	periods: readonly Period[],
): Promise<LagoBooks> {
	const from = Math.min(...periods.map((period) => period.from));
	const isInside = ({ at }: { at: number }): boolean =>
		periods.some((period) => at >= period.from && at < period.until);
	const named = new Set(movements.flatMap(({ id, refundIds }) => [id, ...refundIds]));
	const payments: LagoPayment[] = [];
	const notes: LagoNote[] = [];
	const reading = eachSince(client, 'payments', statedPaymentSchema, from - BOOKED_BEFORE_MS, (one) => {
		const payment = toLagoPayment(one);
		if (payment !== null && (isInside(payment) || named.has(payment.reference ?? ''))) payments.push(payment);
	});
	// A Lago without licence has no such payments, and some say so by refusing.
	await orNull(reading, ({ code }) => code === 'feature_unavailable');
	await eachSince(client, 'credit_notes', statedNoteSchema, from - NOTED_BEFORE_MS, (one) => {
		const note = toLagoNote(one);
		if (note.amount > 0 && (isInside(note) || named.has(note.refundId ?? ''))) notes.push(note);
	});
	const wanted = new Set([
		...movements.flatMap(invoicesOf),
		...[...payments, ...notes].flatMap(({ invoiceId }) => invoiceId ?? []),
	]);
	return { payments, notes, invoices: await readInvoices(client, wanted, from, isInside) };
}

/** The invoices that are wanted, and those that were marked as lost within the periods. */
async function readInvoices(
	client: LagoClient,
	wanted: Set<string>,
	from: number,
	isInside: (one: { at: number }) => boolean,
): Promise<Map<string, StatedInvoice>> {
	const found = new Map<string, StatedInvoice>();
	const keep = (invoice: LagoInvoice): void => {
		wanted.delete(invoice.lago_id);
		found.set(invoice.lago_id, toStatedInvoice(client.withUnit(invoice)));
	};
	for (const invoice of await client.list('invoices', invoiceSchema, { payment_dispute_lost: 'true' }, MOST)) {
		const { lostAt } = toStatedInvoice(invoice);
		if (wanted.has(invoice.lago_id) || (lostAt !== null && isInside({ at: lostAt }))) keep(invoice);
	}
	const query = { statuses: ['finalized', 'voided'] };
	const pages = client.pages('invoices', invoiceSchema, query);
	for (let isRecent = true; wanted.size > 0 && isRecent;) {
		const page = await pages.next();
		for (const invoice of page ?? []) if (wanted.has(invoice.lago_id)) keep(invoice);
		const oldest = Date.parse(page?.at(-1)?.issuing_date ?? '');
		isRecent = page !== null && !(oldest < from - ISSUED_BEFORE_MS);
	}
	await inTurns([...wanted].filter(isUuid), async (id) => {
		client.patience.nextItem();
		const request = client.request(invoiceAnswerSchema, { method: 'GET', path: `/invoices/${id}` });
		const answer = await orNull(request, ({ gone }) => gone);
		if (answer !== null) keep(answer.invoice);
	});
	return found;
}

const MOST = Number.MAX_SAFE_INTEGER;
const isUuid = (id: string): boolean => /^[0-9a-f-]{36}$/i.test(id);

/** Page by page, until what is older than a moment: nothing but what `take` keeps stays in memory. */
async function eachSince<T extends { lago_id: string; created_at: string }>(
	client: LagoClient,
	key: string,
	schema: z.ZodType<T, z.ZodTypeDef, unknown>,
	since: number,
	take: (entry: T) => void,
	query: IDataObject = {},
): Promise<void> {
	const pages = client.pages(key, schema, query);
	for (let page = await pages.next(); page !== null; page = await pages.next()) {
		page.forEach(take);
		if (page.some(({ created_at }) => Date.parse(created_at) < since)) return;
	}
}
