import { z } from 'zod';
import { lenient } from '../lenient';
import { onFirstUse } from '../onFirstUse';
import { decimal, minorUnits, text } from './objects';

/**
 * A credit note (`lago-api:serializers/v1/credit_note_serializer.rb`): items before coupons and tax, refund, credit and offset after
 * both; minor units. `dodoPayments` is ours: what the invoice was paid by, where a refund is due; `currencyCountedAlike` and `readAt` as on an
 * invoice.
 */
export const creditNoteSchema = onFirstUse(() =>
	z
		.object({
			lago_id: text,
			number: z.string(),
			lago_invoice_id: text,
			invoice_number: z.string(),
			currency: text,
			refund_status: z.string().nullish(),
			total_amount_cents: minorUnits,
			refund_amount_cents: minorUnits,
			taxes_amount_cents: lenient(minorUnits),
			precise_taxes_amount_cents: lenient(decimal),
			created_at: lenient(z.string()),
			description: lenient(z.string()),
			offset_amount_cents: lenient(minorUnits),
			items: z
				.array(z.object({ amount_cents: minorUnits, fee: z.object({ lago_id: text }).passthrough() }).passthrough())
				.nullish(),
			metadata: z.record(z.string().nullable()).nullish(),
			dodoPayments: z.array(z.object({ reference: z.string(), amount: minorUnits })).optional(),
			currencyCountedAlike: z.boolean().optional(),
			readAt: z.number().optional(),
		})
		.passthrough(),
);

/** `GET`, `POST` and `PUT /credit_notes`. */
export const creditNoteAnswerSchema = onFirstUse(() => z.object({ credit_note: creditNoteSchema }));
/** `POST /credit_notes/estimate`: the coupons and the tax of a note over the items that were sent, minor units before rounding. */
export const noteEstimateSchema = onFirstUse(() =>
	z.object({
		estimated_credit_note: z.object({
			precise_coupons_adjustment_amount_cents: decimal,
			precise_taxes_amount_cents: decimal,
		}),
	}),
);

export type LagoCreditNote = z.output<typeof creditNoteSchema>;
