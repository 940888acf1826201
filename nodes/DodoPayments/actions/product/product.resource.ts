import type { Resource } from '../../../shared/node/menu';
import type { DodoClient } from '../../transport/client';
import { ensure } from './ensure.operation';

/** The product that invoices are paid with. */
export const product: Resource<DodoClient> = {
	name: 'Product',
	value: 'product',
	operations: { ensure },
	default: 'ensure',
};
