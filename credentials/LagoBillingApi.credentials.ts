import type { Icon, ICredentialType, INodeProperties } from 'n8n-workflow';
import { withApiKey } from '../nodes/shared/transport/bearer';

export class LagoBillingApi implements ICredentialType {
	name = 'lagoBillingApi';

	displayName = 'Lago Billing API';

	documentationUrl = 'https://github.com/n8n-nodes-dodo-lago/n8n-nodes-dodo-lago/blob/main/docs/keys.md#lago';

	icon: Icon = { light: 'file:../nodes/Lago/lago.svg', dark: 'file:../nodes/Lago/lago.dark.svg' };

	properties: INodeProperties[] = [
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: 'https://api.getlago.com',
			required: true,
			placeholder: 'e.g. https://api.eu.getlago.com',
			description:
				'Lago Cloud: https://api.getlago.com (US) or https://api.eu.getlago.com (EU). Self-hosted: the LAGO_API_URL of your server. /api/v1 at the end may be there or not.',
		},
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			description:
				'In Lago: Developers > API keys & ID > API keys. It must be allowed to read and write invoices, payments and webhook endpoints.',
		},
		{
			displayName: 'Webhook HMAC Key',
			name: 'webhookHmacKey',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			hint: 'Needed by the Lago Trigger: in Lago, Developers > Webhooks > HMAC key',
			description:
				'Lago signs what it sends with it, and the Lago Trigger accepts nothing else. There is one for the organisation; its API does not tell it, so it must be copied. Only without a Lago Trigger, or with Signature: JWT in it, may this be empty.',
		},
		{
			displayName: 'Currencies Counted Alike',
			name: 'currenciesCountedAlike',
			type: 'string',
			default: '',
			placeholder: 'e.g. HUF, MGA',
			description:
				'Invoices in a currency that Lago and Dodo Payments do not document alike are held: Lago counts HUF in whole forints, Dodo Payments in hundredths. Name those of which you have seen that both mean the same by a number. Leave empty otherwise.',
		},
		{
			displayName:
				'You are done. The two fields below are only for <i>Access</i>, when systems of your own ask or are told who may use the product.',
			name: 'accessNotice',
			type: 'notice',
			default: '',
		},
		{
			displayName: 'Access Token',
			name: 'accessToken',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description:
				'Only for the Lago Access Trigger: a password of your own making (20 characters or more). Your own systems send it along when they ask who may use the product.',
		},
		{
			displayName: 'Access Callback Secret',
			name: 'accessCallbackSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			placeholder: 'e.g. whsec_...',
			description:
				'Only for Access > Update with an address to tell: what proves to your own system that a message is from here (Standard Webhooks). The documentation says how to make one.',
		},
	];

	authenticate = withApiKey;
}
