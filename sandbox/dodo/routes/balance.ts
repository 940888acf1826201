import { z } from 'zod';
import type { SimulatedApi } from '../../shared/api';
import { LEDGER_EVENT_TYPES } from '../balanceEntries';
import type { DodoState } from '../state';
import { createdWithin, currency, page, parseQuery } from './requests';

const filters = z.object({
	event_type: z.enum(LEDGER_EVENT_TYPES).optional(),
	currency: currency.optional(),
	reference_object_id: z.string().optional(),
	limit: z.coerce.number().int().min(1).max(100).optional(),
});

/** What Dodo owes the merchant, and what it has paid out: read-only. */
export function balanceRoutes(api: SimulatedApi, state: DodoState): void {
	api.route('get', '/balances/ledger', (call) => {
		const wanted = parseQuery(filters, call.query);
		const within = createdWithin(call.query);
		const matching = [...state.ledger.values()].filter(
			(one) =>
				within(one) &&
				(wanted.event_type === undefined || one.event_type === wanted.event_type) &&
				(wanted.currency === undefined || one.currency === wanted.currency) &&
				(wanted.reference_object_id === undefined || one.reference_object_id === wanted.reference_object_id),
		);
		return page(matching, call);
	});
	api.route('get', '/payouts', (call) => page([...state.payouts.values()].filter(createdWithin(call.query)), call));
}
