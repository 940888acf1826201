import type { IDataObject } from 'n8n-workflow';
import type { LAGO_OUTPUTS } from '../../shared/node/start';
import type { LagoSource } from '../../shared/reconciliation/reconciliationMemory';
import type { Delivery } from '../../shared/webhook/processedEvents';
import { COLLECT_EVENTS, invoiceIdOf } from '../../shared/wire/lago/event';

/** One event of Lago, from the trigger as well as from a reconciliation. */
export interface LagoEvent {
	/** e.g. `invoice.created` */
	event: string;
	/** Lago's unique key of the delivery; null when it never came. */
	eventId: string | null;
	/** Identity of the delivery; null when it never came. */
	deliveryId: string | null;
	objectType: string;
	source: LagoSource | null;
	/** Codes of the billing entities that are worked for; absent for all. */
	billingEntities?: string[];
	data: IDataObject;
}

/** The event as an item that every lane behind the trigger understands. */
export function eventItem({ deliveryId, source, ...lagoEvent }: LagoEvent): IDataObject & { delivery: Delivery } {
	return {
		...lagoEvent,
		organizationId: source?.organizationId ?? null,
		lagoInvoiceId: invoiceIdOf(lagoEvent.objectType, lagoEvent.data),
		webhookBaseUrl: source?.webhookBaseUrl ?? null,
		delivery: { id: deliveryId, about: aboutOf(lagoEvent) },
	};
}

/** The output that an event leaves the trigger by. */
export function outputOf(event: string): (typeof LAGO_OUTPUTS)[number] {
	if (COLLECT_EVENTS.includes(event)) return 'To Collect';
	return event.startsWith('credit_note.') ? 'Credit Note' : 'Other';
}

/** What would have to be different for the event to mean something new. */
function aboutOf({ objectType, data }: Pick<LagoEvent, 'objectType' | 'data'>): string {
	const { lago_id, status, payment_status, total_due_amount_cents, refund_status, refund_amount_cents } = data;
	const state =
		objectType === 'credit_note'
			? [refund_status, refund_amount_cents]
			: [status, payment_status, total_due_amount_cents];
	return [objectType, lago_id, ...state].map(String).join(' ');
}
