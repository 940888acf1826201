import type { INodeProperties } from 'n8n-workflow';
import { policyFields } from './actions/access/policy.fields';

export const accessTriggerProperties: INodeProperties[] = [
	{
		displayName:
			'Your systems ask with GET, ?external_customer_id=... and "Authorization: Bearer &lt;Access Token of the credential&gt;". The answer comes from this node: nothing behind it runs.',
		name: 'endpointNotice',
		type: 'notice',
		default: '',
	},
	...policyFields,
	{
		displayName: 'Webhook Path',
		name: 'path',
		type: 'string',
		required: true,
		default: 'access',
		placeholder: 'e.g. access',
		description: 'Last part of the URL. Two published workflows cannot share one.',
	},
];
