import { NodeOperationError, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import { parseLimits } from '../../../shared/domain/access/policy';
import { dateOf, type BackFillTerms } from '../../../shared/domain/backFill';
import { BackFillTable } from '../../../shared/domain/backFillTable';
import { calendarOf } from '../../../shared/domain/calendar';
import { escapeHtml } from '../../../shared/domain/escapeHtml';
import { momentOf } from '../../../shared/domain/moment';
import { fieldsOf, type Json, type Operation } from '../../../shared/node/operation';
import { billingEntitiesField, chosenEntities } from '../../helpers/billingEntities';
import { eachOpen } from '../../helpers/backFill';
import type { LagoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	{
		displayName: 'Order',
		name: 'order',
		type: 'options',
		options: [
			{ name: 'Newest First', value: 'newest' },
			{ name: 'Oldest First', value: 'oldest' },
		],
		default: 'oldest',
		description: 'Which invoices are collected first, by their day of issue',
	},
	{
		displayName: 'Invoices a Day',
		name: 'perDay',
		type: 'number',
		required: true,
		typeOptions: { minValue: 1, maxValue: 10_000, numberPrecision: 0 },
		default: 50,
		description: 'How many are begun on one day at most, on the calendar of the workflow',
	},
	{
		displayName: 'Money a Day',
		name: 'money',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. EUR:5000.00, USD:2000.00',
		description:
			'How much is begun on one day at most, for each currency. What is in any other currency stays as it is.',
	},
	{
		displayName: 'Not Older Than',
		name: 'notBefore',
		type: 'string',
		default: '',
		placeholder: 'e.g. 2024-01-31',
		description: 'What was issued before this day stays as it is. Empty for any age.',
	},
	billingEntitiesField,
];

/**
 * Back-Fill -> Preview: what would become of everything that is open and was never handed to Dodo Payments, as a table. Reads Lago's pages, and
 * writes nothing. The summary carries what Start or Stop keeps.
 */
export const preview: Operation<LagoClient, 'previewed'> = {
	menu: {
		name: 'Preview',
		action: 'Preview what a back fill would do',
		description: 'What collecting all that is open would do, as a table; nothing is written, and nobody is charged',
	},
	fields: fieldsOf('backFill', 'preview', fields),
	outputs: [{ name: 'Summary', outcomes: ['previewed'] }, { name: 'Rows' }],
	async execute(ctx, client, index) {
		const terms = termsIn(ctx, index);
		const billingEntities = chosenEntities(ctx, index);
		const table = new BackFillTable(terms);
		await eachOpen(client, billingEntities, (open) => table.add(open));
		const { rows, days, message } = table.done();
		return [
			{ outcome: 'previewed', message, days, html: htmlOf(message, rows), terms: { ...terms, billingEntities } },
			...rows,
		];
	},
};

/** @throws NodeOperationError that names the field. */
function termsIn(ctx: IExecuteFunctions, index: number): BackFillTerms {
	const refuse = (field: string, problem: string): never => {
		throw new NodeOperationError(ctx.getNode(), `"${field}": ${problem}`, {
			itemIndex: index,
			description: 'Money a day looks like EUR:5000.00, USD:2000.00; a day like 2024-01-31.',
		});
	};
	const perDay = Number(ctx.getNodeParameter('perDay', index));
	if (!Number.isInteger(perDay) || perDay < 1) refuse('Invoices a Day', 'it must be a whole number, 1 or more');
	const limits = parseLimits(String(ctx.getNodeParameter('money', index) ?? ''), 'decimal');
	if (typeof limits.problem === 'string') refuse('Money a Day', limits.problem);
	const money = Object.fromEntries(Object.entries(limits as Record<string, number>).filter(([, amount]) => amount > 0));
	if (Object.keys(money).length === 0) refuse('Money a Day', 'it says no amount, so nothing could be collected');
	const day = String(ctx.getNodeParameter('notBefore', index, '') ?? '').trim();
	const moment = momentOf(day, ctx.getTimezone());
	if (day !== '' && moment === null) refuse('Not Older Than', 'it is no day');
	const notBefore = moment === null ? null : dateOf(calendarOf(ctx.getTimezone()).dayOf(moment));
	const order = ctx.getNodeParameter('order', index) === 'newest' ? 'newest' : 'oldest';
	return { until: Date.now(), notBefore, order, perDay, money };
}

function htmlOf(message: string, rows: readonly Json[]): string {
	const line = (cells: readonly unknown[], tag: 'td' | 'th'): string =>
		`<tr>${cells.map((cell) => `<${tag}>${escapeHtml(String(cell))}</${tag}>`).join('')}</tr>`;
	const [first] = rows;
	const table = first
		? `<table>${line(Object.keys(first), 'th')}${rows.map((row) => line(Object.values(row), 'td')).join('')}</table>`
		: '';
	return `<p>${escapeHtml(message)}</p>${table}`;
}
