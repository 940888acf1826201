import { NodeOperationError, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import { readAddress } from '../../../shared/domain/address';
import { SHORTEST_KEY } from '../../../shared/domain/secrets';
import { fieldsOf, type Operation, type Result } from '../../../shared/node/operation';
import { eventParameter } from '../../../shared/node/parameters';
import { beganBy } from '../../../shared/node/start';
import { ApiError } from '../../../shared/transport/apiError';
import { readCredential } from '../../../shared/transport/credential';
import { decodeSecret } from '../../../shared/transport/standardWebhooks';
import { accessMemoryOf } from '../../helpers/access/accessMemory';
import type { Carrier } from '../../helpers/access/carriers';
import { customerOfItem } from '../../helpers/access/customerOfItem';
import { dueCustomers } from '../../helpers/access/due';
import { updateAccess, type AccessUpdate } from '../../helpers/access/update';
import { inTurns } from '../../helpers/inTurns';
import { LAGO_CREDENTIAL, type LagoClient, type LagoCredential } from '../../transport/client';
import { policyFields, policyOf } from './policy.fields';

const fields: INodeProperties[] = [
	{
		displayName: 'Look At',
		name: 'lookAt',
		description: 'About whom: the customer of what comes in, or everybody whose access changes with time',
		type: 'options',
		options: [
			{
				name: 'Automatic',
				value: 'automatic',
				description: 'The customer of the event or item; behind a schedule, everybody who is due',
			},
			{ name: 'Customer of the Item', value: 'item', description: 'Behind a trigger or another node of this package' },
			{
				name: 'Everybody Who Is Due',
				value: 'due',
				description: 'Behind a schedule: whose state changes by time, and whatever no event told of',
			},
		],
		default: 'item',
	},
	{
		displayName: 'Item',
		name: 'item',
		type: 'string',
		ignoreValidationDuringExecution: true,
		default: '',
		placeholder: 'e.g. {{ $json }}',
		description:
			'An event of a trigger, or what another operation returned; when empty, the event that this execution began with, or the item where that is about nobody. What is about nobody is passed over.',
		hint: 'Leave empty for the event that this execution began with',
		displayOptions: { show: { lookAt: ['automatic', 'item'] } },
	},
	{
		displayName: 'Tell This Address',
		name: 'callbackUrl',
		type: 'string',
		default: '',
		placeholder: 'e.g. https://app.example.com/hooks/access',
		description:
			'Each change is sent there by POST, signed with the Access Callback Secret of the Lago credential (Standard Webhooks). Empty: nobody is told by POST.',
	},
	{
		displayName: 'Write to Lago',
		name: 'writeTo',
		type: 'options',
		options: [
			{
				name: 'Customer Metadata',
				value: 'metadata',
				description: 'The state of the customer, under a key of its metadata',
			},
			{ name: 'Nothing', value: 'none' },
			{
				name: 'Subscription Entitlement',
				value: 'entitlement',
				description: 'The state of each subscription, as a privilege of a feature',
			},
		],
		default: 'none',
		description: 'Where the state is kept in Lago for other systems. It is written only when it differs.',
	},
	{
		displayName: 'Metadata Key',
		name: 'metadataKey',
		description: 'Under which name the state stands on the customer; at most 20 characters',
		type: 'string',
		required: true,
		default: 'access_state',
		placeholder: 'e.g. access_state',
		displayOptions: { show: { writeTo: ['metadata'] } },
	},
	{
		displayName: 'Feature Code',
		name: 'featureCode',
		type: 'string',
		required: true,
		default: 'access',
		placeholder: 'e.g. access',
		description: 'A feature that exists in Lago',
		displayOptions: { show: { writeTo: ['entitlement'] } },
	},
	{
		displayName: 'Privilege Code',
		name: 'privilegeCode',
		type: 'string',
		required: true,
		default: 'state',
		placeholder: 'e.g. state',
		description: 'A text privilege of this feature',
		displayOptions: { show: { writeTo: ['entitlement'] } },
	},
	...policyFields,
];

type UpdateOutcome = 'access_changed' | 'access_unknown' | 'access_untold';

/**
 * Access -> Update: looks who may use the product now, and gives out an item for each customer of whom a state has changed, once. Nothing
 * comes out when nothing has changed.
 */
export const update: Operation<LagoClient, UpdateOutcome> = {
	menu: {
		name: 'Update',
		action: 'Update who may use the product',
		description: 'Look again, and give out and tell each change exactly once',
	},
	fields: fieldsOf('access', 'update', fields),
	endsEvent: true,
	async execute(ctx, client, index) {
		const settings: AccessUpdate = {
			policy: policyOf(ctx, index),
			callback: await callbackOf(ctx, index),
			carrier: carrierOf(ctx, index),
			memory: accessMemoryOf(ctx),
			isTrial: ctx.getMode() === 'manual',
		};
		const lookAt = ctx.getNodeParameter('lookAt', index);
		const customer = lookAt === 'due' ? null : await customerToUpdate(ctx, client, index);
		if (customer === null) {
			const isDue = lookAt === 'due' || (lookAt === 'automatic' && beganBy(ctx, 'scheduleTrigger'));
			return isDue && index === 0 ? await updateDue(ctx, client, settings) : [];
		}
		const changed = await updateAccess(ctx, client, customer, settings);
		return changed === null ? [] : [changed];
	},
};

async function customerToUpdate(ctx: IExecuteFunctions, client: LagoClient, index: number): Promise<string | null> {
	const given = await customerOfItem(client, eventParameter(ctx, 'item', 'Item', index));
	if (given !== null || ctx.getNodeParameter('item', index, '') !== '') return given;
	return await customerOfItem(client, ctx.getInputData()[index]?.json ?? {});
}

/** One customer who cannot be looked at must not keep the others waiting; they stay due. */
async function updateDue(
	ctx: IExecuteFunctions,
	client: LagoClient,
	settings: AccessUpdate,
): Promise<Array<Result<UpdateOutcome>>> {
	const due = await dueCustomers(client, settings.policy, settings.memory, ctx.getWorkflow().id ?? '', Date.now());
	const items = await inTurns(due, async ({ externalId, done }): Promise<Result<UpdateOutcome> | null> => {
		client.patience.nextItem();
		return await updateAccess(ctx, client, externalId, settings).then(
			(item) => {
				if (!settings.isTrial) done();
				return item;
			},
			(caught: unknown) => {
				if (!(caught instanceof ApiError)) throw caught;
				return unread(externalId, caught);
			},
		);
	});
	return items.filter((item) => item !== null);
}

function unread(externalId: string, problem: ApiError): Result<'access_unknown'> {
	return {
		outcome: 'access_unknown',
		message: `The books of customer ${externalId} could not be read: ${problem.message}`,
		nextStep: 'Nothing: every look tries again.',
		customerExternalId: externalId,
	};
}

async function callbackOf(ctx: IExecuteFunctions, index: number): Promise<AccessUpdate['callback']> {
	const url = String(ctx.getNodeParameter('callbackUrl', index, '') ?? '').trim();
	if (url === '') return null;
	if (!/^https?:\/\/[^\s]+$/.test(url) || readAddress(url) === null)
		throw new NodeOperationError(ctx.getNode(), '"Tell This Address" is not an address', {
			itemIndex: index,
			description: 'It should look like https://app.example.com/hooks/access. Leave it empty to tell nobody.',
		});
	const { accessCallbackSecret } = await readCredential<LagoCredential>(ctx, LAGO_CREDENTIAL);
	const key = decodeSecret(accessCallbackSecret ?? '');
	if (key.length >= SHORTEST_KEY) return { url, key };
	throw new NodeOperationError(
		ctx.getNode(),
		accessCallbackSecret
			? 'The Access Callback Secret of the Lago credential is too short'
			: 'The Lago credential has no Access Callback Secret',
		{
			itemIndex: index,
			description:
				'Whatever is sent to your address is signed with it. Make one with: echo "whsec_$(openssl rand -base64 32)"',
		},
	);
}

function carrierOf(ctx: IExecuteFunctions, index: number): Carrier {
	const text = (name: string): string => String(ctx.getNodeParameter(name, index, '') ?? '').trim();
	const writeTo = text('writeTo');
	if (writeTo === 'metadata') return { kind: 'metadata', key: text('metadataKey') };
	if (writeTo === 'entitlement')
		return { kind: 'entitlement', feature: text('featureCode'), privilege: text('privilegeCode') };
	return { kind: 'none' };
}
