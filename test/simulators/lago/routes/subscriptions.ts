import { ok, type SimulatedApi } from '../../shared/api';
import type { LagoLedger } from '../ledger';
import { invalid } from '../refusals';
import type { LagoState } from '../state';
import { subscriptionView, subscriptionWithPlan } from '../views/subscriptions';
import { chosen, page, root, V1 } from './requests';

/** Subscriptions, addressed by external id. A list shows active ones unless a status is named. */
export function subscriptionRoutes(api: SimulatedApi, state: LagoState, { subscriptions, customers }: LagoLedger): void {
	api.route('post', `${V1}/subscriptions`, ({ body }) => {
		const { external_id, external_customer_id, plan_code } = root(body, 'subscription');
		if (typeof external_id !== 'string' || external_id === '') return invalid({ external_id: ['value_is_mandatory'] });
		const plan = subscriptions.plan(String(plan_code));
		const known = state.customers.get(String(external_customer_id));
		const customer = known ?? customers.ensure({ external_id: String(external_customer_id) }, plan.amount_currency);
		return ok({ subscription: subscriptionWithPlan(subscriptions.create(external_id, customer, plan)) });
	});
	api.route('get', `${V1}/subscriptions`, (call) => {
		const statuses = chosen(call.query, ['status']) ?? ['active'];
		const { external_customer_id, plan_code } = call.query;
		const matching = [...state.subscriptions.values()]
			.reverse()
			.filter(
				(one) =>
					statuses.includes(one.status) &&
					(external_customer_id === undefined || one.customer.external_id === external_customer_id) &&
					(plan_code === undefined || one.plan.code === plan_code),
			);
		return page('subscriptions', matching, call, subscriptionView);
	});
	api.route('get', `${V1}/subscriptions/:externalId`, ({ params }) =>
		ok({ subscription: subscriptionWithPlan(subscriptions.get(params.externalId)) }),
	);
	api.route('delete', `${V1}/subscriptions/:externalId`, ({ params }) =>
		ok({ subscription: subscriptionView(subscriptions.terminate(params.externalId)) }),
	);
}
