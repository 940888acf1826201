import type { KeyObject } from 'node:crypto';
import { publicKeySchema } from '../schemas/objects';
import type { LagoClient } from '../transport/client';
import { decodePublicKey } from './verifySignature';

/** After a signature that does not match, the key is fetched anew, but not more often than this. */
const REFETCH_MS = 60_000;

const keys = new Map<string, { key: KeyObject; fetchedAt: number }>();

/**
 * The public key that a Lago server signs JWTs with, kept in memory.
 * @param fresh ask Lago again (at most once a minute) because the known key did not match.
 * @throws ApiError when Lago cannot be asked, Error when it does not answer with a key.
 */
export async function publicKeyOf(client: LagoClient, fresh: boolean): Promise<KeyObject> {
	const known = keys.get(client.accountKey);
	if (known && (!fresh || Date.now() - known.fetchedAt < REFETCH_MS)) return known.key;
	const { webhook } = await client.request(publicKeySchema, { method: 'GET', path: '/webhooks/json_public_key' });
	const key = decodePublicKey(webhook.public_key);
	keys.set(client.accountKey, { key, fetchedAt: Date.now() });
	return key;
}
