import { timestamp, type Subscription } from '../state';
import { limitedView } from './customers';

const YEAR_MS = 365 * 86_400_000;
const MONTH_MS = 30 * 86_400_000;

/** A mandate as Dodo shows it: an on-demand subscription. */
export function mandateView(subscription: Subscription, brandId: string): Record<string, unknown> {
	const { card: _card, dues: _dues, plannedCharge: _planned, customer, ...visible } = subscription;
	const since = Date.parse(subscription.created_at);
	return {
		...visible,
		customer: limitedView(customer),
		brand_id: brandId,
		addons: [],
		meters: [],
		credit_entitlement_cart: [],
		meter_credit_entitlement_cart: [],
		cancellation_comment: null,
		cancellation_feedback: null,
		custom_field_responses: null,
		customer_business_name: null,
		discount_cycles_remaining: null,
		discount_id: null,
		discounts: null,
		expires_at: timestamp(since + 20 * YEAR_MS),
		has_payment_method: true,
		next_billing_date: timestamp(since + MONTH_MS),
		previous_billing_date: subscription.created_at,
		on_demand: true,
		past_due_ends_at: null,
		payment_frequency_count: 1,
		payment_frequency_interval: 'Month',
		quantity: 1,
		recurring_pre_tax_amount: 0,
		scheduled_change: null,
		subscription_period_count: 20,
		subscription_period_interval: 'Year',
		tax_id: null,
		trial_amount: null,
		trial_period_days: 0,
	};
}
