import { NodeOperationError, type IDataObject, type INodeProperties } from 'n8n-workflow';
import { z } from 'zod';
import { escapeHtml } from '../../../shared/domain/escapeHtml';
import { fieldsOf, type Operation, type Result } from '../../../shared/node/operation';
import { objectParameter } from '../../../shared/node/parameters';
import { onFirstUse } from '../../../shared/wire/onFirstUse';
import { endsBecauseOf } from '../../helpers/earlierPayment';
import { fetchMandate } from '../../helpers/mandates';
import { updateLinkOf } from '../../helpers/updateLink';
import type { DodoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	{
		displayName: 'Reminder',
		name: 'reminder',
		type: 'json',
		required: true,
		default: '={{ $json }}',
		description: 'The reminder as Lago > Reminder > Get Due returns it; it leaves this node as it came',
		hint: 'Leave as it is behind Get Due',
	},
];

/** A reminder, as far as Dodo has anything to say about it. */
const reminderSchema = onFirstUse(() =>
	z
		.object({
			kind: z.string(),
			mandateId: z.string().nullish(),
			text: z.string().nullish(),
			html: z.string().nullish(),
			invoices: z.array(
				z
					.object({
						number: z.string(),
						dodoId: z.string().nullish(),
						metadata: z.array(z.object({ key: z.string(), value: z.string() })).default([]),
						references: z.array(z.string()).default([]),
					})
					.passthrough(),
			),
		})
		.passthrough(),
);
type Reminder = z.output<typeof reminderSchema>;
/** Lago > Reminder > Get Due leaves this place for the link. */
const CARD_LINK = '{link}';

/**
 * Payment -> Check Reminder: what Dodo knows and Lago not yet. Nobody is reminded of what is being paid or was paid a moment ago, nor of a
 * mandate that charges again. A mail about a card gets the link to give another one.
 */
export const checkReminder: Operation<DodoClient, 'skipped'> = {
	menu: {
		name: 'Check Reminder',
		action: 'Check the payments of a reminder',
		description: 'Right before a reminder: nothing in it is being paid, or was paid and is not yet in Lago',
	},
	fields: fieldsOf('payment', 'checkReminder', fields),
	async execute(ctx, client, index) {
		const given = objectParameter(ctx, 'reminder', 'Reminder', index);
		const parsed = reminderSchema.safeParse(given);
		if (!parsed.success)
			throw new NodeOperationError(ctx.getNode(), '"Reminder" is not a reminder', {
				itemIndex: index,
				description: 'Put Lago > Reminder > Get Due before this node and leave the field at {{ $json }}.',
			});
		const reason = (await underWay(client, parsed.data)) ?? (await mandateNews(client, parsed.data));
		if (reason !== null) return { ...given, outcome: 'skipped', ...reason };
		return await withCardLink(client, given, parsed.data);
	},
};

type NotNow = Pick<Result<'skipped'>, 'message'> & { reason: 'out_of_date' | 'payment_under_way' };

/** What of it is being paid, or was paid without Lago knowing; null when nothing is. */
async function underWay(client: DodoClient, { invoices }: Reminder): Promise<NotNow | null> {
	for (const { number, dodoId, metadata, references } of invoices) {
		if (!dodoId) continue;
		client.patience.nextItem();
		const ended = await endsBecauseOf(client, dodoId, { number, metadata, references });
		if (ended !== null) return { reason: 'payment_under_way', message: ended.message };
	}
	return null;
}

/** Whether the mandate has changed since it was listed. */
async function mandateNews(client: DodoClient, { kind, mandateId }: Reminder): Promise<NotNow | null> {
	const wanted = kind === 'mandate_on_hold' ? 'on_hold' : kind === 'card_expires' ? 'active' : null;
	if (wanted === null || !mandateId) return null;
	const { status } = await fetchMandate(client, mandateId);
	if (status === wanted) return null;
	return { reason: 'out_of_date', message: `Mandate ${mandateId} is ${status} by now.` };
}

async function withCardLink(
	client: DodoClient,
	given: IDataObject,
	{ kind, mandateId, text, html }: Reminder,
): Promise<Result<'skipped'>> {
	if (kind !== 'card_expires' || !mandateId) return given as Result<'skipped'>;
	const { updateUrl, message } = await updateLinkOf(client, mandateId);
	if (typeof updateUrl !== 'string') return { ...given, outcome: 'skipped', reason: 'out_of_date', message };
	return {
		...given,
		text: text?.replaceAll(CARD_LINK, () => updateUrl),
		html: html?.replaceAll(CARD_LINK, () => escapeHtml(updateUrl)),
	} as Result<'skipped'>;
}
