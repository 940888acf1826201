import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { listOrId } from '../../shared/node/fields';
import { idParameter } from '../../shared/node/parameters';

/** A customer, from the list or by the id that the merchant gave. */
export const customerField: INodeProperties = {
	displayName: 'Customer',
	name: 'customer',
	description: 'Chosen by name, or by the external ID that your own systems use',
	type: 'resourceLocator',
	required: true,
	default: { mode: 'list', value: '' },
	...listOrId('searchCustomers', 'e.g. cust_42', 'By External ID'),
};

/** The external id of the chosen customer. */
export function customerParameter(ctx: IExecuteFunctions, index: number): string {
	return idParameter(ctx, 'customer', index);
}
