import fc from 'fast-check';
import { encodeState } from '../../../nodes/shared/domain/invoiceMetadata';
import type { InvoiceFacts } from '../../../nodes/shared/domain/invoice';
import { isLagoId, readPayment, type PaymentFacts } from '../../../nodes/shared/domain/payment';
import { decideAttempt } from '../../../nodes/shared/domain/attempt';
import { decideSuccess } from '../../../nodes/shared/domain/settlement';
import { overpaidBy } from '../../../nodes/shared/domain/settlementDecision';
import { invoice, INVOICE_ID, meta, payment } from './facts';
import { runs } from '../../support/runs';

describe('what a payment says', () => {
	test.each<[string, Partial<PaymentFacts>, object]>([
		['succeeded by checkout', {}, { kind: 'succeeded', invoiceId: INVOICE_ID }],
		['succeeded by mandate', { checkoutSessionId: null, subscriptionId: 'sub_1' }, { kind: 'succeeded' }],
		['failed', { status: 'failed' }, { kind: 'failed' }],
		['processing', { status: 'processing' }, { kind: 'processing' }],
		['cancelled: the invoice tells whether it ran', { status: 'cancelled' }, { kind: 'failed' }],
		['an unknown status', { status: 'sideways' }, { kind: 'ignored' }],
		['no status', { status: null }, { kind: 'ignored' }],
		['not for Lago', { invoiceId: null }, { kind: 'ignored' }],
		[
			'what was due on a mandate',
			{ invoiceId: null, subscriptionId: 'sub_1' },
			{ kind: 'dues', subscriptionId: 'sub_1' },
		],
		[
			'a failed payment of a mandate for something else',
			{ invoiceId: null, subscriptionId: 'sub_1', status: 'failed' },
			{ kind: 'ignored' },
		],
		['nothing', { amount: 0 }, { kind: 'ignored' }],
		['no Lago id', { invoiceId: '../payments' }, { reason: 'unknown_invoice' }],
		['a link that the payer can edit', { checkoutSessionId: null }, { reason: 'unknown_origin' }],
		['the other world', { observedMode: 'live' }, { reason: 'wrong_mode' }],
	])('%s', (_case, change, reading) => {
		expect(readPayment(payment(change), 'test', 'org_1')).toMatchObject(reading);
	});
});

