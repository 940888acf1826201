import { NodeOperationError, type INodeProperties } from 'n8n-workflow';
import { evaluateAccess } from '../../../shared/domain/access/evaluate';
import { viewOf } from '../../../shared/domain/access/view';
import { listOrId } from '../../../shared/node/fields';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { idParameter } from '../../../shared/node/parameters';
import { accessFactsOf } from '../../helpers/access/facts';
import { customerField, customerParameter } from '../../helpers/customerField';
import type { LagoClient } from '../../transport/client';
import { policyFields, policyOf } from './policy.fields';

const subscriptionField: INodeProperties = {
	displayName: 'Subscription',
	name: 'subscription',
	type: 'resourceLocator',
	required: true,
	default: { mode: 'list', value: '' },
	description: 'A subscription of the customer above',
	...listOrId('searchSubscriptions', 'e.g. sub_42_pro', 'By External ID'),
};

/** Access -> Get Subscription Access: one subscription of a customer. */
export const getSubscription: Operation<LagoClient> = {
	menu: {
		name: 'Get Subscription Access',
		action: 'Get the access of a subscription',
		description: 'Whether one subscription may be used right now, why, and until when',
	},
	fields: fieldsOf('access', 'getSubscription', [customerField, subscriptionField, ...policyFields]),
	async execute(ctx, client, index) {
		const policy = policyOf(ctx, index);
		const now = Date.now();
		const customer = customerParameter(ctx, index);
		const wanted = idParameter(ctx, 'subscription', index);
		const facts = await accessFactsOf(client, customer, policy, now);
		const { subscriptions } = viewOf(evaluateAccess(facts, policy, now));
		const found = subscriptions.find(({ external_id }) => external_id === wanted);
		if (found !== undefined) return { ...found };
		const known = subscriptions.map(({ external_id }) => external_id).join(', ');
		throw new NodeOperationError(ctx.getNode(), `Customer ${customer} has no subscription ${wanted}`, {
			itemIndex: index,
			description:
				known === '' ? 'This customer has no subscription at all in Lago.' : `Their subscriptions are: ${known}.`,
		});
	},
};
