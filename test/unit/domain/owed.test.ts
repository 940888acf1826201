import fc from 'fast-check';
import {
	decodeCounted,
	encodeCounted,
	keyOf,
	lostIn,
	withCounted,
	withRefunded,
	type RefundedPayment,
	type Counted,
} from '../../../nodes/shared/domain/counted';
import { collectability } from '../../../nodes/shared/domain/invoice';
import { decodeState, encodeState, withOurMetadata } from '../../../nodes/shared/domain/invoiceMetadata';
import { owedOn, type OwedFacts } from '../../../nodes/shared/domain/owed';
import { decideSuccess } from '../../../nodes/shared/domain/settlement';
import { debtsOf, owedFor, wayOut } from '../../../nodes/shared/domain/access/debts';
import type { AccessInvoice } from '../../../nodes/shared/domain/access/facts';
import { invoice, meta, payment } from './facts';

const LOST_AT = Date.parse('2026-08-20T10:00:00Z');

/** Total 100.00, as Lago shows it. */
const CASES: Array<[string, Partial<OwedFacts>, number, number, string | null]> = [
	['nothing was paid', {}, 10_000, 10_000, 'due'],
	['a try failed', { paymentStatus: 'failed' }, 10_000, 10_000, 'due'],
	['a part was paid', { totalDue: 4_000, totalPaid: 6_000 }, 4_000, 4_000, 'due'],
	['paid', { paymentStatus: 'succeeded', totalDue: 0, totalPaid: 10_000 }, 0, 0, null],
	['marked as paid without licence', { paymentStatus: 'succeeded' }, 0, 0, null],
	['offset in full', { paymentStatus: 'succeeded', totalDue: 0 }, 0, 0, null],
	['offset in full, and the status was put back', { paymentStatus: 'failed', totalDue: 0 }, 0, 0, null],
	[
		'paid, and the status was put back',
		{ paymentStatus: 'failed', totalDue: 0, totalPaid: 10_000 },
		10_000,
		10_000,
		'reversed',
	],
	[
		'paid, partly given back by a note, and put back',
		{ paymentStatus: 'failed', totalDue: 0, totalPaid: 10_000, refunded: 6_000 },
		4_000,
		4_000,
		'reversed',
	],
	[
		'the same, given back in full',
		{ paymentStatus: 'failed', totalDue: 0, totalPaid: 10_000, refunded: 10_000 },
		0,
		0,
		null,
	],
	['the same, to pending', { totalDue: 0, totalPaid: 10_000 }, 10_000, 10_000, 'reversed'],
	[
		'offset in part, the rest paid, and put back',
		{ paymentStatus: 'failed', totalDue: 0, totalPaid: 7_000 },
		7_000,
		7_000,
		'reversed',
	],
	['put back without licence', { paymentStatus: 'failed', totalPaid: 0 }, 10_000, 10_000, 'due'],
	[
		'a lost dispute over nobody knows how much',
		{ paymentStatus: 'succeeded', totalDue: 0, totalPaid: 10_000, disputeLostAt: LOST_AT },
		10_000,
		10_000,
		'disputed',
	],
	['the same without licence', { paymentStatus: 'succeeded', disputeLostAt: LOST_AT }, 10_000, 10_000, 'disputed'],
	[
		'a lost dispute over a part',
		{ paymentStatus: 'succeeded', totalDue: 0, totalPaid: 10_000, disputeLostAt: LOST_AT, lost: 3_000 },
		3_000,
		3_000,
		'disputed',
	],
	[
		'the same without licence',
		{ paymentStatus: 'succeeded', disputeLostAt: LOST_AT, lost: 3_000 },
		3_000,
		3_000,
		'disputed',
	],
	[
		'a lost dispute that was made good',
		{ paymentStatus: 'succeeded', totalDue: 0, totalPaid: 10_000, disputeLostAt: LOST_AT, lost: 0 },
		0,
		0,
		null,
	],
	[
		'more was made good than is lost by now',
		{ paymentStatus: 'succeeded', totalDue: 0, totalPaid: 10_000, disputeLostAt: LOST_AT, lost: -3_000 },
		0,
		0,
		null,
	],
	[
		'a part was paid and lost again',
		{ totalDue: 4_000, totalPaid: 6_000, disputeLostAt: LOST_AT, lost: 6_000 },
		10_000,
		4_000,
		'due',
	],
	[
		'lost in part, and then all of it put back',
		{ paymentStatus: 'failed', totalDue: 0, totalPaid: 10_000, disputeLostAt: LOST_AT, lost: 3_000 },
		10_000,
		10_000,
		'reversed',
	],
	['a draft', { status: 'draft' }, 0, 0, null],
	[
		'voided after a lost dispute',
		{ status: 'voided', paymentStatus: 'succeeded', totalDue: 0, totalPaid: 10_000, disputeLostAt: LOST_AT },
		0,
		0,
		null,
	],
	['self-billed', { selfBilled: true }, 0, 0, null],
];

