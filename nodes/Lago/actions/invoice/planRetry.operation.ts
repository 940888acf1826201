import type { INodeProperties } from 'n8n-workflow';
import { z } from 'zod';
import type { Plan } from '../../../shared/domain/retryPlan';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { objectParameter } from '../../../shared/node/parameters';
import { onFirstUse } from '../../../shared/wire/onFirstUse';
import { planRetryOf } from '../../helpers/retryPlan';
import type { LagoClient } from '../../transport/client';
import { readRetryPolicy, SCHEDULE_WORDS, timeOfDayField } from './schedule.fields';

const fields: INodeProperties[] = [
	{
		displayName: 'Failure',
		name: 'failure',
		type: 'json',
		required: true,
		default: '={{ $json }}',
		description:
			'An item that left Update Payment Status as failed, or a try that could only hand out a link, or a charge that found the mandate busy. Anything else passes through.',
		hint: 'Leave as it is behind Update Payment Status or Save Payment Reference',
	},
	{
		displayName: 'Schedule',
		name: 'schedule',
		type: 'string',
		required: true,
		default: '1d,3d,5d,7d',
		placeholder: 'e.g. 1d,3d,5d,7d',
		description: SCHEDULE_WORDS,
	},
	timeOfDayField,
];

const failureSchema = onFirstUse(() =>
	z
		.object({
			outcome: z.string(),
			invoiceId: z.string().min(1),
			topUp: z.object({ id: z.string(), walletId: z.string() }).optional(),
			declineCode: z.string().nullish(),
			checkoutUrl: z.string().nullish(),
			planFrom: z
				.object({
					metadata: z.array(z.object({ id: z.string().optional(), key: z.string(), value: z.string() })),
					timeZone: z.string(),
					isOpen: z.boolean(),
					readAt: z.number(),
				})
				.optional(),
		})
		.passthrough(),
);

/** Invoice -> Plan Retry: writes the time of the next try to the invoice. Run twice for one failure it plans once. */
export const planRetry: Operation<LagoClient, Plan['outcome'] | 'held'> = {
	menu: {
		name: 'Plan Retry',
		action: 'Plan the next try for an invoice',
		description: 'Write to the invoice when the next try is due after a failed one, by schedule and decline reason',
	},
	fields: fieldsOf('invoice', 'planRetry', fields),
	endsEvent: true,
	outputs: [
		{ name: 'Done' },
		{ name: 'No More Tries', outcomes: ['exhausted', 'hard_decline'] },
		{ name: 'Held', outcomes: ['held'] },
	],
	async execute(ctx, client, index) {
		const policy = readRetryPolicy(ctx, 'schedule', index);
		const given = objectParameter(ctx, 'failure', 'Failure', index);
		const parsed = failureSchema.safeParse(given);
		// A link that was handed out counts as a try, a charge does not: its own failure is planned when it comes.
		const counts =
			parsed.success &&
			(['failed', 'mandate_busy'].includes(parsed.data.outcome) ||
				(['created', 'existing'].includes(parsed.data.outcome) && Boolean(parsed.data.checkoutUrl)));
		if (!counts) return given;
		return await planRetryOf(client, policy, parsed.data);
	},
};
