import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';
import { readBaseUrl, type BaseUrl } from '../../shared/domain/baseUrl';
import { onFirstUse } from '../../shared/onFirstUse';
import { readCredential } from '../../shared/transport/credential';
import type { RequestContext } from '../../shared/transport/request';
import { ServiceClient } from '../../shared/transport/serviceClient';

export const LAGO_CREDENTIAL = 'lagoBillingApi';

/** What a person types into the credential, the API key aside. */
export interface LagoCredential {
	baseUrl: string;
	webhookHmacKey: string;
	accessToken: string;
	accessCallbackSecret: string;
}

const PER_PAGE = 100;

const metaSchema = onFirstUse(() => z.object({ next_page: z.number().nullish() }));

/** Thin client of one Lago organisation. */
export class LagoClient extends ServiceClient {
	private constructor(ctx: RequestContext, baseUrl: BaseUrl) {
		super(ctx, { service: 'Lago', credentialType: LAGO_CREDENTIAL, baseUrl, readError });
	}

	/** Reads the credential once. */
	static async of(ctx: RequestContext): Promise<LagoClient> {
		const credential = await readCredential<LagoCredential>(ctx, LAGO_CREDENTIAL);
		return new LagoClient(ctx, lagoApiUrl(credential.baseUrl));
	}

	/**
	 * The first `limit` entries of a paged list; an entry that moves between pages meanwhile comes once.
	 * @param key name of the list in the answer, e.g. `invoices`.
	 */
	async list<T extends { lago_id: string }>(key: string, item: z.ZodType<T, z.ZodTypeDef, unknown>, query: IDataObject, limit: number): Promise<T[]> {
		const answer = z.object({ [key]: z.array(item), meta: metaSchema.nullish() });
		const found = new Map<string, T>();
		const per_page = Math.min(PER_PAGE, limit);
		for (let page: number | null = 1; page !== null && found.size < limit; ) {
			const listed: z.output<typeof answer> = await this.request(answer, { method: 'GET', path: `/${key}`, query: { ...query, page, per_page } });
			for (const entry of listed[key] as T[]) found.set(entry.lago_id, entry);
			page = (listed.meta as z.output<typeof metaSchema> | null | undefined)?.next_page ?? null;
		}
		return [...found.values()].slice(0, limit);
	}
}

/** The root of Lago's API; the base URL may have `/api/v1` at its end or not. */
export function lagoApiUrl(typed: string | undefined): BaseUrl {
	const read = readBaseUrl(typed?.trim() || 'https://api.getlago.com');
	return 'url' in read ? { url: `${read.url.replace(/\/api\/v1$/, '')}/api/v1` } : read;
}

/** `{"status":422,"error":"Unprocessable Entity","code":"validation_errors","error_details":{"field":["code"]}}` (`lago-api:app/controllers/concerns/api_errors.rb`). */
function readError(body: unknown): { code: string | null; message: string | null; details?: Record<string, string[]> } {
	const { code, error, error_details } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
	const details: Record<string, string[]> = {};
	if (typeof error_details === 'object' && error_details !== null)
		for (const [field, codes] of Object.entries(error_details)) details[field] = (Array.isArray(codes) ? codes : [codes]).map(String);
	return { code: typeof code === 'string' ? code : null, message: typeof error === 'string' ? error : null, details };
}
