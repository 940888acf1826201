import { createCipheriv, timingSafeEqual } from 'node:crypto';
import type { Debtor } from '../../shared/domain/dueTogether';
import { derivedKey, macOf } from '../transport/derivedKey';

const ID_BYTES = 16;
/** 96 bits: every guess costs a request, and a shorter link fits into Lago's metadata. */
const MAC_BYTES = 12;

/** What links are made for, and what their keys are made of: none can be taken for another. */
const PURPOSE = { invoice: 'pay link v2', topUp: 'top-up link v1' } as const;
export type Linked = keyof typeof PURPOSE;

/**
 * `<address>?t=<token>`; the same for an invoice or a top-up each time, and valid for as long as the HMAC key of the organisation is. Nobody
 * else can read the id in it.
 */
export function signPayLink(address: string, id: string, hmacKey: string, of: Linked = 'invoice'): string {
	const url = new URL(address);
	url.searchParams.set('t', tokenOf(Buffer.from(id.replace(/-/g, ''), 'hex'), hmacKey, of));
	return url.toString();
}

/** The invoice of a token, null when it was not made for one with this key. Constant time. */
export const invoiceOfToken = (token: string, hmacKey: string): string | null => idOf('invoice', token, hmacKey);

/** The transaction of a wallet in the same way. */
export const topUpOfToken = (token: string, hmacKey: string): string | null => idOf('topUp', token, hmacKey);

function idOf(of: Linked, token: string, hmacKey: string): string | null {
	if (hmacKey === '' || !/^[A-Za-z0-9_-]{38}$/.test(token)) return null;
	const bytes = Buffer.from(token, 'base64url');
	const [told, mac] = [bytes.subarray(0, ID_BYTES), bytes.subarray(ID_BYTES)];
	// Compared as text: the last character of Base64 has spare bits, and each link has one spelling only.
	const is = (expected: string): boolean => timingSafeEqual(Buffer.from(token), Buffer.from(expected));
	const hidden = hide(told, mac, hmacKey);
	const [isHidden, isReadable] = [is(tokenOf(hidden, hmacKey, of)), is(readableTokenOf(told, hmacKey))];
	if (!isHidden && (!isReadable || of !== 'invoice')) return null;
	const hex = (isHidden ? hidden : told).toString('hex');
	return hex.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** The MAC of the id is the nonce that hides it (RFC 5297): an invoice has the same link each time, and no two share a nonce. */
function tokenOf(id: Buffer, hmacKey: string, of: Linked): string {
	const mac = macOf(derivedKey(hmacKey, PURPOSE[of]), id, MAC_BYTES);
	return Buffer.concat([hide(id, mac, hmacKey), mac]).toString('base64url');
}

/** As links were made before the id was hidden; they stay valid. */
function readableTokenOf(id: Buffer, hmacKey: string): string {
	return Buffer.concat([id, macOf(derivedKey(hmacKey, 'pay link v1'), id, MAC_BYTES)]).toString('base64url');
}

/** Hides an id, or shows it again. */
function hide(id: Buffer, nonce: Buffer, hmacKey: string, purpose = 'pay link v2 id'): Buffer {
	const counter = Buffer.concat([nonce], ID_BYTES);
	return createCipheriv('aes-256-ctr', derivedKey(hmacKey, purpose), counter).update(id);
}

/** The token of everything that somebody owes, made in the same way; nobody else can read in it who that is. */
export function tokenOfDebtor({ customerId, currency, billingEntity }: Debtor, hmacKey: string): string {
	const told = Buffer.from(JSON.stringify([customerId, currency, billingEntity]));
	const mac = macOf(derivedKey(hmacKey, 'pay link of all v1'), told, MAC_BYTES);
	return Buffer.concat([mac, hide(told, mac, hmacKey, 'pay link of all v1 text')]).toString('base64url');
}

/** Who owes by such a token, null when it was not made with this key. */
export function debtorOfToken(token: string, hmacKey: string): Debtor | null {
	if (hmacKey === '' || !/^[A-Za-z0-9_-]{24,800}$/.test(token)) return null;
	const bytes = Buffer.from(token, 'base64url');
	const [mac, hidden] = [bytes.subarray(0, MAC_BYTES), bytes.subarray(MAC_BYTES)];
	const told = hide(hidden, mac, hmacKey, 'pay link of all v1 text');
	const isOurs = timingSafeEqual(mac, macOf(derivedKey(hmacKey, 'pay link of all v1'), told, MAC_BYTES));
	// The last character of Base64 has spare bits, and each link has one spelling only.
	if (!isOurs || bytes.toString('base64url') !== token) return null;
	const [customerId, currency, billingEntity] = JSON.parse(told.toString()) as [string, string, string | null];
	return { customerId, currency, billingEntity };
}
