import { ok, type SimulatedApi } from '../../shared/api';
import type { LagoLedger } from '../ledger';
import { notFound } from '../refusals';
import type { LagoState } from '../state';
import { eventView, metricView, UNUSED } from '../views/metering';
import { page, root, V1 } from './requests';

/** Metrics and the events that they count. */
export function meteringRoutes(api: SimulatedApi, state: LagoState, { metering }: LagoLedger): void {
	api.route('post', `${V1}/billable_metrics`, ({ body }) =>
		ok({ billable_metric: { ...metricView(metering.createMetric(root(body, 'billable_metric'))), ...UNUSED } }),
	);
	api.route('get', `${V1}/billable_metrics`, (call) =>
		page('billable_metrics', [...state.billableMetrics.values()].reverse(), call, metricView),
	);
	api.route('get', `${V1}/billable_metrics/:code`, ({ params }) =>
		ok({ billable_metric: metricView(metering.metric(params.code)) }),
	);
	api.route('post', `${V1}/events`, ({ body }) => ok({ event: eventView(metering.record(root(body, 'event'))) }));
	api.route('get', `${V1}/events/:id`, ({ params }) => {
		const known = [...state.usage.values()].find(({ transaction_id }) => transaction_id === params.id);
		return ok({ event: eventView(known ?? notFound('event')) });
	});
}
