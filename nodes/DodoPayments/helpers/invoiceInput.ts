import { NodeOperationError, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import { objectParameter } from '../../shared/node/parameters';
import { invoiceSchema, type LagoInvoice } from '../../Lago/schemas/objects';

/** The field that takes an invoice from a Lago node. */
export const invoiceField: INodeProperties = {
	displayName: 'Invoice',
	name: 'invoice',
	type: 'json',
	required: true,
	default: '={{ $json }}',
	description: 'The invoice as Lago > Invoice > Get returns it, with its metadata. An invoice that is paid, draft, void, self-billed or charged by Lago itself is left alone.',
	hint: 'Leave as it is behind a Lago node',
};

/** The Lago organisation in the metadata of a payment. */
export const organizationField: INodeProperties = {
	displayName: 'Lago Organization ID',
	name: 'organizationId',
	type: 'string',
	default: '',
	placeholder: "e.g. {{ $('Lago Trigger').item.json.organizationId }}",
	description: 'Travels in the metadata of the payment, for accounts that serve several Lago organisations',
};

/** What travels with every payment of an invoice, so that it is found again. */
export function paymentMetadata(invoice: LagoInvoice, attempt: number, organizationId: string | undefined): Record<string, string> {
	const metadata: Record<string, string> = { lago_invoice_id: invoice.lago_id, lago_invoice_number: invoice.number, attempt: String(attempt) };
	if (organizationId) metadata.lago_organization_id = organizationId;
	return metadata;
}

/** `lago-inv-<id>`, from the second attempt on with its number. Dodo does not honour it today. */
export function idempotencyKeyOf(invoice: LagoInvoice, attempt: number): string {
	return `lago-inv-${invoice.lago_id}${attempt > 1 ? `-${attempt}` : ''}`;
}

/** The invoice from {@link invoiceField}. Throws NodeOperationError when it is none, or comes without its metadata. */
export function readInvoice(ctx: IExecuteFunctions, index: number): LagoInvoice {
	const given = objectParameter(ctx, 'invoice', 'Invoice', index);
	const parsed = invoiceSchema.safeParse(given.invoice ?? given);
	if (!parsed.success)
		throw new NodeOperationError(ctx.getNode(), '"Invoice" is not an invoice as Lago returns it', {
			itemIndex: index,
			description: `Not as expected: ${parsed.error.issues.map(({ path }) => path.join('.') || 'everything').join(', ')}. Put Lago > Invoice > Get before this node.`,
		});
	if (!parsed.data.metadata)
		throw new NodeOperationError(ctx.getNode(), 'This invoice comes without its metadata', {
			itemIndex: index,
			description:
				'Lago leaves the metadata out of webhooks, and without it nobody can tell whether a checkout link exists already. Put Lago > Invoice > Get between the trigger and this node.',
		});
	return parsed.data;
}