describe('what is owed is one opinion', () => {
	test.each(CASES)('%s', (_case, change, amount, asked, how) => {
		const facts = invoice({ total: 10_000, ...change });
		expect(owedOn(facts)).toEqual({ amount, asked, how });
		// Collecting and the pay page ask for it, a payment of it is taken, and access counts it.
		const collect = collectability(facts);
		expect(collect.decision === 'collect' ? collect.amount : 0).toBe(asked);
		expect(owedFor(accessInvoice(change)).amount).toBe(amount);
		if (how === null) return;
		const paid = payment({ id: 'pay_new', amount: asked, checkoutSessionId: 'cks_new' });
		const linked = { ...facts, metadata: meta({ dodo_payment_id: 'cks_new', dodo_state: `v1;open;a=2;m=${asked}` }) };
		expect(decideSuccess(paid, linked, ['pay_old'])).toMatchObject(
			how === 'due' ? { action: 'book', amount: asked } : { action: 'make_good', amount: asked, how },
		);
		expect(decideSuccess({ ...paid, amount: asked + 1 }, linked, ['pay_old'])).toMatchObject({
			action: how === 'disputed' ? 'hold' : 'hold',
			held: { reason: 'amount_above_due' },
		});
	});

	test('only a wallet top-up is collected and never restricts', () => {
		expect(owedFor({ ...accessInvoice({}), type: 'credit' })).toMatchObject({ amount: 0 });
	});

	test.each([
		['due', {}, 'EUR 100.00 is paid on invoice ACM-1'],
		[
			'reversed',
			{ paymentStatus: 'failed', totalDue: 0, totalPaid: 10_000 },
			/link or mandate, or its payment status is set to succeeded/,
		],
		[
			'disputed',
			{ paymentStatus: 'succeeded', totalDue: 0, totalPaid: 10_000, disputeLostAt: LOST_AT, lost: 3_000 },
			/^EUR 30\.00 is paid again on invoice ACM-1 by its link, its dispute is won after all, or the invoice is voided in Lago/,
		],
	])('what lifts it names only ways that there are: %s', (_how, change, words) => {
		const [debt] = debtsOf([accessInvoice(change)], 'UTC');
		expect(debt && wayOut(debt)).toMatch(words);
	});
});

function accessInvoice(change: Partial<OwedFacts>): AccessInvoice {
	return {
		...invoice({ total: 10_000, ...change }),
		totalPaid: change.totalPaid ?? 0,
		type: 'subscription',
		issuedOn: '2026-08-01',
		dueOn: '2026-08-15',
		disputeLostAt: change.disputeLostAt ?? null,
		failedAt: null,
		isUnderWay: false,
		covers: [],
	};
}

