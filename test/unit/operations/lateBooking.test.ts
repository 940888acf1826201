import { randomUUID } from 'node:crypto';
import nock from 'nock';
import type { IDataObject } from 'n8n-workflow';
import { operations } from '../../../nodes/Lago/actions/operations';
import { LagoClient } from '../../../nodes/Lago/transport/client';
import { keyOf } from '../../../nodes/shared/domain/counted';
import { BASE_URL, executeContext, itemsOf } from '../../support/executeContext';
import { strictNock } from '../../support/nock';
import { ID, MADE_FOR_IT, lagoInvoice, metadata } from './lagoInvoice';

strictNock();

const lago = () => nock(`${BASE_URL}/api/v1`);
const fees = [{ lago_id: 'fee_1', amount_cents: 6_150, taxes_rate: 20, precise_coupons_amount_cents: '0.0' }];
const open = {
	metadata: metadata({ dodo_payment_id: 'cks_1', dodo_state: 'v1;open;a=1;m=7380' }),
	total_paid_amount_cents: 0,
	fees,
};
const paid = { ...open, payment_status: 'succeeded', total_paid_amount_cents: 7_380, total_due_amount_cents: 0 };
const reads = (change: IDataObject) =>
	lago()
		.get(`/invoices/${ID}`)
		.reply(200, { invoice: lagoInvoice(change) });
const lists = (...references: string[]) =>
	lago()
		.get('/payments')
		.query(true)
		.reply(200, {
			payments: references.map((reference) => ({
				lago_id: reference,
				reference,
				amount_cents: 7_380,
				lago_payable_id: ID,
			})),
			meta: { next_page: null },
		});
const books = () =>
	lago()
		.post('/payments')
		.reply(200, { payment: { lago_id: 'p1', reference: 'pay_1' } });
const credits = (): void => {
	const note = {
		lago_id: 'cn',
		number: 'ACM-7-CN001',
		lago_invoice_id: ID,
		invoice_number: 'ACM-7',
		currency: 'EUR',
		refund_status: 'pending',
		total_amount_cents: 2_460,
		refund_amount_cents: 2_460,
	};
	lago().post('/credit_notes').reply(200, { credit_note: note });
	const done = { refund_status: 'succeeded' };
	lago()
		.put('/credit_notes/cn', { credit_note: done })
		.reply(200, { credit_note: { ...note, ...done } });
};

const payment = {
	payment_id: 'pay_1',
	status: 'succeeded',
	total_amount: 7_380,
	tax: 0,
	currency: 'EUR',
	checkout_session_id: 'cks_1',
	refund_status: 'partial',
	metadata: { ...MADE_FOR_IT, lago_invoice_number: 'ACM-7' },
	created_at: '2026-08-20T10:00:00Z',
};

async function run(parameters: IDataObject): Promise<IDataObject> {
	const context = executeContext({
		credentialId: randomUUID(),
		parameters: { reason: 'other', payment, ...parameters },
	});
	const [item] = await itemsOf(context, operations, LagoClient.of);
	return item?.json as IDataObject;
}
const refund = async () =>
	await run({
		resource: 'creditNote',
		operation: 'create',
		refund: {
			event: 'refund.succeeded',
			mode: 'test',
			data: {
				refund_id: 'ref_1',
				payment_id: 'pay_1',
				status: 'succeeded',
				amount: 2_460,
				currency: 'EUR',
				is_partial: true,
				metadata: {},
			},
		},
	});
const dispute = async (given: IDataObject = {}) =>
	await run({
		resource: 'invoice',
		operation: 'recordDispute',
		dispute: {
			event: 'dispute.lost',
			mode: 'test',
			data: {
				dispute_id: 'dis_1',
				payment_id: 'pay_1',
				dispute_status: 'dispute_lost',
				amount: '7380',
				currency: 'EUR',
				...given,
			},
		},
	});

test('a refund that is told before its payment books the payment, then makes the credit note', async () => {
	lago()
		.get('/credit_notes')
		.query(true)
		.reply(200, { credit_notes: [], meta: { next_page: null } });
	reads(open);
	lists();
	reads(open);
	books();
	reads(paid);
	lists('pay_1');
	credits();
	expect(await refund()).toMatchObject({ outcome: 'credited', refundAmount: 2_460 });
});

test('a refund whose payment is booked by somebody else meanwhile sees what is booked now', async () => {
	lago()
		.get('/credit_notes')
		.query(true)
		.reply(200, { credit_notes: [], meta: { next_page: null } });
	reads(open);
	lists('pay_1');
	reads(paid);
	credits();
	expect(await refund()).toMatchObject({ outcome: 'credited', refundAmount: 2_460 });
});

test('the refund of a surplus payment, told before the payment: both stand on the invoice, the one after the other', async () => {
	const settledBy = (id: string, state: string): IDataObject => ({
		...paid,
		metadata: metadata({ dodo_payment_id: id, dodo_state: state }),
	});
	const before = settledBy('pay_0', 'v1;paid;a=1;m=7380');
	const written: string[] = [];
	const writes = () =>
		lago()
			.put(`/invoices/${ID}`, ({ invoice }: { invoice: { metadata: Array<{ value: string }> } }) =>
				Boolean(written.push(...invoice.metadata.map(({ value }) => value))),
			)
			.reply(200, { invoice: lagoInvoice({}) });
	lago()
		.get('/credit_notes')
		.query(true)
		.reply(200, { credit_notes: [], meta: { next_page: null } });
	reads(before);
	lists('pay_0');
	reads(before);
	lists('pay_0');
	writes();
	reads(settledBy('pay_1', 'v1;overpaid;a=1'));
	writes();
	expect(await refund()).toMatchObject({ outcome: 'overpayment_returned' });
	expect(written).toEqual(['pay_1', expect.stringMatching(/^v1;overpaid/), 'pay_1', 'v1;returned;a=1']);
});

