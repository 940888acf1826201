import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';
import { onFirstUse } from '../../../shared/onFirstUse';
import { MAX_EVENTS, sinceField, sinceOf } from '../../../shared/delivery/getMissed.fields';
import { ledgerOf } from '../../../shared/delivery/ledger';
import { lookOf, STILL_LOOKING, whileLooking, type RunningLook } from '../../../shared/delivery/looks';
import { assess, eventOf, kindsOf, listSince, type Kind, type Listed } from '../../../shared/domain/reconciliation';
import { fieldsOf, type Json, type Operation } from '../../../shared/node/operation';
import { eventItem } from '../../helpers/eventItem';
import type { DodoClient } from '../../transport/client';

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
			metadata: z.record(z.unknown()).nullish(),
		})
		.passthrough(),
);
type Entry = z.output<typeof listedSchema>;

const OBJECTS: Readonly<Record<Kind, { path: string; counted: string; id: (entry: Entry) => string | null | undefined }>> = {
	payment: { path: '/payments', counted: 'payments', id: ({ payment_id }) => payment_id },
	refund: { path: '/refunds', counted: 'refunds', id: ({ refund_id }) => refund_id },
	dispute: { path: '/disputes', counted: 'disputes', id: ({ dispute_id }) => dispute_id },
	subscription: { path: '/subscriptions', counted: 'mandates', id: ({ subscription_id }) => subscription_id },
};

/**
 * Event -> Get Missed: payments, refunds, disputes and mandates of Dodo that no delivery has dealt with, as the trigger would have given
 * them out. Events that come in, of Lago, go first. One call when nothing is wrong; the other lists only when something may have been missed,
 * and every hour.
 */
export const getMissed: Operation<DodoClient> = {
	fields: fieldsOf('event', 'getMissed', [sinceField]),
	once: true,
	async execute(ctx, client) {
		const running = lookOf(ctx, sinceOf(ctx, 0));
		return running === null ? STILL_LOOKING : await whileLooking(ctx, async () => await missedWith(ctx, client, running));
	},
};

async function missedWith(ctx: IExecuteFunctions, client: DodoClient, running: RunningLook): Promise<Json[]> {
	const open = running.before?.open ?? {};
	const incoming = ctx.getInputData().map(({ json }) => json).filter(({ event }) => typeof event === 'string');
	const listed = await lists(client, running, kindsOf(running.look, open));
	const isProcessed = (fact: string): boolean => ledgerOf(ctx).isProcessed(fact);
	let found = assess(listed, running.look, open, isProcessed);
	if (found.missed.length > 0 && !running.look.thorough) {
		// Where one thing went missing, more may have.
		running.look.thorough = true;
		listed.push(...(await lists(client, running, kindsOf(running.look, open))));
		found = assess(listed, running.look, open, isProcessed);
	}
	running.open = found.open;
	const room = MAX_EVENTS - incoming.length;
	running.more ||= found.missed.length > room;
	const events = [...incoming];
	for (const missed of found.missed.slice(0, room)) events.push(await asEvent(client, missed));
	running.missed = events.length;
	return events.length > 0 ? events : [{ outcome: 'nothing_missed', message: 'Dodo Payments and Lago agree.' }];
}

async function lists(client: DodoClient, { look, before, lookedAt }: RunningLook, kinds: Kind[]): Promise<Listed[]> {
	const now = Math.floor(Date.now() / 1000);
	const found: Listed[] = [];
	for (const kind of kinds) {
		const { path, counted, id } = OBJECTS[kind];
		const created_at_gte = new Date(listSince(look, kind, before?.open ?? {}, now) * 1000).toISOString();
		const entries = await client.list(listedSchema, path, { created_at_gte }, Number.MAX_SAFE_INTEGER);
		lookedAt[counted] = entries.length;
		for (const entry of entries.filter((one) => kind !== 'payment' || isOurs(one)))
			found.push({ kind, id: id(entry) ?? '', status: (kind === 'dispute' ? entry.dispute_status : entry.status) ?? null, createdAt: Math.floor(Date.parse(entry.created_at) / 1000) });
	}
	return found.filter((one) => one.id !== '');
}

/** Payments of other products of the merchant name no invoice; those by which Dodo collects what is due on a mandate name the mandate. */
function isOurs({ metadata, subscription_id }: Entry): boolean {
	return Boolean(metadata?.lago_invoice_id) || Boolean(subscription_id);
}

/** The whole object: a list shows less than the lanes need. */
async function asEvent(client: DodoClient, missed: Listed): Promise<IDataObject> {
	const path = `${OBJECTS[missed.kind].path}/${encodeURIComponent(missed.id)}`;
	const data = await client.request(z.record(z.unknown()), { method: 'GET', path });
	const occurredAt = String(data.updated_at ?? data.created_at ?? '');
	return eventItem({ event: eventOf(missed) ?? '', eventId: null, deliveryId: null, occurredAt, mode: client.mode, data: data as IDataObject });
}
