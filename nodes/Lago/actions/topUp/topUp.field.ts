import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { listOrId } from '../../../shared/node/fields';
import { lagoIdParameter } from '../../helpers/lagoIdParameter';

const EXAMPLE = '9d16facc-a762-47b3-8244-030765b3a2ee';

/** Which top-up. */
export const topUpField: INodeProperties = {
	displayName: 'Top-Up',
	name: 'topUp',
	description: 'Which top-up to read',
	type: 'resourceLocator',
	required: true,
	default: { mode: 'list', value: '' },
	...listOrId('searchTopUps', `e.g. ${EXAMPLE}`),
	hint: 'Behind a Lago Trigger: By ID, with the expression {{ $json.data.lago_id }}; behind Get Many {{ $json.topUp.id }}',
};

/** Its Lago ID: that of the transaction of the wallet. @throws NodeOperationError when it is none. */
export function topUpParameter(ctx: IExecuteFunctions, index: number): string {
	return lagoIdParameter(ctx, 'topUp', index, 'top-up', { example: EXAMPLE, mistaken: 'name of the wallet' });
}
