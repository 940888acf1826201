import type { INodeProperties } from 'n8n-workflow';
import { backFillVerdict } from '../../../shared/domain/backFill';
import { noted } from '../../../shared/domain/phases';
import { fieldsOf, type Operation, type Result } from '../../../shared/node/operation';
import { readOrHold } from '../../../shared/node/unknown';
import { agreementOf, todayOf, toOpen, type Agreement } from '../../helpers/backFill';
import { changeInvoice, fetchInvoice, withInvoice, withReferences } from '../../helpers/invoices';
import { lagoIdParameter } from '../../helpers/lagoIdParameter';
import { withOrganization } from '../../helpers/organization';
import type { LagoClient } from '../../transport/client';
import type { Day } from '../../../shared/domain/calendar';
import type { LagoInvoice } from '../../../shared/wire/lago/objects';
import { listOrId } from '../../../shared/node/fields';

const fields: INodeProperties[] = [
	{
		displayName: 'Invoice',
		name: 'invoice',
		type: 'resourceLocator',
		required: true,
		default: { mode: 'id', value: '={{ $json.invoiceId }}' },
		...listOrId('searchInvoices', 'e.g. 8a3f0c6e-2b1d-4f7a-b0c9-1f2e3d4c5b6a'),
		description: 'One of those that Get Portion gives out',
	},
];

/** Longer than a portion takes: what comes later is left to the next one, so that no two of them are at work. */
const CHOSEN_FOR_MS = 10 * 60_000;

type Outcome = 'back_fill_stopped' | 'held' | 'skipped';

/**
 * Back-Fill -> Let In: right before an old invoice is collected. Looks whether the back-fill still runs and all is still so, and writes the day
 * onto the invoice, before any money moves: by that the limits of the day hold, whatever happens next.
 */
export const letIn: Operation<LagoClient, Outcome> = {
	menu: {
		name: 'Let In',
		action: 'Let in an old invoice',
		description: 'Note the day on an old invoice and hand it on to be collected, unless the back-fill was stopped',
	},
	fields: fieldsOf('backFill', 'letIn', fields),
	outputs: [
		{ name: 'Collect' },
		{ name: 'Not Now', outcomes: ['back_fill_stopped', 'skipped'] },
		{ name: 'Held', outcomes: ['held'] },
	],
	async execute(ctx, client, index) {
		const agreement = agreementOf(ctx);
		if (agreement === null || agreement.isStopped)
			return { outcome: 'back_fill_stopped', message: 'The back-fill was stopped meanwhile; nothing was done.' };
		const chosenAt = Number(ctx.getInputData()[index]?.json.chosenAt ?? Date.now());
		if (Date.now() - chosenAt > CHOSEN_FOR_MS)
			return {
				outcome: 'skipped',
				reason: 'out_of_date',
				message: 'It was chosen too long ago; the next portion has it again.',
			};
		const wrong = { example: '8a3f0c6e-2b1d-4f7a-b0c9-1f2e3d4c5b6a', mistaken: 'invoice number' };
		const id = lagoIdParameter(ctx, 'invoice', index, 'invoice', wrong);
		const what = { id, kind: 'invoice', reason: 'unknown_invoice' } as const;
		const today = todayOf(ctx);
		return await readOrHold(
			ctx,
			index,
			what,
			async () => await withInvoice(client, id, async () => await admit(client, id, agreement, today)),
		);
	},
};

async function admit(
	client: LagoClient,
	id: string,
	agreement: Agreement,
	today: Day,
): Promise<LagoInvoice | Result<'skipped'>> {
	const invoice = await fetchInvoice(client, id);
	const open = toOpen(invoice, new Set());
	const verdict = backFillVerdict(open, agreement);
	if (verdict?.what !== 'charge' && verdict?.what !== 'link')
		return {
			outcome: 'skipped',
			reason: 'out_of_date',
			message: `Invoice ${invoice.number} has changed since it was chosen; nothing was done.`,
		};
	const state = { ...noted(null, 'charge_postponed'), begunOn: today };
	const written = await changeInvoice(client, id, open.facts.metadata, { state });
	const { metadata } = written;
	return await withOrganization(client, await withReferences(client, { ...invoice, metadata }));
}
