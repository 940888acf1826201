import fc from 'fast-check';
import {
	decideMirror,
	otherCurrency,
	type EarlierNote,
	type RefundedInvoice,
	type RefundFacts,
} from '../../../nodes/shared/domain/refundMirror';

const fee = { id: 'fee', amount: 10_000, taxesRate: 0, couponsAmount: 0 };
const invoice = (change: Partial<RefundedInvoice> = {}): RefundedInvoice => ({
	number: 'ACM-1',
	currency: 'EUR',
	totalPaid: 10_000,
	fees: [fee],
	...change,
});
const refund = (amount: number | null, isLast = false): RefundFacts => ({
	id: 'ref_1',
	amount,
	currency: 'EUR',
	isLast,
});
const note = (amount: number): EarlierNote => ({
	refunded: amount,
	taxRounding: 0,
	items: [{ feeId: 'fee', amount }],
});
const payment = { id: 'pay_1', amount: 10_000, tax: 0 };

describe('a refund', () => {
	test.each<[string, Parameters<typeof decideMirror>, object]>([
		[
			'of everything',
			[refund(10_000), payment, invoice(), 10_000, []],
			{ action: 'credit', asked: 10_000, allocation: { refund: 10_000, items: [{ feeId: 'fee', amount: 10_000 }] } },
		],
		[
			'of a part',
			[refund(2_500), payment, invoice(), 10_000, []],
			{ action: 'credit', asked: 2_500, allocation: { refund: 2_500 } },
		],
		[
			'of the rest',
			[refund(7_500), payment, invoice(), 10_000, [note(2_500)]],
			{ action: 'credit', asked: 7_500, allocation: { refund: 7_500 } },
		],
		[
			"with Dodo's tax on top: its share",
			[refund(11_900), { ...payment, amount: 11_900, tax: 1_900 }, invoice(), 10_000, []],
			{ action: 'credit', asked: 10_000 },
		],
		[
			"of a part with Dodo's tax on top",
			[refund(1_190), { ...payment, amount: 11_900, tax: 1_900 }, invoice(), 10_000, []],
			{ action: 'credit', asked: 1_000 },
		],
		[
			"of a part with Dodo's tax inside: all of it",
			[refund(1_190), { ...payment, tax: 1_597 }, invoice(), 10_000, []],
			{ action: 'credit', asked: 1_190 },
		],
		[
			'of the rest but for the rounding of an earlier note',
			[refund(7_499, true), payment, invoice(), 10_000, [note(2_500)]],
			{ action: 'credit', asked: 7_499, allocation: { refund: 7_500 } },
		],
		[
			'of a cent more than the rest takes the rest, though the fees have lost some cents to rounding',
			[refund(7_501), payment, invoice({ fees: [{ ...fee, amount: 9_996 }] }), 10_000, [note(2_500)]],
			{ action: 'credit', asked: 7_501, allocation: { refund: 7_496, items: [{ feeId: 'fee', amount: 7_496 }] } },
		],
		[
			'of a cent, where nothing is left to refund though fees are open',
			[refund(1), payment, invoice({ totalPaid: 2_500 }), 10_000, [note(2_500)]],
			{ action: 'already', asked: 1 },
		],
		[
			'of the rest, which is not the last',
			[refund(7_499), payment, invoice(), 10_000, [note(2_500)]],
			{ action: 'credit', asked: 7_499, allocation: { refund: 7_499 } },
		],
		[
			'that is the last, and leaves more than rounding',
			[refund(7_498, true), payment, invoice(), 10_000, [note(2_500)]],
			{ action: 'credit', asked: 7_498, allocation: { refund: 7_498 } },
		],
		[
			'that the fees cannot carry as far as we know',
			[refund(5_000), payment, invoice({ fees: [{ ...fee, amount: 4_000 }] }), 10_000, []],
			{ action: 'doubt', asked: 5_000, items: [{ feeId: 'fee', amount: 4_000 }], held: { reason: 'lago_refused' } },
		],
		[
			'of what is used up',
			[refund(3), payment, invoice({ totalPaid: 0 }), 10_000, [note(0), note(0)]],
			{ action: 'hold', held: { reason: 'lago_refused' } },
		],
		[
			'of one unit more than is left is taken for rounding',
			[refund(10_001), { ...payment, amount: 10_001 }, invoice(), 10_001, []],
			{ action: 'credit', asked: 10_001, allocation: { refund: 10_000 } },
		],
		[
			'of a unit that the earlier notes have',
			[refund(1), payment, invoice(), 10_000, [note(10_000)]],
			{ action: 'already', asked: 1 },
		],
		[
			'of an amount that nobody says',
			[refund(null), payment, invoice(), 10_000, []],
			{ action: 'hold', held: { reason: 'unreadable_refund' } },
		],
		[
			'of a payment that was booked in part for another reason',
			[refund(5_000), payment, invoice(), 9_000, []],
			{ action: 'hold', held: { reason: 'refund_exceeds_booked' } },
		],
		[
			'of more than is left',
			[refund(7_503), payment, invoice(), 10_000, [note(2_500)]],
			{ action: 'hold', held: { reason: 'refund_exceeds_booked' } },
		],
		[
			'that no fee can carry',
			[refund(5_000), payment, invoice({ fees: [] }), 10_000, []],
			{ action: 'hold', held: { reason: 'lago_refused' } },
		],
	])('%s', (_case, given, decision) => {
		expect(decideMirror(...given)).toMatchObject(decision);
	});

	test('tells what it is spread by, for when Lago taxes a fee otherwise', () => {
		const earlier = [
			{ ...note(2_500), taxRounding: '0.25' },
			{ ...note(500), taxRounding: -0.5 },
		];
		expect(decideMirror(refund(1_000), payment, invoice(), 10_000, earlier)).toMatchObject({
			terms: {
				asked: 1_000,
				room: { wanted: 1_000, refundable: 7_000, taxRounding: `-0.25${'0'.repeat(28)}` },
				fees: [{ ...fee, credited: 3_000 }],
			},
		});
	});

	test.each<[string, string | null, boolean]>([
		['in the currency of the invoice', 'EUR', false],
		['in one that nobody says', null, false],
		['in another', 'USD', true],
	])('%s', (_case, currency, isHeld) => {
		expect(otherCurrency({ ...refund(1), currency }, invoice()) !== null).toBe(isHeld);
	});

	test('never credits more than was paid and not refunded yet', () => {
		const amounts = fc.integer({ min: 1, max: 10_000 });
		fc.assert(
			fc.property(amounts, fc.array(amounts, { maxLength: 4 }), (amount, earlier) => {
				const notes: EarlierNote[] = [];
				for (const one of [...earlier, amount]) {
					const gone = notes.reduce((sum, { refunded }) => sum + refunded, 0);
					const decision = decideMirror(refund(one), payment, invoice(), 10_000, notes);
					if (decision.action !== 'credit') continue;
					expect(decision.allocation.refund).toBeLessThanOrEqual(10_000 - gone);
					expect(Math.abs(decision.allocation.refund - one)).toBeLessThanOrEqual(1 + notes.length);
					const { refund: refunded, items } = decision.allocation;
					notes.push({ refunded, taxRounding: 0, items });
				}
			}),
		);
	});
});
