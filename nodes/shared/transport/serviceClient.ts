import type { IExecuteFunctions } from 'n8n-workflow';
import type { z } from 'zod';
import { ApiError } from './apiError';
import { oneTry, patienceOf, type Patience } from './patience';
import { apiRequest, type ApiRequest, type RequestContext, type ServiceAccess } from './request';

/** What both clients share: send, try again where that is safe, and parse what comes back. */
export abstract class ServiceClient {
	readonly patience: Patience;

	protected constructor(
		private readonly ctx: RequestContext,
		private readonly access: ServiceAccess,
	) {
		this.patience = isExecution(ctx) ? patienceOf(ctx) : oneTry();
	}

	/** The same client for what nothing depends on: each request is tried once. */
	get once(): this {
		return Object.create(this, { patience: { value: oneTry() } }) as this;
	}

	/** The workflow that this client works for; empty outside of workflows. */
	get workflowId(): string {
		return isExecution(this.ctx) && 'getWorkflow' in this.ctx ? (this.ctx.getWorkflow().id ?? '') : '';
	}

	/** n8n's id of the credential. */
	get credentialId(): string {
		return this.ctx.getNode().credentials?.[this.access.credentialType]?.id ?? '';
	}

	/** Identity of the account, for caches in this process: two credentials may point to one server. */
	get accountKey(): string {
		const { baseUrl } = this.access;
		return `${this.credentialId} ${'url' in baseUrl ? baseUrl.url : ''}`;
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
		throw new ApiError(
			service,
			502,
			'UNEXPECTED_ANSWER',
			`The answer to ${request.method} ${request.path} is not what ${service} documents: ${where}`,
		);
	}

	/**
	 * One request whose answer does not matter. Sent again after a passing failure when that cannot do anything twice: a read, or
	 * something that was certainly not carried out. Whatever may have worked is thrown: its operation must look before it acts again.
	 * @throws ApiError
	 */
	async send(request: ApiRequest): Promise<unknown> {
		return await this.patience.keepTrying(
			async () => await this.sendOnce(request),
			// Whoever got no turn has waited as long as is right already, and what is out of date stays so.
			({ mayHaveWorked, code }) =>
				!['NO_TURN_LEFT', 'OUT_OF_DATE'].includes(code ?? '') && (request.method === 'GET' || !mayHaveWorked),
		);
	}

	protected async sendOnce(request: ApiRequest): Promise<unknown> {
		if (this.patience.isOver)
			throw new ApiError(
				this.access.service,
				null,
				'NO_TIME_LEFT',
				`${this.access.service} was not asked: the sender of the event waits no longer for the answer`,
			);
		const sentAt = Date.now();
		const answer = await apiRequest(this.ctx, this.access, request, this.patience.requestTimeoutMs);
		this.patience.answered(Date.now() - sentAt);
		return answer;
	}
}

function isExecution(ctx: RequestContext): ctx is IExecuteFunctions {
	return 'getInputData' in ctx;
}
