import type { INodeProperties } from 'n8n-workflow';
import { DAY_MS } from '../../../shared/domain/calendar';
import { fieldsOf, type Operation, type Result } from '../../../shared/node/operation';
import { runBacktest, type BacktestRow } from '../../helpers/access/history';
import type { LagoClient } from '../../transport/client';
import { policyFields, policyOf } from './policy.fields';

const LONGEST_DAYS = 730;
const DEFAULT_DAYS = 90;
/** Nobody wrote down when a first payment was awaited, or what a fee of back then paid in advance. */
const NOT_PLAYED: readonly string[] = ['waitForFirstPayment', 'keepPrepaidPeriod'];

const fields: INodeProperties[] = [
	{
		displayName: 'Days',
		name: 'days',
		type: 'number',
		typeOptions: { minValue: 1, maxValue: LONGEST_DAYS, numberPrecision: 0 },
		default: DEFAULT_DAYS,
		description: 'How far to look back',
	},
	{
		displayName:
			'A failed payment is known of invoices that are still unpaid, and of those that say so in their metadata. So "Restrict Immediately" shows too little of the past; the other rules are exact.',
		name: 'failuresNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { restrictImmediately: [true] } },
	},
	...policyFields.filter(({ name }) => !NOT_PLAYED.includes(name)),
];

/** Access -> Back-Test Policy: whom these rules would have restricted, how long and why. Reads only. */
export const backtest: Operation<LagoClient, 'nobody_restricted' | 'would_restrict'> = {
	menu: {
		name: 'Back-Test Policy',
		action: 'Back test an access policy',
		description: 'What these rules would have done to your customers: a table to look at before you switch them on',
	},
	fields: fieldsOf('access', 'backtest', fields),
	once: true,
	async execute(ctx, client, index) {
		const days = Number(ctx.getNodeParameter('days', index, DEFAULT_DAYS)) || DEFAULT_DAYS;
		const now = Date.now();
		const { customers, rows } = await runBacktest(client, policyOf(ctx, index), now - days * DAY_MS, now);
		const message = `Over the last ${days} days these rules would have restricted none of ${customers} customers with open invoices.`;
		return rows.length === 0
			? { outcome: 'nobody_restricted', message, days, customers }
			: rows.map((row) => rowOf(row, days));
	},
};

function rowOf(
	{ externalId, name, isRestrictedNow, restrictions }: BacktestRow,
	days: number,
): Result<'would_restrict'> {
	const { restrictedMs, times, firstAt, lastAt, restoredAt, mostDaysOverdue, rules } = restrictions;
	const restrictedDays = Math.round((restrictedMs / DAY_MS) * 10) / 10;
	const often = times === 1 ? 'once' : `${times} times`;
	const still = isRestrictedNow ? ', and is now' : '';
	return {
		outcome: 'would_restrict',
		message: `Customer ${externalId} would have been restricted ${often}, for ${restrictedDays} of ${days} days${still}.`,
		customer_external_id: externalId,
		customer_name: name,
		restricted_days: restrictedDays,
		times,
		first_restricted_at: iso(firstAt),
		last_restricted_at: iso(lastAt),
		restored_at: restoredAt === null ? null : iso(restoredAt),
		restricted_now: isRestrictedNow,
		most_days_overdue: mostDaysOverdue,
		rules: rules.join(', '),
	};
}

function iso(time: number): string {
	return new Date(time).toISOString().replace('.000Z', 'Z');
}
