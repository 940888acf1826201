import { z } from 'zod';
import type { ApiCall, Reply, SimulatedApi } from '../shared/api';
import { dodoId } from '../shared/ids';
import type { DodoLedger } from './ledger';
import { existing, metadataOf, refuse, timestamp, type DodoState, type Endpoint, type Price, type Product } from './state';
import { newSecret } from './webhooks';
import { EVENT_TYPES } from './eventTypes';

const ok = (body?: unknown): Reply => ({ status: 200, body });
const int32 = z.number().int().max(2_147_483_647);

function parse<T>(schema: z.ZodType<T, z.ZodTypeDef, unknown>, body: unknown): T {
	const parsed = schema.safeParse(body);
	if (parsed.success) return parsed.data;
	const issue = parsed.error.issues[0];
	return refuse(422, 'INVALID_REQUEST_BODY', `Failed to deserialize the JSON body into the target type: ${issue?.path.join('.')}: ${issue?.message}`);
}

/** 0-based pages, `{items}` without totals (docs `api-reference/introduction`). */
function page(items: unknown[], { query }: ApiCall): Reply {
	const size = Number(query.page_size ?? 10);
	const number = Number(query.page_number ?? 0);
	if (!Number.isInteger(size) || size < 1 || size > 100 || !Number.isInteger(number) || number < 0)
		return refuse(422, 'INVALID_REQUEST_PARAMETERS', 'page_size must be between 1 and 100');
	return ok({ items: items.slice(number * size, (number + 1) * size) });
}

const newestFirst = <T extends { created_at: string }>(items: Iterable<T>): T[] => [...items].reverse();

function createdWithin(query: Record<string, unknown>) {
	return ({ created_at }: { created_at: string }): boolean =>
		(query.created_at_gte === undefined || Date.parse(created_at) >= Date.parse(String(query.created_at_gte))) &&
		(query.created_at_lte === undefined || Date.parse(created_at) <= Date.parse(String(query.created_at_lte)));
}

export function productRoutes(api: SimulatedApi, state: DodoState): void {
	const price = z
		.object({
			type: z.enum(['one_time_price', 'recurring_price']),
			currency: z.string().regex(/^[A-Z]{3}$/),
			price: int32.min(0),
			discount: z.number().int().min(0).max(100),
			purchasing_power_parity: z.boolean(),
			pay_what_you_want: z.boolean().optional(),
			suggested_price: int32.nullish(),
			tax_inclusive: z.boolean().nullish(),
		})
		.passthrough();
	const product = z.object({
		name: z.string().max(100),
		description: z.string().max(1000).nullish(),
		tax_category: z.enum(['digital_products', 'saas', 'e_book', 'edtech', 'live_tutoring']),
		price,
		metadata: z.unknown(),
	});
	const listed = ({ price: detail, archived: _archived, brand_id: _brand, ...rest }: Product): unknown => ({
		...rest,
		image: null,
		currency: detail.currency,
		price: detail.price,
		price_detail: detail,
		tax_inclusive: detail.tax_inclusive,
	});
	const whole = ({ archived: _archived, ...rest }: Product): unknown => ({ ...rest, license_key_enabled: false });

	api.route('post', '/products', ({ body }) => {
		const input = parse(product, body);
		const now = timestamp();
		const created: Product = {
			product_id: dodoId('pdt_'),
			business_id: state.businessId,
			brand_id: state.businessId,
			name: input.name,
			description: input.description ?? null,
			tax_category: input.tax_category,
			is_recurring: input.price.type === 'recurring_price',
			price: { ...input.price, tax_inclusive: input.price.tax_inclusive ?? false } as Price,
			metadata: metadataOf(input.metadata),
			created_at: now,
			updated_at: now,
			archived: false,
		};
		state.products.set(created.product_id, created);
		return ok(whole(created));
	});
	api.route('get', '/products', (call) => {
		const archived = call.query.archived === 'true';
		const recurring = call.query.recurring;
		const items = newestFirst(state.products.values()).filter(
			(one) => one.archived === archived && (recurring === undefined || String(one.is_recurring) === recurring),
		);
		return page(items.map(listed), call);
	});
	api.route('get', '/products/:id', ({ params }) => ok(whole(existing(state.products, params.id))));
	api.route('delete', '/products/:id', ({ params }) => {
		existing(state.products, params.id).archived = true;
		return ok();
	});
}

