import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { registrationFields } from '../shared/node/fields';
import { LAGO_OUTPUTS, separateOutputs } from '../shared/node/start';
import { pathFields } from '../shared/node/webhookPath';
import { titleOf } from '../shared/node/words';
import { COLLECT_EVENTS, LAGO_COLLECTION_EVENTS, LAGO_OTHER_EVENTS } from '../shared/wire/lago/event';
import { EVENT_WORDS } from './eventWords';
import { billingEntitiesField } from './helpers/billingEntities';

const eventOptions: INodePropertyOptions[] = [...LAGO_COLLECTION_EVENTS, ...LAGO_OTHER_EVENTS].map((value) => ({
	name: titleOf(value),
	value,
	description: EVENT_WORDS[value],
}));

export const triggerProperties: INodeProperties[] = [
	{
		displayName: 'Events',
		name: 'events',
		type: 'multiOptions',
		required: true,
		options: eventOptions,
		default: [...COLLECT_EVENTS],
		description: 'What starts the workflow. Other events are acknowledged and ignored.',
	},
	billingEntitiesField,
	separateOutputs(LAGO_OUTPUTS),
	...registrationFields({
		automatic: 'Publishing registers the webhook in Lago, unpublishing removes it',
		manual: 'You create the webhook endpoint in Lago yourself',
		notice:
			'In Lago, open Developers > Webhooks > Add a webhook, paste the production URL shown above and choose the signature that is set below. While the credential has no HMAC key, every delivery signed with HMAC is refused.',
	}),
	{
		displayName: 'Signature',
		name: 'signature',
		type: 'options',
		options: [
			{
				name: 'HMAC (Recommended)',
				value: 'hmac',
				description: 'The key is in Lago under Developers > Webhooks; it belongs into the credential',
			},
			{ name: 'JWT', value: 'jwt', description: 'The public key is fetched from Lago by itself' },
		],
		default: 'hmac',
		description: 'How Lago proves that a delivery is its own',
	},
	{
		displayName:
			'With JWT, Lago puts the whole invoice into a header. From about four fees on that header passes 16 KiB, and n8n refuses such requests (HTTP 431) before this node can see them. HMAC has no such limit.',
		name: 'signatureNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { signature: ['jwt'] } },
	},
	...pathFields('lago'),
];
