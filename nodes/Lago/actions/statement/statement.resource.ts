import type { Resource } from '../../../shared/node/menu';
import type { LagoClient } from '../../transport/client';
import { compare } from './compare.operation';

/** The month end: both books side by side. */
export const statement: Resource<LagoClient> = {
	name: 'Statement',
	value: 'statement',
	operations: { compare },
	default: 'compare',
};
