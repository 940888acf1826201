import { NodeOperationError, type IDataObject, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import { z } from 'zod';
import { forEntities, isOfEntities } from '../../../shared/domain/entities';
import { collectability } from '../../../shared/domain/invoice';
import { ourRecord } from '../../../shared/domain/invoiceMetadata';
import { PAYMENT_ID_KEY } from '../../../shared/domain/keys';
import { momentOf } from '../../../shared/domain/moment';
import { refundNamedBy } from '../../../shared/domain/noteTie';
import { thoroughly } from '../../../shared/domain/reconciliation';
import { fieldsOf, type Operation, type Result } from '../../../shared/node/operation';
import { sinceField, sinceOf } from '../../../shared/node/sinceField';
import {
	hindranceOf,
	knownBefore,
	runOf,
	nowS,
	roomOf,
	STILL_LOOKING,
	whileRunning,
	type ReconciliationRun,
} from '../../../shared/reconciliation/reconciliationRun';
import { FROM_NOW_ON, since } from '../../../shared/node/version';
import { asApiError } from '../../../shared/transport/apiError';
import type { Delivery } from '../../../shared/webhook/processedEvents';
import { entityOf } from '../../../shared/wire/lago/event';
import { creditNoteSchema, type LagoCreditNote } from '../../../shared/wire/lago/creditNote';
import { invoiceSchema, toInvoiceFacts, type LagoInvoice } from '../../../shared/wire/lago/objects';
import { billingEntitiesField, chosenEntities, entityQuery } from '../../helpers/billingEntities';
import { collectsSince, isSince, issuedSince } from '../../helpers/collectsSince';
import { lagoSources } from '../../helpers/books';
import { eventItem } from '../../helpers/eventItem';
import { olderLago } from '../../helpers/older';
import type { LagoClient } from '../../transport/client';

const withAge = { created_at: z.string().nullish() };
const ALL = Number.MAX_SAFE_INTEGER;
type Missed = IDataObject & { delivery: Delivery };
type Entry = Record<string, unknown> & { lago_id: string; created_at?: string | null };

const whichInvoices: INodeProperties[] = [
	{
		displayName: 'Invoices',
		name: 'invoices',
		type: 'options',
		options: [
			{ name: 'All That Are Open', value: 'all', description: 'However old they are' },
			{ name: 'From a Day On', value: 'since', description: 'Those that were finalized since a day that you give' },
			{
				name: 'From Now On',
				value: 'new',
				description: 'Those that were finalized since this workflow was published for the first time',
			},
		],
		default: 'new',
		displayOptions: { show: since(FROM_NOW_ON.lago) },
		description:
			'Which unpaid invoices are collected; Back-Fill shows what older ones there are, and collects them as you agree',
	},
	{
		displayName: 'From',
		name: 'invoicesFrom',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. 2026-11-01',
		displayOptions: { show: { invoices: ['since'], ...since(FROM_NOW_ON.lago) } },
		description: 'The first day, or a moment',
	},
];

/**
 * Event -> Get Missed: finalized unpaid invoices that were never handed to Dodo Payments, and credit notes whose refund nobody has made: what
 * a list shows without our metadata. Lago gives up after three deliveries, about 24 s. One call; a second one when something may have been
 * missed, and every hour. What cannot be read is told by Save Progress, and keeps nothing else.
 */
export const getMissed: Operation<LagoClient, 'nothing_missed' | 'still_looking'> = {
	menu: {
		name: 'Get Missed',
		action: 'Get missed events',
		description: 'Invoices and refunds of Lago that no webhook has brought here, as the trigger would give them out',
	},
	fields: fieldsOf('event', 'getMissed', [sinceField, ...whichInvoices, billingEntitiesField]),
	once: true,
	async execute(ctx, client) {
		const running = runOf(ctx, sinceOf(ctx, 0));
		return running === null ? STILL_LOOKING : await whileRunning(ctx, async () => await missedIn(ctx, client, running));
	},
};

async function missedIn(
	ctx: IExecuteFunctions,
	client: LagoClient,
	running: ReconciliationRun,
): Promise<Result<'nothing_missed'> | Missed[]> {
	running.billingEntities = chosenEntities(ctx, 0);
	running.lago = lagoSources(client, nowS, running.billingEntities);
	const from = givenFrom(ctx);
	const missed: Missed[] = [];
	try {
		missed.push(...(await missedInvoices(ctx, client, running, from)));
		// Where one thing went missing, more may have.
		if (missed.length > 0) running.look = thoroughly(running.look, running.before);
		if (running.look.thorough) missed.push(...(await missedNotes(ctx, client, running)));
		running.olderLago = olderLago(client);
	} catch (caught) {
		const { message } = asApiError(caught);
		running.failures.push({ key: null, createdAt: 0, fact: '', reason: `Lago could not be read: ${message}` });
	}
	const now = nowS();
	const { aside } = knownBefore(ctx).memory;
	const triedBefore = (one: Missed): number => aside[keyOf(one)]?.nextAt ?? 0;
	// Lago lists the newest first. What failed before comes last, when it is due again.
	const inOrder = missed
		.filter((one) => triedBefore(one) <= now)
		.sort((one, other) => triedBefore(one) - triedBefore(other) || createdAtOf(one) - createdAtOf(other));
	const events = inOrder.slice(0, roomOf(running));
	running.left += inOrder.length - events.length;
	running.handedOn.push(
		...events.map((one) => ({ key: keyOf(one), fact: one.delivery.about, createdAt: createdAtOf(one) })),
	);
	running.readUntil = performance.now();
	return events.length > 0
		? events
		: { outcome: 'nothing_missed', message: 'Everything that is due in Lago was handed to Dodo Payments.' };
}

async function missedInvoices(
	ctx: IExecuteFunctions,
	client: LagoClient,
	running: ReconciliationRun,
	from: number | 'new' | null,
): Promise<Missed[]> {
	const since = from === 'new' ? await collectsSince(ctx, client) : from;
	const query: IDataObject = {
		statuses: ['finalized'],
		payment_statuses: ['pending', 'failed'],
		[`metadata[${PAYMENT_ID_KEY}]`]: '',
		...entityQuery(running.billingEntities),
		...(since === null ? {} : issuedSince(since)),
	};
	const invoices = await client.list('invoices', invoiceSchema.schema.extend(withAge), query, ALL);
	running.lookedAt.invoices = invoices.length;
	const open = invoices.filter((invoice) => needsCollecting(invoice) && (since === null || isSince(invoice, since)));
	return unhindered(ctx, running, 'invoice.created', 'invoice', open);
}

async function missedNotes(ctx: IExecuteFunctions, client: LagoClient, running: ReconciliationRun): Promise<Missed[]> {
	const notes = await client.list(
		'credit_notes',
		creditNoteSchema,
		{ refund_status: 'pending', ...entityQuery(running.billingEntities) },
		ALL,
	);
	running.lookedAt.creditNotes = notes.length;
	return unhindered(ctx, running, 'credit_note.created', 'credit_note', notes.filter(needsRefund));
}

function unhindered(
	ctx: IExecuteFunctions,
	{ look, billingEntities }: ReconciliationRun,
	event: string,
	objectType: string,
	entries: Entry[],
): Missed[] {
	const known = knownBefore(ctx);
	const told: string[] = [];
	const missed = entries
		// An older Lago does not know the filter.
		.filter((entry) => isOldEnough(entry, look.until) && isOfEntities(entityOf(entry), billingEntities))
		.map((data) =>
			eventItem({
				event,
				eventId: null,
				deliveryId: null,
				objectType,
				source: known.memory.source,
				...forEntities(billingEntities),
				data: data as IDataObject,
			}),
		)
		.filter(({ delivery }) => hindranceOf(known, delivery.about, look.again, told) === null);
	known.memory.rememberTold(told);
	return missed;
}

/** From when on invoices are collected, ms since 1970; null for all. @throws NodeOperationError for what is no day. */
function givenFrom(ctx: IExecuteFunctions): number | 'new' | null {
	if (ctx.getNode().typeVersion < FROM_NOW_ON.lago) return null;
	const chosen = ctx.getNodeParameter('invoices', 0, 'new');
	if (chosen !== 'since') return chosen === 'all' ? null : 'new';
	const moment = momentOf(ctx.getNodeParameter('invoicesFrom', 0, ''), ctx.getTimezone());
	if (moment !== null) return moment;
	throw new NodeOperationError(ctx.getNode(), '"From" is no day', { description: 'Give a day such as 2026-11-01.' });
}

/** One whose next try is planned, or that was decided on, has a record of ours. What must be held is shown to a person once a day. */
function needsCollecting(invoice: LagoInvoice): boolean {
	const facts = toInvoiceFacts(invoice);
	return collectability(facts).decision !== 'skip' && ourRecord(facts.metadata).state === null;
}

/** What Lago's own providers collected they also give back. */
function needsRefund(note: LagoCreditNote): boolean {
	const { payment_provider } = (note.customer as LagoInvoice['customer'])?.billing_configuration ?? {};
	const isDue = note.refund_status === 'pending' && note.refund_amount_cents > 0;
	return isDue && refundNamedBy(note) === null && !payment_provider;
}

function isOldEnough({ created_at }: Entry, until: number): boolean {
	const createdAt = Date.parse(created_at ?? '') / 1000;
	return Number.isNaN(createdAt) || createdAt <= until;
}

function keyOf({ objectType, data }: IDataObject): string {
	return `${String(objectType)} ${String((data as IDataObject).lago_id)}`;
}

function createdAtOf({ data }: IDataObject): number {
	return Math.floor((Date.parse(String((data as IDataObject).created_at)) || 0) / 1000);
}
