import { ok, type SimulatedApi } from '../../shared/api';
import type { LagoLedger } from '../ledger';
import type { OnTermination } from '../ledger/automaticNotes';
import { invalid } from '../refusals';
import type { LagoState } from '../state';
import { subscriptionView, subscriptionWithPlan } from '../views/subscriptions';
import { chosen, page, root, V1 } from './requests';

const ON_TERMINATION: readonly OnTermination[] = ['credit', 'refund', 'offset', 'skip'];

/** Subscriptions, addressed by external id. A list shows active ones unless a status is named. */
export function subscriptionRoutes(
	api: SimulatedApi,
	state: LagoState,
	{ subscriptions, customers, invoices }: LagoLedger,
): void {
	api.route('post', `${V1}/subscriptions`, ({ body }) => {
		const { external_id, external_customer_id, plan_code, subscription_at, billing_time } = root(body, 'subscription');
		if (typeof external_id !== 'string' || external_id === '') return invalid({ external_id: ['value_is_mandatory'] });
		const plan = subscriptions.plan(String(plan_code));
		const known = state.customers.get(String(external_customer_id));
		const customer = known ?? customers.ensure({ external_id: String(external_customer_id) }, plan.amount_currency);
		const current = state.subscriptions.get(external_id);
		if (current?.status === 'active' && current.plan === plan)
			return ok({ subscription: subscriptionWithPlan(current, 'answer') });
		const at = typeof subscription_at === 'string' ? subscription_at : undefined;
		const subscription =
			current?.status === 'active'
				? subscriptions.changePlan(current, plan)
				: subscriptions.create(external_id, customer, plan, {
						at,
						...(typeof billing_time === 'string' ? { billingTime: billing_time } : {}),
					});
		invoices.billStart(subscription);
		return ok({ subscription: subscriptionWithPlan(subscription, 'answer') });
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
	api.route('get', `${V1}/subscriptions/:externalId`, ({ params, query }) =>
		ok({
			subscription: subscriptionWithPlan(
				subscriptions.row(params.externalId, chosen(query, ['status']) ?? ['active']),
				'answer',
			),
		}),
	);
	api.route('delete', `${V1}/subscriptions/:externalId`, ({ params, query }) => {
		const [note] = chosen(query, ['on_termination_credit_note'], ON_TERMINATION) ?? [];
		const [invoice] = chosen(query, ['on_termination_invoice'], ['generate', 'skip']) ?? [];
		const ended = subscriptions.terminate(params.externalId, { note: note as OnTermination | undefined, invoice });
		return ok({ subscription: subscriptionWithPlan(ended, 'ended answer') });
	});
}
