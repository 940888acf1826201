import type { IHookFunctions, INodeProperties, IWebhookFunctions } from 'n8n-workflow';
import { FILTERS } from './parameters';

/** The two ways to choose an object: from a list, or by an id. */
export function listOrId(
	searchListMethod: string,
	placeholder: string,
	byId = 'By ID',
): Pick<INodeProperties, 'modes'> {
	return {
		modes: [
			{
				displayName: 'From List',
				name: 'list',
				type: 'list',
				typeOptions: { searchListMethod, searchable: true },
			},
			{ displayName: byId, name: 'id', type: 'string', placeholder },
		],
	};
}

/** What a Get Many can be narrowed by. */
export function filtersField(options: INodeProperties[]): INodeProperties {
	return { displayName: 'Filters', name: FILTERS, type: 'collection', placeholder: 'Add Filter', default: {}, options };
}

/** What most people leave as it is. */
export function additionalFields(options: INodeProperties[]): INodeProperties {
	return {
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		default: {},
		options,
	};
}

/**
 * Who tells a service where a trigger listens.
 * @param words what either way means, and what to do there by hand.
 */
export function registrationFields(words: { automatic: string; manual: string; notice: string }): INodeProperties[] {
	return [
		{
			displayName: 'Registration',
			name: 'registration',
			description: 'Who tells the service where to send its events',
			type: 'options',
			options: [
				{ name: 'Automatic', value: 'automatic', description: words.automatic },
				{ name: 'Manual', value: 'manual', description: words.manual },
			],
			default: 'automatic',
		},
		{
			displayName: words.notice,
			name: 'manualNotice',
			type: 'notice',
			default: '',
			displayOptions: { show: { registration: ['manual'] } },
		},
	];
}

/** Whether a person registers the webhook of a trigger. */
export function isManual(ctx: IHookFunctions | IWebhookFunctions): boolean {
	return ctx.getNodeParameter('registration') === 'manual';
}
