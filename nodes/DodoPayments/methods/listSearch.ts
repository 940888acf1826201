import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';
import { INVOICE_NUMBER_KEY } from '../../shared/domain/keys';
import { formatDodoAmount } from '../../shared/domain/money';
import { asNodeError } from '../../shared/transport/nodeError';
import { mandateSchema, paymentSummarySchema, productSchema } from '../../shared/wire/dodo/objects';
import { payoutSchema } from '../../shared/wire/dodo/statement';
import { DodoClient } from '../transport/client';

const LIST_LIMIT = 100;

/** The newest payments, filtered by what the person types. */
export async function searchPayments(this: ILoadOptionsFunctions, filter = ''): Promise<INodeListSearchResult> {
	return await listing(
		this,
		async (client) => {
			const payments = await client.list(paymentSummarySchema, '/payments', {}, LIST_LIMIT);
			return payments.map(({ payment_id, status, total_amount, currency, metadata }) => ({
				name: [
					formatDodoAmount(total_amount, currency),
					status ?? 'not started',
					metadata[INVOICE_NUMBER_KEY],
					payment_id,
				]
					.filter(Boolean)
					.join(' · '),
				value: payment_id,
			}));
		},
		filter,
	);
}

/** One-time pay-what-you-want products: only they take the amount that an invoice has. */
export async function searchInvoiceProducts(this: ILoadOptionsFunctions, filter = ''): Promise<INodeListSearchResult> {
	return await listing(
		this,
		async (client) => {
			const products = await client.list(productSchema, '/products', { archived: false, recurring: false }, LIST_LIMIT);
			return products
				.filter(({ price_detail }) => price_detail?.pay_what_you_want === true)
				.map(({ product_id, name, price_detail }) => ({
					name: [
						name ?? product_id,
						price_detail?.currency,
						price_detail?.tax_inclusive ? 'tax included' : 'plus tax',
					].join(' · '),
					value: product_id,
				}));
		},
		filter,
	);
}

/** The newest payouts. */
export async function searchPayouts(this: ILoadOptionsFunctions, filter = ''): Promise<INodeListSearchResult> {
	return await listing(
		this,
		async (client) => {
			const payouts = await client.list(payoutSchema, '/payouts', {}, LIST_LIMIT);
			return payouts.map(({ payout_id, status, amount, currency, created_at }) => ({
				name: [
					new Date(created_at).toISOString().slice(0, 10),
					formatDodoAmount(amount, currency),
					status,
					payout_id,
				].join(' · '),
				value: payout_id,
			}));
		},
		filter,
	);
}

/** The newest on-demand subscriptions. */
export async function searchMandates(this: ILoadOptionsFunctions, filter = ''): Promise<INodeListSearchResult> {
	return await listing(
		this,
		async (client) => {
			const mandates = await client.list(mandateSchema, '/subscriptions', {}, LIST_LIMIT);
			return mandates
				.filter(({ on_demand }) => on_demand !== false)
				.map(({ subscription_id, status, currency, customer }) => ({
					name: [customer?.name ?? customer?.email ?? customer?.customer_id, currency, status, subscription_id]
						.filter(Boolean)
						.join(' · '),
					value: subscription_id,
				}));
		},
		filter,
	);
}

async function listing(
	ctx: ILoadOptionsFunctions,
	load: (client: DodoClient) => Promise<INodeListSearchResult['results']>,
	filter: string,
): Promise<INodeListSearchResult> {
	const results = await DodoClient.of(ctx)
		.then(load)
		.catch((caught: unknown) => {
			throw asNodeError(ctx.getNode(), caught);
		});
	const wanted = filter.toLowerCase();
	return { results: results.filter(({ name }) => name.toLowerCase().includes(wanted)) };
}
