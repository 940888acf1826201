import { randomUUID } from 'node:crypto';
import nock from 'nock';
import type { IDataObject } from 'n8n-workflow';
import { API_KEY } from '../../support/executeContext';
import { strictNock } from '../../support/nock';
import { ID, MADE_FOR_IT, lagoInvoice, metadata } from './lagoInvoice';
import { lago, paid, reads, refusal, run } from './onInvoice';

strictNock();

describe('Update Payment Status', () => {
	test('premium: one payment with the Dodo id as reference', async () => {
		reads();
		lago()
			.post('/payments', {
				payment: { invoice_id: ID, amount_cents: 7_380, reference: 'pay_1', paid_at: '2026-11-01T10:01:11.123Z' },
			})
			.reply(200, { payment: { lago_id: 'p1' } });
		expect(await run('updatePaymentStatus', paid())).toMatchObject({
			outcome: 'settled',
			bookedAs: 'payment',
			invoiceId: ID,
			paymentId: 'pay_1',
		});
	});

	test.each<[string, IDataObject, string]>([
		[
			'the moment, not the day: it is 1 March in Tokyo',
			{ updated_at: '2026-02-28T23:00:00Z' },
			'2026-02-28T23:00:00.000Z',
		],
		[
			'nothing of when it was changed: when it was made, whoever brings it',
			{ updated_at: null, created_at: '2026-02-28T23:59:59.9Z' },
			'2026-02-28T23:59:59.900Z',
		],
		[
			'a change since, because money went back: when it was made',
			{
				updated_at: '2026-03-09T08:00:00Z',
				created_at: '2026-02-28T23:00:00Z',
				refunds: [{ refund_id: 'ref_1', status: 'succeeded', amount: 1 }],
			},
			'2026-02-28T23:00:00.000Z',
		],
	])('the payment says %s', async (_what, says, paid_at) => {
		const byWebhook = paid(says);
		// What a look finds comes with the time that the payment shows.
		const byLook = { ...byWebhook, occurredAt: String(says.updated_at ?? says.created_at) };
		for (const event of [byWebhook, byLook, byWebhook.data as IDataObject]) {
			reads();
			lago()
				.post('/payments', { payment: { invoice_id: ID, amount_cents: 7_380, reference: 'pay_1', paid_at } })
				.reply(200, { payment: { lago_id: 'p1' } });
			expect(await run('updatePaymentStatus', event)).toMatchObject({ outcome: 'settled' });
		}
	});

	test.each([
		['UTC', '2026-11-01T10:01:11.123456Z', '2026-11-01'],
		['Asia/Tokyo', '2026-02-28T23:00:00Z', '2026-03-01'],
		['America/New_York', '2026-03-01T02:00:00Z', '2026-02-28'],
	])("a Lago that takes days only gets the customer's day: %s", async (applicable_timezone, occurredAt, day) => {
		reads({ customer: { ...(lagoInvoice().customer as IDataObject), applicable_timezone } });
		const booking = (paid_at: string): nock.Interceptor =>
			lago().post('/payments', { payment: { invoice_id: ID, amount_cents: 7_380, reference: 'pay_1', paid_at } });
		booking(new Date(occurredAt).toISOString()).reply(422, {
			status: 422,
			code: 'validation_errors',
			error_details: { paid_at: ['invalid_date'] },
		});
		booking(day).reply(200, { payment: { lago_id: 'p1' } });
		expect(await run('updatePaymentStatus', { ...paid(), occurredAt })).toMatchObject({
			outcome: 'settled',
			bookedAs: 'payment',
		});
	});

	test('free: the status, with the ids, in one write; a licence may have come, so each payment is tried as one', async () => {
		const credential = randomUUID();
		const foreign = metadata({ po: '4711' });
		const before = [...foreign, ...metadata({ dodo_payment_id: 'cks_1', dodo_state: 'v1;open;a=1;m=7380' })];
		// A refusal for want of a licence reads like one for an invoice that was voided this moment: the first time it is looked at.
		reads({ metadata: before });
		for (let round = 0; round < 2; round++) {
			lago().post('/payments').reply(403, refusal(403, 'feature_unavailable'));
			reads({ metadata: before });
			lago()
				.put(`/invoices/${ID}`, {
					invoice: {
						payment_status: 'succeeded',
						metadata: [
							{ id: 'id-po', key: 'po', value: '4711' },
							{ id: 'id-dodo_payment_id', key: 'dodo_payment_id', value: 'pay_1' },
							{ id: 'id-dodo_state', key: 'dodo_state', value: 'v1;paid;a=1;m=7380;e=t' },
						],
					},
				})
				.reply(200, { invoice: lagoInvoice({ payment_status: 'succeeded' }) });
			expect(await run('updatePaymentStatus', paid(), {}, credential)).toMatchObject({
				outcome: 'settled',
				bookedAs: 'status',
			});
		}
	});

	test('booked before: nothing; booked by another payment: overpaid', async () => {
		for (const [reference, expected] of [
			['pay_1', { outcome: 'already_settled' }],
			[
				'pay_0',
				{
					outcome: 'overpaid',
					reason: 'paid_twice',
					nextStep: expect.stringContaining('Refund payment pay_1') as string,
				},
			],
		] as const) {
			reads({ payment_status: 'succeeded', total_due_amount_cents: 0 });
			lago()
				.get('/payments')
				.query({ invoice_id: ID, page: 1, per_page: 100 })
				.reply(200, { payments: [{ lago_id: 'p', reference }], meta: { next_page: null } });
			// A surplus payment is recorded on the invoice, where the merchant sees it.
			if (reference === 'pay_0')
				lago()
					.put(`/invoices/${ID}`, (body: { invoice: { metadata: Array<{ value: string }> } }) =>
						body.invoice.metadata.some(({ value }) => value.startsWith('v1;overpaid;')),
					)
					.reply(200, { invoice: lagoInvoice() });
			expect(await run('updatePaymentStatus', paid())).toMatchObject(expected);
		}
	});

	test('somebody books between reading and writing: read again, found', async () => {
		reads();
		lago()
			.post('/payments')
			.reply(422, refusal(422, 'validation_errors', { amount_cents: ['value_is_out_of_range'] }));
		lago()
			.get('/payments')
			.query(true)
			.reply(200, { payments: [{ lago_id: 'p', reference: 'pay_1' }], meta: { next_page: null } });
		reads({ payment_status: 'succeeded', total_due_amount_cents: 0 });
		expect(await run('updatePaymentStatus', paid())).toMatchObject({ outcome: 'already_settled' });
	});

	test('an invoice that is voided between reading and booking is overpaid, and Lago is not taken for one without licence', async () => {
		const credential = randomUUID();
		reads();
		lago().post('/payments').reply(403, refusal(403, 'feature_unavailable'));
		reads({ status: 'voided', total_due_amount_cents: 0 });
		lago()
			.get('/payments')
			.query(true)
			.reply(200, { payments: [], meta: { next_page: null } });
		reads({ status: 'voided', total_due_amount_cents: 0 });
		expect(await run('updatePaymentStatus', paid(), {}, credential)).toMatchObject({
			outcome: 'overpaid',
			reason: 'invoice_voided',
		});
		reads();
		lago()
			.post('/payments')
			.reply(200, { payment: { lago_id: 'p1' } });
		expect(await run('updatePaymentStatus', paid(), {}, credential)).toMatchObject({
			outcome: 'settled',
			bookedAs: 'payment',
		});
	});

	test('a payment that a person booked as a part is not booked again', async () => {
		reads({ total_amount_cents: 14_760 });
		lago()
			.get('/payments')
			.query(true)
			.reply(200, { payments: [{ lago_id: 'p', reference: 'pay_1' }], meta: { next_page: null } });
		expect(await run('updatePaymentStatus', paid())).toMatchObject({ outcome: 'already_settled' });
	});

	test.each(['partial', 'full'])(
		'a payment of which money went back before it was booked (%s) is booked all the same: the refund is mirrored by its own event',
		async (refund_status) => {
			reads();
			lago()
				.post('/payments')
				.reply(200, { payment: { lago_id: 'p1', reference: 'pay_1' } });
			expect(await run('updatePaymentStatus', paid({ refund_status }))).toMatchObject({ outcome: 'settled' });
		},
	);

	test('a failed payment of an invoice that nobody knows needs no person', async () => {
		lago().get(`/invoices/${ID}`).reply(404, refusal(404, 'invoice_not_found'));
		expect(await run('updatePaymentStatus', paid({ status: 'failed' }))).toMatchObject({ outcome: 'ignored' });
		expect(
			await run('updatePaymentStatus', paid({ status: 'failed', metadata: { lago_invoice_id: 'x' } })),
		).toMatchObject({ outcome: 'ignored' });
	});

	test('books that never come to rest fail the run; they do not hold the payment', async () => {
		for (let round = 0; round < 3; round++) {
			reads();
			lago()
				.post('/payments')
				.reply(422, refusal(422, 'validation_errors', { amount_cents: ['value_is_out_of_range'] }));
			lago()
				.get('/payments')
				.query(true)
				.reply(200, { payments: [], meta: { next_page: null } });
		}
		await expect(run('updatePaymentStatus', paid())).rejects.toMatchObject({
			message: expect.stringContaining('keeps changing'),
		});
	});

	test('a booking stands even when Lago refuses to correct what the metadata says of an earlier attempt', async () => {
		reads({ metadata: metadata({ dodo_payment_id: 'pay_0', dodo_state: 'v1;failed;a=1' }) });
		lago()
			.post('/payments')
			.reply(200, { payment: { lago_id: 'p1' } });
		lago().put(`/invoices/${ID}`).reply(405, refusal(405, 'update_on_voided_invoice'));
		expect(await run('updatePaymentStatus', paid())).toMatchObject({
			outcome: 'settled',
			message: expect.stringContaining('still says "failed"'),
		});
	});

	test.each<[string, string, IDataObject, IDataObject]>([
		['amount_below_due', 'too little', { total_amount: 7_379 }, {}],
		['amount_above_due', 'too much', { total_amount: 7_381 }, {}],
		['currency_mismatch', 'another currency', { currency: 'USD' }, {}],
	])('held %s: %s, nothing is written', async (reason, _case, payment, invoice) => {
		reads(invoice);
		expect(await run('updatePaymentStatus', paid(payment))).toMatchObject({
			outcome: 'held',
			reason,
			message: expect.stringContaining('pay_1'),
			nextStep: expect.any(String),
		});
	});

	test.each<[string, IDataObject]>([
		['unknown_origin', { checkout_session_id: null }],
		['unknown_invoice', { metadata: { lago_invoice_id: '1/../../customers' } }],
		['wrong_mode', { payment_link: 'https://checkout.dodopayments.com/abc' }],
		['unreadable_payment', { total_amount: 'many' }],
	])('held %s before Lago is asked', async (reason, payment) => {
		expect(await run('updatePaymentStatus', paid(payment))).toMatchObject({ outcome: 'held', reason });
	});

	test('an invoice that this Lago does not have is held', async () => {
		lago().get(`/invoices/${ID}`).reply(404, refusal(404, 'invoice_not_found'));
		expect(await run('updatePaymentStatus', paid())).toMatchObject({ outcome: 'held', reason: 'unknown_invoice' });
	});

	test.each<[string, IDataObject]>([
		['no Lago invoice', { metadata: {} }],
		['a payment method', { is_update_payment_method: true, total_amount: 0 }],
	])('%s is ignored without a call', async (_case, payment) => {
		expect(await run('updatePaymentStatus', paid(payment))).toMatchObject({ outcome: 'ignored' });
	});

	test('amounts may be text, as Dodo has sent them', async () => {
		reads();
		lago()
			.post('/payments')
			.reply(200, { payment: { lago_id: 'p1' } });
		expect(await run('updatePaymentStatus', paid({ total_amount: '7380' }))).toMatchObject({ outcome: 'settled' });
	});

	test('failed: status, code and ids in one write, the link stays known', async () => {
		reads({
			metadata: metadata({
				dodo_payment_id: 'cks_1',
				dodo_state: 'v1;open;a=1;m=7380;x=1800000000;u=https://pay.example/1',
			}),
		});
		lago()
			.put(
				`/invoices/${ID}`,
				(body: { invoice: { payment_status: string; metadata: Array<{ key: string; value: string }> } }) => {
					expect(body.invoice.payment_status).toBe('failed');
					expect(body.invoice.metadata.map(({ value }) => value)).toEqual([
						'cks_1',
						'v1;failed;a=1;m=7380;x=1800000000;e=t;d=EXPIRED_CARD;u=https://pay.example/1',
					]);
					return true;
				},
			)
			.reply(200, { invoice: lagoInvoice() });
		expect(await run('updatePaymentStatus', paid({ status: 'failed', error_code: 'EXPIRED_CARD' }))).toMatchObject({
			outcome: 'failed',
		});
	});

	test('a bank debit that fails in the end has used its link up: it is not handed out again', async () => {
		reads({
			metadata: metadata({
				dodo_payment_id: 'pay_1',
				dodo_state: 'v1;processing;a=1;m=7380;x=1800000000;u=https://pay.example/1',
			}),
		});
		lago()
			.put(
				`/invoices/${ID}`,
				(body: { invoice: { metadata: Array<{ value: string }> } }) =>
					body.invoice.metadata[1]?.value === 'v1;failed;a=1;e=t',
			)
			.reply(200, { invoice: lagoInvoice() });
		expect(await run('updatePaymentStatus', paid({ status: 'failed' }))).toMatchObject({ outcome: 'failed' });
	});

	test.each([
		['the first failure writes down when it was', 'v1;open;a=1;m=7380', 'v1;failed;a=2;m=7380;e=t;s=1787220000'],
		[
			'a later failure leaves that as it is',
			'v1;open;a=2;m=7380;f=1;s=1787000000',
			'v1;failed;a=2;m=7380;f=1;e=t;s=1787000000',
		],
	])('%s', async (_name, before, after) => {
		reads({ metadata: metadata({ dodo_payment_id: 'cks_1', dodo_state: before }) });
		lago()
			.put(
				`/invoices/${ID}`,
				(body: { invoice: { metadata: Array<{ value: string }> } }) => body.invoice.metadata[1]?.value === after,
			)
			.reply(200, { invoice: lagoInvoice() });
		expect(
			await run(
				'updatePaymentStatus',
				paid({
					status: 'failed',
					created_at: '2026-08-20T09:00:00Z',
					updated_at: '2026-08-20T10:00:00Z',
					metadata: { ...MADE_FOR_IT, attempt: '2' },
				}),
			),
		).toMatchObject({ outcome: 'failed' });
	});

	test('a late failure of a paid invoice writes nothing', async () => {
		reads({ payment_status: 'succeeded' });
		expect(await run('updatePaymentStatus', paid({ status: 'failed' }))).toMatchObject({ outcome: 'unchanged' });
	});

	test('metadata that changed meanwhile is read again', async () => {
		reads();
		lago()
			.put(`/invoices/${ID}`)
			.reply(422, refusal(422, 'validation_errors', { key: ['value_already_exist'] }));
		reads({ metadata: metadata({ dodo_payment_id: 'cks_9' }) });
		lago()
			.put(
				`/invoices/${ID}`,
				(body: { invoice: { metadata: IDataObject[] } }) => body.invoice.metadata[0]?.id === 'id-dodo_payment_id',
			)
			.reply(200, { invoice: lagoInvoice() });
		expect(await run('updatePaymentStatus', paid({ status: 'failed' }))).toMatchObject({ outcome: 'failed' });
	});

	test('Lago down, overloaded or refusing the key: the run fails, so that the event comes again', async () => {
		for (const status of [500, 503, 429, 408, 401]) {
			lago().get(`/invoices/${ID}`).reply(status, refusal(status, 'x'));
			await expect(run('updatePaymentStatus', paid())).rejects.toMatchObject({
				httpCode: String(status),
				message: expect.stringContaining(`Lago refused the request (${status} x)`),
			});
		}
		lago()
			.get(`/invoices/${ID}`)
			.replyWithError(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
		await expect(run('updatePaymentStatus', paid())).rejects.toMatchObject({
			message: expect.stringContaining('did not answer'),
			description: expect.stringContaining('Nothing was lost'),
		});
	});

	test('what is not Lago (a web page, a proxy, a redirect) cannot hold an event: it fails and comes again', async () => {
		for (const [status, body] of [
			[404, '<html></html>'],
			[404, {}],
			[301, ''],
			[400, 'Bad Request'],
		] as const) {
			lago().get(`/invoices/${ID}`).reply(status, body);
			await expect(run('updatePaymentStatus', paid())).rejects.toMatchObject({ httpCode: String(status) });
		}
	});

	test('no error shows the key', async () => {
		lago()
			.get(`/invoices/${ID}`)
			.replyWithError(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
		const shown: unknown = await run('updatePaymentStatus', paid()).catch((caught: unknown) => caught);
		expect(JSON.stringify([shown, (shown as Error).message, (shown as Error).stack])).not.toContain(API_KEY);
	});
});
