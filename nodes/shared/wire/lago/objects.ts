import { z } from 'zod';
import type { Decimal } from '../../domain/exact';
import type { InvoiceFacts } from '../../domain/invoice';
import { lostOf, ourRecord } from '../../domain/invoiceMetadata';
import { MANDATE_KEY } from '../../domain/keys';
import { mandatesOn } from '../../domain/mandates';
import { paidOn } from '../../domain/paid';
import { lenient } from '../lenient';
import { onFirstUse } from '../onFirstUse';

/** Whole minor units of a currency. */
export const minorUnits = z.number().int();
export const text = z.string().min(1);

/** One metadata entry of an invoice. */
export const metadataEntrySchema = onFirstUse(() =>
	z.object({ lago_id: text, key: text, value: z.string() }).passthrough(),
);

/** One metadata entry of a customer; `display_in_invoice` prints it on the PDF. */
const customerMetadataSchema = onFirstUse(() =>
	z
		.object({
			lago_id: z.string().nullish(),
			key: z.string(),
			value: z.string().nullish(),
			display_in_invoice: lenient(z.boolean()),
		})
		.passthrough(),
);

/** A customer, by REST as well as inside an invoice (`lago-api:serializers/v1/customer_serializer.rb`). */
export const customerSchema = onFirstUse(() =>
	z
		.object({
			external_id: z.string().nullish(),
			billing_entity_code: lenient(z.string()),
			name: lenient(z.string()),
			firstname: lenient(z.string()),
			lastname: lenient(z.string()),
			legal_name: lenient(z.string()),
			currency: lenient(z.string()),
			applicable_timezone: lenient(z.string()),
			email: lenient(z.string()),
			country: lenient(z.string()),
			state: lenient(z.string()),
			city: lenient(z.string()),
			zipcode: lenient(z.string()),
			address_line1: lenient(z.string()),
			address_line2: lenient(z.string()),
			tax_identification_number: lenient(z.string()),
			billing_configuration: z
				.object({ payment_provider: z.string().nullish(), document_locale: lenient(z.string()) })
				.passthrough()
				.nullish(),
			metadata: z.array(customerMetadataSchema).nullish(),
		})
		.passthrough(),
);

/** `GET /customers/:external_id` and `POST /customers`. */
export const customerAnswerSchema = onFirstUse(() => z.object({ customer: customerSchema }));
/** An entry of `GET /customers`. */
export const listedCustomerSchema = onFirstUse(() =>
	customerSchema.and(z.object({ lago_id: text, external_id: text })),
);

/** Decimals come as text, with more digits than a number keeps, or as a number. Not a union: of 3,000 fees that would take longer than all else. */
export const decimal = z.custom<Decimal>((value) =>
	typeof value === 'number'
		? Number.isFinite(value)
		: typeof value === 'string' && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value),
);

/** A tax of an invoice or a fee, `tax_rate` in percent (`lago-api:serializers/v1/invoices/applied_tax_serializer.rb`). */
const appliedTaxes = onFirstUse(() => z.array(z.object({ tax_code: text, tax_rate: decimal })));

/**
 * A fee; amounts in minor units before coupons and tax, `taxes_rate` in percent (`lago-api:serializers/v1/fee_serializer.rb`).
 * `precise_amount` and `taxes_precise_amount` are in major units.
 */
const feeSchema = onFirstUse(() =>
	z
		.object({
			lago_id: text,
			amount_cents: minorUnits,
			taxes_rate: decimal.nullish(),
			precise_coupons_amount_cents: decimal.nullish(),
			taxes_amount_cents: lenient(minorUnits),
			taxes_precise_amount: lenient(decimal),
			precise_amount: lenient(decimal),
			sub_total_excluding_taxes_precise_amount_cents: lenient(decimal),
			applied_taxes: lenient(appliedTaxes),
		})
		.passthrough(),
);

/**
 * An invoice of the REST API as far as we rely on it (`lago-api:serializers/v1/invoice_serializer.rb`). Amounts in minor units of
 * `currency`. `metadata` comes by REST only, never in a webhook. Ours are `currencyCountedAlike` (the merchant says so in the Lago
 * credential), `paymentProof` (its checkouts carry it along), `organizationId` (where no event says whose it is), `readAt` (ms since 1970),
 * `topUp` (of one that Lago shows to nobody yet, see `topUp.ts`), `bookedReferences` (what Lago's payments name, where part of the invoice was
 * paid and something is owed all the same) and `refundedByNotes` (what went back of an invoice whose status was put
 * back).
 */
