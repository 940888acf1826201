import * as fc from 'fast-check';
import { allocateRefund, asLagoTaxes, type CreditableFee } from '../../../nodes/shared/domain/refundAllocation';
import { decideMirror, type MirrorDecision, type RefundedInvoice } from '../../../nodes/shared/domain/refundMirror';
import { toEarlierNote, toRefundedInvoice } from '../../../nodes/shared/wire/lago/creditFacts';
import type { LagoCreditNote } from '../../../nodes/shared/wire/lago/creditNote';
import type { LagoInvoice } from '../../../nodes/shared/wire/lago/objects';
import { RuledInvoice, type RuledFee, type RuledTax } from './lagoCreditNoteRules';
import { runs } from '../../support/runs';

const RUNS = runs(1_000, 1_000_000);
const SMALL_RUNS = runs(500, 100_000);
const SEED = 20_261_128;
/** Amounts as JPY, EUR and KWD invoices have them: exponents 0, 2 and 3. */
const MAGNITUDES = [500, 50_000, 20_000_000];
/** So few spreads that each can be looked at. */
const SMALL = [4, 12, 30];
const RATES = [0, 2.5, 5, 5.5, 7, 8.25, 8.875, 9.975, 19, 19.6, 20, 21, 25.5];
/** What a provider taxes of a fee. */
const PARTS = [1, 1, 0.9, 0.8, 0.5, 0];

interface GivenFee {
	amount: number;
	rates: number[];
	part: number;
	isCouponed: boolean;
}
interface Given {
	fees: GivenFee[];
	/** Of what the coupon is good for. */
	couponPerMille: number;
	isProvider: boolean;
	/** A provider that cuts off what is less than a cent. */
	cuts: boolean;
}

const given = (magnitudes: number[], maxFees: number): fc.Arbitrary<Given> =>
	fc.constantFrom(...magnitudes).chain((max) =>
		fc.record({
			fees: fc.array(
				fc.record({
					amount: fc.oneof(
						{ weight: 19, arbitrary: fc.integer({ min: 1, max }) },
						{ weight: 1, arbitrary: fc.constant(0) },
					),
					rates: fc.oneof(
						{ weight: 3, arbitrary: fc.constantFrom(...RATES).map((rate) => [rate]) },
						{ weight: 1, arbitrary: fc.uniqueArray(fc.constantFrom(...RATES), { maxLength: 3 }) },
					),
					part: fc.constantFrom(...PARTS),
					isCouponed: fc.boolean(),
				}),
				{ minLength: 1, maxLength: maxFees },
			),
			couponPerMille: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1_000 })),
			isProvider: fc.boolean(),
			cuts: fc.boolean(),
		}),
	);
/** Shares of what is left that go back one after the other; the last one takes the rest. */
const shares = fc.array(fc.integer({ min: 1, max: 1_000 }), { maxLength: 5 });

/** The invoice that Lago makes of it: the coupon is spread by what the fees are worth, each share with five decimals. */
function invoiceOf({ fees, couponPerMille, isProvider, cuts }: Given): RuledInvoice {
	const couponed = fees.reduce((sum, { amount, isCouponed }) => (isCouponed ? sum + amount : sum), 0);
	const coupon = Math.floor((couponed * couponPerMille) / 1_000);
	const ruled = fees.map(({ amount, rates, part, isCouponed }, index): RuledFee => {
		const share = isCouponed && couponed > 0 ? (coupon * amount) / couponed : 0;
		const taxes = rates.map((rate): RuledTax => ({ code: `tax_${rate}`, rate }));
		const tax = ((amount - share) * part * (rates[0] ?? 0)) / 100;
		const coupons = Math.min(amount, Number(share.toFixed(5)));
		return {
			id: `fee_${index}`,
			amount,
			coupons: String(coupons),
			taxes,
			...(isProvider && { providerTax: cuts ? Math.floor(tax) : Math.round(tax) }),
		};
	});
	return new RuledInvoice(ruled, coupon);
}

