import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { readOrHold } from '../../../shared/node/unknown';
import { customerField, customerOf } from '../../helpers/customerField';
import { fetchCustomer } from '../../helpers/customers';
import type { LagoClient } from '../../transport/client';

/** Customer -> Get: with its metadata. */
export const get: Operation<LagoClient> = {
	fields: fieldsOf('customer', 'get', [customerField]),
	async execute(ctx, client, index) {
		const id = customerOf(ctx, index);
		return await readOrHold(ctx, index, { id, kind: 'customer', reason: 'unknown_customer' }, async () => await fetchCustomer(client, id));
	},
};
