import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

/** Answers the sender directly, without an execution. */
export function answer(ctx: IWebhookFunctions, status: number, body: Record<string, unknown>): IWebhookResponseData {
	ctx.getResponseObject().status(status).json(body);
	return { noWebhookResponse: true };
}
