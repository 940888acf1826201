import { z } from 'zod';
import type { StateChange } from '../../../shared/domain/access/changes';
import type { CustomerAccess } from '../../../shared/domain/access/evaluate';
import { pathPart } from '../../../shared/domain/address';
import { withKeyedLock } from '../../../shared/process/keyedLock';
import { ApiError } from '../../../shared/transport/apiError';
import { onFirstUse } from '../../../shared/wire/onFirstUse';
import type { LagoClient } from '../../transport/client';
import { entriesOf, fetchCustomer, MAX_CUSTOMER_ENTRIES, replaceEntries } from '../customers';

/** Where in Lago the state is written, so that other systems can read it there. */
export type Carrier =
	{ kind: 'none' } | { kind: 'metadata'; key: string } | { kind: 'entitlement'; feature: string; privilege: string };

/** `GET` and `PATCH /subscriptions/:external_id/entitlements` (`lago-api:controllers/api/v1/subscriptions/entitlements_controller.rb`). */
const entitlementsSchema = onFirstUse(() =>
	z.object({
		entitlements: z.array(
			z
				.object({
					code: z.string(),
					privileges: z.array(z.object({ code: z.string(), value: z.unknown() }).passthrough()).nullish(),
				})
				.passthrough(),
		),
	}),
);

/**
 * Writes the states where the user wants them in Lago. Compares first: each write comes back as a webhook.
 * @returns null, or why something could not be written and what to do.
 * @throws ApiError for what trying again can mend.
 */
export async function carry(
	client: LagoClient,
	carrier: Carrier,
	{ customer, subscriptions }: CustomerAccess,
	changes: readonly StateChange[],
): Promise<string | null> {
	const work = async (): Promise<string | null> => {
		if (carrier.kind === 'metadata')
			return await writeMetadata(client, customer.externalId, carrier.key, customer.state);
		if (carrier.kind === 'none') return null;
		const changed = new Set(changes.filter(({ of }) => of === 'subscription').map(({ externalId }) => externalId));
		// What has ended has no entitlements that could be written.
		for (const { externalId, state } of subscriptions)
			if (changed.has(externalId) && state !== 'ended' && state !== 'paid_until')
				await writeEntitlement(client, externalId, carrier, state);
		return null;
	};
	return await work().catch((caught: unknown) => {
		if (!(caught instanceof ApiError && caught.final)) throw caught;
		return refused(carrier, caught);
	});
}

async function writeMetadata(
	client: LagoClient,
	externalId: string,
	key: string,
	state: string,
): Promise<string | null> {
	return await withKeyedLock(`customer ${client.accountKey} ${externalId}`, async () => {
		const entries = entriesOf(await fetchCustomer(client, externalId));
		const stored = entries.find((entry) => entry.key === key);
		if (stored?.value === state) return null;
		if (stored === undefined && entries.length >= MAX_CUSTOMER_ENTRIES)
			return `Customer ${externalId} has no room for "${key}": Lago allows five metadata entries. Remove one of your own.`;
		const others = entries.filter((entry) => entry.key !== key);
		await replaceEntries(client, externalId, [...others, { display_in_invoice: false, ...stored, key, value: state }]);
		return null;
	});
}

async function writeEntitlement(
	client: LagoClient,
	externalId: string,
	{ feature, privilege }: { feature: string; privilege: string },
	state: string,
): Promise<void> {
	const path = `/subscriptions/${pathPart(externalId)}/entitlements`;
	const { entitlements } = await client.request(entitlementsSchema, { method: 'GET', path });
	const stored = entitlements
		.find(({ code }) => code === feature)
		?.privileges?.find(({ code }) => code === privilege)?.value;
	if (stored === state) return;
	await client.request(entitlementsSchema, {
		method: 'PATCH',
		path,
		body: { entitlements: { [feature]: { [privilege]: state } } },
	});
}

function refused(carrier: Carrier, { status, code }: ApiError): string {
	const why = `Lago does not take it (${status} ${code}).`;
	return carrier.kind === 'entitlement'
		? `${why} Create feature "${carrier.feature}" with a text privilege "${carrier.privilege}" in Lago > Features.`
		: why;
}
