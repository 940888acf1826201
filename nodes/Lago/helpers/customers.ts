import type { IDataObject } from 'n8n-workflow';
import { pathPart } from '../../shared/domain/address';
import { customerAnswerSchema, type LagoCustomer } from '../../shared/wire/lago/objects';
import type { LagoClient } from '../transport/client';

/** Lago allows five entries on a customer. */
export const MAX_CUSTOMER_ENTRIES = 5;

/** One metadata entry of a customer as it is written. */
export interface CustomerEntry {
	id?: string;
	key: string;
	value: string;
	display_in_invoice: boolean;
}

/** One customer by the id that the merchant gave. Throws ApiError, 404 for an unknown one. */
export async function fetchCustomer(client: LagoClient, externalId: string): Promise<LagoCustomer> {
	return (await client.request(customerAnswerSchema, { method: 'GET', path: `/customers/${pathPart(externalId)}` }))
		.customer;
}

/** The entries of a customer, each with the id and the flag that would be lost if they were left out of a write. */
export function entriesOf(customer: LagoCustomer): CustomerEntry[] {
	return (customer.metadata ?? []).map(({ lago_id, key, value, display_in_invoice }) => ({
		...(lago_id ? { id: lago_id } : {}),
		key,
		value: value ?? '',
		display_in_invoice: display_in_invoice ?? false,
	}));
}

/** Replaces the metadata of a customer; nothing else of it is touched. Throws ApiError. */
export async function replaceEntries(client: LagoClient, externalId: string, entries: CustomerEntry[]): Promise<void> {
	const metadata = entries.map((entry): IDataObject => ({ ...entry }));
	await client.request(customerAnswerSchema, {
		method: 'POST',
		path: '/customers',
		body: { customer: { external_id: externalId, metadata } },
	});
}
