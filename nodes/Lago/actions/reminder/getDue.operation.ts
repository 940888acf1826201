import { randomBytes } from 'node:crypto';
import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { DAY_MS } from '../../../shared/domain/calendar';
import { isOfEntities } from '../../../shared/domain/entities';
import { ourRecord } from '../../../shared/domain/invoiceMetadata';
import { reminderKey } from '../../../shared/domain/reminderRecord';
import { dueReminder, isUnclear, type DueReminder } from '../../../shared/domain/reminders';
import { fieldsOf, type Json, type Operation, type Result } from '../../../shared/node/operation';
import { toInvoiceFacts } from '../../../shared/wire/lago/objects';
import { billingEntitiesField, chosenEntities } from '../../helpers/billingEntities';
import { entriesOf } from '../../helpers/customers';
import { inTurns } from '../../helpers/inTurns';
import { withReferences } from '../../helpers/invoices';
import { merchantOf } from '../../helpers/merchant';
import { payLinkAddressField, payLinkAddressOf, payLinkOf } from '../../helpers/payLink';
import { recordOf, remindables, type Remindable } from '../../helpers/reminders/gather';
import { mailLocale, reminderMail, sumOf, type OwnText } from '../../helpers/reminders/mail';
import type { LagoClient } from '../../transport/client';
import { ownTextsOf, policyFields, reminderPolicyOf } from './reminder.fields';

const fields: INodeProperties[] = [
	{
		displayName: 'Show',
		name: 'show',
		description: 'Those who get a mail now, or a table of everybody with the reason',
		type: 'options',
		options: [
			{ name: 'Due Now', value: 'now', description: 'Mails that may go out at this hour' },
			{
				name: 'Preview',
				value: 'preview',
				description: 'Whom the next mails reach, and when, as a table. Nothing is sent or written.',
			},
		],
		default: 'now',
	},
	{ ...payLinkAddressField, required: true },
	{
		...billingEntitiesField,
		description: `${String(billingEntitiesField.description)} A customer belongs to one of them, and gets one mail with everything.`,
	},
	...policyFields,
];

type Due = 'nobody_due' | 'reminder_due' | 'would_remind';

/**
 * Reminder -> Get Due: who is reminded of what, one item and one mail for each customer. Mandates in trouble are taken from the items that come
 * in. Reads only; Reserve keeps two from sending the same.
 */
export const getDue: Operation<LagoClient, Due> = {
	menu: {
		name: 'Get Due',
		action: 'Get due reminders',
		description: 'Whom to remind of what right now, each with one mail ready to send, or a preview of it as a table',
	},
	fields: fieldsOf('reminder', 'getDue', fields),
	once: true,
	async execute(ctx, client, index) {
		const policy = reminderPolicyOf(ctx, index);
		const isPreview = ctx.getNodeParameter('show', index, 'now') === 'preview';
		const writing = {
			own: ownTextsOf(ctx, index),
			language: String(ctx.getNodeParameter('language', index, 'en') ?? ''),
			address: payLinkAddressOf(ctx, index),
		};
		const now = Date.now();
		const entities = chosenEntities(ctx, index);
		const found = await remindables(
			client,
			ctx.getInputData().map(({ json }) => json),
		);
		const everybody = found.filter((one) => isOfEntities(entityOf(one), entities));
		const due = everybody.flatMap((one): Array<() => Promise<Result<Due>>> => {
			const { facts } = one;
			if (isUnclear(facts.record, now) && !isPreview) return [async () => await Promise.resolve(unclear(one))];
			const reminder = dueReminder(facts, policy, now);
			if (reminder === null || (!isPreview && reminder.sendAt > now)) return [];
			return [async () => await written(ctx, client, one, reminder, { ...writing, isPreview }, index)];
		});
		const items = await inTurns(due, async (write) => await write());
		return isPreview && items.length === 0
			? { outcome: 'nobody_due', message: `Nobody is due to be reminded (${everybody.length} customers looked at).` }
			: items;
	},
};

