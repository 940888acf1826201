import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { listOrId } from '../../../shared/node/fields';
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
	...listOrId('searchMandates', 'e.g. sub_4mQ0Ydq2Hk1nTzFh3XbUv'),
	hint: 'Behind a Dodo Payments Trigger: By ID, with the expression {{ $json.data.subscription_id }}',
};

/** The chosen mandate. */
export function chosenMandate(ctx: IExecuteFunctions, index: number): string {
	return idParameter(ctx, 'mandate', index);
}
