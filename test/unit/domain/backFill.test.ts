import fc from 'fast-check';
import {
	backFillVerdict,
	dateOf,
	daysOf,
	firstOfEach,
	isMadeSince,
	portionOf,
	sumsInWords,
	type BackFillRow,
	type BackFillTerms,
	type OpenInvoice,
} from '../../../nodes/shared/domain/backFill';
import { dayOfDate } from '../../../nodes/shared/domain/calendar';
import type { InvoiceFacts } from '../../../nodes/shared/domain/invoice';
import { runs } from '../../support/runs';
import { invoice, meta } from './facts';

const UNTIL = Date.parse('2026-11-28T12:00:00Z');
const terms = (change: Partial<BackFillTerms> = {}): BackFillTerms => ({
	until: UNTIL,
	notBefore: '2024-01-01',
	order: 'oldest',
	perDay: 10,
	money: { EUR: 50_000, JPY: 1_000_000 },
	...change,
});
const open = (facts: Partial<InvoiceFacts> = {}, change: Partial<OpenInvoice> = {}): OpenInvoice => ({
	facts: invoice(facts),
	createdAt: UNTIL - 1,
	issuedOn: '2025-06-01',
	isAskedTogether: false,
	...change,
});
const state = (text: string, id?: string) => ({
	metadata: meta({ dodo_state: text, ...(id === undefined ? {} : { dodo_payment_id: id }) }),
});

test.each<[string, OpenInvoice, object | null]>([
	['without mandate', open(), { what: 'link', amount: 10_000 }],
	['with a mandate', open({ mandateIds: ['sub_1'] }), { what: 'charge', amount: 10_000 }],
	['issued on the very day', open({}, { issuedOn: '2024-01-01' }), { what: 'link' }],
	['issued the day before', open({}, { issuedOn: '2023-12-31' }), { what: 'left', reason: 'too_old' }],
	['made when the preview was made', open({}, { createdAt: UNTIL }), null],
	['made at a time that Lago does not tell', open({}, { createdAt: NaN }), null],
	['exactly what a day takes', open({ totalDue: 50_000 }), { what: 'link', amount: 50_000 }],
	['more than a day takes', open({ totalDue: 50_001 }), { what: 'left', reason: 'above_day_limit' }],
	['in another currency', open({ currency: 'USD' }), { what: 'left', reason: 'currency_without_limit' }],
	['less than Dodo takes', open({ totalDue: 10 }), { what: 'left', reason: 'amount_below_dodo_minimum' }],
	['of which nobody knows the unit', open({ currency: 'HUF' }), { what: 'left', reason: 'currency_unit_unclear' }],
	['without room', open({ metadata: meta({ a: '1', b: '2', c: '3', d: '4' }) }), { reason: 'metadata_full' }],
	['that Lago charges', open({ nativeProvider: 'stripe' }), { what: 'left', reason: 'native_provider' }],
	['that we owe', open({ selfBilled: true }), { what: 'left', reason: 'self_billed', amount: 10_000 }],
	['of which nothing is due', open({ totalDue: 0, total: 5 }), { what: 'left', reason: 'nothing_due', amount: 0 }],
	['of a payment request', open({}, { isAskedTogether: true }), { what: 'left', reason: 'asked_together' }],
	['paid, and put back', open({ totalDue: 0, totalPaid: 100 }), { what: 'left', reason: 'money_taken_back' }],
	['lost in a dispute', open({ disputeLostAt: 1 }), { what: 'left', reason: 'money_taken_back' }],
	['with a link of the collection', open(state('v1;open;a=1;m=10000', 'cks_1')), null],
	['whose charge is planned', open(state('v1;waiting;a=1;n=1795000000')), null],
	['let in, and not asked for', open(state('v1;waiting;a=1;g=20000')), { what: 'link', amount: 10_000 }],
	['with a link of a back-fill', open(state('v1;open;a=1;m=9000;g=20000', 'cks_1')), { what: 'begun', amount: 9_000 }],
	['let in, with an id', open(state('v1;waiting;a=1;g=20000', 'cks_1')), { what: 'begun', amount: 10_000 }],
	['let in, and under way', open(state('v1;processing;a=1;m=9000;g=20000')), { what: 'begun', amount: 9_000 }],
	['with an id and no state', open({ metadata: meta({ dodo_payment_id: 'pay_1' }) }), null],
])('an invoice %s', (_what, given, expected) => {
	const verdict = backFillVerdict(given, terms());
	if (expected === null) expect(verdict).toBeNull();
	else expect(verdict).toMatchObject(expected);
});

