import { createHmac } from 'node:crypto';

/** A key for one purpose, made of a secret that serves others as well: none of them tells anything about another. */
export function derivedKey(secret: string, purpose: string): Buffer {
	return createHmac('sha256', secret).update(`n8n-nodes-dodo-lago ${purpose}`).digest();
}

/** The first bytes of an HMAC. */
export function macOf(key: Buffer, data: string | Buffer, bytes: number): Buffer {
	return createHmac('sha256', key).update(data).digest().subarray(0, bytes);
}

/** 128 bits: nobody guesses it. */
const PROOF_BYTES = 16;

/** What a checkout of an invoice carries along, so that whoever knows the secret sees that it was made for this invoice. */
export function paymentProof(secret: string, invoiceId: string): string {
	return macOf(derivedKey(secret, 'payment proof v1'), invoiceId, PROOF_BYTES).toString('base64url');
}

/** The same of a checkout of several invoices. @param shares what it asks of each, see `sharesText`. */
export function sharesProof(secret: string, shares: string): string {
	return macOf(derivedKey(secret, 'payment proof of several v1'), shares, PROOF_BYTES).toString('base64url');
}