export function checkoutRoutes(api: SimulatedApi, state: DodoState, ledger: DodoLedger): void {
	const address = z.object({
		country: z.string().regex(/^[A-Z]{2}$/),
		street: z.string().trim().min(1).nullish(),
		city: z.string().trim().min(1).nullish(),
		state: z.string().trim().min(1).nullish(),
		zipcode: z.string().trim().min(1).nullish(),
	});
	const checkout = z.object({
		product_cart: z.array(z.object({ product_id: z.string(), quantity: z.number().int().min(1), amount: int32.min(0).nullish() })),
		customer: z
			.union([z.object({ customer_id: z.string() }), z.object({ email: z.string().email(), name: z.string().nullish(), phone_number: z.string().nullish() })])
			.nullish(),
		billing_address: address.nullish(),
		billing_currency: z.string().nullish(),
		tax_id: z.string().nullish(),
		metadata: z.unknown(),
		return_url: z.string().url().nullish(),
		feature_flags: z.record(z.boolean()).optional(),
		subscription_data: z.object({ on_demand: z.object({ mandate_only: z.boolean() }).passthrough().nullish() }).passthrough().nullish(),
	});
	api.route('post', '/checkouts', ({ body }) => {
		const input = parse(checkout, body);
		if (input.tax_id && !input.billing_address) refuse(422, 'INVALID_REQUEST_BODY', 'tax_id requires billing_address with country');
		if (input.tax_id && /invalid/i.test(input.tax_id)) refuse(422, 'INVALID_TAX_ID', 'The tax id is not valid for the country');
		const created = ledger.openCheckout({
			cart: input.product_cart.map((line) => ({ ...line, amount: line.amount ?? null })),
			customer: input.customer ?? null,
			country: input.billing_address?.country ?? null,
			metadata: metadataOf(input.metadata),
			mandate: input.subscription_data?.on_demand?.mandate_only === true,
		});
		return ok({ session_id: created.id, checkout_url: ledger.pageOf(created.id) });
	});
	api.route('get', '/checkouts/:id', ({ params }) => {
		const session = existing(state.checkouts, params.id);
		const payment = session.payment_id === null ? undefined : state.payments.get(session.payment_id);
		return ok({
			id: session.id,
			created_at: session.created_at,
			customer_email: session.customer?.email ?? null,
			customer_name: session.customer?.name ?? null,
			payment_id: session.payment_id,
			payment_status: payment?.status ?? null,
		});
	});
}

export function customerRoutes(api: SimulatedApi, state: DodoState, ledger: DodoLedger): void {
	api.route('post', '/customers', ({ body }) => ok(ledger.customerBy(parse(z.object({ email: z.string().email(), name: z.string() }), body), true)));
	api.route('get', '/customers', (call) => page(newestFirst(state.customers.values()).filter(({ email }) => call.query.email === undefined || email === call.query.email), call));
	api.route('get', '/customers/:id', ({ params }) => ok(existing(state.customers, params.id)));
}

export function paymentRoutes(api: SimulatedApi, state: DodoState, ledger: DodoLedger): void {
	const summary = ['brand_id', 'created_at', 'currency', 'customer', 'digital_products_delivered', 'has_license_key', 'invoice_id', 'invoice_url', 'metadata', 'payment_id', 'payment_method', 'payment_method_type', 'refund_status', 'dispute_status', 'status', 'subscription_id', 'total_amount'];
	api.route('get', '/payments', (call) => {
		const { customer_id, subscription_id, status, currency } = call.query;
		const items = newestFirst(state.payments.values())
			.filter(createdWithin(call.query))
			.filter(
				(one) =>
					(customer_id === undefined || (one.customer as { customer_id: string }).customer_id === customer_id) &&
					(subscription_id === undefined || one.subscription_id === subscription_id) &&
					(status === undefined || one.status === status) &&
					(currency === undefined || one.currency === currency),
			);
		return page(items.map((one) => Object.fromEntries(summary.map((key) => [key, one[key] ?? null]))), call);
	});
	api.route('get', '/payments/:id', ({ params }) => ok(existing(state.payments, params.id)));
	api.route('get', '/payments/:id/line-items', ({ params }) => ok(ledger.lineItems(existing(state.payments, params.id))));
}

