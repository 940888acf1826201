import type { CoveredSubscription } from '../../../shared/domain/access/facts';
import {
	backtest,
	type AccessHistory,
	type PastInvoice,
	type Restrictions,
} from '../../../shared/domain/access/history';
import type { AccessPolicy } from '../../../shared/domain/access/policy';
import { calendarOf, DAY_MS, dayOfDate } from '../../../shared/domain/calendar';
import { groupBy } from '../../../shared/domain/groupBy';
import {
	listedInvoiceAnswerSchema,
	listedInvoiceSchema,
	subscriptionFeeSchema,
	timeOf,
	toAccessInvoice,
	toSubscriptionFacts,
	type ListedInvoice,
	type SubscriptionFee,
} from '../../../shared/wire/lago/access';
import type { LagoClient } from '../../transport/client';
import { inTurns } from '../inTurns';
import { coverageOf, OF_SUBSCRIPTIONS, owedInvoices, subscriptionsOf } from './facts';

const ALL = Number.MAX_SAFE_INTEGER;
/** Paid invoices are read by pages of a hundred; those that were issued longer before the time in question one by one. */
const ISSUED_BEFORE_DAYS = 92;

/** A customer whom a policy would have restricted. */
export interface BacktestRow {
	externalId: string;
	name: string | null;
	restrictions: Restrictions;
	isRestrictedNow: boolean;
}

/** What the rules would have done between two moments. */
export interface Backtest {
	/** Customers with an invoice that was open in that time. */
	customers: number;
	/** The most restricted first. */
	rows: BacktestRow[];
}

/**
 * Plays a policy over what has happened. When invoices were paid is read from their fees. Rules that only ever restrict less with fewer
 * invoices allow to look at whole customers first, and to read subscriptions only of those whom it would have hit.
 * @param from ms since 1970. @param to the same.
 * @throws ApiError
 */
export async function runBacktest(
	client: LagoClient,
	policy: AccessPolicy,
	from: number,
	to: number,
): Promise<Backtest> {
	const [owed, fees] = await Promise.all([
		owedInvoices(client, { statuses: ['finalized'] }),
		client.list('fees', subscriptionFeeSchema, { succeeded_at_from: new Date(from).toISOString() }, ALL),
	]);
	const feesOf = groupBy(fees, ({ lago_invoice_id }) => lago_invoice_id ?? '');
	const known = new Map(
		[...owed, ...(await paidInvoices(client, feesOf, from))].map((invoice) => [invoice.lago_id, invoice]),
	);
	const byCustomer = groupBy(known.values(), ({ customer }) => customer?.external_id ?? '');
	byCustomer.delete('');
	const hit = [...byCustomer].filter(([externalId, invoices]) => {
		const whole: AccessPolicy = { ...policy, scope: 'customer' };
		return backtest(historyOf(externalId, invoices, feesOf), whole, from, to) !== null;
	});
	const rows = await inTurns(hit, async ([externalId, invoices]): Promise<BacktestRow | null> => {
		const history = await withSubscriptions(client, historyOf(externalId, invoices, feesOf), feesOf, policy);
		const restrictions = backtest(history, policy, from, to);
		return restrictions === null
			? null
			: {
					externalId,
					name: invoices[0]?.customer?.name ?? null,
					restrictions,
					isRestrictedNow: restrictions.restoredAt === null,
				};
	});
	return {
		customers: byCustomer.size,
		rows: rows
			.filter((row) => row !== null)
			.sort((one, other) => other.restrictions.restrictedMs - one.restrictions.restrictedMs),
	};
}

/** Invoices that were paid since a moment. */
async function paidInvoices(
	client: LagoClient,
	feesOf: ReadonlyMap<string, SubscriptionFee[]>,
	from: number,
): Promise<ListedInvoice[]> {
	const ids = new Set([...feesOf.keys()].filter((id) => id !== ''));
	if (ids.size === 0) return [];
	const issuing_date_from = new Date(from - ISSUED_BEFORE_DAYS * DAY_MS).toISOString().slice(0, 10);
	const listed = await client.list(
		'invoices',
		listedInvoiceSchema,
		{ statuses: ['finalized'], payment_statuses: ['succeeded'], issuing_date_from },
		ALL,
	);
	const found = listed.filter(({ lago_id }) => ids.delete(lago_id));
	const older = await inTurns(
		[...ids],
		async (id) =>
			(await client.request(listedInvoiceAnswerSchema, { method: 'GET', path: `/invoices/${encodeURIComponent(id)}` }))
				.invoice,
	);
	return [...found, ...older];
}

function historyOf(
	externalId: string,
	invoices: readonly ListedInvoice[],
	feesOf: ReadonlyMap<string, SubscriptionFee[]>,
): AccessHistory {
	const timeZone = invoices[0]?.customer?.applicable_timezone ?? 'UTC';
	return {
		customer: { externalId, timeZone },
		subscriptions: [],
		invoices: invoices.map((invoice) => pastInvoice(invoice, feesOf.get(invoice.lago_id) ?? [], timeZone)),
	};
}

function pastInvoice(invoice: ListedInvoice, fees: readonly SubscriptionFee[], timeZone: string): PastInvoice {
	const paidAts = fees.map(({ succeeded_at }) => timeOf(succeeded_at)).filter((at) => at !== null);
	const isPaid = invoice.payment_status === 'succeeded';
	return {
		...toAccessInvoice(invoice, coveredBy(fees)),
		// A draft is made before its invoice is issued.
		issuedAt: Math.max(
			Date.parse(invoice.created_at),
			calendarOf(timeZone).startOfDay(dayOfDate(invoice.issuing_date)),
		),
		paidAt: isPaid && paidAts.length > 0 ? Math.max(...paidAts) : null,
		total: invoice.total_amount_cents,
	};
}

function coveredBy(fees: readonly SubscriptionFee[]): CoveredSubscription[] {
	const covered = new Map<string, CoveredSubscription>();
	for (const { lago_subscription_id: subscriptionId, external_subscription_id: externalId } of fees)
		if (subscriptionId && externalId)
			covered.set(subscriptionId, { subscriptionId, externalId, isFirst: false, prepaidUntil: null });
	return [...covered.values()];
}

async function withSubscriptions(
	client: LagoClient,
	history: AccessHistory,
	feesOf: ReadonlyMap<string, SubscriptionFee[]>,
	{ scope }: AccessPolicy,
): Promise<AccessHistory> {
	const uncovered =
		scope === 'customer'
			? []
			: history.invoices.filter(({ id, type }) => OF_SUBSCRIPTIONS.includes(type) && !feesOf.has(id));
	const [rows, coverage] = await Promise.all([
		subscriptionsOf(client, history.customer.externalId),
		coverageOf(client, uncovered),
	]);
	return {
		...history,
		subscriptions: rows.map((row) => toSubscriptionFacts(row, false)),
		invoices: history.invoices.map((invoice) => ({ ...invoice, covers: coverage.get(invoice.id) ?? invoice.covers })),
	};
}
