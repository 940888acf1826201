import { NodeOperationError, type IDataObject, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import { dateOf } from '../../shared/domain/backFill';
import { sharesToMetadata } from '../../shared/domain/bundle';
import { isOfEntities, ofOtherEntity, readEntities } from '../../shared/domain/entities';
import { ourRecord } from '../../shared/domain/invoiceMetadata';
import {
	ATTEMPT_KEY,
	BACK_FILL_KEY,
	CUSTOMER_KEY,
	INVOICE_KEY,
	INVOICE_NUMBER_KEY,
	ORGANIZATION_KEY,
	PROOF_KEY,
	REQUEST_KEY,
	TOP_UP_KEY,
} from '../../shared/domain/keys';
import type { Result } from '../../shared/node/operation';
import { additionalTexts } from '../../shared/node/parameters';
import { startingEvent } from '../../shared/node/start';
import type { Bundle } from '../../shared/wire/bundle';
import { invoiceSchema, toInvoiceFacts, type LagoInvoice } from '../../shared/wire/lago/objects';

/** The field that takes an invoice from a Lago node. */
export const invoiceField: INodeProperties = {
	displayName: 'Invoice',
	name: 'invoice',
	type: 'json',
	required: true,
	default: '={{ $json }}',
	description:
		'The invoice as Lago > Invoice > Get returns it, with its metadata. An invoice that is paid, draft, void, self-billed or charged by Lago itself is left alone.',
	hint: 'Leave as it is behind a Lago node',
};

/** The Lago organisation in the metadata of a payment. */
export const organizationField: INodeProperties = {
	displayName: 'Lago Organization ID',
	name: 'organizationId',
	type: 'string',
	default: '',
	placeholder: 'e.g. 1a901a90-1a90-1a90-1a90-1a901a901a90',
	description:
		'Travels in the metadata of the payment, for accounts that serve several Lago organisations. Behind a Lago Trigger it is known without this field.',
};

/** What travels with every payment of an invoice, so that it is found again. */
export function paymentMetadata(
	ctx: IExecuteFunctions,
	index: number,
	invoice: LagoInvoice,
	attempt: number,
): Record<string, string> {
	const metadata: Record<string, string> = {
		[INVOICE_KEY]: invoice.lago_id,
		[INVOICE_NUMBER_KEY]: invoice.number,
		[ATTEMPT_KEY]: String(attempt),
	};
	if (invoice.topUp) metadata[TOP_UP_KEY] = invoice.topUp.id;
	if (invoice.paymentProof) metadata[PROOF_KEY] = invoice.paymentProof;
	const { begunOn } = ourRecord(toInvoiceFacts(invoice).metadata).state ?? {};
	if (begunOn !== undefined) metadata[BACK_FILL_KEY] = dateOf(begunOn);
	return { ...metadata, ...organizationMetadata(ctx, index, invoice.organizationId) };
}

/** The same for a payment of several invoices. */
export function bundleMetadata(
	ctx: IExecuteFunctions,
	index: number,
	{ invoices, proof, requestId, customerId, organizationId }: Bundle,
	attempt: number,
): Record<string, string> {
	return {
		...sharesToMetadata(invoices.map(({ id, amount }) => ({ invoiceId: id, amount }))),
		...(proof === undefined ? {} : { [PROOF_KEY]: proof }),
		...(requestId === null ? {} : { [REQUEST_KEY]: requestId }),
		[CUSTOMER_KEY]: customerId,
		[ATTEMPT_KEY]: String(attempt),
		...organizationMetadata(ctx, index, organizationId),
	};
}

function organizationMetadata(ctx: IExecuteFunctions, index: number, read?: string): Record<string, string> {
	const { organizationId: given } = additionalTexts(ctx, index);
	const organizationId = given ?? startingEvent(ctx, index).organizationId ?? read;
	return typeof organizationId === 'string' ? { [ORGANIZATION_KEY]: organizationId } : {};
}

/**
 * An invoice that another billing entity has issued than the event of this execution is for; null for ours. What Lago's "Retry payment" sends
 * does not say whose invoice it is.
 */
export function ofOthers(
	ctx: IExecuteFunctions,
	index: number,
	{ number, billing_entity_code: entity }: LagoInvoice,
): Result<'skipped'> | null {
	const chosen = readEntities(startingEvent(ctx, index).billingEntities);
	if (isOfEntities(entity, chosen)) return null;
	return { outcome: 'skipped', reason: 'other_entity', message: ofOtherEntity({ number, entity }, chosen) };
}

/** What every item about an invoice says of it. */
export function aboutInvoice({ lago_id, number, topUp }: LagoInvoice): IDataObject {
	return { invoiceId: lago_id, invoiceNumber: number, ...(topUp && { topUp }) };
}

/** `lago-inv-<id>`, from the second attempt on with its number. Dodo does not honour it today. */
export function idempotencyKeyOf(invoice: LagoInvoice, attempt: number): string {
	return `lago-inv-${invoice.lago_id}${attempt > 1 ? `-${attempt}` : ''}`;
}

/** The invoice in what {@link invoiceField} gave. Throws NodeOperationError when it is none, or comes without its metadata. */
export function invoiceIn(ctx: IExecuteFunctions, given: IDataObject, index: number): LagoInvoice {
	const parsed = invoiceSchema.safeParse(given.invoice ?? given);
	if (!parsed.success) {
		const places = parsed.error.issues.map(({ path }) => path.join('.') || 'everything');
		throw new NodeOperationError(ctx.getNode(), '"Invoice" is not an invoice as Lago returns it', {
			itemIndex: index,
			description: `Not as expected: ${places.join(', ')}. Put Lago > Invoice > Get before this node.`,
		});
	}
	if (!parsed.data.metadata)
		throw new NodeOperationError(ctx.getNode(), 'This invoice comes without its metadata', {
			itemIndex: index,
			description:
				'Lago leaves the metadata out of webhooks, and without it nobody can tell whether a checkout link exists already. Put Lago > Invoice > Get between the trigger and this node.',
		});
	return parsed.data;
}
