import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';
import { forEntities, isOfEntities } from '../../../shared/domain/entities';
import { ourRecord } from '../../../shared/domain/invoiceMetadata';
import { isToLookAt, listedFrom, seenUntil } from '../../../shared/domain/missedRequests';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import type { LagoSource } from '../../../shared/reconciliation/reconciliationMemory';
import { knownBefore, nowS } from '../../../shared/reconciliation/reconciliationRun';
import { entityOf } from '../../../shared/wire/lago/event';
import { isByHand } from '../../../shared/transport/patience';
import { paymentRequestSchema, timeOf, type LagoPaymentRequest } from '../../../shared/wire/lago/objects';
import { onFirstUse } from '../../../shared/wire/onFirstUse';
import { billingEntitiesField, chosenEntities, entityQuery } from '../../helpers/billingEntities';
import { debtorOf, dueOf, openInvoicesOf } from '../../helpers/dueTogether';
import { eventItem } from '../../helpers/eventItem';
import type { LagoClient } from '../../transport/client';

const ALL = Number.MAX_SAFE_INTEGER;
/** Each is a mail: so many go on in a look, oldest first, and the rest in the next one. */
const MOST = 20;
const seenSchema = onFirstUse(() => z.object({ until: z.number().int(), waiting: z.record(z.number().int()) }));

/**
 * Payment Request -> Get Missed: those that no webhook brought here, as the trigger would give them out. One call for each hundred of a day,
 * and one for each that may have been missed. Whoever has the link and made the one checkout of it needs no other; what became of a request is
 * otherwise known by its mark only. So the first look asks nobody; the next one of a wiped n8n asks once more for those of the last day.
 */
export const getMissed: Operation<LagoClient> = {
	menu: {
		name: 'Get Missed',
		action: 'Get missed payment requests',
		description: 'Payment requests of Lago that no webhook has brought here, as the trigger would give them out',
	},
	fields: fieldsOf('paymentRequest', 'getMissed', [billingEntitiesField]),
	once: true,
	async execute(ctx, client) {
		const [now, chosen, { processed, memory }] = [nowS(), chosenEntities(ctx, 0), knownBefore(ctx)];
		const stored = ctx.getWorkflowStaticData('global');
		// A person at the editor asks for those of the last day; n8n keeps nothing of what such a run has seen.
		const byHand = isByHand(ctx) ? { until: now, waiting: {} } : undefined;
		const seen = seenSchema.safeParse(stored.paymentRequests).data ?? byHand;
		// What was dealt with before nobody knows here: in a new n8n, and in a worker, to which n8n hands nothing that it remembers.
		if (seen === undefined) {
			stored.paymentRequests = { until: seenUntil(now), waiting: {} };
			return [];
		}
		const from = listedFrom(seen, now);
		const query = { payment_status: 'pending', ...entityQuery(chosen) };
		const isTooOld = (one: LagoPaymentRequest): boolean => createdAt(one) < from;
		const listed = await client.list('payment_requests', paymentRequestSchema, query, ALL, isTooOld);
		const missed: IDataObject[] = [];
		const waiting: Record<string, number> = {};
		// Lago lists the newest first.
		for (const request of listed.reverse()) {
			const made = { id: request.lago_id, createdAt: createdAt(request) };
			// An older Lago does not know the filter.
			if (!isToLookAt(made, seen, now) || !isOfEntities(entityOf(request), chosen)) continue;
			const item = itemOf(request, memory.source, chosen);
			const { about } = item.delivery;
			if (processed.isProcessed(about)) continue;
			waiting[made.id] = made.createdAt;
			if (processed.isAtWork(about) || missed.length === MOST) continue;
			if (await isToBeAsked(client, request)) missed.push(item);
			else {
				processed.mark({ id: null, about });
				delete waiting[made.id];
			}
		}
		stored.paymentRequests = { until: seenUntil(now), waiting };
		processed.carryOn();
		memory.carryOn();
		return missed;
	},
};

/** As the trigger would give it out. */
function itemOf(
	request: LagoPaymentRequest,
	source: LagoSource | null,
	chosen: string[],
): ReturnType<typeof eventItem> {
	return eventItem({
		event: 'payment_request.created',
		eventId: null,
		deliveryId: null,
		objectType: 'payment_request',
		source,
		...forEntities(chosen),
		data: request as IDataObject,
	});
}

const createdAt = ({ created_at }: LagoPaymentRequest): number => Math.floor((timeOf(created_at) ?? 0) / 1000);

/** Whether something of it is due that no checkout over several invoices asks for yet. Throws ApiError. */
async function isToBeAsked(client: LagoClient, request: LagoPaymentRequest): Promise<boolean> {
	const wanted = new Set(request.invoices.map(({ lago_id }) => lago_id));
	const open = await openInvoicesOf(client, debtorOf(request));
	const { members } = dueOf(open.filter(({ lago_id }) => wanted.has(lago_id)));
	return members.some(({ invoice }) => ourRecord(invoice.metadata).state?.request === undefined);
}
