import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';
import type { Proofs } from '../../shared/domain/bundle';
import { readBaseUrl, type BaseUrl } from '../../shared/domain/baseUrl';
import { readCurrencies } from '../../shared/domain/money';
import { isTooOld, sentenceOf } from '../../shared/domain/olderLago';
import { ApiError } from '../../shared/transport/apiError';
import { readCredential } from '../../shared/transport/credential';
import { PageReader, readPages, type Paging } from '../../shared/transport/paging';
import type { ApiRequest, RequestContext } from '../../shared/transport/request';
import { ServiceClient } from '../../shared/transport/serviceClient';
import type { LagoInvoice } from '../../shared/wire/lago/objects';
import { onFirstUse } from '../../shared/wire/onFirstUse';
import { ageOf, learnFrom } from './age';
import { paymentProof, sharesProof } from './derivedKey';

export const LAGO_CREDENTIAL = 'lagoBillingApi';

/** What a person types into the credential, the API key aside. */
export interface LagoCredential {
	baseUrl: string;
	webhookHmacKey: string;
	accessToken: string;
	accessCallbackSecret: string;
	currenciesCountedAlike: string;
}

const PER_PAGE = 100;

const metaSchema = onFirstUse(() =>
	z.object({ total_pages: z.number().nullish(), total_count: z.number().nullish() }).nullish(),
);

/** Thin client of one Lago organisation. */
export class LagoClient extends ServiceClient {
	private readonly countedAlike: readonly string[];

	private constructor(
		ctx: RequestContext,
		baseUrl: BaseUrl,
		countedAlike: string,
		/** What proofs are made of; empty where triggers connect, which need none. */
		private readonly secret: string,
	) {
		super(ctx, { service: 'Lago', credentialType: LAGO_CREDENTIAL, baseUrl, readError });
		// What is no currency the test of the credential tells; its invoices stay held.
		this.countedAlike = readCurrencies(countedAlike).codes;
	}

	/** Reads the credential once. */
	static async of(ctx: RequestContext): Promise<LagoClient> {
		const credential = await readCredential<LagoCredential & { apiKey: string }>(ctx, LAGO_CREDENTIAL);
		// All nodes of Lago have it, and nobody else. Where webhooks come by JWT there may be no HMAC key.
		const secret = credential.webhookHmacKey || credential.apiKey || '';
		return new LagoClient(ctx, lagoApiUrl(credential.baseUrl), credential.currenciesCountedAlike ?? '', secret);
	}

	/** As every request, and what the answer tells of Lago's version is remembered. Throws ApiError. */
	override async send(request: ApiRequest): Promise<unknown> {
		const answer = await super.send(request);
		learnFrom(this.accountKey, answer, request.body);
		return answer;
	}

	/** @throws ApiError, also, for good, when this Lago is so old that its answer lacks what nothing can be done without. */
	override async request<T>(schema: z.ZodType<T, z.ZodTypeDef, unknown>, request: ApiRequest): Promise<T> {
		return await super.request(schema, request).catch((caught: unknown) => {
			const isUnreadable = caught instanceof ApiError && caught.code === 'UNEXPECTED_ANSWER';
			if (!isUnreadable || !isTooOld(ageOf(this))) throw caught;
			throw new ApiError('Lago', 400, 'LAGO_TOO_OLD', sentenceOf(ageOf(this)) ?? caught.message);
		});
	}

	/** What Lago tells of an invoice or a credit note, with what the merchant says of its currency where they say it. */
	withUnit<T extends { currency: string }>(told: T): T & { currencyCountedAlike?: true } {
		return this.countedAlike.includes(told.currency) ? { ...told, currencyCountedAlike: true } : told;
	}

