import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { calendarOf, DAY_MS } from '../../../shared/domain/calendar';
import { isOfEntities, readEntities } from '../../../shared/domain/entities';
import { collectability, type InvoiceFacts } from '../../../shared/domain/invoice';
import { ourRecord } from '../../../shared/domain/invoiceMetadata';
import { PAYMENT_ID_KEY } from '../../../shared/domain/keys';
import { momentOf } from '../../../shared/domain/moment';
import { filtersField } from '../../../shared/node/fields';
import { withCurrency } from '../../../shared/node/money';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { filtersOf, limitFields, limitOf } from '../../../shared/node/parameters';
import { before, DECIMAL_AMOUNTS, since } from '../../../shared/node/version';
import { invoiceSchema, toInvoiceFacts, type LagoInvoice } from '../../../shared/wire/lago/objects';
import { youngOf } from '../../helpers/dueRetries';
import type { LagoClient } from '../../transport/client';
import { inTurns } from '../../helpers/inTurns';
import { withOrganization } from '../../helpers/organization';
import { withReferences, withRefunds } from '../../helpers/invoices';
import { commonFilters } from '../list.fields';

const showField: INodeProperties = {
	displayName: 'Show',
	name: 'show',
	type: 'options',
	options: [
		{ name: 'All', value: 'all' },
		{ name: 'Overpaid', value: 'overpaid', description: 'Paid twice, and the surplus payment has not gone back yet' },
		{
			name: 'Payable and Not Yet Collected',
			value: 'payable',
			description:
				'Finalized, unpaid, something due, not self-billed, not charged by Lago itself, and not handed to Dodo Payments yet',
		},
		{
			name: 'Retry Due',
			value: 'retryDue',
			description: 'Unpaid, with a next try that Plan Retry has planned for now or earlier',
		},
	],
	default: 'all',
	description: 'Which invoices to return',
};

const fields: INodeProperties[] = [
	{ ...showField, default: 'payable', displayOptions: { show: before(DECIMAL_AMOUNTS.lago) } },
	{ ...showField, displayOptions: { show: since(DECIMAL_AMOUNTS.lago) } },
	...limitFields,
	filtersField([
		...commonFilters,
		{
			displayName: 'Issued From',
			name: 'issuing_date_from',
			type: 'dateTime',
			default: '',
			description: 'Only invoices issued on or after this date',
		},
		{
			displayName: 'Issued Until',
			name: 'issuing_date_to',
			type: 'dateTime',
			default: '',
			description: 'Only invoices issued on or before this date',
		},
		{
			displayName: 'Payment Status',
			name: 'payment_statuses',
			description: 'Only invoices that Lago counts as paid, failed or still to be paid',
			type: 'multiOptions',
			options: [
				{ name: 'Failed', value: 'failed' },
				{ name: 'Pending', value: 'pending' },
				{ name: 'Succeeded', value: 'succeeded' },
			],
			default: [],
		},
		{
			displayName: 'Status',
			name: 'statuses',
			description: 'Only invoices in these states; finalized ones can be paid',
			type: 'multiOptions',
			options: [
				{ name: 'Draft', value: 'draft' },
				{ name: 'Failed', value: 'failed' },
				{ name: 'Finalized', value: 'finalized' },
				{ name: 'Pending', value: 'pending' },
				{ name: 'Voided', value: 'voided' },
			],
			default: [],
		},
	]),
];

const UNPAID: IDataObject = { statuses: ['finalized'], payment_statuses: ['pending', 'failed'] };
const isCollectable = (invoice: InvoiceFacts): boolean => collectability(invoice).decision === 'collect';

/** What Lago itself can filter, and what is checked on what it returns. */
const SHOWN: Readonly<Record<string, { query: IDataObject; keeps: (invoice: InvoiceFacts, nowS: number) => boolean }>> =
	{
		overpaid: {
			query: { statuses: ['finalized'], payment_statuses: ['succeeded'] },
			keeps: ({ metadata }) => ourRecord(metadata).state?.phase === 'overpaid',
		},
		payable: { query: { ...UNPAID, [`metadata[${PAYMENT_ID_KEY}]`]: '' }, keeps: isCollectable },
		retryDue: {
			query: UNPAID,
			keeps: (invoice, nowS) =>
				(ourRecord(invoice.metadata).state?.nextTryAt ?? Infinity) <= nowS && isCollectable(invoice),
		},
	};

/** Invoice -> Get Many. */
export const getAll: Operation<LagoClient> = {
	menu: {
		name: 'Get Many',
		action: 'Get many invoices',
		description: 'Retrieve a list of invoices',
	},
	fields: fieldsOf('invoice', 'getAll', fields),
	async execute(ctx, client, index) {
		const limit = limitOf(ctx, index);
		const query = withDays(withCurrency(ctx, filtersOf(ctx, index), index), ctx);
		const show = ctx.getNodeParameter('show', index) as string;
		const { query: narrowed, keeps } = SHOWN[show] ?? {};
		const entities = readEntities(query.billing_entity_codes);
		const readAt = Date.now();
		const list = async (asked: IDataObject, most: number): Promise<LagoInvoice[]> =>
			(await client.list('invoices', invoiceSchema, asked, most)).map((invoice) => client.withOurs(invoice, readAt));
		if (keeps === undefined) return await list(query, limit);
		const candidates = await list({ ...query, ...narrowed }, Number.MAX_SAFE_INTEGER);
		const nowS = Math.floor(Date.now() / 1000);
		const shown = candidates.filter(
			// An older Lago does not know the filter.
			(invoice) => isOfEntities(invoice.billing_entity_code, entities) && keeps(toInvoiceFacts(invoice), nowS),
		);
		const kept = (show === 'retryDue' ? await youngOf(client, shown, readAt) : shown).slice(0, limit);
		return await inTurns(kept, async (invoice) => {
			const whole = await withReferences(client, await withRefunds(client, invoice));
			// It begins a lane that no event has told whom it works for.
			return show === 'retryDue' ? await withOrganization(client, whole) : whole;
		});
	},
};

/** Lago's dates are days: as they are written, and those of a date object as the workflow's calendar has them. */
function withDays(filters: IDataObject, ctx: IExecuteFunctions): IDataObject {
	const dayOf = (value: unknown): string => {
		const moment = typeof value === 'string' ? null : momentOf(value, 'UTC');
		return moment === null
			? String(value).trim().slice(0, 10)
			: new Date(calendarOf(ctx.getTimezone()).dayOf(moment) * DAY_MS).toISOString().slice(0, 10);
	};
	return Object.fromEntries(
		Object.entries(filters).map(([name, value]) => [name, name.startsWith('issuing_date') ? dayOf(value) : value]),
	);
}
