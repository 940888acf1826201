import { NodeOperationError, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import { parseLimits } from '../../../shared/domain/access/policy';
import {
	backFillVerdict,
	dateOf,
	daysOf,
	type BackFillTerms,
	type BackFillVerdict,
} from '../../../shared/domain/backFill';
import { calendarOf } from '../../../shared/domain/calendar';
import { escapeHtml } from '../../../shared/domain/escapeHtml';
import { formatAmount, toDecimal } from '../../../shared/domain/money';
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
		const groups = new Map<string, Group>();
		await eachOpen(client, billingEntities, (open) => {
			const verdict = backFillVerdict(open, terms);
			if (verdict !== null) count(groups, verdict, open.facts);
		});
		const sorted = [...groups.values()].sort(
			(one, other) => RANK[one.what] - RANK[other.what] || other.invoices - one.invoices,
		);
		const sums = sumsOf(sorted);
		const days = daysOf(sums, terms);
		const message = sentenceOf(sums, days);
		const rows = sorted.map(rowOf);
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

const WORDS = {
	charge: 'Charged at once by the mandate of its customer',
	link: 'Asked for by a link on the invoice; nobody gets a mail by itself',
	begun: 'Begun by an earlier back-fill, and not paid yet',
	left: 'Left alone',
} as const;
const RANK: Readonly<Record<BackFillVerdict['what'], number>> = { charge: 0, link: 1, begun: 2, left: 3 };
const EXAMPLES = 5;

interface Group {
	what: BackFillVerdict['what'];
	currency: string;
	reason: string;
	why: string;
	invoices: number;
	amount: number;
	examples: string[];
}

function count(
	groups: Map<string, Group>,
	verdict: BackFillVerdict,
	{ currency, number }: { currency: string; number: string },
): void {
	const { what, amount } = verdict;
	const [reason, why] = verdict.what === 'left' ? [verdict.reason, verdict.why] : ['', ''];
	const key = [what, currency, reason].join();
	const group = groups.get(key) ?? { what, currency, reason, why, invoices: 0, amount: 0, examples: [] };
	groups.set(key, group);
	group.invoices++;
	group.amount += amount;
	if (group.examples.length < EXAMPLES) group.examples.push(number);
}

function rowOf({ what, currency, reason, why, invoices, amount, examples }: Group): Json {
	return {
		What: WORDS[what],
		Currency: currency,
		Invoices: invoices,
		Amount: toDecimal(amount, currency),
		Reason: reason,
		Why: why,
		Examples: examples.join(', '),
	};
}

type Sums = Record<string, { invoices: number; amount: number }>;

function sumsOf(groups: readonly Group[]): Sums {
	const sums: Sums = {};
	for (const { what, currency, invoices, amount } of groups) {
		if (what !== 'charge' && what !== 'link') continue;
		const sum = (sums[currency] ??= { invoices: 0, amount: 0 });
		sum.invoices += invoices;
		sum.amount += amount;
	}
	return sums;
}

function sentenceOf(sums: Sums, days: number): string {
	const parts = Object.entries(sums).map(
		([currency, { invoices, amount }]) => `${invoices} over ${formatAmount(amount, currency)}`,
	);
	return parts.length === 0
		? 'There is nothing that a back-fill would collect.'
		: `Of the open invoices ${parts.join(', ')} would be collected, within ${days} ${days === 1 ? 'day' : 'days'} or more.`;
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