test.each<[OpenInvoice, string]>([
	[open({}, { issuedOn: '2023-12-31' }), 'Issued before the day that was given. Give an earlier day, or none.'],
	[
		open({ totalDue: 50_001 }),
		'More by itself than may be begun on one day. Raise the money a day, or collect it by hand.',
	],
	[
		open({ disputeLostAt: 1 }),
		'Was paid once, and the money went back. Look at it, then press "Retry payment" in Lago.',
	],
])('what our rules leave alone has its sentence and its step', (given, why) => {
	expect(backFillVerdict(given, terms())).toMatchObject({ what: 'left', why });
});

test('what is left alone says why and what to do', () => {
	const verdict = backFillVerdict(open({ totalDue: 10 }), terms());
	expect(verdict).toMatchObject({ why: expect.stringMatching(/smallest payment.*\. Collect it together/) });
});

const row = (id: string, amount: number, change: Partial<BackFillRow> = {}): BackFillRow => ({
	id,
	number: id,
	currency: 'EUR',
	amount,
	issuedOn: '2025-06-01',
	createdAt: 1,
	...change,
});
const ids = (rows: readonly BackFillRow[]): string => rows.map(({ id }) => id).join('');

test.each<[string, BackFillRow[], Record<string, number>, Partial<BackFillTerms>, string, boolean]>([
	['all of them', [row('b', 10), row('a', 10)], {}, {}, 'ab', false],
	['by their day', [row('a', 1), row('b', 1, { issuedOn: '2024-02-02' })], {}, {}, 'ba', false],
	['newest first', [row('b', 1, { issuedOn: '2024-02-02' }), row('a', 1)], {}, { order: 'newest' }, 'ab', false],
	['no more than so many', [row('a', 1), row('b', 1), row('c', 1)], {}, { perDay: 2 }, 'ab', true],
	['with those of before', [row('a', 1), row('b', 1)], { z: 1 }, { perDay: 2 }, 'a', true],
	['those of today first of all', [row('a', 1), row('b', 1)], { b: 1, z: 1 }, { perDay: 2 }, 'b', true],
	['no more money', [row('a', 30_000), row('b', 20_001), row('c', 1)], {}, {}, 'a', true],
	['money to the last cent', [row('a', 30_000), row('b', 20_000)], {}, {}, 'ab', false],
	['each currency by itself', [row('a', 50_001), row('b', 9, { currency: 'JPY' })], {}, {}, 'b', true],
])('a portion takes %s', (_what, rows, begun, change, expected, hasMore) => {
	const before = new Map(Object.entries(begun).map(([id, amount]) => [id, { amount, currency: 'EUR' }]));
	const portion = portionOf(rows, before, terms(change));
	expect([ids(portion.rows), portion.hasMore]).toEqual([expected, hasMore]);
});

test('a thousand days, with n8n killed at any moment: no day above its limits, each invoice once, in order, and nothing while stopped', () => {
	const invoices = fc.array(
		fc.record({
			amount: fc.integer({ min: 1, max: 60_000 }),
			currency: fc.constantFrom('EUR', 'JPY'),
			issuedOn: fc.constantFrom('2023-12-31', '2024-01-01', '2024-05-05', '2025-01-01'),
		}),
		{ maxLength: 40 },
	);
	const plans = fc.array(
		fc.record({
			isNextDay: fc.boolean(),
			isStopped: fc.boolean(),
			/** Whether somebody else asks at the same moment. */
			isTwice: fc.boolean(),
			/** After so many steps n8n is killed; a step is letting in, asking, or being paid. */
			steps: fc.integer({ min: 0, max: 30 }),
		}),
		{ maxLength: 60 },
	);
	const limits = fc.record({
		order: fc.constantFrom('newest' as const, 'oldest' as const),
		perDay: fc.integer({ min: 1, max: 5 }),
		money: fc.record({ EUR: fc.integer({ min: 1, max: 80_000 }), JPY: fc.integer({ min: 1, max: 80_000 }) }),
	});
	fc.assert(
		fc.property(invoices, plans, limits, (given, plan, change) => {
			const agreed = terms({ ...change, notBefore: null });
			const books = new Books(given, agreed);
			let day = 20_000;
			for (const { isNextDay, isStopped, isTwice, steps } of plan) {
				if (isNextDay) day++;
				if (isStopped) continue;
				const portions = isTwice ? [books.portion(day), books.portion(day)] : [books.portion(day)];
				let left = steps;
				for (const one of portions) for (const { id } of one.rows) left = books.collect(id, day, left);
			}
			for (const begun of books.days.values()) {
				expect(begun.size).toBeLessThanOrEqual(agreed.perDay);
				for (const [currency, most] of Object.entries(agreed.money)) {
					const sum = [...begun].reduce((all, id) => all + books.amountOf(id, currency), 0);
					expect(sum).toBeLessThanOrEqual(most);
				}
			}
			expect(Math.max(0, ...books.asked.values())).toBeLessThanOrEqual(1);
		}),
		{ numRuns: runs(300, 20_000) },
	);
});

