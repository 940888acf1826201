import type { INodeProperties } from 'n8n-workflow';
import type { Operations } from '../../shared/node/operation';
import type { DodoClient } from '../transport/client';
import { createIntent } from './payment/createIntent.operation';
import { get } from './payment/get.operation';
import { getAll } from './payment/getAll.operation';
import { ensure } from './product/ensure.operation';

/** Everything the node can do: resource -> operation. */
export const operations: Operations<DodoClient> = {
	payment: { createIntent, get, getAll },
	product: { ensure },
};

/** The two choices, then the fields of every operation. */
export const properties: INodeProperties[] = [
	{
		displayName: 'Resource',
		name: 'resource',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Payment', value: 'payment' },
			{ name: 'Product', value: 'product' },
		],
		default: 'payment',
	},
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['payment'] } },
		options: [
			{
				name: 'Create Intent',
				value: 'createIntent',
				action: 'Create a payment intent',
				description: 'Create a checkout link for a Lago invoice or for any amount; a link that still works is returned instead of a second one',
			},
			{ name: 'Get', value: 'get', action: 'Get a payment', description: 'Retrieve one payment' },
			{ name: 'Get Many', value: 'getAll', action: 'Get many payments', description: 'Retrieve a list of payments' },
		],
		default: 'createIntent',
	},
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['product'] } },
		options: [
			{
				name: 'Ensure Invoice Product',
				value: 'ensure',
				action: 'Ensure the invoice product',
				description: 'Find, or create once, the pay-what-you-want product that invoices of a currency are paid with',
			},
		],
		default: 'ensure',
	},
	...Object.values(operations).flatMap((resource) => Object.values(resource).flatMap(({ fields }) => fields)),
];
