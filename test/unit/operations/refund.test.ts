import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import type { IDataObject, IHttpRequestOptions } from 'n8n-workflow';
import { operations } from '../../../nodes/DodoPayments/actions/operations';
import { DodoClient } from '../../../nodes/DodoPayments/transport/client';
import { operations as lagoOperations } from '../../../nodes/Lago/actions/operations';
import { LagoClient } from '../../../nodes/Lago/transport/client';
import { BASE_URL, executeContext, itemsOf } from '../../support/executeContext';
import { strictNock } from '../../support/nock';
import { ID, MADE_FOR_IT, lagoInvoice, metadata } from './lagoInvoice';
import { runs } from '../../support/runs';
import {
	NOTE_ID,
	dodo,
	give,
	lago,
	lines,
	listed,
	note,
	overpaid,
	payment,
	reads,
	refunds,
	refused,
	tellProblems,
} from './onRefund';

strictNock();
tellProblems();

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
