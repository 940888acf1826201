import type { Icon, ICredentialType, INodeProperties } from 'n8n-workflow';
import { withApiKey } from '../nodes/shared/transport/bearer';

export class DodoPaymentsApi implements ICredentialType {
	name = 'dodoPaymentsApi';

	displayName = 'Dodo Payments API';

	documentationUrl = 'https://github.com/n8n-nodes-dodo-lago/n8n-nodes-dodo-lago/blob/main/docs/keys.md#dodo-payments';

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
				{ name: 'Tier 0: 240', value: 240 },
				{ name: 'Tier 1: 1,000', value: 1000 },
				{ name: 'Tier 2: 5,000', value: 5000 },
			],
			default: 240,
			description:
				'How many requests Dodo Payments takes from your account. Every account begins with Tier 0; their support raises it. The nodes keep a little below it.',
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
}
