import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import nock from 'nock';
import type { IDataObject, IHttpRequestOptions } from 'n8n-workflow';
import { operations } from '../../../nodes/DodoPayments/actions/operations';
import { DodoClient } from '../../../nodes/DodoPayments/transport/client';
import { operations as lagoOperations } from '../../../nodes/Lago/actions/operations';
import { LagoClient } from '../../../nodes/Lago/transport/client';
import { BASE_URL, executeContext, itemsOf } from '../../support/executeContext';
import { strictNock } from '../../support/nock';
import { ID, MADE_FOR_IT, lagoInvoice, metadata } from './lagoInvoice';
import { runs } from '../../support/runs';

strictNock();

const dodo = () => nock(BASE_URL);
const lago = () => nock(`${BASE_URL}/api/v1`);
const NOTE_ID = 'cd000000-0000-4000-8000-0000000000cd';
const REASON = `Lago credit note ACM-7-CN001 (${NOTE_ID})`;

/** A credit note as Credit Note > Get hands it over, with what the invoice was paid by. */
const note = (change: IDataObject = {}): IDataObject => ({
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
const payment = (change: IDataObject = {}): IDataObject => ({
	payment_id: 'pay_1',
	status: 'succeeded',
	total_amount: 7_380,
	tax: 1_230,
	currency: 'EUR',
	metadata: MADE_FOR_IT,
	refunds: [],
	...change,
});
const listed = (status: string, change: IDataObject = {}): IDataObject => ({
	refund_id: 'ref_1',
	status,
	amount: 2_460,
	reason: REASON,
	...change,
});
const reads = (change: IDataObject = {}, id = 'pay_1') =>
	dodo()
		.get(`/payments/${id}`)
		.reply(200, payment({ payment_id: id, ...change }));
const lines = (...items: Array<[string, number]>) =>
	dodo()
		.get('/payments/pay_1/line-items')
		.reply(200, {
			currency: 'EUR',
			items: items.map(([items_id, amount]) => ({ items_id, amount, refundable_amount: amount })),
		});
/** What was wrong with a request; thrown inside an answer it would only hang the test. */
let problems: unknown[] = [];
afterEach(() => {
	const [first] = problems;
	problems = [];
	if (first !== undefined) throw first as Error;
});
const refunds = (check: (body: IDataObject) => void, answer: IDataObject = {}) =>
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
const mustNotRefund = (): { asked: IDataObject[] } => {
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
const refused = (code: string): IDataObject => ({ code, message: 'No.' });

async function create(
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
const give = async (parameters: IDataObject, account?: string): Promise<IDataObject> =>
	await create({}, { source: 'payment', payment: 'pay_1', amount: 0, reference: 'ticket-1', ...parameters }, account);
const overpaid = async (input: IDataObject, account?: string): Promise<IDataObject> =>
	await create(input, { source: 'overpayment' }, account);

describe('for a credit note of Lago', () => {
	test('refunding: a part, taken from the lines of the payment, with what ties it to the note', async () => {
		reads();
		lines(['pdt_1', 2_000], ['pdt_2', 5_380]);
		refunds((body) =>
			expect(body).toEqual({
				payment_id: 'pay_1',
				reason: REASON,
				metadata: { lago_credit_note_id: NOTE_ID },
				items: [
					{ item_id: 'pdt_1', amount: 2_000, tax_inclusive: true },
					{ item_id: 'pdt_2', amount: 460, tax_inclusive: true },
				],
			}),
		);
		expect(await create(note())).toMatchObject({
			outcome: 'refunding',
			refundId: 'ref_1',
			paymentId: 'pay_1',
			refundAmount: 2_460,
			status: 'pending',
			creditNoteId: NOTE_ID,
			invoiceId: ID,
		});
	});

	test('refunding: the whole without lines', async () => {
		reads();
		refunds((body) => expect(body).not.toHaveProperty('items'), { amount: 7_380 });
		expect(await create(note({ refund_amount_cents: 7_380 }))).toMatchObject({
			outcome: 'refunding',
			refundAmount: 7_380,
		});
	});

	test('tax on top: Dodo adds its tax to the part, and the whole goes back with it', async () => {
		reads({ total_amount: 8_856, tax: 1_476 });
		lines(['pdt_1', 8_856]);
		refunds(({ items }) => expect(items).toEqual([{ item_id: 'pdt_1', amount: 2_460, tax_inclusive: false }]));
		expect(await create(note())).toMatchObject({ outcome: 'refunding' });
		reads({ total_amount: 8_856, tax: 1_476 });
		refunds((body) => expect(body).not.toHaveProperty('items'), { amount: 8_856 });
		expect(await create(note({ refund_amount_cents: 7_380 }))).toMatchObject({
			outcome: 'refunding',
			refundAmount: 8_856,
		});
	});

	test.each([
		['pending', 'existing'],
		['review', 'existing'],
		['succeeded', 'refunded'],
	])('a refund of this note that is %s at Dodo comes out as %s; none is made', async (status, outcome) => {
		reads({ refunds: [listed(status)] });
		expect(await create(note())).toMatchObject({ outcome, refundId: 'ref_1', refundAmount: 2_460 });
	});

	test('held refund_failed: it is not tried again by itself', async () => {
		reads({ refunds: [listed('failed')] });
		expect(await create(note())).toMatchObject({
			outcome: 'held',
			reason: 'refund_failed',
			refundId: 'ref_1',
			creditNoteId: NOTE_ID,
		});
	});

	test('of two payments the one that has enough left; the one that carries the refund already comes first', async () => {
		const both = {
			dodoPayments: [
				{ reference: 'bank-4711', amount: 100 },
				{ reference: 'pay_0', amount: 2_000 },
				{ reference: 'pay_1', amount: 5_380 },
			],
		};
		reads({ total_amount: 2_000 }, 'pay_0');
		reads({ total_amount: 5_380 });
		lines(['pdt_1', 5_380]);
		refunds(({ payment_id }) => expect(payment_id).toBe('pay_1'));
		expect(await create(note(both))).toMatchObject({ outcome: 'refunding' });
		reads({ total_amount: 9_000 }, 'pay_0');
		reads({ refunds: [listed('succeeded')] });
		expect(await create(note(both))).toMatchObject({ outcome: 'refunded', paymentId: 'pay_1' });
	});

	test('mirrored: the echo of a refund of Dodo is not refunded', async () => {
		dodo()
			.get('/refunds/ref_9')
			.reply(200, { refund_id: 'ref_9', payment_id: 'pay_1', status: 'succeeded', metadata: {} });
		expect(await create(note({ metadata: { dodo_refund_id: 'ref_9' } }))).toMatchObject({
			outcome: 'mirrored',
			refundId: 'ref_9',
			status: 'succeeded',
		});
	});

	test.each<[string, IDataObject]>([
		['no_refund', { refund_amount_cents: 0, refund_status: null }],
		['refund_not_pending', { refund_status: 'succeeded' }],
		['refund_not_pending', { refund_status: 'failed' }],
	])('skipped %s: %j', async (reason, change) => {
		expect(await create(note(change))).toMatchObject({ outcome: 'skipped', reason });
	});

	test('held no_dodo_payment: paid another way, or too little left', async () => {
		expect(await create(note({ dodoPayments: [{ reference: 'bank-4711', amount: 7_380 }] }))).toMatchObject({
			outcome: 'held',
			reason: 'no_dodo_payment',
			creditNoteId: NOTE_ID,
		});
		reads({ refunds: [listed('pending', { refund_id: 'ref_0', amount: 5_000, reason: 'goodwill' })] });
		expect(await create(note())).toMatchObject({ outcome: 'held', reason: 'no_dodo_payment' });
	});

	test('held currency_mismatch', async () => {
		reads({ currency: 'USD' });
		expect(await create(note())).toMatchObject({ outcome: 'held', reason: 'currency_mismatch' });
	});

	test('held refund_refused, with words for the window', async () => {
		reads();
		dodo().post('/refunds').reply(422, refused('REFUND_WINDOW_EXPIRED'));
		reads();
		expect(await create(note({ refund_amount_cents: 7_380 }))).toMatchObject({
			outcome: 'held',
			reason: 'refund_refused',
			paymentId: 'pay_1',
			nextStep: expect.stringContaining('limited time'),
		});
	});

	test('another refund of the payment still runs: the run fails, so that the event comes again', async () => {
		reads();
		dodo().post('/refunds').reply(409, refused('EXISTING_REFUND_REQUEST_PROCESSING'));
		reads();
		await expect(create(note({ refund_amount_cents: 7_380 }))).rejects.toMatchObject({ httpCode: '503' });
	});

	test('a lost answer: found, it is existing; not found, it is not sent again for 10 seconds', async () => {
		const whole = note({ refund_amount_cents: 7_380 });
		reads();
		dodo().post('/refunds').reply(502, {});
		reads({ refunds: [listed('pending', { amount: 7_380 })] });
		expect(await create(whole)).toMatchObject({ outcome: 'existing' });

		const account: string = randomUUID();
		reads();
		dodo().post('/refunds').reply(502, {});
		reads();
		await expect(create(whole, {}, account)).rejects.toMatchObject({ httpCode: '502' });
		reads();
		await expect(create(whole, {}, account)).rejects.toMatchObject({
			message: expect.stringContaining('could move money twice'),
		});
	});

	// Review R4: without items a refund is one of the whole payment.
	test('a payment whose lines Dodo does not show is not refunded in part by an empty list', async () => {
		reads();
		lines();
		const seen = mustNotRefund();
		dodo().get('/payments/pay_1').optionally().reply(200, payment());
		const result = await create(note()).catch(() => ({ outcome: 'failed run' }));
		nock.cleanAll();
		expect(seen.asked).toEqual([]);
		expect(['held', 'failed run']).toContain(result.outcome);
	});

	// Review R5: a person booked what was due of a payment that was too high, as amount_above_due advises.
	test.each([
		['the whole of what was booked', 7_380],
		['a part', 5_000],
	])(
		'of a payment that was booked in part %s goes back, tax inside, and not a cent more',
		async (_what, refund_amount_cents) => {
			reads({ total_amount: 10_000, tax: 1_597 });
			dodo()
				.get('/payments/pay_1/line-items')
				.optionally()
				.reply(200, { currency: 'EUR', items: [{ items_id: 'pdt_1', amount: 10_000, refundable_amount: 10_000 }] });
			refunds(
				({ items }) => expect(items).toEqual([{ item_id: 'pdt_1', amount: refund_amount_cents, tax_inclusive: true }]),
				{ amount: refund_amount_cents },
			);
			expect(
				await create(note({ refund_amount_cents, dodoPayments: [{ reference: 'pay_1', amount: 7_380 }] })),
			).toMatchObject({ outcome: 'refunding' });
		},
	);

	// Review R18
	test('a note that names a refund which Dodo does not know is held, it does not fail for ever', async () => {
		dodo().get('/refunds/ref_typo').reply(404, refused('NOT_FOUND'));
		expect(await create(note({ metadata: { dodo_refund_id: 'ref_typo' } }))).toMatchObject({ outcome: 'held' });
	});

	test('a webhook item that is no credit note is refused in words', async () => {
		await expect(create({ hello: 'world' })).rejects.toMatchObject({
			message: expect.stringContaining('not a credit note'),
		});
	});
});

describe('for any payment', () => {
	test('refunding: all that is left, or an amount, under the name that was given', async () => {
		reads();
		refunds((body) => expect(body).toEqual({ payment_id: 'pay_1', reason: 'ticket-1', metadata: {} }));
		expect(await give({})).toMatchObject({ outcome: 'refunding' });
		reads();
		lines(['pdt_1', 7_380]);
		refunds(({ items }) => expect(items).toEqual([{ item_id: 'pdt_1', amount: 100, tax_inclusive: true }]));
		expect(await give({ amount: 100 })).toMatchObject({ outcome: 'refunding' });
	});

	test('once under one name, again under another', async () => {
		reads({ refunds: [listed('succeeded', { reason: 'ticket-1' })] });
		expect(await give({ amount: 100 })).toMatchObject({ outcome: 'refunded' });
		reads({ refunds: [listed('succeeded', { reason: 'ticket-1' })] });
		lines(['pdt_1', 4_920]);
		refunds(({ reason }) => expect(reason).toBe('ticket-2'));
		expect(await give({ amount: 100, reference: 'ticket-2' })).toMatchObject({ outcome: 'refunding' });
	});

	test('nothing left: refunded', async () => {
		reads({ refunds: [listed('succeeded', { amount: 7_380, reason: null })] });
		expect(await give({})).toMatchObject({ outcome: 'refunded' });
	});

	test('without a name, and with an amount that is none, it is refused in words', async () => {
		await expect(give({ reference: ' ' })).rejects.toMatchObject({ message: '"Reference" is empty' });
		for (const amount of [-1, 1.5])
			await expect(give({ amount })).rejects.toMatchObject({ message: expect.stringContaining('whole number') });
	});

	test('an id cannot leave its place in the path', async () => {
		dodo().get('/payments/..%2Fcustomers').reply(404, refused('NOT_FOUND'));
		await expect(give({ payment: '../customers' })).rejects.toMatchObject({ httpCode: '404' });
	});
});

describe('for an overpayment', () => {
	const surplus: IDataObject = {
		outcome: 'overpaid',
		reason: 'paid_twice',
		paymentId: 'pay_1',
		invoiceId: ID,
		invoiceNumber: 'ACM-7',
		amount: 7_380,
	};

	test('refunding: the surplus payment in full; the recorded invoice of Get Many is the same refund', async () => {
		const expected = { payment_id: 'pay_1', reason: 'Overpayment of invoice ACM-7', metadata: { lago_invoice_id: ID } };
		for (const input of [
			surplus,
			lagoInvoice({
				payment_status: 'succeeded',
				metadata: metadata({ dodo_payment_id: 'pay_1', dodo_state: 'v1;overpaid;a=1' }),
			}),
		]) {
			reads();
			refunds((body) => expect(body).toEqual(expected), { amount: 7_380 });
			expect(await overpaid(input)).toMatchObject({ outcome: 'refunding', invoiceId: ID });
		}
	});

	test('everything else passes through: a paid invoice, a returned one, another outcome', async () => {
		for (const input of [
			{ outcome: 'settled', paymentId: 'pay_1' },
			{ ...surplus, outcome: 'held' },
			lagoInvoice({
				payment_status: 'succeeded',
				metadata: metadata({ dodo_payment_id: 'pay_1', dodo_state: 'v1;paid;a=1' }),
			}),
			lagoInvoice({
				payment_status: 'succeeded',
				metadata: metadata({ dodo_payment_id: 'pay_1', dodo_state: 'v1;returned;a=1' }),
			}),
		])
			expect(await overpaid(input)).toEqual(input);
	});

	test('twice, and while the first one runs: one refund', async () => {
		const account: string = randomUUID();
		reads({ refunds: [listed('pending', { reason: 'Overpayment of invoice ACM-7' })] });
		expect(await overpaid(surplus, account)).toMatchObject({ outcome: 'existing' });
		reads({ refunds: [listed('succeeded', { reason: 'Overpayment of invoice ACM-7' })] });
		expect(await overpaid(surplus, account)).toMatchObject({ outcome: 'refunded' });
	});
});

describe('never both payments', () => {
	const paid = (change: IDataObject = {}): IDataObject => ({
		event: 'payment.succeeded',
		mode: 'test',
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
	async function settle(
		item: IDataObject,
		before: IDataObject,
		references: string[],
	): Promise<{ outcome: unknown; writes: unknown[] }> {
		const writes: unknown[] = [];
		lago()
			.get(`/invoices/${ID}`)
			.reply(200, { invoice: lagoInvoice({ payment_status: 'succeeded', ...before }) });
		lago()
			.get('/payments')
			.query(true)
			.optionally()
			.reply(200, {
				payments: references.map((reference) => ({ lago_id: reference, reference })),
				meta: { next_page: null },
			});
		lago()
			.put(`/invoices/${ID}`)
			.optionally()
			.reply(200, (_uri, body) => (writes.push(body), { invoice: lagoInvoice() }));
		const context = executeContext({
			input: [item],
			parameters: { resource: 'invoice', operation: 'updatePaymentStatus', payment: '={{ $json }}' },
		});
		const [result] = await itemsOf(context, lagoOperations, LagoClient.of);
		return { outcome: result?.json.outcome, writes };
	}

	// Review R2: the record names this very payment or its link, and no other payment is known.
	test.each([
		['its link is out', { dodo_payment_id: 'cks_1', dodo_state: 'v1;open;a=1;m=7380' }],
		['it was under way', { dodo_payment_id: 'pay_1', dodo_state: 'v1;processing;a=1' }],
		['it was being charged', { dodo_payment_id: 'pay_1', dodo_state: 'v1;charging;a=2;m=7380' }],
		['an earlier try of it failed', { dodo_payment_id: 'cks_1', dodo_state: 'v1;failed;a=1;m=7380' }],
	])(
		'an invoice that somebody marked as paid by hand while %s: the only payment is not called surplus',
		async (_when, ours) => {
			const { outcome, writes } = await settle(paid(), { metadata: metadata(ours) }, []);
			expect(outcome).not.toBe('overpaid');
			expect(writes).toEqual([]);
		},
	);

	test('another payment that settled the invoice, by reference or by record: surplus', async () => {
		expect(
			await settle(paid(), { metadata: metadata({ dodo_payment_id: 'cks_1', dodo_state: 'v1;open;a=1' }) }, ['pay_0']),
		).toMatchObject({ outcome: 'overpaid' });
		expect(
			await settle(paid(), { metadata: metadata({ dodo_payment_id: 'pay_0', dodo_state: 'v1;paid;a=1' }) }, []),
		).toMatchObject({ outcome: 'overpaid', writes: [] });
	});

	test('the payment that settled it, told again: never surplus', async () => {
		expect(
			await settle(paid(), { metadata: metadata({ dodo_payment_id: 'pay_9', dodo_state: 'v1;overpaid;a=1' }) }, [
				'pay_1',
			]),
		).toMatchObject({ outcome: 'already_settled' });
		const settled = { total_due_amount_cents: 0, total_paid_amount_cents: 7_380 };
		expect(
			await settle(
				paid(),
				{ ...settled, metadata: metadata({ dodo_payment_id: 'pay_1', dodo_state: 'v1;paid;a=1' }) },
				[],
			),
		).toMatchObject({ outcome: 'already_settled' });
	});
});

describe('an invariant', () => {
	/** As much of Dodo as refunds need: one payment, one refund at a time, and answers that get lost. */
	class TinyDodo {
		readonly refunds: Array<{ refund_id: string; status: string; amount: number; reason: string }> = [];
		answer({ method, url, body }: IHttpRequestOptions): { statusCode: number; body: unknown } {
			const path = url.slice(BASE_URL.length);
			const left = this.refunds.reduce((sum, { amount, status }) => (status === 'failed' ? sum : sum - amount), 7_380);
			if (path.endsWith('/line-items'))
				return {
					statusCode: 200,
					body: { currency: 'EUR', items: [{ items_id: 'pdt_1', amount: 7_380, refundable_amount: left }] },
				};
			if (method === 'GET') return { statusCode: 200, body: payment({ refunds: structuredClone(this.refunds) }) };
			const { reason, items } = body as { reason: string; items?: Array<{ amount: number }> };
			if (this.refunds.some(({ status }) => status === 'pending'))
				return { statusCode: 409, body: refused('EXISTING_REFUND_REQUEST_PROCESSING') };
			const amount = items?.reduce((sum, item) => sum + item.amount, 0) ?? left;
			if (amount > left || left === 0) return { statusCode: 422, body: refused('REFUND_AMOUNT_EXCEEDS_PAID_AMOUNT') };
			const refund = { refund_id: `ref_${this.refunds.length + 1}`, status: 'pending', amount, reason };
			this.refunds.push(refund);
			return { statusCode: 200, body: { ...refund, payment_id: 'pay_1', currency: 'EUR', metadata: {} } };
		}
	}

	test('any order and repetition of notes, with answers lost after their effect: each note is refunded once, with its amount', async () => {
		const notes = fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 4 });
		await fc.assert(
			fc.asyncProperty(
				notes,
				fc.array(fc.nat(3), { maxLength: 12 }),
				fc.infiniteStream(fc.boolean()),
				async (amounts, order, losses) => {
					const [books, account] = [new TinyDodo(), randomUUID()];
					let lost = 0;
					let later = 0;
					const { now } = Date;
					const clock = jest.spyOn(Date, 'now').mockImplementation(() => now.call(Date) + later);
					const begun = performance.now.bind(performance);
					const steady = jest.spyOn(performance, 'now').mockImplementation(() => begun() + later);
					const run = async (index: number): Promise<IDataObject | null> => {
						const lago_id = NOTE_ID.replace(/cd$/, `c${index}`);
						const one = note({ lago_id, number: `CN00${index}`, refund_amount_cents: amounts[index] });
						const context = executeContext({
							input: [one],
							credentialId: account,
							parameters: { resource: 'refund', operation: 'create', source: 'creditNote', creditNote: '={{ $json }}' },
						});
						context.helpers.httpRequestWithAuthentication = async (_type: string, options: IHttpRequestOptions) => {
							await Promise.resolve();
							const answer = books.answer(options);
							if (lost < 5 && losses.next().value === true && (lost += 1) > 0)
								throw Object.assign(new Error('lost'), { code: 'ECONNRESET' });
							return answer;
						};
						return await itemsOf(context, operations, DodoClient.of).then(
							([item]) => item?.json as IDataObject,
							() => null,
						);
					};
					for (const index of order) {
						if (index < amounts.length) await run(index);
						for (const refund of books.refunds) if (index === 3) refund.status = 'succeeded';
					}
					lost = 5;
					const held: number[] = [];
					// What was not clear is sent again after 10 seconds.
					later = 11_000;
					for (let index = 0; index < amounts.length; index++) {
						for (const refund of books.refunds) refund.status = 'succeeded';
						if ((await run(index))?.outcome === 'held') held.push(index);
					}
					clock.mockRestore();
					steady.mockRestore();
					const made = books.refunds.map(({ reason, amount }) => [reason.slice(17, 22), amount]).sort();
					const wanted = amounts
						.map((amount, index) => [`CN00${index}`, amount])
						.filter((_one, index) => !held.includes(index));
					expect(made).toEqual(wanted);
					// Held only for want of money.
					for (const index of held)
						expect(7_380 - books.refunds.reduce((sum, { amount }) => sum + amount, 0)).toBeLessThan(
							amounts[index] as number,
						);
				},
			),
			{ numRuns: runs(40, 150) },
		);
	});
});
