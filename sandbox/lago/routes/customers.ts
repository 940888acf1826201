import { ok, type SimulatedApi } from '../../shared/api';
import type { LagoLedger } from '../ledger';
import type { LagoState } from '../state';
import { hasMetadata, page, root, V1 } from './requests';

/** Customers, addressed by external id. */
export function customerRoutes(api: SimulatedApi, state: LagoState, { customers }: LagoLedger): void {
	api.route('post', `${V1}/customers`, ({ body }) => ok({ customer: customers.upsert(root(body, 'customer')) }));
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
		return page('customers', matching, call);
	});
	api.route('get', `${V1}/customers/:externalId`, ({ params }) =>
		ok({ customer: { ...customers.get(params.externalId), taxes: [], applicable_invoice_custom_sections: [] } }),
	);
}