describe('a success', () => {
	test.each<[string, Partial<PaymentFacts>, Parameters<typeof invoice>[0], object]>([
		['of what is due is booked', {}, {}, { action: 'book', amount: 10_000 }],
		[
			'with tax on top is booked without the tax',
			{ amount: 11_900, tax: 1_900 },
			{ metadata: meta({ dodo_state: 'v1;open;a=1;t=1' }) },
			{ action: 'book', amount: 10_000 },
		],
		['with tax inside is booked whole', { tax: 1_597 }, {}, { action: 'book', amount: 10_000 }],
		['after a failed attempt is booked', {}, { paymentStatus: 'failed' }, { action: 'book' }],
		['of too little is held', { amount: 9_999 }, {}, { held: { reason: 'amount_below_due' } }],
		['of too much is held', { amount: 10_001 }, {}, { held: { reason: 'amount_above_due' } }],
		['in another currency is held', { currency: 'USD' }, {}, { held: { reason: 'currency_mismatch' } }],
		[
			'for a voided invoice is overpaid',
			{},
			{ status: 'voided', totalDue: 0 },
			{ action: 'overpaid', overpaid: { reason: 'invoice_voided' } },
		],
		['for a draft is held', {}, { status: 'draft' }, { held: { reason: 'invoice_not_finalized' } }],
		[
			'for a paid invoice asks by whom',
			{},
			{ paymentStatus: 'succeeded', totalDue: 0 },
			{ action: 'look_up_references' },
		],
		[
			'recorded by status is settled',
			{},
			{ paymentStatus: 'succeeded', metadata: meta({ dodo_payment_id: 'pay_1', dodo_state: 'v1;paid;a=1' }) },
			{ action: 'already_settled' },
		],
		[
			'that was only under way when somebody paid by hand asks by whom',
			{},
			{ paymentStatus: 'succeeded', metadata: meta({ dodo_payment_id: 'pay_1', dodo_state: 'v1;processing;a=1' }) },
			{ action: 'look_up_references' },
		],
	])('%s', (_case, changePayment, changeInvoice, decision) => {
		expect(decideSuccess(payment(changePayment), invoice(changeInvoice), null)).toMatchObject(decision);
	});

	const partlyPaid = { total: 10_000, totalDue: 4_000, totalPaid: 6_000 };

	test.each<[string, Partial<PaymentFacts>, Partial<InvoiceFacts>, readonly string[] | null, object]>([
		['of all that is due is booked', {}, {}, null, { action: 'book', amount: 10_000 }],
		['of less is booked all the same', { amount: 9_000 }, {}, null, { action: 'book', amount: 9_000, surplus: 0 }],
		['of more leaves a surplus', { amount: 10_500 }, {}, null, { action: 'book', amount: 10_000, surplus: 500 }],
		[
			'of what is paid in part asks by whom first',
			{ amount: 4_000 },
			partlyPaid,
			null,
			{ action: 'look_up_references' },
		],
		[
			'of what it has paid by our record asks all the same: what of it is booked only Lago knows',
			{ amount: 4_000 },
			{ ...partlyPaid, metadata: meta({ dodo_payment_id: 'pay_1', dodo_state: 'v1;paid;a=1' }) },
			null,
			{ action: 'look_up_references' },
		],
		['of the rest is booked', { amount: 4_000 }, partlyPaid, ['pay_0'], { action: 'book', amount: 4_000 }],
		['that is booked is settled', { amount: 4_000 }, partlyPaid, ['pay_1'], { action: 'already_settled' }],
	])('a part of a payment %s', (_case, changePayment, changeInvoice, references, decision) => {
		const part = payment({ ...changePayment, isPart: true });
		expect(decideSuccess(part, invoice(changeInvoice), references)).toEqual(decision);
	});

	test.each<[string, number | undefined, object]>([
		['all of it', undefined, { nextStep: expect.stringContaining('Refund payment pay_1:') }],
		['a part', 500, { nextStep: expect.stringContaining('Refund that part of payment pay_1:'), surplus: 500 }],
	])('what nobody owed goes back: %s', (_case, surplus, told) => {
		const expected = { outcome: 'overpaid', reason: 'paid_twice', message: 'Twice', ...told };
		expect(overpaidBy('pay_1', 'paid_twice', 'Twice', surplus)).toStrictEqual(expected);
	});

	test('booked by reference is settled; booked by another reference is paid twice', () => {
		const paid = invoice({ paymentStatus: 'succeeded', totalDue: 0 });
		expect(decideSuccess(payment(), paid, ['pay_1'])).toEqual({ action: 'already_settled' });
		expect(decideSuccess(payment(), paid, ['pay_0'])).toMatchObject({
			action: 'overpaid',
			overpaid: { reason: 'paid_twice' },
			record: true,
		});
		const byAnother = { ...paid, metadata: meta({ dodo_payment_id: 'pay_0' }) };
		// There it is the only proof of what paid the invoice, so it stays.
		expect(decideSuccess(payment(), byAnother, [])).toMatchObject({
			action: 'overpaid',
			overpaid: { reason: 'paid_twice' },
			record: false,
		});
		expect(decideSuccess(payment(), paid, [])).toMatchObject({
			action: 'hold',
			held: { reason: 'already_paid', nextStep: expect.stringContaining('If it was payment pay_1') },
		});
	});

	test('books only the exact amount due, in the right currency, on a finalized unpaid invoice', () => {
		const facts = fc.record({
			amount: fc.integer({ min: 1, max: 300 }),
			tax: fc.integer({ min: 0, max: 100 }),
			currency: fc.constantFrom('EUR', 'USD'),
			due: fc.integer({ min: 0, max: 300 }),
			status: fc.constantFrom('finalized', 'draft', 'voided', 'pending'),
			paymentStatus: fc.constantFrom('pending', 'succeeded', 'failed'),
			taxOnTop: fc.boolean(),
		});
		fc.assert(
			fc.property(facts, ({ amount, tax, currency, due, status, paymentStatus, taxOnTop }) => {
				const state = meta({ dodo_state: encodeState({ phase: 'open', attempt: 1, taxOnTop }) });
				const decision = decideSuccess(
					payment({ amount, tax, currency }),
					invoice({ totalDue: due, status, paymentStatus, metadata: state }),
					null,
				);
				if (decision.action !== 'book') return;
				expect([status, currency, paymentStatus === 'succeeded']).toEqual(['finalized', 'EUR', false]);
				expect(decision.amount).toBe(due);
				expect(decision.amount).toBe(taxOnTop ? amount - tax : amount);
			}),
			{ numRuns: runs(1_000, 5_000) },
		);
	});
});