describe('a payment that comes when nothing can be booked of it', () => {
	const disputed = {
		paymentStatus: 'succeeded',
		total: 10_000,
		totalDue: 0,
		totalPaid: 10_000,
		disputeLostAt: LOST_AT,
	};
	const record = (id: string, state: string) => meta({ dodo_payment_id: id, dodo_state: state });

	test.each<[string, Parameters<typeof payment>[0], Parameters<typeof invoice>[0], string[] | null, object]>([
		[
			'the first payment of a disputed invoice is asked for by its reference',
			{},
			disputed,
			null,
			{ action: 'look_up_references' },
		],
		['and is settled', {}, disputed, ['pay_1'], { action: 'already_settled' }],
		[
			'the same by our record',
			{},
			{ ...disputed, metadata: record('pay_1', 'v1;paid;a=1') },
			null,
			{ action: 'already_settled' },
		],
		[
			'the same once another one is recorded',
			{},
			{ ...disputed, metadata: record('cks_2', `v1;open;a=2;m=10000;o=${keyOf('pay_1')}=`) },
			[],
			{ action: 'already_settled' },
		],
		[
			'one by an earlier link than the one that is out',
			{ id: 'pay_2', checkoutSessionId: 'cks_1' },
			{ ...disputed, metadata: record('cks_2', 'v1;open;a=2;m=10000') },
			['pay_1'],
			{ action: 'hold', held: { reason: 'already_paid' } },
		],
		[
			'one over another amount is surplus',
			{ id: 'pay_2', checkoutSessionId: 'cks_1', amount: 10_000 },
			{ ...disputed, lost: 3_000, metadata: record('cks_2', 'v1;open;a=2;m=3000;o=aaaaa+3000') },
			['pay_1'],
			{ action: 'overpaid', overpaid: { reason: 'paid_twice' } },
		],
		[
			'a surplus that is to go back pays no debt',
			{ id: 'pay_2' },
			{ ...disputed, metadata: record('pay_2', 'v1;overpaid;a=1') },
			['pay_1'],
			{ action: 'hold' },
		],
		[
			'one made after what is recorded',
			{ id: 'pay_2', checkoutSessionId: 'cks_2', attempt: 3 },
			{ ...disputed, metadata: record('cks_1', 'v1;open;a=2;m=10000') },
			['pay_1'],
			{
				action: 'make_good',
				counted: [
					{ key: '*', sign: '+', amount: 10_000 },
					{ key: keyOf('pay_2'), sign: '-', amount: 10_000 },
				],
			},
		],
		[
			'what was due on the mandate after the second charge had failed',
			{ id: 'pay_3', checkoutSessionId: null, subscriptionId: 'sub_1' },
			{
				paymentStatus: 'failed',
				total: 10_000,
				totalDue: 0,
				totalPaid: 10_000,
				mandateId: 'sub_1',
				metadata: record('pay_2', 'v1;failed;a=2'),
			},
			['pay_1'],
			{ action: 'make_good', how: 'reversed' },
		],
		[
			'no room on the invoice',
			{ id: 'pay_2', attempt: 2 },
			{ ...disputed, metadata: meta({ a: '1', b: '1', c: '1', d: '1' }) },
			['pay_1'],
			{ action: 'hold', held: { reason: 'metadata_full' } },
		],
		[
			'after a credit note has offset all',
			{},
			{ paymentStatus: 'succeeded', total: 10_000, totalDue: 0, totalPaid: 0 },
			[],
			{ action: 'overpaid', record: true, overpaid: { reason: 'nothing_due' } },
		],
		[
			'the same, with the status put back',
			{},
			{ paymentStatus: 'failed', total: 10_000, totalDue: 0, totalPaid: 0 },
			[],
			{ action: 'overpaid', overpaid: { reason: 'nothing_due' } },
		],
		[
			'after a payment request that names no reference',
			{},
			{ paymentStatus: 'succeeded', total: 10_000, totalDue: 0, totalPaid: 10_000 },
			[],
			{ action: 'overpaid', overpaid: { reason: 'paid_twice' } },
		],
		[
			'marked as paid without licence, by nobody knows what',
			{},
			{ paymentStatus: 'succeeded', totalPaid: 0 },
			[],
			{ action: 'hold', held: { reason: 'already_paid' } },
		],
		[
			'put back without licence: the payment that had paid it',
			{},
			{ paymentStatus: 'failed', totalPaid: 0, metadata: record('pay_1', 'v1;paid;a=1') },
			null,
			{ action: 'already_settled' },
		],
		[
			'what alone says by what it was paid stays',
			{ id: 'pay_9' },
			{
				paymentStatus: 'succeeded',
				total: 10_000,
				totalDue: 0,
				totalPaid: 10_000,
				metadata: record('pay_2', `v1;paid;a=2;o=${keyOf('pay_2')}=`),
			},
			['pay_1'],
			{ action: 'overpaid', record: false },
		],
	])('%s', (_case, changePayment, changeInvoice, references, decision) => {
		expect(decideSuccess(payment(changePayment), invoice(changeInvoice), references)).toMatchObject(decision);
	});
});

