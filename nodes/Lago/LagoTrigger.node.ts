import { createHash } from 'node:crypto';
import {
	type IDataObject,
	type IHookFunctions,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';
import { spelled } from '../shared/domain/address';
import { forEntities, isOfEntities, readEntities } from '../shared/domain/entities';
import { isManual } from '../shared/node/fields';
import { chosenEvents, described, LAGO_OUTPUTS, leavingBy } from '../shared/node/start';
import { pathOf, webhookPath } from '../shared/node/webhookPath';
import { whilePublishing } from '../shared/transport/publishError';
import { answer } from '../shared/webhook/answer';
import { admit } from '../shared/webhook/intake';
import { headerOf, parseJson, readRawBody } from '../shared/webhook/readBody';
import { entityOf, lagoEventSchema, RETRY_BUTTON, TOP_UP_EVENT } from '../shared/wire/lago/event';
import { rememberStart } from './helpers/collectsSince';
import { findEndpoint, isCurrent, registerEndpoint, removeEndpoint, type WantedEndpoint } from './helpers/endpoint';
import { eventItem, outputOf } from './helpers/eventItem';
import { requireHmacKey } from './helpers/hmacKey';
import { olderLagoAtStart } from './helpers/older';
import { rememberSigner } from './helpers/organization';
import { testLagoCredential } from './helpers/testCredential';
import { refusal, verifyDelivery } from './helpers/verifyDelivery';
import { triggerProperties } from './lagoTrigger.properties';
import { getBillingEntities } from './methods/loadOptions';
import { LagoClient } from './transport/client';
import type { LagoWebhookEndpoint } from '../shared/wire/lago/objects';

export class LagoTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Lago Trigger',
		name: 'lagoTrigger',
		icon: { light: 'file:lago.svg', dark: 'file:lago.dark.svg' },
		group: ['trigger'],
		// Of a version 1 n8n asks its expression engine for each request whether the body is a file.
		version: [1, 1.1, 1.2, 1.3],
		defaultVersion: 1.3,
		subtitle: chosenEvents,
		description:
			'Starts the workflow when Lago reports an invoice, credit note, subscription or customer; every delivery is verified',
		eventTriggerDescription: 'Waiting for Lago to call the test URL',
		activationMessage: 'Lago events now start this workflow.',
		defaults: { name: 'Lago Trigger' },
		inputs: [],
		outputs: described(LAGO_OUTPUTS),
		// Spelled out, as n8n's linter looks for it.
		credentials: [{ name: 'lagoBillingApi', required: true, testedBy: 'testLagoCredential' }],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				// The answer goes out when the workflow has ended: 200 after success, 500 after failure, so that Lago sends it again.
				responseMode: 'lastNode',
				responseData: 'noData',
				...webhookPath,
				isFullPath: true,
			},
		],
		properties: triggerProperties,
	};

	methods = { credentialTest: { testLagoCredential }, loadOptions: { getBillingEntities } };

	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				if (this.getNodeParameter('signature') !== 'jwt')
					await requireHmacKey(this, 'no delivery could be verified and all of them would be refused');
				if (isManual(this)) {
					await rememberStart(this, async () => await findOwn(this, await LagoClient.of(this)));
					return true;
				}
				return await whilePublishing(this, LagoClient.of, async (client) => {
					const wanted = wantedEndpoint(this);
					const endpoint = await findOwn(this, client);
					await rememberStart(this, async () => await Promise.resolve(endpoint));
					if (endpoint === null || !isCurrent(endpoint, wanted)) return false;
					this.getWorkflowStaticData('node').endpointId = endpoint.lago_id;
					await tellIfOlder(this, client);
					return true;
				});
			},
			async create(this: IHookFunctions): Promise<boolean> {
				return await whilePublishing(this, LagoClient.of, async (client) => {
					this.getWorkflowStaticData('node').endpointId = await registerEndpoint(
						client,
						wantedEndpoint(this),
						storedEndpointId(this),
					);
					await tellIfOlder(this, client);
					return true;
				});
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				if (isManual(this)) return true;
				return await whilePublishing(this, LagoClient.of, async (client) => {
					await removeEndpoint(client, wantedEndpoint(this).url, storedEndpointId(this));
					delete this.getWorkflowStaticData('node').endpointId;
					return true;
				});
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const rawBody = await readRawBody(this);
		const verdict = await verifyDelivery(this, {
			signature: headerOf(this, 'x-lago-signature'),
			algorithm: headerOf(this, 'x-lago-signature-algorithm'),
			rawBody,
		});
		if (verdict !== 'ok') return refusal(this, verdict);

		const read = eventIn(this, rawBody);
		if ('answered' in read) return read.answered;
		const { event, objectType, organizationId, data, entities } = read;
		// Lago signs neither its key nor a time: a copy of a body is a copy of the event, whatever key comes with it.
		const digest = createHash('sha256').update(rawBody).digest('base64');
		if (organizationId && this.getNodeParameter('signature') !== 'jwt') rememberSigner(this, organizationId);
		const source = { organizationId: organizationId ?? null, webhookBaseUrl: baseUrlOf(this) };
		const item = eventItem({
			event,
			eventId: headerOf(this, 'x-lago-unique-key') ?? null,
			deliveryId: `lago ${digest}${hourOfPress(event)}`,
			objectType,
			source,
			...forEntities(entities),
			data,
		});
		const output = outputOf(event);
		// Invoices and top-ups are collected and credit notes refunded at Dodo; all else is Lago's own.
		const isForDodo = output !== 'Other' || event === TOP_UP_EVENT;
		return (
			admit(this, item.delivery, isForDodo) ?? {
				workflowData: leavingBy(this.getNode(), LAGO_OUTPUTS, output, item),
			}
		);
	}
}