export const invoiceSchema = onFirstUse(() =>
	z
		.object({
			lago_id: text,
			number: z.string(),
			status: text,
			payment_status: text,
			billing_entity_code: lenient(z.string()),
			issuing_date: lenient(z.string()),
			payment_due_date: lenient(z.string()),
			currency: text,
			total_amount_cents: minorUnits,
			total_due_amount_cents: minorUnits,
			total_paid_amount_cents: minorUnits.nullish(),
			invoice_type: z.string().nullish(),
			payment_dispute_lost_at: z.string().nullish(),
			fees: lenient(z.array(feeSchema)),
			applied_taxes: lenient(appliedTaxes),
			self_billed: z.boolean().nullish(),
			customer: customerSchema.nullish(),
			metadata: z.array(metadataEntrySchema).nullish(),
			currencyCountedAlike: z.boolean().optional(),
			paymentProof: z.string().optional(),
			organizationId: z.string().optional(),
			topUp: z.object({ id: text, walletId: text }).optional(),
			readAt: z.number().optional(),
			bookedReferences: z.array(z.string()).optional(),
			refundedByNotes: minorUnits.optional(),
		})
		.passthrough(),
);

/** `GET` and `PUT /invoices/:id`. */
export const invoiceAnswerSchema = onFirstUse(() => z.object({ invoice: invoiceSchema }));
/** One entry of `GET /payments?invoice_id=`. */
export const paymentSchema = onFirstUse(() =>
	z
		.object({
			lago_id: text,
			reference: z.string().nullish(),
			lago_payable_id: z.string().nullish(),
			invoice_ids: lenient(z.array(z.string())),
			created_at: lenient(z.string()),
			amount_cents: minorUnits.nullish(),
			payment_status: z.string().nullish(),
		})
		.passthrough(),
);

/** A payment request with its invoices, which come without customer and metadata (`lago-api:serializers/v1/payment_request_serializer.rb`). */
export const paymentRequestSchema = onFirstUse(() =>
	z
		.object({
			lago_id: text,
			amount_currency: text,
			email: lenient(z.string()),
			created_at: lenient(z.string()),
			customer: customerSchema.and(z.object({ external_id: text })),
			invoices: z.array(
				z
					.object({ lago_id: text, payment_status: lenient(z.string()), billing_entity_code: lenient(z.string()) })
					.passthrough(),
			),
		})
		.passthrough(),
);

/** `POST /payments`. */
export const paymentAnswerSchema = onFirstUse(() => z.object({ payment: paymentSchema }));

/** `POST`, `GET`, `PUT /webhook_endpoints`. */
export const webhookEndpointSchema = onFirstUse(() =>
	z
		.object({
			lago_id: text,
			webhook_url: text,
			signature_algo: lenient(z.string()),
			event_types: lenient(z.array(z.string())),
		})
		.passthrough(),
);
export const webhookEndpointAnswerSchema = onFirstUse(() => z.object({ webhook_endpoint: webhookEndpointSchema }));

/** `GET /webhooks/json_public_key`: Base64 of a PEM. */
export const publicKeySchema = onFirstUse(() => z.object({ webhook: z.object({ public_key: text }) }));

export type LagoInvoice = z.output<typeof invoiceSchema>;
export type LagoPaymentRequest = z.output<typeof paymentRequestSchema>;
export type LagoCustomer = z.output<typeof customerSchema>;
export type LagoWebhookEndpoint = z.output<typeof webhookEndpointSchema>;

/** What was paid on an invoice, minor units; null where only its payments tell: see {@link paidOn}. */
export function toPaid(invoice: LagoInvoice, offset?: number): number | null {
	const { status, total_amount_cents: total, total_due_amount_cents: totalDue, total_paid_amount_cents } = invoice;
	return paidOn({ status, total, totalDue, totalPaid: total_paid_amount_cents ?? null }, offset);
}

/** What the rules need, out of Lago's invoice. */
export function toInvoiceFacts(invoice: LagoInvoice): InvoiceFacts {
	const metadata = (invoice.metadata ?? []).map(({ lago_id, key, value }) => ({ id: lago_id, key, value }));
	return {
		id: invoice.lago_id,
		number: invoice.number,
		status: invoice.status,
		paymentStatus: invoice.payment_status,
		currency: invoice.currency,
		countedAlike: invoice.currencyCountedAlike,
		total: invoice.total_amount_cents,
		totalDue: invoice.total_due_amount_cents,
		totalPaid: toPaid(invoice) ?? undefined,
		refunded: invoice.refundedByNotes,
		disputeLostAt: timeOf(invoice.payment_dispute_lost_at),
		lost: lostOf(ourRecord(metadata).state),
		references: invoice.bookedReferences,
		selfBilled: invoice.self_billed ?? false,
		timeZone: invoice.customer?.applicable_timezone ?? undefined,
		nativeProvider: invoice.customer?.billing_configuration?.payment_provider ?? null,
		mandateIds: mandatesOn(invoice.customer?.metadata ?? []),
		mandateId: invoice.customer?.metadata?.find(({ key }) => key === MANDATE_KEY)?.value || null,
		paymentProof: invoice.paymentProof,
		topUp: invoice.topUp,
		metadata,
	};
}

/** ms since 1970; null when there is none. */
export function timeOf(time: string | null | undefined): number | null {
	const parsed = Date.parse(time ?? '');
	return Number.isNaN(parsed) ? null : parsed;
}
