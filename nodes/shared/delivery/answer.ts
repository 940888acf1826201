import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { turns } from '../process/turns';
import { ledgerOf, registryKey, type Delivery } from './ledger';
import { deliveries } from './registry';
import { traffic } from './traffic';

/** Seconds after which a copy of a running delivery is welcome again. */
const RETRY_AFTER_S = 5;
/** What cannot begin so soon is turned away: an answer that waits holds one of the few threads with which Lago does all its work. */
const BEGINS_WITHIN_MS = 2_000;

/** Answers the sender directly, without an execution. */
export function answer(ctx: IWebhookFunctions, status: number, body: Record<string, unknown>): IWebhookResponseData {
	ctx.getResponseObject().status(status).json(body);
	return { noWebhookResponse: true };
}

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
	const response = ctx.getResponseObject();
	const workflowId = ctx.getWorkflow().id ?? '';
	const key = registryKey(workflowId, id ?? about);
	const state = deliveries.stateOf(key);
	const isDone = state === 'done' || (state === undefined && ledgerOf(ctx).isProcessed(id ?? about));
	if (isDone) return answer(ctx, 200, { message: 'Already processed', duplicate: true });
	const later = (message: string): IWebhookResponseData => {
		response.setHeader('Retry-After', String(RETRY_AFTER_S));
		return answer(ctx, 503, { message });
	};
	if (state === 'in_flight' || state === 'abandoned')
		return later('The first copy of this event is still being processed; send it again later');
	// Those that are at work may each take a turn before this one.
	const turnMs = needsTurn ? turns.waitMs(workflowId, traffic.atWork) : 0;
	if (traffic.isTooMuch || turnMs > BEGINS_WITHIN_MS) {
		// Its sender may give up: the reconciliation must look for it.
		deliveries.failed(key);
		return later('More events have come than can be done in time; send it again later');
	}
	// The delivery, and the fact that it tells of: a look leaves alone what is at work.
	const keys = [key, registryKey(workflowId, about)];
	for (const one of keys) deliveries.begin(one);
	const end = traffic.begin();
	// n8n answers when the execution has ended: 200 after success, 500 after failure.
	response.on('finish', () => {
		end(true);
		for (const one of keys) {
			if (response.statusCode < 300) deliveries.done(one);
			else deliveries.failed(one);
		}
	});
	// The sender hung up before that.
	response.on('close', () => {
		end(false);
		for (const one of keys) if (deliveries.stateOf(one) === 'in_flight') deliveries.abandoned(one);
	});
	return null;
}
