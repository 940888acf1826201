import type { INodeProperties } from 'n8n-workflow';
import { filtersField } from '../../../shared/node/fields';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { filtersWithMoments, limitFields, limitOf } from '../../../shared/node/parameters';
import { refundSummarySchema } from '../../../shared/wire/dodo/objects';
import type { DodoClient } from '../../transport/client';
import { commonFilters, MOMENTS } from '../list.fields';

const fields: INodeProperties[] = [
	...limitFields,
	filtersField([
		...commonFilters('refunds'),
		{
			displayName: 'Status',
			name: 'status',
			description: 'Only refunds that stand there',
			type: 'options',
			options: [
				{ name: 'Failed', value: 'failed' },
				{ name: 'In Review', value: 'review' },
				{ name: 'Pending', value: 'pending' },
				{ name: 'Succeeded', value: 'succeeded' },
			],
			default: 'succeeded',
		},
	]),
];

/** Refund -> Get Many. Dodo leaves metadata and customer out of this list. */
export const getAll: Operation<DodoClient> = {
	menu: {
		name: 'Get Many',
		action: 'Get many refunds',
		description: 'Retrieve a list of refunds',
	},
	fields: fieldsOf('refund', 'getAll', fields),
	async execute(ctx, client, index) {
		const refunds = await client.list(
			refundSummarySchema,
			'/refunds',
			filtersWithMoments(ctx, index, MOMENTS),
			limitOf(ctx, index),
		);
		return refunds.map((refund) => ({ mode: client.mode, ...refund }));
	},
};
