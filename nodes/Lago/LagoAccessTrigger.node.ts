import {
	NodeConnectionTypes,
	type IHookFunctions,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';
import type { AccessPolicy } from '../shared/domain/access/policy';
import { DECIMAL_AMOUNTS } from '../shared/node/version';
import { webhookPath } from '../shared/node/webhookPath';
import { ApiError } from '../shared/transport/apiError';
import { readCredential } from '../shared/transport/credential';
import { refuseToPublish } from '../shared/transport/publishError';
import { answer } from '../shared/webhook/answer';
import { headerOf } from '../shared/webhook/readBody';
import { limitsWritten, readAccessPolicy } from './actions/access/policy.fields';
import { accessMemoryOf } from './helpers/access/accessMemory';
import { ask, isBearer, lastAnswer, questionKey } from './helpers/access/question';
import { testLagoCredential } from './helpers/testCredential';
import { accessTriggerProperties } from './lagoAccessTrigger.properties';
import { getBillingEntities } from './methods/loadOptions';
import { LAGO_CREDENTIAL, LagoClient, type LagoCredential } from './transport/client';

/** Seconds after which asking again may help. */
const RETRY_AFTER_S = 5;
const LONGEST_ID = 255;

// Answers by itself, without an execution: nothing that is asked, and no token, is kept anywhere.
export class LagoAccessTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Lago Access Trigger',
		name: 'lagoAccessTrigger',
		icon: { light: 'file:lago.svg', dark: 'file:lago.dark.svg' },
		group: ['trigger'],
		// Of a version 1 n8n asks its expression engine for each request whether the body is a file.
		version: [1, 1.1, 1.2, 1.3],
		defaultVersion: 1.3,
		subtitle: '={{"GET /" + $parameter["path"]}}',
		description: 'Answers your own systems who may use the product, why, and until when; starts no execution',
		eventTriggerDescription: 'Waiting for a question to the test URL',
		activationMessage: 'Your systems can ask now who may use the product.',
		defaults: { name: 'Lago Access Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		// Spelled out, as n8n's linter looks for it.
		credentials: [{ name: 'lagoBillingApi', required: true, testedBy: 'testLagoCredential' }],
		webhooks: [{ name: 'default', httpMethod: 'GET', responseMode: 'onReceived', ...webhookPath, isFullPath: true }],
		properties: accessTriggerProperties,
	};

	methods = { credentialTest: { testLagoCredential }, loadOptions: { getBillingEntities } };

	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				if ((await tokenOf(this)) !== '') return true;
				return refuseToPublish(
					this.getNode(),
					'The Access Token in the Lago credential is missing: without it nobody could be told from anybody else, so every question would be refused. It is a password of your own making (20 characters or more); put it into the Lago credential and into the system that asks, and publish again.',
				);
			},
			create: async (): Promise<boolean> => await Promise.resolve(true),
			delete: async (): Promise<boolean> => await Promise.resolve(true),
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const response = this.getResponseObject();
		response.setHeader('Cache-Control', 'no-store');
		const token = await tokenOf(this);
		if (token === '') return answer(this, 404, { message: 'This endpoint is off: the credential has no Access Token' });
		if (!isBearer(headerOf(this, 'authorization'), token)) {
			response.setHeader('WWW-Authenticate', 'Bearer');
			return answer(this, 401, { message: 'Send the access token as "Authorization: Bearer <token>"' });
		}
		const { external_customer_id: customer, external_subscription_id: subscription } = this.getQueryData() as Record<
			string,
			unknown
		>;
		if (!isId(customer) || (subscription !== undefined && !isId(subscription)))
			return answer(this, 400, {
				message: 'Ask with ?external_customer_id=<id>, and &external_subscription_id=<id> for one subscription only',
			});
		return await answerAbout(this, customer, subscription);
	}
}

async function answerAbout(
	ctx: IWebhookFunctions,
	customer: string,
	subscription: string | undefined,
): Promise<IWebhookResponseData> {
	const policy = rulesOf(ctx);
	if (policy === null)
		return answer(ctx, 500, {
			message:
				'The rules of this endpoint cannot be read: a field of the Lago Access Trigger refers to a node that is gone. Set its rules again and publish',
		});
	const client = await LagoClient.of(ctx);
	const asked = await ask(client, policy, customer).then(
		(view) => ({ view }),
		(problem: unknown) => ({ problem }),
	);
	if ('view' in asked) {
		const { view } = asked;
		if (subscription === undefined) return answer(ctx, 200, { ...view });
		const subscriptions = view.subscriptions.filter(({ external_id }) => external_id === subscription);
		return subscriptions.length > 0
			? answer(ctx, 200, { ...view, subscriptions })
			: answer(ctx, 404, { message: 'This customer has no such subscription in Lago' });
	}
	const { problem } = asked;
	if (!(problem instanceof ApiError)) throw problem;
	if (problem.code === 'customer_not_found') return answer(ctx, 404, { message: 'Lago does not know this customer' });
	ctx.logger.warn(`Lago Access Trigger: ${problem.message}`);
	return stale(
		ctx,
		lastAnswer(questionKey(client, policy, customer), customer, accessMemoryOf(ctx).of(customer)),
		subscription,
	);
}

/** Null when they cannot be read, e.g. because the node that they are taken from was deleted: nobody must get access by that. */
function rulesOf(ctx: IWebhookFunctions): AccessPolicy | null {
	try {
		const node = ctx.getNode();
		return readAccessPolicy(
			node,
			(name, fallback) => ctx.getNodeParameter(name, fallback),
			limitsWritten(node, DECIMAL_AMOUNTS.lagoAccessTrigger),
		);
	} catch (problem) {
		ctx.logger.error(`Lago Access Trigger: ${(problem as Error).message}`);
		return null;
	}
}

function stale(
	ctx: IWebhookFunctions,
	last: ReturnType<typeof lastAnswer>,
	subscription: string | undefined,
): IWebhookResponseData {
	ctx.getResponseObject().setHeader('Retry-After', String(RETRY_AFTER_S));
	if (last === null)
		return answer(ctx, 503, {
			message: 'Lago cannot be asked right now, and nothing is known from before',
			stale: true,
			age_seconds: null,
			customer: null,
			subscriptions: [],
		});
	const subscriptions = last.view.subscriptions.filter(
		({ external_id }) => subscription === undefined || external_id === subscription,
	);
	const age_seconds = Math.round((Date.now() - last.at) / 1000);
	return answer(ctx, 503, {
		message: 'Lago cannot be asked right now; this is the last that is known',
		stale: true,
		age_seconds,
		...last.view,
		subscriptions,
	});
}

async function tokenOf(ctx: IHookFunctions | IWebhookFunctions): Promise<string> {
	const { accessToken } = await readCredential<LagoCredential>(ctx, LAGO_CREDENTIAL);
	return (accessToken ?? '').trim();
}

function isId(value: unknown): value is string {
	return typeof value === 'string' && value !== '' && value.length <= LONGEST_ID;
}