/** What becomes of a refund over `asked`, by what Lago's API says. */
function decide(invoice: RuledInvoice, billed: RefundedInvoice, asked: number, left: number): MirrorDecision {
	return decideMirror(
		{ id: 'ref_1', amount: asked, currency: 'EUR', isLast: left === 0 },
		{ id: 'pay_1', amount: invoice.paid, tax: 0 },
		billed,
		invoice.paid,
		invoice.notesJson().map((note) => toEarlierNote(note as unknown as LagoCreditNote)),
	);
}

/** Whether any amounts of the fees make exactly this refund. */
function isPossible(invoice: RuledInvoice, refund: number): boolean {
	const rooms = invoice.fees.map(({ id, amount }) => ({ feeId: id, room: amount - invoice.creditedOn(id) }));
	const from = (index: number, items: Array<{ feeId: string; amount: number }>): boolean => {
		const fee = rooms[index];
		if (fee === undefined) return items.length > 0 && invoice.refundOf(items) === refund;
		for (let amount = 0; amount <= fee.room; amount++)
			if (from(index + 1, amount === 0 ? items : [...items, { feeId: fee.feeId, amount }])) return true;
		return false;
	};
	return from(0, []);
}

/** Whether any make one that is as near as a note may be. */
function isNearPossible(invoice: RuledInvoice, refund: number, refundable: number): boolean {
	const near = [-5, -4, -3, -2, -1, 0, 1].map((off) => refund + off);
	return near.some((one) => one > 0 && one <= refundable && isPossible(invoice, one));
}

interface Seen {
	refunds: number;
	exact: number;
	impossible: number;
	further: number;
	held: number;
	ended: number;
	addUp: number;
	nothingLeft: number;
}

/**
 * Whether the rate of each fee tells its taxes: `GET /invoices/:id` names those of the invoice only, and several may make the same rate.
 * What is wrong then is asked: test/contract/refundTaxes.test.ts.
 */
function isTold({ fees, isProvider }: Given): boolean {
	if (!isProvider) return true;
	const taxes = [...new Set(fees.flatMap(({ rates }) => rates))].filter((rate) => rate > 0);
	if (taxes.length > 10) return false;
	const sums = new Map<number, number>();
	for (let chosen = 0; chosen < 2 ** taxes.length; chosen++) {
		const sum = taxes.reduce((all, rate, index) => ((chosen >> index) % 2 === 1 ? all + 1_000 * rate : all), 0);
		sums.set(Math.round(sum), (sums.get(Math.round(sum)) ?? 0) + 1);
	}
	return fees.every(({ rates }) => sums.get(Math.round(rates.reduce((all, rate) => all + 1_000 * rate, 0))) === 1);
}

/** Refunds shares of an invoice, one after the other. @returns what Lago refused, and what is not exact though it could be. */
function refundAll(invoice: RuledInvoice, parts: readonly number[], seen: Seen, isSmall: boolean): string[] {
	const wrong: string[] = [];
	const billed = toRefundedInvoice(invoice.json() as unknown as LagoInvoice);
	let atDodo = invoice.paid;
	const story = (what: string) =>
		`${what}: ${JSON.stringify({ fees: invoice.fees, paid: invoice.paid, notes: invoice.notes.map(({ items, refund }) => [refund, items]) })}`;
	for (const part of [...parts, 1_000]) {
		const asked = Math.max(1, Math.floor((atDodo * part) / 1_000));
		if (atDodo <= 0) break;
		atDodo -= asked;
		const decision = decide(invoice, billed, asked, atDodo);
		const refundable = invoice.paid - invoice.refunded;
		const isEnd = atDodo === 0;
		// The last one takes what rounding left.
		const meant = asked > refundable || (isEnd && refundable - asked <= invoice.notes.length) ? refundable : asked;
		const isMissed = (): boolean => isSmall && isPossible(invoice, meant);
		if (decision.action !== 'credit') {
			seen.nothingLeft++;
			// Of some invoices over a few units no note comes to what was paid.
			const isFew = isSmall || invoice.fees.reduce((sum, { amount }) => sum + amount, 0) <= 30;
			const isHeldRightly = isFew && !isNearPossible(invoice, meant, refundable);
			if (decision.action !== 'already' && isHeldRightly) seen.held++;
			if (decision.action !== 'already' && !isHeldRightly) wrong.push(story(`${decision.action} of ${asked}`));
			if (meant > 0 && isMissed()) wrong.push(story(`${decision.action} of ${asked}`));
			continue;
		}
		const { items, refund } = decision.allocation;
		const missed = refund !== meant && isMissed();
		const stored = invoice.create(refund, items);
		if (typeof stored === 'string') {
			wrong.push(story(`${stored}, refund ${refund} of ${asked}, ${JSON.stringify(items)}`));
			return wrong;
		}
		seen.refunds++;
		if (stored === meant) seen.exact++;
		else if (!missed) seen.impossible++;
		else wrong.push(story(`${stored} instead of ${asked}`));
		if (Math.abs(stored - asked) > (isEnd ? 5 : 1)) seen.further++;
		if (Math.abs(stored - asked) > 5) wrong.push(story(`${stored} instead of ${asked}`));
	}
	if (invoice.paid > 0) seen.ended++;
	if (invoice.paid > 0 && invoice.refunded === invoice.paid) seen.addUp++;
	return wrong;
}

