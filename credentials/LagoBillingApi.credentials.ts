import type { Icon, ICredentialTestRequest, ICredentialType, INodeProperties } from 'n8n-workflow';
import { withApiKey } from '../nodes/shared/transport/bearer';

const BASE_URL = '={{ $credentials.baseUrl.replace(/\\/+$/, "").replace(/\\/api\\/v1$/, "") + "/api/v1" }}';

export class LagoBillingApi implements ICredentialType {
	name = 'lagoBillingApi';

	displayName = 'Lago Billing API';

	documentationUrl = 'https://getlago.com/docs/api-reference/intro';

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
			description: 'In Lago: Developers > API keys & ID > API keys. It must be allowed to read and write invoices, payments and webhook endpoints.',
		},
		{
			displayName: 'Webhook HMAC Key',
			name: 'webhookHmacKey',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description:
				'In Lago: Developers > Webhooks > HMAC key (one for the organisation). Lago signs its webhooks with it; its API never tells it, so the Lago Trigger refuses everything while this is empty (unless it is set to JWT).',
		},
		{
			displayName: 'Access Token',
			name: 'accessToken',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description:
				'Only for the Lago Access Trigger: what your own systems send as "Authorization: Bearer ..." when they ask who may use the product. Choose a long random one, for example with: openssl rand -hex 32',
		},
		{
			displayName: 'Access Callback Secret',
			name: 'accessCallbackSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			placeholder: 'e.g. whsec_...',
			description:
				'Only for Access > Update with an address to tell: changes are signed with it (Standard Webhooks). Make one with: echo "whsec_$(openssl rand -base64 32)"',
		},
	];

	authenticate = withApiKey;

	test: ICredentialTestRequest = {
		request: { baseURL: BASE_URL, url: '/organizations' },
		rules: [
			{
				type: 'responseCode',
				properties: { value: 401, message: 'Lago was reached but does not accept this API key. Copy it again from Developers > API keys & ID, and check that the base URL is the one of that organisation (US, EU or your own server).' },
			},
			{
				type: 'responseCode',
				properties: { value: 403, message: 'Lago was reached and knows this API key, but the key may not read the organisation. Give it that permission or use one with full access.' },
			},
			{
				type: 'responseCode',
				properties: { value: 404, message: 'Something answered at this address, but it is not the Lago API. On a self-hosted Lago use the API address (LAGO_API_URL), not the one of the web page.' },
			},
			{
				type: 'responseCode',
				properties: { value: 429, message: 'Lago was reached but limits the number of requests right now. Wait a few seconds and test again.' },
			},
		],
	};
}
