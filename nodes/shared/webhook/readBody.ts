import type { IWebhookFunctions } from 'n8n-workflow';

/** The body exactly as it came: signatures cover bytes, not what JSON.stringify makes of them. */
export async function readRawBody(ctx: IWebhookFunctions): Promise<Buffer> {
	const request = ctx.getRequestObject();
	await request.readRawBody();
	return request.rawBody ?? Buffer.alloc(0);
}

/** One header; undefined when absent or sent more than once (Node joins or lists repeated ones). */
export function headerOf(ctx: IWebhookFunctions, name: string): string | undefined {
	const value = (ctx.getHeaderData() as Record<string, string | string[] | undefined>)[name];
	return typeof value === 'string' ? value : undefined;
}

/** Parses a body that is already known to be authentic; null when it is not JSON. */
export function parseJson(rawBody: Buffer): unknown {
	try {
		return JSON.parse(rawBody.toString('utf8'));
	} catch {
		return null;
	}
}
