import { randomUUID } from 'node:crypto';
import nock from 'nock';
import type { IDataObject } from 'n8n-workflow';
import { operations } from '../../../nodes/DodoPayments/actions/operations';
import { DodoClient } from '../../../nodes/DodoPayments/transport/client';
import { BASE_URL, executeContext, itemsOf } from '../../support/executeContext';
import { ID, lagoInvoice, metadata } from './lagoInvoice';

export const dodo = () => nock(BASE_URL);
export const customer = {
	...(lagoInvoice().customer as IDataObject),
	metadata: metadata({ dodo_customer_id: 'cus_1', dodo_subscription_id: 'sub_1' }),
};
/** An invoice whose customer has a mandate; `ours` is what we wrote on it. */
export const invoiceOf = (ours: Record<string, string> = {}, change: IDataObject = {}): IDataObject =>
	lagoInvoice({ created_at: '2026-08-01T00:05:10Z', customer, metadata: metadata(ours), ...change });
export const mandate = (change: IDataObject = {}): IDataObject => ({
	subscription_id: 'sub_1',
	status: 'active',
	currency: 'EUR',
	on_demand: true,
	tax_inclusive: true,
	cancel_at_next_billing_date: false,
	metadata: {},
	customer: { customer_id: 'cus_1' },
	...change,
});
export const listed = (
	payment_id: string,
	status: string | null,
	attempt = 1,
	change: IDataObject = {},
): IDataObject => ({
	payment_id,
	status,
	total_amount: 7_380,
	currency: 'EUR',
	refund_status: null,
	metadata: { lago_invoice_id: ID, attempt: String(attempt) },
	subscription_id: 'sub_1',
	...change,
});
export const hasMandate = (change: IDataObject = {}) => dodo().get('/subscriptions/sub_1').reply(200, mandate(change));
export const hasPayments = (...items: IDataObject[]) =>
	dodo()
		.get('/payments')
		.query(({ customer_id }) => customer_id === 'cus_1')
		.reply(200, { items });
export const charges = (status: number, body: IDataObject | ((body: IDataObject) => IDataObject)) =>
	dodo()
		.post('/subscriptions/sub_1/charge')
		.reply(status, (_uri, sent) => (typeof body === 'function' ? body(sent as IDataObject) : body));
export const refused = (code: string): IDataObject => ({ code, message: 'No.' });

/** Charges an invoice; the item that comes out. */
export async function charge(
	invoice: IDataObject,
	{
		tryAgain = false,
		account = randomUUID() as string,
		...more
	}: IDataObject & { tryAgain?: boolean; account?: string } = {},
): Promise<IDataObject> {
	const context = executeContext({
		input: [invoice],
		credentialId: account,
		parameters: { resource: 'mandate', operation: 'charge', invoice: '={{ $json }}', tryAgain, additionalFields: more },
	});
	const [item] = await itemsOf(context, operations, DodoClient.of);
	return item?.json as IDataObject;
}
