import { sleep, type IExecuteFunctions } from 'n8n-workflow';
import { signatureOf } from './standardWebhooks';

/** A message to a system of the user, signed as Standard Webhooks says, so that it can be verified with any of its libraries. */
export interface Callback {
	url: string;
	key: Buffer;
	/** The same when the message is sent again. */
	id: string;
	body: Record<string, unknown>;
}

const TRIES = 2;
const PAUSE_MS = 300;
const LONGEST_WORD = 200;

/**
 * Sends a message, a second time after a passing failure.
 * @param timeoutMs for each try.
 * @returns null when it was accepted (2xx), else why not, in words.
 */
export async function sendCallback(
	ctx: IExecuteFunctions,
	{ url, key, id, ...message }: Callback,
	timeoutMs: number,
): Promise<string | null> {
	const body = JSON.stringify(message.body);
	let problem: string | null = null;
	for (let tries = 1; tries <= TRIES; tries++) {
		if (tries > 1) await sleep(PAUSE_MS);
		const timestamp = String(Math.floor(Date.now() / 1000));
		const headers = {
			'content-type': 'application/json',
			'webhook-id': id,
			'webhook-timestamp': timestamp,
			'webhook-signature': signatureOf(key, id, timestamp, body),
		};
		const status = await post(ctx, url, headers, body, timeoutMs);
		if (typeof status === 'number' && status >= 200 && status < 300) return null;
		problem = typeof status === 'number' ? `it answered ${status}` : status;
		if (typeof status === 'number' && status < 500 && status !== 408 && status !== 429) break;
	}
	return problem;
}

async function post(
	ctx: IExecuteFunctions,
	url: string,
	headers: Record<string, string>,
	body: string,
	timeout: number,
): Promise<number | string> {
	try {
		const { statusCode } = (await ctx.helpers.httpRequest({
			method: 'POST',
			url,
			headers,
			body,
			timeout,
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			disableFollowRedirect: true,
		})) as { statusCode: number };
		return statusCode;
	} catch (caught) {
		return `no answer came (${String((caught as { code?: unknown }).code ?? 'unknown cause').slice(0, LONGEST_WORD)})`;
	}
}
