import { NodeOperationError, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import { z } from 'zod';
import { onFirstUse } from '../../../shared/onFirstUse';
import { withLock } from '../../../shared/delivery/keyedLock';
import { ourRecord, type CollectionState } from '../../../shared/domain/invoiceMetadata';
import { isHardDecline, nextTry, parseSchedule, type RetryPolicy } from '../../../shared/domain/retrySchedule';
import { fieldsOf, type Json, type Operation } from '../../../shared/node/operation';
import { objectParameter } from '../../../shared/node/parameters';
import { changeInvoice, fetchInvoice } from '../../helpers/invoices';
import { planFrom, type PlanFrom } from '../../helpers/retryPlan';
import { heldIfRefused } from '../../helpers/refusals';
import type { LagoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	{
		displayName: 'Failure',
		name: 'failure',
		type: 'json',
		required: true,
		default: '={{ $json }}',
		description: 'An item that left Update Payment Status as failed, or a try that could only hand out a link, or a charge that found the mandate busy. Anything else passes through.',
		hint: 'Leave as it is behind Update Payment Status or Save Payment Reference',
	},
	{
		displayName: 'Schedule',
		name: 'schedule',
		type: 'string',
		required: true,
		default: '1d,3d,5d,7d',
		placeholder: 'e.g. 1d,3d,5d,7d',
		description: 'How long to wait before the second, third, ... try: minutes (m), hours (h), days (d) or weeks (w), separated by commas. After the last one the invoice is exhausted.',
	},
	{
		displayName: 'Time of Day',
		name: 'timeOfDay',
		type: 'string',
		required: true,
		default: '09:00',
		placeholder: 'e.g. 09:00',
		description: 'When to try on the day that is reached, in the time zone of the customer; for waits in days and weeks',
	},
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

/** Lago replaces all metadata at once: older knowledge of it than this is read again before writing. */
const FRESH_MS = 3_000;
/** A charge that another one of the same mandate kept from starting. */
const BUSY_WAIT_S = 15 * 60;

/** Invoice -> Plan Retry: writes the time of the next try to the invoice. Run twice for one failure it plans once. */
export const planRetry: Operation<LagoClient> = {
	fields: fieldsOf('invoice', 'planRetry', fields),
	async execute(ctx, client, index) {
		const policy = readPolicy(ctx, index);
		const given = objectParameter(ctx, 'failure', 'Failure', index);
		const parsed = failureSchema.safeParse(given);
		// A link that was handed out counts as a try, a charge does not: its own failure is planned when it comes.
		const counts = parsed.success && (['failed', 'mandate_busy'].includes(parsed.data.outcome) || (['created', 'existing'].includes(parsed.data.outcome) && Boolean(parsed.data.checkoutUrl)));
		if (!counts) return given;
		const { planFrom: known, ...visible } = parsed.data;
		return await withLock(`settle ${client.accountKey} ${visible.invoiceId}`, async () => {
			const fresh = known !== undefined && Date.now() - known.readAt < FRESH_MS ? known : planFrom(await fetchInvoice(client, visible.invoiceId));
			const planned = async (): Promise<Json> => await plan(client, policy, visible, fresh);
			return { ...visible, ...(await heldIfRefused(planned, `The next try of invoice ${visible.invoiceId} was to be planned`, 'Look at the metadata of the invoice in Lago; "Retry payment" there tries at once.')) };
		});
	},
};

type Failure = Pick<z.output<typeof failureSchema>, 'outcome' | 'invoiceId' | 'declineCode'>;

async function plan(client: LagoClient, policy: RetryPolicy, failure: Failure, { metadata, timeZone, isOpen }: PlanFrom): Promise<Json> {
	const nowMs = Date.now();
	const nowS = Math.floor(nowMs / 1000);
	const state = ourRecord(metadata).state;
	const save = async (next: CollectionState): Promise<void> => void (await changeInvoice(client, failure.invoiceId, metadata, { state: next }));
	if (!isOpen) return { outcome: 'skipped', reason: 'nothing_due', message: 'The invoice is paid or void meanwhile, so no further try is planned.' };
	const failedTries = state?.failedTries ?? 0;
	const planned = state?.nextTryAt;
	if (failure.outcome === 'failed' && isHardDecline(failure.declineCode)) {
		if (planned !== undefined) await save({ ...state, nextTryAt: undefined } as CollectionState);
		return {
			outcome: 'hard_decline',
			message: `The bank declined for good (${failure.declineCode}); trying again by itself would only harm.`,
			nextStep: 'Ask the customer for another way to pay; then press "Retry payment" in Lago.',
		};
	}
	if (planned !== undefined && planned > nowS) return { outcome: 'retry_planned', ...times(planned * 1000, timeZone), failedTries, message: `The next try was planned already, for ${local(planned * 1000, timeZone)}.` };
	if (failure.outcome === 'mandate_busy') {
		const nextTryAt = nowS + BUSY_WAIT_S;
		await save(state === null ? { phase: 'waiting', attempt: 1, nextTryAt } : { ...state, nextTryAt });
		return { outcome: 'retry_planned', ...times(nextTryAt * 1000, timeZone), failedTries, message: 'Another charge of the mandate is still running; this one is tried again in 15 minutes.' };
	}
	const tries = failedTries + 1;
	const next = nextTry(policy, tries, nowMs, timeZone);
	if (next === 'exhausted') {
		if (failedTries <= policy.waits.length || planned !== undefined) await save({ phase: 'failed', attempt: 1, ...state, failedTries: policy.waits.length + 1, nextTryAt: undefined });
		return {
			outcome: 'exhausted',
			failedTries: policy.waits.length + 1,
			message: `All ${policy.waits.length + 1} tries to collect this invoice have failed; no further one is planned.`,
			nextStep: 'Talk to the customer. "Retry payment" in Lago tries once more.',
		};
	}
	await save({ phase: 'failed', attempt: 1, ...state, failedTries: tries, nextTryAt: Math.floor(next.atMs / 1000) });
	return { outcome: 'retry_planned', ...times(next.atMs, timeZone), failedTries: tries, message: `Try ${tries} failed; the next one is planned for ${local(next.atMs, timeZone)}.` };
}

function times(atMs: number, timeZone: string): Json {
	return { nextTryAt: new Date(atMs).toISOString(), localTime: local(atMs, timeZone), timeZone };
}

/** `2026-11-24 09:00`, on the customer's clock. */
function local(atMs: number, timeZone: string): string {
	const format = (zone: string): string => new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' }).format(atMs);
	try {
		return format(timeZone);
	} catch {
		return format('UTC');
	}
}

function readPolicy(ctx: IExecuteFunctions, index: number): RetryPolicy {
	const policy = parseSchedule(String(ctx.getNodeParameter('schedule', index)), String(ctx.getNodeParameter('timeOfDay', index)));
	if ('waits' in policy) return policy;
	throw new NodeOperationError(ctx.getNode(), policy.problem, { itemIndex: index, description: 'A schedule looks like 1d,3d,5d,7d and a time of day like 09:00.' });
}
