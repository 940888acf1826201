/** A payment of an invoice that is paid, wholly or in part, and what a payment brings when its tax comes on top. */
import type { InvoiceFacts } from '../../../nodes/shared/domain/invoice';
import type { PaymentFacts } from '../../../nodes/shared/domain/payment';
import { decideAttempt } from '../../../nodes/shared/domain/attempt';
import { isDueOf } from '../../../nodes/shared/domain/paidAgain';
import { decideSuccess, dueByStatus } from '../../../nodes/shared/domain/settlement';
import { invoice, meta, payment } from './facts';

const record = (id: string, state?: string) =>
	meta({ dodo_payment_id: id, ...(state === undefined ? {} : { dodo_state: `v1;${state}` }) });
const PAID = { paymentStatus: 'succeeded', total: 10_000, totalDue: 0 };
const BY_MANDATE = { checkoutSessionId: null, subscriptionId: 'sub_1' };

const TWICE = { action: 'overpaid', overpaid: { reason: 'paid_twice' } };
const UNCLEAR = { action: 'hold', held: { reason: 'already_paid' } };

test.each<[string, Partial<InvoiceFacts>, string[] | null, object]>([
	['is recorded as surplus', { metadata: record('pay_1', 'overpaid;a=1') }, null, { ...TWICE, record: false }],
	[
		'is recorded as surplus that went back',
		{ metadata: record('pay_1', 'returned;a=1') },
		null,
		{ ...TWICE, record: false },
	],
	['is named without a state: that means paid', { metadata: record('pay_1') }, null, { action: 'already_settled' }],
	[
		'is named without a state, where the invoice is open',
		{ ...{ paymentStatus: 'pending', totalDue: 10_000 }, metadata: record('pay_1') },
		null,
		{ action: 'book' },
	],
	['came beside another one that paid it', { metadata: record('pay_0', 'paid;a=1') }, [], { ...TWICE, record: false }],
	[
		'came beside another one that paid it, which Lago holds',
		{ metadata: record('pay_0', 'paid;a=1') },
		['pay_0'],
		{ ...TWICE, record: true },
	],
	[
		'came beside another surplus one',
		{ metadata: record('pay_0', 'overpaid;a=1') },
		['bank'],
		{ ...TWICE, record: false },
	],
	['came beside a link that is out', { metadata: record('cks_0', 'open;a=1') }, [], UNCLEAR],
	['came beside a charge that failed', { metadata: record('pay_0', 'failed;a=1') }, [], UNCLEAR],
	['came by the session that is recorded as paid', { metadata: record('cks_1', 'paid;a=1') }, [], UNCLEAR],
	['came where Lago does not say what was paid', {}, [], UNCLEAR],
	['came where the total is due all the same', { totalDue: 10_000, totalPaid: 0 }, [], UNCLEAR],
	['came where Lago holds money without a reference', { totalPaid: 10_000 }, [], { ...TWICE, record: true }],
	[
		'came where nothing was paid',
		{ totalPaid: 0 },
		[],
		{ action: 'overpaid', overpaid: { reason: 'nothing_due' }, record: true },
	],
	[
		'came where nothing was paid, beside another surplus one',
		{ totalPaid: 0, metadata: record('pay_0', 'overpaid;a=1') },
		[],
		{ record: false },
	],
	['came where Lago has voided what was paid', { status: 'voided', totalPaid: 10_000 }, ['bank'], TWICE],
])('a payment of a paid invoice that %s', (_, named, references, decision) => {
	expect(decideSuccess(payment(), invoice({ ...PAID, ...named }), references)).toMatchObject(decision);
});

test('for a voided invoice it is surplus, and the record stays', () => {
	expect(decideSuccess(payment(), invoice({ status: 'voided' }), null)).toMatchObject({
		action: 'overpaid',
		overpaid: { reason: 'invoice_voided', message: expect.stringContaining('pay_1') as string },
		record: false,
	});
});

