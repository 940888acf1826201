import type { Icon, ICredentialTestRequest, ICredentialType, INodeProperties } from 'n8n-workflow';
import { withApiKey } from '../nodes/shared/transport/bearer';

const BASE_URL =
	'={{ ($credentials.baseUrl || "https://" + ($credentials.environment === "live" ? "live" : "test") + ".dodopayments.com").replace(/\\/+$/, "") }}';

export class DodoPaymentsApi implements ICredentialType {
	name = 'dodoPaymentsApi';

	displayName = 'Dodo Payments API';

	documentationUrl = 'https://docs.dodopayments.com/api-reference/introduction';

	icon: Icon = {
		light: 'file:../nodes/DodoPayments/dodoPayments.svg',
		dark: 'file:../nodes/DodoPayments/dodoPayments.dark.svg',
	};

	properties: INodeProperties[] = [
		{
			displayName: 'Environment',
			name: 'environment',
			type: 'options',
			options: [
				{ name: 'Live', value: 'live' },
				{ name: 'Test', value: 'test' },
			],
			default: 'test',
			description:
				'Which of the two Dodo worlds the key belongs to: the switch at the top of the Dodo Payments dashboard. Keys, products and webhooks of one do not exist in the other.',
		},
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			description:
				'In the Dodo Payments dashboard: Developer > API Keys > Add API Key, with "Enable write access" ticked. It is shown once.',
		},
		{
			displayName: 'Webhook Secret',
			name: 'webhookSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description:
				'Only for a trigger with manual registration. In the Dodo Payments dashboard: Developer > Webhooks > your endpoint > Signing Secret; it begins with whsec_. With automatic registration the trigger fetches it by itself.',
		},
		{
			displayName: 'Requests per Minute',
			name: 'requestsPerMinute',
			type: 'options',
			options: [
				{ name: '1,000 (Tier 1)', value: 1000 },
				{ name: '240 (Tier 0)', value: 240 },
				{ name: '5,000 (Tier 2)', value: 5000 },
			],
			default: 240,
			description: 'How many requests Dodo Payments takes from your account. Every account begins with Tier 0; their support raises it. The nodes keep a little below it.',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: '',
			placeholder: 'e.g. https://test.dodopayments.com',
			description:
				'Leave empty. Only for a proxy or a simulator between n8n and Dodo Payments; it replaces the address that the environment stands for.',
		},
	];

	authenticate = withApiKey;

	test: ICredentialTestRequest = {
		request: { baseURL: BASE_URL, url: '/products', qs: { page_size: 1 } },
		rules: [
			{
				type: 'responseCode',
				properties: {
					value: 401,
					message:
						'Dodo Payments was reached but does not accept this API key. Check that key and environment belong together: test keys work in Test only, live keys in Live only.',
				},
			},
			{
				type: 'responseCode',
				properties: { value: 403, message: 'Dodo Payments was reached and knows this API key, but the key may not read products. Create one with full access.' },
			},
			{
				type: 'responseCode',
				properties: { value: 404, message: 'Something answered at this address, but it is not the Dodo Payments API. Clear the Base URL field or correct it.' },
			},
			{
				type: 'responseCode',
				properties: { value: 429, message: 'Dodo Payments was reached but limits the number of requests right now. Wait a minute and test again.' },
			},
		],
	};
}