const tell = (title: string, { refunds, exact, impossible, further, held, ended, addUp, nothingLeft }: Seen): void =>
	void console.log(
		`${title}: ${refunds} refunds, ${exact} exact (${((100 * exact) / refunds).toFixed(3)} %), ${impossible} that no spread makes (${further} of them further than one unit beside), ${nothingLeft} of nothing but earlier rounding (${held} held: no note comes to them); ${addUp} of ${ended} invoices add up.`,
	);
const nothing = (): Seen => ({
	refunds: 0,
	exact: 0,
	impossible: 0,
	further: 0,
	held: 0,
	ended: 0,
	addUp: 0,
	nothingLeft: 0,
});

test(`${RUNS.toLocaleString('en')} random refund sequences: Lago takes every one the first time`, () => {
	const seen = nothing();
	fc.assert(
		fc.property(given(MAGNITUDES, 6), shares, (one, parts) => {
			fc.pre(isTold(one));
			const wrong = refundAll(invoiceOf(one), parts, seen, false);
			if (wrong.length > 0) throw new Error(wrong.join('\n'));
		}),
		{ numRuns: RUNS, seed: SEED },
	);
	tell('Random', seen);
	expect(seen.refunds).toBeGreaterThan(RUNS);
}, 7_200_000);

/** The note over all that is left gives rounding back and makes 3; one without the last unit makes the 4 that are wanted. */
const ROUNDED_BACK = [
	{
		fees: [{ amount: 13, rates: [19, 9.975], part: 1, isCouponed: true }],
		couponPerMille: 539,
		isProvider: true,
		cuts: false,
	},
	[500],
] satisfies [unknown, number[]];

test(`${SMALL_RUNS.toLocaleString('en')} small invoices: exact wherever any spread is`, () => {
	const seen = nothing();
	fc.assert(
		fc.property(given(SMALL, 3), shares, (one, parts) => {
			fc.pre(isTold(one));
			const wrong = refundAll(invoiceOf(one), parts, seen, true);
			if (wrong.length > 0) throw new Error(wrong.join('\n'));
		}),
		{ numRuns: SMALL_RUNS, seed: SEED, examples: [ROUNDED_BACK] },
	);
	tell('Small', seen);
	expect(seen.exact).toBeGreaterThan(SMALL_RUNS);
}, 7_200_000);

test('a full refund gives every fee back', () => {
	fc.assert(
		fc.property(given(MAGNITUDES, 6), (one) => {
			const invoice = invoiceOf({ ...one, isProvider: false });
			if (invoice.paid === 0) return;
			const decision = decide(invoice, toRefundedInvoice(invoice.json() as unknown as LagoInvoice), invoice.paid, 0);
			const worth = invoice.fees.filter(({ amount }) => amount > 0);
			expect(decision).toMatchObject({
				action: 'credit',
				allocation: { refund: invoice.paid, items: worth.map(({ id, amount }) => ({ feeId: id, amount })) },
			});
		}),
		{ numRuns: runs(400, 5_000), seed: SEED },
	);
});

