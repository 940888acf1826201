import type { IDataObject } from 'n8n-workflow';
import { INVOICE_KEY } from '../../shared/domain/keys';
import type { DodoMode } from '../../shared/domain/mode';
import { factOf, type Kind } from '../../shared/domain/reconciliation';
import type { DODO_OUTPUTS } from '../../shared/node/start';
import type { Delivery } from '../../shared/webhook/processedEvents';
import { REFUND_ALIAS, REFUND_EVENT } from '../../shared/wire/dodo/event';

/** Where an object of each kind carries its id and its status. */
const IDENTITY: Readonly<Record<Kind, { id: string; status: string }>> = {
	payment: { id: 'payment_id', status: 'status' },
	refund: { id: 'refund_id', status: 'status' },
	dispute: { id: 'dispute_id', status: 'dispute_status' },
	subscription: { id: 'subscription_id', status: 'status' },
};

const OUTPUT_OF: Readonly<Record<string, (typeof DODO_OUTPUTS)[number]>> = {
	payment: 'Payment',
	refund: 'Refund',
	dispute: 'Dispute',
	subscription: 'Mandate',
};

/** One event of Dodo, from the trigger as well as from a reconciliation. */
export interface DodoEvent {
	/** e.g. `payment.succeeded` */
	event: string;
	/** Dodo's `webhook-id`; null when it never came. */
	eventId: string | null;
	/** Identity of the delivery; null when it never came. */
	deliveryId: string | null;
	/** ISO-8601, UTC. */
	occurredAt: string;
	mode: DodoMode;
	/** Codes of the billing entities of Lago that are worked for; absent for all. */
	billingEntities?: string[];
	data: IDataObject;
}

/** The event as an item that every lane behind the trigger understands. */
export function eventItem({ deliveryId, ...dodoEvent }: DodoEvent): IDataObject & { delivery: Delivery } {
	const metadata = (dodoEvent.data.metadata ?? {}) as IDataObject;
	return {
		...dodoEvent,
		lagoInvoiceId: typeof metadata[INVOICE_KEY] === 'string' ? metadata[INVOICE_KEY] : null,
		delivery: { id: deliveryId, about: aboutOf(dodoEvent) },
	};
}

/** The output that an event leaves the trigger by. */
export function outputOf(event: string): (typeof DODO_OUTPUTS)[number] {
	const real = event === REFUND_ALIAS ? REFUND_EVENT : event;
	return OUTPUT_OF[real.slice(0, real.indexOf('.'))] ?? 'Other';
}

function aboutOf({ event, eventId, data }: Omit<DodoEvent, 'deliveryId'>): string {
	const kind = event.slice(0, event.indexOf('.'));
	const { id, status } = IDENTITY[kind as Kind] ?? {};
	if (id === undefined || status === undefined || typeof data[id] !== 'string') return `${event} ${eventId}`;
	return factOf({ kind: kind as Kind, id: data[id], status: typeof data[status] === 'string' ? data[status] : null });
}
