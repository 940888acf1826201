import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { limitFields, limitOf } from '../../../shared/node/parameters';
import { paymentSummarySchema } from '../../schemas/objects';
import type { DodoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	...limitFields,
	{
		displayName: 'Filters',
		name: 'filters',
		type: 'collection',
		placeholder: 'Add Filter',
		default: {},
		options: [
			{ displayName: 'Created After', name: 'created_at_gte', type: 'dateTime', default: '', description: 'Only payments created at or after this time' },
			{ displayName: 'Created Before', name: 'created_at_lte', type: 'dateTime', default: '', description: 'Only payments created at or before this time' },
			{ displayName: 'Customer ID', name: 'customer_id', type: 'string', default: '', placeholder: 'e.g. cus_9VuW4K7O3GHwasENg31m' },
			{
				displayName: 'Status',
				name: 'status',
				type: 'options',
				options: [
					{ name: 'Cancelled', value: 'cancelled' },
					{ name: 'Failed', value: 'failed' },
					{ name: 'Processing', value: 'processing' },
					{ name: 'Succeeded', value: 'succeeded' },
				],
				default: 'succeeded',
			},
			{ displayName: 'Subscription ID', name: 'subscription_id', type: 'string', default: '', placeholder: 'e.g. sub_4mQ0Ydq2Hk1nTzFh3XbUv' },
		],
	},
];

/** Payment -> Get Many. */
export const getAll: Operation<DodoClient> = {
	fields: fieldsOf('payment', 'getAll', fields),
	async execute(ctx, client, index) {
		const filters = ctx.getNodeParameter('filters', index, {}) as IDataObject;
		const query = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== ''));
		const payments = await client.list(paymentSummarySchema, '/payments', query, limitOf(ctx, index));
		return payments.map((payment) => ({ mode: client.mode, ...payment }));
	},
};
