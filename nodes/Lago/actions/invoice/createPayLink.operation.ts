import type { INodeProperties } from 'n8n-workflow';
import { collectability } from '../../../shared/domain/invoice';
import { encodeState, ourRecord } from '../../../shared/domain/invoiceMetadata';
import { noted } from '../../../shared/domain/phases';
import { fieldsOf, type Operation, type Result } from '../../../shared/node/operation';
import { objectParameter } from '../../../shared/node/parameters';
import { heldBefore } from '../../../shared/node/unknown';
import { orNull } from '../../../shared/transport/orNull';
import { invoiceSchema, toInvoiceFacts } from '../../../shared/wire/lago/objects';
import { changeInvoice, fetchInvoice, withInvoice } from '../../helpers/invoices';
import { payLinkAddressField, payLinkAddressOf, payLinkOf } from '../../helpers/payLink';
import type { LagoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	{
		displayName: 'Invoice',
		name: 'invoice',
		type: 'json',
		required: true,
		default: '={{ $json }}',
		description: 'The invoice as Get returns it. A paid, draft or void one gets no link.',
		hint: 'Leave as it is behind Invoice > Get',
	},
	{ ...payLinkAddressField, required: true },
];

/** Invoice -> Create Pay Link: a link that does not die, written to the invoice. Nothing is made at Dodo before somebody clicks. */
export const createPayLink: Operation<LagoClient, 'created' | 'existing' | 'held' | 'skipped'> = {
	menu: {
		name: 'Create Pay Link',
		action: 'Create the permanent pay link of an invoice',
		description:
			'Sign a link that does not die and write it to the invoice; the checkout behind it is made when somebody clicks',
	},
	fields: fieldsOf('invoice', 'createPayLink', fields),
	endsEvent: true,
	outputs: [{ name: 'Done' }, { name: 'Held', outcomes: ['held'] }],
	async execute(ctx, client, index) {
		const given = objectParameter(ctx, 'invoice', 'Invoice', index);
		const before = heldBefore(given);
		if (before !== null) return before;
		const parsed = invoiceSchema.safeParse(given.invoice ?? given);
		const id = parsed.success ? parsed.data.lago_id : String(given.invoiceId ?? given.lagoInvoiceId ?? '');
		const payLink = await payLinkOf(ctx, payLinkAddressOf(ctx, index), id, index);
		return { invoiceId: id, ...(await withInvoice(client, id, async () => await save(client, id, payLink))) };
	},
};

/** Writes the link to the invoice as it is now; once more when somebody else wrote at the same moment. */
async function save(
	client: LagoClient,
	id: string,
	payLink: string,
	isAgain = false,
): Promise<Result<'created' | 'existing' | 'held' | 'skipped'>> {
	const invoice = toInvoiceFacts(await fetchInvoice(client, id));
	const about = { invoiceNumber: invoice.number };
	const verdict = collectability(invoice);
	if (verdict.decision === 'skip')
		return { outcome: 'skipped', reason: verdict.reason, message: verdict.message, ...about };
	if (verdict.decision === 'held' && verdict.held.reason !== 'metadata_full') return { ...verdict.held, ...about };
	const { state } = ourRecord(invoice.metadata);
	const link = (outcome: 'created' | 'existing', message: string, savedOnInvoice: boolean): Result<typeof outcome> => ({
		outcome,
		message,
		...about,
		payLink,
		savedOnInvoice,
	});
	if (state?.payLink === payLink)
		return link('existing', `Invoice ${invoice.number} has its permanent link already.`, true);
	const its = `The permanent link of invoice ${invoice.number}`;
	const next = noted(state, 'pay_link_made', { payLink });
	const isCollected = verdict.decision === 'collect';
	if (!isCollected || !encodeState(next).includes(';l=')) {
		const why = isCollected ? 'is too long for' : 'finds no room in';
		return link('created', `${its} works, but ${why} its metadata in Lago.`, false);
	}
	const saved = await orNull(
		changeInvoice(client, id, invoice.metadata, { state: next }),
		({ status }) => status === 422 && !isAgain,
	);
	return saved === null
		? await save(client, id, payLink, true)
		: link('created', `${its} is on the invoice in Lago.`, true);
}
