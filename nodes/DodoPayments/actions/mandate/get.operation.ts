import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { fetchMandate } from '../../helpers/mandates';
import type { DodoClient } from '../../transport/client';
import { chosenMandate, mandateField } from './mandate.field';

/** Mandate -> Get. */
export const get: Operation<DodoClient> = {
	fields: fieldsOf('mandate', 'get', [mandateField]),
	async execute(ctx, client, index) {
		return { mode: client.mode, ...(await fetchMandate(client, chosenMandate(ctx, index))) };
	},
};
