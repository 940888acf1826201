import { z } from 'zod';
import type { AccessInvoice, CoveredSubscription, SubscriptionFacts } from '../../domain/access/facts';
import { ourRecord } from '../../domain/invoiceMetadata';
import { isUnderWay } from '../../domain/phases';
import { lenient } from '../lenient';
import { onFirstUse } from '../onFirstUse';
import { invoiceSchema, timeOf, toInvoiceFacts, toPaid } from './objects';

const text = z.string().min(1);
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}/);
const moment = z.string().refine((time) => !Number.isNaN(Date.parse(time)));

/** An invoice of a list. What it covers comes only with the invoice itself ({@link coverageSchema}). */
export const listedInvoiceSchema = onFirstUse(() =>
	invoiceSchema.schema.extend({
		issuing_date: day,
		payment_due_date: day.nullish(),
		created_at: moment,
		payment_dispute_lost_at: moment.nullish(),
	}),
);

/** The same invoice, fetched by itself. */
export const listedInvoiceAnswerSchema = onFirstUse(() => z.object({ invoice: listedInvoiceSchema }));

/** `GET /invoices/:id`, as far as it says which subscriptions it is for (`lago-api:serializers/v1/invoice_serializer.rb`). */
export const coverageSchema = onFirstUse(() =>
	z.object({
		invoice: z.object({
			billing_periods: z
				.array(
					z
						.object({
							lago_subscription_id: text,
							external_subscription_id: text,
							invoicing_reason: z.string().nullish(),
						})
						.passthrough(),
				)
				.nullish(),
			fees: z
				.array(
					z
						.object({ lago_subscription_id: z.string().nullish(), external_subscription_id: z.string().nullish() })
						.passthrough(),
				)
				.nullish(),
		}),
	}),
);

/** `GET /fees`: one subscription fee tells for which time it pays (`lago-api:serializers/v1/fee_serializer.rb`). */
export const subscriptionFeeSchema = onFirstUse(() =>
	z
		.object({
			lago_id: text,
			lago_invoice_id: z.string().nullish(),
			lago_subscription_id: z.string().nullish(),
			external_subscription_id: z.string().nullish(),
			pay_in_advance: z.boolean().nullish(),
			to_date: z.string().nullish(),
		})
		.passthrough(),
);

/** A row of `GET /subscriptions` (`lago-api:serializers/v1/subscription_serializer.rb`). */
export const subscriptionSchema = onFirstUse(() =>
	z
		.object({
			lago_id: text,
			external_id: text,
			external_customer_id: text,
			name: z.string().nullish(),
			plan_code: z.string().nullish(),
			plan_amount_cents: z.number().nullish(),
			status: text,
			subscription_at: moment.nullish(),
			started_at: moment.nullish(),
			created_at: moment,
			terminated_at: moment.nullish(),
			canceled_at: moment.nullish(),
			ending_at: moment.nullish(),
			current_billing_period_ending_at: lenient(moment),
			previous_plan_code: z.string().nullish(),
			on_termination_credit_note: z.string().nullish(),
		})
		.passthrough(),
);

/** `GET /subscriptions/:external_id`: only here with the plan. */
export const subscriptionAnswerSchema = onFirstUse(() =>
	z.object({
		subscription: z.object({
			trial_ended_at: z.string().nullish(),
			plan: z
				.object({ pay_in_advance: z.boolean().nullish(), trial_period: z.number().nullish() })
				.passthrough()
				.nullish(),
		}),
	}),
);

export type ListedInvoice = z.output<typeof listedInvoiceSchema>;
export type CoverageAnswer = z.output<typeof coverageSchema>;
export type SubscriptionFee = z.output<typeof subscriptionFeeSchema>;
export type LagoSubscription = z.output<typeof subscriptionSchema>;

/** What the rules of access need, out of an invoice. */
export function toAccessInvoice(invoice: ListedInvoice, covers: readonly CoveredSubscription[]): AccessInvoice {
	const { metadata, disputeLostAt, lost, refunded } = toInvoiceFacts(invoice);
	const { state } = ourRecord(metadata);
	return {
		id: invoice.lago_id,
		number: invoice.number,
		type: invoice.invoice_type ?? 'subscription',
		status: invoice.status,
		paymentStatus: invoice.payment_status,
		currency: invoice.currency,
		totalDue: invoice.total_due_amount_cents,
		totalPaid: toPaid(invoice) ?? 0,
		selfBilled: invoice.self_billed ?? false,
		issuedOn: invoice.issuing_date,
		dueOn: invoice.payment_due_date ?? invoice.issuing_date,
		disputeLostAt: lost !== undefined && lost <= 0 ? null : (disputeLostAt ?? null),
		lost,
		refunded,
		failedAt: state?.failedSince === undefined ? null : state.failedSince * 1000,
		isUnderWay: isUnderWay(state),
		covers,
	};
}

/** What the rules of access need, out of a subscription. */
export function toSubscriptionFacts(row: LagoSubscription, awaitsFirstInvoice: boolean): SubscriptionFacts {
	return {
		id: row.lago_id,
		externalId: row.external_id,
		status: row.status,
		startsAt: timeOf(row.started_at) ?? timeOf(row.subscription_at) ?? Date.parse(row.created_at),
		endedAt: timeOf(row.terminated_at) ?? timeOf(row.canceled_at),
		endingAt: timeOf(row.ending_at),
		replacesAnother: Boolean(row.previous_plan_code),
		keepsUnusedDays: row.on_termination_credit_note === 'skip',
		awaitsFirstInvoice,
	};
}
