import { dodoUnits, lagoUnits } from '../../shared/domain/currencies';
import { minimumCharge } from '../../shared/domain/money';
import { BoundedMap } from '../../shared/process/boundedMap';
import { withKeyedLock } from '../../shared/process/keyedLock';
import { productSchema, type DodoProduct } from '../../shared/wire/dodo/objects';
import type { DodoClient } from '../transport/client';

/** Marks the products that this package made. */
const MANAGED_BY = 'n8n-nodes-dodo-lago';
const PRODUCT_LIMIT = 10_000;

/** One product serves every invoice, another one every mandate, of a currency, tax mode and brand. */
export interface WantedProduct {
	/** `invoice`: pay what you want, once; `mandate`: an on-demand subscription that is charged any amount later. */
	purpose: 'invoice' | 'mandate';
	/** ISO 4217, upper case. */
	currency: string;
	/** true: the amount contains the tax; false: Dodo adds its tax on top. */
	taxInclusive: boolean;
	/** Whose name customers see; null for the primary brand of the business. */
	brandId: string | null;
}

const known = new BoundedMap<string, string>({ entries: 1_000 });

/**
 * The id of the product that this package keeps for a purpose: remembered, else found by its mark, else created.
 * @throws ApiError
 */
export async function ensureProduct(
	client: DodoClient,
	wanted: WantedProduct,
): Promise<{ productId: string; created: boolean }> {
	const key = cacheKey(client, wanted);
	return await withKeyedLock(`product ${key}`, async () => {
		const remembered = known.get(key);
		if (remembered !== undefined) return { productId: remembered, created: false };
		const found = await findProduct(client, wanted);
		const productId = found?.product_id ?? (await createProduct(client, wanted)).product_id;
		known.set(key, productId);
		return { productId, created: found === undefined };
	});
}

/** Forgets a product that Dodo does not know any more, so that the next call looks again. */
export function forgetProduct(client: DodoClient, wanted: WantedProduct): void {
	known.delete(cacheKey(client, wanted));
}

function cacheKey(client: DodoClient, { purpose, currency, taxInclusive, brandId }: WantedProduct): string {
	return `${client.accountKey} ${purpose} ${currency} ${taxInclusive} ${brandId}`;
}

/** The oldest match, so that several workers agree even if two were created at the same instant. */
async function findProduct(client: DodoClient, wanted: WantedProduct): Promise<DodoProduct | undefined> {
	const products = await client.list(
		productSchema,
		'/products',
		{
			archived: false,
			recurring: wanted.purpose === 'mandate',
			...(wanted.brandId === null ? {} : { brand_id: wanted.brandId }),
		},
		PRODUCT_LIMIT,
	);
	return products
		.filter(
			({ metadata, price_detail: price }) =>
				metadata.managed_by === MANAGED_BY &&
				// A list does not say of which brand a product is.
				(metadata.brand_id ?? null) === wanted.brandId &&
				(wanted.purpose === 'mandate' ? price?.type === 'recurring_price' : price?.pay_what_you_want === true) &&
				price?.currency === wanted.currency &&
				(price.tax_inclusive ?? false) === wanted.taxInclusive,
		)
		.sort(oldestFirst)[0];
}

/** ms since 1970; one that Dodo does not date comes last. */
function momentOf({ created_at }: DodoProduct): number {
	const moment = Date.parse(created_at ?? '');
	return Number.isNaN(moment) ? Number.MAX_SAFE_INTEGER : moment;
}

/** Not compared as text: Dodo leaves out a fraction of a second that is zero. */
function oldestFirst(one: DodoProduct, other: DodoProduct): number {
	return momentOf(one) - momentOf(other) || (one.product_id < other.product_id ? -1 : 1);
}

async function createProduct(client: DodoClient, wanted: WantedProduct): Promise<DodoProduct> {
	const isMandate = wanted.purpose === 'mandate';
	const brand: { brand_id?: string } = wanted.brandId === null ? {} : { brand_id: wanted.brandId };
	const suffix = `(${wanted.currency}${wanted.taxInclusive ? '' : ', plus tax'})`;
	return await client.request(productSchema, {
		method: 'POST',
		path: '/products',
		body: {
			name: isMandate ? `Automatic invoice payment ${suffix}` : `Invoice payment ${suffix}`,
			description: `${isMandate ? 'Consent to automatic payment of invoices' : 'Payment of an invoice'}. Made and used by n8n; do not archive.`,
			tax_category: 'saas',
			price: {
				currency: wanted.currency,
				price: lowestPrice(wanted.currency),
				tax_inclusive: wanted.taxInclusive,
				discount: 0,
				purchasing_power_parity: false,
				...(isMandate ? RECURRING : PAY_WHAT_YOU_WANT),
			},
			metadata: { managed_by: MANAGED_BY, ...brand },
			...brand,
		},
	});
}

/**
 * The least a customer can pay; an on-demand subscription never charges its own price. Never more than Dodo's own minimum, in whatever
 * units that counts: below it Dodo refuses by itself.
 */
function lowestPrice(currency: string): number {
	return minimumCharge(currency, Math.min(lagoUnits(currency), dodoUnits(currency) ?? 1)) ?? 1;
}

const PAY_WHAT_YOU_WANT = { type: 'one_time_price', pay_what_you_want: true, suggested_price: null };
/** As long as Dodo allows: a mandate should not expire (docs `developer-resources/ondemand-subscriptions`). */
const RECURRING = {
	type: 'recurring_price',
	payment_frequency_count: 1,
	payment_frequency_interval: 'Month',
	subscription_period_count: 20,
	subscription_period_interval: 'Year',
};
