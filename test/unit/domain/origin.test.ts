/** Only what is proven counts: whose payment it is, before its amount is looked at. */
import { judge } from '../../../nodes/shared/domain/difference';
import { attemptOf, readPayment } from '../../../nodes/shared/domain/payment';
import { decideAttempt } from '../../../nodes/shared/domain/attempt';
import { decideSuccess } from '../../../nodes/shared/domain/settlement';
import { decideRecord } from '../../../nodes/shared/domain/attemptRecord';
import type { PaymentFacts } from '../../../nodes/shared/domain/payment';
import { invoice, meta, payment, PROOF } from './facts';
import { INVOICE, listed } from './listed';

const UNPROVEN = { checkoutSessionId: null, subscriptionId: 'sub_other' };
const LINK_OUT = meta({ dodo_payment_id: 'cks_9', dodo_state: 'v1;open;a=1;m=10000' });
const STATUSES = ['succeeded', 'failed', 'processing', 'cancelled', null] as const;

describe('a payment that names an invoice', () => {
	test.each(STATUSES)('by a link that whoever pays can edit (%s): a success is held, all else is ignored', (status) => {
		const reading = readPayment(payment({ checkoutSessionId: null, status }), 'test', null);
		expect(reading).toMatchObject(
			status === 'succeeded' ? { outcome: 'held', reason: 'unknown_origin' } : { kind: 'ignored' },
		);
	});

	test.each([
		['a subscription of a customer without mandate', invoice()],
		['another subscription than the mandate', invoice({ mandateId: 'sub_1' })],
		['another subscription, beside a link that is out', invoice({ metadata: LINK_OUT })],
		['another subscription, of a paid invoice', invoice({ paymentStatus: 'succeeded', totalDue: 0, total: 10_000 })],
		['another subscription, of a voided invoice', invoice({ status: 'voided', totalDue: 0 })],
		['a checkout that carries no proof', invoice(), { proof: null }],
		['a checkout of another shop, beside one of ours', invoice({ metadata: LINK_OUT }), { proof: null }],
		['a checkout with the proof of another invoice', invoice(), { proof: `${PROOF.slice(0, -1)}A` }],
		['a checkout, where no secret is known', invoice({ paymentProof: undefined }), { proof: null }],
		['a checkout that sells a subscription, proof and all', invoice(), { subscriptionId: 'sub_other' }],
	])(
		'by %s: a success is held, a failure changes nothing',
		(_case, named, change: Partial<PaymentFacts> = UNPROVEN) => {
			expect(decideSuccess(payment(change), named, null)).toMatchObject({
				action: 'hold',
				held: { reason: 'unknown_origin' },
			});
			for (const status of ['failed', 'processing'] as const) {
				const step = decideRecord(
					payment({ ...change, status, attempt: 999_999, errorCode: 'STOLEN_CARD' }),
					status,
					named,
					{ invoiceId: named.id, invoiceNumber: named.number, timeZone: null } as never,
					null,
					0,
				);
				expect(step).toMatchObject({ action: 'leave', told: { outcome: 'ignored' } });
			}
		},
	);

	test.each([
		['by a checkout that carries the proof', {}, {}],
		[
			'by the checkout that is recorded, with the proof of an old secret',
			{ checkoutSessionId: 'cks_9', proof: 'old' },
			{ metadata: LINK_OUT },
		],
		[
			'by the checkout that is recorded, of before there were proofs',
			{ checkoutSessionId: 'cks_9', proof: null },
			{ metadata: LINK_OUT },
		],
		['by the mandate of its customer', { ...UNPROVEN, subscriptionId: 'sub_1' }, { mandateId: 'sub_1' }],
		[
			'by a charge that is recorded, whatever the mandate is by now',
			{ ...UNPROVEN, subscriptionId: 'sub_1' },
			{ mandateId: 'sub_2', metadata: meta({ dodo_payment_id: 'pay_1', dodo_state: 'v1;charging;a=1;m=10000' }) },
		],
	])('%s is booked', (_case, change, named) => {
		expect(decideSuccess(payment(change), invoice(named), null)).toEqual({ action: 'book', amount: 10_000 });
		expect(decideAttempt(payment({ ...change, status: 'failed' }), invoice(named))).toEqual({ action: 'record' });
	});

	test.each([
		[999_999, undefined, 2],
		[999_999, 3, 4],
		[4, 3, 4],
		[2, 3, 2],
		[1, undefined, 1],
	])('try %i where %s is recorded counts as try %i', (attempt, recorded, counted) => {
		expect(attemptOf(payment({ attempt }), recorded)).toBe(counted);
	});
});

describe('two Lago organisations on one Dodo account', () => {
	test.each(STATUSES)('a payment of the other one (%s) is ignored', (status) => {
		const theirs = payment({ organizationId: 'org_2', status });
		expect(readPayment(theirs, 'test', 'org_1')).toMatchObject({ kind: 'ignored' });
		expect(readPayment({ ...theirs, organizationId: 'org_1' }, 'test', 'org_1')).not.toMatchObject({
			message: expect.stringContaining('organisation'),
		});
		expect(readPayment(theirs, 'test', null)).not.toMatchObject({ message: expect.stringContaining('organisation') });
	});

	test('the reconciliation asks whom it works for, once something names an organisation, and leaves the other one alone', () => {
		const behind = listed({ kind: 'payment', id: 'pay_1', invoiceId: INVOICE, organizationId: 'org_2' });
		const payments = { asked: new Set(['pay_1']), rows: new Map([['pay_1', behind]]) };
		const none = { asked: new Set(['ref_1']), rows: new Map<string, string>() };
		const entries = [
			[behind, {}],
			[{ ...behind, status: 'failed' }, { unpaid: new Map([[INVOICE, invoice({ id: INVOICE })]]) }],
			[listed({ kind: 'refund', id: 'ref_1', paymentId: 'pay_1' }), { payments, notes: none }],
			[
				listed({ kind: 'dispute', id: 'dis_1', paymentId: 'pay_1', status: 'dispute_lost' }),
				{ payments, lost: new Map() },
			],
		] as const;
		for (const [entry, known] of entries) {
			expect(judge(entry, known)).toEqual({ needs: 'organization' });
			expect(judge(entry, { ...known, organization: { id: 'org_1' } })).toBe('done');
			expect(judge(entry, { ...known, organization: { id: 'org_2' } })).not.toBe('done');
		}
	});
});

test('a payment that is booked needs no proof: it is never told to go back', () => {
	const old = payment({ proof: null, checkoutSessionId: 'cks_old' });
	for (const named of [
		invoice({ paymentStatus: 'succeeded', totalDue: 0, total: 10_000 }),
		invoice({ totalDue: 4_000, total: 10_000, metadata: LINK_OUT }),
	]) {
		expect(decideSuccess(old, named, null)).toEqual({ action: 'look_up_references' });
		expect(decideSuccess(old, named, [old.id])).toEqual({ action: 'already_settled' });
		expect(decideSuccess(old, named, ['pay_other'])).toMatchObject({ action: 'hold' });
	}
});

test('a second surplus payment leaves the note of the first one alone', () => {
	const note = (phase: string) => meta({ dodo_payment_id: 'pay_0', dodo_state: `v1;${phase};a=1` });
	const paid = { paymentStatus: 'succeeded', totalDue: 0, total: 10_000 };
	const decide = (phase: string) => decideSuccess(payment(), invoice({ ...paid, metadata: note(phase) }), ['bank']);
	expect(decide('overpaid')).toMatchObject({ action: 'overpaid', record: false });
	expect(decide('returned')).toMatchObject({ action: 'overpaid', record: true });
});
