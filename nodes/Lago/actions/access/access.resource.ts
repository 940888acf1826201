import type { Resource } from '../../../shared/node/menu';
import type { LagoClient } from '../../transport/client';
import { backtest } from './backtest.operation';
import { getCustomer } from './getCustomer.operation';
import { getSubscription } from './getSubscription.operation';
import { update } from './update.operation';

/** Who may use the product, by what is unpaid. */
export const access: Resource<LagoClient> = {
	name: 'Access',
	value: 'access',
	operations: { backtest, getCustomer, getSubscription, update },
	default: 'getCustomer',
};
