import type { Resource } from '../../../shared/node/menu';
import type { DodoClient } from '../../transport/client';
import { get } from './get.operation';

/** What moved in the wallets of a Dodo account. */
export const statement: Resource<DodoClient> = {
	name: 'Statement',
	value: 'statement',
	operations: { get },
	default: 'get',
};
