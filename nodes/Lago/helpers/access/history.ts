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
	toAccessInvoice,
	toSubscriptionFacts,
	type ListedInvoice,
} from '../../../shared/wire/lago/access';
import { orNull } from '../../../shared/transport/orNull';
import { paymentSchema, timeOf } from '../../../shared/wire/lago/objects';
import type { LagoClient } from '../../transport/client';
import { inTurns } from '../inTurns';
import { coverageOf } from './coverage';
import { counts, OF_SUBSCRIPTIONS, owedInvoices, subscriptionsOf } from './facts';

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
 * Plays a policy over what has happened. When invoices were paid is read from their payments: fees do not say it, and one that is only marked
 * as paid says nothing, so it counts as paid. Rules that only ever restrict less with fewer
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
	const [owed, paidAts] = await Promise.all([
		owedInvoices(client, { statuses: ['finalized'] }, policy),
		paidSince(client, from),
	]);
	const known = new Map(
		[...owed, ...(await paidInvoices(client, [...paidAts.keys()], from))]
			.filter(counts(policy))
			.map((invoice) => [invoice.lago_id, invoice]),
	);
	const byCustomer = groupBy(known.values(), ({ customer }) => customer?.external_id ?? '');
	byCustomer.delete('');
	const hit = [...byCustomer].filter(([externalId, invoices]) => {
		const whole: AccessPolicy = { ...policy, scope: 'customer' };
		return backtest(historyOf(externalId, invoices, paidAts), whole, from, to) !== null;
	});
	const rows = await inTurns(hit, async ([externalId, invoices]): Promise<BacktestRow | null> => {
		const history = await withSubscriptions(client, historyOf(externalId, invoices, paidAts), policy);
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

/** When invoices were paid, since a moment; ms since 1970, of several payments the last. The list is in order of these, newest first. */
async function paidSince(client: LagoClient, from: number): Promise<Map<string, number>> {
	const isOlder = ({ created_at }: { created_at?: string | null }): boolean => (timeOf(created_at) ?? from) < from;
	// A Lago without licence has no such payments, and some say so by refusing.
	const request = client.list('payments', paymentSchema, {}, ALL, isOlder);
	const payments = (await orNull(request, ({ code }) => code === 'feature_unavailable')) ?? [];
	const paidAts = new Map<string, number>();
	for (const { invoice_ids, lago_payable_id, payment_status, created_at } of payments)
		for (const id of invoice_ids ?? [lago_payable_id ?? '']) {
			const at = timeOf(created_at);
			if (at !== null && at >= from && payment_status === 'succeeded')
				paidAts.set(id, Math.max(at, paidAts.get(id) ?? at));
		}
	return paidAts;
}

/** Invoices that were paid since a moment. */
async function paidInvoices(client: LagoClient, paidIds: readonly string[], from: number): Promise<ListedInvoice[]> {
	const ids = new Set(paidIds);
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
	paidAts: ReadonlyMap<string, number>,
): AccessHistory {
	const timeZone = invoices[0]?.customer?.applicable_timezone ?? 'UTC';
	return {
		customer: { externalId, timeZone },
		subscriptions: [],
		invoices: invoices.map((invoice) => pastInvoice(invoice, paidAts.get(invoice.lago_id) ?? null, timeZone)),
	};
}

function pastInvoice(invoice: ListedInvoice, lastPaidAt: number | null, timeZone: string): PastInvoice {
	return {
		...toAccessInvoice(invoice, []),
		// A draft is made before its invoice is issued.
		issuedAt: Math.max(
			Date.parse(invoice.created_at),
			calendarOf(timeZone).startOfDay(dayOfDate(invoice.issuing_date)),
		),
		paidAt: invoice.payment_status === 'succeeded' ? lastPaidAt : null,
		total: invoice.total_amount_cents,
	};
}

async function withSubscriptions(
	client: LagoClient,
	history: AccessHistory,
	{ scope }: AccessPolicy,
): Promise<AccessHistory> {
	const covering = scope === 'customer' ? [] : history.invoices.filter(({ type }) => OF_SUBSCRIPTIONS.includes(type));
	const [rows, coverage] = await Promise.all([
		subscriptionsOf(client, history.customer.externalId),
		coverageOf(client, covering),
	]);
	return {
		...history,
		subscriptions: rows.map((row) => toSubscriptionFacts(row, false)),
		invoices: history.invoices.map((invoice) => ({ ...invoice, covers: coverage.get(invoice.id) ?? invoice.covers })),
	};
}
