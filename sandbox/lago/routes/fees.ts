import { ok, type SimulatedApi } from '../../shared/api';
import { notFound } from '../refusals';
import type { Fee } from '../documents';
import type { LagoState } from '../state';
import { chosen, Counts, page, V1 } from './requests';

const PAYMENT_STATUSES = ['pending', 'succeeded', 'failed', 'refunded'];
const TYPES = ['charge', 'add_on', 'subscription', 'credit', 'commitment', 'fixed_charge'];

/** Fees of all invoices. */
export function feeRoutes(api: SimulatedApi, state: LagoState): void {
	const counts = new Counts();
	const all = (): Fee[] => [...state.invoices.values()].flatMap(({ fees }) => fees).reverse();
	api.route('get', `${V1}/fees`, (call) => {
		const statuses = chosen(call.query, ['payment_status'], PAYMENT_STATUSES);
		const types = chosen(call.query, ['fee_type'], TYPES);
		const { external_subscription_id, external_customer_id, currency, succeeded_at_from } = call.query;
		const matching = all().filter(
			(fee) =>
				(statuses?.includes(fee.payment_status) ?? true) &&
				(types?.includes(fee.item.type) ?? true) &&
				(external_subscription_id === undefined || fee.external_subscription_id === external_subscription_id) &&
				(external_customer_id === undefined || fee.external_customer_id === external_customer_id) &&
				(currency === undefined || fee.amount_currency === currency) &&
				(succeeded_at_from === undefined ||
					Date.parse(String(fee.succeeded_at)) >= Date.parse(String(succeeded_at_from))),
		);
		return page('fees', matching, call, undefined, counts);
	});
	api.route('get', `${V1}/fees/:id`, ({ params }) =>
		ok({ fee: all().find(({ lago_id }) => lago_id === params.id) ?? notFound('fee') }),
	);
}
