import type { z } from 'zod';
import { ApiError } from './apiError';
import { apiRequest, type ApiRequest, type RequestContext, type ServiceAccess } from './request';

/** What both clients share: send, and parse what comes back. */
export abstract class ServiceClient {
	protected constructor(
		private readonly ctx: RequestContext,
		private readonly access: ServiceAccess,
	) {}

	/** Identity of the account, for caches in this process: two credentials may point to one server. */
	get accountKey(): string {
		const { credentialType, baseUrl } = this.access;
		return `${this.ctx.getNode().credentials?.[credentialType]?.id ?? ''} ${baseUrl}`;
	}

	/**
	 * One request, parsed.
	 * @throws ApiError when the service refuses, does not answer, or answers something else than it documents.
	 */
	async request<T>(schema: z.ZodType<T, z.ZodTypeDef, unknown>, request: ApiRequest): Promise<T> {
		const parsed = schema.safeParse(await this.send(request));
		if (parsed.success) return parsed.data;
		const { service } = this.access;
		const where = parsed.error.issues.map((issue) => issue.path.join('.') || '(whole answer)').join(', ');
		throw new ApiError(service, 502, 'UNEXPECTED_ANSWER', `The answer to ${request.method} ${request.path} is not what ${service} documents: ${where}`);
	}

	/** One request whose answer does not matter. */
	async send(request: ApiRequest): Promise<unknown> {
		return await apiRequest(this.ctx, this.access, request);
	}
}
