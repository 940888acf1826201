import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { turns } from '../process/turns';
import { decideAdmission, type Admission } from './admission';
import { answer } from './answer';
import { deliveries, registryKey } from './deliveryRegistry';
import { overloadGuard } from './overloadGuard';
import { processedEventsOf, type Delivery } from './processedEvents';

/** Seconds after which a copy of a running delivery is welcome again. */
const RETRY_AFTER_S = 5;
const LATER: Readonly<Record<Extract<Admission, 'in_progress' | 'too_busy'>, string>> = {
	in_progress: 'The first copy of this event is still being processed; send it again later',
	too_busy: 'More events have come than can be done in time; send it again later',
};

/**
 * Runs a verified delivery at most once at a time, and not again after it ended well: in this process, or in an earlier one that marked
 * it as processed.
 * @param needsTurn its work calls a service that takes only so many requests a minute.
 * @returns the answer for a copy that needs no execution, or null when this copy is to be executed.
 */
export function admit(
	ctx: IWebhookFunctions,
	{ id, about }: Delivery,
	needsTurn: boolean,
): IWebhookResponseData | null {
	// A person who presses "Listen for test event" wants to see every copy.
	if (ctx.getMode() === 'manual') return null;
	const workflowId = ctx.getWorkflow().id ?? '';
	const key = registryKey(workflowId, id ?? about);
	const state = deliveries.stateOf(key);
	const admission = decideAdmission({
		state,
		isProcessed: state === undefined && processedEventsOf(ctx).isProcessed(id ?? about),
		// Those that are at work may each take a turn before this one.
		turnMs: needsTurn ? turns.waitMs(workflowId, overloadGuard.atWork) : 0,
		isOverloaded: overloadGuard.isTooMuch,
		// Nothing more would ever be told of how its work ends.
		isUnheard: ctx.getResponseObject().closed,
	});
	if (admission === 'already_processed') return answer(ctx, 200, { message: 'Already processed', duplicate: true });
	// The delivery, and the fact that it tells of: a look leaves alone what is at work.
	if (admission === 'execute') return begin(ctx, [key, registryKey(workflowId, about)]);
	// Its sender may give up: the reconciliation must look for it.
	if (admission === 'too_busy') deliveries.failed(key);
	ctx.getResponseObject().setHeader('Retry-After', String(RETRY_AFTER_S));
	return answer(ctx, 503, { message: LATER[admission] });
}

/** Claims a delivery until n8n has answered or its sender hung up. */
function begin(ctx: IWebhookFunctions, keys: readonly string[]): null {
	const response = ctx.getResponseObject();
	for (const key of keys) deliveries.begin(key);
	const end = overloadGuard.begin();
	// n8n answers when the execution has ended: 200 after success, 500 after failure.
	response.on('finish', () => {
		end(true);
		for (const key of keys) {
			if (response.statusCode < 300) deliveries.done(key);
			else deliveries.failed(key);
		}
	});
	// The sender hung up before that.
	response.on('close', () => {
		end(false);
		for (const key of keys) if (deliveries.stateOf(key) === 'in_flight') deliveries.abandoned(key);
	});
	return null;
}
