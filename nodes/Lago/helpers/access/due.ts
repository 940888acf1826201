import { createHash } from 'node:crypto';
import type { AccessPolicy } from '../../../shared/domain/access/policy';
import { groupBy } from '../../../shared/domain/groupBy';
import { BoundedMap } from '../../../shared/process/boundedMap';
import type { ListedInvoice } from '../../../shared/wire/lago/access';
import type { LagoClient } from '../../transport/client';
import type { AccessMemory } from './accessMemory';
import { owedInvoices } from './facts';

/** More wait for the next look, so that one look never takes long. */
const MAX_CUSTOMERS = 500;

/** What of a customer's invoices the last look saw; by workflow and customer. */
const seen = new BoundedMap<string, string>({ entries: 50_000 });

/** A customer whose access may have changed. */
export interface DueCustomer {
	externalId: string;
	/** To be called when the customer was looked at: until something changes, or time brings a change, nobody looks again. */
	done(): void;
}

/**
 * Whose access may have changed since the last look: by time, by an event that never came, or because nobody has looked yet. Two calls for
 * up to 100 unpaid invoices, whatever the number of customers.
 * @param now ms since 1970.
 * @throws ApiError
 */
export async function dueCustomers(
	client: LagoClient,
	policy: AccessPolicy,
	memory: AccessMemory,
	workflowId: string,
	now: number,
): Promise<DueCustomer[]> {
	const invoices = groupBy(
		await owedInvoices(client, { statuses: ['finalized'] }, policy),
		({ customer }) => customer?.external_id ?? '',
	);
	invoices.delete('');
	const due: DueCustomer[] = [];
	for (const externalId of new Set([...invoices.keys(), ...memory.customers])) {
		const key = `${workflowId} ${externalId}`;
		const print = printOf(invoices.get(externalId) ?? []);
		const remembered = memory.of(externalId);
		const byTime = remembered?.nextChangeAt !== null && (remembered?.nextChangeAt ?? Infinity) <= now;
		if (byTime || remembered?.untold === true || seen.get(key) !== print)
			due.push({ externalId, done: () => void seen.set(key, print) });
	}
	return due.slice(0, MAX_CUSTOMERS);
}

/** What access depends on of an unpaid invoice, beside the clock of its customer. */
const PRINTED = [
	'lago_id',
	'payment_status',
	'total_due_amount_cents',
	'total_paid_amount_cents',
	'payment_due_date',
	'payment_dispute_lost_at',
	'metadata',
] as const;

/** Changes with everything about unpaid invoices that access depends on. */
function printOf(invoices: readonly ListedInvoice[]): string {
	const parts = invoices.map((invoice) => [
		...PRINTED.map((name) => invoice[name]),
		invoice.customer?.applicable_timezone,
	]);
	return createHash('sha256').update(JSON.stringify(parts.sort())).digest('base64url');
}
