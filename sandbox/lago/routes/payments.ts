import { ok, type ApiCall, type Reply, type SimulatedApi } from '../../shared/api';
import type { LagoLedger } from '../ledger';
import { notFound } from '../refusals';
import type { LagoState } from '../state';
import { checkUuid, page, root, V1 } from './requests';

/** Manual payments. No filter by reference, no change, no deletion. */
export function paymentRoutes(api: SimulatedApi, state: LagoState, { payments, customers }: LagoLedger): void {
	const list = (call: ApiCall, customerId: unknown): Reply => {
		const { invoice_id } = call.query;
		checkUuid(call.query, 'invoice_id');
		const matching = [...state.payments.values()]
			.reverse()
			.sort((one, other) => other.created_at.localeCompare(one.created_at))
			.filter(
				(one) =>
					(invoice_id === undefined || one.invoice_ids.includes(String(invoice_id))) &&
					(customerId === undefined || one.external_customer_id === customerId),
			);
		return page('payments', matching, call);
	};
	api.route('post', `${V1}/payments`, ({ body }) => ok({ payment: payments.record(root(body, 'payment')) }));
	api.route('get', `${V1}/payments`, (call) => list(call, call.query.external_customer_id));
	api.route('get', `${V1}/customers/:externalId/payments`, (call) =>
		list(call, customers.get(call.params.externalId).external_id),
	);
	api.route('get', `${V1}/payments/:id`, ({ params }) =>
		ok({ payment: state.payments.get(params.id ?? '') ?? notFound('payment') }),
	);
}
