import { z } from 'zod';
import { isShared, seenBy } from '../../shared/domain/mandates';
import { KeyCache } from '../../shared/process/keyCache';
import { orNull, tellsNothing } from '../../shared/transport/orNull';
import type { LagoCustomer } from '../../shared/wire/lago/objects';
import { onFirstUse } from '../../shared/wire/onFirstUse';
import type { DodoClient } from '../transport/client';

/** `GET /brands` (docs `api-reference/brands`): every business has one at least, and each names its business. */
const brandsSchema = onFirstUse(() => z.object({ items: z.array(z.object({ business_id: z.string().min(1) })) }));
const businesses = new KeyCache<{ id: string | null }>();

/** The business that the key of the credential belongs to, asked once by each process; null when Dodo does not say. Throws ApiError. */
export async function businessOf(client: DodoClient): Promise<string | null> {
	const known = await businesses.get(client.accountKey, false, async () => {
		const request = client.request(brandsSchema, { method: 'GET', path: '/brands' });
		return { id: (await orNull(request, tellsNothing))?.items[0]?.business_id ?? null };
	});
	return known.id;
}

/**
 * A customer of Lago as this business knows them: what other businesses of Dodo's keep on them is left out. Asks who the business is only
 * where there is something to tell apart. Throws ApiError.
 */
export async function seenHere<Given extends LagoCustomer | null | undefined>(
	client: DodoClient,
	customer: Given,
): Promise<Given> {
	const entries = customer?.metadata ?? [];
	if (!isShared(entries)) return customer;
	return { ...customer, metadata: seenBy(entries, await businessOf(client)) } as Given;
}
