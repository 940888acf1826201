import {
	asksForNothing,
	decideNoteRefund,
	unclearRefund,
	type NotePayment,
	type RefundingNote,
} from '../../../nodes/shared/domain/noteRefund';

const note: RefundingNote = {
	id: 'cd4f0c6e-2b1d-4f7a-b0c9-1f2e3d4c5b6a',
	number: 'ACM-1-CN1',
	invoiceNumber: 'ACM-1',
	currency: 'EUR',
	refund: 4_000,
	refundStatus: 'pending',
};
const payment: NotePayment = {
	id: 'pay_1',
	currency: 'EUR',
	amount: 10_000,
	tax: 0,
	booked: 10_000,
	left: 10_000,
	carries: false,
};

test.each<[string, Partial<RefundingNote>, string | null]>([
	['gives no money back', { refund: 0 }, 'no_refund'],
	['gave it back already', { refundStatus: 'succeeded' }, 'refund_not_pending'],
	['was never asked for a refund', { refundStatus: null }, 'refund_not_pending'],
	['waits for its refund', {}, null],
])('a note that %s', (_, change, reason) => {
	expect(asksForNothing({ ...note, ...change })?.reason ?? null).toBe(reason);
});

test('a note says what became of its refund', () => {
	expect(asksForNothing({ ...note, refundStatus: null })?.message).toContain('is not asked for in Lago');
	expect(asksForNothing({ ...note, refundStatus: 'failed' })?.message).toContain('is failed in Lago');
});

test('nothing is given back where both services may count differently, until the merchant says that they do not', () => {
	expect(unclearRefund(note)).toBeNull();
	const forints = { ...note, currency: 'HUF' };
	for (const countedAlike of [undefined, false])
		expect(unclearRefund({ ...forints, countedAlike })).toMatchObject({ reason: 'currency_unit_unclear' });
	expect(unclearRefund({ ...forints, countedAlike: true })).toBeNull();
});

describe('decideNoteRefund', () => {
	it.each<[string, Partial<RefundingNote>, Partial<NotePayment>, object]>([
		['a part', {}, {}, { amount: 4_000, withoutTax: false }],
		['all of an untouched payment', { refund: 10_000 }, {}, { amount: null, withoutTax: false }],
		[
			'all that is booked of a payment with tax on top',
			{ refund: 8_000 },
			{ tax: 2_000, booked: 8_000 },
			{ amount: null, withoutTax: true },
		],
		['a part of a payment with tax on top', {}, { tax: 2_000, booked: 8_000 }, { amount: 4_000, withoutTax: true }],
		[
			'all that is booked of a payment that is booked in part',
			{ refund: 7_000 },
			{ booked: 7_000 },
			{ amount: 7_000, withoutTax: false },
		],
		[
			'all of an untouched payment with tax inside',
			{ refund: 10_000 },
			{ tax: 1_597 },
			{ amount: null, withoutTax: false },
		],
		[
			'all that is booked of a payment of which a part of the tax went back',
			{ refund: 8_000 },
			{ tax: 2_000, booked: 8_000, left: 9_000 },
			{ amount: 8_000, withoutTax: true },
		],
		[
			'all that one invoice has of a payment of several with tax on top, and not what the others have',
			{ refund: 8_000 },
			{ amount: 11_900, tax: 1_900, booked: 8_000, left: 11_900, isNet: true },
			{ amount: 8_000, withoutTax: true },
		],
		[
			'all that one invoice has of a payment of several without it',
			{ refund: 8_000 },
			{ booked: 8_000, tax: 2_000, isNet: false },
			{ amount: 8_000, withoutTax: false },
		],
		['the rest of a payment', { refund: 6_000 }, { left: 6_000 }, { amount: 6_000, withoutTax: false }],
	])('gives back %s', (_, noted, paid, expected) => {
		expect(decideNoteRefund({ ...note, ...noted }, [{ ...payment, ...paid }])).toEqual({
			action: 'refund',
			paymentId: 'pay_1',
			...expected,
		});
	});

	it('takes the first payment with room', () => {
		const payments = [
			{ ...payment, left: 3_999 },
			{ ...payment, id: 'pay_2' },
		];
		expect(decideNoteRefund(note, payments)).toMatchObject({ paymentId: 'pay_2' });
	});

	it('takes the payment that carries the refund already, whatever it has left', () => {
		const payments = [payment, { ...payment, id: 'pay_2', left: 0, carries: true }];
		expect(decideNoteRefund(note, payments)).toMatchObject({ paymentId: 'pay_2' });
	});

	it.each<[string, NotePayment[], string]>([
		['no payment', [], 'no_dodo_payment'],
		['no payment with that much left', [{ ...payment, left: 3_999 }], 'no_dodo_payment'],
		['a payment in another currency', [{ ...payment, currency: 'USD' }], 'currency_mismatch'],
	])('holds a note with %s', (_, payments, reason) => {
		expect(decideNoteRefund(note, payments)).toMatchObject({ action: 'hold', held: { outcome: 'held', reason } });
	});
});
