import type { INodeProperties } from 'n8n-workflow';
import { refundNamedBy } from '../../../shared/domain/noteTie';
import { listOrId } from '../../../shared/node/fields';
import { fieldsOf, type Json, type Operation } from '../../../shared/node/operation';
import { readOrHold } from '../../../shared/node/unknown';
import type { LagoCreditNote } from '../../../shared/wire/lago/creditNote';
import { fetchCreditNote } from '../../helpers/creditNotes';
import { bookedPayments } from '../../helpers/invoices';
import { lagoIdParameter } from '../../helpers/lagoIdParameter';
import type { LagoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	{
		displayName: 'Credit Note',
		name: 'creditNote',
		description: 'Which credit note to read',
		type: 'resourceLocator',
		required: true,
		default: { mode: 'list', value: '' },
		...listOrId('searchCreditNotes', 'e.g. cd4f0c6e-2b1d-4f7a-b0c9-1f2e3d4c5b6a'),
		hint: 'Behind a Lago Trigger: By ID, with the expression {{ $json.data.lago_id }}',
	},
];

/** Credit Note -> Get; with `dodoPayments`, what the invoice was paid by, while a refund is to be made. */
export const get: Operation<LagoClient, 'held'> = {
	menu: {
		name: 'Get',
		action: 'Get a credit note',
		description: 'Retrieve one credit note, with what its invoice was paid by',
	},
	fields: fieldsOf('creditNote', 'get', fields),
	async execute(ctx, client, index) {
		const wrong = { example: 'cd4f0c6e-2b1d-4f7a-b0c9-1f2e3d4c5b6a', mistaken: 'number of the credit note' };
		const id = lagoIdParameter(ctx, 'creditNote', index, 'credit note', wrong);
		return await readOrHold(ctx, index, { id, kind: 'credit note', reason: 'unknown_credit_note' }, async () => {
			const readAt = Date.now();
			return await withPayments(client, { ...client.withUnit(await fetchCreditNote(client, id)), readAt });
		});
	},
};

async function withPayments(client: LagoClient, note: LagoCreditNote): Promise<Json> {
	const isRefundDue = note.refund_amount_cents > 0 && note.refund_status === 'pending' && refundNamedBy(note) === null;
	return isRefundDue ? { ...note, dodoPayments: await bookedPayments(client, note.lago_invoice_id) } : note;
}
