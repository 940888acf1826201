import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { registrationFields } from '../shared/node/fields';
import { DODO_OUTPUTS, separateOutputs } from '../shared/node/start';
import { pathFields } from '../shared/node/webhookPath';
import { titleOf } from '../shared/node/words';
import { DODO_EVENTS, REFUND_ALIAS } from '../shared/wire/dodo/event';
import { EVENT_WORDS } from './eventWords';

const eventOptions: INodePropertyOptions[] = Object.entries(DODO_EVENTS).flatMap(([object, happenings]) => {
	const options = happenings.map((happening) => ({
		name: titleOf(`${object}.${happening}`),
		value: `${object}.${happening}`,
		description: EVENT_WORDS[`${object}.${happening}`],
	}));
	if (object !== 'payment') return options;
	const alias = {
		name: 'Payment Refunded (Derived)',
		value: REFUND_ALIAS,
		description: 'Dodo has no event of this name; it stands for a succeeded refund, full or partial',
	};
	return [...options, alias];
});

export const triggerProperties: INodeProperties[] = [
	{
		displayName: 'Events',
		name: 'events',
		type: 'multiOptions',
		required: true,
		options: eventOptions,
		default: ['payment.succeeded', 'payment.failed', 'payment.processing'],
		description: 'What starts the workflow. Other events are acknowledged and ignored.',
	},
	{
		displayName: 'Lago Billing Entities',
		name: 'billingEntities',
		type: 'string',
		default: '',
		placeholder: 'e.g. acme_de, acme_fr',
		description:
			'Codes of the billing entities of Lago that this workflow works for, where other workflows share this account of Dodo Payments; payments of invoices of others are ignored. Empty for all.',
	},
	separateOutputs(DODO_OUTPUTS),
	...registrationFields({
		automatic:
			'Publishing registers the webhook at Dodo Payments, unpublishing removes it; the signing secret is fetched by itself',
		manual: 'You create the endpoint in the Dodo Payments dashboard and put its signing secret into the credential',
		notice:
			'In the Dodo Payments dashboard, open Developer > Webhooks > Add Endpoint, paste the production URL shown above, select the same events, and copy the signing secret into the credential. While the credential has no secret, every delivery is refused.',
	}),
	...pathFields('dodo'),
];
