import { NodeOperationError, type INodeProperties } from 'n8n-workflow';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { fetchCustomer } from '../../helpers/customers';
import type { LagoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	{
		displayName: 'Customer',
		name: 'customer',
		type: 'resourceLocator',
		required: true,
		default: { mode: 'list', value: '' },
		modes: [
			{ displayName: 'From List', name: 'list', type: 'list', typeOptions: { searchListMethod: 'searchCustomers', searchable: true } },
			{ displayName: 'By External ID', name: 'id', type: 'string', placeholder: 'e.g. cust_42' },
		],
	},
];

/** Customer -> Get: with its metadata. */
export const get: Operation<LagoClient> = {
	fields: fieldsOf('customer', 'get', fields),
	async execute(ctx, client, index) {
		const externalId = String(ctx.getNodeParameter('customer', index, '', { extractValue: true }) ?? '').trim();
		if (externalId === '')
			throw new NodeOperationError(ctx.getNode(), 'No customer is chosen', { itemIndex: index, description: 'Choose one from the list, or give the external ID that your system uses in Lago.' });
		return await fetchCustomer(client, externalId);
	},
};
