import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';
import type { Answers } from '../../shared/domain/difference';
import { sharesIn } from '../../shared/domain/bundle';
import { ATTEMPT_KEY, CUSTOMER_KEY, INVOICE_KEY, ORGANIZATION_KEY, TOP_UP_KEY } from '../../shared/domain/keys';
import {
	movedOn,
	readStage,
	stageSince,
	type Kind,
	type Listed,
	type Unfinished,
} from '../../shared/domain/reconciliation';
import { onFirstUse } from '../../shared/wire/onFirstUse';
import type { DodoClient } from '../transport/client';

/** An entry of any of the four lists, as far as this needs it (docs `api-reference/payments`, `refunds`, `disputes`, `subscriptions`). */
const listedSchema = onFirstUse(() =>
	z
		.object({
			payment_id: z.string().nullish(),
			refund_id: z.string().nullish(),
			dispute_id: z.string().nullish(),
			subscription_id: z.string().nullish(),
			status: z.string().nullish(),
			dispute_status: z.string().nullish(),
			created_at: z.string(),
			total_amount: z.number().nullish(),
			on_demand: z.boolean().nullish(),
			metadata: z.record(z.unknown()).nullish(),
		})
		.passthrough(),
);
type Entry = z.output<typeof listedSchema>;

/** Where each kind is listed, and what Save Progress calls it. */
export const OBJECTS: Readonly<Record<Kind, { path: string; counted: string; id: keyof Entry & `${string}_id` }>> = {
	payment: { path: '/payments', counted: 'payments', id: 'payment_id' },
	refund: { path: '/refunds', counted: 'refunds', id: 'refund_id' },
	dispute: { path: '/disputes', counted: 'disputes', id: 'dispute_id' },
	subscription: { path: '/subscriptions', counted: 'mandates', id: 'subscription_id' },
};

const ALL = Number.MAX_SAFE_INTEGER;
/**
 * Of a long time so many entries are compared at once, more or less: what is missing among them is handed on before the next part is read.
 */
const PART = 1_000;
const SHORTEST_PART_S = 60;
/** A payment may be given back or disputed so long after it was made. */
const PAYMENT_BEFORE_S: Readonly<Record<string, number>> = { refund: 45 * 86_400, dispute: 130 * 86_400 };
/** Further back than so many payments each is asked for by its own lane. */
const MAX_PAYMENTS = 5_000;

/** A stretch of time by creation at Dodo, both ends included; seconds since 1970, UTC. */
export interface Span {
	from: number;
	until: number;
}

/** All objects of a kind that were created within a span. Throws ApiError. */
export async function listSpan(
	client: DodoClient,
	kind: Kind,
	span: Span,
	limit = ALL,
	filter: IDataObject = {},
	isEnough?: (one: Listed) => boolean,
): Promise<Listed[]> {
	const query = { ...filter, created_at_gte: timeOf(span.from), created_at_lte: timeOf(span.until) };
	const toListed = (entry: Entry): Listed => readEntry(kind, entry);
	const entries = await client.list(
		listedSchema,
		OBJECTS[kind].path,
		query,
		limit,
		isEnough && ((entry) => isEnough(toListed(entry))),
	);
	return entries.map(toListed).filter(({ id }) => id !== '');
}

/** The first part of a long span, and how long the next one may be. */
export interface Part {
	span: Span;
	payments: Listed[];
	nextS: number;
}

/**
 * Payments of the beginning of a span: of as much of it as is compared at once.
 * @param lengthS how much of the span is tried first.
 * @throws ApiError
 */