test('of an invoice that is paid in part it asks by what, then pays the rest', () => {
	const partly = invoice({ total: 10_000, totalDue: 4_000, totalPaid: 6_000 });
	expect(decideSuccess(payment({ amount: 4_000 }), partly, null)).toEqual({ action: 'look_up_references' });
	expect(decideSuccess(payment({ amount: 4_000 }), partly, [])).toEqual({ action: 'book', amount: 4_000 });
	expect(decideSuccess(payment({ amount: 4_000 }), partly, ['pay_1'])).toEqual({ action: 'already_settled' });
});

test('where nothing is due on an open invoice it is not booked', () => {
	const offset = invoice({ total: 0, totalDue: 0, totalPaid: 0 });
	expect(decideSuccess(payment(), offset, null)).toEqual({ action: 'look_up_references' });
	expect(decideSuccess(payment(), offset, [])).toMatchObject({
		action: 'overpaid',
		overpaid: { reason: 'nothing_due' },
	});
});

test('of unknown origin it is held, in words that say how it came', () => {
	const held = (change: Partial<PaymentFacts>, named: Partial<InvoiceFacts> = {}) =>
		decideSuccess(payment({ proof: null, ...change }), invoice(named), null);
	expect(held({})).toMatchObject({
		held: { message: expect.stringContaining('by a checkout that was not made here') as string },
	});
	expect(held(BY_MANDATE)).toMatchObject({
		held: { message: expect.stringContaining('by subscription sub_1, which is not') as string },
	});
	expect(held({}, { paymentStatus: 'succeeded', total: 0, totalDue: 0 })).toEqual({ action: 'look_up_references' });
	expect(held(BY_MANDATE, PAID)).toMatchObject({ action: 'hold' });
});

const BOOKED = { action: 'book', amount: 10_000 };
const ON_TOP = { amount: 11_900, tax: 1_900 };
test.each<[string, Partial<PaymentFacts>, Partial<InvoiceFacts>, object]>([
	['tax on top, of a charge that is not recorded yet', { ...BY_MANDATE, ...ON_TOP }, {}, BOOKED],
	[
		'tax on top, of a charge beside which an earlier one is recorded',
		{ ...BY_MANDATE, ...ON_TOP },
		{ metadata: record('pay_0', 'failed;a=1') },
		BOOKED,
	],
	['tax inside, of a charge that is not recorded yet', { ...BY_MANDATE, tax: 1_597 }, {}, BOOKED],
	[
		'tax on top, of a charge that was recorded with it inside',
		{ ...BY_MANDATE, ...ON_TOP },
		{ metadata: record('pay_1', 'charging;a=1') },
		{ held: { reason: 'amount_above_due' } },
	],
	['tax on top, of a checkout that was made with it inside', ON_TOP, {}, { held: { reason: 'amount_above_due' } }],
	[
		'tax inside, of a link with tax on top',
		{ tax: 1_597 },
		{ metadata: record('cks_1', 'open;a=1;t=1') },
		{ held: { reason: 'amount_below_due' } },
	],
])('%s', (_, change, named, decision) => {
	expect(decideSuccess(payment(change), invoice({ mandateId: 'sub_1', ...named }), null)).toMatchObject(decision);
});

test('where both services may count differently nothing is booked until the merchant says that they do not', () => {
	const forints = { currency: 'HUF' };
	const held = decideSuccess(payment(forints), invoice(forints), null);
	expect(held).toMatchObject({ action: 'hold', held: { reason: 'currency_unit_unclear' } });
	expect(decideSuccess(payment(forints), invoice({ ...forints, countedAlike: false }), null)).toEqual(held);
	expect(decideSuccess(payment(forints), invoice({ ...forints, countedAlike: true }), null)).toEqual(BOOKED);
});

test('an amount is written as the service counts it whose it is', () => {
	const said = (change: Partial<PaymentFacts>, named: Partial<InvoiceFacts>): string => {
		const decision = decideSuccess(payment(change), invoice({ status: 'voided', ...named }), null);
		return decision.action === 'overpaid' ? decision.overpaid.message : '';
	};
	const forints = { currency: 'HUF' };
	expect(said(forints, forints)).toContain('of HUF 10000 (in the smallest unit of Dodo Payments) ');
	expect(said(forints, { ...forints, countedAlike: true })).toContain('of HUF 10000 succeeded');
	expect(said(forints, { countedAlike: true })).toContain('of HUF 10000 (in the smallest');
});

