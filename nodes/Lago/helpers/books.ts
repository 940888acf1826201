import type { IDataObject } from 'n8n-workflow';
import type { Answers, Collection } from '../../shared/domain/difference';
import { isOfEntities } from '../../shared/domain/entities';
import type { InvoiceFacts } from '../../shared/domain/invoice';
import { mandatesOn } from '../../shared/domain/mandates';
import { refundNamedBy } from '../../shared/domain/noteTie';
import type { Listed } from '../../shared/domain/reconciliation';
import { BoundedMap } from '../../shared/process/boundedMap';
import type { LagoSources } from '../../shared/reconciliation/compare';
import { orNull } from '../../shared/transport/orNull';
import { creditNoteSchema } from '../../shared/wire/lago/creditNote';
import {
	invoiceSchema,
	listedCustomerSchema,
	paymentSchema,
	toInvoiceFacts,
	type LagoInvoice,
} from '../../shared/wire/lago/objects';
import { toTopUpRecord } from '../../shared/wire/lago/topUp';
import type { LagoClient } from '../transport/client';
import { entityQuery } from './billingEntities';
import { NewestFirst } from './newestFirst';
import { organizationOf } from './organization';
import { waitingTopUps } from './topUps';

const ALL = Number.MAX_SAFE_INTEGER;
/** A payment is booked at or after the moment when Dodo made it; clocks may differ by this. */
const CLOCKS_DIFFER_S = 10 * 60;
/** Invoices are paid weeks after they were issued; one that is older costs a read of its own by its lane. */
const ISSUED_BEFORE_S = 100 * 86_400;
/** A credit note that starts a refund is older than the refund. */
const NOTE_BEFORE_REFUND_S = 7 * 86_400;

/** References that were read by the last looks, so that the next one reads only what came since. By account. */
const booked = new BoundedMap<string, { since: number; until: number; ids: Set<string> }>({
	entries: 20,
	ageMs: 6 * 3_600_000,
});
/** Some 70 MB; what is more is read again for each part. Three days at 200 a minute. */
const MAX_REFERENCES = 1_000_000;

/**
 * What Lago's lists tell a reconciliation: pages of 100, never one call for each object.
 * @param entities codes of the billing entities that are worked for; none for all.
 */
export function lagoSources(client: LagoClient, nowS: () => number, entities: readonly string[] = []): LagoSources {
	const isOthers = ({ billing_entity_code: code }: LagoInvoice): boolean => !isOfEntities(code, entities);
	const invoices = new NewestFirst(
		() => client.pages('invoices', invoiceSchema, { statuses: ['finalized', 'voided'] }),
		(invoice) => {
			const { paymentStatus, metadata, totalPaid } = toInvoiceFacts(invoice);
			return [invoice.lago_id, { paymentStatus, metadata, totalPaid, isOthers: isOthers(invoice) }];
		},
	);
	const notes = new NewestFirst(
		() => client.pages('credit_notes', creditNoteSchema, {}),
		(note) => [refundNamedBy(note) ?? '', note.refund_status ?? ''],
	);
	const list = async (query: IDataObject): Promise<LagoInvoice[]> =>
		await client.list('invoices', invoiceSchema, query, ALL);
	return {
		booked: async (about) => await bookedSince(client, oldestOf(about), nowS()),
		unpaid: async () =>
			// A Lago before 1.33.3 does not know these filters.
			byId(
				(
					await list({ statuses: ['finalized'], payment_statuses: ['pending', 'failed'], ...entityQuery(entities) })
				).filter((one) => isUnpaid(one) && !isOthers(one)),
			),
		invoices: async (about, { payments }) =>
			await invoices.answers(
				about.flatMap(
					(one) => one.members ?? one.invoiceId ?? payments?.rows.get(one.paymentId ?? '')?.invoiceId ?? [],
				),
				oldestOf(about) - ISSUED_BEFORE_S,
			),
		topUps: async () => await topUpsOf(client),
		bookings: async (about, { bookings }) => await bookingsOf(client, about, bookings),
		organization: async () => ({ id: await organizationOf(client) }),
		notes: async (about) =>
			await notes.answers(
				about.map(({ id }) => id),
				oldestOf(about) - NOTE_BEFORE_REFUND_S,
			),
		lost: async () => byId((await list({ payment_dispute_lost: 'true' })).filter((one) => one.payment_dispute_lost_at)),
		mandates: async () => await mandatesOf(client),
	};
}

