import type { INodeProperties } from 'n8n-workflow';
import { filtersField } from '../../../shared/node/fields';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { filtersWithMoments, limitFields, limitOf } from '../../../shared/node/parameters';
import { paymentSummarySchema } from '../../../shared/wire/dodo/objects';
import type { DodoClient } from '../../transport/client';
import { commonFilters, MOMENTS } from '../list.fields';

const fields: INodeProperties[] = [
	...limitFields,
	filtersField([
		...commonFilters('payments'),
		{
			displayName: 'Status',
			name: 'status',
			description: 'Only payments that stand there',
			type: 'options',
			options: [
				{ name: 'Cancelled', value: 'cancelled' },
				{ name: 'Failed', value: 'failed' },
				{ name: 'Processing', value: 'processing' },
				{ name: 'Succeeded', value: 'succeeded' },
			],
			default: 'succeeded',
		},
		{
			displayName: 'Subscription ID',
			name: 'subscription_id',
			description: 'Only what was charged by this mandate',
			type: 'string',
			default: '',
			placeholder: 'e.g. sub_4mQ0Ydq2Hk1nTzFh3XbUv',
		},
	]),
];

/** Payment -> Get Many. */
export const getAll: Operation<DodoClient> = {
	menu: {
		name: 'Get Many',
		action: 'Get many payments',
		description: 'Retrieve a list of payments',
	},
	fields: fieldsOf('payment', 'getAll', fields),
	async execute(ctx, client, index) {
		const payments = await client.list(
			paymentSummarySchema,
			'/payments',
			filtersWithMoments(ctx, index, MOMENTS),
			limitOf(ctx, index),
		);
		return payments.map((payment) => ({ mode: client.mode, ...payment }));
	},
};