export function subscriptionRoutes(api: SimulatedApi, state: DodoState, ledger: DodoLedger): void {
	api.route('get', '/subscriptions/:id', ({ params }) => ok(ledger.subscriptionView(existing(state.subscriptions, params.id))));
	api.route('post', '/subscriptions/:id/charge', ({ params, body }) => {
		const input = parse(z.object({ product_price: int32.min(0), product_currency: z.string().nullish(), product_description: z.string().nullish(), metadata: z.unknown() }), body);
		const metadata = input.metadata === undefined || input.metadata === null ? null : metadataOf(input.metadata);
		return ok({ payment_id: ledger.charge(existing(state.subscriptions, params.id), input.product_price, metadata) });
	});
	api.route('post', '/subscriptions/:id/update-payment-method', ({ params, body }) => {
		parse(z.object({ type: z.enum(['new', 'existing']), return_url: z.string().nullish(), payment_method_id: z.string().nullish() }), body);
		return ok(ledger.startPaymentMethodUpdate(existing(state.subscriptions, params.id)));
	});
	api.route('patch', '/subscriptions/:id', ({ params, body }) => {
		const subscription = existing(state.subscriptions, params.id);
		const input = parse(z.object({ status: z.enum(['cancelled', 'paused', 'active']).nullish(), metadata: z.unknown() }), body);
		if (input.metadata !== undefined) subscription.metadata = metadataOf(input.metadata);
		if (input.status) subscription.status = input.status;
		return ok(ledger.subscriptionView(subscription));
	});
}

export function refundRoutes(api: SimulatedApi, state: DodoState, ledger: DodoLedger): void {
	const refund = z.object({
		payment_id: z.string(),
		items: z.array(z.object({ item_id: z.string(), amount: int32.min(1).nullish(), tax_inclusive: z.boolean().optional() })).nullish(),
		reason: z.string().max(3000).nullish(),
		metadata: z.unknown(),
	});
	api.route('post', '/refunds', ({ body }) => {
		const input = parse(refund, body);
		const payment = existing(state.payments, input.payment_id);
		return ok(ledger.refund(payment, { items: input.items ?? null, reason: input.reason ?? null, metadata: metadataOf(input.metadata) }));
	});
	api.route('get', '/refunds', (call) => page(newestFirst(state.refunds.values()).filter(createdWithin(call.query)).filter(({ status }) => call.query.status === undefined || status === call.query.status), call));
	api.route('get', '/refunds/:id', ({ params }) => ok(existing(state.refunds, params.id)));
	api.route('get', '/disputes', (call) => page(newestFirst(state.disputes.values()).filter(createdWithin(call.query)), call));
	api.route('get', '/disputes/:id', ({ params }) => ok(existing(state.disputes, params.id)));
}

export function webhookRoutes(api: SimulatedApi, state: DodoState): void {
	const fields = {
		description: z.string().nullish(),
		disabled: z.boolean().nullish(),
		filter_types: z.array(z.enum(EVENT_TYPES)).nullish(),
		metadata: z.record(z.string()).nullish(),
		rate_limit: z.number().int().min(0).nullish(),
	};
	const view = ({ secret: _secret, oldSecret: _old, headers: _headers, ...rest }: Endpoint): unknown => rest;
	api.route('post', '/webhooks', ({ body }) => {
		const input = parse(z.object({ url: z.string().url(), headers: z.record(z.string()).nullish(), idempotency_key: z.string().nullish(), ...fields }), body);
		const now = timestamp();
		const created: Endpoint = {
			id: dodoId('ep_'),
			url: input.url,
			description: input.description ?? '',
			disabled: input.disabled ?? false,
			filter_types: input.filter_types ?? null,
			metadata: input.metadata ?? {},
			headers: input.headers ?? {},
			rate_limit: input.rate_limit ?? null,
			created_at: now,
			updated_at: now,
			secret: newSecret(),
			oldSecret: null,
		};
		state.webhooks.set(created.id, created);
		return ok(view(created));
	});
	api.route('get', '/webhooks', ({ query }) => {
		const limit = Number(query.limit ?? 50);
		const all = [...state.webhooks.values()];
		const from = query.iterator === undefined ? 0 : all.findIndex(({ id }) => id === query.iterator) + 1;
		const data = all.slice(from, from + limit);
		const iterator = data.at(-1)?.id ?? (query.iterator as string | undefined) ?? null;
		return ok({ data: data.map(view), iterator, prev_iterator: null, done: from + limit >= all.length });
	});
	api.route('get', '/webhooks/:id', ({ params }) => ok(view(existing(state.webhooks, params.id))));
	api.route('get', '/webhooks/:id/secret', ({ params }) => ok({ secret: existing(state.webhooks, params.id).secret }));
	api.route('patch', '/webhooks/:id', ({ params, body }) => {
		const endpoint = existing(state.webhooks, params.id);
		const input = parse(z.object({ url: z.string().url().nullish(), ...fields }), body);
		for (const [key, value] of Object.entries(input)) if (value !== undefined && value !== null) Object.assign(endpoint, { [key]: value });
		endpoint.updated_at = timestamp();
		return ok(view(endpoint));
	});
	api.route('delete', '/webhooks/:id', ({ params }) => {
		existing(state.webhooks, params.id);
		state.webhooks.delete(params.id as string);
		return ok();
	});
}
