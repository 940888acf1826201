import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';
import { MAX_EVENTS, sinceField, sinceOf } from '../../../shared/delivery/getMissed.fields';
import { ledgerOf } from '../../../shared/delivery/ledger';
import { lookOf, STILL_LOOKING, whileLooking, type RunningLook } from '../../../shared/delivery/looks';
import { collectability } from '../../../shared/domain/invoice';
import { ourRecord, PAYMENT_ID_KEY } from '../../../shared/domain/invoiceMetadata';
import { fieldsOf, type Json, type Operation } from '../../../shared/node/operation';
import { eventItem } from '../../helpers/eventItem';
import { creditNoteSchema, invoiceSchema, toInvoiceFacts, type LagoCreditNote, type LagoInvoice } from '../../schemas/objects';
import type { LagoClient } from '../../transport/client';

const withAge = { created_at: z.string().nullish() };
type Entry = Record<string, unknown> & { created_at?: string | null };

/**
 * Event -> Get Missed: finalized unpaid invoices that were never handed to Dodo Payments, and credit notes whose refund nobody has made.
 * Lago gives up after three deliveries, about 24 s. One call; a second one when something may have been missed, and every hour.
 */
export const getMissed: Operation<LagoClient> = {
	fields: fieldsOf('event', 'getMissed', [sinceField]),
	once: true,
	async execute(ctx, client) {
		const running = lookOf(ctx, sinceOf(ctx, 0));
		return running === null ? STILL_LOOKING : await whileLooking(ctx, async () => await missedIn(ctx, client, running));
	},
};

async function missedIn(ctx: IExecuteFunctions, client: LagoClient, running: RunningLook): Promise<Json | Json[]> {
	const { look, lookedAt } = running;
	const ledger = ledgerOf(ctx);
	const { source } = ledger;
	const missedAmong = (event: string, objectType: string, entries: Entry[]): IDataObject[] =>
		entries
			.filter((entry) => isOldEnough(entry, look.until))
			.map((data) => eventItem({ event, eventId: null, deliveryId: null, objectType, source, data: data as IDataObject }))
			.filter(({ delivery }) => look.again || !ledger.isProcessed(delivery.about));

	const query: IDataObject = { statuses: ['finalized'], payment_statuses: ['pending', 'failed'], [`metadata[${PAYMENT_ID_KEY}]`]: '' };
	const invoices = await client.list('invoices', invoiceSchema.schema.extend(withAge), query, Number.MAX_SAFE_INTEGER);
	lookedAt.invoices = invoices.length;
	const missed = missedAmong('invoice.created', 'invoice', invoices.filter(needsCollecting));
	// Where one thing went missing, more may have.
	if (missed.length > 0) look.thorough = true;
	if (look.thorough) {
		const notes = await client.list('credit_notes', creditNoteSchema, { refund_status: 'pending' }, Number.MAX_SAFE_INTEGER);
		lookedAt.creditNotes = notes.length;
		missed.push(...missedAmong('credit_note.created', 'credit_note', notes.filter(needsRefund)));
	}
	running.more ||= missed.length > MAX_EVENTS;
	if (missed.length === 0) return { outcome: 'nothing_missed', message: 'Everything that is due in Lago was handed to Dodo Payments.' };
	// Lago lists the newest first.
	return missed.reverse().slice(0, MAX_EVENTS);
}

/** One whose next try is planned, or that was decided on, has a record of ours. What must be held is shown to a person once a day. */
function needsCollecting(invoice: LagoInvoice): boolean {
	const facts = toInvoiceFacts(invoice);
	return collectability(facts).decision !== 'skip' && ourRecord(facts.metadata).state === null;
}

function needsRefund({ refund_amount_cents, refund_status, metadata }: LagoCreditNote): boolean {
	return refund_status === 'pending' && refund_amount_cents > 0 && !metadata?.dodo_refund_id;
}

function isOldEnough({ created_at }: Entry, until: number): boolean {
	const createdAt = Date.parse(created_at ?? '') / 1000;
	return Number.isNaN(createdAt) || createdAt <= until;
}
