import { sleep } from 'n8n-workflow';
import { z } from 'zod';
import { pathPart } from '../../shared/domain/address';
import { BoundedMap } from '../../shared/process/boundedMap';
import { KeyCache } from '../../shared/process/keyCache';
import { orNull } from '../../shared/transport/orNull';
import { lenient } from '../../shared/wire/lenient';
import type { LagoInvoice } from '../../shared/wire/lago/objects';
import { onFirstUse } from '../../shared/wire/onFirstUse';
import type { LagoClient } from '../transport/client';

/** Who bills, as customers know them; empty where nobody tells. `logo_url` may have any scheme. */
export interface Merchant {
	name?: string | null;
	logo_url?: string | null;
}

/** A page without a name is better than one that does not come. */
const LONGEST_WAIT_MS = 1_000;

/** `GET /billing_entities/:code` (`lago-api:serializers/v1/billing_entity_serializer.rb`). */
const answerSchema = onFirstUse(() =>
	z.object({ billing_entity: z.object({ name: lenient(z.string()), logo_url: lenient(z.string()) }) }),
);
const merchants = new KeyCache<Merchant>();
/** The billing entities of the invoices that were opened last. */
const codes = new BoundedMap<string, string>({ entries: 5_000 });

/** So that {@link merchantOf} knows who billed it, where nothing but the id of an invoice is at hand. */
export function rememberMerchant(client: LagoClient, { lago_id, billing_entity_code: code }: LagoInvoice): void {
	if (code) codes.set(`${client.accountKey} ${lago_id}`, code);
}

/** Who billed an invoice that was opened in this process. Lago is asked at most once a minute; empty when it does not tell soon. */
export async function merchantOf(client: LagoClient, invoiceId: string): Promise<Merchant> {
	const code = codes.get(`${client.accountKey} ${invoiceId}`);
	if (code === undefined) return {};
	const path = `/billing_entities/${pathPart(code)}`;
	const asked = merchants.get(`${client.accountKey} ${code}`, true, async () => {
		const answer = await orNull(client.request(answerSchema, { method: 'GET', path }), ({ transient }) => !transient);
		return answer?.billing_entity ?? {};
	});
	return (await Promise.race([orNull(asked, () => true), sleep(LONGEST_WAIT_MS)])) ?? {};
}
