import { z } from 'zod';
import { ok, type SimulatedApi } from '../../shared/api';
import { insidePayment, type Refunds } from '../ledger/refunds';
import { existing, metadataOf, type DodoState, type Dispute } from '../state';
import { createdWithin, int32, page, parse, parseQuery } from './requests';

const refund = z.object({
	payment_id: z.string(),
	items: z
		.array(z.object({ item_id: z.string(), amount: int32.nullish(), tax_inclusive: z.boolean().optional() }))
		.nullish(),
	reason: z.string().max(3000).nullish(),
	metadata: z.unknown(),
});
const refundFilters = z.object({
	customer_id: z.string().optional(),
	subscription_id: z.string().optional(),
	status: z.enum(['succeeded', 'failed', 'pending', 'review']).optional(),
});
const disputeFilters = z.object({
	customer_id: z.string().optional(),
	dispute_status: z
		.string()
		.regex(/^dispute_(opened|expired|accepted|cancelled|challenged|won|lost)$/)
		.optional(),
	dispute_stage: z.enum(['pre_dispute', 'dispute', 'pre_arbitration']).optional(),
});

/** Refunds. A partial one needs `items`; there is no amount of its own and no filter by payment. */
export function refundRoutes(api: SimulatedApi, state: DodoState, refunds: Refunds): void {
	api.route('post', '/refunds', ({ body }) => {
		const input = parse(refund, body);
		const payment = existing(state.payments, input.payment_id);
		return ok(
			refunds.create(payment, {
				items: input.items ?? null,
				reason: input.reason ?? null,
				metadata: metadataOf(input.metadata),
			}),
		);
	});
	api.route('get', '/refunds', (call) => {
		const { customer_id, subscription_id, status } = parseQuery(refundFilters, call.query);
		const within = createdWithin(call.query);
		const matching = [...state.refunds.values()].filter(
			(one) =>
				within(one) &&
				(customer_id === undefined || (one.customer as { customer_id: string }).customer_id === customer_id) &&
				(subscription_id === undefined || state.payments.get(one.payment_id)?.subscription_id === subscription_id) &&
				(status === undefined || one.status === status),
		);
		return page(matching, call, insidePayment);
	});
	api.route('get', '/refunds/:id', ({ params }) => ok(existing(state.refunds, params.id)));
}

/** Disputes are read-only. */
export function disputeRoutes(api: SimulatedApi, state: DodoState): void {
	api.route('get', '/disputes', (call) => {
		const { customer_id, dispute_status, dispute_stage } = parseQuery(disputeFilters, call.query);
		const within = createdWithin(call.query);
		const matching = [...state.disputes.values()].filter(
			(one) =>
				within(one) &&
				(customer_id === undefined || (one.customer as { customer_id: string }).customer_id === customer_id) &&
				(dispute_status === undefined || one.dispute_status === dispute_status) &&
				(dispute_stage === undefined || one.dispute_stage === dispute_stage),
		);
		return page(matching, call, listed);
	});
	api.route('get', '/disputes/:id', ({ params }) => ok(existing(state.disputes, params.id)));
}

function listed({ customer: _customer, reason: _reason, remarks: _remarks, ...rest }: Dispute): unknown {
	return rest;
}
