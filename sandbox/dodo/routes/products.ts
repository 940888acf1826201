import { z } from 'zod';
import { ok, type SimulatedApi } from '../../shared/api';
import { dodoId } from '../../shared/ids';
import { existing, metadataOf, timestamp, type DodoState, type Price, type Product } from '../state';
import { currency, int32, page, parse } from './requests';

const shared = {
	currency,
	price: int32.min(0),
	discount: z.number().int().min(0).max(100),
	purchasing_power_parity: z.boolean(),
	tax_inclusive: z.boolean().nullish(),
};
const interval = z.enum(['Day', 'Week', 'Month', 'Year']);
const price = z.discriminatedUnion('type', [
	z.object({
		type: z.literal('one_time_price'),
		...shared,
		pay_what_you_want: z.boolean().default(false),
		suggested_price: int32.nullish(),
	}),
	z.object({
		type: z.literal('recurring_price'),
		...shared,
		payment_frequency_count: int32.min(1),
		payment_frequency_interval: interval,
		subscription_period_count: int32.min(1),
		subscription_period_interval: interval,
		trial_period_days: int32.min(0).default(0),
	}),
]);
const fields = {
	name: z.string().min(1).max(100),
	description: z.string().max(1000).nullish(),
	tax_category: z.enum(['digital_products', 'saas', 'e_book', 'edtech', 'live_tutoring']),
	price,
};
const product = z.object({ ...fields, brand_id: z.string().nullish(), metadata: z.unknown() });
const change = z.object({
	name: fields.name.nullish(),
	description: fields.description,
	tax_category: fields.tax_category.nullish(),
	price: price.nullish(),
	metadata: z.unknown(),
});

/** Products: what is sold; for invoices one pay-what-you-want product. */
export function productRoutes(api: SimulatedApi, state: DodoState): void {
	api.route('post', '/products', ({ body }) => {
		const input = parse(product, body);
		const brandId = input.brand_id ?? state.businessId;
		if (brandId !== state.businessId) existing(state.brands, brandId);
		const now = timestamp();
		const created: Product = {
			product_id: dodoId('pdt_'),
			business_id: state.businessId,
			brand_id: brandId,
			name: input.name,
			description: input.description ?? null,
			tax_category: input.tax_category,
			is_recurring: input.price.type === 'recurring_price',
			price: toPrice(input.price),
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
		const { recurring, brand_id: brand } = call.query;
		const matching = [...state.products.values()].filter(
			(one) =>
				one.archived === archived &&
				(brand === undefined || one.brand_id === brand) &&
				(recurring === undefined || String(one.is_recurring) === recurring),
		);
		return page(matching, call, listed);
	});
	api.route('get', '/products/:id', ({ params }) => ok(whole(existing(state.products, params.id))));
	api.route('patch', '/products/:id', ({ params, body }) => {
		const found = existing(state.products, params.id);
		const { price: newPrice, metadata, ...rest } = parse(change, body);
		for (const [key, value] of Object.entries(rest))
			if (value !== undefined && value !== null) Object.assign(found, { [key]: value });
		if (newPrice) found.price = toPrice(newPrice);
		if (metadata !== undefined && metadata !== null) found.metadata = metadataOf(metadata);
		found.updated_at = timestamp();
		return ok();
	});
	for (const [method, path, archived] of [
		['delete', '/products/:id', true],
		['post', '/products/:id/unarchive', false],
	] as const)
		api.route(method, path, ({ params }) => {
			existing(state.products, params.id).archived = archived;
			return ok();
		});
}

function toPrice(input: z.output<typeof price>): Price {
	return { ...input, tax_inclusive: input.tax_inclusive ?? false };
}

function whole({ archived: _archived, ...rest }: Product): unknown {
	return { ...rest, image: null, license_key_enabled: false, credit_entitlements: [] };
}

function listed({ price: detail, archived: _archived, brand_id: _brand, ...rest }: Product): unknown {
	return {
		...rest,
		image: null,
		currency: detail.currency,
		price: detail.price,
		price_detail: detail,
		tax_inclusive: detail.tax_inclusive,
	};
}
