import { NodeOperationError, type INodeProperties } from 'n8n-workflow';
import type { ServiceClient } from '../transport/serviceClient';
import { markEvent, requireNoFailure } from './endOfEvent';
import { fieldsOf, type Operation } from './operation';
import { processedEventsOf } from '../webhook/processedEvents';
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
		requireNoFailure(ctx, items);
		const { json } = items[index] ?? { json: {} };
		const given = eventParameter(ctx, 'event', 'Event', index);
		if (Object.keys(given).length > 0 && !markEvent(ctx, given, true))
			throw new NodeOperationError(ctx.getNode(), '"Event" did not come from a trigger of this package', {
				itemIndex: index,
				description:
					'Leave the field empty to mark the event that this execution began with; one that began with something else has none to mark, so it needs no such node.',
			});
		// At the end of a run that called itself: n8n would store its static data as they were before.
		if (Object.keys(given).length === 0) processedEventsOf(ctx).carryOn();
		return await Promise.resolve(json);
	},
};
