import type { INodeProperties } from 'n8n-workflow';
import { z } from 'zod';
import { ourRecord } from '../../../shared/domain/invoiceMetadata';
import { byRetryButton } from '../../../shared/domain/olderLago';
import { planNextTry, type Plan } from '../../../shared/domain/retryPlan';
import type { RetryPolicy } from '../../../shared/domain/retrySchedule';
import { fieldsOf, type Json, type Operation, type Result } from '../../../shared/node/operation';
import { objectParameter } from '../../../shared/node/parameters';
import { onFirstUse } from '../../../shared/wire/onFirstUse';
import { changeInvoice, fetchInvoice, isFresh, withInvoice } from '../../helpers/invoices';
import { heldIfRefused } from '../../helpers/refusals';
import { planFrom, type PlanFrom } from '../../helpers/retryPlan';
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
		const { planFrom: known, ...visible } = parsed.data;
		return await withInvoice(client, visible.invoiceId, async () => {
			const fresh =
				known !== undefined && isFresh(client, visible.invoiceId, known.readAt)
					? known
					: planFrom(await fetchInvoice(client, visible.invoiceId));
			const planned = async (): Promise<Result<Plan['outcome']>> => await plan(client, policy, visible, fresh);
			return {
				...(visible as Json),
				...(await heldIfRefused(
					planned,
					`The next try of invoice ${visible.invoiceId} was to be planned`,
					byRetryButton('Look at the metadata of the invoice in Lago; "Retry payment" there tries at once.'),
				)),
			};
		});
	},
};

async function plan(
	client: LagoClient,
	policy: RetryPolicy,
	failure: z.output<typeof failureSchema>,
	{ metadata, ...invoice }: PlanFrom,
): Promise<Result<Plan['outcome']>> {
	const planned = planNextTry(policy, failure, { ...invoice, state: ourRecord(metadata).state }, Date.now());
	if (planned.save !== undefined) await changeInvoice(client, failure.invoiceId, metadata, { state: planned.save });
	return { ...planned.plan };
}
