import type { ICredentialTestFunctions, INodeCredentialTestResult } from 'n8n-workflow';
import { readAddress } from '../domain/address';
import type { BaseUrl } from '../domain/baseUrl';
import type { Service } from './apiError';
import { networkCode, noAnswer } from './noAnswer';

const TIMEOUT_MS = 10_000;

/** A call that only reads, and by whose answer the service can be told from anything else. */
export interface Probe {
	service: Service;
	baseUrl: BaseUrl;
	/** Begins with `/`. */
	path: string;
	apiKey: string;
	/** Whether a body is what only this service answers with 200. */
	isProof(body: unknown): boolean;
	/** Whether a body is how this service refuses, so that another login on the way is not taken for it. */
	isRefusal(body: unknown): boolean;
	/** What to do when the address leads to something else. */
	rightAddress: string;
	wrongKey: string;
	mayNotRead: string;
}

/** What happened, why and what to do. */
export interface Problem {
	words: string;
	/** The service itself has refused the key. */
	isWrongKey: boolean;
}

/** What came back. */
interface Answer {
	statusCode: number;
	headers?: Record<string, unknown>;
	body: unknown;
}

export const passed: INodeCredentialTestResult = { status: 'OK', message: 'The service accepts the API key' };

export function failed(message: string): INodeCredentialTestResult {
	return { status: 'Error', message };
}

/** Asks the service; null when it is the service and it accepts the key. Never throws, never says a secret. */
export async function problemOf(ctx: ICredentialTestFunctions, probe: Probe): Promise<Problem | null> {
	const { service, baseUrl, apiKey } = probe;
	const other = (words: string): Problem => ({ words, isWrongKey: false });
	if ('problem' in baseUrl) return other(`The Base URL ${baseUrl.problem}. ${probe.rightAddress}`);
	if (apiKey === '') return other(`The API Key is empty. ${probe.wrongKey}`);
	if (!/^[!#-&(-;=?-~]+$/.test(apiKey))
		return other(
			`The API Key has a character in it that no key has (a blank, a quotation mark, a letter with an accent). ${probe.wrongKey}`,
		);
	const { host } = new URL(baseUrl.url);
	const asked = await ask(ctx, `${baseUrl.url}${probe.path}`, apiKey).then(
		(answer) => ({ answer }),
		(caught: unknown) => ({ code: networkCode(caught) }),
	);
	if ('code' in asked) {
		const { why, next } = noAnswer(asked.code);
		return other(`${service} did not answer at ${host}: ${why}. ${next}.`);
	}
	if (asked.answer.statusCode === 401 && probe.isRefusal(asked.answer.body))
		return { words: `${service} was reached but does not accept this API key. ${probe.wrongKey}`, isWrongKey: true };
	const words = judge(probe, host, asked.answer);
	return words === null ? null : other(words);
}

/** What the service, known to be it, answers on another path; null when that is not to be had. Never throws. */
export async function alsoAsk(
	ctx: ICredentialTestFunctions,
	{ baseUrl, apiKey }: Probe,
	path: string,
): Promise<unknown> {
	if ('problem' in baseUrl) return null;
	return await ask(ctx, `${baseUrl.url}${path}`, apiKey).then(
		({ statusCode, body }) => (isSuccess(statusCode) ? body : null),
		() => null,
	);
}

async function ask(ctx: ICredentialTestFunctions, uri: string, apiKey: string): Promise<Answer> {
	const headers = { Accept: 'application/json', Authorization: `Bearer ${apiKey}` };
	// The only helper that n8n has for tests of credentials. A key must not follow a redirect to another host.
	return (await ctx.helpers.request({
		method: 'GET',
		uri,
		headers,
		json: true,
		simple: false,
		resolveWithFullResponse: true,
		followRedirect: false,
		followAllRedirects: false,
		timeout: TIMEOUT_MS,
	})) as Answer;
}

const OTHER_LOGIN = 'something before it (a proxy, a firewall) wants another login. Let n8n pass there.';

/** What is wrong with an answer, the service's own 401 aside. */
function judge(probe: Probe, host: string, { statusCode, headers, body }: Answer): string | null {
	const { service, rightAddress } = probe;
	if (isSuccess(statusCode) && probe.isProof(body)) return null;
	if (isN8n(body)) return `${host} is n8n itself, not ${service}. ${rightAddress}`;
	if (isSuccess(statusCode))
		return `${host} answers, but with ${kindOf(body)}, so it is not the API of ${service}. ${rightAddress}`;
	if (statusCode >= 300 && statusCode < 400)
		return `${host} redirects the request${targetOf(headers)} instead of answering it. Put the address that it ends at into the Base URL. ${rightAddress}`;
	if (statusCode === 403 && probe.isRefusal(body))
		return `${service} was reached and knows this API key, but ${probe.mayNotRead}`;
	if (statusCode === 401 || statusCode === 403 || statusCode === 407)
		return `${host} answers ${statusCode}, but not in the words of ${service}: ${OTHER_LOGIN} ${rightAddress}`;
	if (statusCode === 429)
		return `${service} was reached but limits the number of requests right now. Wait a minute and test again.`;
	if (statusCode >= 500)
		return `${service} has trouble right now: ${host} answers ${statusCode}. Wait a minute and test again.`;
	return `${host} answers ${statusCode}, so it is not the API of ${service}. ${rightAddress}`;
}

function isSuccess(statusCode: number): boolean {
	return statusCode >= 200 && statusCode < 300;
}

function kindOf(body: unknown): string {
	if (typeof body === 'object' && body !== null) return 'other data';
	if (typeof body !== 'string' || body === '') return 'nothing';
	return /^\s*<(!doctype|html)/i.test(body) ? 'a web page' : 'text';
}

/** The editor's page, or the refusal of its API. */
function isN8n(body: unknown): boolean {
	const text = typeof body === 'string' ? body : JSON.stringify(body ?? '');
	return /<title>[^<]*n8n|x-n8n-api-key/i.test(text);
}

/** Only the host: what follows may carry anything. */
function targetOf(headers: Record<string, unknown> = {}): string {
	const target = readAddress(String(headers.location ?? ''));
	return target === null ? '' : ` to ${target.origin}`;
}
