import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { idParameter } from '../../shared/node/parameters';

/** A customer, from the list or by the id that the merchant gave. */
export const customerField: INodeProperties = {
	displayName: 'Customer',
	name: 'customer',
	type: 'resourceLocator',
	required: true,
	default: { mode: 'list', value: '' },
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			typeOptions: { searchListMethod: 'searchCustomers', searchable: true },
		},
		{ displayName: 'By External ID', name: 'id', type: 'string', placeholder: 'e.g. cust_42' },
	],
};

/** The external id of the chosen customer. */
export function customerParameter(ctx: IExecuteFunctions, index: number): string {
	return idParameter(ctx, 'customer', index);
}