interface Writing {
	own: readonly OwnText[];
	language: string;
	address: string;
	isPreview: boolean;
}

async function written(
	ctx: IExecuteFunctions,
	client: LagoClient,
	one: Remindable,
	reminder: DueReminder,
	{ own, language, address, isPreview }: Writing,
	index: number,
): Promise<Result<Due>> {
	const { customer, facts, invoices, mandateId } = one;
	const { externalId, timeZone } = facts;
	const merchant = await merchantOf(client, { billing_entity_code: entityOf(one) });
	const links = new Map<string, string>();
	for (const { id } of reminder.invoices) links.set(id, await payLinkOf(ctx, address, id, index));
	const locale = mailLocale(customer.billing_configuration?.document_locale, merchant.document_locale, language);
	const email = customer.email?.trim() ?? '';
	const name = [customer.name, customer.legal_name, email].find((one) => one) ?? externalId;
	const mail = reminderMail(reminder, { name, merchant: merchant.name ?? '', locale, links }, own);
	const head = {
		message: messageOf(name, reminder),
		customerExternalId: externalId,
		customer: name,
		email,
		kind: reminder.kind,
		step: reminder.step,
		amount: sumOf(reminder.invoices, 'en'),
		invoiceNumbers: reminder.invoices.map(({ number }) => number).join(', '),
		sendAt: new Date(reminder.sendAt).toISOString(),
		timeZone,
		language: mail.language,
		subject: mail.subject,
		text: mail.text,
	};
	if (isPreview) return { outcome: 'would_remind', ...head };
	return {
		outcome: 'reminder_due',
		...head,
		html: mail.html,
		mandateId,
		invoices: await checkable(client, reminder, invoices),
		before: entryBefore(customer),
		record: { ...reminder.record, token: randomBytes(3).toString('hex') },
	};
}

/** The invoices of a mail with what Dodo Payments > Payment > Check Reminder needs to tell money that is on its way from what is booked. */
async function checkable(client: LagoClient, reminder: DueReminder, listed: Remindable['invoices']): Promise<Json[]> {
	return await inTurns(reminder.invoices, async ({ id, number, currency, amount }) => {
		const invoice = listed.find(({ lago_id }) => lago_id === id);
		const facts = invoice === undefined ? undefined : toInvoiceFacts(await withReferences(client, invoice));
		const { metadata = [], references = [] } = facts ?? {};
		const { dodoId = null } = ourRecord(metadata);
		return { id, number, currency, amount, dodoId, metadata, references };
	});
}

/** What stands there now: a mail that does not go out brings it back. */
function entryBefore(customer: Remindable['customer']): { key: string; value: string } | null {
	const record = recordOf(customer);
	const found = record && entriesOf(customer).find(({ key }) => key === reminderKey(record.day));
	return found ? { key: found.key, value: found.value } : null;
}

const entityOf = ({ customer, invoices }: Remindable): string | null | undefined =>
	customer.billing_entity_code ?? invoices[0]?.billing_entity_code;

/** Reserve tells it, and sees to it that it is told once. */
function unclear({ facts: { externalId, record }, customer }: Remindable): Result<Due> {
	const day = new Date((record?.day ?? 0) * DAY_MS).toISOString().slice(0, 10);
	return {
		outcome: 'reminder_due',
		message: `Whether the mail of ${day} to customer ${externalId} went out is not known.`,
		customerExternalId: externalId,
		email: customer.email ?? '',
		kind: 'unclear',
		invoices: [],
		record: { ...record },
	};
}

function messageOf(name: string, { kind, step, invoices }: DueReminder): string {
	const sum = sumOf(invoices, 'en');
	if (kind === 'card_expires') return `The card of ${name} expires before the next charge.`;
	if (kind === 'mandate_on_hold') return `The mandate of ${name} is on hold, and ${sum} are open.`;
	const when = step > 0 ? `overdue since ${step} ${step === 1 ? 'day' : 'days'} or more` : 'due soon';
	return `${name} owes ${sum}, ${when}.`;
}
