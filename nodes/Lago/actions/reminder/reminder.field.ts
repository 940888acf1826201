import { NodeOperationError, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import type { z } from 'zod';
import { objectParameter } from '../../../shared/node/parameters';
import { reminderSchema } from '../../helpers/reminders/remember';

export type ReminderItem = z.output<typeof reminderSchema>;

/** A reminder, as Get Due gives it out. */
export const reminderField: INodeProperties = {
	displayName: 'Reminder',
	name: 'reminder',
	type: 'json',
	required: true,
	default: '={{ $json }}',
};

/** @throws NodeOperationError for anything else. */
export function reminderParameter(ctx: IExecuteFunctions, index: number): ReminderItem {
	const parsed = reminderSchema.safeParse(objectParameter(ctx, 'reminder', 'Reminder', index));
	if (parsed.success) return parsed.data;
	throw new NodeOperationError(ctx.getNode(), '"Reminder" is not a reminder', {
		itemIndex: index,
		description:
			"It is what Lago > Reminder > Get Due returns, e.g. {{ $('Reserve the Mail').item.json }} behind the mail.",
	});
}
