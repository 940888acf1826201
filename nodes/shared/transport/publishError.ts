import { NodeApiError, NodeOperationError, WebhookPathTakenError, type IHookFunctions, type INode } from 'n8n-workflow';
import { ApiError } from './apiError';
import { asNodeError } from './nodeError';

/**
 * Why a trigger cannot be published, and waiting will not help. n8n tries every other error five times, some 40 s, before it says anything; this
 * is the one class that it believes at once (`n8n:packages/cli/src/workflows/triggers/trigger-activation-retry.ts`).
 */
export class CannotPublish extends WebhookPathTakenError {
	constructor(node: INode, message: string) {
		super(node.name);
		this.message = message;
	}
}

/** @throws CannotPublish with words that say what happened, why and what to do. */
export function refuseToPublish(node: INode, message: string): never {
	throw new CannotPublish(node, message);
}

/**
 * Does something at a service when a trigger is published or taken back.
 * @throws what went wrong, all of it in the message.
 */
export async function whilePublishing<Client, T>(
	ctx: IHookFunctions,
	connect: (ctx: IHookFunctions) => Promise<Client>,
	work: (client: Client) => Promise<T>,
): Promise<T> {
	return await connect(ctx)
		.then(work)
		.catch((caught: unknown) => {
			throw asPublishError(ctx.getNode(), caught);
		});
}

/** Whatever was thrown at publish, all of it in the message: the editor shows neither description nor cause there. */
function asPublishError(node: INode, caught: unknown): Error {
	const shown = asNodeError(node, caught);
	const words = wholeOf(shown);
	if (caught instanceof ApiError && caught.unauthorized) return new CannotPublish(node, words);
	shown.message = words;
	return shown;
}

function wholeOf({ message, description }: NodeApiError | NodeOperationError): string {
	const next = description?.replace(' Nothing was lost: the event is delivered again.', '');
	return next ? `${message.replace(/[.]?$/, '.')} ${next}` : message;
}