	/**
	 * An invoice as Lago tells it, with what is ours: its unit, the proof that its checkouts carry, and when it was read.
	 * @param readAt ms since 1970.
	 */
	withOurs(told: LagoInvoice, readAt: number): LagoInvoice {
		const paymentProof = this.proofs.ofInvoice(told.lago_id);
		const proof = paymentProof === null ? {} : { paymentProof };
		return { ...this.withUnit(told), ...proof, readAt };
	}

	/** What checkouts of ours carry along. */
	readonly proofs: Proofs = {
		ofInvoice: (id) => (this.secret === '' ? null : paymentProof(this.secret, id)),
		ofShares: (text) => (this.secret === '' ? null : sharesProof(this.secret, text)),
	};

	/**
	 * The first `limit` entries of a paged list.
	 * @param key path of the list; its last part is the name of the list in the answer, e.g. `invoices`.
	 * @param isEnough nothing behind this entry is wanted.
	 */
	async list<T extends { lago_id: string }>(
		key: string,
		item: z.ZodType<T, z.ZodTypeDef, unknown>,
		query: IDataObject,
		limit: number,
		isEnough?: (entry: T) => boolean,
	): Promise<T[]> {
		return await readPages<T>({ ...this.paging(key, item, query, Math.min(PER_PAGE, limit)), limit, isEnough });
	}

	/** A list to be read as far as it is needed. */
	pages<T extends { lago_id: string }>(
		key: string,
		item: z.ZodType<T, z.ZodTypeDef, unknown>,
		query: IDataObject,
	): PageReader<T> {
		return new PageReader<T>(this.paging(key, item, query, PER_PAGE));
	}

	private paging<T extends { lago_id: string }>(
		key: string,
		item: z.ZodType<T, z.ZodTypeDef, unknown>,
		query: IDataObject,
		perPage: number,
	): Omit<Paging<T>, 'limit'> {
		const name = key.slice(key.lastIndexOf('/') + 1);
		const answer = z.object({ [name]: z.array(item), meta: metaSchema });
		return {
			perPage,
			idOf: ({ lago_id }) => lago_id,
			read: async (index) => {
				if (index > 0) this.patience.nextItem();
				const listed: z.output<typeof answer> = await this.request(answer, {
					method: 'GET',
					path: `/${key}`,
					query: { ...query, page: index + 1, per_page: perPage },
				});
				return { entries: listed[name] as T[], full: fullPage(perPage, listed.meta as Meta) };
			},
		};
	}
}

/** The root of Lago's API; the base URL may have `/api/v1` at its end or not. */
export function lagoApiUrl(typed: string | undefined): BaseUrl {
	const read = readBaseUrl(typed?.trim() || 'https://api.getlago.com');
	return 'url' in read ? { url: `${read.url.replace(/\/api\/v1$/, '')}/api/v1` } : read;
}

type Meta = z.output<typeof metaSchema>;

/**
 * The count may be another customer's and half an hour old (`lago-api` keeps it without regard to either), but the number of pages is made of
 * it: both together tell whether this Lago puts fewer on a page than it was asked for.
 */
function fullPage(perPage: number, meta: Meta): number {
	const { total_count: count, total_pages: pages } = meta ?? {};
	if (!count || !pages || Math.ceil(count / perPage) === pages) return perPage;
	return Math.ceil(count / pages);
}

/**
 * `{"status":422,"error":"Unprocessable Entity","code":"validation_errors","error_details":{"field":["code"]}}`
 * (`lago-api:app/controllers/concerns/api_errors.rb`).
 */
function readError(body: unknown): { code: string | null; message: string | null; details?: Record<string, string[]> } {
	const { code, error, error_details } = (typeof body === 'object' && body !== null ? body : {}) as Record<
		string,
		unknown
	>;
	const details: Record<string, string[]> = {};
	if (typeof error_details === 'object' && error_details !== null)
		for (const [field, codes] of Object.entries(error_details))
			details[field] = (Array.isArray(codes) ? codes : [codes]).map(String);
	return { code: typeof code === 'string' ? code : null, message: typeof error === 'string' ? error : null, details };
}
