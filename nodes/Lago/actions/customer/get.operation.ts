import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { customerField, customerOf } from '../../helpers/customerField';
import { fetchCustomer } from '../../helpers/customers';
import type { LagoClient } from '../../transport/client';

/** Customer -> Get: with its metadata. */
export const get: Operation<LagoClient> = {
	fields: fieldsOf('customer', 'get', [customerField]),
	async execute(ctx, client, index) {
		return await fetchCustomer(client, customerOf(ctx, index));
	},
};
