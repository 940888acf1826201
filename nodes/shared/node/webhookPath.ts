import {
	fromParameter,
	NodeHelpers,
	webhookDescriptionFields,
	type INodeProperties,
	type IWebhookFunctions,
} from 'n8n-workflow';
import { OUTPUTS_BY_CHOICE } from './start';

/**
 * The address of a webhook, from the field "Webhook Path". Told so, n8n 2 reads it without its expression engine, whose first expression
 * takes some milliseconds of each request; an older n8n knows only the expression.
 */
export const webhookPath: { path: string } =
	typeof webhookDescriptionFields === 'function'
		? (webhookDescriptionFields({ path: fromParameter('path') }) as { path: string })
		: { path: '={{$parameter["path"]}}' };

/** The field. Since {@link OUTPUTS_BY_CHOICE} it is empty by default: n8n then takes the node's own id, which nobody else has. */
export function pathFields(old: string, unique: number = OUTPUTS_BY_CHOICE): INodeProperties[] {
	return [
		{
			displayName: 'Webhook Path',
			name: 'path',
			type: 'string',
			placeholder: `e.g. ${old}`,
			required: true,
			default: old,
			description: 'Last part of the webhook URL. Two published workflows cannot share one.',
			displayOptions: { hide: { '@version': [{ _cnd: { gte: unique } }] } },
		},
		{
			displayName: 'Webhook Path',
			name: 'path',
			type: 'string',
			placeholder: `e.g. ${old}`,
			default: '',
			description:
				'Last part of the webhook URL. Leave empty for one that no new trigger shares; a copy of this node keeps the address of the original until you type one here.',
			displayOptions: { show: { '@version': [{ _cnd: { gte: unique } }] } },
		},
	];
}

/** The last part of the address of a trigger, as n8n makes it: what is behind the prefix of all webhooks. */
export function pathOf(ctx: IWebhookFunctions): string {
	const path = String(ctx.getNodeParameter('path', ''))
		.trim()
		.replace(/^\/+|\/+$/g, '');
	return NodeHelpers.getNodeWebhookPath(ctx.getWorkflow().id ?? '', ctx.getNode(), path, true).replace(/\/$/, '');
}
