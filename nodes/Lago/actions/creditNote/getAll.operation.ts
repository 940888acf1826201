import type { INodeProperties } from 'n8n-workflow';
import { filtersField } from '../../../shared/node/fields';
import { withCurrency } from '../../../shared/node/money';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { filtersOf, limitFields, limitOf } from '../../../shared/node/parameters';
import { creditNoteSchema } from '../../../shared/wire/lago/creditNote';
import type { LagoClient } from '../../transport/client';
import { commonFilters } from '../list.fields';

const fields: INodeProperties[] = [
	...limitFields,
	filtersField([
		...commonFilters,
		{
			displayName: 'Invoice Number',
			name: 'invoice_number',
			description: 'Only credit notes of this invoice',
			type: 'string',
			default: '',
			placeholder: 'e.g. ACM-1A2B-042-007',
		},
		{
			displayName: 'Refund Status',
			name: 'refund_status',
			description: 'Only credit notes whose refund stands there',
			type: 'options',
			options: [
				{ name: 'Failed', value: 'failed' },
				{ name: 'Pending', value: 'pending' },
				{ name: 'Succeeded', value: 'succeeded' },
			],
			default: 'pending',
		},
	]),
];

/** Credit Note -> Get Many. */
export const getAll: Operation<LagoClient> = {
	menu: {
		name: 'Get Many',
		action: 'Get many credit notes',
		description: 'Retrieve a list of credit notes',
	},
	fields: fieldsOf('creditNote', 'getAll', fields),
	async execute(ctx, client, index) {
		return await client.list(
			'credit_notes',
			creditNoteSchema,
			withCurrency(ctx, filtersOf(ctx, index), index),
			limitOf(ctx, index),
		);
	},
};
