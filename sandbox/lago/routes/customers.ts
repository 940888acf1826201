import { ok, type ApiCall, type Reply, type SimulatedApi } from '../../shared/api';
import type { LagoLedger } from '../ledger';
import type { LagoState } from '../state';
import { customerView } from '../views/customers';
import { hasMetadata, page, root, V1 } from './requests';

/** Customers, addressed by external id. */
export function customerRoutes(api: SimulatedApi, state: LagoState, { customers }: LagoLedger): void {
	api.route('post', `${V1}/customers`, ({ body }) =>
		ok({ customer: customerView(customers.upsert(root(body, 'customer')), 'alone') }),
	);
	api.route('get', `${V1}/customers`, (call) => {
		const { external_id, search_term: term } = call.query;
		const matching = [...state.customers.values()]
			.reverse()
			.filter(
				(customer) =>
					(external_id === undefined || customer.external_id === external_id) &&
					(typeof term !== 'string' ||
						[customer.name, customer.email, customer.external_id].some((text) =>
							text?.toLowerCase().includes(term.toLowerCase()),
						)) &&
					hasMetadata(call.query, customer.metadata),
			);
		return page('customers', matching, call, (customer) => customerView(customer, 'list'));
	});
	const one = ({ params }: ApiCall): Reply => ok({ customer: customerView(customers.get(params.externalId), 'alone') });
	// What follows a dot is a format: a dot in an id has to be written as %2E.
	api.route('get', `${V1}/customers/:externalId.:format`, one);
	api.route('get', `${V1}/customers/:externalId`, one);
}
