import type { INodeProperties } from 'n8n-workflow';
import { BUSINESS_KEY, CUSTOMER_KEY, ORGANIZATION_KEY, REPLACES_KEY } from '../../../shared/domain/keys';
import { keysFor, withoutMandate } from '../../../shared/domain/mandates';
import { held } from '../../../shared/domain/outcome';
import { isOfOthers } from '../../../shared/domain/payment';
import { fieldsOf, type Operation, type Result } from '../../../shared/node/operation';
import { objectParameter } from '../../../shared/node/parameters';
import { heldBefore } from '../../../shared/node/unknown';
import { withKeyedLock } from '../../../shared/process/keyedLock';
import { orNull } from '../../../shared/transport/orNull';
import { mandateSchema, type DodoMandate } from '../../../shared/wire/dodo/objects';
import {
	entriesOf,
	fetchCustomer,
	MAX_CUSTOMER_ENTRIES,
	replaceEntries,
	type CustomerEntry,
} from '../../helpers/customers';
import { organizationOf } from '../../helpers/organization';
import { heldIfRefused } from '../../helpers/refusals';
import type { LagoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	{
		displayName: 'Mandate',
		name: 'mandate',
		type: 'json',
		required: true,
		default: '={{ $json }}',
		description:
			'The subscription as the Dodo Payments Trigger, or Dodo Payments > Mandate > Get, returns it. An active one is saved on the Lago customer that it was set up for, an ended one is removed; your own metadata stays.',
		hint: 'Leave as it is behind a Dodo Payments node',
	},
];

/** These never take a charge again. */
const ENDED: readonly string[] = ['cancelled', 'expired', 'failed'];

type SaveOutcome = 'held' | 'ignored' | 'removed' | 'saved' | 'unchanged';

/** Customer -> Save Mandate: decides by how the mandate stands now, not by the event that told of it. */
export const saveMandate: Operation<LagoClient, SaveOutcome> = {
	menu: {
		name: 'Save Mandate',
		action: 'Save the mandate of a customer',
		description: 'Keep on the customer by which mandate it is charged; an ended mandate is removed',
	},
	fields: fieldsOf('customer', 'saveMandate', fields),
	endsEvent: true,
	outputs: [{ name: 'Done' }, { name: 'Held', outcomes: ['held'] }],
	async execute(ctx, client, index) {
		const given = objectParameter(ctx, 'mandate', 'Mandate', index);
		const before = heldBefore(given);
		if (before !== null) return before;
		const parsed = mandateSchema.safeParse(given.data ?? given);
		if (!parsed.success) return { outcome: 'ignored', message: 'This is not a subscription of Dodo Payments.' };
		const mandate = parsed.data;
		const externalId = mandate.metadata[CUSTOMER_KEY];
		const about = {
			subscriptionId: mandate.subscription_id,
			status: mandate.status,
			customerExternalId: externalId ?? null,
		};
		if (typeof externalId !== 'string' || externalId === '' || mandate.on_demand !== true)
			return {
				outcome: 'ignored',
				message: `Subscription ${mandate.subscription_id} was not set up for a Lago customer.`,
				...about,
			};
		if (await isOfOtherOrganization(client, mandate))
			return {
				outcome: 'ignored',
				message: `Mandate ${mandate.subscription_id} was set up for a customer of Lago organisation ${String(mandate.metadata[ORGANIZATION_KEY])}, which this workflow does not work for.`,
				...about,
			};
		const saved = async (): Promise<Result<SaveOutcome>> =>
			await withKeyedLock(
				`customer ${client.accountKey} ${externalId}`,
				async () => await save(client, mandate, externalId),
			);
		const nextStep = `Look at the metadata of the customer in Lago and write dodo_subscription_id ${mandate.subscription_id} there by hand.`;
		return {
			...about,
			...(await heldIfRefused(
				saved,
				`Mandate ${mandate.subscription_id} was to be noted on customer ${externalId}`,
				nextStep,
			)),
		};
	},
};

/** One account of Dodo may serve several organisations, and their customers may have the same ids. Throws ApiError. */
async function isOfOtherOrganization(client: LagoClient, { metadata }: DodoMandate): Promise<boolean> {
	const organizationId = textOf(metadata[ORGANIZATION_KEY]);
	return organizationId !== null && isOfOthers({ organizationId }, await organizationOf(client, organizationId));
}

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

async function save(client: LagoClient, mandate: DodoMandate, externalId: string): Promise<Result<SaveOutcome>> {
	const id = mandate.subscription_id;
	const customer = await orNull(fetchCustomer(client, externalId), ({ code }) => code === 'customer_not_found');
	if (customer === null)
		return held(
			'unknown_customer',
			`Mandate ${id} was set up for customer ${externalId}, whom this Lago organisation does not have.`,
			'Check the Lago credential; write dodo_subscription_id to the right customer by hand if the customer was renamed.',
		);
	const entries = entriesOf(customer);
	if (ENDED.includes(mandate.status)) return await remove(client, mandate, externalId, entries);
	if (mandate.status !== 'active')
		return {
			outcome: 'unchanged',
			message: `Mandate ${id} is ${mandate.status}; nothing changes on customer ${externalId}.`,
		};
	const { [BUSINESS_KEY]: businessId, [REPLACES_KEY]: replaces } = mandate.metadata;
	const keys = keysFor(entries, { id, businessId: textOf(businessId), replaces: textOf(replaces) });
	const known =
		mandate.customer === null || mandate.customer === undefined
			? entries
			: withEntry(entries, keys.customer, mandate.customer.customer_id);
	const wanted = withEntry(known, keys.mandate, id);
	if (JSON.stringify(wanted) === JSON.stringify(entries))
		return { outcome: 'unchanged', message: `Customer ${externalId} has mandate ${id} already.` };
	if (wanted.length > MAX_CUSTOMER_ENTRIES)
		return held(
			'metadata_full',
			`Customer ${externalId} has no room for the two metadata entries of a mandate (Lago allows five in all).`,
			'Remove entries of your own from the customer in Lago, then replay the event in Dodo Payments > Webhooks.',
		);
	await replaceEntries(client, externalId, wanted);
	return { outcome: 'saved', message: `Customer ${externalId} is charged by mandate ${id} from now on.` };
}

/** A mandate that has ended is not charged any more; another one that the customer uses stays. */
async function remove(
	client: LagoClient,
	{ subscription_id: id, status }: DodoMandate,
	externalId: string,
	entries: CustomerEntry[],
): Promise<Result<'removed' | 'unchanged'>> {
	const others = withoutMandate(entries, id);
	if (others.length === entries.length)
		return { outcome: 'unchanged', message: `Mandate ${id} has ended; customer ${externalId} does not use it.` };
	await replaceEntries(client, externalId, others);
	return {
		outcome: 'removed',
		message: `Mandate ${id} has ended (${status}); customer ${externalId} pays by link from now on.`,
	};
}

function withEntry(entries: CustomerEntry[], key: string, value: string): CustomerEntry[] {
	return entries.some((entry) => entry.key === key)
		? entries.map((entry) => (entry.key === key ? { ...entry, value } : entry))
		: [...entries, { key, value, display_in_invoice: false }];
}
