import { createHmac, createSecretKey } from 'node:crypto';

/** The key bytes of a secret: Base64, with or without `whsec_`. Empty when there is none. */
export function decodeSecret(secret: string): Buffer {
	return Buffer.from(secret.trim().replace(/^whsec_/, ''), 'base64');
}

/** `v1,<Base64>` as Standard Webhooks has it. @param timestamp seconds since 1970, as text. */
export function signatureOf(key: Buffer, id: string, timestamp: string, body: Buffer | string): string {
	// As a key object: Node 24 takes four times as long for the bare bytes.
	return `v1,${createHmac('sha256', createSecretKey(key)).update(`${id}.${timestamp}.`).update(body).digest('base64')}`;
}
