import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';
import { calendarOf, type Day } from '../../../shared/domain/calendar';
import { groupBy } from '../../../shared/domain/groupBy';
import { MANDATE_KEY } from '../../../shared/domain/keys';
import { decodeReminder, type ReminderRecord } from '../../../shared/domain/reminderRecord';
import { openInvoice, type OpenInvoice, type ReminderCustomer } from '../../../shared/domain/reminders';
import { orNull } from '../../../shared/transport/orNull';
import { subscriptionSchema, type ListedInvoice } from '../../../shared/wire/lago/access';
import { timeOf, toInvoiceFacts, type LagoCustomer } from '../../../shared/wire/lago/objects';
import { onFirstUse } from '../../../shared/wire/onFirstUse';
import type { LagoClient } from '../../transport/client';
import { owedInvoices } from '../access/facts';
import { entriesOf, fetchCustomer } from '../customers';
import { inTurns } from '../inTurns';
import { withRefunds } from '../invoices';

/** A mandate that somebody has to look after, as Dodo Payments > Mandate > Get Troubled gives it out. */
const troubleSchema = onFirstUse(() =>
	z.object({
		subscriptionId: z.string().min(1),
		customerExternalId: z.string().min(1),
		status: z.string(),
		cardExpires: z
			.string()
			.regex(/^\d{2}(0[1-9]|1[0-2])$/)
			.nullish(),
	}),
);
type Trouble = z.output<typeof troubleSchema>;

const ALL = Number.MAX_SAFE_INTEGER;

/** A customer with everything that reminders depend on, and the books that it was read from. */
export interface Remindable {
	customer: LagoCustomer;
	facts: ReminderCustomer;
	/** Of what is open. */
	invoices: readonly ListedInvoice[];
	/** The mandate that is in trouble; null when none is. */
	mandateId: string | null;
}

/** What a customer was reminded of last. */
export const recordOf = (customer: LagoCustomer): ReminderRecord | null => decodeReminder(entriesOf(customer));

/**
 * Everybody who may be reminded: with something open, or with a mandate in trouble. Two calls for up to 100 unpaid invoices, and two for each
 * card that expires.
 * @param items what came in; mandates in trouble among it count.
 * @throws ApiError
 */
export async function remindables(client: LagoClient, items: readonly IDataObject[]): Promise<Remindable[]> {
	const troubles = new Map(
		items.flatMap((item) => {
			const { data } = troubleSchema.safeParse(item);
			return data === undefined ? [] : [[data.customerExternalId, data] as const];
		}),
	);
	const listed = await owed(client, {});
	const groups = groupBy(listed, ({ customer }) => customer?.external_id ?? '');
	groups.delete('');
	const owing = [...groups].flatMap(([externalId, invoices]) => {
		const customer = invoices[0]?.customer;
		return customer ? [remindable(externalId, customer, invoices, troubles.get(externalId), null)] : [];
	});
	const cards = [...troubles.values()].filter(({ cardExpires }) => cardExpires);
	const charged = await inTurns(cards, async (trouble) => await withCard(client, trouble, groups));
	const withCards = new Map(charged.flatMap((one) => (one === null ? [] : [[one.facts.externalId, one]])));
	return [...owing.filter(({ facts }) => !withCards.has(facts.externalId)), ...withCards.values()];
}

/** A customer whose card expires, with the day of the next charge; null when Lago does not know the customer. */
async function withCard(
	client: LagoClient,
	trouble: Trouble,
	groups: ReadonlyMap<string, readonly ListedInvoice[]>,
): Promise<Remindable | null> {
	const { customerExternalId: externalId } = trouble;
	const customer = await orNull(fetchCustomer(client, externalId), ({ code }) => code === 'customer_not_found');
	if (customer === null) return null;
	const rows = await client.list(
		'subscriptions',
		subscriptionSchema,
		{ external_customer_id: externalId, status: ['active'] },
		ALL,
	);
	const ends = rows.map(({ current_billing_period_ending_at: end }) => timeOf(end)).filter((end) => end !== null);
	const calendar = calendarOf(zoneOf(customer));
	const chargedOn = ends.length === 0 ? null : calendar.dayOf(Math.min(...ends)) + 1;
	return remindable(externalId, customer, groups.get(externalId) ?? [], trouble, chargedOn);
}

function remindable(
	externalId: string,
	customer: LagoCustomer,
	invoices: readonly ListedInvoice[],
	trouble: Trouble | undefined,
	chargedOn: Day | null,
): Remindable {
	// A mandate that the customer is not charged by any more is nobody's trouble.
	const isUsed = customer.metadata?.some(({ key, value }) => key === MANDATE_KEY && value === trouble?.subscriptionId);
	const current = isUsed ? trouble : undefined;
	return {
		customer,
		invoices,
		mandateId: current?.subscriptionId ?? null,
		facts: {
			externalId,
			timeZone: zoneOf(customer),
			record: recordOf(customer),
			invoices: invoices.flatMap((invoice) => toOpenInvoice(invoice) ?? []),
			isOnHold: current?.status === 'on_hold',
			card: current?.cardExpires ? { expires: current.cardExpires, chargedOn } : null,
		},
	};
}

const zoneOf = ({ applicable_timezone }: LagoCustomer): string => applicable_timezone ?? 'UTC';

function toOpenInvoice(invoice: ListedInvoice): OpenInvoice | null {
	const { invoice_type: type, issuing_date: issuedOn, payment_due_date: dueOn } = invoice;
	return openInvoice(toInvoiceFacts(invoice), { type: type ?? 'subscription', issuedOn, dueOn: dueOn ?? issuedOn });
}

/** What is open of a customer right now, minor units by invoice id. Two calls. Throws ApiError. */
export async function openNow(client: LagoClient, externalId: string): Promise<Map<string, number>> {
	const listed = await owed(client, { external_customer_id: externalId });
	const open = listed.flatMap((invoice) => toOpenInvoice(invoice) ?? []).filter(({ waits }) => !waits);
	return new Map(open.map(({ id, amount }) => [id, amount]));
}

async function owed(client: LagoClient, filter: IDataObject): Promise<ListedInvoice[]> {
	const listed = await owedInvoices(client, { ...filter, statuses: ['finalized'] }, { billingEntities: [] });
	return await inTurns(listed, async (invoice) => client.withUnit(await withRefunds(client, invoice)));
}
