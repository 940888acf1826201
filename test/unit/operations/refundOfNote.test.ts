import { randomUUID } from 'node:crypto';
import nock from 'nock';
import type { IDataObject } from 'n8n-workflow';
import { strictNock } from '../../support/nock';
import { ID } from './lagoInvoice';
import {
	NOTE_ID,
	REASON,
	create,
	dodo,
	lines,
	listed,
	mustNotRefund,
	note,
	payment,
	reads,
	refunds,
	refused,
	tellProblems,
} from './onRefund';

strictNock();
tellProblems();

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