test('without coupons, and with a tax that never makes half a cent, all notes add up', () => {
	const seen = nothing();
	const fees = fc.array(fc.integer({ min: 1, max: 99_999 }), { minLength: 1, maxLength: 6 });
	fc.assert(
		fc.property(fees, shares, (amounts, parts) => {
			const taxed = amounts.map((amount) => ({ amount, rates: [20], part: 1, isCouponed: false }));
			const one = { fees: taxed, couponPerMille: 0, isProvider: false, cuts: false };
			expect(refundAll(invoiceOf(one), parts, seen, false)).toEqual([]);
		}),
		{ numRuns: runs(250, 20_000), seed: SEED },
	);
	expect(seen.addUp).toBe(seen.ended);
});

test.each<[string, number, CreditableFee[], Array<{ feeId: string; amount: number }> | null]>([
	[
		'20 % tax',
		2_460,
		[{ id: 'a', amount: 4_900, credited: 0, taxesRate: 20, couponsAmount: 0 }],
		[{ feeId: 'a', amount: 2_050 }],
	],
	[
		'two fees, the first one whole',
		6_000,
		[
			{ id: 'a', amount: 4_900, credited: 0, taxesRate: 20, couponsAmount: 0 },
			{ id: 'b', amount: 1_250, credited: 0, taxesRate: 20, couponsAmount: 0 },
		],
		[
			{ feeId: 'a', amount: 4_900 },
			{ feeId: 'b', amount: 100 },
		],
	],
	[
		'a fee that was credited before',
		120,
		[
			{ id: 'a', amount: 4_900, credited: 4_900, taxesRate: 20, couponsAmount: 0 },
			{ id: 'b', amount: 1_250, credited: 0, taxesRate: 20, couponsAmount: 0 },
		],
		[{ feeId: 'b', amount: 100 }],
	],
	[
		'a coupon of a half',
		500,
		[{ id: 'a', amount: 2_000, credited: 0, taxesRate: 0, couponsAmount: 1_000 }],
		[{ feeId: 'a', amount: 1_000 }],
	],
	[
		'yen without tax',
		333,
		[{ id: 'a', amount: 1_000, credited: 0, taxesRate: 0, couponsAmount: 0 }],
		[{ feeId: 'a', amount: 333 }],
	],
	['more than there is', 1_300, [{ id: 'a', amount: 1_000, credited: 0, taxesRate: 20, couponsAmount: 0 }], null],
])('%s', (_case, wanted, fees, items) => {
	expect(allocateRefund({ wanted, refundable: 1_000_000, taxRounding: 0 }, fees)?.items ?? null).toEqual(items);
});

