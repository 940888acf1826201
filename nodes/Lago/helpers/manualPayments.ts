import type { IDataObject } from 'n8n-workflow';
import { calendarOf, DAY_MS } from '../../shared/domain/calendar';
import type { PaymentFacts } from '../../shared/domain/payment';
import { BoundedMap } from '../../shared/process/boundedMap';
import { ApiError } from '../../shared/transport/apiError';
import { orNull } from '../../shared/transport/orNull';
import { paymentAnswerSchema } from '../../shared/wire/lago/objects';
import type { LagoClient } from '../transport/client';

/** So long a refusal is taken for what it was a moment ago: for want of a licence. */
const FREE_TTL_MS = 10 * 60_000;

/** Servers that refused manual payments for want of a licence. A licence comes and goes, so they are asked each time all the same. */
const free = new BoundedMap<string, true>({ entries: 1_000, ageMs: FREE_TTL_MS });

/** Whether this server is known to have had no licence, so that a refusal needs no second look. */
export function isKnownFree(client: LagoClient): boolean {
	return free.has(client.accountKey);
}

/** Remembers for a while that this server has no licence. */
export function rememberFree(client: LagoClient): void {
	free.set(client.accountKey, true);
}

/** Servers that have taken a payment, or would have. */
const licensed = new BoundedMap<string, true>({ entries: 1_000, ageMs: FREE_TTL_MS });
/** One more than Lago takes (`lago-api:app/models/payment.rb`), so that nothing is ever booked by asking. */
const NO_REFERENCE = 'x'.repeat(41);

/**
 * Whether Lago takes payments of this invoice: asked by one that it refuses in any case, for want of a licence first. One call in ten minutes.
 * @throws ApiError
 */
export async function takesPayments(client: LagoClient, invoiceId: string): Promise<boolean> {
	if (licensed.has(client.accountKey)) return true;
	const payment = { invoice_id: invoiceId, amount_cents: 1, reference: NO_REFERENCE };
	const request = client.request(paymentAnswerSchema, { method: 'POST', path: '/payments', body: { payment } });
	let isLicensed = true;
	await orNull(request, ({ status, code }) => {
		isLicensed = status === 422;
		return isLicensed || (status === 403 && code === 'feature_unavailable');
	});
	if (isLicensed) licensed.set(client.accountKey, true);
	return isLicensed;
}

/** What could be booked as status only, by account and payment: booked as payments when the licence is back. */
const byStatus = new BoundedMap<string, Map<string, BookedByStatus>>({ entries: 1_000 });
/** More wait for the next copy of their event, or for a look back. */
const MOST_BY_STATUS = 500;

/** A payment that was booked as status, for want of a licence. */
export interface BookedByStatus {
	payment: PaymentFacts;
	invoiceId: string;
	paidOn: string | undefined;
}

/** Remembers a payment that could be booked as status only. */
export function rememberByStatus({ accountKey }: LagoClient, booked: BookedByStatus): void {
	const waiting = byStatus.get(accountKey) ?? new Map<string, BookedByStatus>();
	if (waiting.size < MOST_BY_STATUS) byStatus.set(accountKey, waiting.set(keyOf(booked), booked));
}

/** Takes out the first of them. */
export function takeByStatus({ accountKey }: LagoClient, count: number): BookedByStatus[] {
	const waiting = byStatus.get(accountKey);
	const taken = [...(waiting?.values() ?? [])].slice(0, count);
	for (const booked of taken) waiting?.delete(keyOf(booked));
	return taken;
}

/** A payment may be of several invoices. */
function keyOf({ payment, invoiceId }: BookedByStatus): string {
	return `${payment.id} ${invoiceId}`;
}

/** A payment to book. `amount` in minor units of the invoice's currency. */
export interface ManualPayment {
	invoiceId: string;
	amount: number;
	/** At most 40 characters. */
	reference: string;
	/** ISO-8601, UTC. Lago lists payments by it, so the moment and not only the day; its OpenAPI file knows days only. */
	paidOn?: string;
	/** Of the customer, for a Lago that takes days only; IANA. */
	timeZone?: string;
}

/**
 * `POST /payments`, which sets the paid amount and, when nothing is left, the status (`lago-api:services/payments/manual_create_service.rb`).
 * @returns `refused` on a server without licence, and also for an invoice that is not finalized any more; `books_changed` when less is
 * due than when the invoice was read.
 * @throws ApiError
 */
export async function bookPayment(
	client: LagoClient,
	payment: ManualPayment,
): Promise<'booked' | 'refused' | 'books_changed'> {
	const body: IDataObject = {
		invoice_id: payment.invoiceId,
		amount_cents: payment.amount,
		reference: payment.reference,
	};
	if (payment.paidOn) body.paid_at = payment.paidOn;
	return await client.request(paymentAnswerSchema, { method: 'POST', path: '/payments', body: { payment: body } }).then(
		() => {
			free.delete(client.accountKey);
			return 'booked' as const;
		},
		async (caught: unknown) => {
			if (!(caught instanceof ApiError)) throw caught;
			if (caught.status === 403 && caught.code === 'feature_unavailable') {
				licensed.delete(client.accountKey);
				return 'refused' as const;
			}
			const day = dayOf(payment);
			if (caught.details.paid_at !== undefined && body.paid_at !== day)
				return await bookPayment(client, { ...payment, paidOn: day, timeZone: 'UTC' });
			const overDue =
				caught.details.amount_cents?.includes('value_is_out_of_range') ||
				caught.details.base?.includes('payment_request_is_already_succeeded');
			if (!overDue) throw caught;
			return 'books_changed' as const;
		},
	);
}

/** The day on the customer's calendar. */
function dayOf({ paidOn, timeZone = 'UTC' }: ManualPayment): string | undefined {
	return (
		paidOn &&
		new Date(calendarOf(timeZone).dayOf(Date.parse(paidOn)) * DAY_MS).toISOString().slice(0, 'YYYY-MM-DD'.length)
	);
}
