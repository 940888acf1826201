import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { customerField, customerOf } from '../../helpers/customerField';
import { fetchCustomer } from '../../helpers/customers';
import type { LagoClient } from '../../transport/client';

/** Customer -> Get: with its metadata. */
export const get: Operation<LagoClient> = {
	// Not required for n8n, which would refuse to publish a workflow in which a lane by hand has nobody chosen yet.
	fields: fieldsOf('customer', 'get', [{ ...customerField, required: false }]),
	async execute(ctx, client, index) {
		return await fetchCustomer(client, customerOf(ctx, index));
	},
};
