import type { KeyObject } from 'node:crypto';
import { KeyCache } from '../../shared/process/keyCache';
import { publicKeySchema } from '../../shared/wire/lago/objects';
import type { LagoClient } from '../transport/client';
import { decodePublicKey } from './verifySignature';

const keys = new KeyCache<KeyObject>();

/**
 * The public key that a Lago server signs JWTs with, kept in memory.
 * @param fresh ask Lago again (at most once a minute) because the known key did not match.
 * @throws ApiError when Lago cannot be asked, Error when it does not answer with a key.
 */
export async function publicKeyOf(client: LagoClient, fresh: boolean): Promise<KeyObject> {
	return await keys.get(client.accountKey, fresh, async () => {
		const { webhook } = await client.request(publicKeySchema, { method: 'GET', path: '/webhooks/json_public_key' });
		return decodePublicKey(webhook.public_key);
	});
}
