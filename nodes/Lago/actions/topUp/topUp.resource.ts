import type { Resource } from '../../../shared/node/menu';
import type { LagoClient } from '../../transport/client';
import { createPayLink } from './createPayLink.operation';
import { get } from './get.operation';
import { getAll } from './getAll.operation';

/** Credits of a wallet that count only when they are paid. */
export const topUp: Resource<LagoClient> = {
	name: 'Top-Up',
	value: 'topUp',
	operations: { createPayLink, get, getAll },
	default: 'get',
};
