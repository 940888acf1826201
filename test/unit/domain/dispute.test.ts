import {
	decideLess,
	decideLoss,
	decideVictory,
	endOf,
	hasLoss,
	isFixed,
	lostPart,
	type DisputeFacts,
} from '../../../nodes/shared/domain/dispute';
import { encodeCounted, keyOf, SOME_DISPUTE, type Counted } from '../../../nodes/shared/domain/counted';
import { lostOf, ourRecord } from '../../../nodes/shared/domain/invoiceMetadata';
import { invoice, meta, payment } from './facts';

const dispute = (change: Partial<DisputeFacts> = {}): DisputeFacts => ({
	id: 'dis_1',
	amount: 10_000,
	currency: 'EUR',
	refunded: 0,
	...change,
});

test.each([
	['dispute_lost', 'lost'],
	['dispute_accepted', 'lost'],
	['dispute_expired', 'lost'],
	['dispute_won', 'won'],
	['dispute_cancelled', 'won'],
	['dispute_opened', null],
	['dispute_challenged', null],
])('%s', (status, end) => expect(endOf(status)).toBe(end));

test.each<[string, Partial<DisputeFacts>, Parameters<typeof payment>[0], number, number]>([
	['all', {}, {}, 10_000, 10_000],
	['a part', { amount: 3_000 }, {}, 10_000, 3_000],
	['the rest after a refund', { amount: 4_000, refunded: 6_000 }, {}, 10_000, 4_000],
	['all of a payment, of which a part was given back before', { refunded: 6_000 }, {}, 10_000, 4_000],
	['more than was paid', { amount: 99_999 }, {}, 10_000, 10_000],
	['nobody says how much', { amount: null, refunded: 1_000 }, {}, 10_000, 9_000],
	['in another currency', { amount: 12, currency: 'USD' }, {}, 10_000, 10_000],
	['its currency is not said', { amount: 3_000, currency: null }, {}, 10_000, 3_000],
	['nothing, of a payment of nothing', {}, { amount: 0 }, 0, 0],
	['half, where tax came on top', { amount: 5_950 }, { amount: 11_900, tax: 1_900 }, 10_000, 5_000],
])('a lost dispute takes: %s', (_case, change, paid, booked, part) => {
	expect(lostPart(dispute(change), payment(paid), booked)).toBe(part);
});

const KEY = keyOf('dis_1');
const plus = (amount: number, key = KEY): Counted => ({ key, sign: '+', amount });
const minus = (amount: number, id = 'pay_2'): Counted => ({ key: keyOf(id), sign: '-', amount });
const booked: Counted = { key: 'ccccc', sign: '=', amount: 0 };
const paid = { paymentStatus: 'succeeded', total: 10_000, totalDue: 0, totalPaid: 10_000 };
const having = (counted: Counted[], change: object = {}, more = '') =>
	invoice({
		...paid,
		metadata: meta({ dodo_state: `v1;paid;a=1${more}${counted.length > 0 ? `;o=${encodeCounted(counted)}` : ''}` }),
		...change,
	});

test.each<[string, ReturnType<typeof invoice>, number, object]>([
	['all that was paid', having([]), 10_000, { action: 'recorded' }],
	[
		'all that was paid in part',
		having([], { paymentStatus: 'pending', totalPaid: 6_000, totalDue: 4_000 }),
		6_000,
		{ action: 'recorded' },
	],
	['all that only the status says', having([], { totalPaid: 0, totalDue: 10_000 }), 10_000, { action: 'recorded' }],
	['a part', having([]), 3_000, { action: 'write', counted: [plus(3_000)] }],
	[
		'a part of what only the status says',
		having([], { totalPaid: 0, totalDue: 10_000 }),
		3_000,
		{ action: 'write', counted: [plus(3_000)] },
	],
	[
		'all, beside another loss',
		having([plus(1, 'aaaaa')]),
		10_000,
		{ action: 'write', counted: [plus(1, 'aaaaa'), plus(10_000)] },
	],
	[
		'all, beside what was made good',
		having([minus(1)]),
		10_000,
		{ action: 'write', counted: [minus(1), plus(10_000)] },
	],
	['all, beside what was booked', having([booked]), 10_000, { action: 'recorded' }],
	['what is written', having([plus(3_000)]), 3_000, { action: 'recorded' }],
	['what is written over everything', having([plus(10_000, SOME_DISPUTE)]), 3_000, { action: 'recorded' }],
	[
		'more than there is room for',
		having(['a', 'b', 'c', 'd'].map((letter) => plus(1_000_000, letter.repeat(5)))),
		3_000,
		{ action: 'full' },
	],
	[
		'a part, beside three entries of others',
		having([], { metadata: meta({ a: '1', b: '1', c: '1' }) }),
		3_000,
		{ action: 'write', counted: [plus(3_000)] },
	],
])('of a dispute that took %s is written', (_, named, part, step) => {
	expect(decideLoss(named, dispute(), payment(), part)).toEqual(step);
});