test('a lost dispute that is told before its payment books the payment, then marks the invoice', async () => {
	reads(open);
	lists();
	reads(open);
	books();
	reads(paid);
	lists('pay_1');
	lago().post(`/invoices/${ID}/lose_dispute`).reply(200);
	expect(await dispute()).toMatchObject({ outcome: 'dispute_lost' });
});

test('what could never be booked stays unbooked: a payment over another amount', async () => {
	reads(open);
	lists();
	reads({ ...open, total_due_amount_cents: 9_999, total_amount_cents: 9_999 });
	expect(await dispute()).toMatchObject({ outcome: 'ignored' });
});

const lostAt = { ...paid, payment_dispute_lost_at: '2026-08-20T10:00:00.000Z' };
test('a dispute that is won after Lago marked it as lost is noted on the invoice, once; Lago has no way back', async () => {
	reads(lostAt);
	lago()
		.put(
			`/invoices/${ID}`,
			(body: { invoice: { metadata: Array<{ value: string }> } }) =>
				body.invoice.metadata[1]?.value === `v1;open;a=1;m=7380;w=1;o=${keyOf('dis_1')}+0`,
		)
		.reply(200, { invoice: lagoInvoice() });
	expect(await dispute({ dispute_status: 'dispute_won' })).toMatchObject({
		outcome: 'dispute_won',
		message: expect.stringContaining('its metadata now says that it was won'),
	});
	reads({ ...lostAt, metadata: metadata({ dodo_payment_id: 'cks_1', dodo_state: 'v1;open;a=1;m=7380;w=1' }) });
	expect(await dispute({ dispute_status: 'dispute_won' })).toMatchObject({
		outcome: 'dispute_won',
		message: expect.stringContaining('nothing to undo'),
	});
});

test('a dispute that is won in the first place changes nothing', async () => {
	reads(paid);
	expect(await dispute({ dispute_status: 'dispute_won' })).toMatchObject({
		outcome: 'dispute_won',
		message: expect.stringContaining('nothing to undo'),
	});
});

describe('a payment that collected what was due on a mandate names no invoice', () => {
	const dues = {
		...payment,
		payment_id: 'pay_dues',
		checkout_session_id: null,
		subscription_id: 'sub_1',
		metadata: {},
	};
	const customer = {
		...(lagoInvoice().customer as IDataObject),
		metadata: [{ lago_id: 'm', key: 'dodo_subscription_id', value: 'sub_1' }],
	};
	const settledBy = { ...paid, customer, metadata: metadata({ dodo_payment_id: 'pay_0', dodo_state: 'v1;paid;a=1' }) };
	/** What tells which invoice it is booked on. */
	const findsIt = (found: boolean): void => {
		lago()
			.get('/customers')
			.query(true)
			.reply(200, {
				customers: found
					? [{ lago_id: 'c', external_id: 'cust_42', metadata: [{ key: 'dodo_subscription_id', value: 'sub_1' }] }]
					: [],
				meta: { next_page: null },
			});
		if (!found) return;
		lists('pay_dues');
		reads(settledBy);
		lists('pay_dues');
	};
	const refundOfDues = async () =>
		await run({
			resource: 'creditNote',
			operation: 'create',
			payment: dues,
			refund: {
				event: 'refund.succeeded',
				mode: 'test',
				data: {
					refund_id: 'ref_1',
					payment_id: 'pay_dues',
					status: 'succeeded',
					amount: 2_460,
					currency: 'EUR',
					is_partial: true,
					metadata: {},
				},
			},
		});
	const disputeOfDues = async () =>
		await run({
			resource: 'invoice',
			operation: 'recordDispute',
			payment: dues,
			dispute: {
				event: 'dispute.lost',
				mode: 'test',
				data: {
					dispute_id: 'dis_1',
					payment_id: 'pay_dues',
					dispute_status: 'dispute_lost',
					amount: '7380',
					currency: 'EUR',
				},
			},
		});

	test('its refund becomes the credit note of the invoice that it paid', async () => {
		findsIt(true);
		reads(settledBy);
		lago()
			.get('/credit_notes')
			.query(true)
			.reply(200, { credit_notes: [], meta: { next_page: null } });
		lists('pay_dues');
		credits();
		expect(await refundOfDues()).toMatchObject({ outcome: 'credited', refundAmount: 2_460 });
	});

	test('its lost dispute marks the invoice that it paid', async () => {
		findsIt(true);
		reads(settledBy);
		lists('pay_dues');
		lago().post(`/invoices/${ID}/lose_dispute`).reply(200);
		expect(await disputeOfDues()).toMatchObject({ outcome: 'dispute_lost', invoiceId: ID });
	});

	test.each([
		['refund', refundOfDues],
		['dispute', disputeOfDues],
	])('a %s of a subscription that has nothing to do with Lago is ignored', async (_name, execute) => {
		findsIt(false);
		expect(await execute()).toMatchObject({ outcome: 'ignored' });
	});
});
