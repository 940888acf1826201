import type { Resource } from '../../../shared/node/menu';
import type { LagoClient } from '../../transport/client';
import { create } from './create.operation';
import { get } from './get.operation';
import { getAll } from './getAll.operation';
import { saveRefund } from './saveRefund.operation';

/** Credit notes of Lago, and the refunds that they mirror. */
export const creditNote: Resource<LagoClient> = {
	name: 'Credit Note',
	value: 'creditNote',
	operations: { create, get, getAll, saveRefund },
	default: 'get',
};
