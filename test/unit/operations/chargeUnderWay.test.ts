import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import type { IDataObject, IHttpRequestOptions } from 'n8n-workflow';
import { operations } from '../../../nodes/DodoPayments/actions/operations';
import { DodoClient } from '../../../nodes/DodoPayments/transport/client';
import { operations as lagoOperations } from '../../../nodes/Lago/actions/operations';
import { LagoClient } from '../../../nodes/Lago/transport/client';
import { decideSuccess } from '../../../nodes/shared/domain/settlement';
import { BASE_URL, executeContext, itemsOf } from '../../support/executeContext';
import { strictNock } from '../../support/nock';
import { invoice as invoiceFacts, meta, payment as paymentFacts } from '../domain/facts';
import { ID } from './lagoInvoice';
import { runs } from '../../support/runs';
import { charge, charges, dodo, hasMandate, hasPayments, invoiceOf, listed, mandate, refused } from './onMandate';

strictNock();

describe('money that is on its way already', () => {
	// Review R1: kept as the proof. The payments of today's mandate do not show a payment by link.
	test.each([
		[
			'by the hourly retry, which stays planned while the debit runs',
			'v1;processing;a=2;m=7380;n=1700000000;f=1',
			false,
		],
		['by Retry Payment', 'v1;processing;a=2;m=7380', true],
	])(
		'a bank debit by link that still runs is not charged a second time by the mandate, %s',
		async (_how, dodo_state, tryAgain) => {
			hasMandate();
			// Which of the two is asked first is the operation's own affair.
			dodo()
				.get('/payments')
				.query(true)
				.optionally()
				.reply(200, { items: [listed('pay_0', 'failed', 1)] });
			dodo().get('/payments/pay_link').reply(200, {
				payment_id: 'pay_link',
				status: 'processing',
				total_amount: 7_380,
				currency: 'EUR',
				metadata: {},
			});
			expect(await charge(invoiceOf({ dodo_payment_id: 'pay_link', dodo_state }), { tryAgain })).toMatchObject({
				outcome: 'skipped',
				reason: 'payment_under_way',
			});
		},
	);

	// Review R1
	test('a charge by a mandate that was replaced meanwhile is not made again by the new one', async () => {
		hasMandate();
		dodo().get('/payments').query(true).optionally().reply(200, { items: [] });
		dodo().get('/payments/pay_old').reply(200, {
			payment_id: 'pay_old',
			status: 'processing',
			subscription_id: 'sub_0',
			total_amount: 7_380,
			currency: 'EUR',
			metadata: {},
		});
		expect(await charge(invoiceOf({ dodo_payment_id: 'pay_old', dodo_state: 'v1;charging;a=1;m=7380' }))).toMatchObject(
			{ outcome: 'skipped', reason: 'payment_under_way' },
		);
	});

	// Review R3
	test('a Lago whose clock is ahead does not hide a charge from its own copy', async () => {
		const account: string = randomUUID();
		hasMandate();
		hasPayments();
		charges(200, { payment_id: 'pay_1' });
		const invoice = invoiceOf({}, { created_at: '2026-08-01T00:05:10Z' });
		expect(await charge(invoice, { account })).toMatchObject({ outcome: 'charging' });
		// Dodo's clock showed 00:05:06 when it made the payment, and it keeps to the filter.
		const madeAt = Date.parse('2026-08-01T00:05:06Z');
		dodo()
			.get('/payments')
			.query(true)
			.reply(200, (uri) => ({
				items:
					madeAt >= Date.parse(new URL(uri, BASE_URL).searchParams.get('created_at_gte') ?? '1970-01-01')
						? [listed('pay_1', 'processing')]
						: [],
			}));
		dodo().post('/subscriptions/sub_1/charge').optionally().reply(200, { payment_id: 'pay_2' });
		expect(await charge(invoice, { account })).toMatchObject({ outcome: 'existing', paymentId: 'pay_1' });
	});

	// Review R19
	test('a success that was refunded in part is still a success: the whole is not charged again', async () => {
		hasMandate();
		hasPayments(listed('pay_1', 'succeeded', 1, { refund_status: 'partial' }));
		dodo().post('/subscriptions/sub_1/charge').optionally().reply(200, { payment_id: 'pay_2' });
		expect(await charge(invoiceOf(), { tryAgain: true })).toMatchObject({ outcome: 'held', reason: 'paid_at_dodo' });
	});

	test('a success that was refunded in full makes room for another try, when somebody asks for it', async () => {
		hasMandate();
		hasPayments(listed('pay_1', 'succeeded', 1, { refund_status: 'full' }));
		charges(200, { payment_id: 'pay_2' });
		expect(await charge(invoiceOf(), { tryAgain: true })).toMatchObject({ outcome: 'charging', attempt: 2 });
	});
});

