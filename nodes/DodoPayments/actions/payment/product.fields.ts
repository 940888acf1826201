import type { INodeProperties } from 'n8n-workflow';
import { listOrId } from '../../../shared/node/fields';

/** Who adds the tax: it decides which product is used. */
export const taxField: INodeProperties = {
	displayName: 'Tax',
	name: 'taxMode',
	type: 'options',
	options: [
		{
			name: 'Added on Top by Dodo Payments',
			value: 'exclusive',
			description: 'For Lago invoices without taxes: the customer pays the amount plus the tax that Dodo computes',
		},
		{
			name: 'Included in the Amount',
			value: 'inclusive',
			description: 'The customer pays exactly the amount; Dodo takes its tax out of it',
		},
	],
	default: 'inclusive',
	description:
		'How the tax that Dodo Payments owes as merchant of record relates to the amount. Lago and Dodo must not both add tax.',
};

/** Which brand of Dodo's stands for which billing entity of Lago. */
export const entityBrandsField: INodeProperties = {
	displayName: 'Brands of Billing Entities',
	name: 'entityBrands',
	type: 'string',
	typeOptions: { rows: 3 },
	default: '',
	placeholder: 'e.g. acme_de=brnd_2Kd9sX',
	description:
		'A line for each billing entity of Lago: its code, =, and the ID of the brand in Dodo Payments whose name customers see on page, statement and mail. Each brand gets products of its own; entities without a line use the primary brand.',
};

/** Which product carries the amount. */
export const productField: INodeProperties[] = [
	{
		displayName: 'Product',
		name: 'productSource',
		description: 'What Dodo Payments sells the invoice as',
		type: 'options',
		options: [
			{
				name: 'Automatic',
				value: 'automatic',
				description: 'One pay-what-you-want product for each currency and tax mode, made when first needed',
			},
			{ name: 'Selected', value: 'selected', description: 'A pay-what-you-want product of your own' },
		],
		default: 'automatic',
	},
	{
		displayName: 'Selected Product',
		name: 'product',
		type: 'resourceLocator',
		required: true,
		default: { mode: 'list', value: '' },
		displayOptions: { show: { productSource: ['selected'] } },
		description:
			'It must be a one-time pay-what-you-want product in the currency of the payment; with any other, Dodo ignores the amount',
		...listOrId('searchInvoiceProducts', 'e.g. pdt_4mQ0Ydq2Hk1nTzFh3XbUv'),
	},
];
