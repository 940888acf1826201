import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';
import { formatAmount } from '../../shared/domain/money';
import { asNodeError } from '../../shared/transport/nodeError';
import { invoiceSchema } from '../schemas/objects';
import { LagoClient } from '../transport/client';

const LIST_LIMIT = 100;

/** The newest invoices, searched by Lago (number, customer, id). */
export async function searchInvoices(this: ILoadOptionsFunctions, filter?: string): Promise<INodeListSearchResult> {
	const query = filter ? { search_term: filter } : {};
	const invoices = await LagoClient.of(this)
		.then(async (client) => await client.list('invoices', invoiceSchema, query, LIST_LIMIT))
		.catch(async (caught) => await Promise.reject(asNodeError(this.getNode(), caught)));
	return {
		results: invoices.map(({ lago_id, number, customer, total_amount_cents, currency, payment_status }) => ({
			name: [number, customer?.name, formatAmount(total_amount_cents, currency), payment_status].filter(Boolean).join(' · '),
			value: lago_id,
		})),
	};
}
