import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { DAY_MS } from '../../../shared/domain/calendar';
import { held } from '../../../shared/domain/outcome';
import { isUnclear } from '../../../shared/domain/reminders';
import { encodeReminder } from '../../../shared/domain/reminderRecord';
import { fieldsOf, type Operation, type Result } from '../../../shared/node/operation';
import { BoundedMap } from '../../../shared/process/boundedMap';
import { openNow } from '../../helpers/reminders/gather';
import { begin, remember, remembered, withReminders, type Remembered } from '../../helpers/reminders/remember';
import { heldIfRefused } from '../../helpers/refusals';
import type { LagoClient } from '../../transport/client';
import { reminderField, reminderParameter, type ReminderItem } from './reminder.field';

const fields: INodeProperties[] = [
	{
		...reminderField,
		description: 'The reminder as Get Due returns it. What has been paid or sent meanwhile is not sent.',
		hint: 'Leave as it is behind Get Due or Check Reminder',
	},
];

type Reserved = 'held' | 'reminding' | 'skipped';

/** What a person was told today: nothing in Lago can say it where there is no room to write. */
const told = new BoundedMap<string, true>({ entries: 5_000, ageMs: DAY_MS });

/** Reminder -> Reserve: looks whether all is still so, and writes to the customer that this mail is being sent, so that nobody else sends it. */
export const reserve: Operation<LagoClient, Reserved> = {
	menu: {
		name: 'Reserve',
		action: 'Reserve a reminder',
		description: 'Right before the mail: is it all still open, and did nobody else send it? Then it is yours to send',
	},
	fields: fieldsOf('reminder', 'reserve', fields),
	outputs: [{ name: 'Send', outcomes: ['reminding'] }, { name: 'Not Now' }, { name: 'Held', outcomes: ['held'] }],
	async execute(ctx, client, index) {
		const given = reminderParameter(ctx, index);
		// By Check Reminder.
		if (given.outcome === 'skipped') return given as Result<'skipped'>;
		const { customerExternalId: externalId } = given;
		const reserved = async (): Promise<Result<Reserved>> =>
			await withReminders(client, externalId, async () => await reserveFor(client, given));
		const what = `The mail to customer ${externalId} was to be noted before it goes out`;
		return { ...given, ...(await heldIfRefused(reserved, what, 'Look at the metadata of the customer in Lago.')) };
	},
};

async function reserveFor(client: LagoClient, given: ReminderItem): Promise<Result<Reserved>> {
	const { customerExternalId: externalId, record, email, kind, invoices } = given;
	const now = await remembered(client, externalId);
	if (kind === 'unclear') return await settleUnclear(client, externalId, now);
	const isOurs = now.record?.state === 'sending' && now.record.token === record.token;
	if (isOurs) return reminding(given);
	if (now.record !== null && now.record.day >= record.day) return already(externalId);
	const open = await openNow(client, externalId);
	if (!invoices.every(({ id, amount }) => open.get(id) === amount))
		return {
			outcome: 'skipped',
			reason: 'out_of_date',
			message: `What customer ${externalId} owes has changed since it was read; the next run looks again.`,
		};
	const hasAddress = email !== '';
	const begun = await begin(client, externalId, now, hasAddress ? record : { ...record, state: 'sent' });
	if (begun === 'taken') return already(externalId);
	if (begun === 'full') return noRoom(client, externalId);
	if (!hasAddress)
		return held(
			'no_email',
			`Customer ${externalId} would be reminded today, but has no e-mail address in Lago.`,
			'Give the customer an address in Lago, or talk to them. The next step of the reminders comes as planned.',
		);
	return reminding({ ...given, before: now.entry ? { key: now.entry.key, value: now.entry.value } : null });
}

const reminding = ({ customerExternalId, email, before }: ReminderItem): Result<Reserved> => ({
	outcome: 'reminding',
	message: `The mail to customer ${customerExternalId} (${email}) can go out.`,
	before: (before ?? null) as IDataObject | null,
});

const already = (externalId: string): Result<Reserved> => ({
	outcome: 'skipped',
	reason: 'reminded_already',
	message: `Customer ${externalId} was reminded today already, or is being reminded at this moment.`,
});

/** n8n stopped between sending and noting: better never than twice, but somebody should know. */
async function settleUnclear(client: LagoClient, externalId: string, now: Remembered): Promise<Result<Reserved>> {
	const { record, entry } = now;
	if (record === null || entry === undefined || !isUnclear(record, Date.now())) return already(externalId);
	await remember(client, externalId, now, {
		key: entry.key,
		value: encodeReminder({ ...record, state: 'sent', token: undefined }),
	});
	return held(
		'reminder_unclear',
		`Whether the mail to customer ${externalId} that was begun at ${new Date(record.at * 1000).toISOString()} went out is not known: n8n stopped in the middle. It is not sent again.`,
		`Look for it in your mail server. If it did not go out, remove ${entry.key} from the metadata of the customer in Lago, and it is sent by the next run.`,
	);
}

function noRoom(client: LagoClient, externalId: string): Result<Reserved> {
	const key = `${client.accountKey} ${externalId}`;
	const message = `Customer ${externalId} is not reminded: there is no room to remember it (Lago allows five metadata entries).`;
	if (told.has(key)) return { outcome: 'skipped', reason: 'reminded_already', message };
	told.set(key, true);
	return held('metadata_full', message, 'Remove an entry of your own from the customer in Lago.');
}
