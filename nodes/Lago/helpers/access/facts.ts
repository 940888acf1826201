import type { IDataObject } from 'n8n-workflow';
import { owedFor } from '../../../shared/domain/access/debts';
import {
	asHappened,
	type AccessFacts,
	type AccessInvoice,
	type CoveredSubscription,
	type SubscriptionFacts,
} from '../../../shared/domain/access/facts';
import type { AccessPolicy } from '../../../shared/domain/access/policy';
import { DAY_MS } from '../../../shared/domain/calendar';
import { isOfEntities } from '../../../shared/domain/entities';
import { FIRST_INVOICE_MS } from '../../../shared/domain/keys';
import {
	listedInvoiceAnswerSchema,
	listedInvoiceSchema,
	subscriptionAnswerSchema,
	subscriptionFeeSchema,
	subscriptionSchema,
	toAccessInvoice,
	toSubscriptionFacts,
	type LagoSubscription,
	type ListedInvoice,
} from '../../../shared/wire/lago/access';
import { timeOf } from '../../../shared/wire/lago/objects';
import type { LagoClient } from '../../transport/client';
import { entityQuery } from '../billingEntities';
import { fetchCustomer } from '../customers';
import { inTurns } from '../inTurns';
import { withRefunds } from '../invoices';
import { coverageOf, type Covered } from './coverage';

const PAGE = 100;
const ALL = Number.MAX_SAFE_INTEGER;
/** Every status but those that never began. */
const ROWS = { status: ['active', 'pending', 'terminated', 'canceled', 'incomplete'] };
/** Types that belong to subscriptions. */
export const OF_SUBSCRIPTIONS: readonly string[] = ['subscription', 'progressive_billing', 'advance_charges'];

/**
 * What the books say about a customer, for {@link evaluateAccess}. Two calls for up to 100 invoices (invoices and subscriptions, at
 * once), and one for each unpaid invoice that was not seen before.
 * @throws ApiError, 404 for an unknown customer.
 */
export async function accessFactsOf(
	client: LagoClient,
	externalId: string,
	policy: AccessPolicy,
	now: number,
): Promise<AccessFacts> {
	const [read, rows] = await Promise.all([invoicesOf(client, externalId, policy), subscriptionsOf(client, externalId)]);
	const listed = await inTurns(read, async (invoice) => await withRefunds(client, invoice));
	const customer = listed[0]?.customer ?? (await fetchCustomer(client, externalId));
	const bare = listed.map((invoice) => toAccessInvoice(invoice, []));
	const matters = (invoice: AccessInvoice): boolean =>
		owedFor(invoice).amount > 0 || (invoice.status === 'draft' && policy.waitForFirstPayment);
	const known = await coverageOf(
		client,
		bare.filter((invoice) => OF_SUBSCRIPTIONS.includes(invoice.type) && matters(invoice)),
	);
	// What another billing entity sells is billed by it, and not seen here.
	const isSoldByUs = isOfEntities(customer.billing_entity_code, policy.billingEntities);
	const young = policy.waitForFirstPayment && isSoldByUs ? rows.filter((row) => isYoung(row, now)) : [];
	const late = await awaitingFirstInvoice(client, young, listed, known);
	const subscriptions = rows.map((row) => toSubscriptionFacts(row, late.has(row.lago_id)));
	const prepaid = policy.keepPrepaidPeriod ? await prepaidPeriods(client, subscriptions, now) : [];
	const missing = [...new Set(prepaid.map(({ invoiceId }) => invoiceId))].filter(
		(id) => !listed.some(({ lago_id }) => lago_id === id),
	);
	const older = await inTurns(missing, async (id) =>
		toAccessInvoice(
			(await client.request(listedInvoiceAnswerSchema, { method: 'GET', path: `/invoices/${encodeURIComponent(id)}` }))
				.invoice,
			[],
		),
	);
	const invoices = [...bare, ...older].map((invoice): AccessInvoice => {
		const periods = prepaid.filter(({ invoiceId }) => invoiceId === invoice.id).map(({ covered }) => covered);
		return { ...invoice, covers: [...(known.get(invoice.id) ?? []), ...periods] };
	});
	return asHappened(
		{ customer: { externalId, timeZone: customer.applicable_timezone ?? 'UTC' }, subscriptions, invoices },
		now,
	);
}

/** All subscriptions that a customer has or had, but those that never began. Throws ApiError. */
export async function subscriptionsOf(client: LagoClient, externalId: string): Promise<LagoSubscription[]> {
	return await client.list('subscriptions', subscriptionSchema, { external_customer_id: externalId, ...ROWS }, ALL);
}

/** All that can matter: every invoice of a customer that has few, else the newest and those that are unpaid or were lost in a dispute. */
async function invoicesOf(client: LagoClient, externalId: string, policy: AccessPolicy): Promise<ListedInvoice[]> {
	const query = {
		external_customer_id: externalId,
		statuses: ['draft', 'finalized', 'voided'],
		...entityQuery(policy.billingEntities),
	};
	const newest = await client.list('invoices', listedInvoiceSchema, query, PAGE);
	if (newest.length < PAGE) return newest.filter(counts(policy));
	const owed = await owedInvoices(client, { ...query, statuses: ['draft', 'finalized'] }, policy);
	return [
		...new Map([...newest.filter(counts(policy)), ...owed].map((invoice) => [invoice.lago_id, invoice])).values(),
	];
}

