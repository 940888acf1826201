import { createCipheriv, timingSafeEqual } from 'node:crypto';
import { NodeOperationError, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import { readAddress } from '../../shared/domain/address';
import { isLagoId } from '../../shared/domain/payment';
import { startingEvent } from '../../shared/node/start';
import { readCredential } from '../../shared/transport/credential';
import { LAGO_CREDENTIAL, type LagoCredential } from '../transport/client';
import { derivedKey, macOf } from '../transport/derivedKey';

const ID_BYTES = 16;
/** 96 bits: every guess costs a request, and a shorter link fits into Lago's metadata. */
const MAC_BYTES = 12;

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
 */
export function payLinkAddressOf(ctx: IExecuteFunctions, index: number): string {
	const address = String(ctx.getNodeParameter('payLinkAddress', index, '') ?? '').trim();
	if (!address.startsWith('/')) return address;
	const { webhookBaseUrl } = startingEvent(ctx, index);
	return typeof webhookBaseUrl === 'string' ? `${webhookBaseUrl}${address}` : '';
}

/**
 * `<address>?t=<token>`; the same for an invoice each time, and valid for as long as the HMAC key of the organisation is. Nobody else can read
 * the invoice's id in it.
 */
export function signPayLink(address: string, invoiceId: string, hmacKey: string): string {
	const url = new URL(address);
	url.searchParams.set('t', tokenOf(Buffer.from(invoiceId.replace(/-/g, ''), 'hex'), hmacKey));
	return url.toString();
}

/** The invoice of a token, null when it was not made with this key. Constant time. */
export function invoiceOfToken(token: string, hmacKey: string): string | null {
	if (hmacKey === '' || !/^[A-Za-z0-9_-]{38}$/.test(token)) return null;
	const bytes = Buffer.from(token, 'base64url');
	const [told, mac] = [bytes.subarray(0, ID_BYTES), bytes.subarray(ID_BYTES)];
	// Compared as text: the last character of Base64 has spare bits, and each link has one spelling only.
	const is = (expected: string): boolean => timingSafeEqual(Buffer.from(token), Buffer.from(expected));
	const hidden = hide(told, mac, hmacKey);
	const [isHidden, isReadable] = [is(tokenOf(hidden, hmacKey)), is(readableTokenOf(told, hmacKey))];
	if (!isHidden && !isReadable) return null;
	const hex = (isHidden ? hidden : told).toString('hex');
	return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The MAC of the id is the nonce that hides it (RFC 5297): an invoice has the same link each time, and no two share a nonce. */
function tokenOf(id: Buffer, hmacKey: string): string {
	const mac = macOf(derivedKey(hmacKey, 'pay link v2'), id, MAC_BYTES);
	return Buffer.concat([hide(id, mac, hmacKey), mac]).toString('base64url');
}

/** As links were made before the id was hidden; they stay valid. */
function readableTokenOf(id: Buffer, hmacKey: string): string {
	return Buffer.concat([id, macOf(derivedKey(hmacKey, 'pay link v1'), id, MAC_BYTES)]).toString('base64url');
}

/** Hides an id, or shows it again. */
function hide(id: Buffer, nonce: Buffer, hmacKey: string): Buffer {
	const counter = Buffer.concat([nonce], ID_BYTES);
	return createCipheriv('aes-256-ctr', derivedKey(hmacKey, 'pay link v2 id'), counter).update(id);
}

/**
 * The permanent link of an invoice.
 * @throws NodeOperationError without an HMAC key in the credential or with an address that is none.
 */
export async function payLinkOf(
	ctx: IExecuteFunctions,
	address: string,
	invoiceId: string,
	index: number,
): Promise<string> {
	const problem = (message: string, description: string): NodeOperationError =>
		new NodeOperationError(ctx.getNode(), message, { itemIndex: index, description });
	if (!isLagoId(invoiceId))
		throw problem(
			`"${invoiceId}" is not the ID of a Lago invoice`,
			'Leave the invoice field at {{ $json }} behind Lago > Invoice > Get.',
		);
	if (!/^https?:\/\/[^\s]+$/.test(address) || readAddress(address) === null)
		throw problem(
			`"${address}" is not the address of a pay page`,
			'It is the production URL of the Lago Pay Page Trigger, e.g. https://n8n.example.com/webhook/pay. Behind a Lago Trigger its path is enough, e.g. /pay',
		);
	return signPayLink(address, invoiceId, await linkKey(ctx, index));
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
