import { NodeOperationError, type IDataObject, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';
import { z } from 'zod';
import { reconciliationMemoryOf } from '../reconciliation/reconciliationMemory';
import { processedEventsOf } from '../webhook/processedEvents';
import { onFirstUse } from '../wire/onFirstUse';
import { startingEvent } from './start';

const eventSchema = onFirstUse(() =>
	z.object({
		delivery: z.object({ id: z.string().nullable(), about: z.string().min(1) }),
		organizationId: z.string().nullish(),
		webhookBaseUrl: z.string().nullish(),
	}),
);

/**
 * Marks an event as processed.
 * @param given as it left a trigger of this package.
 * @param isEnd whether nothing is to follow, see `ProcessedEvents.mark`.
 * @returns false when it is no event of this package.
 */
export function markEvent(ctx: IExecuteFunctions, given: IDataObject, isEnd: boolean): boolean {
	const event = eventSchema.safeParse(given);
	if (!event.success) return false;
	// A test in the editor must not keep the real copy away; n8n does not store its marks either.
	if (ctx.getMode() === 'manual') return true;
	const { delivery, organizationId, webhookBaseUrl } = event.data;
	const memory = reconciliationMemoryOf(ctx);
	if (webhookBaseUrl) memory.rememberSource({ organizationId: organizationId ?? null, webhookBaseUrl });
	processedEventsOf(ctx).mark(delivery, isEnd);
	memory.carryOn();
	return true;
}

/**
 * The end of an event in an operation that is the last one for it: marks what its items began with. Outside of an event it does nothing.
 * @param waits whether a person is to be told of an item, so that this is not its end.
 */
export function endEvents(ctx: IExecuteFunctions, waits: readonly boolean[]): void {
	for (const [index, isWaiting] of waits.entries()) markEvent(ctx, startingEvent(ctx, index), !isWaiting);
}

/** Whether a node before has failed on this item and was told to go on all the same. */
export function carriesError({ json, error }: INodeExecutionData): boolean {
	return Boolean(error) || Boolean(json.error);
}

/** An event of which a node before has failed on an item must come again. @throws NodeOperationError */
export function requireNoFailure(ctx: IExecuteFunctions, items: readonly INodeExecutionData[]): void {
	const item = items.find(carriesError);
	if (item === undefined) return;
	const { error } = item.json;
	const told = item.error ?? error;
	const words =
		typeof told === 'string'
			? told
			: String((told as { message?: unknown } | null | undefined)?.message ?? 'unknown cause');
	throw new NodeOperationError(
		ctx.getNode(),
		`Not marked as processed, because a node before has failed: ${words.slice(0, LONGEST_WORDS)}`,
		{
			description:
				'An event counts as processed only when all was done. It is delivered again; mend what failed, or lead its error output somewhere else than here.',
		},
	);
}

const LONGEST_WORDS = 300;
