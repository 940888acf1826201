import type { INodeProperties } from 'n8n-workflow';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { currencyParameter } from '../../../shared/node/money';
import { idParameter } from '../../../shared/node/parameters';
import { ensureProduct } from '../../helpers/managedProduct';
import type { DodoClient } from '../../transport/client';
import { taxField } from '../payment/product.fields';

const fields: INodeProperties[] = [
	{
		displayName: 'Currency',
		name: 'currency',
		type: 'string',
		required: true,
		default: '={{ $json.currency }}',
		placeholder: 'e.g. EUR',
		description: 'ISO code of the currency that invoices are paid in',
	},
	taxField,
	{
		displayName: 'Brand ID',
		name: 'brand',
		type: 'string',
		default: '',
		placeholder: 'e.g. brnd_2Kd9sX',
		description: 'The brand whose name customers see; the primary one when empty',
	},
];

/** Product -> Ensure Invoice Product: found again instead of made twice. */
export const ensure: Operation<DodoClient, 'created' | 'existing'> = {
	menu: {
		name: 'Ensure Invoice Product',
		action: 'Ensure the invoice product',
		description: 'Find, or create once, the pay-what-you-want product that invoices of a currency are paid with',
	},
	fields: fieldsOf('product', 'ensure', fields),
	async execute(ctx, client, index) {
		const currency = currencyParameter(ctx, 'currency', 'Currency', index);
		const taxInclusive = ctx.getNodeParameter('taxMode', index) !== 'exclusive';
		const { productId, created } = await ensureProduct(client, {
			purpose: 'invoice',
			currency,
			taxInclusive,
			brandId: idParameter(ctx, 'brand', index) || null,
		});
		return { productId, currency, taxInclusive, outcome: created ? 'created' : 'existing' };
	},
};