describe('a failed or running payment', () => {
	const failed = payment({ status: 'failed', errorCode: 'INSUFFICIENT_FUNDS' });
	const recorded = (phase: string, id = 'pay_1') => meta({ dodo_payment_id: id, dodo_state: `v1;${phase};a=1` });

	test.each<[string, PaymentFacts, Parameters<typeof invoice>[0], string]>([
		['is recorded', failed, {}, 'record'],
		['is recorded once', failed, { paymentStatus: 'failed', metadata: recorded('failed') }, 'recorded'],
		['is completed when only half was written', failed, { metadata: recorded('failed') }, 'record'],
		[
			'of an earlier try is no news once a later one is out',
			failed,
			{ metadata: meta({ dodo_payment_id: 'cks_9', dodo_state: 'v1;open;a=2;m=10000' }) },
			'unchanged',
		],
		[
			'cancelled by the payer leaves the link alone',
			payment({ status: 'cancelled' }),
			{ metadata: meta({ dodo_payment_id: 'cks_1', dodo_state: 'v1;open;a=1' }) },
			'unchanged',
		],
		[
			'cancelled while it ran has failed',
			payment({ status: 'cancelled' }),
			{ metadata: recorded('processing') },
			'record',
		],
		['leaves a paid invoice alone', failed, { paymentStatus: 'succeeded' }, 'unchanged'],
		['leaves a voided invoice alone', failed, { status: 'voided' }, 'unchanged'],
		['leaves another payment under way alone', failed, { metadata: recorded('processing', 'pay_2') }, 'unchanged'],
		['ends its own processing', failed, { metadata: recorded('processing') }, 'record'],
		['is recorded as under way', payment({ status: 'processing' }), {}, 'record'],
		[
			'is recorded as under way once',
			payment({ status: 'processing' }),
			{ metadata: recorded('processing') },
			'recorded',
		],
		[
			'is recorded once, also by its session',
			failed,
			{ paymentStatus: 'failed', metadata: recorded('failed', 'cks_1') },
			'recorded',
		],
		[
			'of a charge that runs is no news',
			payment({ status: 'processing' }),
			{ metadata: recorded('charging') },
			'recorded',
		],
		['leaves a running charge alone', failed, { metadata: recorded('charging', 'pay_2') }, 'unchanged'],
	])('%s', (_case, one, change, action) => {
		expect(decideAttempt(one, invoice(change)).action).toBe(action);
	});
});

test('in whatever order and however often the events of an invoice arrive, a paid one ends paid', () => {
	const attempts: PaymentFacts[] = [
		payment({ id: 'pay_a', status: 'failed' }),
		payment({ id: 'pay_b', status: 'failed' }),
		payment({ id: 'pay_c', status: 'processing' }),
		payment({ id: 'pay_c' }),
	];
	const arrival = fc
		.shuffledSubarray([...attempts, ...attempts], { minLength: 5, maxLength: 8 })
		.filter((events) => events.some(({ status }) => status === 'succeeded'));
	fc.assert(
		fc.property(arrival, (events) => {
			let books = invoice();
			const references: string[] = [];
			for (const event of events) {
				if (event.status === 'succeeded') {
					if (decideSuccess(event, books, references).action !== 'book') continue;
					references.push(event.id);
					books = { ...books, paymentStatus: 'succeeded', totalDue: 0 };
				} else if (decideAttempt(event, books).action === 'record') {
					books = {
						...books,
						paymentStatus: event.status === 'failed' ? 'failed' : books.paymentStatus,
						metadata: meta({ dodo_payment_id: event.id, dodo_state: `v1;${event.status};a=1` }),
					};
				}
			}
			expect(books.paymentStatus).toBe('succeeded');
			expect(references).toEqual(['pay_c']);
		}),
	);
});

test('only a UUID is a Lago id', () => {
	expect(isLagoId(INVOICE_ID)).toBe(true);
	for (const text of ['', '1', `${INVOICE_ID}/void`, `${INVOICE_ID} `, INVOICE_ID.replace('8', 'g')])
		expect(isLagoId(text)).toBe(false);
});
