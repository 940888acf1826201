import type { INodeProperties } from 'n8n-workflow';
import type { Operations } from '../../shared/node/operation';
import type { LagoClient } from '../transport/client';
import { get } from './invoice/get.operation';
import { getAll } from './invoice/getAll.operation';
import { savePaymentReference } from './invoice/savePaymentReference.operation';
import { updatePaymentStatus } from './invoice/updatePaymentStatus.operation';

/** Everything the node can do: resource -> operation. */
export const operations: Operations<LagoClient> = {
	invoice: { get, getAll, savePaymentReference, updatePaymentStatus },
};

/** The two choices, then the fields of every operation. */
export const properties: INodeProperties[] = [
	{
		displayName: 'Resource',
		name: 'resource',
		type: 'options',
		noDataExpression: true,
		options: [{ name: 'Invoice', value: 'invoice' }],
		default: 'invoice',
	},
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['invoice'] } },
		options: [
			{ name: 'Get', value: 'get', action: 'Get an invoice', description: 'Retrieve one invoice with its customer, fees and metadata' },
			{ name: 'Get Many', value: 'getAll', action: 'Get many invoices', description: 'Retrieve a list of invoices' },
			{
				name: 'Save Payment Reference',
				value: 'savePaymentReference',
				action: 'Save the payment reference of an invoice',
				description: 'Write the checkout link of an invoice into its metadata, so that it is found again and never made twice',
			},
			{
				name: 'Update Payment Status',
				value: 'updatePaymentStatus',
				action: 'Update the payment status of an invoice',
				description: 'Book what a Dodo payment says: paid, failed or under way; anything that does not fit comes out as held',
			},
		],
		default: 'get',
	},
	...Object.values(operations).flatMap((resource) => Object.values(resource).flatMap(({ fields }) => fields)),
];