describe('what is due of a payment that was booked as status', () => {
	const named = (change: Partial<InvoiceFacts> = {}) =>
		invoice({ paymentStatus: 'succeeded', totalPaid: 0, metadata: record('pay_1', 'paid;a=1'), ...change });

	test.each<[string, InvoiceFacts, Partial<PaymentFacts>, number | null]>([
		['all of it', named(), {}, 10_000],
		['all of it, without the tax on top', named({ metadata: record('pay_1', 'paid;a=1;t=1') }), ON_TOP, 10_000],
		['nothing, where it brought another amount', named(), { amount: 9_999 }, null],
		['nothing, with tax inside', named(), ON_TOP, null],
		['nothing, where Lago holds a payment', named({ totalPaid: 1 }), {}, null],
		['nothing, where Lago does not say', named({ totalPaid: undefined }), {}, null],
		['nothing, of a voided invoice', named({ status: 'voided' }), {}, null],
		['nothing, where its status was put back', named({ paymentStatus: 'failed' }), {}, null],
		['nothing, of another payment', named({ metadata: record('pay_0', 'paid;a=1') }), {}, null],
		['nothing, of a surplus payment', named({ metadata: record('pay_1', 'overpaid;a=1') }), {}, null],
		['nothing, without a state', named({ metadata: record('pay_1') }), {}, null],
	])('%s', (_, facts, change, due) => expect(dueByStatus(payment(change), facts)).toBe(due));
});

describe('a payment that names no invoice', () => {
	const failed = (state = 'failed;a=1', id = 'pay_0', change: Partial<InvoiceFacts> = {}) =>
		invoice({ paymentStatus: 'failed', metadata: record(id, state), ...change });

	test.each<[boolean, string, InvoiceFacts, Partial<PaymentFacts>]>([
		[true, 'whose charge failed over that amount', failed(), {}],
		[true, 'with tax on top', failed('failed;a=1;t=1'), ON_TOP],
		[false, 'with tax inside', failed(), ON_TOP],
		[false, 'over another amount', failed(), { amount: 9_999 }],
		[false, 'in another currency', failed(), { currency: 'USD' }],
		[false, 'whose link failed', failed('failed;a=1', 'cks_0'), {}],
		[false, 'whose charge runs', failed('charging;a=1'), {}],
		[false, 'of which nothing is recorded', invoice({ paymentStatus: 'failed' }), {}],
		[false, 'of which no state is recorded', invoice({ paymentStatus: 'failed', metadata: record('pay_0') }), {}],
		[false, 'that is paid', failed('failed;a=1', 'pay_0', { paymentStatus: 'succeeded' }), {}],
	])('%s: for the open invoice %s', (isDue, _, facts, change) => expect(isDueOf(payment(change), facts)).toBe(isDue));
});

describe('a failed or running payment', () => {
	const failed = { paymentStatus: 'failed' };
	test.each<[string, string, Partial<InvoiceFacts>, string]>([
		['failed', 'the link that is out', { ...failed, metadata: record('cks_1', 'open;a=1') }, 'record'],
		['failed', 'another payment that failed', { ...failed, metadata: record('pay_0', 'failed;a=1') }, 'record'],
		['failed', 'itself without a state', { ...failed, metadata: record('pay_1') }, 'record'],
		['failed', 'itself as running', { ...failed, metadata: record('pay_1', 'charging;a=1') }, 'record'],
		['failed', 'nothing', failed, 'record'],
		['processing', 'itself without a state', { metadata: record('pay_1') }, 'record'],
		['processing', 'itself as failed', { ...failed, metadata: record('pay_1', 'failed;a=1') }, 'record'],
		['processing', 'the link that is out', { metadata: record('cks_1', 'open;a=1') }, 'record'],
	])('%s, where the invoice names %s', (status, _, named, action) => {
		expect(decideAttempt(payment({ status }), invoice(named))).toEqual({ action });
	});
});