describe('by hand', () => {
	const fee = (id: string, amount: number, change: Partial<CreditableFee> = {}): CreditableFee => ({
		id,
		amount,
		credited: 0,
		taxesRate: 0,
		couponsAmount: 0,
		...change,
	});
	const all = (feeId: string, amount: number) => ({ feeId, amount });

	test.each<[string, [wanted: number, refundable: number, taxRounding: number], CreditableFee[], object | null]>([
		['all of one fee', [100, 100, 0], [fee('a', 100)], { items: [all('a', 100)], refund: 100 }],
		['a part', [40, 100, 0], [fee('a', 100)], { items: [all('a', 40)], refund: 40 }],
		[
			'a part of the first of two alike: no item of nothing',
			[40, 200, 0],
			[fee('a', 100), fee('b', 100)],
			{ items: [all('a', 40)], refund: 40 },
		],
		[
			'more than the first: whole fees first',
			[140, 200, 0],
			[fee('a', 100), fee('b', 100)],
			{ items: [all('a', 100), all('b', 40)], refund: 140 },
		],
		[
			'of a fee that is used up nothing',
			[40, 100, 0],
			[fee('a', 100, { credited: 100 }), fee('b', 100)],
			{ items: [all('b', 40)], refund: 40 },
		],
		[
			'one that was credited beyond itself takes nothing from another',
			[10, 10, 0],
			[fee('a', 10, { credited: 12 }), fee('b', 10)],
			{ items: [all('b', 10)], refund: 10 },
		],
		[
			'a fee that coupons pay is worth nothing',
			[10, 10, 0],
			[fee('a', 50, { couponsAmount: 50, taxesRate: 20 })],
			null,
		],
		['nothing is left of the fees', [3, 3, 0], [fee('a', 50, { credited: 50 })], null],
		// Earlier rounding has cost the fees some cents.
		[
			'the last refund: five cents are missing',
			[105, 105, 0],
			[fee('a', 100)],
			{ items: [all('a', 100)], refund: 100 },
		],
		['the last refund: six cents are missing', [106, 106, 0], [fee('a', 100)], null],
		[
			'one that is not the last: a cent is missing',
			[101, 110, 0],
			[fee('a', 100)],
			{ items: [all('a', 100)], refund: 100 },
		],
		['one that is not the last: two cents are missing', [102, 110, 0], [fee('a', 100)], null],
		// With the last unit Lago gives the rounding of earlier notes back, or takes it.
		[
			'what it is worth without that is not what Lago makes of it',
			[1_200, 1_200, 0.6],
			[fee('a', 1_000, { taxesRate: 20 })],
			{ items: [all('a', 1_000)], refund: 1_199 },
		],
		[
			'more is nearer: all of it, with what was rounded down',
			[12, 13, -3],
			[fee('a', 10)],
			{ items: [all('a', 10)], refund: 13 },
		],
		['less is nearer, by more than a cent', [11, 13, -3], [fee('a', 10)], { items: [all('a', 9)], refund: 9 }],
		[
			'a cent less rather than a cent more, whatever that leaves',
			[3, 6, 0.4],
			[fee('a', 5, { taxesRate: 19, couponsAmount: 1 })],
			{ items: [all('a', 2)], refund: 2 },
		],
		[
			'a unit that is rounded to more than can go back',
			[1, 1, -0.4],
			[fee('a', 2, { taxesRate: 100, couponsAmount: 1 })],
			null,
		],
		['never more than can go back', [12, 12, -3], [fee('a', 10)], { items: [all('a', 9)], refund: 9 }],
	])('%s', (_case, [wanted, refundable, taxRounding], fees, expected) => {
		expect(allocateRefund({ wanted, refundable, taxRounding }, fees)).toEqual(expected);
	});

	test.each([
		[3, [9, 3, 1, 1, 10, 5, 3], [0, 20, 50, 25, 19, 7, 10]],
		[30, [9, 3, 1, 1, 10, 5, 3], [0, 20, 50, 25, 19, 7, 10]],
		[77, [4, 18, 2, 20, 26, 2, 12], [0, 20, 50, 25, 19, 7, 10]],
	])('%d of fees of %j, taxed by %j: exact, and no fee gives more than it has', (wanted, sizes, rates) => {
		const fees = sizes.map((size, index) => fee(`fee_${index}`, size, { taxesRate: rates[index] ?? 0 }));
		const worth = sizes.reduce((sum, size, index) => sum + size * (1 + (rates[index] ?? 0) / 100), 0);
		const found = allocateRefund({ wanted, refundable: Math.round(worth), taxRounding: 0 }, fees);
		expect(found?.refund).toBe(wanted);
		const given = new Map(found?.items.map(({ feeId, amount }) => [feeId, amount]));
		let [net, tax] = [0, 0];
		for (const { id, amount, taxesRate } of fees) {
			const of = given.get(id) ?? 0;
			expect(of).toBeLessThanOrEqual(amount);
			net += of;
			tax += (of * Number(taxesRate)) / 100;
		}
		expect(net + Math.round(Number(tax.toFixed(5)))).toBe(wanted);
	});

	test('a fee of nothing beside others is in no way of the tax', () => {
		const fees = [fee('a', 100, { taxesRate: 20 }), fee('free', 0, { taxesRate: 20 })];
		const said = { couponsAmount: 0, taxesAmount: 18 };
		const read = asLagoTaxes(fees, { taxRounding: 0 }, [all('a', 100)], said);
		expect(read.map(({ taxesRate }) => Number(taxesRate))).toEqual([18, 18]);
	});
});
