import type { INodeProperties } from 'n8n-workflow';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { idParameter } from '../../../shared/node/parameters';
import { readOrHold, type Wanted } from '../../../shared/node/unknown';
import { refundSchema } from '../../../shared/wire/dodo/objects';
import type { DodoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	{
		displayName: 'Refund ID',
		name: 'refundId',
		description: 'Which refund to read',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. ref_4mQ0Ydq2Hk1nTzFh3XbUv',
		hint: 'Behind a Dodo Payments Trigger: the expression {{ $json.data.refund_id }}',
	},
];

/** Refund -> Get. */
export const get: Operation<DodoClient, 'held'> = {
	menu: {
		name: 'Get',
		action: 'Get a refund',
		description: 'Retrieve one refund',
	},
	fields: fieldsOf('refund', 'get', fields),
	async execute(ctx, client, index) {
		const id = idParameter(ctx, 'refundId', index);
		const wanted: Wanted = { id, kind: 'refund', reason: 'unknown_refund', mode: client.mode };
		const refund = await readOrHold(
			ctx,
			index,
			wanted,
			async () => await client.request(refundSchema, { method: 'GET', path: `/refunds/${encodeURIComponent(id)}` }),
		);
		return { mode: client.mode, ...refund };
	},
};
