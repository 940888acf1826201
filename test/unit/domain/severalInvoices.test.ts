import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { broughtBy, MOST_SHARES, sharesIn, sharesToMetadata, spend } from '../../../nodes/shared/domain/bundle';
import { judge, type Known } from '../../../nodes/shared/domain/difference';
import type { InvoiceFacts } from '../../../nodes/shared/domain/invoice';
import { decodeState, encodeState } from '../../../nodes/shared/domain/invoiceMetadata';
import { shareOut, type MemberMoney } from '../../../nodes/shared/domain/shareOut';
import { listed } from './listed';

const [ONE, TWO] = [randomUUID(), randomUUID()];

describe('what a payment asks of each invoice', () => {
	test('is read back from metadata within the limits of Dodo', () => {
		const share = fc.record({ invoiceId: fc.uuid(), amount: fc.integer({ min: 1, max: 2_147_483_647 }) });
		const shares = fc.uniqueArray(share, { minLength: 1, maxLength: MOST_SHARES, selector: (one) => one.invoiceId });
		fc.assert(
			fc.property(shares, (given) => {
				const metadata = sharesToMetadata(given);
				expect(Object.keys(metadata).length).toBeLessThanOrEqual(40);
				for (const [key, value] of Object.entries(metadata)) {
					expect(key).toMatch(/^[\w-]{1,40}$/);
					expect(value.length).toBeLessThanOrEqual(500);
				}
				expect(sharesIn({ ...metadata, attempt: '2' })).toEqual(given);
			}),
			{ numRuns: 50 },
		);
	});

	test.each([
		['of one invoice', {}, undefined],
		['of nothing that can be read', { lago_invoices: 'x' }, []],
		['that names one twice', { lago_invoices: `${ONE}:1 ${ONE}:1` }, []],
		['of which one part cannot be read', { lago_invoices: `${ONE}:1 ${TWO}:-1` }, []],
	])('of a payment %s', (_case, metadata, shares) => expect(sharesIn(metadata)).toEqual(shares));

	test('tax on top is not what it brought', () => {
		const shares = [{ invoiceId: ONE, amount: 1_000 }];
		expect(broughtBy({ amount: 1_190, tax: 190, shares })).toBe(1_000);
		expect(broughtBy({ amount: 1_000, tax: 160, shares })).toBe(1_000);
		expect(broughtBy({ amount: 900, tax: 144, shares })).toBe(900);
	});
});

test('an amount is spent in order, and nothing is lost', () => {
	fc.assert(
		fc.property(fc.nat(10_000), fc.array(fc.nat(3_000)), (amount, rooms) => {
			const { parts, left } = spend(amount, rooms);
			expect(parts.reduce((sum, one) => sum + one, left)).toBe(amount);
			parts.forEach((part, place) => expect(part).toBeLessThanOrEqual(rooms[place] ?? 0));
		}),
	);
});

test('refunds told in any order come to the same sum: what went back, less what was never booked', () => {
	const part = fc.record({ booked: fc.nat(2_000), surplus: fc.nat(500) });
	fc.assert(
		fc.property(
			fc.array(part, { minLength: 1, maxLength: 5 }),
			fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 6 }),
			fc.array(fc.nat(20), { maxLength: 20 }),
			(parts, weights, order) => {
				const received = parts.reduce((sum, { booked, surplus }) => sum + booked + surplus, 0);
				const all = weights.reduce((sum, one) => sum + one, 0);
				const refunds = weights.map((weight) => Math.floor((received * weight) / (all + 1)));
				const noted = parts.map(() => refunds.map(() => 0));
				const tell = (refund: number): void => {
					const members = parts.map((one, place): MemberMoney => {
						const own = noted[place]?.[refund] ?? 0;
						const credited = noted[place]?.reduce((sum, amount) => sum + amount, 0) ?? 0;
						return { ...one, credited, lost: 0, ...(own > 0 ? { done: own } : {}) };
					});
					const inBooks = members.reduce((sum, { credited }) => sum + credited, 0);
					const out = { amount: refunds[refund] ?? 0, all: refunds.reduce((sum, one) => sum + one, 0), inBooks };
					const shared = shareOut(out, members);
					shared.parts.forEach((amount, place) => ((noted[place] as number[])[refund]! += amount));
				};
				for (const place of order) tell(place % refunds.length);
				refunds.forEach((_, place) => tell(place));
				const credited = noted.map((of) => of.reduce((sum, one) => sum + one, 0));
				const surplus = parts.reduce((sum, one) => sum + one.surplus, 0);
				const wentBack = refunds.reduce((sum, one) => sum + one, 0);
				expect(credited.reduce((sum, one) => sum + one, 0)).toBe(Math.max(0, wentBack - surplus));
				credited.forEach((amount, place) => expect(amount).toBeLessThanOrEqual(parts[place]?.booked ?? 0));
			},
		),
	);
});

test('an invoice says that it is among several, and its link stays', () => {
	const state = decodeState('v1;open;a=2;m=1000;x=1793869207;e=l;q=1x7ab.12500;l=https://n8n.example/pay?t=abc');
	expect(state).toMatchObject({ request: { key: '1x7ab', amount: 12_500 }, payLink: 'https://n8n.example/pay?t=abc' });
	expect(encodeState(state as never)).toContain(';q=1x7ab.12500;l=https://');
});

const known = (booked: string[], rows: Array<[string, Partial<InvoiceFacts>]> = []): Known => ({
	bookings: { asked: new Set(['pay_1']), rows: new Map([['pay_1', booked]]) },
	invoices: { asked: new Set([ONE, TWO]), rows: new Map(rows as never) },
});
const overpaid = (id: string): Partial<InvoiceFacts> => ({
	paymentStatus: 'succeeded',
	metadata: [
		{ key: 'dodo_payment_id', value: id },
		{ key: 'dodo_state', value: 'v1;overpaid;a=1' },
	],
});

test.each<[string, Known, ReturnType<typeof judge>]>([
	['first asks where it is booked', {}, { needs: 'bookings' }],
	['is booked on each', known([ONE, TWO]), 'done'],
	['is booked on one only', known([ONE]), 'missing'],
	['was too much for the other', known([ONE], [[TWO, overpaid('pay_1')]]), 'done'],
	['another one was too much', known([ONE], [[TWO, overpaid('pay_2')]]), 'missing'],
])('a look at a payment of several invoices: it %s', (_case, given, verdict) => {
	const payment = listed({ invoiceId: null, members: [ONE, TWO], customer: 'c' });
	expect(judge(payment, given)).toEqual(verdict);
});
