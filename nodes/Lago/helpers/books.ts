import type { Answers } from '../../shared/domain/difference';
import type { InvoiceFacts } from '../../shared/domain/invoice';
import { MANDATE_KEY, REFUND_ID_KEY } from '../../shared/domain/keys';
import type { Listed } from '../../shared/domain/reconciliation';
import { BoundedMap } from '../../shared/process/boundedMap';
import type { LagoSources } from '../../shared/reconciliation/compare';
import { orNull } from '../../shared/transport/orNull';
import {
	creditNoteSchema,
	invoiceSchema,
	listedCustomerSchema,
	paymentSchema,
	toInvoiceFacts,
} from '../../shared/wire/lago/objects';
import type { LagoClient } from '../transport/client';

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

/** What Lago's lists tell a reconciliation: pages of 100, never one call for each object. */
export function lagoSources(client: LagoClient, nowS: () => number): LagoSources {
	return {
		booked: async (about) => await bookedSince(client, Math.min(...about.map(({ createdAt }) => createdAt)), nowS()),
		unpaid: async () =>
			byId(
				(
					await client.list(
						'invoices',
						invoiceSchema,
						{ statuses: ['finalized'], payment_statuses: ['pending', 'failed'] },
						ALL,
					)
				).map(toInvoiceFacts),
			),
		invoices: async (about, { invoices, payments }) => {
			const wanted = new Set(
				about.map((one) => one.invoiceId ?? payments?.rows.get(one.paymentId ?? '')?.invoiceId ?? ''),
			);
			wanted.delete('');
			const found = await invoicesOf(client, wanted, Math.min(...about.map(({ createdAt }) => createdAt)));
			return {
				asked: new Set([...(invoices?.asked ?? []), ...wanted]),
				rows: new Map([...(invoices?.rows ?? []), ...found]),
			};
		},
		notes: async (about, { notes }) => await notesOf(client, about, notes),
		lost: async () =>
			byId(
				(await client.list('invoices', invoiceSchema, { payment_dispute_lost: 'true' }, ALL))
					.filter(({ payment_dispute_lost_at }) => payment_dispute_lost_at)
					.map(toInvoiceFacts),
			),
		mandates: async () => {
			const customers = await client.list('customers', listedCustomerSchema, {}, ALL);
			return new Map(
				customers.flatMap(
					({ external_id, metadata }) =>
						metadata
							?.filter(({ key }) => key === MANDATE_KEY)
							.map(({ value }): [string, string] => [external_id, value ?? '']) ?? [],
				),
			);
		},
	};
}

function byId(invoices: readonly InvoiceFacts[]): Map<string, InvoiceFacts> {
	return new Map(invoices.map((invoice) => [invoice.id, invoice]));
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

/** Invoices by id: read newest first until all are there, or what comes is too old. */
async function invoicesOf(
	client: LagoClient,
	wanted: ReadonlySet<string>,
	since: number,
): Promise<Map<string, InvoiceFacts>> {
	const found = new Map<string, InvoiceFacts>();
	const issuing_date_from = dayOf(since - ISSUED_BEFORE_S);
	await client.list(
		'invoices',
		invoiceSchema,
		{ statuses: ['finalized', 'voided'], issuing_date_from },
		ALL,
		(invoice) => {
			if (wanted.has(invoice.lago_id)) found.set(invoice.lago_id, toInvoiceFacts(invoice));
			return found.size === wanted.size;
		},
	);
	return found;
}

/** Credit notes by the refund that they name: newest first until all are there. */
async function notesOf(
	client: LagoClient,
	about: readonly Listed[],
	before: Answers<string> | undefined,
): Promise<Answers<string>> {
	const wanted = new Set(about.map(({ id }) => id));
	const rows = new Map(before?.rows);
	let found = 0;
	const issuing_date_from = dayOf(Math.min(...about.map(({ createdAt }) => createdAt)) - NOTE_BEFORE_REFUND_S);
	await client.list('credit_notes', creditNoteSchema, { issuing_date_from }, ALL, ({ metadata, refund_status }) => {
		const id = metadata?.[REFUND_ID_KEY] ?? '';
		if (wanted.has(id) && !rows.has(id)) found++;
		if (wanted.has(id)) rows.set(id, refund_status ?? '');
		return found === wanted.size;
	});
	return { asked: new Set([...(before?.asked ?? []), ...wanted]), rows };
}

function dayOf(seconds: number): string {
	return new Date(seconds * 1000).toISOString().slice(0, 10);
}