test.each<[string, ReturnType<typeof invoice>, object]>([
	['nothing is written', having([]), { action: 'write', counted: [plus(0)], disputeWon: true }],
	['only what was booked is', having([booked]), { action: 'write', counted: [booked, plus(0)], disputeWon: true }],
	['it is written as won', having([], {}, ';w=1'), { action: 'recorded' }],
	['it is counted as won', having([plus(0)]), { action: 'recorded' }],
	['another one is counted', having([plus(3_000, 'aaaaa')]), { action: 'recorded' }],
	['it alone is counted', having([plus(3_000)]), { action: 'write', counted: [plus(0)], disputeWon: true }],
	[
		'another one is lost too',
		having([plus(3_000), plus(1, 'aaaaa')]),
		{ action: 'write', counted: [plus(0), plus(1, 'aaaaa')] },
	],
	[
		'another one was won',
		having([plus(3_000), plus(0, 'aaaaa')]),
		{ action: 'write', counted: [plus(0), plus(0, 'aaaaa')], disputeWon: true },
	],
	[
		'it was made good',
		having([plus(3_000), minus(3_000)]),
		{ action: 'write', counted: [plus(0), minus(3_000)], disputeWon: true },
	],
	['the invoice is voided', having([plus(3_000)], { status: 'voided' }), { action: 'recorded' }],
	[
		'there is no room for ours',
		having([], { metadata: meta({ a: '1', b: '1', c: '1', d: '1' }) }),
		{ action: 'recorded' },
	],
])('a dispute that was won, where %s', (_, named, step) => {
	expect(decideVictory(named, dispute(), payment())).toEqual(step);
});

test.each<[string, Counted[], number, object]>([
	['nothing', [], 500, { action: 'write', counted: [plus(500)] }],
	['the same', [plus(500)], 500, { action: 'recorded' }],
	['less', [plus(300)], 500, { action: 'write', counted: [plus(500)] }],
	['more', [plus(700), plus(1, 'aaaaa')], 500, { action: 'write', counted: [plus(500), plus(1, 'aaaaa')] }],
	['one over everything', [plus(10_000, SOME_DISPUTE)], 500, { action: 'recorded' }],
	['all, of which more is lost by now', [plus(0)], 10_000, { action: 'write', counted: [plus(10_000)] }],
])('of one of several invoices, where %s was written', (_, counted, part, step) => {
	expect(decideLoss(having(counted), dispute(), payment({ isPart: true }), part)).toEqual(step);
});

test.each<[string, ReturnType<typeof invoice>, number, object]>([
	['less', having([plus(3_000)]), 500, { action: 'write', counted: [plus(500)] }],
	[
		'nothing any more',
		having([plus(3_000), plus(1, 'aaaaa')]),
		0,
		{ action: 'write', counted: [plus(0), plus(1, 'aaaaa')] },
	],
	['as much', having([plus(500)]), 500, { action: 'recorded' }],
	['more', having([plus(300)]), 500, { action: 'recorded' }],
	['what is not written', having([plus(3_000, 'aaaaa')]), 0, { action: 'recorded' }],
	['less of a voided one', having([plus(3_000)], { status: 'voided' }), 500, { action: 'recorded' }],
])('a lost dispute that takes %s', (_, named, part, step) => {
	expect(decideLess(named, dispute(), part)).toEqual(step);
});

test.each<[string, ReturnType<typeof invoice>, boolean]>([
	['one that is open to it', having([plus(3_000)]), false],
	['a voided one', having([], { status: 'voided' }), true],
	['one without room', having([], { metadata: meta({ a: '1', b: '1', c: '1', d: '1' }) }), true],
	['one that somebody marked by hand', having([plus(10_000, SOME_DISPUTE), minus(10_000)]), true],
])('on %s the mark alone stands for what is lost: %s', (_, named, fixed) => {
	expect(isFixed(named)).toBe(fixed);
});

test('a dispute that was won leaves the mark of another one that is lost', () => {
	const won = dispute({ othersLost: true });
	expect(decideVictory(having([]), won, payment())).toEqual({ action: 'recorded' });
	expect(decideVictory(having([plus(3_000)]), won, payment())).toMatchObject({ counted: [plus(0)] });
});

test.each<[string, Counted[], boolean]>([
	['nothing', [], true],
	['what was booked', [booked], true],
	['it', [plus(3_000)], true],
	['one over everything', [plus(10_000, SOME_DISPUTE)], true],
	['another one', [plus(3_000, 'aaaaa')], false],
	['what was made good', [minus(3_000)], false],
	[
		'one over everything, which this payment has made good',
		[plus(10_000, SOME_DISPUTE), minus(10_000, 'pay_1')],
		false,
	],
])('where %s is counted a lost dispute is on its invoice', (_, counted, has) => {
	expect(hasLoss(having(counted), dispute(), payment())).toBe(has);
});

