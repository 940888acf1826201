import { MOST_SHARES } from '../../../nodes/shared/domain/bundle';
import { keyOf } from '../../../nodes/shared/domain/counted';
import {
	dueTogether,
	nextAttempt,
	sessionOut,
	unaskable,
	type DueInvoice,
	type Recorded,
} from '../../../nodes/shared/domain/dueTogether';
import { MAX_DODO_AMOUNT } from '../../../nodes/shared/domain/money';
import { invoice, meta } from './facts';

const due = (number: string, change: Partial<DueInvoice> = {}): DueInvoice => ({
	...invoice({ id: `id-${number}`, number, ...change }),
	dueOn: '2026-11-01',
	...change,
});
const state = (text: string) => meta({ dodo_payment_id: 'pay_0', dodo_state: text });

test('the oldest due comes first; of one day the lower number', () => {
	const { members, amount, leftOut } = dueTogether([
		due('ACM-10'),
		due('ACM-9', { totalDue: 2_000 }),
		due('ACM-11', { dueOn: '2026-10-01', totalDue: 300 }),
	]);
	expect(members).toEqual([
		{ invoiceId: 'id-ACM-11', amount: 300, invoice: expect.objectContaining({ number: 'ACM-11' }) },
		{ invoiceId: 'id-ACM-9', amount: 2_000, invoice: expect.objectContaining({ number: 'ACM-9' }) },
		{ invoiceId: 'id-ACM-10', amount: 10_000, invoice: expect.objectContaining({ number: 'ACM-10' }) },
	]);
	expect({ amount, leftOut }).toEqual({ amount: 12_300, leftOut: [] });
});

const large = { currency: 'IDR', total: MAX_DODO_AMOUNT - 10_000, totalDue: MAX_DODO_AMOUNT - 10_000 };

test.each<[string, Partial<DueInvoice>, string | null]>([
	['is paid', { paymentStatus: 'succeeded', totalDue: 0 }, null],
	['is self-billed', { selfBilled: true }, null],
	['Lago charges itself', { nativeProvider: 'stripe' }, null],
	['is void', { status: 'voided' }, null],
	['is being charged', { metadata: state('v1;charging;a=1;m=10000') }, 'A payment of invoice ACM-2 is under way.'],
	['is being paid', { metadata: state('v1;processing;a=1') }, 'A payment of invoice ACM-2 is under way.'],
	[
		'was paid, and the bank took it back',
		{ paymentStatus: 'succeeded', totalDue: 0, totalPaid: 10_000, disputeLostAt: 1, lost: 10_000 },
		'Invoice ACM-2 was paid before, and is paid again by its own link only.',
	],
	[
		'has no room for our record',
		{ metadata: meta({ a: '1', b: '2', c: '3', d: '4' }) },
		expect.stringContaining('has no room') as unknown as string,
	],
])('an invoice that %s stays out', (_case, change, why) => {
	const { members, amount, leftOut } = dueTogether([due('ACM-1'), due('ACM-2', change), due('ACM-3')]);
	expect(members.map(({ invoice: { number } }) => number)).toEqual(['ACM-1', 'ACM-3']);
	expect(amount).toBe(20_000);
	expect(leftOut).toEqual(why === null ? [] : [{ invoice: expect.objectContaining({ number: 'ACM-2' }), why }]);
});

test('what does not fit waits for the next payment, and a smaller one behind it still fits', () => {
	const { members, amount, leftOut } = dueTogether([
		due('ACM-1', large),
		due('ACM-2', { currency: 'IDR', totalDue: 10_001 }),
		due('ACM-3', { currency: 'IDR', totalDue: 10_000 }),
	]);
	expect(members.map(({ invoice: { number } }) => number)).toEqual(['ACM-1', 'ACM-3']);
	expect(amount).toBe(MAX_DODO_AMOUNT);
	expect(leftOut.map(({ why }) => why)).toEqual(['Invoice ACM-2 does not fit into the same payment.']);
	const many = dueTogether(Array.from({ length: MOST_SHARES + 1 }, (_, n) => due(`ACM-${n}`)));
	expect(many.members).toHaveLength(MOST_SHARES);
	expect(many.leftOut).toHaveLength(1);
});

