import { ok, type SimulatedApi } from '../../shared/api';
import type { LagoLedger } from '../ledger';
import type { PaymentRequest } from '../documents';
import type { LagoState } from '../state';
import { paymentRequestView } from '../views/paymentRequests';
import { notFound } from '../refusals';
import { knowsEntities } from './billingEntities';
import { chosen, page, root, V1 } from './requests';

/** Payment requests: made and read, never changed. */
export function paymentRequestRoutes(api: SimulatedApi, state: LagoState, { paymentRequests }: LagoLedger): void {
	const one = (request: PaymentRequest) => ok({ payment_request: paymentRequestView(request) });
	api.route('post', `${V1}/payment_requests`, ({ body }) => one(paymentRequests.create(root(body, 'payment_request'))));
	api.route('get', `${V1}/payment_requests`, (call) => {
		if (!knowsEntities(state, call.query)) return notFound('billing_entity');
		const { external_customer_id, payment_status } = call.query;
		const entities = chosen(call.query, ['billing_entity_codes']);
		const matching = [...state.paymentRequests.values()]
			.reverse()
			.filter(
				(one) =>
					(external_customer_id === undefined || one.customer.external_id === external_customer_id) &&
					(payment_status === undefined || one.payment_status === payment_status) &&
					(entities?.includes(one.invoices[0]?.billing_entity_code ?? '') ?? true),
			);
		return page('payment_requests', matching, call, paymentRequestView);
	});
	api.route('get', `${V1}/payment_requests/:id`, ({ params }) => one(paymentRequests.get(params.id)));
}
