import type { INodeProperties } from 'n8n-workflow';
import { DECIMAL_AMOUNTS } from '../shared/node/version';
import { pathFields } from '../shared/node/webhookPath';
import { policyFieldsOf } from './actions/access/policy.fields';

export const accessTriggerProperties: INodeProperties[] = [
	{
		displayName:
			'Your systems ask with GET, ?external_customer_id=... and "Authorization: Bearer &lt;Access Token of the credential&gt;". The answer comes from this node: nothing behind it runs.',
		name: 'endpointNotice',
		type: 'notice',
		default: '',
	},
	...policyFieldsOf(DECIMAL_AMOUNTS.lagoAccessTrigger),
	...pathFields('access', 1.2),
];
