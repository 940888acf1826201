import { NodeOperationError, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import { parseSchedule, type RetryPolicy } from '../../../shared/domain/retrySchedule';

export const SCHEDULE_WORDS =
	'How long to wait before the second, third, ... try: minutes (m), hours (h), days (d) or weeks (w), separated by commas. After the last one the invoice is exhausted.';

export const timeOfDayField: INodeProperties = {
	displayName: 'Time of Day',
	name: 'timeOfDay',
	type: 'string',
	required: true,
	default: '09:00',
	placeholder: 'e.g. 09:00',
	description: 'When to try on the day that is reached, in the time zone of the customer; for waits in days and weeks',
};

/** The schedule that a person typed into a field, and the time of day. @throws NodeOperationError that says what is wrong with them. */
export function readRetryPolicy(ctx: IExecuteFunctions, scheduleField: string, index: number): RetryPolicy {
	const policy = parseSchedule(
		String(ctx.getNodeParameter(scheduleField, index)),
		String(ctx.getNodeParameter('timeOfDay', index, '09:00')),
	);
	if ('waits' in policy) return policy;
	throw new NodeOperationError(ctx.getNode(), policy.problem, {
		itemIndex: index,
		description: 'A schedule looks like 1d,3d,5d,7d and a time of day like 09:00.',
	});
}
