import { z } from 'zod';
import { pathPart } from '../../shared/domain/address';
import { KeyCache } from '../../shared/process/keyCache';
import { lenient } from '../../shared/wire/lenient';
import type { LagoInvoice } from '../../shared/wire/lago/objects';
import { onFirstUse } from '../../shared/wire/onFirstUse';
import type { LagoClient } from '../transport/client';
import { inTime } from './inTime';

/** Who bills, as customers know them; empty where nobody tells. `logo_url` may have any scheme. */
export interface Merchant {
	name?: string | null;
	logo_url?: string | null;
	/** The language of its documents, e.g. `de`. */
	document_locale?: string | null;
}

/** A page without a name is better than one that does not come. */
const LONGEST_WAIT_MS = 1_000;

/** `GET /billing_entities/:code` (`lago-api:serializers/v1/billing_entity_serializer.rb`). */
const answerSchema = onFirstUse(() =>
	z.object({
		billing_entity: z.object({
			name: lenient(z.string()),
			logo_url: lenient(z.string()),
			document_locale: lenient(z.string()),
		}),
	}),
);
const merchants = new KeyCache<Merchant>();

/** Who billed an invoice. Lago is asked at most once a minute; empty when it does not tell it soon, or not with this key. */
export async function merchantOf(
	client: LagoClient,
	{ billing_entity_code: code }: Pick<LagoInvoice, 'billing_entity_code'>,
): Promise<Merchant> {
	if (!code) return {};
	const path = `/billing_entities/${pathPart(code)}`;
	const asked = merchants.get(
		`${client.accountKey} ${code}`,
		true,
		async () => (await client.request(answerSchema, { method: 'GET', path })).billing_entity,
	);
	return (await inTime(asked, LONGEST_WAIT_MS)) ?? {};
}
