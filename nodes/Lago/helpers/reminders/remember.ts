import { z } from 'zod';
import {
	decodeReminder,
	encodeReminder,
	isReminderKey,
	reminderKey,
	type ReminderRecord,
} from '../../../shared/domain/reminderRecord';
import { withKeyedLock } from '../../../shared/process/keyedLock';
import { orNull } from '../../../shared/transport/orNull';
import { onFirstUse } from '../../../shared/wire/onFirstUse';
import type { LagoClient } from '../../transport/client';
import { entriesOf, fetchCustomer, MAX_CUSTOMER_ENTRIES, replaceEntries, type CustomerEntry } from '../customers';

/** The item of a reminder, as far as the operations behind Get Due read it back. */
export const reminderSchema = onFirstUse(() =>
	z
		.object({
			customerExternalId: z.string().min(1),
			email: z.string(),
			kind: z.string(),
			invoices: z.array(z.object({ id: z.string(), amount: z.number().int() }).passthrough()),
			record: z.object({
				day: z.number().int(),
				state: z.enum(['sending', 'sent']),
				at: z.number().int(),
				token: z.string().optional(),
				invoicesOn: z.number().int().optional(),
				leftOut: z.array(z.string()).optional(),
				card: z.string().optional(),
				heldOn: z.number().int().optional(),
			}),
			before: z.object({ key: z.string(), value: z.string() }).nullish(),
		})
		.passthrough(),
);

/** What stands with a customer, and what somebody makes of it. */
export interface Remembered {
	record: ReminderRecord | null;
	/** The entry itself. */
	entry: CustomerEntry | undefined;
	foreign: readonly CustomerEntry[];
}

/** Whoever changes what a customer was reminded of reads, decides and writes in here: Lago replaces all metadata at once. */
export async function withReminders<T>(client: LagoClient, externalId: string, work: () => Promise<T>): Promise<T> {
	return await withKeyedLock(`customer ${client.accountKey} ${externalId}`, work);
}

/** What is remembered of a customer right now. Throws ApiError. */
export async function remembered(client: LagoClient, externalId: string): Promise<Remembered> {
	const entries = entriesOf(await fetchCustomer(client, externalId));
	const record = decodeReminder(entries);
	const key = record === null ? undefined : reminderKey(record.day);
	return {
		record,
		entry: entries.find((one) => one.key === key),
		foreign: entries.filter((one) => !isReminderKey(one.key)),
	};
}

/**
 * Begins the mail of a day: the entry of that day is made, and the one before is gone by the same write. Lago takes a key once for each
 * customer, so of two workers that begin the same mail one is refused.
 * @returns `full` when the merchant's own entries leave no room, `taken` when somebody else was faster.
 * @throws ApiError
 */
export async function begin(
	client: LagoClient,
	externalId: string,
	{ foreign }: Remembered,
	record: ReminderRecord,
): Promise<'begun' | 'full' | 'taken'> {
	if (foreign.length >= MAX_CUSTOMER_ENTRIES) return 'full';
	// First in the list, so that a refusal comes before anything of the others is written.
	const written = replaceEntries(client, externalId, [entryOf(record), ...foreign]).then(() => 'begun' as const);
	return (await orNull(written, ({ details }) => details.key?.includes('value_already_exist') === true)) ?? 'taken';
}

/** Writes what has become of the mail, into its own entry if that is still there. Throws ApiError. */
export async function remember(
	client: LagoClient,
	externalId: string,
	{ entry, foreign }: Remembered,
	next: Pick<CustomerEntry, 'key' | 'value'> | null,
): Promise<void> {
	const own = next === null ? [] : [{ display_in_invoice: false, ...entry, ...next }];
	await replaceEntries(client, externalId, [...own, ...foreign]);
}

/** A record as Lago keeps it. */
export const entryOf = (record: ReminderRecord): CustomerEntry => ({
	key: reminderKey(record.day),
	value: encodeReminder(record),
	display_in_invoice: false,
});
