import { randomUUID } from 'node:crypto';
import nock from 'nock';
import type { IDataObject } from 'n8n-workflow';
import { operations } from '../../../nodes/Lago/actions/operations';
import { LagoClient } from '../../../nodes/Lago/transport/client';
import { BASE_URL, executeContext, itemsOf } from '../../support/executeContext';
import { ID, MADE_FOR_IT, lagoInvoice } from './lagoInvoice';

/** Lago's API, as nock answers for it. */
export const lago = () => nock(`${BASE_URL}/api/v1`);
/** How Lago refuses. */
export const refusal = (status: number, code: string, error_details?: object) => ({
	status,
	error: 'Refused',
	code,
	error_details,
});

/** Runs an operation of an invoice on one item; the item that comes out first. */
export async function run(
	operation: string,
	input: IDataObject,
	parameters: IDataObject = {},
	credentialId = randomUUID(),
): Promise<IDataObject> {
	const context = executeContext({
		input: [input],
		credentialId,
		parameters: {
			resource: 'invoice',
			operation,
			payment: '={{ $json }}',
			intent: '={{ $json }}',
			filters: {},
			...parameters,
		},
	});
	const items = await itemsOf(context, operations, LagoClient.of);
	return items[0]?.json as IDataObject;
}

/** What the Dodo Payments Trigger hands over. */
export const paid = (change: IDataObject = {}): IDataObject => ({
	event: 'payment.succeeded',
	mode: 'test',
	occurredAt: '2026-11-01T10:01:11.123456Z',
	data: {
		payment_id: 'pay_1',
		status: 'succeeded',
		total_amount: 7_380,
		tax: 0,
		currency: 'EUR',
		checkout_session_id: 'cks_1',
		metadata: MADE_FOR_IT,
		...change,
	},
});
/** The invoice is read once. */
export const reads = (change: IDataObject = {}) =>
	lago()
		.get(`/invoices/${ID}`)
		.reply(200, { invoice: lagoInvoice(change) });
