import type {
	IDataObject,
	IExecuteFunctions,
	IHookFunctions,
	IHttpRequestMethods,
	IHttpRequestOptions,
	ILoadOptionsFunctions,
	IWebhookFunctions,
} from 'n8n-workflow';
import { isWhole } from '../domain/address';
import type { BaseUrl } from '../domain/baseUrl';
import { ApiError, type Service } from './apiError';
import { networkCode, noAnswerHeadline } from './noAnswer';

/** Every place from which this package calls a service. */
export type RequestContext = IExecuteFunctions | IHookFunctions | ILoadOptionsFunctions | IWebhookFunctions;

/** A request below the base URL of a service. */
export interface ApiRequest {
	method: IHttpRequestMethods;
	/** Begins with `/`; ids in it are already URL-safe. */
	path: string;
	/** Arrays become `name[]=a&name[]=b`. */
	query?: IDataObject;
	body?: IDataObject;
	headers?: Record<string, string>;
	/** It moves money by what was read a while ago, and must not begin later than this, ms since 1970. */
	notAfter?: number;
}

/** How a service is reached and how its refusals read. */
export interface ServiceAccess {
	service: Service;
	credentialType: string;
	baseUrl: BaseUrl;
	/** Takes the service's own words out of a refusal. */
	readError(body: unknown): { code: string | null; message: string | null; details?: Record<string, string[]> };
}

interface Answer {
	statusCode: number;
	body: unknown;
	headers?: Record<string, unknown>;
}

/**
 * One request, no retry.
 * @param timeoutMs how long it may take.
 * @returns the parsed JSON body.
 * @throws ApiError for any status but 2xx and for no answer at all.
 */
export async function apiRequest(
	ctx: RequestContext,
	access: ServiceAccess,
	request: ApiRequest,
	timeoutMs: number,
): Promise<unknown> {
	refuseHoles(access.service, request.path);
	const options: IHttpRequestOptions = {
		method: request.method,
		url: `${rootOf(access)}${request.path}`,
		qs: request.query,
		arrayFormat: 'brackets',
		body: request.body,
		headers: { Accept: 'application/json', ...request.headers },
		json: true,
		timeout: timeoutMs,
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
		disableFollowRedirect: true,
	};
	const ask = async (): Promise<Answer> =>
		(await ctx.helpers.httpRequestWithAuthentication.call(ctx, access.credentialType, options)) as Answer;
	const response = await ask().catch((caught: unknown) => {
		// Rebuilt from plain words: the caught object carries the request, and with it the key.
		const code = networkCode(caught);
		throw new ApiError(access.service, null, code, noAnswerHeadline(access.service, code));
	});
	if (response.statusCode >= 200 && response.statusCode < 300) return response.body;
	const { code, message, details } = access.readError(response.body);
	throw new ApiError(
		access.service,
		response.statusCode,
		code,
		message ?? `HTTP ${response.statusCode}`,
		details,
		retryAfterOf(response.headers ?? {}),
	);
}

/** @throws ApiError for a path in which an id is missing: it would name another object than the one that was meant. */
function refuseHoles(service: Service, path: string): void {
	if (isWhole(path)) return;
	const [, object = ''] = /^\/(\w+?)s?\//.exec(path) ?? [];
	throw new ApiError(
		service,
		404,
		`${object}_not_found`,
		`${service} has nothing under an id that is empty or made of dots only, so it was not asked`,
	);
}

/** @throws ApiError when the base URL in the credential is none. */
function rootOf({ service, baseUrl }: ServiceAccess): string {
	if ('url' in baseUrl) return baseUrl.url;
	throw new ApiError(
		service,
		null,
		'BAD_BASE_URL',
		`${service} was not asked: the base URL in its credential ${baseUrl.problem}`,
	);
}

/** `Retry-After` in seconds or as a date; else Lago's `X-RateLimit-Reset`, seconds until its limit is lifted. */
function retryAfterOf(headers: Record<string, unknown>): number {
	const retryAfter = String(headers['retry-after'] ?? '').trim();
	const seconds = /^\d+(\.\d+)?$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1000;
	if (seconds > 0) return seconds * 1000;
	const reset = Number(headers['x-ratelimit-reset']);
	// A larger number is no wait but a moment in time, of a service that counts so.
	return headers['x-ratelimit-remaining'] === '0' && reset > 0 && reset <= 60 ? reset * 1000 : 0;
}