describe('several disputes of one invoice', () => {
	type Told = [id: string, end: 'lost' | 'won', amount: number, paymentId?: string];

	/** What is owed after all of them were told. */
	function lostAfter(told: Told[], start: string | null, free = false): number | undefined {
		let state = start ?? 'v1;open;a=1;m=10000';
		const facts = () => {
			const metadata = meta({ dodo_payment_id: 'cks_1', dodo_state: state });
			const sums = free ? { totalDue: 10_000, totalPaid: 0 } : { totalDue: 0, totalPaid: 10_000 };
			const lost = lostOf(ourRecord(metadata).state);
			return invoice({ paymentStatus: 'succeeded', total: 10_000, ...sums, metadata, lost, disputeLostAt: 1 });
		};
		for (const [id, end, amount, paymentId = 'pay_1'] of told) {
			const one = dispute({ id, amount });
			const paid = payment({ id: paymentId });
			const step = end === 'lost' ? decideLoss(facts(), one, paid, amount) : decideVictory(facts(), one, paid);
			if (step.action !== 'write') continue;
			const { counted, disputeWon } = step;
			const text = (counted ?? []).map(({ key, sign, amount: sum }) => `${key}${sign}${sign === '=' ? '' : sum}`);
			state = `v1;open;a=1;m=10000${disputeWon ? ';w=1' : ''}${text.length > 0 ? `;o=${text.join(',')}` : ''}`;
		}
		return lostOf(ourRecord(facts().metadata).state);
	}

	test.each<[string, Told[], number | undefined, string | null]>([
		['one over all needs no words: Lago says so', [['d1', 'lost', 10_000]], undefined, null],
		['one over a part', [['d1', 'lost', 3_000]], 3_000, null],
		[
			'told twice',
			[
				['d1', 'lost', 3_000],
				['d1', 'lost', 3_000],
			],
			3_000,
			null,
		],
		[
			'two',
			[
				['d1', 'lost', 3_000],
				['d2', 'lost', 2_000],
				['d1', 'lost', 3_000],
			],
			5_000,
			null,
		],
		[
			'the first is won after all',
			[
				['d1', 'lost', 3_000],
				['d2', 'lost', 2_000],
				['d1', 'won', 3_000],
			],
			2_000,
			null,
		],
		[
			'both are',
			[
				['d1', 'lost', 3_000],
				['d2', 'lost', 2_000],
				['d1', 'won', 3_000],
				['d2', 'won', 2_000],
			],
			0,
			null,
		],
		[
			'a late copy of what was lost and then won',
			[
				['d1', 'lost', 3_000],
				['d1', 'won', 3_000],
				['d1', 'lost', 3_000],
			],
			0,
			null,
		],
		[
			'one over all that is won',
			[
				['d1', 'lost', 10_000],
				['d1', 'won', 10_000],
			],
			0,
			null,
		],
		[
			'and told as lost once more',
			[
				['d1', 'lost', 10_000],
				['d1', 'won', 10_000],
				['d1', 'lost', 10_000],
			],
			0,
			null,
		],
		[
			'another one after it',
			[
				['d1', 'lost', 10_000],
				['d1', 'won', 10_000],
				['d2', 'lost', 2_000],
			],
			2_000,
			null,
		],
		[
			'one that was never lost',
			[
				['d1', 'lost', 3_000],
				['d2', 'won', 3_000],
			],
			3_000,
			null,
		],
		['marked by an older version, told again', [['d1', 'lost', 3_000]], 3_000, null],
		[
			'paid again: a copy of the dispute changes nothing',
			[['d1', 'lost', 10_000]],
			0,
			`v1;paid;a=2;o=*+10000,${keyOf('pay_2')}-10000`,
		],
		[
			'paid again, and that payment is disputed too',
			[['d2', 'lost', 10_000, 'pay_2']],
			10_000,
			`v1;paid;a=2;o=*+10000,${keyOf('pay_2')}-10000`,
		],
		[
			'paid again, and the first dispute is won',
			[['d1', 'won', 10_000]],
			-10_000,
			`v1;paid;a=2;o=*+10000,${keyOf('pay_2')}-10000`,
		],
	])('%s', (_case, told, lost, start) => {
		expect(lostAfter(told, start)).toBe(lost);
		expect(lostAfter(told, start, true)).toBe(lost);
	});

	test("a voided invoice takes no metadata, and one that is full none of ours: Lago's mark alone counts", () => {
		const part = dispute({ amount: 3_000 });
		expect(decideLoss(invoice({ status: 'voided' }), part, payment(), 3_000)).toEqual({ action: 'recorded' });
		const metadata = meta({ a: '1', b: '1', c: '1', d: '1' });
		expect(decideLoss(invoice({ metadata }), part, payment(), 3_000)).toEqual({ action: 'recorded' });
	});
});
