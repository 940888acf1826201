import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { idParameter } from '../../../shared/node/parameters';

/** Chooses a mandate: an on-demand subscription of Dodo. */
export const mandateField: INodeProperties = {
	displayName: 'Mandate',
	name: 'mandate',
	type: 'resourceLocator',
	required: true,
	default: { mode: 'list', value: '' },
	description:
		'The on-demand subscription by which a customer has agreed to be charged; Lago keeps it on the customer as dodo_subscription_id',
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			typeOptions: { searchListMethod: 'searchMandates', searchable: true },
		},
		{ displayName: 'By ID', name: 'id', type: 'string', placeholder: 'e.g. sub_4mQ0Ydq2Hk1nTzFh3XbUv' },
	],
};

/** The chosen mandate. */
export function chosenMandate(ctx: IExecuteFunctions, index: number): string {
	return idParameter(ctx, 'mandate', index);
}
