import type { INodeProperties } from 'n8n-workflow';
import { encodeReminder, reminderKey } from '../../../shared/domain/reminderRecord';
import { fieldsOf, type Operation, type Result } from '../../../shared/node/operation';
import { remember, remembered, withReminders } from '../../helpers/reminders/remember';
import type { LagoClient } from '../../transport/client';
import { reminderField, reminderParameter, type ReminderItem } from './reminder.field';

const fields: INodeProperties[] = [
	{
		...reminderField,
		description: "The reminder as Reserve returned it, e.g. {{ $('Reserve the Mail').item.json }} behind the mail",
	},
	{
		displayName: 'Result',
		name: 'result',
		type: 'options',
		options: [
			{
				name: 'Not Sent',
				value: 'failed',
				description: 'The mail server did not take it: the next run sends it again',
			},
			{ name: 'Sent', value: 'sent', description: 'It went out and is not sent again' },
		],
		default: 'sent',
		description: 'What became of the mail',
	},
];

type Saved = 'reminded' | 'removed' | 'unchanged';

/** Reminder -> Save Sent: what became of the mail, kept with the customer in Lago. */
export const saveSent: Operation<LagoClient, Saved> = {
	menu: {
		name: 'Save Sent',
		action: 'Save what became of a reminder',
		description: 'Keep on the customer that the mail went out, or let the next run send it again',
	},
	fields: fieldsOf('reminder', 'saveSent', fields),
	async execute(ctx, client, index) {
		const given = reminderParameter(ctx, index);
		const { customerExternalId, subject = '', kind } = given;
		const hasFailed = ctx.getNodeParameter('result', index, 'sent') === 'failed';
		const about = { customerExternalId, kind, subject: String(subject) };
		const save = hasFailed ? takeBack : keep;
		return { ...about, ...(await withReminders(client, customerExternalId, async () => await save(client, given))) };
	},
};

/** Also where somebody else's write has removed the entry meanwhile. */
async function keep(
	client: LagoClient,
	{ customerExternalId: externalId, record }: ReminderItem,
): Promise<Result<Saved>> {
	const now = await remembered(client, externalId);
	const { record: found } = now;
	if (found !== null && (found.day > record.day || (found.day === record.day && found.state === 'sent')))
		return { outcome: 'unchanged', message: `That customer ${externalId} was reminded is written already.` };
	const value = encodeReminder({ ...record, state: 'sent', at: Math.floor(Date.now() / 1000), token: undefined });
	await remember(client, externalId, now, { key: reminderKey(record.day), value });
	return { outcome: 'reminded', message: `Customer ${externalId} was reminded.` };
}

/** As it was before, so that the next run finds the mail due once more. */
async function takeBack(
	client: LagoClient,
	{ customerExternalId: externalId, record, before }: ReminderItem,
): Promise<Result<Saved>> {
	const now = await remembered(client, externalId);
	const isOurs = now.record?.state === 'sending' && now.record.token === record.token;
	if (!isOurs)
		return { outcome: 'unchanged', message: `Nobody is sending this mail to customer ${externalId} any more.` };
	await remember(client, externalId, now, before ?? null);
	return {
		outcome: 'removed',
		message: `The mail to customer ${externalId} did not go out; the next run sends it again.`,
	};
}
