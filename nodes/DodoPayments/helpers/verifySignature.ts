import { timingSafeEqual } from 'node:crypto';
import { signatureOf } from '../../shared/transport/standardWebhooks';

/** What Dodo signs with: Standard Webhooks over the raw bytes (docs `developer-resources/webhooks`). */
export interface SignedDelivery {
	/** `webhook-id`. */
	id: string | undefined;
	/** `webhook-timestamp`: seconds since 1970 of this attempt. */
	timestamp: string | undefined;
	/** `webhook-signature`: space-separated `v1,<base64>`; two of them while a secret is being rotated. */
	signature: string | undefined;
	/** The body exactly as it came. */
	rawBody: Buffer;
}

/** `ok`, or why the delivery is refused. */
export type Verdict = 'ok' | 'missing_secret' | 'missing_headers' | 'stale' | 'mismatch';

/** How far `webhook-timestamp` may be from now, either way. */
export const TOLERANCE_S = 300;
/** A header with more signatures than any rotation has is not worth the work. */
const MAX_SIGNATURES = 10;

/**
 * Checks a delivery against one secret in constant time.
 * @param nowMs milliseconds since 1970.
 */
export function verifySignature(delivery: SignedDelivery, key: Buffer, nowMs: number): Verdict {
	const { id, timestamp, signature, rawBody } = delivery;
	if (key.length === 0) return 'missing_secret';
	if (!id || !timestamp || !signature || !/^\d{1,12}$/.test(timestamp)) return 'missing_headers';
	if (Math.abs(Math.floor(nowMs / 1000) - Number(timestamp)) > TOLERANCE_S) return 'stale';
	// Compared as text: Base64 has several spellings of the same bytes, only one of them is what Dodo sends.
	const expected = Buffer.from(signatureOf(key, id, timestamp, rawBody), 'latin1');
	const isExpected = (entry: string): boolean => {
		const given = Buffer.from(entry);
		return given.length === expected.length && timingSafeEqual(given, expected);
	};
	let matched = false;
	for (const entry of signature.split(' ', MAX_SIGNATURES)) if (isExpected(entry)) matched = true;
	return matched ? 'ok' : 'mismatch';
}
