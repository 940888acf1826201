import type { BillableMetric } from '../catalogue';
import type { UsageEvent } from '../state';

/** A metric (`lago-api:serializers/v1/billable_metric_serializer.rb`). */
export function metricView(metric: BillableMetric): Record<string, unknown> {
	return {
		...metric,
		weighted_interval: null,
		rounding_function: null,
		rounding_precision: null,
		expression: null,
		filters: [],
	};
}

/** An event (`lago-api:serializers/v1/event_serializer.rb`): whose it is a job finds out later. */
export function eventView(event: UsageEvent): Record<string, unknown> {
	return { ...event, lago_customer_id: null, lago_subscription_id: null, precise_total_amount_cents: null };
}

/** The answer to a new metric counts where it is used. */
export const UNUSED = { active_subscriptions_count: 0, draft_invoices_count: 0, plans_count: 0 } as const;
