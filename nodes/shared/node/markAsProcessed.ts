import {
	NodeOperationError,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';
import { z } from 'zod';
import { reconciliationMemoryOf } from '../reconciliation/reconciliationMemory';
import type { ServiceClient } from '../transport/serviceClient';
import { processedEventsOf } from '../webhook/processedEvents';
import { onFirstUse } from '../wire/onFirstUse';
import { fieldsOf, type Operation } from './operation';
import { eventParameter } from './parameters';

const fields: INodeProperties[] = [
	{
		displayName:
			'Place this node at the very end of the flow: what fails before it is delivered again, what fails behind it may not be',
		name: 'lastNotice',
		type: 'notice',
		default: '',
	},
	{
		displayName: 'Event',
		name: 'event',
		type: 'string',
		ignoreValidationDuringExecution: true,
		default: '',
		placeholder: 'e.g. {{ $json }}',
		description:
			'The item that left the trigger; when empty, the one that this execution began with. The items that come in leave this node unchanged.',
		hint: 'Leave empty to mark the event that this execution began with',
	},
];

const eventSchema = onFirstUse(() =>
	z.object({
		delivery: z.object({ id: z.string().nullable(), about: z.string().min(1) }),
		organizationId: z.string().nullish(),
		webhookBaseUrl: z.string().nullish(),
	}),
);

/**
 * Event -> Mark as Processed: further copies of the event are answered at once, without an execution, also after a restart. It saves work and
 * is no proof: where n8n loses the mark, a copy is executed and finds that everything was done.
 */
export const markAsProcessed: Operation<ServiceClient> = {
	menu: {
		name: 'Mark as Processed',
		action: 'Mark an event as processed',
		description: 'Further copies of the event are answered without an execution, also after a restart',
	},
	fields: fieldsOf('event', 'markAsProcessed', fields),
	async execute(ctx, _client, index) {
		const items = ctx.getInputData();
		if (items.some(carriesError)) throw unfinished(ctx, items.find(carriesError));
		const { json } = items[index] ?? { json: {} };
		const given = eventParameter(ctx, 'event', 'Event', index);
		if (Object.keys(given).length === 0) return json;
		const event = eventSchema.safeParse(given);
		if (!event.success)
			throw new NodeOperationError(ctx.getNode(), '"Event" did not come from a trigger of this package', {
				itemIndex: index,
				description:
					'Leave the field empty to mark the event that this execution began with; one that began with something else has none to mark, so it needs no such node.',
			});
		// A test in the editor must not keep the real copy away; n8n does not store its marks either.
		if (ctx.getMode() === 'manual') return json;
		const { delivery, organizationId, webhookBaseUrl } = event.data;
		const memory = reconciliationMemoryOf(ctx);
		if (webhookBaseUrl) memory.rememberSource({ organizationId: organizationId ?? null, webhookBaseUrl });
		processedEventsOf(ctx).mark(delivery);
		memory.carryOn();
		return await Promise.resolve(json);
	},
};

/** Whether a node before has failed on this item and was told to go on all the same. */
function carriesError({ json, error }: INodeExecutionData): boolean {
	return Boolean(error) || Boolean(json.error);
}

/** The execution fails with it, so that the event is delivered again: all items of a lane tell of the same one. */
function unfinished(ctx: IExecuteFunctions, item: INodeExecutionData | undefined): NodeOperationError {
	const { error } = item?.json ?? {};
	const told = item?.error ?? error;
	const words =
		typeof told === 'string'
			? told
			: String((told as { message?: unknown } | null | undefined)?.message ?? 'unknown cause');
	return new NodeOperationError(
		ctx.getNode(),
		`Not marked as processed, because a node before has failed: ${words.slice(0, LONGEST_WORDS)}`,
		{
			description:
				'An event counts as processed only when all was done. It is delivered again; mend what failed, or lead its error output somewhere else than here.',
		},
	);
}

const LONGEST_WORDS = 300;