describe('what was counted', () => {
	const entries: fc.Arbitrary<Counted[]> = fc.array(
		fc
			.record({
				id: fc.uuid(),
				sign: fc.constantFrom('+' as const, '-' as const, '~' as const, '=' as const),
				amount: fc.nat(2_147_483_647),
			})
			.map(({ id, sign, amount }) => ({ key: keyOf(id), sign, amount: sign === '=' ? 0 : amount })),
		{ maxLength: 8 },
	);

	test('comes back as it was written', () => {
		fc.assert(fc.property(entries, (counted) => expect(decodeCounted(encodeCounted(counted))).toEqual(counted)));
		expect(decodeCounted('x;y,abcde+1x,12345,*+5')).toEqual([{ key: '*', sign: '+', amount: 5 }]);
	});

	test('counts once however often it is told, and fits whatever else is written', () => {
		fc.assert(
			fc.property(entries, (told) => {
				let counted: Counted[] = [];
				for (const entry of [...told, ...told]) counted = withCounted(counted, entry) ?? counted;
				expect(new Set(counted.map(({ key }) => key)).size).toBe(counted.length);
				const most = {
					phase: 'processing',
					attempt: 9_999,
					amount: 2_147_483_647,
					expiresAt: 99_999_999_999,
					nextTryAt: 9_999_999_999,
					failedTries: 20,
					failedSince: 9_999_999_999,
					askedAt: 9_999_999_999,
					refunded: 2_147_483_647,
					taxOnTop: true,
					disputeWon: true,
					mode: 'test',
					page: 'dodo',
					declineCode: 'X'.repeat(40),
					counted,
				} as const;
				const text = encodeState(most);
				expect(text.length).toBeLessThanOrEqual(140);
				expect(decodeState(text)).toMatchObject({ phase: 'processing', attempt: 9_999, refunded: 2_147_483_647 });
				expect(decodeState(text)?.counted ?? []).toEqual(counted);
			}),
		);
	});

	test('no dispute and no payment for one is ever dropped; without room it is told', () => {
		const entry = (id: number, sign: Counted['sign']): Counted => ({
			key: keyOf(`d${id}`),
			sign,
			amount: 2_147_483_647,
		});
		let counted: Counted[] = [];
		for (const [id, sign] of [
			[1, '+'],
			[2, '='],
			[3, '-'],
		] as const)
			counted = withCounted(counted, entry(id, sign)) ?? [];
		const full = withCounted(counted, entry(4, '+'));
		expect(full?.map(({ sign }) => sign)).toEqual(['+', '-', '+']);
		expect(withCounted(full ?? [], entry(5, '+'))).toBeNull();
		expect(lostIn(full ?? [])).toBe(2_147_483_647);
	});

	test('there is room for 55 characters, and nothing makes room for itself', () => {
		const four = ['a', 'b', 'c', 'd'].map((letter): Counted => ({
			key: letter.repeat(5),
			sign: '+',
			amount: 1_234_567,
		}));
		expect(encodeCounted(four)).toHaveLength(55);
		const [last, ...others] = four.reverse() as [Counted, ...Counted[]];
		expect(withCounted(others, last)).toEqual([...others, last]);
		expect(withCounted(four, { ...last, amount: 12_345_678 })).toBeNull();
		expect(withCounted(four, { key: 'eeeee', sign: '=', amount: 0 })).toBeNull();
	});

	test.each([
		[undefined, undefined],
		['', undefined],
		['aaaaa=', undefined],
		['aaaaa+3000', 3_000],
		['aaaaa+3000,bbbbb+2000,ccccc-3000', 2_000],
		['aaaaa+0', 0],
		['aaaaa+0,ccccc-3000', -3_000],
	])('%p is lost %p', (text, lost) => {
		expect(lostIn(text === undefined ? undefined : decodeCounted(text))).toBe(lost);
	});

	test('survives whatever is written later, and a payment that alone was recorded is counted when another one takes its place', () => {
		const before = meta({ dodo_payment_id: 'pay_1', dodo_state: 'v1;paid;a=1;r=100;w=1;o=aaaaa+3000' });
		const state = { phase: 'open', attempt: 2, amount: 3_000 } as const;
		const [, written] = withOurMetadata(before, { paymentId: 'cks_2', state });
		expect(written?.value).toBe(`v1;open;a=2;m=3000;r=100;w=1;o=aaaaa+3000,${keyOf('pay_1')}=`);
		expect(withOurMetadata(before, { state })[1]?.value).toBe('v1;open;a=2;m=3000;r=100;w=1;o=aaaaa+3000');
	});

	const whole = (id: string): RefundedPayment => ({ id, amount: 10_000, booked: 10_000 });

	test('what disputes took is no refund, and the larger sum of an older version stays', () => {
		const counted: Counted[] = [{ key: 'aaaaa', sign: '+', amount: 3_000 }];
		expect(withRefunded({ counted }, whole('pay_1'), 500).refunded).toBe(500);
		expect(withRefunded({ counted, refunded: 700 }, whole('pay_1'), 500).refunded).toBe(700);
	});

	test('refunds of several payments add up where Lago holds no credit notes; of one the largest sum counts', () => {
		let state: { refunded?: number; counted?: readonly Counted[] } = { refunded: 1_000 };
		for (const [id, sum, inAll] of [
			['pay_1', 2_000, 2_000],
			['pay_1', 1_500, 2_000],
			['pay_2', 700, 2_700],
			['pay_1', 3_000, 3_700],
			['pay_2', 700, 3_700],
		] as const)
			expect((state = withRefunded(state, whole(id), sum)).refunded).toBe(inAll);
	});

	test('what is written of a payment without tax stays under its key, once', () => {
		const written = (amount: number): Counted => ({ key: keyOf('refunds of pay_1'), sign: '~', amount });
		const lost: Counted = { key: 'aaaaa', sign: '+', amount: 3_000 };
		expect(withRefunded({ counted: [lost] }, whole('pay_1'), 500)).toEqual({
			refunded: 500,
			counted: [lost, written(500)],
		});
		expect(withRefunded({ refunded: 500, counted: [lost, written(500)] }, whole('pay_1'), 800)).toEqual({
			refunded: 800,
			counted: [lost, written(800)],
		});
	});

	describe('of a payment with tax on top only what is booked of it counts', () => {
		const taxed: RefundedPayment = { id: 'pay_1', amount: 11_900, booked: 10_000 };
		const refund = (key: string, amount: number): Counted => ({ key: keyOf(key), sign: '~', amount });
		/** As an older version wrote it: with the tax. */
		const older = (amount: number): Counted => refund('refunds of pay_1', amount);
		const ours = (amount: number): Counted => refund('net refunds of pay_1', amount);
		const other = refund('refunds of pay_2', 700);

		test.each<[string, { refunded?: number; counted?: Counted[] }, number, number, Counted[]]>([
			['all of it', {}, 11_900, 10_000, [ours(10_000)]],
			['a part', {}, 5_950, 5_000, [ours(5_000)]],
			['a part that is rounded', {}, 100, 84, [ours(84)]],
			['told again', { refunded: 5_000, counted: [ours(5_000)] }, 5_950, 5_000, [ours(5_000)]],
			['more of it', { refunded: 5_000, counted: [ours(5_000)] }, 8_330, 7_000, [ours(7_000)]],
			['read earlier', { refunded: 5_000, counted: [ours(5_000)] }, 1_190, 5_000, [ours(5_000)]],
			['what an older version wrote', { refunded: 5_950, counted: [older(5_950)] }, 5_950, 5_000, [ours(5_000)]],
			['a little more than that', { refunded: 5_950, counted: [older(5_950)] }, 6_069, 5_100, [ours(5_100)]],
			['less than that, read earlier', { refunded: 5_950, counted: [older(5_950)] }, 1_190, 5_000, [ours(5_000)]],
			['the sum alone, which one before that wrote', { refunded: 5_950 }, 5_950, 5_000, [ours(5_000)]],
			['beside another payment', { refunded: 700, counted: [other] }, 1_190, 1_700, [other, ours(1_000)]],
			[
				'an older version wrote it beside another payment',
				{ refunded: 1_890, counted: [older(1_190), other] },
				1_190,
				1_700,
				[other, ours(1_000)],
			],
		])('%s', (_case, state, ofPayment, refunded, counted) => {
			expect(withRefunded(state, taxed, ofPayment)).toEqual({ refunded, counted });
		});
	});
});
