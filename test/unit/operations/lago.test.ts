import { randomUUID } from 'node:crypto';
import nock from 'nock';
import type { IDataObject } from 'n8n-workflow';
import { operations } from '../../../nodes/Lago/actions/operations';
import { LagoClient } from '../../../nodes/Lago/transport/client';
import { API_KEY, BASE_URL, executeContext, itemsOf } from '../../support/executeContext';
import { strictNock } from '../../support/nock';
import { ID, MADE_FOR_IT, lagoInvoice, metadata } from './lagoInvoice';

strictNock();

const lago = () => nock(`${BASE_URL}/api/v1`);
const refusal = (status: number, code: string, error_details?: object) => ({
	status,
	error: 'Refused',
	code,
	error_details,
});

async function run(
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
const paid = (change: IDataObject = {}): IDataObject => ({
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
const reads = (change: IDataObject = {}) =>
	lago()
		.get(`/invoices/${ID}`)
		.reply(200, { invoice: lagoInvoice(change) });

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

describe('a failure and its next try', () => {
	const RETRIES = { retrySchedule: '1d,3d', timeOfDay: '09:00' };
	const failed = (error_code = 'INSUFFICIENT_FUNDS'): IDataObject => paid({ status: 'failed', error_code });
	const stateIn = (body: unknown): string =>
		(body as { invoice: { metadata: Array<{ key: string; value: string }> } }).invoice.metadata.find(
			({ key }) => key === 'dodo_state',
		)?.value ?? '';
	const seconds = (fromNow: number): number => Math.floor(Date.now() / 1000) + fromNow;
	/** An invoice on which this failure stands already. */
	const recorded = (more: string): void =>
		void reads({
			payment_status: 'failed',
			metadata: metadata({ dodo_payment_id: 'pay_1', dodo_state: `v1;failed;a=1;m=7380${more}` }),
		});

	test('are one write', async () => {
		reads();
		let written = '';
		lago()
			.put(`/invoices/${ID}`, (body) => ((written = stateIn(body)), body.invoice.payment_status === 'failed'))
			.reply(200, { invoice: lagoInvoice({ payment_status: 'failed' }) });
		expect(await run('updatePaymentStatus', failed(), RETRIES)).toMatchObject({
			outcome: 'retry_planned',
			failedTries: 1,
			declineCode: 'INSUFFICIENT_FUNDS',
		});
		expect(written).toMatch(/^v1;failed;.*n=\d+;f=1/);
	});

	test('a hard decline plans nothing, and says what to do', async () => {
		reads();
		let written = '';
		lago()
			.put(`/invoices/${ID}`, (body) => ((written = stateIn(body)), true))
			.reply(200, { invoice: lagoInvoice({ payment_status: 'failed' }) });
		expect(await run('updatePaymentStatus', failed('STOLEN_CARD'), RETRIES)).toMatchObject({
			outcome: 'hard_decline',
			nextStep: expect.any(String) as string,
		});
		expect(written).not.toContain('n=');
	});

	test('old news plans nothing new: a try that is planned stays, and one that is due is left to whoever makes it', async () => {
		recorded(`;n=${seconds(3_600)};f=1`);
		expect(await run('updatePaymentStatus', failed(), RETRIES)).toMatchObject({
			outcome: 'retry_planned',
			failedTries: 1,
		});
		recorded(`;n=${seconds(-60)};f=1`);
		expect(await run('updatePaymentStatus', failed(), RETRIES)).toMatchObject({ outcome: 'failed' });
	});

	test('a plan that was never written is made up for; what Lago refuses of it is held', async () => {
		for (const status of [200, 422]) {
			recorded('');
			lago()
				.put(`/invoices/${ID}`, (body) => /;n=\d+;f=1/.test(stateIn(body)))
				.reply(
					status,
					status === 200
						? { invoice: lagoInvoice() }
						: refusal(422, 'validation_errors', { metadata: ['too_many_keys'] }),
				);
			expect(await run('updatePaymentStatus', failed(), RETRIES)).toMatchObject(
				status === 200 ? { outcome: 'retry_planned' } : { outcome: 'held', reason: 'lago_refused' },
			);
		}
	});

	test('a slip in the schedule stops failures only: what was paid is booked', async () => {
		reads();
		lago()
			.post('/payments')
			.reply(200, { payment: { lago_id: 'p1' } });
		expect(await run('updatePaymentStatus', paid(), { retrySchedule: '1d,3 days' })).toMatchObject({
			outcome: 'settled',
		});
		await expect(run('updatePaymentStatus', failed(), { retrySchedule: '1d,3 days' })).rejects.toThrow(
			'"3 days" is not a wait',
		);
	});
});

describe('Save Payment Reference', () => {
	const state = 'v1;open;a=1;m=7380;x=1800000000;u=https://pay.example/1';
	const intent = (existing: IDataObject[] = []): IDataObject => ({
		outcome: 'created',
		invoiceId: ID,
		checkoutSessionId: 'cks_1',
		checkoutUrl: 'https://pay.example/1',
		saveToInvoice: { paymentReference: 'cks_1', state, metadata: existing, readAt: Date.now() },
	});

	test('writes two entries, keeps the others', async () => {
		lago()
			.put(`/invoices/${ID}`, {
				invoice: {
					metadata: [
						{ id: 'id-po', key: 'po', value: '4711' },
						{ key: 'dodo_payment_id', value: 'cks_1' },
						{ key: 'dodo_state', value: state },
					],
				},
			})
			.reply(200, { invoice: lagoInvoice() });
		const result = await run('savePaymentReference', intent(metadata({ po: '4711' })));
		expect(result).toMatchObject({ outcome: 'created', saved: true, checkoutUrl: 'https://pay.example/1' });
		expect(result).not.toHaveProperty('saveToInvoice');
	});

	test.each(['skipped', 'existing', 'held'])('%s passes through without a call', async (outcome) => {
		expect(await run('savePaymentReference', { outcome, message: 'x' })).toEqual({ outcome, message: 'x' });
	});

	test('of two runs at the same moment the second adopts the link of the first', async () => {
		lago()
			.put(`/invoices/${ID}`)
			.reply(422, refusal(422, 'validation_errors', { key: ['value_already_exist'] }));
		reads({
			metadata: metadata({
				dodo_payment_id: 'cks_first',
				dodo_state: 'v1;open;a=1;m=7380;x=1800000000;u=https://pay.example/first',
			}),
		});
		expect(await run('savePaymentReference', intent())).toMatchObject({
			outcome: 'existing',
			saved: false,
			checkoutSessionId: 'cks_first',
			checkoutUrl: 'https://pay.example/first',
		});
	});

	test('what was read more than 3 seconds ago is read again, so that an entry added meanwhile stays', async () => {
		const old = intent();
		(old.saveToInvoice as IDataObject).readAt = Date.now() - 3_100;
		reads({ metadata: metadata({ added: 'meanwhile' }) });
		lago()
			.put(`/invoices/${ID}`, {
				invoice: {
					metadata: [
						{ id: 'id-added', key: 'added', value: 'meanwhile' },
						{ key: 'dodo_payment_id', value: 'cks_1' },
						{ key: 'dodo_state', value: state },
					],
				},
			})
			.reply(200, { invoice: lagoInvoice() });
		expect(await run('savePaymentReference', old)).toMatchObject({ saved: true });
	});

	test('a later link never overwrites what was recorded meanwhile: it looks first', async () => {
		const second = intent(metadata({ dodo_payment_id: 'cks_0', dodo_state: 'v1;open;a=1' }));
		(second.saveToInvoice as IDataObject).state = state.replace('a=1', 'a=2');
		reads({ metadata: metadata({ dodo_payment_id: 'pay_9', dodo_state: 'v1;processing;a=1' }) });
		expect(await run('savePaymentReference', second)).toMatchObject({
			outcome: 'existing',
			saved: false,
			checkoutSessionId: 'pay_9',
		});
		reads({ payment_status: 'succeeded', metadata: metadata({ dodo_payment_id: 'pay_9', dodo_state: 'v1;paid;a=1' }) });
		expect(await run('savePaymentReference', second)).toMatchObject({
			outcome: 'skipped',
			reason: 'already_paid',
			saved: false,
		});
		reads({ metadata: metadata({ dodo_payment_id: 'cks_0', dodo_state: 'v1;open;a=1' }) });
		lago().put(`/invoices/${ID}`).reply(200, { invoice: lagoInvoice() });
		expect(await run('savePaymentReference', second)).toMatchObject({ saved: true });
	});

	test('an answer that was lost is found: our own link is there already', async () => {
		lago()
			.put(`/invoices/${ID}`)
			.reply(422, refusal(422, 'validation_errors', { key: ['value_already_exist'] }));
		reads({ metadata: metadata({ dodo_payment_id: 'cks_1', dodo_state: state }) });
		expect(await run('savePaymentReference', intent())).toMatchObject({ saved: true });
	});

	test('anything else is refused in words', async () => {
		await expect(run('savePaymentReference', { hello: 'world' })).rejects.toMatchObject({
			message: expect.stringContaining('Create Intent'),
		});
	});
});

describe('Get Many', () => {
	test('payable and not yet collected: Lago filters what it can, we the rest', async () => {
		const query = {
			'statuses[]': 'finalized',
			'payment_statuses[]': ['pending', 'failed'],
			'metadata[dodo_payment_id]': '',
			per_page: '100',
			page: '1',
		};
		const other = (lago_id: string, change: IDataObject) => lagoInvoice({ lago_id, ...change });
		const asked = jest.fn(() => true);
		lago()
			.get('/invoices')
			.query(asked)
			.reply(200, {
				invoices: [
					lagoInvoice(),
					other('b', { total_due_amount_cents: 0, total_paid_amount_cents: 0 }),
					other('c', { self_billed: true }),
				],
				meta: { next_page: null },
			});
		const context = executeContext({
			parameters: {
				resource: 'invoice',
				operation: 'getAll',
				show: 'payable',
				returnAll: false,
				limit: 50,
				filters: {},
			},
		});
		const items = await itemsOf(context, operations, LagoClient.of);
		expect(items?.map(({ json }) => json.lago_id)).toEqual([ID]);
		expect(asked).toHaveBeenCalledWith(query);
	});

	test('all, page by page, without repeating one that moved, up to the limit', async () => {
		// A server that puts two on a page, however many are asked for.
		const page = (number: number, ids: string[]) =>
			lago()
				.get('/invoices')
				.query({ page: number, per_page: 3, currency: 'EUR' })
				.reply(200, {
					invoices: ids.map((lago_id) => lagoInvoice({ lago_id })),
					meta: { total_pages: 3, total_count: 5 },
				});
		page(1, ['a', 'b']);
		page(2, ['b', 'c']);
		const context = executeContext({
			parameters: {
				resource: 'invoice',
				operation: 'getAll',
				show: 'all',
				returnAll: false,
				limit: 3,
				filters: { currency: 'EUR' },
			},
		});
		const items = await itemsOf(context, operations, LagoClient.of);
		expect(items?.map(({ json }) => json.lago_id)).toEqual(['a', 'b', 'c']);
	});
});

describe('Get', () => {
	test('one invoice', async () => {
		reads();
		expect(await run('get', {}, { invoice: ID })).toMatchObject({ lago_id: ID });
	});

	test('a number is not an id: said before any call', async () => {
		await expect(run('get', {}, { invoice: 'ACM-7' })).rejects.toMatchObject({
			message: '"ACM-7" is not the ID of a Lago invoice',
		});
	});

	test('an answer that is no invoice is an outage, not data', async () => {
		lago()
			.get(`/invoices/${ID}`)
			.reply(200, { invoice: { lago_id: ID } });
		await expect(run('get', {}, { invoice: ID })).rejects.toMatchObject({
			message: expect.stringContaining('not what Lago documents'),
		});
	});
});

test('Continue On Fail turns an error into an item of its own', async () => {
	lago().get(`/invoices/${ID}`).reply(500, {});
	reads();
	const context = executeContext({
		input: [{}, {}],
		continueOnFail: true,
		parameters: { resource: 'invoice', operation: 'get', invoice: ID },
	});
	const items = await itemsOf(context, operations, LagoClient.of);
	expect(items?.map(({ json, pairedItem }) => [typeof json.error, pairedItem])).toEqual([
		['string', { item: 0 }],
		['undefined', { item: 1 }],
	]);
});
