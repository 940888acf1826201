const NAMES: Readonly<Record<string, string>> = {
	alert: 'triggered',
	billable_metric: 'created updated deleted',
	customer:
		'created updated accounting_provider_created accounting_provider_error crm_provider_created crm_provider_error payment_provider_created payment_provider_error checkout_url_generated tax_provider_error vies_check',
	credit_note: 'created generated provider_refund_failure',
	dunning_campaign: 'finished',
	event: 'error',
	events: 'errors',
	feature: 'created updated deleted',
	fee: 'created tax_provider_error',
	invoice:
		'created one_off_created paid_credit_added generated drafted ready_to_finalize voided deleted payment_dispute_lost payment_status_updated payment_overdue payment_failure resynced',
	integration: 'provider_error',
	order: 'created executed',
	order_form: 'created signed expired voided',
	quote: 'created approved voided',
	payment: 'succeeded requires_action',
	payment_provider: 'error',
	payment_receipt: 'created generated',
	payment_request: 'created payment_failure payment_status_updated',
	plan: 'created updated deleted',
	subscription: 'started terminated canceled incomplete updated termination_alert trial_ended usage_threshold_reached',
	wallet: 'created updated terminated depleted_ongoing_balance',
	wallet_transaction: 'created updated payment_failure',
};

/** What Lago takes in `event_types` (`lago-api:config/webhook_event_types.yml`). */
export const EVENT_TYPES: readonly string[] = Object.entries(NAMES).flatMap(([object, events]) =>
	events.split(' ').map((event) => `${object}.${event}`),
);
