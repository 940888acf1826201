import {
	NodeConnectionTypes,
	type IHookFunctions,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';
import { forEntities, readEntities } from '../shared/domain/entities';
import { webhookPath } from '../shared/node/webhookPath';
import { readCredential } from '../shared/transport/credential';
import { overloadGuard } from '../shared/webhook/overloadGuard';
import { requireHmacKey } from './helpers/hmacKey';
import { debtorOfToken, invoiceOfToken, topUpOfToken } from './helpers/payLinkToken';
import { pageHeaders, payPage, visitorLanguage, type PageName } from './helpers/payPage';
import { testLagoCredential } from './helpers/testCredential';
import { payPageTriggerProperties } from './lagoPayPageTrigger.properties';
import { getBillingEntities } from './methods/loadOptions';
import { LAGO_CREDENTIAL, type LagoCredential } from './transport/client';

/** The version since which the link of an invoice offers to pay everything that is due, before it leads to the checkout. */
const OFFERS_ALL = 1.2;
/** Seconds after which there may be room again. */
const RETRY_AFTER_S = 5;

type Response = ReturnType<IWebhookFunctions['getResponseObject']>;

// Only a genuine link starts an execution, which Invoice > Answer Pay Link answers; everything else is answered here.
export class LagoPayPageTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Lago Pay Page Trigger',
		name: 'lagoPayPageTrigger',
		icon: { light: 'file:lago.svg', dark: 'file:lago.dark.svg' },
		group: ['trigger'],
		// Of a version 1 n8n asks its expression engine for each request whether the body is a file.
		version: [1.1, OFFERS_ALL],
		defaultVersion: OFFERS_ALL,
		subtitle: '={{"GET /" + $parameter["path"]}}',
		description:
			'Starts the workflow when a customer opens the pay link of an invoice; whatever is not genuine gets a friendly page and starts no execution',
		eventTriggerDescription: 'Waiting for a pay link that leads to the test URL',
		activationMessage: 'Pay links lead to this workflow now.',
		defaults: { name: 'Lago Pay Page Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: LAGO_CREDENTIAL, required: true, testedBy: 'testLagoCredential' }],
		webhooks: [{ name: 'default', httpMethod: 'GET', responseMode: 'responseNode', ...webhookPath, isFullPath: true }],
		properties: payPageTriggerProperties,
	};

	methods = { credentialTest: { testLagoCredential }, loadOptions: { getBillingEntities } };

	webhookMethods = {
		default: {
			// Without a key no link could be told from a forged one, so publishing says that it is missing.
			checkExists: async function (this: IHookFunctions): Promise<boolean> {
				await requireHmacKey(this, 'no pay link could be verified and all of them would be refused');
				return true;
			},
			create: async (): Promise<boolean> => await Promise.resolve(true),
			delete: async (): Promise<boolean> => await Promise.resolve(true),
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const response = this.getResponseObject();
		const language = visitorLanguage(this.getHeaderData()['accept-language']);
		const answered = (page: PageName): IWebhookResponseData => {
			show(response, page, language);
			return { noWebhookResponse: true };
		};
		neverInJson(response, language);
		if (isAhead(this.getHeaderData())) return answered('busy');
		const { webhookHmacKey = '' } = await readCredential<LagoCredential>(this, LAGO_CREDENTIAL);
		if (webhookHmacKey === '') {
			this.logger.warn(
				'Lago Pay Page Trigger: the Lago credential has no webhook HMAC key, so no link can be verified and all of them are refused',
			);
			return answered('unavailable');
		}
		const { t, c, pay } = this.getQueryData() as Record<string, unknown>;
		// A parameter that comes twice is a list.
		const isOfAll = t === undefined && typeof c === 'string' && debtorOfToken(c, webhookHmacKey) !== null;
		const text = isOfAll ? c : typeof t === 'string' ? t : '';
		const invoiceId = isOfAll ? null : invoiceOfToken(text, webhookHmacKey);
		const topUpId = isOfAll || invoiceId !== null ? null : topUpOfToken(text, webhookHmacKey);
		if (invoiceId === null && topUpId === null && !isOfAll) return answered('forged');
		if (this.getMode() !== 'manual') {
			if (overloadGuard.isTooMuch) {
				response.setHeader('Retry-After', String(RETRY_AFTER_S));
				return answered('busy');
			}
			const end = overloadGuard.begin();
			response.on('finish', () => end(true));
			// The visitor has gone.
			response.on('close', () => end(false));
		}
		// Whoever goes on from the list of what is due has seen it.
		const mayChoose = isOfAll || (invoiceId !== null && this.getNode().typeVersion >= OFFERS_ALL);
		const confirmed = mayChoose ? { isConfirmed: pay === '1' } : {};
		const entities = forEntities(readEntities(this.getNodeParameter('billingEntities', [])));
		const linked = topUpId === null ? { invoiceId } : { topUpId };
		return { workflowData: [[{ json: { query: { t: text }, ...linked, language, ...confirmed, ...entities } }]] };
	}
}

/** Whether a browser asks before anybody has clicked, `Sec-Purpose: prefetch;prerender`, or as it was called before: no checkout is made for that. */
function isAhead(headers: ReturnType<IWebhookFunctions['getHeaderData']>): boolean {
	return ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].some((name) =>
		/prefetch|preview|prerender/i.test(String((headers as Record<string, unknown>)[name] ?? '')),
	);
}

/** An execution that fails, or ends without an answer, makes n8n send its own words as JSON; a visitor reads a page instead. */
function neverInJson(response: Response, language: string): void {
	response.json = () => show(response, 'unavailable', language);
}

function show(response: Response, page: PageName, locale: string): Response {
	const { statusCode, language, html } = payPage(page, locale);
	for (const [name, value] of Object.entries(pageHeaders(language))) response.setHeader(name, value);
	return response.status(statusCode).send(html);
}