/** Invoices that are unpaid or were lost in a dispute, each once: two calls for up to 100 of each. Throws ApiError. */
export async function owedInvoices(
	client: LagoClient,
	wanted: IDataObject,
	policy: Pick<AccessPolicy, 'billingEntities'>,
): Promise<ListedInvoice[]> {
	const filter = { ...wanted, ...entityQuery(policy.billingEntities) };
	const [unpaid, lost] = await Promise.all([
		client.list('invoices', listedInvoiceSchema, { ...filter, payment_statuses: ['pending', 'failed'] }, ALL),
		client.list('invoices', listedInvoiceSchema, { ...filter, payment_dispute_lost: 'true' }, ALL),
	]);
	return [
		...new Map([...unpaid, ...lost].filter(counts(policy)).map((invoice) => [invoice.lago_id, invoice])).values(),
	];
}

/** Whether an invoice counts; an older Lago does not know the filter. */
export function counts({
	billingEntities,
}: Pick<AccessPolicy, 'billingEntities'>): (invoice: ListedInvoice) => boolean {
	return ({ billing_entity_code }) => isOfEntities(billing_entity_code, billingEntities);
}

/** So new that its first invoice may still be on its way. What costs nothing has none to wait for. */
function isYoung(
	{ status, started_at, previous_plan_code, plan_amount_cents }: LagoSubscription,
	now: number,
): boolean {
	const startedAt = timeOf(started_at);
	return (
		status === 'active' &&
		!previous_plan_code &&
		plan_amount_cents !== 0 &&
		startedAt !== null &&
		now - startedAt < FIRST_INVOICE_MS
	);
}

/**
 * Those of some new subscriptions that are paid in advance and not billed yet. Which invoice begins which subscription is said by ids only;
 * the age of an invoice, with a day to spare, just tells which are worth asking.
 */
async function awaitingFirstInvoice(
	client: LagoClient,
	young: readonly LagoSubscription[],
	listed: readonly ListedInvoice[],
	known: ReadonlyMap<string, Covered[]>,
): Promise<Set<string>> {
	const unknown = notBegun(young, known);
	const mayBegin = ({ lago_id, invoice_type, created_at }: ListedInvoice): boolean =>
		OF_SUBSCRIPTIONS.includes(invoice_type ?? 'subscription') &&
		!known.has(lago_id) &&
		unknown.some((row) => Date.parse(created_at) > bornAt(row) - DAY_MS);
	const settled = await coverageOf(
		client,
		listed.filter(mayBegin).map(({ lago_id: id, status }) => ({ id, status })),
	);
	const late = await inTurns(notBegun(unknown, settled), async ({ lago_id, external_id }) => {
		const { subscription } = await client.request(subscriptionAnswerSchema, {
			method: 'GET',
			path: `/subscriptions/${encodeURIComponent(external_id).replace(/\./g, '%2E')}`,
		});
		const isOnTrial = (subscription.plan?.trial_period ?? 0) > 0 && !subscription.trial_ended_at;
		return subscription.plan?.pay_in_advance === true && !isOnTrial ? lago_id : null;
	});
	return new Set(late.filter((id) => id !== null));
}

function notBegun(rows: readonly LagoSubscription[], covered: ReadonlyMap<string, Covered[]>): LagoSubscription[] {
	const begun = new Set(
		[...covered.values()].flat().flatMap(({ subscriptionId, isBegun }) => (isBegun ? [subscriptionId] : [])),
	);
	return rows.filter(({ lago_id }) => !begun.has(lago_id));
}

/** Before this it was not billed: a start may be written for a day in the past, or be long after the row. */
function bornAt({ created_at, started_at }: LagoSubscription): number {
	return Math.max(Date.parse(created_at), timeOf(started_at) ?? 0);
}

/** What was paid in advance beyond now, for subscriptions that have ended or will. */
async function prepaidPeriods(
	client: LagoClient,
	rows: readonly SubscriptionFacts[],
	now: number,
): Promise<Array<{ invoiceId: string; covered: CoveredSubscription }>> {
	const ending = rows.filter(
		({ keepsUnusedDays, endingAt, endedAt }) => endingAt !== null || (keepsUnusedDays && endedAt !== null),
	);
	const ids = [...new Set(ending.map(({ externalId }) => externalId))];
	const lists = await inTurns(
		ids,
		async (id) =>
			await client.list('fees', subscriptionFeeSchema, { external_subscription_id: id, fee_type: 'subscription' }, ALL),
	);
	return lists
		.flat()
		.flatMap(
			({
				lago_invoice_id: invoiceId,
				lago_subscription_id: subscriptionId,
				external_subscription_id: externalId,
				pay_in_advance,
				to_date,
			}) => {
				const prepaidUntil = timeOf(to_date);
				const counts =
					pay_in_advance === true &&
					prepaidUntil !== null &&
					prepaidUntil > now &&
					invoiceId &&
					subscriptionId &&
					externalId;
				return counts ? [{ invoiceId, covered: { subscriptionId, externalId, isFirst: false, prepaidUntil } }] : [];
			},
		);
}
