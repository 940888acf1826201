import type { Resource } from '../../../shared/node/menu';
import type { LagoClient } from '../../transport/client';
import { get } from './get.operation';
import { getMissed } from './getMissed.operation';

/** Several invoices that are paid in one payment. */
export const paymentRequest: Resource<LagoClient> = {
	name: 'Payment Request',
	value: 'paymentRequest',
	operations: { get, getMissed },
	default: 'get',
};
