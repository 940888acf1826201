import { z } from 'zod';
import { ok, type SimulatedApi } from '../../shared/api';
import { cardView } from '../cards';
import type { Customers } from '../ledger/customers';
import { existing, metadataOf, refuse, type DodoState, type PaymentMethod } from '../state';
import { page, parse } from './requests';

const customer = z.object({
	email: z.string().email(),
	name: z.string(),
	phone_number: z.string().nullish(),
	metadata: z.unknown(),
});
const change = z.object({
	email: z.string().email().nullish(),
	name: z.string().nullish(),
	phone_number: z.string().nullish(),
	metadata: z.unknown(),
});

/** Customers and their saved cards. The same e-mail twice makes two customers. */
export function customerRoutes(api: SimulatedApi, state: DodoState, customers: Customers): void {
	api.route('post', '/customers', ({ body }) => {
		const { metadata, ...input } = parse(customer, body);
		return ok(customers.create({ ...input, metadata: metadataOf(metadata) }));
	});
	api.route('get', '/customers', (call) =>
		page(
			[...state.customers.values()].filter(({ email }) => call.query.email === undefined || email === call.query.email),
			call,
		),
	);
	api.route('get', '/customers/:id', ({ params }) => ok(existing(state.customers, params.id)));
	api.route('patch', '/customers/:id', ({ params, body }) => {
		const found = existing(state.customers, params.id);
		const { metadata, ...rest } = parse(change, body);
		for (const [key, value] of Object.entries(rest))
			if (value !== undefined && value !== null) Object.assign(found, { [key]: value });
		if (metadata !== undefined && metadata !== null) found.metadata = metadataOf(metadata);
		return ok(found);
	});
	api.route('get', '/customers/:id/payment-methods', ({ params }) => {
		const { customer_id } = existing(state.customers, params.id);
		return ok({
			items: [...state.paymentMethods.values()].filter((one) => one.customer_id === customer_id).map(methodView),
		});
	});
	api.route('delete', '/customers/:id/payment-methods/:methodId', ({ params }) => {
		const { payment_method_id, customer_id } = existing(state.paymentMethods, params.methodId);
		if (customer_id !== params.id) refuse(404, 'NOT_FOUND', 'The requested resource was not found');
		state.paymentMethods.delete(payment_method_id);
		return ok();
	});
}

function methodView({ payment_method_id, card, expires, last_used_at }: PaymentMethod): unknown {
	const { card_last_four, card_network, card_type } = cardView(card);
	return {
		payment_method_id,
		payment_method: 'card',
		payment_method_type: 'credit',
		recurring_enabled: true,
		last_used_at,
		card: {
			card_holder_name: null,
			card_issuing_country: null,
			card_network,
			card_type,
			expiry_month: expires[0],
			expiry_year: expires[1],
			last4_digits: card_last_four,
		},
	};
}
