import { NodeOperationError, type IExecuteFunctions } from 'n8n-workflow';
import type { z } from 'zod';
import type { KnownMovement, Period } from '../../../shared/domain/statement/books';
import { Comparison } from '../../../shared/domain/statement/compare';
import type { Balance } from '../../../shared/domain/statement/ledger';
import { lagoRowOf, rowOf, summaryOf, sumRowOf } from '../../../shared/domain/statement/sheet';
import { lagoSums, spanOf, sumUp } from '../../../shared/domain/statement/sums';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { movementSchema, periodSchema } from '../../../shared/wire/dodo/statement';
import { readBooks } from '../../helpers/statement';
import type { LagoClient } from '../../transport/client';

type Given = 'adds_up' | 'does_not_add_up';

/**
 * Statement -> Compare: what Dodo Payments > Statement > Get gave out, of one period or of several, beside what Lago says of the same. A row
 * for each line, sums by wallet and billing entity, and the whole in a few sentences. Nothing is written anywhere.
 */
export const compare: Operation<LagoClient, Given> = {
	menu: {
		name: 'Compare',
		action: 'Compare a statement',
		description: 'What moved at Dodo Payments beside what Lago says of it: the difference and why, as rows of a sheet',
	},
	fields: fieldsOf('statement', 'compare', [
		{
			displayName: 'The items must come from Dodo Payments > Statement > Get',
			name: 'statementNotice',
			type: 'notice',
			default: '',
		},
	]),
	outputs: [
		{ name: 'Rows' },
		{ name: 'Sums', takes: ({ Scope }) => Scope !== undefined },
		{ name: 'Summary', outcomes: ['adds_up', 'does_not_add_up'] },
	],
	once: true,
	async execute(ctx, client) {
		const { movements, periods, balances } = readInput(ctx);
		const lines = new Comparison(await readBooks(client, movements, periods), periods).lines(movements, balances);
		const sums = sumUp(lines, balances);
		const outcome = lines.some(({ reason }) => reason === 'ledger_gap') ? 'does_not_add_up' : 'adds_up';
		return [
			...lines.map(rowOf),
			...sums.map(sumRowOf),
			...lagoSums(lines).map(lagoRowOf),
			{ outcome, ...summaryOf(lines, sums) },
		];
	},
};

/** @throws NodeOperationError when something else has come in, or a part of the statement could not be read: half a statement is none. */
function readInput(ctx: IExecuteFunctions): { movements: KnownMovement[]; periods: Period[]; balances: Balance[] } {
	const movements: KnownMovement[] = [];
	const periods: Array<z.output<typeof periodSchema>> = [];
	ctx.getInputData().forEach(({ json }, itemIndex) => {
		const period = periodSchema.safeParse(json);
		const movement = period.success ? null : movementSchema.safeParse(json);
		if (period.success) periods.push(period.data);
		else if (movement?.success) movements.push(movement.data);
		else
			throw new NodeOperationError(ctx.getNode(), 'This item is no part of a statement', {
				itemIndex,
				description: 'Connect Dodo Payments > Statement > Get. Where reading a part of it has failed, run it again.',
			});
	});
	if (periods.length === 0)
		throw new NodeOperationError(ctx.getNode(), 'There is no statement to compare', {
			description: 'Connect Dodo Payments > Statement > Get.',
		});
	const told = periods.flatMap(({ currency, ...ends }) => (currency === null ? [] : [{ currency, ...ends }]));
	return { movements, periods, balances: spanOf(told) };
}
