import { evaluateAccess } from '../../../shared/domain/access/evaluate';
import { viewOf } from '../../../shared/domain/access/view';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { accessFactsOf } from '../../helpers/access/facts';
import { customerField, customerParameter } from '../../helpers/customerField';
import type { LagoClient } from '../../transport/client';
import { policyFields, policyOf } from './policy.fields';

/** Access -> Get Customer Access: the customer and each of its subscriptions. */
export const getCustomer: Operation<LagoClient> = {
	menu: {
		name: 'Get Customer Access',
		action: 'Get the access of a customer',
		description: 'Who may use the product right now, why, and until when: the customer and each of its subscriptions',
	},
	fields: fieldsOf('access', 'getCustomer', [customerField, ...policyFields]),
	async execute(ctx, client, index) {
		const policy = policyOf(ctx, index);
		const now = Date.now();
		const facts = await accessFactsOf(client, customerParameter(ctx, index), policy, now);
		return { ...viewOf(evaluateAccess(facts, policy, now)) };
	},
};
