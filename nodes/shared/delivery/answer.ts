import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { deliveries } from './registry';

/** Seconds after which a copy of a running delivery is welcome again. */
const RETRY_AFTER_S = 5;

/** Answers the sender directly, without an execution. */
export function answer(ctx: IWebhookFunctions, status: number, body: Record<string, unknown>): IWebhookResponseData {
	ctx.getResponseObject().status(status).json(body);
	return { noWebhookResponse: true };
}

/**
 * Runs a verified delivery at most once at a time, and not again after it ended well.
 * @param key identity of the delivery, unique for the workflow.
 * @returns the answer for a copy that needs no execution, or null when this copy is to be executed.
 */
export function admit(ctx: IWebhookFunctions, key: string): IWebhookResponseData | null {
	// A person who presses "Listen for test event" wants to see every copy.
	if (ctx.getMode() === 'manual') return null;
	const response = ctx.getResponseObject();
	const state = deliveries.stateOf(key);
	if (state === 'done') return answer(ctx, 200, { message: 'Already processed', duplicate: true });
	if (state === 'in_flight') {
		response.setHeader('Retry-After', String(RETRY_AFTER_S));
		return answer(ctx, 503, { message: 'The first copy of this event is still being processed; send it again later' });
	}
	deliveries.begin(key);
	// n8n answers when the execution has ended: 200 after success, 500 after failure.
	response.on('finish', () => {
		if (response.statusCode < 300) deliveries.done(key);
		else deliveries.failed(key);
	});
	// The sender hung up before that: nobody will learn the end, and the sender's next copy must not be turned away.
	response.on('close', () => {
		if (deliveries.stateOf(key) === 'in_flight') deliveries.failed(key);
	});
	return null;
}
