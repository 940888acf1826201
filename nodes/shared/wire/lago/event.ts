import { z } from 'zod';
import { lenient } from '../lenient';
import { onFirstUse } from '../onFirstUse';

/**
 * The envelope of every Lago webhook: the object sits under a key equal to `object_type`
 * (`lago-api:app/services/webhooks/base_service.rb`).
 */
export const lagoEventSchema = onFirstUse(() =>
	z
		.object({
			webhook_type: z.string().min(1).max(100),
			object_type: z.string().min(1).max(100),
			organization_id: lenient(z.string()),
		})
		.passthrough(),
);

/** All names that Lago accepts in `event_types` (`lago-api:config/webhook_event_types.yml`), those that matter for collecting first. */
export const LAGO_COLLECTION_EVENTS: readonly string[] = [
	'invoice.created',
	'invoice.one_off_created',
	'invoice.paid_credit_added',
	'invoice.payment_failure',
	'invoice.payment_status_updated',
	'invoice.payment_overdue',
	'invoice.payment_dispute_lost',
	'invoice.voided',
	'credit_note.created',
];

export const LAGO_OTHER_EVENTS: readonly string[] = [
	'alert.triggered',
	'billable_metric.created',
	'billable_metric.deleted',
	'billable_metric.updated',
	'credit_note.generated',
	'credit_note.provider_refund_failure',
	'customer.accounting_provider_created',
	'customer.accounting_provider_error',
	'customer.checkout_url_generated',
	'customer.created',
	'customer.crm_provider_created',
	'customer.crm_provider_error',
	'customer.payment_provider_created',
	'customer.payment_provider_error',
	'customer.tax_provider_error',
	'customer.updated',
	'customer.vies_check',
	'dunning_campaign.finished',
	'event.error',
	'events.errors',
	'feature.created',
	'feature.deleted',
	'feature.updated',
	'fee.created',
	'fee.tax_provider_error',
	'integration.provider_error',
	'invoice.deleted',
	'invoice.drafted',
	'invoice.generated',
	'invoice.ready_to_finalize',
	'invoice.resynced',
	'order.created',
	'order.executed',
	'order_form.created',
	'order_form.expired',
	'order_form.signed',
	'order_form.voided',
	'payment.requires_action',
	'payment.succeeded',
	'payment_provider.error',
	'payment_receipt.created',
	'payment_receipt.generated',
	'payment_request.created',
	'payment_request.payment_failure',
	'payment_request.payment_status_updated',
	'plan.created',
	'plan.deleted',
	'plan.updated',
	'quote.approved',
	'quote.created',
	'quote.voided',
	'subscription.canceled',
	'subscription.incomplete',
	'subscription.started',
	'subscription.terminated',
	'subscription.termination_alert',
	'subscription.trial_ended',
	'subscription.updated',
	'subscription.usage_threshold_reached',
	'wallet.created',
	'wallet.depleted_ongoing_balance',
	'wallet.terminated',
	'wallet.updated',
	'wallet_transaction.created',
	'wallet_transaction.payment_failure',
	'wallet_transaction.updated',
];

/** What Lago's "Retry payment" button sends. */
export const RETRY_BUTTON = 'invoice.payment_failure';

/** What alone tells of a top-up that must be paid before it counts. */
export const TOP_UP_EVENT = 'wallet_transaction.created';

/** What tells of an invoice that may have to be collected. */
export const COLLECT_EVENTS: readonly string[] = [
	'invoice.created',
	'invoice.one_off_created',
	'invoice.paid_credit_added',
	RETRY_BUTTON,
];

/** The billing entity that an event is about; null where it names none, as what Lago's "Retry payment" sends does not. */
export function entityOf(data: Record<string, unknown>): string | null {
	const first = Array.isArray(data.invoices) ? (data.invoices as unknown[])[0] : data.invoice;
	const codes = [data, first, data.customer].map(
		(one) => (one as { billing_entity_code?: unknown } | null | undefined)?.billing_entity_code,
	);
	return codes.find((code): code is string => typeof code === 'string' && code !== '') ?? null;
}

/** The invoice that an event is about: its own id, or the one it names; null when there is none. */
export function invoiceIdOf(objectType: string, data: Record<string, unknown>): string | null {
	const nested = data.invoice as Record<string, unknown> | undefined;
	const id = objectType === 'invoice' ? data.lago_id : (data.lago_invoice_id ?? nested?.lago_id);
	return typeof id === 'string' ? id : null;
}
