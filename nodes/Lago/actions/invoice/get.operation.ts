import { NodeOperationError, type INodeProperties } from 'n8n-workflow';
import { isLagoId } from '../../../shared/domain/settlement';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { fetchInvoice } from '../../helpers/invoices';
import type { LagoClient } from '../../transport/client';
import { idParameter } from '../../../shared/node/parameters';
import { readOrHold } from '../../../shared/node/unknown';

const fields: INodeProperties[] = [
	{
		displayName: 'Invoice',
		name: 'invoice',
		type: 'resourceLocator',
		required: true,
		default: { mode: 'list', value: '' },
		modes: [
			{
				displayName: 'From List',
				name: 'list',
				type: 'list',
				typeOptions: { searchListMethod: 'searchInvoices', searchable: true },
			},
			{ displayName: 'By ID', name: 'id', type: 'string', placeholder: 'e.g. 8a3f0c6e-2b1d-4f7a-b0c9-1f2e3d4c5b6a' },
		],
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
		const id = idParameter(ctx, 'invoice', index);
		if (!isLagoId(id))
			throw new NodeOperationError(ctx.getNode(), `"${id}" is not the ID of a Lago invoice`, {
				itemIndex: index,
				description:
					'Use the Lago ID (lago_id), which looks like 8a3f0c6e-2b1d-4f7a-b0c9-1f2e3d4c5b6a, not the invoice number.',
			});
		return await readOrHold(
			ctx,
			index,
			{ id, kind: 'invoice', reason: 'unknown_invoice' },
			async () => await fetchInvoice(client, id),
		);
	},
};
