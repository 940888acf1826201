import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { limitFields, limitOf } from '../../../shared/node/parameters';
import { refundSummarySchema } from '../../schemas/objects';
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
			{ displayName: 'Created After', name: 'created_at_gte', type: 'dateTime', default: '', description: 'Only refunds created at or after this time' },
			{ displayName: 'Created Before', name: 'created_at_lte', type: 'dateTime', default: '', description: 'Only refunds created at or before this time' },
			{ displayName: 'Customer ID', name: 'customer_id', type: 'string', default: '', placeholder: 'e.g. cus_9VuW4K7O3GHwasENg31m' },
			{
				displayName: 'Status',
				name: 'status',
				type: 'options',
				options: [
					{ name: 'Failed', value: 'failed' },
					{ name: 'In Review', value: 'review' },
					{ name: 'Pending', value: 'pending' },
					{ name: 'Succeeded', value: 'succeeded' },
				],
				default: 'succeeded',
			},
		],
	},
];

/** Refund -> Get Many. Dodo leaves metadata and customer out of this list. */
export const getAll: Operation<DodoClient> = {
	fields: fieldsOf('refund', 'getAll', fields),
	async execute(ctx, client, index) {
		const filters = ctx.getNodeParameter('filters', index, {}) as IDataObject;
		const query = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== ''));
		const refunds = await client.list(refundSummarySchema, '/refunds', query, limitOf(ctx, index));
		return refunds.map((refund) => ({ mode: client.mode, ...refund }));
	},
};
