import { wholeSecond, type Plan, type Subscription } from '../state';

/** A subscription (`lago-api:serializers/v1/subscription_serializer.rb`). */
export function subscriptionView({
	lago_id,
	external_id,
	customer,
	plan,
	status,
	subscription_at,
	started_at,
	created_at,
	terminated_at,
	ending_at,
	previous_plan_code,
	next_plan_code,
	on_termination_credit_note,
	on_termination_invoice,
}: Subscription): Record<string, unknown> {
	const startedInSecond = started_at === null ? null : wholeSecond(started_at);
	return {
		lago_id,
		external_id,
		lago_customer_id: customer.lago_id,
		external_customer_id: customer.external_id,
		name: '',
		plan_code: plan.code,
		plan_amount_cents: plan.amount_cents,
		plan_amount_currency: plan.amount_currency,
		status,
		billing_time: 'calendar',
		subscription_at,
		started_at: started_at === null ? null : new Date(started_at).toISOString(),
		trial_ended_at: null,
		ending_at,
		terminated_at,
		canceled_at: null,
		created_at,
		previous_plan_code,
		next_plan_code,
		downgrade_plan_date: null,
		current_billing_period_started_at: startedInSecond,
		current_billing_period_ending_at: null,
		on_termination_credit_note,
		on_termination_invoice,
		progressive_billing_disabled: false,
		consolidate_invoice: true,
		purchase_order_number: null,
		cancellation_reason: null,
		activated_at: startedInSecond,
		payment_method: { payment_method_id: null, payment_method_type: 'provider' },
		activation_rules: [],
	};
}

/** With its plan, as it stands alone and in webhooks. */
export function subscriptionWithPlan(subscription: Subscription): Record<string, unknown> {
	return { ...subscriptionView(subscription), plan: planView(subscription.plan) };
}

/** A plan without charges. */
export function planView(plan: Plan): Record<string, unknown> {
	return {
		...plan,
		invoice_display_name: plan.name,
		description: '',
		bill_charges_monthly: null,
		bill_fixed_charges_monthly: null,
		charges: [],
		fixed_charges: [],
		taxes: [],
		usage_thresholds: [],
		entitlements: [],
	};
}