/** Both services, as far as a back-fill sees them. */
class Books {
	readonly days = new Map<number, Set<string>>();
	readonly asked = new Map<string, number>();
	private readonly paid = new Set<string>();
	private readonly letIn = new Map<string, number>();
	private readonly open: OpenInvoice[];

	constructor(
		given: ReadonlyArray<{ amount: number; currency: string; issuedOn: string }>,
		private readonly agreed: BackFillTerms,
	) {
		this.open = given.map(({ amount, currency, issuedOn }, index) =>
			open({ id: `i${index}`, totalDue: amount, currency }, { issuedOn, createdAt: index }),
		);
	}

	/** What Get Portion does: the open ones by Lago's list, the paid ones by Dodo's. */
	portion(day: number): ReturnType<typeof portionOf> {
		const begun = new Map<string, { amount: number; currency: string }>();
		const waiting: BackFillRow[] = [];
		for (const one of this.open) {
			const { id, number, currency, totalDue: amount } = one.facts;
			if (this.letIn.get(id) === day) begun.set(id, { amount, currency });
			const verdict = this.paid.has(id) ? null : backFillVerdict(this.seen(one), this.agreed);
			if (verdict?.what === 'link')
				waiting.push({ id, number, currency, amount, issuedOn: one.issuedOn, createdAt: one.createdAt });
		}
		return portionOf(firstOfEach(waiting, this.agreed), begun, this.agreed);
	}

	private seen(one: OpenInvoice): OpenInvoice {
		const day = this.letIn.get(one.facts.id);
		if (day === undefined) return one;
		const isAsked = this.asked.has(one.facts.id);
		const record = isAsked ? state(`v1;open;a=1;g=${day}`, 'cks_1') : state(`v1;waiting;a=1;g=${day}`);
		return { ...one, facts: { ...one.facts, ...record } };
	}

	/** Let in, asked for, paid: as far as the steps reach. */
	collect(id: string, day: number, steps: number): number {
		const one = this.open.find(({ facts }) => facts.id === id) as OpenInvoice;
		const verdict = this.paid.has(id) ? null : backFillVerdict(this.seen(one), this.agreed);
		if (steps < 1 || verdict?.what !== 'link') return steps;
		this.letIn.set(id, day);
		this.days.set(day, (this.days.get(day) ?? new Set()).add(id));
		if (steps < 2) return 0;
		this.asked.set(id, (this.asked.get(id) ?? 0) + 1);
		if (steps < 3) return 0;
		if (one.facts.totalDue % 2 === 0) this.paid.add(id);
		return steps - 3;
	}

	amountOf(id: string, currency: string): number {
		const { facts } = this.open.find((one) => one.facts.id === id) as OpenInvoice;
		return facts.currency === currency ? facts.totalDue : 0;
	}
}

test('of very many only those are kept that a day may reach', () => {
	const rows = Array.from({ length: 1_000 }, (_, index) =>
		row(String(index).padStart(4, '0'), 1, { currency: index % 2 ? 'EUR' : 'JPY' }),
	);
	const kept = firstOfEach(rows, terms({ perDay: 3 }));
	expect(kept).toHaveLength(8);
	const portions = [rows, kept].map((some) => portionOf(some, new Map(), terms({ perDay: 3 })));
	expect(portions[0]).toEqual(portions[1]);
});

test('how many days it takes', () => {
	expect(daysOf({ EUR: { invoices: 21, amount: 1 } }, terms())).toBe(3);
	expect(daysOf({ EUR: { invoices: 2, amount: 50_001 } }, terms())).toBe(2);
	expect(daysOf({}, terms())).toBe(0);
});

test.each([
	['made then', '2026-11-01', UNTIL, true],
	['made before, issued on the same day', '2026-11-28', UNTIL - 1, false],
	['made before as a draft, issued later', '2026-11-29', UNTIL - 1, true],
	['of which nothing is told', '', NaN, false],
])('an invoice that was %s', (_what, issuedOn, createdAt, expected) => {
	expect(isMadeSince({ issuedOn, createdAt }, UNTIL, dayOfDate('2026-11-28'))).toBe(expected);
});

test('without a limit of age nothing is too old', () => {
	const old = open({}, { issuedOn: '1999-12-31' });
	expect(backFillVerdict(old, terms({ notBefore: null }))).toMatchObject({ what: 'link' });
});

test.each([
	[{}, 'nothing'],
	[{ EUR: 12_050 }, 'EUR 120.50'],
	[{ EUR: 12_050, JPY: 3_000 }, 'EUR 120.50, JPY 3000'],
])('%o in words', (money, words) => {
	expect(sumsInWords(money)).toBe(words);
});

test('a day is written as Lago writes it', () => {
	expect([dateOf(0), dateOf(dayOfDate('2026-11-28'))]).toEqual(['1970-01-01', '2026-11-28']);
});
