import { NodeOperationError } from 'n8n-workflow';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { readOrHold } from '../../../shared/node/unknown';
import { customerField, customerParameter } from '../../helpers/customerField';
import { fetchCustomer } from '../../helpers/customers';
import { organizationOf } from '../../helpers/organization';
import type { LagoClient } from '../../transport/client';

/** Customer -> Get: with its metadata. */
export const get: Operation<LagoClient, 'held'> = {
	menu: {
		name: 'Get',
		action: 'Get a customer',
		description: 'Retrieve one customer with its metadata',
	},
	// Not required for n8n, which would refuse to publish a workflow in which a lane by hand has nobody chosen yet.
	fields: fieldsOf('customer', 'get', [{ ...customerField, required: false }]),
	async execute(ctx, client, index) {
		const id = customerParameter(ctx, index);
		if (id === '')
			throw new NodeOperationError(ctx.getNode(), '"Customer" is empty', {
				itemIndex: index,
				description: 'Choose one from the list, or give the external ID that your system uses in Lago.',
			});
		return await readOrHold(ctx, index, { id, kind: 'customer', reason: 'unknown_customer' }, async () => {
			const customer = await fetchCustomer(client, id);
			const organizationId = await organizationOf(client);
			// Travels with the mandate that is set up for the customer.
			return organizationId === null ? customer : { ...customer, organizationId };
		});
	},
};