// Review R10: "Retry payment" must lead out of it.
test('a charge that ended without its event coming is not in the way for ever', async () => {
	hasMandate();
	hasPayments(listed('pay_1', 'failed', 1));
	dodo()
		.get('/payments/pay_1')
		.optionally()
		.reply(200, { payment_id: 'pay_1', status: 'failed', total_amount: 7_380, currency: 'EUR', metadata: {} });
	charges(200, { payment_id: 'pay_2' });
	expect(
		await charge(invoiceOf({ dodo_payment_id: 'pay_1', dodo_state: 'v1;charging;a=1;m=7380' }), { tryAgain: true }),
	).toMatchObject({ outcome: 'charging', attempt: 2 });
});

// Review R11: nearly instant outcomes overtake Save Payment Reference, which brings the t=1.
test('tax on top: a success that comes before the charge was recorded is booked all the same', () => {
	const paid = paymentFacts({ amount: 12_000, tax: 2_000, checkoutSessionId: null, subscriptionId: 'sub_1' });
	expect(
		decideSuccess(
			paid,
			invoiceFacts({ metadata: meta({ dodo_payment_id: 'pay_1', dodo_state: 'v1;charging;a=1;m=10000;t=1' }) }),
			null,
		),
	).toEqual({ action: 'book', amount: 10_000 });
	expect(decideSuccess(paid, invoiceFacts({ mandateId: 'sub_1' }), null)).toEqual({ action: 'book', amount: 10_000 });
});

/** As much of Dodo as charging needs: one mandate, its payments, one charge at a time, and answers that get lost. */
class TinyDodo {
	readonly payments: Array<{ payment_id: string; status: string; attempt: string }> = [];

	/** @param endings what becomes of the charges, one after the other. */
	constructor(private readonly endings: Iterator<string>) {}

	answer({ method, url, body }: IHttpRequestOptions): { statusCode: number; body: unknown } {
		const path = url.slice(BASE_URL.length);
		if (method === 'GET' && path === '/subscriptions/sub_1') return { statusCode: 200, body: mandate() };
		if (method === 'GET' && path === '/payments')
			return {
				statusCode: 200,
				body: {
					items: this.payments.map(({ payment_id, status, attempt }) => listed(payment_id, status, Number(attempt))),
				},
			};
		const known = this.payments.find(({ payment_id }) => path === `/payments/${payment_id}`);
		if (method === 'GET' && known)
			return { statusCode: 200, body: { ...listed(known.payment_id, known.status), total_amount: 7_380 } };
		if (method !== 'POST' || !path.endsWith('/charge')) throw new Error(`${method} ${path}`);
		if (this.payments.some(({ status }) => status === 'processing'))
			return { statusCode: 409, body: refused('PREVIOUS_PAYMENT_PENDING') };
		const payment_id = `pay_${this.payments.length + 1}`;
		this.payments.push({
			payment_id,
			status: 'processing',
			attempt: (body as { metadata: { attempt: string } }).metadata.attempt,
		});
		return { statusCode: 200, body: { payment_id } };
	}

	/** The charge that runs comes to its end. Returns its event, as the trigger hands it over. */
	end(): IDataObject | null {
		const running = this.payments.find(({ status }) => status === 'processing');
		if (!running) return null;
		running.status = String(this.endings.next().value);
		return {
			event: `payment.${running.status}`,
			mode: 'test',
			data: {
				payment_id: running.payment_id,
				status: running.status,
				total_amount: 7_380,
				tax: 0,
				currency: 'EUR',
				subscription_id: 'sub_1',
				checkout_session_id: null,
				metadata: { lago_invoice_id: ID, attempt: running.attempt },
			},
		};
	}
}

/** As much of Lago as charging needs: the one invoice. */
class TinyLago {
	readonly invoice = invoiceOf({}, { total_paid_amount_cents: 0 });
	readonly payments: IDataObject[] = [];

