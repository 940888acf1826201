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

/** Who bills, as customers know them. */
export interface Merchant {
	name: string;
	/** An address, of whatever scheme; null without a logo. */
	logo: string | null;
}

/** A page without a name is better than one that does not come. */
const LONGEST_WAIT_MS = 1_000;

/** `GET /billing_entities/:code` (`lago-api:serializers/v1/billing_entity_serializer.rb`). */
const answerSchema = onFirstUse(() =>
	z.object({ billing_entity: z.object({ name: z.string(), logo_url: lenient(z.string()) }) }),
);
const merchants = new KeyCache<{ merchant: Merchant | null }>();
/** The billing entities of the invoices that were opened last. */
const codes = new BoundedMap<string, string>({ entries: 5_000 });

/** So that {@link merchantOf} knows who billed it, where nothing but the id of an invoice is at hand. */
export function rememberMerchant(client: LagoClient, { lago_id, billing_entity_code: code }: LagoInvoice): void {
	if (code) codes.set(`${client.accountKey} ${lago_id}`, code);
}

/**
 * Who billed an invoice that was opened in this process. Asked at most once a minute; never in the way of a visitor who can pay.
 * @returns null when that is not known, or Lago does not say it soon.
 */
export async function merchantOf(client: LagoClient, invoiceId: string): Promise<Merchant | null> {
	const code = codes.get(`${client.accountKey} ${invoiceId}`);
	if (code === undefined) return null;
	const path = `/billing_entities/${pathPart(code)}`;
	const asked = merchants.get(`${client.accountKey} ${code}`, true, async () => {
		const answer = await orNull(client.request(answerSchema, { method: 'GET', path }), ({ transient }) => !transient);
		const { name, logo_url: logo = null } = answer?.billing_entity ?? {};
		return { merchant: name === undefined ? null : { name, logo } };
	});
	const told = await Promise.race([orNull(asked, () => true), sleep(LONGEST_WAIT_MS)]);
	return told?.merchant ?? null;
}
