import { z } from 'zod';
import { KeyCache } from '../../shared/process/keyCache';
import { orNull } from '../../shared/transport/orNull';
import { onFirstUse } from '../../shared/wire/onFirstUse';
import type { LagoClient } from '../transport/client';

const answerSchema = onFirstUse(() =>
	z.object({ organization: z.object({ lago_id: z.string().nullish() }).nullish() }),
);
const organizations = new KeyCache<{ id: string | null }>();

/**
 * Whom the credential belongs to: an API key is of one organisation for as long as it lives, so Lago is asked once by each process.
 * @returns null when Lago refuses to say.
 * @throws ApiError when Lago cannot be asked now.
 */
export async function organizationOf(client: LagoClient): Promise<string | null> {
	const { id } = await organizations.get(client.accountKey, false, async () => {
		const request = client.request(answerSchema, { method: 'GET', path: '/organizations' });
		// A key may be kept from reading it, and whoever books with such a key must not be kept from booking.
		const answer = await orNull(
			request,
			({ final, status, code }) => final || status === 403 || code === 'UNEXPECTED_ANSWER',
		);
		return { id: answer?.organization?.lago_id ?? null };
	});
	return id;
}
