import { z } from 'zod';
import { ok, type SimulatedApi } from '../../shared/api';
import { addBrand, primaryBrand } from '../ledger/brands';
import { existing, refuse, type DodoState } from '../state';
import { parse } from './requests';

const text = z.string().nullish();
const change = z.object({
	name: text,
	description: text,
	statement_descriptor: text,
	support_email: text,
	url: text,
});

/** Brands of the business: under which name customers buy (docs `api-reference/brands`). */
export function brandRoutes(api: SimulatedApi, state: DodoState): void {
	const all = () => new Map([[state.businessId, primaryBrand(state)], ...state.brands]);
	const given = (body: unknown): object =>
		Object.fromEntries(Object.entries(parse(change, body)).filter(([, value]) => value != null));
	api.route('get', '/brands', () => ok({ items: [...all().values()] }));
	api.route('post', '/brands', ({ body }) => ok(addBrand(state, given(body))));
	api.route('get', '/brands/:id', ({ params }) => ok(existing(all(), params.id)));
	api.route('patch', '/brands/:id', ({ params, body }) => {
		if (params.id === state.businessId)
			return refuse(400, 'INVALID_REQUEST_BODY', 'Primary brand cannot be updated via this API endpoint');
		return ok(Object.assign(existing(state.brands, params.id), given(body)));
	});
}
