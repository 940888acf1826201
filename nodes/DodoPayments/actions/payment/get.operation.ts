import type { INodeProperties } from 'n8n-workflow';
import { listOrId } from '../../../shared/node/fields';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { idParameter } from '../../../shared/node/parameters';
import { readOrHold, type Wanted } from '../../../shared/node/unknown';
import { paymentSchema } from '../../../shared/wire/dodo/objects';
import type { DodoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	{
		displayName: 'Payment',
		name: 'payment',
		description: 'Which payment to read',
		type: 'resourceLocator',
		required: true,
		default: { mode: 'list', value: '' },
		...listOrId('searchPayments', 'e.g. pay_4mQ0Ydq2Hk1nTzFh3XbUv'),
		hint: 'Behind a Dodo Payments Trigger: By ID, with the expression {{ $json.data.payment_id }}',
	},
];

/** Payment -> Get. */
export const get: Operation<DodoClient, 'held'> = {
	menu: {
		name: 'Get',
		action: 'Get a payment',
		description: 'Retrieve one payment',
	},
	fields: fieldsOf('payment', 'get', fields),
	async execute(ctx, client, index) {
		const id = idParameter(ctx, 'payment', index);
		const wanted: Wanted = { id, kind: 'payment', reason: 'unknown_payment', mode: client.mode };
		const payment = await readOrHold(
			ctx,
			index,
			wanted,
			async () => await client.request(paymentSchema, { method: 'GET', path: `/payments/${encodeURIComponent(id)}` }),
		);
		return { mode: client.mode, ...payment };
	},
};
