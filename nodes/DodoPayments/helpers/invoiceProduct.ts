import { minimumCharge } from '../../shared/domain/money';
import { withLock } from '../../shared/delivery/keyedLock';
import { productSchema, type DodoProduct } from '../schemas/objects';
import type { DodoClient } from '../transport/client';

/** Marks the products that this package made. */
const MANAGED_BY = 'n8n-nodes-dodo-lago';
const PRODUCT_LIMIT = 10_000;

/** One pay-what-you-want product serves every invoice of a currency and tax mode. */
export interface WantedProduct {
	/** ISO 4217, upper case. */
	currency: string;
	/** true: the amount contains the tax; false: Dodo adds its tax on top. */
	taxInclusive: boolean;
}

const known = new Map<string, string>();

/**
 * The id of the product that invoices are paid with: remembered, else found by its mark, else created.
 * @throws ApiError
 */
export async function ensureInvoiceProduct(client: DodoClient, wanted: WantedProduct): Promise<{ productId: string; created: boolean }> {
	const key = cacheKey(client, wanted);
	return await withLock(`product ${key}`, async () => {
		const remembered = known.get(key);
		if (remembered !== undefined) return { productId: remembered, created: false };
		const found = await findProduct(client, wanted);
		const productId = found?.product_id ?? (await createProduct(client, wanted)).product_id;
		known.set(key, productId);
		return { productId, created: found === undefined };
	});
}

/** Forgets a product that Dodo does not know any more, so that the next call looks again. */
export function forgetInvoiceProduct(client: DodoClient, wanted: WantedProduct): void {
	known.delete(cacheKey(client, wanted));
}

function cacheKey(client: DodoClient, { currency, taxInclusive }: WantedProduct): string {
	return `${client.accountKey} ${currency} ${taxInclusive}`;
}

/** The oldest match, so that several workers agree even if two were created at the same instant. */
async function findProduct(client: DodoClient, wanted: WantedProduct): Promise<DodoProduct | undefined> {
	const products = await client.list(productSchema, '/products', { archived: false, recurring: false }, PRODUCT_LIMIT);
	return products
		.filter(
			({ metadata, price_detail: price }) =>
				metadata.managed_by === MANAGED_BY &&
				price?.pay_what_you_want === true &&
				price.currency === wanted.currency &&
				(price.tax_inclusive ?? false) === wanted.taxInclusive,
		)
		.sort((a, b) => a.created_at.localeCompare(b.created_at))[0];
}

async function createProduct(client: DodoClient, { currency, taxInclusive }: WantedProduct): Promise<DodoProduct> {
	return await client.request(productSchema, {
		method: 'POST',
		path: '/products',
		body: {
			name: `Invoice payment (${currency}${taxInclusive ? '' : ', plus tax'})`,
			description: 'Payment of an invoice. Made and used by n8n; do not archive.',
			tax_category: 'saas',
			price: {
				type: 'one_time_price',
				currency,
				// For pay-what-you-want this is the least a customer can pay.
				price: minimumCharge(currency),
				pay_what_you_want: true,
				suggested_price: null,
				tax_inclusive: taxInclusive,
				discount: 0,
				purchasing_power_parity: false,
			},
			metadata: { managed_by: MANAGED_BY },
		},
	});
}
