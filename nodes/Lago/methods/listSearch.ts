import type { IDataObject, ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';
import { formatAmount } from '../../shared/domain/money';
import { topUpAmount, topUpNumber } from '../../shared/domain/topUp';
import { asNodeError } from '../../shared/transport/nodeError';
import { subscriptionSchema } from '../../shared/wire/lago/access';
import { creditNoteSchema } from '../../shared/wire/lago/creditNote';
import { invoiceSchema, listedCustomerSchema } from '../../shared/wire/lago/objects';
import { waitingTopUps } from '../helpers/topUps';
import { LagoClient } from '../transport/client';

const LIST_LIMIT = 100;

/** The newest invoices, searched by Lago (number, customer, id). */
export async function searchInvoices(this: ILoadOptionsFunctions, filter?: string): Promise<INodeListSearchResult> {
	return await listing(this, async (client) => {
		const invoices = await client.list('invoices', invoiceSchema, queryOf(filter), LIST_LIMIT);
		return invoices.map(({ lago_id, number, customer, total_amount_cents, currency, payment_status }) => ({
			name: [number, customer?.name, formatAmount(total_amount_cents, currency), payment_status]
				.filter(Boolean)
				.join(' · '),
			value: lago_id,
		}));
	});
}

/** The newest credit notes, searched by Lago. */
export async function searchCreditNotes(this: ILoadOptionsFunctions, filter?: string): Promise<INodeListSearchResult> {
	return await listing(this, async (client) => {
		const notes = await client.list('credit_notes', creditNoteSchema, queryOf(filter), LIST_LIMIT);
		return notes.map(({ lago_id, number, refund_amount_cents, currency, refund_status }) => ({
			name: [number, `refund ${formatAmount(refund_amount_cents, currency)}`, refund_status]
				.filter(Boolean)
				.join(' · '),
			value: lago_id,
		}));
	});
}

/** The newest customers, searched by Lago; chosen by the id that the merchant gave. */
export async function searchCustomers(this: ILoadOptionsFunctions, filter?: string): Promise<INodeListSearchResult> {
	return await listing(this, async (client) => {
		const customers = await client.list('customers', listedCustomerSchema, queryOf(filter), LIST_LIMIT);
		return customers.map(({ external_id, name, email }) => ({
			name: [name, email, external_id].filter(Boolean).join(' · '),
			value: external_id,
		}));
	});
}

/** Top-ups that wait for their payment; Lago does not search them. */
export async function searchTopUps(this: ILoadOptionsFunctions, filter?: string): Promise<INodeListSearchResult> {
	return await listing(this, async (client) =>
		(await waitingTopUps(client))
			.map(({ wallet, transaction: { lago_id, amount } }) => ({
				name: [
					topUpNumber(lago_id),
					wallet.external_customer_id,
					formatAmount(topUpAmount(amount, wallet.currency), wallet.currency),
				].join(' · '),
				value: lago_id,
			}))
			.filter(({ name }) => name.toLowerCase().includes((filter ?? '').toLowerCase())),
	);
}

/** The subscriptions of the customer that is chosen in the same node; Lago does not search them. */
export async function searchSubscriptions(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	const customer = String(this.getCurrentNodeParameter('customer', { extractValue: true }) ?? '');
	return await listing(this, async (client) => {
		const query = {
			...(customer === '' ? {} : { external_customer_id: customer }),
			status: ['active', 'pending', 'terminated'],
		};
		const rows = await client.list('subscriptions', subscriptionSchema, query, LIST_LIMIT);
		const names = new Map(
			rows.map(({ external_id, name, plan_code, status }) => [
				external_id,
				[name, plan_code, status, external_id].filter(Boolean).join(' · '),
			]),
		);
		return [...names]
			.filter(([, name]) => name.toLowerCase().includes((filter ?? '').toLowerCase()))
			.map(([value, name]) => ({ name, value }));
	});
}

function queryOf(filter: string | undefined): IDataObject {
	return filter ? { search_term: filter } : {};
}

async function listing(
	ctx: ILoadOptionsFunctions,
	load: (client: LagoClient) => Promise<INodeListSearchResult['results']>,
): Promise<INodeListSearchResult> {
	return {
		results: await LagoClient.of(ctx)
			.then(load)
			.catch((caught: unknown) => {
				throw asNodeError(ctx.getNode(), caught);
			}),
	};
}