/** What a genuine delivery says, and for which billing entities the trigger works. */
interface EventRead {
	event: string;
	objectType: string;
	organizationId: string | null | undefined;
	data: IDataObject;
	entities: string[];
}

/** Reads a genuine delivery; one that is no event, or none of those that this trigger is for, is answered at once. */
function eventIn(ctx: IWebhookFunctions, rawBody: Buffer): EventRead | { answered: IWebhookResponseData } {
	const answered = (status: number, message: string) => ({ answered: answer(ctx, status, { message }) });
	const parsed = lagoEventSchema.safeParse(parseJson(rawBody));
	if (!parsed.success)
		return answered(400, 'Signed by Lago, but not an event: webhook_type and object_type are expected');
	const { webhook_type: event, object_type: objectType, organization_id: organizationId } = parsed.data;
	if (!(ctx.getNodeParameter('events') as string[]).includes(event))
		return answered(200, `Ignored: ${event} is not among the events of this trigger`);
	const data = parsed.data[objectType];
	if (typeof data !== 'object' || data === null || Array.isArray(data))
		return answered(400, `Signed by Lago, but there is no object under "${objectType}"`);
	const entities = readEntities(ctx.getNodeParameter('billingEntities', []));
	const entity = entityOf(data as IDataObject);
	if (!isOfEntities(entity, entities))
		return answered(200, `Ignored: billing entity ${entity} is not among those of this trigger`);
	return { event, objectType, organizationId, data: data as IDataObject, entities };
}

async function findOwn(ctx: IHookFunctions, client: LagoClient): Promise<LagoWebhookEndpoint | null> {
	return await findEndpoint(client, wantedEndpoint(ctx).url, storedEndpointId(ctx));
}

/** Into n8n's log, when the trigger starts. */
async function tellIfOlder(ctx: IHookFunctions, client: LagoClient): Promise<void> {
	const words = await olderLagoAtStart(client);
	if (words !== null) ctx.logger.warn(`Lago Trigger: ${words}`);
}

/** The button of an invoice sends the same bytes each time it is pressed; one press an hour counts, see `domain/charge`. */
function hourOfPress(event: string): string {
	return event === RETRY_BUTTON ? ` ${Math.floor(Date.now() / 3_600_000)}` : '';
}

/** Where the webhooks of this n8n are reached, e.g. `https://n8n.example.com/webhook`: other pages of the workflow lie beside this one. */
function baseUrlOf(ctx: IWebhookFunctions): string {
	return (ctx.getNodeWebhookUrl('default') ?? '').replace(/\/+$/, '').slice(0, -pathOf(ctx).length - 1);
}

/** The endpoint's id as publishing stored it: by it, it is known again when the address of this n8n has changed. Safe to lose. */
function storedEndpointId(ctx: IHookFunctions): string | undefined {
	const { endpointId } = ctx.getWorkflowStaticData('node');
	return typeof endpointId === 'string' ? endpointId : undefined;
}

function wantedEndpoint(ctx: IHookFunctions): WantedEndpoint {
	return {
		url: spelled(ctx.getNodeWebhookUrl('default') as string),
		algorithm: ctx.getNodeParameter('signature') === 'jwt' ? 'jwt' : 'hmac',
		events: [...(ctx.getNodeParameter('events') as string[])].sort(),
	};
}
