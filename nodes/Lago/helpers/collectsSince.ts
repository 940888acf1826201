import type { IDataObject, IExecuteFunctions, IHookFunctions } from 'n8n-workflow';
import { isMadeSince } from '../../shared/domain/backFill';
import { calendarOf, DAY_MS } from '../../shared/domain/calendar';
import { orNull, tellsNothing } from '../../shared/transport/orNull';
import {
	timeOf,
	webhookEndpointSchema,
	type LagoInvoice,
	type LagoWebhookEndpoint,
} from '../../shared/wire/lago/objects';
import type { LagoClient } from '../transport/client';
import { ENDPOINT_LIMIT, ENDPOINT_NAME } from './endpoint';

/** In the static data of the workflow: since when it collects, ms since 1970. Where n8n has lost it, the endpoint at Lago tells. */
const KEY = 'collectsSince';

type WithStaticData = Pick<IExecuteFunctions | IHookFunctions, 'getWorkflowStaticData'>;

function knownIn(ctx: WithStaticData): number | null {
	const known = ctx.getWorkflowStaticData('global')[KEY];
	return typeof known === 'number' ? known : null;
}

/** Lago's times have whole seconds. */
function keep(ctx: WithStaticData, endpoint: LagoWebhookEndpoint | null): number {
	const since = timeOf(endpoint?.created_at as string | undefined) ?? Math.floor(Date.now() / 1000) * 1000;
	ctx.getWorkflowStaticData('global')[KEY] = since;
	return since;
}

/**
 * When the workflow is published for the first time, or n8n was wiped since: an endpoint that is at Lago already tells since when it works.
 * @param find the endpoint of this trigger; that it cannot be asked for keeps nobody from publishing.
 */
export async function rememberStart(
	ctx: WithStaticData,
	find: () => Promise<LagoWebhookEndpoint | null>,
): Promise<void> {
	if (knownIn(ctx) === null) keep(ctx, await find().catch(() => null));
}

/**
 * Since when this workflow collects, ms since 1970. Where nobody remembers, as on a worker, since its newest endpoint; one that was made by hand
 * has any name, so then since the newest of all; without any from now on. Throws ApiError.
 */
export async function collectsSince(ctx: WithStaticData, client: LagoClient): Promise<number> {
	const known = knownIn(ctx);
	if (known !== null) return known;
	const request = client.list('webhook_endpoints', webhookEndpointSchema, {}, ENDPOINT_LIMIT);
	const all = (await orNull(request, tellsNothing)) ?? [];
	const named = all.filter(({ name }) => name === ENDPOINT_NAME);
	const ours = named.length > 0 ? named : all;
	const made = ({ created_at }: LagoWebhookEndpoint): string => String(created_at);
	return keep(ctx, ours.sort((one, other) => made(other).localeCompare(made(one)))[0] ?? null);
}

/** Bills bear the day that they are for, and may be made some days later. */
const DATED_BEFORE_MS = 10 * DAY_MS;

/** What narrows Lago's list, so that a look does not read years of open invoices every time. */
export function issuedSince(since: number): IDataObject {
	return { issuing_date_from: new Date(since - DATED_BEFORE_MS).toISOString().slice(0, 10) };
}

/** Whether an invoice is of the time since then. */
export function isSince(invoice: LagoInvoice, since: number): boolean {
	const day = calendarOf(invoice.customer?.applicable_timezone ?? 'UTC').dayOf(since);
	const createdAt = timeOf(String(invoice.created_at)) ?? NaN;
	return isMadeSince({ createdAt, issuedOn: invoice.issuing_date ?? '' }, since, day);
}
