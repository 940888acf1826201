import { createHmac, createPublicKey, timingSafeEqual, verify, type KeyObject } from 'node:crypto';

/** What Lago sends with a webhook (`lago-api:app/models/webhook.rb`). */
export interface SignedDelivery {
	/** `X-Lago-Signature`. */
	signature: string | undefined;
	/** `X-Lago-Signature-Algorithm`: `hmac` or `jwt`. */
	algorithm: string | undefined;
	/** The body exactly as it came; Rails escapes `<>&`, so it must not be re-serialised. */
	rawBody: Buffer;
}

/** `ok`, or why the delivery is refused. */
export type Verdict = 'ok' | 'missing_secret' | 'missing_headers' | 'wrong_algorithm' | 'mismatch';

const BASE64_OF_32_BYTES = /^[A-Za-z0-9+/]{43}=$/;

/** Base64 HMAC-SHA256 over the raw body; the key is the organisation's `hmac_key` as text. Constant time. */
export function verifyHmac(delivery: SignedDelivery, key: string): Verdict {
	if (key === '') return 'missing_secret';
	if (!delivery.signature) return 'missing_headers';
	if (delivery.algorithm !== 'hmac') return 'wrong_algorithm';
	if (!BASE64_OF_32_BYTES.test(delivery.signature)) return 'mismatch';
	// Compared as text: Base64 has several spellings of the same bytes, only one of them is what Lago sends.
	const expected = Buffer.from(createHmac('sha256', key).update(delivery.rawBody).digest('base64'), 'latin1');
	return timingSafeEqual(Buffer.from(delivery.signature, 'latin1'), expected) ? 'ok' : 'mismatch';
}

/** Lago's public key: Base64 of a PEM. Throws when it is not one. */
export function decodePublicKey(base64Pem: string): KeyObject {
	return createPublicKey(Buffer.from(base64Pem, 'base64').toString('utf8'));
}

/** RS256 token whose `data` claim is the whole body as a string; any other algorithm in its header is refused. */
export function verifyJwt(delivery: SignedDelivery, key: KeyObject): Verdict {
	if (!delivery.signature) return 'missing_headers';
	if (delivery.algorithm !== undefined && delivery.algorithm !== 'jwt') return 'wrong_algorithm';
	const [header, payload, signature, ...rest] = delivery.signature.split('.');
	if (!header || !payload || !signature || rest.length > 0) return 'mismatch';
	if (claims(header)?.alg !== 'RS256') return 'wrong_algorithm';
	const signatureBytes = Buffer.from(signature, 'base64url');
	if (signatureBytes.toString('base64url') !== signature) return 'mismatch';
	if (!verify('RSA-SHA256', Buffer.from(`${header}.${payload}`), key, signatureBytes)) return 'mismatch';
	const data = claims(payload)?.data;
	if (typeof data !== 'string') return 'mismatch';
	return Buffer.from(data).equals(delivery.rawBody) ? 'ok' : 'mismatch';
}

/** Null when it is no JSON. What is no object has none. */
function claims(part: string): Record<string, unknown> | null {
	try {
		return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown> | null;
	} catch {
		return null;
	}
}
