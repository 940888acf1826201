import { periodOf } from '../ledger/periods';
import type { Charge, Plan } from '../catalogue';
import { wholeSecond, type Subscription } from '../state';
import { taxView } from './taxes';

/** A subscription (`lago-api:serializers/v1/subscription_serializer.rb`). */
export function subscriptionView(subscription: Subscription): Record<string, unknown> {
	const {
		lago_id,
		external_id,
		customer,
		plan,
		status,
		billing_time,
		subscription_at,
		started_at,
		created_at,
		terminated_at,
		ending_at,
		previous_plan_code,
		next_plan_code,
		on_termination_credit_note,
		on_termination_invoice,
	} = subscription;
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
		billing_time,
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
		current_billing_period_ending_at:
			terminated_at ?? (started_at === null ? null : `${periodOf(subscription).to}T23:59:59Z`),
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

/** Where a subscription stands with its plan: in an answer, in the one that ends it, in a webhook, in the one of its end. */
type Place = 'answer' | 'ended answer' | 'told' | 'told ended';

/** With its plan. */
export function subscriptionWithPlan(subscription: Subscription, place: Place): Record<string, unknown> {
	const isAnswer = place.endsWith('answer');
	return {
		...subscriptionView(subscription),
		plan: { ...basePlan(subscription.plan), applicable_usage_thresholds: [] },
		...(place.includes('ended') ? {} : { entitlements: [] }),
		...(isAnswer ? { applied_invoice_custom_sections: [] } : {}),
		...(place === 'answer' ? { applicable_usage_thresholds: [] } : {}),
	};
}

/** A plan without charges, in an answer or in its own webhook. */
export function planView(plan: Plan, place: 'answer' | 'told' = 'answer'): Record<string, unknown> {
	return {
		...basePlan(plan),
		entitlements: [],
		...(place === 'told' ? {} : { fixed_charges: [], applicable_usage_thresholds: [] }),
	};
}

function basePlan({ taxes, charges, ...plan }: Plan): Record<string, unknown> {
	return {
		...plan,
		invoice_display_name: null,
		description: null,
		bill_charges_monthly: null,
		bill_fixed_charges_monthly: null,
		customers_count: 0,
		active_subscriptions_count: 0,
		draft_invoices_count: 0,
		parent_id: null,
		pending_deletion: false,
		charges: charges.map(chargeView),
		usage_thresholds: [],
		taxes: taxes.map((tax) => taxView(tax)),
	};
}

/** A charge as the API shows it (`lago-api:serializers/v1/charge_serializer.rb`). */
function chargeView({ lago_id, metric, amount, created_at }: Charge): Record<string, unknown> {
	return {
		lago_id,
		lago_billable_metric_id: metric.lago_id,
		code: metric.code,
		invoice_display_name: null,
		billable_metric_code: metric.code,
		created_at,
		charge_model: 'standard',
		invoiceable: true,
		regroup_paid_fees: null,
		pay_in_advance: false,
		prorated: false,
		min_amount_cents: 0,
		accepts_target_wallet: false,
		properties: { amount },
		applied_pricing_unit: null,
		lago_parent_id: null,
		filters: [],
		taxes: [],
	};
}
