import type { INodeProperties } from 'n8n-workflow';
import { listOrId } from '../../../shared/node/fields';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { fetchInvoice, withReferences } from '../../helpers/invoices';
import { lagoIdParameter } from '../../helpers/lagoIdParameter';
import type { LagoClient } from '../../transport/client';
import { readOrHold } from '../../../shared/node/unknown';

const fields: INodeProperties[] = [
	{
		displayName: 'Invoice',
		name: 'invoice',
		description: 'Which invoice to read',
		type: 'resourceLocator',
		required: true,
		default: { mode: 'list', value: '' },
		...listOrId('searchInvoices', 'e.g. 8a3f0c6e-2b1d-4f7a-b0c9-1f2e3d4c5b6a'),
		hint: 'Behind a Lago Trigger: By ID, with the expression {{ $json.lagoInvoiceId }}',
	},
];

/** Invoice -> Get: with customer, fees and metadata. */
export const get: Operation<LagoClient, 'held'> = {
	menu: {
		name: 'Get',
		action: 'Get an invoice',
		description: 'Retrieve one invoice with its customer, fees and metadata',
	},
	fields: fieldsOf('invoice', 'get', fields),
	async execute(ctx, client, index) {
		const wrong = { example: '8a3f0c6e-2b1d-4f7a-b0c9-1f2e3d4c5b6a', mistaken: 'invoice number' };
		const id = lagoIdParameter(ctx, 'invoice', index, 'invoice', wrong);
		return await readOrHold(
			ctx,
			index,
			{ id, kind: 'invoice', reason: 'unknown_invoice' },
			async () => await withReferences(client, await fetchInvoice(client, id)),
		);
	},
};
