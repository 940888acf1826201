import { isOfEntities, ofOtherEntity } from '../../../shared/domain/entities';
import { isOfOthers, notOurs, type PaymentFacts } from '../../../shared/domain/payment';
import { orNull } from '../../../shared/transport/orNull';
import type { LagoClient } from '../../transport/client';
import { fetchInvoice } from '../invoices';
import { organizationOf } from '../organization';

/**
 * The invoice of another billing entity, as the outcome that ends the work on it; null for ours, and for one that Lago does not know. One
 * call, where billing entities are chosen. Throws ApiError.
 */
export async function ofOthers(
	client: LagoClient,
	invoiceId: string,
	entities: readonly string[],
): Promise<{ outcome: 'ignored'; message: string; invoiceId: string } | null> {
	if (entities.length === 0) return null;
	const invoice = await orNull(fetchInvoice(client, invoiceId), ({ code }) => code === 'invoice_not_found');
	if (invoice === null || isOfEntities(invoice.billing_entity_code, entities)) return null;
	const { number, billing_entity_code: entity } = invoice;
	return { outcome: 'ignored', message: ofOtherEntity({ number, entity }, entities), invoiceId };
}

/**
 * Why a payment of several invoices is none of this workflow's business, as a sentence; null when it is. They are all of one billing entity.
 * @throws ApiError
 */
export async function othersOf(
	client: LagoClient,
	payment: PaymentFacts,
	entities: readonly string[],
): Promise<string | null> {
	if (isOfOthers(payment, await organizationOfAny(client, payment))) return notOurs(payment);
	const [first] = payment.shares ?? [];
	return (first && (await ofOthers(client, first.invoiceId, entities))?.message) ?? null;
}

/** Ours, where the payment says whose invoice it is. Throws ApiError. */
export async function organizationOfAny(client: LagoClient, { organizationId }: PaymentFacts): Promise<string | null> {
	return organizationId === null ? null : await organizationOf(client, organizationId);
}
