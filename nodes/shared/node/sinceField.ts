import { NodeOperationError, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import { momentOf } from '../domain/moment';

/** The field of both Get Missed operations. */
export const sinceField: INodeProperties = {
	displayName: 'Look Back To',
	name: 'since',
	type: 'string',
	default: '',
	placeholder: 'e.g. 2026-11-01',
	description:
		'Back-fill: everything since this moment is compared with the other book, and what is missing is handled, whatever was processed before. Empty for what is due since the last look. Of several Get Missed nodes in a row the first one decides.',
};

/** The moment that a person gave, seconds since 1970; null for none. */
export function sinceOf(ctx: IExecuteFunctions, index: number): number | null {
	const given = String(ctx.getNodeParameter('since', index, '') ?? '').trim();
	if (given === '') return null;
	const moment = momentOf(given, ctx.getTimezone());
	if (moment !== null) return Math.floor(moment / 1000);
	throw new NodeOperationError(ctx.getNode(), `"Look Back To" is no date: ${given.slice(0, 50)}`, {
		itemIndex: index,
		description: 'Give a day such as 2026-11-01, or a moment such as 2026-11-01T08:00:00Z.',
	});
}
