import { isProven, notForLago, notOurs, readPayment, type PaymentFacts } from '../../../nodes/shared/domain/payment';
import { invoice, payment, PROOF } from './facts';

const read = (change: Partial<PaymentFacts>, mode: 'test' | 'live' | null = 'test') =>
	readPayment(payment(change), mode, 'org_1');
const saying = (text: string) => ({ message: expect.stringContaining(text) as string });

test.each([
	['failed', 'failed'],
	[null, 'not started'],
])('one that names no Lago invoice and is %s is ignored, and says that it is %s', (status, told) => {
	expect(read({ invoiceId: 'nonsense', status })).toEqual({
		kind: 'ignored',
		...saying(`(${told}) names no Lago invoice`),
	});
	expect(read({ checkoutSessionId: null, status })).toEqual({
		kind: 'ignored',
		...saying(`(${told}) was not made for`),
	});
});

test.each([
	['sideways', 'sideways'],
	[null, 'not started'],
])('one that is %s is no news', (status, told) => {
	expect(read({ status })).toEqual({ kind: 'ignored', ...saying(`is ${told}: nothing to book`) });
});

test('what is typed as an invoice is shown shortened', () => {
	expect(read({ invoiceId: 'x'.repeat(1_000) })).toMatchObject(saying(`"${'x'.repeat(60)}"`));
});

test.each([
	['test', 'test', true],
	['live', 'live', true],
	['live', null, true],
	[null, 'live', true],
	['live', 'test', false],
	['test', 'live', false],
] as const)('of the world %s, where the workflow works in %s: taken %s', (observedMode, mode, isTaken) => {
	expect(read({ observedMode }, mode)).toMatchObject(isTaken ? { kind: 'succeeded' } : { reason: 'wrong_mode' });
});

test('a proof counts with a session only, and nothing proves nothing', () => {
	const proven = (change: Partial<PaymentFacts>, paymentProof: unknown = PROOF) =>
		isProven(payment(change), invoice({ paymentProof: paymentProof as string }));
	expect([proven({}), proven({ checkoutSessionId: null }), proven({ proof: 'x' })]).toEqual([true, false, false]);
	for (const none of [undefined, null])
		expect(proven({ proof: null }, none ?? undefined) || proven({ proof: null }, none)).toBe(false);
});

test('what is nobody’s business here says why', () => {
	expect(notOurs(payment({ organizationId: 'org_2' }))).toContain('pay_1 was made for Lago organisation org_2');
	expect(read({ organizationId: 'org_2' })).toEqual({ kind: 'ignored', ...saying('org_2') });
	expect(notForLago(payment())).toContain('pay_1 carries no Lago invoice id');
	expect(read({ invoiceId: null })).toEqual({ kind: 'ignored', ...saying('carries no Lago invoice id') });
});
