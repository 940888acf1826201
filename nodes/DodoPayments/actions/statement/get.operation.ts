import { NodeOperationError, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import { momentOf } from '../../../shared/domain/moment';
import type { KnownMovement, Period } from '../../../shared/domain/statement/books';
import type { Balance } from '../../../shared/domain/statement/ledger';
import { listOrId } from '../../../shared/node/fields';
import { fieldsOf, type Json, type Operation } from '../../../shared/node/operation';
import { idParameter } from '../../../shared/node/parameters';
import { readPayout, readStatement } from '../../helpers/statement';
import type { DodoClient } from '../../transport/client';

const ofPeriod = { displayOptions: { show: { of: ['period'] } } };
const fields: INodeProperties[] = [
	{
		displayName: 'Of',
		name: 'of',
		description: 'What the statement covers',
		type: 'options',
		options: [
			{ name: 'Payout', value: 'payout', description: 'What one payout was made of' },
			{ name: 'Period', value: 'period', description: 'All that moved between two moments' },
		],
		default: 'period',
	},
	{
		displayName: 'From',
		name: 'from',
		type: 'dateTime',
		required: true,
		default: '',
		hint: 'The first moment that counts, e.g. 2026-10-01',
		...ofPeriod,
	},
	{
		displayName: 'Until',
		name: 'until',
		type: 'dateTime',
		required: true,
		default: '',
		hint: 'The first moment that does not count any more, e.g. 2026-11-01 for all of October',
		...ofPeriod,
	},
	{
		displayName: 'Payout',
		name: 'payout',
		description: 'Whose movements to list',
		type: 'resourceLocator',
		required: true,
		default: { mode: 'list', value: '' },
		...listOrId('searchPayouts', 'e.g. pyt_4mQ0Ydq2Hk1nTzFh3XbUv'),
		displayOptions: { show: { of: ['payout'] } },
	},
];

/**
 * Statement -> Get: an item for each payment, refund, dispute, conversion and payout that Dodo's ledger has, and one for each wallet with its
 * balances. Page by page; amounts in minor units, signed.
 */
export const get: Operation<DodoClient> = {
	menu: {
		name: 'Get',
		action: 'Get a statement',
		description: 'What moved in the wallets of a Dodo Payments account: gross, tax, fees, refunds, disputes, payouts',
	},
	fields: fieldsOf('statement', 'get', fields),
	async execute(ctx, client, index) {
		if (ctx.getNodeParameter('of', index) === 'period') {
			const period = periodOf(ctx, index);
			return itemsOf(client, period, await readStatement(client, period));
		}
		const payout = idParameter(ctx, 'payout', index);
		const read = await readPayout(client, payout);
		if (read !== null) return itemsOf(client, read.period, read);
		throw new NodeOperationError(ctx.getNode(), `Dodo Payments has no payout ${payout}`, {
			itemIndex: index,
			description: 'Choose one from the list, and look whether the credential is of the right environment.',
		});
	},
};

function periodOf(ctx: IExecuteFunctions, index: number): Period {
	const [from = NaN, until = NaN] = ['from', 'until'].map(
		(name) => momentOf(ctx.getNodeParameter(name, index), ctx.getTimezone()) ?? NaN,
	);
	if (from < until) return { from, until };
	throw new NodeOperationError(ctx.getNode(), '"Until" is not later than "From"', {
		itemIndex: index,
		description: 'All of October is from 2026-10-01 until 2026-11-01.',
	});
}

function itemsOf(
	{ mode }: DodoClient,
	period: Period,
	{ movements, balances }: { movements: KnownMovement[]; balances: Balance[] },
): Json[] {
	const iso = (at: number): string => new Date(at).toISOString();
	const ends = balances.length > 0 ? balances : [{ currency: null, opening: null, closing: null }];
	const span = { mode, movement: 'period', from: iso(period.from), until: iso(period.until) };
	return [
		...movements.map((movement) => ({ mode, ...movement, at: iso(movement.at) })),
		...ends.map((balance) => ({ ...span, ...balance })),
	];
}
