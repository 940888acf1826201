import { randomUUID } from 'node:crypto';
import { Refusal } from '../../shared/api';
import { subunits } from '../money';
import { invalid, notFound } from '../refusals';
import type { BillableMetric, Charge, Plan } from '../catalogue';
import { now, type LagoState, type Subscription, type UsageEvent } from '../state';
import { metricView } from '../views/metering';
import type { LagoEvents } from '../webhooks';
import type { NewFee } from './fees';
import { periodOf } from './periods';

const AGGREGATIONS = ['count_agg', 'sum_agg', 'max_agg', 'unique_count_agg', 'weighted_sum_agg', 'latest_agg'];
const COUNTED: readonly unknown[] = ['count_agg', 'sum_agg'];

/** A charge as `POST /plans` gets it. */
export interface NewCharge {
	billable_metric_id?: string;
	charge_model?: string;
	pay_in_advance?: boolean;
	properties?: { amount?: unknown };
}

/** Usage: what is counted, what it costs, and what was told. */
export class Metering {
	constructor(
		private readonly state: LagoState,
		private readonly events: LagoEvents,
	) {}

	metric(code: string | undefined): BillableMetric {
		return this.state.billableMetrics.get(code ?? '') ?? notFound('billable_metric');
	}

	/** `POST /billable_metrics` (`lago-api:app/models/billable_metric.rb`). */
	createMetric(input: Record<string, unknown>): BillableMetric {
		const { name, code, aggregation_type, field_name = null, recurring = false, description = null } = input;
		const faults: Record<string, string[]> = {};
		if (!name) faults.name = ['value_is_mandatory'];
		if (!field_name && aggregation_type !== 'count_agg') faults.field_name = ['value_is_mandatory'];
		if (!AGGREGATIONS.includes(aggregation_type as string)) faults.aggregation_type = ['value_is_invalid'];
		if (!code) faults.code = ['value_is_mandatory'];
		else if (this.state.billableMetrics.has(String(code))) faults.code = ['value_already_exist'];
		if (Object.keys(faults).length > 0) invalid(faults);
		if (!COUNTED.includes(aggregation_type)) notSimulated(`the aggregation ${String(aggregation_type)}`);
		const metric: BillableMetric = {
			lago_id: randomUUID(),
			code: String(code),
			name: String(name),
			description: description as string | null,
			aggregation_type: aggregation_type as BillableMetric['aggregation_type'],
			field_name: aggregation_type === 'count_agg' ? null : String(field_name),
			recurring: recurring === true,
			created_at: now(),
		};
		this.state.billableMetrics.set(metric.code, metric);
		this.events.announce('billable_metric.created', 'billable_metric', () => metricView(metric));
		return metric;
	}

	/** The charges of a new plan (`lago-api:app/services/charges/create_service.rb`). */
	chargesOf(given: NewCharge[]): Charge[] {
		return given.map(({ billable_metric_id: id, charge_model, pay_in_advance, properties }) => {
			const metric = [...this.state.billableMetrics.values()].find(({ lago_id }) => lago_id === id);
			if (metric === undefined) return notFound('billable_metrics');
			if (charge_model !== 'standard' || pay_in_advance) notSimulated('any charge but a standard one in arrears');
			const amount = properties?.amount;
			if (typeof amount !== 'string' || !/^\d+(\.\d+)?$/.test(amount))
				return invalid({ properties: ['invalid_amount'] });
			return { lago_id: randomUUID(), metric, amount, created_at: now() };
		});
	}

	/** `POST /events` (`lago-api:app/services/events/create_service.rb`): whether anybody is billed for it is seen later. */
	record(input: Record<string, unknown>): UsageEvent {
		const { transaction_id, code, external_subscription_id, properties = {}, timestamp } = input;
		const at = timestamp === undefined ? Date.now() : Number(timestamp) * 1000;
		if (Number.isNaN(at)) invalid({ timestamp: ['invalid_format'] });
		const key = `${String(external_subscription_id)} ${String(transaction_id)}`;
		if (this.state.usage.has(key)) invalid({ transaction_id: ['value_already_exist'] });
		const event: UsageEvent = {
			lago_id: randomUUID(),
			transaction_id: String(transaction_id),
			code: String(code),
			external_subscription_id: String(external_subscription_id),
			properties: properties as Record<string, unknown>,
			timestamp: new Date(at).toISOString(),
			created_at: now(),
		};
		this.state.usage.set(key, event);
		return event;
	}

	/** What the usage of the period that goes on costs; nothing for metrics that nobody has used. */
	feesOf({ external_id, plan, ...rest }: Subscription): NewFee[] {
		const { from } = periodOf({ external_id, plan, ...rest });
		return plan.charges.flatMap((charge) => {
			const events = [...this.state.usage.values()].filter(
				(one) =>
					one.external_subscription_id === external_id && one.code === charge.metric.code && one.timestamp >= from,
			);
			const units = unitsOf(charge.metric, events);
			return units === 0 ? [] : [feeOf(charge, plan, units, events.length)];
		});
	}
}

function unitsOf({ aggregation_type, field_name }: BillableMetric, events: UsageEvent[]): number {
	if (aggregation_type === 'count_agg') return events.length;
	return events.reduce((sum, { properties }) => sum + (Number(properties[field_name ?? '']) || 0), 0);
}

function feeOf({ lago_id: id, metric, amount }: Charge, plan: Plan, units: number, events: number): NewFee {
	return {
		name: metric.name,
		code: metric.code,
		amountCents: Math.round(units * Number(amount) * subunits(plan.amount_currency)),
		units,
		charge: { id, events },
	};
}

function notSimulated(what: string): never {
	throw new Refusal(501, { status: 501, error: `The simulator does not know ${what}` });
}