	answer({ method, url, body }: IHttpRequestOptions): { statusCode: number; body: unknown } {
		const path = url.slice(url.indexOf('/api/v1') + 7);
		const { payment, invoice } = (body ?? {}) as {
			payment?: IDataObject;
			invoice?: { payment_status?: string; metadata: Array<{ id?: string; key: string; value: string }> };
		};
		if (method === 'GET' && path === '/payments')
			return { statusCode: 200, body: { payments: this.payments, meta: { next_page: null } } };
		if (method === 'GET') return { statusCode: 200, body: structuredClone({ invoice: this.invoice }) };
		if (payment) {
			if (this.invoice.payment_status === 'succeeded')
				return {
					statusCode: 422,
					body: { code: 'validation_errors', error_details: { amount_cents: ['value_is_out_of_range'] } },
				};
			this.payments.push({ lago_id: randomUUID(), reference: payment.reference, amount_cents: payment.amount_cents });
			Object.assign(this.invoice, {
				payment_status: 'succeeded',
				total_due_amount_cents: 0,
				total_paid_amount_cents: payment.amount_cents,
			});
			return { statusCode: 200, body: { payment: this.payments.at(-1) } };
		}
		const before = this.invoice.metadata as Array<{ key: string }>;
		for (const { id, key } of invoice?.metadata ?? [])
			if (id === undefined && before.some((entry) => entry.key === key))
				return {
					statusCode: 422,
					body: { code: 'validation_errors', error_details: { key: ['value_already_exist'] } },
				};
		this.invoice.metadata = (invoice?.metadata ?? []).map(({ id, key, value }) => ({
			lago_id: id ?? randomUUID(),
			key,
			value,
		}));
		if (invoice?.payment_status) this.invoice.payment_status = invoice.payment_status;
		return { statusCode: 200, body: structuredClone({ invoice: this.invoice }) };
	}
}

test('whatever comes in whatever order, with answers lost after their effect: no two charges succeed, and what succeeded is booked once', async () => {
	const steps = fc.array(fc.constantFrom('collect', 'collect', 'retry', 'end', 'tell', 'tell'), {
		minLength: 1,
		maxLength: 14,
	});
	await fc.assert(
		fc.asyncProperty(
			steps,
			fc.infiniteStream(fc.constantFrom('succeeded', 'failed')),
			fc.infiniteStream(fc.boolean()),
			async (history, endings, losses) => {
				const [dodoBooks, lagoBooks, account] = [new TinyDodo(endings), new TinyLago(), randomUUID()];
				let lost = 0;
				const loses = (): boolean => lost < 6 && losses.next().value === true && (lost += 1) > 0;
				const call = async (
					books: TinyDodo | TinyLago,
					ops: typeof operations | typeof lagoOperations,
					connect: unknown,
					parameters: IDataObject,
					input: IDataObject,
				): Promise<IDataObject | null> => {
					const context = executeContext({
						input: [input],
						credentialId: account,
						parameters: { additionalFields: {}, ...parameters },
					});
					context.helpers.httpRequestWithAuthentication = async (_type: string, options: IHttpRequestOptions) => {
						await Promise.resolve();
						const answer = books.answer(options);
						if (loses()) throw Object.assign(new Error('lost'), { code: 'ECONNRESET' });
						return answer;
					};
					return await itemsOf(context, ops as never, connect as never).then(
						([item]) => item?.json as IDataObject,
						() => null,
					);
				};
				const collect = async (tryAgain: boolean): Promise<void> => {
					const charged = await call(
						dodoBooks,
						operations,
						DodoClient.of,
						{ resource: 'mandate', operation: 'charge', invoice: '={{ $json }}', tryAgain },
						structuredClone(lagoBooks.invoice),
					);
					if (charged?.saveToInvoice)
						await call(
							lagoBooks,
							lagoOperations,
							LagoClient.of,
							{ resource: 'invoice', operation: 'savePaymentReference', intent: '={{ $json }}' },
							charged,
						);
				};
				const events: IDataObject[] = [];
				const tell = async (event: IDataObject): Promise<IDataObject> => {
					for (;;) {
						const told = await call(
							lagoBooks,
							lagoOperations,
							LagoClient.of,
							{ resource: 'invoice', operation: 'updatePaymentStatus', payment: '={{ $json }}' },
							event,
						);
						if (told !== null) return told;
					}
				};
				const outcomes: IDataObject[] = [];
				for (const step of [...history, 'end']) {
					if (step === 'collect' || step === 'retry') await collect(step === 'retry');
					if (step === 'end') events.push(...[dodoBooks.end()].filter((event) => event !== null));
					if (step === 'tell' && events.length > 0) outcomes.push(await tell(events[events.length - 1] as IDataObject));
				}
				for (const event of events) outcomes.push(await tell(event));
				const succeeded = dodoBooks.payments.filter(({ status }) => status === 'succeeded');
				expect(succeeded.length).toBeLessThanOrEqual(1);
				expect(lagoBooks.payments.map(({ reference }) => reference)).toEqual(
					succeeded.map(({ payment_id }) => payment_id),
				);
				expect(outcomes.filter(({ outcome }) => outcome === 'overpaid' || outcome === 'held')).toEqual([]);
			},
		),
		{ numRuns: runs(40, 150) },
	);
});