test('small ones are collected together, unless all of them are too small', () => {
	const small = (number: string, totalDue: number) => due(number, { total: totalDue, totalDue });
	expect(unaskable(dueTogether([]), 'EUR')).toBeNull();
	expect(unaskable(dueTogether([small('ACM-1', 30), small('ACM-2', 20)]), 'EUR')).toBeNull();
	expect(unaskable(dueTogether([small('ACM-1', 30), small('ACM-2', 19)]), 'EUR')).toMatchObject({
		outcome: 'held',
		reason: 'amount_below_dodo_minimum',
	});
	// For which Dodo publishes no smallest payment.
	expect(unaskable(dueTogether([due('ACM-1', { currency: 'XPF', totalDue: 1 })]), 'XPF')).toBeNull();
});

describe('the session that is out', () => {
	const NOW = 1_790_000_000;
	const SESSION = 'cks_1';
	const q = `q=${keyOf(SESSION)}.3000`;
	const open = (change = '', x = NOW + 61) => `v1;open;a=2;m=1000;x=${x};e=t;${q}${change}`;
	const member = (amount: number, id: string | null, text: string | null): Recorded => ({
		amount,
		metadata: meta({ ...(id === null ? {} : { dodo_payment_id: id }), ...(text === null ? {} : { dodo_state: text }) }),
	});
	const both = [member(1_000, SESSION, open()), member(2_000, SESSION, open())];

	test('is named by each of its invoices', () => {
		expect(sessionOut(both, 'test', NOW)).toMatchObject({ sessionId: SESSION, state: { attempt: 2 } });
	});

	test('is found by the one that still names it', () => {
		const [first, second] = both as [Recorded, Recorded];
		expect(
			sessionOut([{ ...first, metadata: meta({ dodo_payment_id: 'pay_9', dodo_state: open() }) }, second], 'test', NOW),
		).toMatchObject({ sessionId: SESSION });
	});

	test('is found though the first of its invoices names no id', () => {
		const members = [member(1_000, null, open()), member(2_000, SESSION, open())];
		expect(sessionOut(members, 'test', NOW)).toMatchObject({ sessionId: SESSION });
	});

	test('of before there were worlds is taken for one of this', () => {
		const old = open().replace('e=t;', '');
		expect(sessionOut([member(1_000, SESSION, old), member(2_000, SESSION, old)], 'live', NOW)).toMatchObject({
			sessionId: SESSION,
		});
	});

	test.each<[string, Recorded[]]>([
		['there are none', []],
		['nothing is written', [member(1_000, null, null), member(2_000, null, null)]],
		['one of them is not among it', [member(1_000, SESSION, open()), member(2_000, null, null)]],
		['the first of them is not among it', [member(1_000, null, null), member(2_000, SESSION, open())]],
		['one of them was asked for by itself', [member(1_000, SESSION, open()), member(2_000, 'cks_2', 'v1;open;a=1')]],
		[
			'one is among another',
			[member(1_000, SESSION, open()), member(2_000, 'cks_2', open().replace(q, 'q=zzzzz.3000'))],
		],
		['another sum is due', [member(1_000, SESSION, open()), member(2_001, SESSION, open())]],
		['it is over', [member(1_000, SESSION, open('', NOW + 60)), member(2_000, SESSION, open('', NOW + 60))]],
		['nobody says until when', both.map(({ amount }) => member(amount, SESSION, open().replace(/x=\d+;/, '')))],
		['it is of the other world', both.map(({ amount }) => member(amount, SESSION, open().replace('e=t', 'e=l')))],
		['only a payment is named', both.map(({ amount }) => member(amount, 'pay_9', open()))],
		['another session is named', both.map(({ amount }) => member(amount, 'cks_2', open()))],
		[
			'the key fits, but it is no session',
			both.map(({ amount }) => member(amount, 'pay_cks_', open().replace(q, `q=${keyOf('pay_cks_')}.3000`))),
		],
	])('is none where %s', (_case, members) => expect(sessionOut(members, 'test', NOW)).toBeNull());
});

test.each<[number, Array<string | null>]>([
	[1, []],
	[1, [null, null]],
	[3, ['v1;failed;a=2', null]],
	[4, ['v1;open;a=1', 'v1;failed;a=3']],
])('try %s of invoices with %j', (attempt, states) => {
	const members = states.map((text) => ({ amount: 1, metadata: text === null ? [] : state(text) }));
	expect(nextAttempt(members)).toBe(attempt);
});
