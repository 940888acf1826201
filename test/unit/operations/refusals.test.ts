import { randomUUID } from 'node:crypto';
import nock from 'nock';
import type { IDataObject } from 'n8n-workflow';
import { operations } from '../../../nodes/Lago/actions/operations';
import { LagoClient } from '../../../nodes/Lago/transport/client';
import { BASE_URL, executeContext, itemsOf } from '../../support/executeContext';
import { strictNock } from '../../support/nock';
import { ID, lagoInvoice, metadata } from './lagoInvoice';

strictNock();

const NOTE = '7a3f0c6e-2b1d-4f7a-b0c9-1f2e3d4c5b6a';
const lago = () => nock(`${BASE_URL}/api/v1`);
const invalid = {
	status: 422,
	error: 'Unprocessable Entity',
	code: 'validation_errors',
	error_details: { value: ['value_is_mandatory'] },
};
const taken = { ...invalid, error_details: { key: ['value_already_exist'] } };
const run = async (
	resource: string,
	operation: string,
	parameters: IDataObject,
	input: IDataObject = {},
): Promise<IDataObject> => {
	const context = executeContext({
		credentialId: randomUUID(),
		input: [input],
		parameters: { resource, operation, ...parameters },
	});
	const [item] = await itemsOf(context, operations, LagoClient.of);
	return item?.json as IDataObject;
};

const customer = { external_id: 'cust_42', metadata: [] };
const mandate = {
	subscription_id: 'sub_1',
	status: 'active',
	currency: 'EUR',
	on_demand: true,
	customer: { customer_id: 'cus_1' },
	metadata: { lago_customer_external_id: 'cust_42' },
};
const refund = {
	outcome: 'created',
	creditNoteId: NOTE,
	creditNoteNumber: 'ACM-7-CN001',
	invoiceId: ID,
	invoiceNumber: 'ACM-7',
	refundId: 'ref_1',
	paymentId: 'pay_1',
	status: 'succeeded',
};
const entries = metadata({ dodo_payment_id: 'cks_0', dodo_state: 'v1;failed;a=1' });
const intent = () => ({
	outcome: 'created',
	checkoutUrl: 'https://pay.example/1',
	invoiceId: ID,
	saveToInvoice: { paymentReference: 'cks_1', state: 'v1;open;a=2;m=7380', metadata: entries, readAt: Date.now() },
});
const failure = { outcome: 'failed', invoiceId: ID, declineCode: 'INSUFFICIENT_FUNDS' };
const readsInvoice = () =>
	lago()
		.get(`/invoices/${ID}`)
		.reply(200, { invoice: lagoInvoice({ metadata: entries }) });
const savesIntent = async () => await run('invoice', 'savePaymentReference', { intent: '={{ $json }}' }, intent());

interface Write {
	prepare(status: number, body: object): void;
	run(): Promise<IDataObject>;
}
const writes: Record<string, Write> = {
	'the mandate of a customer': {
		prepare(status, body) {
			lago().get('/customers/cust_42').reply(200, { customer });
			lago().post('/customers').reply(status, body);
		},
		run: async () => await run('customer', 'saveMandate', { mandate }),
	},
	'the refund of a credit note': {
		prepare: (status, body) => void lago().put(`/credit_notes/${NOTE}`).reply(status, body),
		run: async () => await run('creditNote', 'saveRefund', { refund: '={{ $json }}' }, refund),
	},
	'the link of an invoice': {
		prepare(status, body) {
			readsInvoice();
			lago().put(`/invoices/${ID}`).reply(status, body);
		},
		run: savesIntent,
	},
	'the next try of an invoice': {
		prepare(status, body) {
			readsInvoice();
			lago().put(`/invoices/${ID}`).reply(status, body);
		},
		run: async () =>
			await run('invoice', 'planRetry', { failure: '={{ $json }}', schedule: '1d', timeOfDay: '09:00' }, failure),
	},
};

describe.each(Object.entries(writes))('%s', (_name, { prepare, run: execute }) => {
	test('is held when Lago refuses it for good: sending the event again would not help', async () => {
		prepare(422, invalid);
		expect(await execute()).toMatchObject({
			outcome: 'held',
			reason: 'lago_refused',
			message: expect.stringContaining('validation_errors'),
			nextStep: expect.any(String),
		});
	});

	test.each([
		['Lago is down', 503, { status: 503, error: 'down', code: 'down' }],
		['somebody inserts the same key at that moment', 422, taken],
		['the key may not do it', 403, { status: 403, error: 'Forbidden', code: 'read_write_required' }],
	])('fails when %s, so that the event comes again', async (_case, status, body) => {
		prepare(status, body);
		await expect(execute()).rejects.toThrow();
	});
});

test('what was made at Dodo Payments is still told when Lago does not take the note of it', async () => {
	readsInvoice();
	lago().put(`/invoices/${ID}`).reply(422, invalid);
	expect(await savesIntent()).toMatchObject({ outcome: 'held', checkoutUrl: 'https://pay.example/1', invoiceId: ID });
});

test('a refund for a credit note that nobody knows is held', async () => {
	lago().get(`/credit_notes/${NOTE}`).reply(404, { status: 404, error: 'Not Found', code: 'credit_note_not_found' });
	const data = {
		refund_id: 'ref_1',
		payment_id: 'pay_1',
		status: 'succeeded',
		amount: 100,
		currency: 'EUR',
		metadata: { lago_credit_note_id: NOTE },
	};
	const payment = {
		payment_id: 'pay_1',
		status: 'succeeded',
		total_amount: 7_380,
		currency: 'EUR',
		metadata: { lago_invoice_id: ID },
	};
	expect(await run('creditNote', 'create', { refund: { data }, payment, reason: 'other' })).toMatchObject({
		outcome: 'held',
		reason: 'unknown_credit_note',
	});
});
