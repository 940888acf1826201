import { randomUUID } from 'node:crypto';
import nock from 'nock';
import type { IDataObject } from 'n8n-workflow';
import { operations } from '../../../nodes/DodoPayments/actions/operations';
import { DodoClient } from '../../../nodes/DodoPayments/transport/client';
import { BASE_URL, executeContext, itemsOf } from '../../support/executeContext';
import { ID, MADE_FOR_IT } from './lagoInvoice';

export const dodo = () => nock(BASE_URL);
export const lago = () => nock(`${BASE_URL}/api/v1`);
export const NOTE_ID = 'cd000000-0000-4000-8000-0000000000cd';
export const REASON = `Lago credit note ACM-7-CN001 (${NOTE_ID})`;

/** A credit note as Credit Note > Get hands it over, with what the invoice was paid by. */
export const note = (change: IDataObject = {}): IDataObject => ({
	lago_id: NOTE_ID,
	number: 'ACM-7-CN001',
	lago_invoice_id: ID,
	invoice_number: 'ACM-7',
	currency: 'EUR',
	refund_status: 'pending',
	total_amount_cents: 2_460,
	refund_amount_cents: 2_460,
	metadata: {},
	dodoPayments: [{ reference: 'pay_1', amount: 7_380 }],
	...change,
});
export const payment = (change: IDataObject = {}): IDataObject => ({
	payment_id: 'pay_1',
	status: 'succeeded',
	total_amount: 7_380,
	tax: 1_230,
	currency: 'EUR',
	metadata: MADE_FOR_IT,
	refunds: [],
	...change,
});
export const listed = (status: string, change: IDataObject = {}): IDataObject => ({
	refund_id: 'ref_1',
	status,
	amount: 2_460,
	reason: REASON,
	...change,
});
export const reads = (change: IDataObject = {}, id = 'pay_1') =>
	dodo()
		.get(`/payments/${id}`)
		.reply(200, payment({ payment_id: id, ...change }));
export const lines = (...items: Array<[string, number]>) =>
	dodo()
		.get('/payments/pay_1/line-items')
		.reply(200, {
			currency: 'EUR',
			items: items.map(([items_id, amount]) => ({ items_id, amount, refundable_amount: amount })),
		});
/** What was wrong with a request; thrown inside an answer it would only hang the test. */
let problems: unknown[] = [];
/** Says after each test what was wrong. */
export function tellProblems(): void {
	afterEach(() => {
		const [first] = problems;
		problems = [];
		if (first !== undefined) throw first as Error;
	});
}

export const refunds = (check: (body: IDataObject) => void, answer: IDataObject = {}) =>
	dodo()
		.post('/refunds')
		.reply(200, (_uri, body) => {
			try {
				check(body as IDataObject);
			} catch (problem) {
				problems.push(problem);
			}
			return {
				refund_id: 'ref_1',
				payment_id: 'pay_1',
				status: 'pending',
				amount: 2_460,
				currency: 'EUR',
				metadata: {},
				...answer,
			};
		});
/** Takes a refund that must not be asked for, and remembers it. */
export const mustNotRefund = (): { asked: IDataObject[] } => {
	const seen: { asked: IDataObject[] } = { asked: [] };
	dodo()
		.post('/refunds')
		.optionally()
		.reply(200, (_uri, body) => {
			seen.asked.push(body as IDataObject);
			return { refund_id: 'ref_x', payment_id: 'pay_1', status: 'pending', metadata: {} };
		});
	return seen;
};
export const refused = (code: string): IDataObject => ({ code, message: 'No.' });

/** Makes a refund; the item that comes out. */
export async function create(
	input: IDataObject,
	parameters: IDataObject = {},
	account: string = randomUUID(),
): Promise<IDataObject> {
	const context = executeContext({
		input: [input],
		credentialId: account,
		typeVersion: 1,
		parameters: {
			resource: 'refund',
			operation: 'create',
			source: 'creditNote',
			creditNote: '={{ $json }}',
			overpayment: '={{ $json }}',
			...parameters,
		},
	});
	const [item] = await itemsOf(context, operations, DodoClient.of);
	return item?.json as IDataObject;
}
export const give = async (parameters: IDataObject, account?: string): Promise<IDataObject> =>
	await create({}, { source: 'payment', payment: 'pay_1', amount: 0, reference: 'ticket-1', ...parameters }, account);
export const overpaid = async (input: IDataObject, account?: string): Promise<IDataObject> =>
	await create(input, { source: 'overpayment' }, account);
