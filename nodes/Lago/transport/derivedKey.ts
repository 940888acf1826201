import { createHmac } from 'node:crypto';

/** A key for one purpose, made of a secret that serves others as well: none of them tells anything about another. */
export function derivedKey(secret: string, purpose: string): Buffer {
	return createHmac('sha256', secret).update(`n8n-nodes-dodo-lago ${purpose}`).digest();
}

/** The first bytes of an HMAC. */
export function macOf(key: Buffer, data: string | Buffer, bytes: number): Buffer {
	return createHmac('sha256', key).update(data).digest().subarray(0, bytes);
}
