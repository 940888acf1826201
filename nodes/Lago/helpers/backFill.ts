import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';
import type { BackFillTerms, OpenInvoice } from '../../shared/domain/backFill';
import { calendarOf, type Day } from '../../shared/domain/calendar';
import { isOfEntities } from '../../shared/domain/entities';
import { orNull } from '../../shared/transport/orNull';
import { invoiceSchema, timeOf, toInvoiceFacts, type LagoInvoice } from '../../shared/wire/lago/objects';
import { onFirstUse } from '../../shared/wire/onFirstUse';
import type { LagoClient } from '../transport/client';
import { entityQuery } from './billingEntities';

/** What was agreed, as it stands in n8n's static data. Without it nothing moves, so it need not survive n8n. */
export interface Agreement extends BackFillTerms {
	/** Codes of billing entities; none for all. */
	billingEntities: string[];
	/** ms since 1970. */
	agreedAt: number;
	isStopped: boolean;
}

const moment = z.number().int();
export const termsSchema = onFirstUse(() =>
	z.object({
		until: moment,
		notBefore: z.string().nullable(),
		order: z.enum(['newest', 'oldest']),
		perDay: z.number().int().positive(),
		money: z.record(z.number().int().positive()),
		billingEntities: z.array(z.string()),
	}),
);
const agreementSchema = onFirstUse(() => termsSchema.schema.extend({ agreedAt: moment, isStopped: z.boolean() }));

const KEY = 'backFill';

/** What a person agreed to in this workflow; null for nothing. */
export function agreementOf(ctx: IExecuteFunctions): Agreement | null {
	const stored = agreementSchema.safeParse(ctx.getWorkflowStaticData('global')[KEY]);
	return stored.success ? stored.data : null;
}

/** Only what a person does writes it, so that no execution overwrites what another one has stored meanwhile. */
export function saveAgreement(ctx: IExecuteFunctions, agreement: Agreement): void {
	ctx.getWorkflowStaticData('global')[KEY] = { ...agreement };
}

/** The day that it is on the calendar of the workflow. */
export function todayOf(ctx: IExecuteFunctions): Day {
	return calendarOf(ctx.getTimezone()).dayOf(Date.now());
}

const requestSchema = onFirstUse(() =>
	z.object({ lago_id: z.string(), invoices: z.array(z.object({ lago_id: z.string() }).passthrough()).nullish() }),
);

/** Every invoice that is not paid, page by page: nothing but what `take` keeps stays in memory. Throws ApiError. */
export async function eachOpen(
	client: LagoClient,
	billingEntities: readonly string[],
	take: (open: OpenInvoice) => void,
	endOfPage: () => void = () => undefined,
): Promise<void> {
	const asked = await askedTogether(client);
	const query: IDataObject = {
		statuses: ['finalized'],
		payment_statuses: ['pending', 'failed'],
		...entityQuery(billingEntities),
	};
	const pages = client.pages('invoices', invoiceSchema, query);
	for (let page = await pages.next(); page !== null; page = await pages.next()) {
		for (const invoice of page)
			// An older Lago does not know the filters.
			if (invoice.payment_status !== 'succeeded' && isOfEntities(invoice.billing_entity_code, billingEntities))
				take(toOpen(client.withUnit(invoice), asked));
		endOfPage();
	}
}

/** The invoices that payment requests ask for. */
async function askedTogether(client: LagoClient): Promise<ReadonlySet<string>> {
	const asked = new Set<string>();
	const pages = client.pages('payment_requests', requestSchema, {});
	const next = async () =>
		await orNull(pages.next(), ({ code, status }) => code === 'feature_unavailable' || status === 404);
	for (let page = await next(); page !== null; page = await next())
		for (const { invoices } of page) for (const { lago_id } of invoices ?? []) asked.add(lago_id);
	return asked;
}

/** @param asked the invoices that payment requests ask for. */
export function toOpen(invoice: LagoInvoice, asked: ReadonlySet<string>): OpenInvoice {
	return {
		facts: toInvoiceFacts(invoice),
		createdAt: timeOf(String(invoice.created_at)) ?? NaN,
		issuedOn: invoice.issuing_date ?? '',
		isAskedTogether: asked.has(invoice.lago_id),
	};
}
