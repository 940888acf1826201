import { NodeOperationError, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import { readAddress } from '../../shared/domain/address';
import type { Debtor } from '../../shared/domain/dueTogether';
import { isLagoId } from '../../shared/domain/payment';
import { startingEvent } from '../../shared/node/start';
import { readCredential } from '../../shared/transport/credential';
import { LAGO_CREDENTIAL, type LagoCredential } from '../transport/client';
import { signPayLink, tokenOfDebtor, type Linked } from './payLinkToken';

/** Where the pay page of the workflow is. */
export const payLinkAddressField: INodeProperties = {
	displayName: 'Pay Page Address',
	name: 'payLinkAddress',
	type: 'string',
	default: '',
	placeholder: 'e.g. /pay',
	description: 'Address of the Pay Page of your workflow, e.g. https://n8n.example.com/webhook/pay',
	hint: 'Behind a Lago Trigger its path is enough, e.g. /pay',
};

/**
 * The address from {@link payLinkAddressField}, whole; empty when there is none, or only a path and no trigger has told what it belongs
 * to.
 * @param otherwise what a path belongs to where no event tells.
 */
export function payLinkAddressOf(
	ctx: IExecuteFunctions,
	index: number,
	otherwise: () => string | undefined = () => undefined,
): string {
	const address = String(ctx.getNodeParameter('payLinkAddress', index, '') ?? '').trim();
	if (!address.startsWith('/')) return address;
	const { webhookBaseUrl } = startingEvent(ctx, index);
	const base = webhookBaseUrl ?? otherwise();
	return typeof base === 'string' ? `${base}${address}` : '';
}

/**
 * The permanent link of an invoice or a top-up.
 * @throws NodeOperationError without an HMAC key in the credential or with an address that is none.
 */
export async function payLinkOf(
	ctx: IExecuteFunctions,
	address: string,
	id: string,
	index: number,
	of: Linked = 'invoice',
): Promise<string> {
	if (!isLagoId(id))
		throw new NodeOperationError(ctx.getNode(), `"${id}" is not the ID of a Lago invoice`, {
			itemIndex: index,
			description: 'Leave the invoice field at {{ $json }} behind Lago > Invoice > Get.',
		});
	return signPayLink(requireAddress(ctx, address, index), id, await linkKey(ctx, index), of);
}

/**
 * The permanent link of everything that somebody owes: `<address>?c=<token>`.
 * @throws NodeOperationError as {@link payLinkOf}.
 */
export async function payAllLinkOf(
	ctx: IExecuteFunctions,
	address: string,
	debtor: Debtor,
	index: number,
): Promise<string> {
	const url = new URL(requireAddress(ctx, address, index));
	url.searchParams.set('c', tokenOfDebtor(debtor, await linkKey(ctx, index)));
	return url.toString();
}

/** Throws NodeOperationError when an address is none. */
function requireAddress(ctx: IExecuteFunctions, address: string, index: number): string {
	if (/^https?:\/\/[^\s]+$/.test(address) && readAddress(address) !== null) return address;
	throw new NodeOperationError(ctx.getNode(), `"${address}" is not the address of a pay page`, {
		itemIndex: index,
		description:
			'It is the production URL of the Lago Pay Page Trigger, e.g. https://n8n.example.com/webhook/pay. Behind a Lago Trigger its path is enough, e.g. /pay',
	});
}

/** The secret that links are signed with. Throws NodeOperationError when the credential has none. */
export async function linkKey(ctx: IExecuteFunctions, index: number): Promise<string> {
	const { webhookHmacKey } = await readCredential<LagoCredential>(ctx, LAGO_CREDENTIAL);
	if (webhookHmacKey) return webhookHmacKey;
	throw new NodeOperationError(ctx.getNode(), 'The Lago credential has no webhook HMAC key', {
		itemIndex: index,
		description: 'Permanent links are signed with it. Copy it from Lago > Developers > Webhooks into the credential.',
	});
}
