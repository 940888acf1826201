import {
	type IDataObject,
	type IHookFunctions,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';
import { spelled } from '../shared/domain/address';
import { forEntities, readEntities } from '../shared/domain/entities';
import { secretProblem } from '../shared/domain/secrets';
import { isManual } from '../shared/node/fields';
import { chosenEvents, described, DODO_OUTPUTS, leavingBy } from '../shared/node/start';
import { pathOf, webhookPath } from '../shared/node/webhookPath';
import { readCredential } from '../shared/transport/credential';
import { refuseToPublish, whilePublishing } from '../shared/transport/publishError';
import { answer } from '../shared/webhook/answer';
import { admit } from '../shared/webhook/intake';
import { headerOf, parseJson, readRawBody } from '../shared/webhook/readBody';
import { dodoEventSchema, selectedName, toDodoFilter } from '../shared/wire/dodo/event';
import { triggerProperties } from './dodoPaymentsTrigger.properties';
import { findEndpoint, isCurrent, registerEndpoint, removeEndpoint, storedEndpointId } from './helpers/endpoint';
import { eventItem, outputOf } from './helpers/eventItem';
import { testDodoCredential, WEBHOOK_SECRET_PLACE } from './helpers/testCredential';
import { refusal, verifyDelivery } from './helpers/verifyDelivery';
import { DODO_CREDENTIAL, DodoClient, type DodoCredential } from './transport/client';

export class DodoPaymentsTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Dodo Payments Trigger',
		name: 'dodoPaymentsTrigger',
		icon: { light: 'file:dodoPayments.svg', dark: 'file:dodoPayments.dark.svg' },
		group: ['trigger'],
		// Of a version 1 n8n asks its expression engine for each request whether the body is a file.
		version: [1, 1.1, 1.2, 1.3],
		defaultVersion: 1.3,
		subtitle: chosenEvents,
		description:
			'Starts the workflow when Dodo Payments reports a payment, refund, dispute or subscription; every delivery is verified',
		eventTriggerDescription: 'Waiting for Dodo Payments to call the test URL',
		activationMessage: 'Dodo Payments events now start this workflow.',
		defaults: { name: 'Dodo Payments Trigger' },
		inputs: [],
		outputs: described(DODO_OUTPUTS),
		// Spelled out, as n8n's linter looks for it.
		credentials: [{ name: 'dodoPaymentsApi', required: true, testedBy: 'testDodoCredential' }],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				// The answer goes out when the workflow has ended: 200 after success, 500 after failure, so that Dodo sends it again.
				responseMode: 'lastNode',
				responseData: 'noData',
				...webhookPath,
				isFullPath: true,
			},
		],
		properties: triggerProperties,
	};

	methods = { credentialTest: { testDodoCredential } };

	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				if (isManual(this)) return await requireSecret(this);
				return await whilePublishing(this, DodoClient.of, async (client) => {
					const endpoint = await findEndpoint(client, urlOf(this), storedEndpointId(this));
					if (endpoint === null || !isCurrent(endpoint, urlOf(this), toDodoFilter(eventsOf(this)))) return false;
					this.getWorkflowStaticData('node').endpointId = endpoint.id;
					return true;
				});
			},
			async create(this: IHookFunctions): Promise<boolean> {
				return await whilePublishing(this, DodoClient.of, async (client) => {
					const id = await registerEndpoint(client, urlOf(this), storedEndpointId(this), toDodoFilter(eventsOf(this)));
					this.getWorkflowStaticData('node').endpointId = id;
					return true;
				});
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				if (isManual(this)) return true;
				return await whilePublishing(this, DodoClient.of, async (client) => {
					await removeEndpoint(client, urlOf(this), storedEndpointId(this));
					delete this.getWorkflowStaticData('node').endpointId;
					return true;
				});
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const rawBody = await readRawBody(this);
		const id = headerOf(this, 'webhook-id');
		const verdict = await verifyDelivery(this, {
			id,
			timestamp: headerOf(this, 'webhook-timestamp'),
			signature: headerOf(this, 'webhook-signature'),
			rawBody,
		});
		if (verdict !== 'ok') return refusal(this, verdict);

		const parsed = dodoEventSchema.safeParse(parseJson(rawBody));
		if (!parsed.success)
			return answer(this, 400, {
				message: 'Signed by Dodo Payments, but not an event: type, timestamp and data are expected',
			});
		const { type, timestamp, data } = parsed.data;
		const event = selectedName(type, this.getNodeParameter('events') as string[]);
		if (event === null)
			return answer(this, 200, { message: `Ignored: ${type} is not among the events of this trigger` });

		const { mode } = await DodoClient.of(this);
		// Dodo sends one message to several endpoints under the same id.
		const deliveryId = `dodo ${pathOf(this)} ${id}`;
		const item = eventItem({
			event,
			eventId: id ?? null,
			deliveryId,
			occurredAt: timestamp,
			mode,
			...forEntities(readEntities(this.getNodeParameter('billingEntities', ''))),
			data: data as IDataObject,
		});
		const output = outputOf(event);
		// The payment behind a refund or a dispute is asked of Dodo; payments and mandates are booked at Lago alone.
		return (
			admit(this, item.delivery, output === 'Refund' || output === 'Dispute') ?? {
				workflowData: leavingBy(this.getNode(), DODO_OUTPUTS, output, item),
			}
		);
	}
}

/** With manual registration there is nothing to register, but a trigger without a secret would refuse everything in silence. */
async function requireSecret(ctx: IHookFunctions): Promise<true> {
	const { webhookSecret = '', apiKey = '' } = await readCredential<DodoCredential & { apiKey: string }>(
		ctx,
		DODO_CREDENTIAL,
	);
	const wrong = webhookSecret === '' ? 'is missing' : secretProblem('dodoSecret', webhookSecret, apiKey);
	if (wrong === null) return true;
	return refuseToPublish(
		ctx.getNode(),
		`The Webhook Secret in the Dodo Payments credential ${wrong}, so no delivery could be verified and all of them would be refused. ${WEBHOOK_SECRET_PLACE} and publish again, or set Registration to Automatic.`,
	);
}

function urlOf(ctx: IHookFunctions): string {
	return spelled(ctx.getNodeWebhookUrl('default') as string);
}

function eventsOf(ctx: IHookFunctions): string[] {
	return ctx.getNodeParameter('events') as string[];
}
