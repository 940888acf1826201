import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';
import { readBaseUrl, type BaseUrl } from '../../shared/domain/baseUrl';
import { LOWEST_TIER } from '../../shared/domain/keys';
import type { DodoMode } from '../../shared/domain/mode';
import { readCredential } from '../../shared/transport/credential';
import { ApiError } from '../../shared/transport/apiError';
import type { ApiRequest, RequestContext } from '../../shared/transport/request';
import { turns } from '../../shared/process/turns';
import { PageReader, readPages, type Paging } from '../../shared/transport/paging';
import { ServiceClient } from '../../shared/transport/serviceClient';
import { takeTurn } from './rateLimit';

export const DODO_CREDENTIAL = 'dodoPaymentsApi';

/** What a person types into the credential, the API key aside. */
export interface DodoCredential {
	environment: string;
	baseUrl: string;
	webhookSecret: string;
	requestsPerMinute: number;
}

const PAGE_SIZE = 100;

/**
 * @param notAfter ms since 1970.
 * @throws ApiError (transient) when it has become too late for what moves money: it must be read anew first.
 */
export function refuseOutOfDate(notAfter = Infinity): void {
	if (Date.now() <= notAfter) return;
	throw new ApiError(
		'Dodo Payments',
		null,
		'OUT_OF_DATE',
		'No money was moved: what it was to be moved for was read a while ago and may be settled by now',
	);
}

/** Thin client of one Dodo account; base URLs from docs `api-reference/introduction`. */
export class DodoClient extends ServiceClient {
	private constructor(
		ctx: RequestContext,
		private readonly baseUrl: BaseUrl,
		/** The world that the credential's key belongs to. */
		readonly mode: DodoMode,
		/** Whether Dodo's own address is used, so that its hosted pages are where its docs say. */
		readonly isOfficial: boolean,
		private readonly requestsPerMinute: number,
	) {
		super(ctx, { service: 'Dodo Payments', credentialType: DODO_CREDENTIAL, baseUrl, readError });
	}

	/** Reads the credential once; the key itself never leaves n8n's request helper. */
	static async of(ctx: RequestContext): Promise<DodoClient> {
		const credential = await readCredential<DodoCredential>(ctx, DODO_CREDENTIAL);
		const mode: DodoMode = credential.environment === 'live' ? 'live' : 'test';
		const baseUrl = dodoApiUrl(mode, credential.baseUrl);
		return new DodoClient(
			ctx,
			baseUrl,
			mode,
			isOfficial(mode, baseUrl),
			Number(credential.requestsPerMinute ?? LOWEST_TIER),
		);
	}

	/** Scheme and host of the API's address. */
	get origin(): string {
		return 'url' in this.baseUrl ? new URL(this.baseUrl.url).origin : '';
	}

	/** Waits for its turn below Dodo's rate limit. */
	protected override async sendOnce(request: ApiRequest): Promise<unknown> {
		if (this.workflowId !== '') turns.noteUse(this.workflowId, this.accountKey);
		const { turnMs, isElastic } = this.patience;
		await takeTurn(this.accountKey, turnMs, this.requestsPerMinute, isElastic ? 'elastic' : 'event');
		refuseOutOfDate(request.notAfter);
		return await super.sendOnce(request);
	}

	/** The first `limit` entries of a list with 0-based pages and no total (docs `api-reference/introduction`), see {@link readPages}. */
	async list<T>(
		item: z.ZodType<T, z.ZodTypeDef, unknown>,
		path: string,
		query: IDataObject,
		limit: number,
		isEnough?: (entry: T) => boolean,
	): Promise<T[]> {
		return await readPages<T>({ ...this.paging(item, path, query, Math.min(PAGE_SIZE, limit)), limit, isEnough });
	}

	/** A list to be read page by page. */
	pages<T>(item: z.ZodType<T, z.ZodTypeDef, unknown>, path: string, query: IDataObject): PageReader<T> {
		return new PageReader<T>(this.paging(item, path, query, PAGE_SIZE));
	}

	private paging<T>(
		item: z.ZodType<T, z.ZodTypeDef, unknown>,
		path: string,
		query: IDataObject,
		perPage: number,
	): Omit<Paging<T>, 'limit'> {
		// `/payments` lists objects that carry `payment_id`.
		const id = `${path.slice(1, -1)}_id`;
		return {
			perPage,
			idOf: (entry) => (entry as Record<string, unknown>)[id] ?? (entry as Record<string, unknown>).id ?? entry,
			read: async (page_number) => {
				if (page_number > 0) this.patience.nextItem();
				const { items } = await this.request(z.object({ items: z.array(item) }), {
					method: 'GET',
					path,
					query: { ...query, page_size: perPage, page_number },
				});
				return { entries: items };
			},
		};
	}
}

const officialUrl = (mode: DodoMode): string => `https://${mode}.dodopayments.com`;

/** The root of Dodo's API: its own for the mode, or what replaces it. */
export function dodoApiUrl(mode: DodoMode, typed: string | undefined): BaseUrl {
	return readBaseUrl(typed?.trim() || officialUrl(mode));
}

/** Whether the address is Dodo's own for the mode. */
export function isOfficial(mode: DodoMode, baseUrl: BaseUrl): boolean {
	return 'url' in baseUrl && baseUrl.url === officialUrl(mode);
}

/** `{"code": "UNSUPPORTED_COUNTRY", "message": "..."}`; sometimes plain text or nothing (docs `api-reference/error-codes`). */
function readError(body: unknown): { code: string | null; message: string | null } {
	if (typeof body === 'string') return { code: null, message: body.slice(0, 300) || null };
	const { code, message } = (body ?? {}) as { code?: unknown; message?: unknown };
	return { code: typeof code === 'string' ? code : null, message: typeof message === 'string' ? message : null };
}
