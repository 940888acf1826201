import { z } from 'zod';
import { lenient } from '../lenient';
import { onFirstUse } from '../onFirstUse';

/** Dodo has sent numbers where strings were declared and the reverse; only whole minor units are accepted either way. */
const minorUnits = z
	.union([
		z.number(),
		z
			.string()
			.regex(/^-?\d+$/)
			.transform(Number),
	])
	.pipe(z.number().int());
const text = z.string().min(1);
/** Values are strings, numbers or booleans (docs `api-reference/metadata`). */
const metadata = lenient(z.record(z.unknown())).transform((value) => value ?? {});

/** A refund as it stands inside its payment: reason, but neither metadata nor customer (docs `api-reference/payments`). */
const listedRefundSchema = onFirstUse(() =>
	z
		.object({
			refund_id: text,
			status: z.string().nullish(),
			amount: minorUnits.nullish(),
			reason: z.string().nullish(),
			created_at: lenient(z.string()),
		})
		.passthrough(),
);

/** A payment as far as we rely on it; everything else passes through. Amounts in minor units of `currency`. */
export const paymentSchema = onFirstUse(() =>
	z
		.object({
			payment_id: text,
			status: z.string().nullish(),
			total_amount: minorUnits,
			tax: minorUnits.nullish(),
			currency: text,
			metadata,
			business_id: lenient(z.string()),
			checkout_session_id: z.string().nullish(),
			subscription_id: z.string().nullish(),
			is_update_payment_method: lenient(z.boolean()),
			error_code: lenient(z.string()),
			refund_status: z.string().nullish(),
			payment_link: lenient(z.string()),
			invoice_url: lenient(z.string()),
			created_at: lenient(z.string()),
			updated_at: lenient(z.string()),
			refunds: z.array(listedRefundSchema).nullish(),
		})
		.passthrough(),
);

/** An entry of `GET /payments`: fewer fields than the payment itself. */
export const paymentSummarySchema = onFirstUse(() =>
	paymentSchema.schema
		.pick({
			payment_id: true,
			status: true,
			total_amount: true,
			currency: true,
			metadata: true,
			refund_status: true,
			subscription_id: true,
		})
		.passthrough(),
);

/** An on-demand subscription: the customer's consent to be charged (docs `developer-resources/ondemand-subscriptions`). */
export const mandateSchema = onFirstUse(() =>
	z
		.object({
			subscription_id: text,
			status: text,
			currency: text,
			on_demand: z.boolean().nullish(),
			tax_inclusive: z.boolean().nullish(),
			cancel_at_next_billing_date: z.boolean().nullish(),
			has_payment_method: lenient(z.boolean()),
			metadata,
			customer: lenient(
				z.object({ customer_id: text, email: lenient(z.string()), name: lenient(z.string()) }).passthrough(),
			),
		})
		.passthrough(),
);

/** `POST /subscriptions/{id}/charge`: a payment that was started, not one that succeeded. */
export const chargeAnswerSchema = onFirstUse(() => z.object({ payment_id: text }).passthrough());

/** `POST /subscriptions/{id}/update-payment-method` with `type: new`. */
export const updateMethodAnswerSchema = onFirstUse(() =>
	z
		.object({ payment_link: lenient(z.string()), payment_id: z.string().nullish(), expires_on: lenient(z.string()) })
		.passthrough(),
);

/** A refund. Amounts in minor units of `currency`; `pending` and `review` are not refunded yet (docs `api-reference/refunds`). */
export const refundSchema = onFirstUse(() =>
	z
		.object({
			refund_id: text,
			payment_id: text,
			status: text,
			amount: minorUnits.nullish(),
			currency: z.string().nullish(),
			is_partial: z.boolean().nullish(),
			reason: lenient(z.string()),
			metadata,
			created_at: lenient(z.string()),
		})
		.passthrough(),
);

/** An entry of `GET /refunds`: without metadata. */
export const refundSummarySchema = onFirstUse(() => refundSchema.schema.omit({ metadata: true }).passthrough());

/** `GET /payments/{id}/line-items`: what a partial refund is taken from. */
export const lineItemsSchema = onFirstUse(() =>
	z.object({
		currency: text,
		items: z.array(
			z
				.object({ items_id: text, amount: minorUnits, refundable_amount: minorUnits, tax: lenient(minorUnits) })
				.passthrough(),
		),
	}),
);

/** A dispute; `amount` is a string in minor units, and only told (docs `api-reference/disputes`). */
export const disputeSchema = onFirstUse(() =>
	z
		.object({
			dispute_id: text,
			payment_id: text,
			dispute_status: text,
			amount: lenient(minorUnits),
			currency: lenient(z.string()),
			is_resolved_by_rdr: lenient(z.boolean()),
			reason: lenient(z.string()),
		})
		.passthrough(),
);

/** `POST /checkouts`: only `session_id` is guaranteed. */
export const checkoutSchema = onFirstUse(() =>
	z.object({ session_id: text, checkout_url: lenient(z.string()) }).passthrough(),
);

/** `GET /checkouts/{id}`: the payment made through the session, if any. */
export const checkoutStatusSchema = onFirstUse(() =>
	z.object({ id: text, payment_id: z.string().nullish(), payment_status: z.string().nullish() }).passthrough(),
);

/** A product of `GET /products`; prices in minor units of the currency. */
export const productSchema = onFirstUse(() =>
	z
		.object({
			product_id: text,
			name: lenient(z.string()),
			created_at: lenient(z.string()),
			metadata,
			price_detail: lenient(
				z
					.object({
						type: z.string(),
						currency: z.string().nullish(),
						pay_what_you_want: z.boolean().nullish(),
						tax_inclusive: z.boolean().nullish(),
					})
					.passthrough(),
			),
		})
		.passthrough(),
);

/** A webhook endpoint; its secret is a call of its own. */
export const webhookSchema = onFirstUse(() =>
	z
		.object({
			id: text,
			url: text,
			disabled: lenient(z.boolean()),
			filter_types: lenient(z.array(z.string())),
		})
		.passthrough(),
);

/** `GET /webhooks`: cursor paged; `iterator` is set even when `done`. */
export const webhookListSchema = onFirstUse(() =>
	z.object({ data: z.array(webhookSchema), iterator: z.string().nullish(), done: z.boolean() }).passthrough(),
);

export type DodoPayment = z.output<typeof paymentSchema>;
export type DodoPaymentSummary = z.output<typeof paymentSummarySchema>;
export type DodoMandate = z.output<typeof mandateSchema>;
export type DodoRefund = z.output<typeof refundSchema>;
export type DodoDispute = z.output<typeof disputeSchema>;
export type DodoProduct = z.output<typeof productSchema>;
export type DodoWebhook = z.output<typeof webhookSchema>;
