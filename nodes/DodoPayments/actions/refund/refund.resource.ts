import type { Resource } from '../../../shared/node/menu';
import type { DodoClient } from '../../transport/client';
import { create } from './create.operation';
import { get } from './get.operation';
import { getAll } from './getAll.operation';

/** Refunds of Dodo. */
export const refund: Resource<DodoClient> = {
	name: 'Refund',
	value: 'refund',
	operations: { create, get, getAll },
	default: 'create',
};
