import type { Resource } from '../../../shared/node/menu';
import type { LagoClient } from '../../transport/client';
import { get } from './get.operation';
import { saveMandate } from './saveMandate.operation';

/** Customers of Lago, and their mandates. */
export const customer: Resource<LagoClient> = {
	name: 'Customer',
	value: 'customer',
	operations: { get, saveMandate },
	default: 'get',
};