export async function firstPart(client: DodoClient, span: Span, lengthS: number): Promise<Part> {
	for (let tryS = lengthS; ;) {
		const part = { from: span.from, until: Math.min(span.until, span.from + tryS) };
		const payments = await listSpan(client, 'payment', part, 2 * PART);
		const heldS = part.until - part.from;
		if (payments.length < 2 * PART || heldS <= SHORTEST_PART_S) {
			const all = payments.length < 2 * PART ? payments : await listSpan(client, 'payment', part);
			return { span: part, payments: all, nextS: all.length < PART / 2 ? tryS * 2 : tryS };
		}
		// The newest come first: how close they lie tells how much of the time to take.
		const times = payments.map(({ createdAt }) => createdAt);
		tryS = Math.max(
			SHORTEST_PART_S,
			Math.min(Math.floor(heldS / 2), Math.round((Math.max(...times) - Math.min(...times)) / 2)),
		);
	}
}

/** What was unfinished when it was listed last and is not in its stage any more, with everything of the same hours. Throws ApiError. */
export async function listMovedOn(
	client: DodoClient,
	before: Unfinished,
	now: number,
): Promise<{ moved: Listed[]; still: Listed[] }> {
	const moved: Listed[] = [];
	const still: Listed[] = [];
	for (const stage of Object.keys(before)) {
		const { kind, status } = readStage(stage);
		const filter = { [kind === 'dispute' ? 'dispute_status' : 'status']: status };
		const present =
			status === null ? null : await listSpan(client, kind, { from: stageSince(stage, now), until: now }, ALL, filter);
		still.push(...(present ?? []));
		for (const hour of movedOn(stage, before, present, now)) moved.push(...(await listSpan(client, kind, hour)));
	}
	return { moved, still };
}

/** The payments behind refunds and disputes: newest first until all are there. Throws ApiError. */
export async function paymentsBehind(
	client: DodoClient,
	about: readonly Listed[],
	listed: readonly Listed[],
	before: Answers<Listed> | undefined,
): Promise<Answers<Listed>> {
	const wanted = new Set(about.map(({ paymentId }) => paymentId ?? ''));
	const rows = new Map(before?.rows);
	const note = (one: Listed): void => void (one.kind === 'payment' && wanted.has(one.id) && rows.set(one.id, one));
	listed.forEach(note);
	const isComplete = (): boolean => [...wanted].every((id) => id === '' || rows.has(id));
	if (!isComplete()) {
		const from = Math.min(...about.map(({ kind, createdAt }) => createdAt - (PAYMENT_BEFORE_S[kind] ?? 0)));
		await listSpan(
			client,
			'payment',
			{ from, until: Math.max(...about.map(({ createdAt }) => createdAt)) },
			MAX_PAYMENTS,
			{},
			(one) => {
				note(one);
				return isComplete();
			},
		);
	}
	return { asked: new Set([...(before?.asked ?? []), ...wanted]), rows };
}

function readEntry(kind: Kind, entry: Entry): Listed {
	const { metadata } = entry;
	const members = kind === 'payment' ? sharesIn(metadata ?? {})?.map(({ invoiceId }) => invoiceId) : undefined;
	const isForCustomer = members !== undefined || (kind === 'subscription' && entry.on_demand === true);
	const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
	return {
		kind,
		id: text(entry[OBJECTS[kind].id]) ?? '',
		status: (kind === 'dispute' ? entry.dispute_status : entry.status) ?? null,
		createdAt: Math.floor(Date.parse(entry.created_at) / 1000),
		paymentId: kind === 'payment' ? null : text(entry.payment_id),
		invoiceId: text(metadata?.[INVOICE_KEY]),
		topUpId: text(metadata?.[TOP_UP_KEY]),
		organizationId: text(metadata?.[ORGANIZATION_KEY]),
		attempt: Number(metadata?.[ATTEMPT_KEY]) || 1,
		amount: entry.total_amount ?? NaN,
		subscriptionId: text(entry.subscription_id),
		customer: isForCustomer ? text(metadata?.[CUSTOMER_KEY]) : null,
		...(members && { members }),
	};
}

function timeOf(seconds: number): string {
	return new Date(seconds * 1000).toISOString();
}
