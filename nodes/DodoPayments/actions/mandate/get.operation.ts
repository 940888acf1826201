import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { readOrHold, type Wanted } from '../../../shared/node/unknown';
import { fetchMandate } from '../../helpers/mandates';
import type { DodoClient } from '../../transport/client';
import { chosenMandate, mandateField } from './mandate.field';

/** Mandate -> Get. */
export const get: Operation<DodoClient, 'held'> = {
	menu: {
		name: 'Get',
		action: 'Get a mandate',
		description: 'Retrieve one mandate, with its status',
	},
	fields: fieldsOf('mandate', 'get', [mandateField]),
	async execute(ctx, client, index) {
		const id = chosenMandate(ctx, index);
		const wanted: Wanted = { id, kind: 'mandate', reason: 'unknown_mandate', mode: client.mode };
		return { mode: client.mode, ...(await readOrHold(ctx, index, wanted, async () => await fetchMandate(client, id))) };
	},
};
