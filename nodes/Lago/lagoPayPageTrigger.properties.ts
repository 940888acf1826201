import type { INodeProperties } from 'n8n-workflow';
import { billingEntitiesField } from './helpers/billingEntities';

export const payPageTriggerProperties: INodeProperties[] = [
	{
		displayName:
			'The pay links that Create Pay Link and Save Payment Reference sign lead here. A link that this credential did not sign gets a friendly page from this node: nothing behind it runs. End the lane with Invoice > Answer Pay Link.',
		name: 'pageNotice',
		type: 'notice',
		default: '',
	},
	{
		...billingEntitiesField,
		description: `${billingEntitiesField.description} A link to the invoice of another one shows a page that says so.`,
	},
	{
		displayName: 'Webhook Path',
		name: 'path',
		type: 'string',
		placeholder: 'e.g. pay',
		required: true,
		// Links that are out do not change, and those who sign them name this address as "/pay".
		default: 'pay',
		description:
			'Last part of the webhook URL, the one that Pay Page Address names. Two published workflows cannot share one.',
	},
];
