import { z } from 'zod';
import { BoundedMap } from '../../shared/process/boundedMap';
import { KeyCache } from '../../shared/process/keyCache';
import { orNull, tellsNothing } from '../../shared/transport/orNull';
import type { RequestContext } from '../../shared/transport/request';
import type { LagoInvoice } from '../../shared/wire/lago/objects';
import { onFirstUse } from '../../shared/wire/onFirstUse';
import { LAGO_CREDENTIAL, type LagoClient } from '../transport/client';

const answerSchema = onFirstUse(() =>
	z.object({ organization: z.object({ lago_id: z.string().nullish() }).nullish() }),
);
const organizations = new KeyCache<{ id: string | null }>();
/** Organisations that have signed with the HMAC key of a credential, which is theirs alone. */
const signers = new BoundedMap<string, true>({ entries: 1_000 });

const signerKey = (ctx: Pick<RequestContext, 'getNode'>, id: string): string =>
	`${ctx.getNode().credentials?.[LAGO_CREDENTIAL]?.id ?? ''} ${id}`;

/** An event of this organisation was verified with the credential's own HMAC key: nobody need be asked whose the credential is. */
export function rememberSigner(ctx: Pick<RequestContext, 'getNode'>, organizationId: string): void {
	signers.set(signerKey(ctx, organizationId), true);
}

/** An invoice with whose it is, so that its payments say so; without where Lago does not tell. Asked once by each process. Throws ApiError. */
export async function withOrganization(client: LagoClient, invoice: LagoInvoice): Promise<LagoInvoice> {
	const organizationId = await organizationOf(client);
	return organizationId === null ? invoice : { ...invoice, organizationId };
}

/**
 * Whom the credential belongs to. Asked once by each process, and again, a minute later at the earliest, when it is not whom it should be.
 * @param expected whom a payment names; taken without asking where it has signed.
 * @returns null when Lago refuses to say.
 * @throws ApiError when Lago cannot be asked now.
 */
export async function organizationOf(client: LagoClient, expected: string | null = null): Promise<string | null> {
	if (expected !== null && signers.has(`${client.credentialId} ${expected}`)) return expected;
	const ask = async (): Promise<{ id: string | null }> => {
		const request = client.request(answerSchema, { method: 'GET', path: '/organizations' });
		return { id: (await orNull(request, tellsNothing))?.organization?.lago_id ?? null };
	};
	const known = await organizations.get(client.accountKey, false, ask);
	if (expected === null || known.id === null || known.id === expected) return known.id;
	// The key of the credential may have been replaced by one of another organisation.
	return (await organizations.get(client.accountKey, true, ask)).id;
}
