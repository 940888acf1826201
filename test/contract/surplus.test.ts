import type { Payment, Refund } from '../../sandbox/dodo/state';
import type { Invoice } from '../../sandbox/lago/documents';
import { world } from '../support/oneWorld';

/**
 * An invoice is paid by bank, and by its links as well. What comes back of the links was never booked: no credit note, no lost dispute,
 * whatever is told first.
 */

const DUE = 10_000;

/** Paid by bank, then by this many links that were out. */
async function paidTwice(links: number): Promise<{ invoice: Invoice; surplus: Payment[] }> {
	const invoice = world.issue({ metadata: { po: '4711' } });
	const intent = await world.link(invoice);
	await world.save(intent);
	world.lago.payManually(invoice.lago_id, DUE, 'bank transfer 77');
	const first = world.dodo.payCheckout(String(intent.checkoutSessionId));
	const others = Array.from({ length: links - 1 }, (_, index) =>
		world.dodo.createPayment({
			status: 'succeeded',
			total_amount: DUE,
			metadata: first.metadata,
			checkout_session_id: `cks_older_${index}`,
		}),
	);
	return { invoice, surplus: [first, ...others] };
}

/** The books of Lago say: paid once, by the bank. */
function expectPaidByBankAlone(invoice: Invoice): void {
	const now = world.lago.state.invoices.get(invoice.lago_id) as Invoice;
	expect(now).toMatchObject({
		payment_status: 'succeeded',
		total_paid_amount_cents: DUE,
		offset_cents: 0,
		payment_dispute_lost_at: null,
	});
	const booked = [...world.lago.state.payments.values()].filter((one) => one.lago_payable_id === invoice.lago_id);
	expect(booked.map(({ reference }) => reference)).toEqual(['bank transfer 77']);
	expect(world.notesOf(invoice)).toEqual([]);
	expect(world.lago.metadataOf(invoice.lago_id, 'po')).toBe('4711');
}

type Step = 'payment' | 'back';
const ORDERS: Step[][] = [
	['payment', 'back'],
	['back', 'payment'],
	['back', 'payment', 'back'],
	['back', 'back'],
];
const told = (order: Step[]): string => order.join(', ');

describe.each(ORDERS.map((order) => [told(order), order] as const))('told as: %s', (_order, order) => {
	test.each([
		['all of it', [undefined]],
		['a part', [4_000]],
		['two parts', [4_000, undefined]],
	])('a surplus payment goes back, %s', async (_case, amounts) => {
		const { invoice, surplus } = await paidTwice(1);
		const [payment] = surplus as [Payment];
		const refunds: Refund[] = [];
		for (const amount of amounts) refunds.push(await world.refund(payment, amount));
		for (const step of order) {
			if (step === 'payment') expect(await world.settle(payment)).toMatchObject({ outcome: 'overpaid' });
			else
				for (const refund of refunds)
					expect(await world.mirror(refund)).toMatchObject({ outcome: 'overpayment_returned' });
			expectPaidByBankAlone(invoice);
		}
	});

	test.each([undefined, 3_000])('a dispute over a surplus payment is lost (%p)', async (amount) => {
		const { invoice, surplus } = await paidTwice(1);
		const [payment] = surplus as [Payment];
		const { dispute_id } = world.dodo.openDispute(payment.payment_id, { amount });
		const lost = world.dodo.moveDispute(dispute_id, 'lost');
		for (const step of order) {
			if (step === 'payment') expect(await world.settle(payment)).toMatchObject({ outcome: 'overpaid' });
			else expect(await world.record(lost)).toMatchObject({ outcome: 'ignored' });
			expectPaidByBankAlone(invoice);
		}
	});

	test.each([0, 1])('of two surplus payments number %i goes back', async (which) => {
		const { invoice, surplus } = await paidTwice(2);
		const refund = await world.refund(surplus[which] as Payment);
		for (const step of order) {
			if (step === 'payment')
				for (const payment of surplus) expect(await world.settle(payment)).toMatchObject({ outcome: 'overpaid' });
			else expect(await world.mirror(refund)).toMatchObject({ outcome: 'overpayment_returned' });
			expectPaidByBankAlone(invoice);
		}
	});
});

test('the note of the first surplus payment stays until it went back, then the second one has room', async () => {
	const { invoice, surplus } = await paidTwice(2);
	const [first, second] = surplus as [Payment, Payment];
	for (const payment of surplus) await world.settle(payment);
	expect(world.lago.metadataOf(invoice.lago_id, 'dodo_payment_id')).toBe(first.payment_id);
	await world.mirror(await world.refund(first));
	expect(world.stateOf(invoice)).toMatch(/^v1;returned;/);
	await world.settle(second);
	expect(world.lago.metadataOf(invoice.lago_id, 'dodo_payment_id')).toBe(second.payment_id);
	expect(world.stateOf(invoice)).toMatch(/^v1;overpaid;/);
	expectPaidByBankAlone(invoice);
});

test('the payment that is booked has its refund and its lost dispute, told before it as well', async () => {
	for (const back of ['refund', 'dispute'] as const) {
		const invoice = world.issue();
		const intent = await world.link(invoice);
		await world.save(intent);
		const payment = world.dodo.payCheckout(String(intent.checkoutSessionId));
		if (back === 'refund')
			expect(await world.mirror(await world.refund(payment, 4_000))).toMatchObject({
				outcome: 'credited',
				refundAmount: 4_000,
			});
		else {
			const { dispute_id } = world.dodo.openDispute(payment.payment_id);
			expect(await world.record(world.dodo.moveDispute(dispute_id, 'lost'))).toMatchObject({ outcome: 'dispute_lost' });
		}
		expect(await world.settle(payment)).toMatchObject({ outcome: 'already_settled' });
		expect(world.lago.state.invoices.get(invoice.lago_id)).toMatchObject({ total_paid_amount_cents: DUE });
		expect(world.notesOf(invoice)).toHaveLength(back === 'refund' ? 1 : 0);
	}
});
