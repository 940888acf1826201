import { z } from 'zod';
import { ok, type SimulatedApi } from '../../shared/api';
import { existing, metadataOf, timestamp, type DodoState, type Payment } from '../state';
import { toBilling, type CheckoutParts } from './checkouts';
import { address, cart, createdWithin, currency, customerRequest, page, parse, parseQuery } from './requests';

const STATUSES = [
	'succeeded',
	'failed',
	'cancelled',
	'processing',
	'requires_customer_action',
	'requires_merchant_action',
	'requires_payment_method',
	'requires_confirmation',
	'requires_capture',
	'partially_captured',
	'partially_captured_and_capturable',
] as const;
const filters = z.object({
	customer_id: z.string().optional(),
	subscription_id: z.string().optional(),
	product_id: z.string().optional(),
	brand_id: z.string().optional(),
	status: z.enum(STATUSES).optional(),
	currency: currency.optional(),
});
const SUMMARY = [
	'brand_id',
	'created_at',
	'currency',
	'customer',
	'digital_products_delivered',
	'invoice_id',
	'invoice_url',
	'metadata',
	'payment_id',
	'payment_method',
	'payment_method_type',
	'refund_status',
	'status',
	'subscription_id',
	'total_amount',
];
const oneTime = z.object({
	billing: address,
	customer: customerRequest,
	product_cart: cart.min(1).max(100),
	metadata: z.unknown(),
	payment_link: z.boolean().nullish(),
});

/** Payments. No filter by metadata, but every entry of the list shows it. */
export function paymentRoutes(api: SimulatedApi, { context, customers, checkouts, payments }: CheckoutParts): void {
	const { state } = context;
	api.route('get', '/payments', (call) => {
		const wanted = parseQuery(filters, call.query);
		const within = createdWithin(call.query);
		return page(
			[...state.payments.values()].filter((one) => within(one) && matches(one, wanted)),
			call,
			(one) => summary(state, one),
		);
	});
	api.route('get', '/payments/:id', ({ params }) => ok(existing(state.payments, params.id)));
	api.route('get', '/payments/:id/line-items', ({ params }) =>
		ok(payments.lineItems(existing(state.payments, params.id))),
	);
	// Deprecated: a session whose payment exists from the start.
	api.route('post', '/payments', ({ body }) => {
		const input = parse(oneTime, body);
		const customer = customers.resolve(input.customer);
		const session = checkouts.open({
			cart: input.product_cart,
			customer,
			billing: toBilling(input.billing),
			metadata: metadataOf(input.metadata),
			mandate: null,
			confirmed: false,
		});
		const payment = checkouts.begin(session);
		return ok({
			payment_id: payment.payment_id,
			client_secret: `${payment.payment_id}_secret`,
			total_amount: payment.total_amount,
			customer: payment.customer,
			metadata: payment.metadata,
			product_cart: input.product_cart,
			payment_link: input.payment_link === true ? checkouts.pageOf(session.id) : null,
			expires_on: timestamp(session.expires_at_ms),
			discount_id: null,
		});
	});
}

function matches(
	payment: Payment,
	{ customer_id, subscription_id, product_id, brand_id, status, currency: wanted }: z.output<typeof filters>,
): boolean {
	const sold = (payment.product_cart ?? []) as Array<{ product_id: string }>;
	return (
		(customer_id === undefined || (payment.customer as { customer_id: string }).customer_id === customer_id) &&
		(subscription_id === undefined || payment.subscription_id === subscription_id) &&
		(product_id === undefined || sold.some((line) => line.product_id === product_id)) &&
		(brand_id === undefined || payment.brand_id === brand_id) &&
		(status === undefined || payment.status === status) &&
		(wanted === undefined || payment.currency === wanted)
	);
}

function summary(state: DodoState, payment: Payment): unknown {
	const dispute = [...state.disputes.values()].reverse().find(({ payment_id }) => payment_id === payment.payment_id);
	return {
		...Object.fromEntries(SUMMARY.map((key) => [key, payment[key] ?? null])),
		has_license_key: false,
		dispute_status: dispute?.dispute_status ?? null,
	};
}
