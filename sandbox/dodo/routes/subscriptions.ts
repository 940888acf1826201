import { z } from 'zod';
import { ok, type SimulatedApi } from '../../shared/api';
import type { Mandates } from '../ledger/mandates';
import { existing, metadataOf, type DodoState } from '../state';
import { toBilling } from './checkouts';
import { address, createdWithin, currency, int32, page, parse, parseQuery } from './requests';

const charge = z.object({
	product_price: int32.min(0),
	product_currency: currency.nullish(),
	product_description: z.string().nullish(),
	metadata: z.unknown(),
});
const update = z.discriminatedUnion('type', [
	z.object({ type: z.literal('new'), return_url: z.string().nullish() }),
	z.object({ type: z.literal('existing'), payment_method_id: z.string() }),
]);
const change = z.object({
	status: z.enum(['cancelled', 'paused', 'active']).nullish(),
	cancel_at_next_billing_date: z.boolean().nullish(),
	billing: address.nullish(),
	metadata: z.unknown(),
	pause: z.undefined({ invalid_type_error: 'pause is not supported' }),
});
const STATUSES = ['pending', 'active', 'past_due', 'on_hold', 'paused', 'cancelled', 'failed', 'expired'] as const;
const filters = z.object({
	customer_id: z.string().optional(),
	product_id: z.string().optional(),
	status: z.enum(STATUSES).optional(),
});

/** On-demand subscriptions and their charges. A charge has no idempotency. */
export function subscriptionRoutes(api: SimulatedApi, state: DodoState, mandates: Mandates): void {
	api.route('get', '/subscriptions', (call) => {
		const { customer_id, product_id, status } = parseQuery(filters, call.query);
		const within = createdWithin(call.query);
		const matching = [...state.subscriptions.values()].filter(
			(one) =>
				within(one) &&
				(customer_id === undefined || one.customer.customer_id === customer_id) &&
				(product_id === undefined || one.product_id === product_id) &&
				(status === undefined || one.status === status),
		);
		return page(matching, call, (one) => mandates.view(one));
	});
	api.route('get', '/subscriptions/:id', ({ params }) => ok(mandates.view(existing(state.subscriptions, params.id))));
	api.route('post', '/subscriptions/:id/charge', ({ params, body }) => {
		const input = parse(charge, body);
		const metadata = input.metadata === undefined || input.metadata === null ? null : metadataOf(input.metadata);
		return ok({
			payment_id: mandates.charge(existing(state.subscriptions, params.id), {
				amount: input.product_price,
				currency: input.product_currency,
				metadata,
			}),
		});
	});
	api.route('post', '/subscriptions/:id/update-payment-method', ({ params, body }) => {
		const input = parse(update, body);
		return ok(
			mandates.updatePaymentMethod(
				existing(state.subscriptions, params.id),
				input.type === 'existing' ? input.payment_method_id : null,
			),
		);
	});
	api.route('patch', '/subscriptions/:id', ({ params, body }) => {
		const subscription = existing(state.subscriptions, params.id);
		const input = parse(change, body);
		if (input.metadata !== undefined && input.metadata !== null) subscription.metadata = metadataOf(input.metadata);
		if (input.billing) subscription.billing = toBilling(input.billing);
		if (typeof input.cancel_at_next_billing_date === 'boolean')
			subscription.cancel_at_next_billing_date = input.cancel_at_next_billing_date;
		if (input.status) mandates.move(subscription, input.status);
		return ok(mandates.view(subscription));
	});
}