/** One page of payments for each payment of several invoices: there are few of them, and a booking may be missing on one invoice only. */
async function bookingsOf(
	client: LagoClient,
	about: readonly Listed[],
	before: Answers<readonly string[]> | undefined,
): Promise<Answers<readonly string[]>> {
	const rows = new Map(before?.rows);
	for (const { id, customer, createdAt } of about) {
		const since = (createdAt - CLOCKS_DIFFER_S) * 1000;
		const isOlder = ({ created_at }: Record<string, unknown>): boolean => Date.parse(String(created_at)) < since;
		const query = { external_customer_id: customer ?? '' };
		// A Lago without licence has no such payments, and some say so by refusing.
		const listed = await orNull(
			client.list('payments', paymentSchema, query, ALL, isOlder),
			({ code }) => code === 'feature_unavailable',
		);
		const own = (listed ?? []).filter(({ reference }) => reference === id);
		rows.set(
			id,
			own.flatMap(({ lago_payable_id, invoice_ids }) => lago_payable_id ?? invoice_ids ?? []),
		);
	}
	return { asked: new Set([...(before?.asked ?? []), ...rows.keys()]), rows };
}

/** What is known of the top-ups that wait for their payment, by the id of their invoice. */
async function topUpsOf(client: LagoClient): Promise<Map<string, Collection>> {
	const waiting = await waitingTopUps(client);
	return new Map(
		waiting.map(({ wallet, transaction }) => [transaction.lago_invoice_id, toTopUpRecord(wallet, transaction)]),
	);
}

/** The mandates of each customer that has any, by external id. */
async function mandatesOf(client: LagoClient): Promise<Map<string, string[]>> {
	const customers = await client.list('customers', listedCustomerSchema, {}, ALL);
	const kept = customers.map(({ external_id, metadata }): [string, string[]] => [
		external_id,
		mandatesOn(metadata ?? []),
	]);
	return new Map(kept.filter(([, ids]) => ids.length > 0));
}

function isUnpaid({ status, payment_status }: LagoInvoice): boolean {
	return status === 'finalized' && payment_status !== 'succeeded';
}

function byId(invoices: readonly LagoInvoice[]): Map<string, InvoiceFacts> {
	return new Map(invoices.map((invoice) => [invoice.lago_id, toInvoiceFacts(invoice)]));
}

/** The list is in order of `created_at`, which of a manual payment is its `paid_at`, newest first. */
async function bookedSince(
	client: LagoClient,
	since: number,
	now: number,
): Promise<{ since: number; ids: ReadonlySet<string> }> {
	const kept = booked.get(client.accountKey);
	const known = kept !== undefined && kept.since <= since && kept.ids.size < MAX_REFERENCES ? kept : null;
	const from = (known?.until ?? since) - CLOCKS_DIFFER_S;
	const isOlder = ({ created_at }: Record<string, unknown>): boolean => Date.parse(String(created_at)) < from * 1000;
	// A Lago without licence has no such payments, and some say so by refusing.
	const request = client.list('payments', paymentSchema, {}, ALL, isOlder);
	const listed = (await orNull(request, ({ code }) => code === 'feature_unavailable')) ?? [];
	const ids = known?.ids ?? new Set<string>();
	for (const { reference } of listed) if (reference) ids.add(reference);
	booked.set(client.accountKey, { since: known?.since ?? since, until: now, ids });
	return { since: known?.since ?? since, ids };
}

function oldestOf(about: readonly Listed[]): number {
	return Math.min(...about.map(({ createdAt }) => createdAt));
}
