import { z } from 'zod';

/** Dodo has sent numbers where strings were declared and the reverse; only whole minor units are accepted either way. */
const minorUnits = z.union([z.number(), z.string().regex(/^-?\d+$/).transform(Number)]).pipe(z.number().int());
const text = z.string().min(1);
/** Values are strings, numbers or booleans (docs `api-reference/metadata`). */
const metadata = z.record(z.unknown()).nullish().transform((value) => value ?? {});

/** A payment as far as we rely on it; everything else passes through. Amounts in minor units of `currency`. */
export const paymentSchema = z
	.object({
		payment_id: text,
		status: z.string().nullish(),
		total_amount: minorUnits,
		tax: minorUnits.nullish(),
		currency: text,
		metadata,
		checkout_session_id: z.string().nullish(),
		subscription_id: z.string().nullish(),
		is_update_payment_method: z.boolean().nullish(),
		error_code: z.string().nullish(),
		refund_status: z.string().nullish(),
		payment_link: z.string().nullish(),
		invoice_url: z.string().nullish(),
	})
	.passthrough();

/** An entry of `GET /payments`: fewer fields than the payment itself. */
export const paymentSummarySchema = paymentSchema.pick({ payment_id: true, status: true, total_amount: true, currency: true, metadata: true }).passthrough();

/** `POST /checkouts`: only `session_id` is guaranteed. */
export const checkoutSchema = z.object({ session_id: text, checkout_url: z.string().nullish() }).passthrough();

/** `GET /checkouts/{id}`: the payment made through the session, if any. */
export const checkoutStatusSchema = z
	.object({ id: text, payment_id: z.string().nullish(), payment_status: z.string().nullish() })
	.passthrough();

/** A product of `GET /products`; prices in minor units of the currency. */
export const productSchema = z
	.object({
		product_id: text,
		name: z.string().nullish(),
		created_at: z.string(),
		metadata,
		price_detail: z
			.object({
				type: z.string(),
				currency: z.string().nullish(),
				pay_what_you_want: z.boolean().nullish(),
				tax_inclusive: z.boolean().nullish(),
			})
			.passthrough()
			.nullish(),
	})
	.passthrough();

/** A webhook endpoint; its secret is a call of its own. */
export const webhookSchema = z
	.object({
		id: text,
		url: text,
		disabled: z.boolean().nullish(),
		filter_types: z.array(z.string()).nullish(),
	})
	.passthrough();

/** `GET /webhooks`: cursor paged; `iterator` is set even when `done`. */
export const webhookListSchema = z
	.object({ data: z.array(webhookSchema), iterator: z.string().nullish(), done: z.boolean() })
	.passthrough();

export type DodoPayment = z.output<typeof paymentSchema>;
export type DodoProduct = z.output<typeof productSchema>;
export type DodoWebhook = z.output<typeof webhookSchema>;
