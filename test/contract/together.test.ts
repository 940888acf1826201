import { randomUUID } from 'node:crypto';
import type { Payment } from '../../sandbox/dodo/state';
import type { Invoice } from '../../sandbox/lago/state';
import { world } from '../support/oneWorld';

/** Everything that is due of a customer is paid in one payment: booked, refunded and disputed over its invoices. */
beforeEach(() => {
	world.lago.premium = true;
});

/** Invoices of one customer, the oldest due first. */
function issue(amounts: readonly number[]): Invoice[] {
	const external_id = `c-${randomUUID()}`;
	return amounts.map((amountCents, place) =>
		world.issue({ customer: { external_id }, fees: [{ amountCents }], dueInDays: place - amounts.length }),
	);
}
const now = ({ lago_id }: Invoice): Invoice => world.lago.state.invoices.get(lago_id) as Invoice;
const customerOf = ([first]: Invoice[]): string => String(first?.customer.external_id);
const bookedOn = ({ lago_id }: Invoice): Array<[unknown, number]> =>
	[...world.lago.state.payments.values()]
		.filter(({ lago_payable_id }) => lago_payable_id === lago_id)
		.map(({ reference, amount_cents }) => [reference, amount_cents]);

/** One checkout for all of them, saved. */
async function linked(invoices: Invoice[]): Promise<string> {
	return String((await world.linkAll(await world.allDue(customerOf(invoices)))).checkoutSessionId);
}
async function paid(invoices: Invoice[]): Promise<Payment> {
	return structuredClone(world.dodo.payCheckout(await linked(invoices)));
}

test('one checkout over all that is due, named on each invoice; asked again it is the same one', async () => {
	const invoices = issue([10_000, 2_500, 499]);
	const before = world.dodo.calls.length;
	const due = await world.allDue(customerOf(invoices));
	expect(due).toMatchObject({ outcome: 'payable', amount: 12_999, invoiceCount: 3 });
	const made = await world.linkAll(due);
	expect(made).toMatchObject({ outcome: 'created', amount: 12_999, saved: true });
	const created = world.dodo.calls.slice(before).filter(({ method }) => method === 'POST');
	expect(created.filter(({ path }) => path === '/checkouts')).toHaveLength(1);
	for (const invoice of invoices) {
		expect(world.stateOf(invoice)).toMatch(/;q=[0-9a-z]{5}\.12999;/);
		expect(world.lago.metadataOf(invoice.lago_id, 'dodo_payment_id')).toBe(made.checkoutSessionId);
		expect(world.stateOf(invoice).length).toBeLessThanOrEqual(140);
		expect(world.stateOf(invoice)).toContain(';l=');
	}
	const again = await world.linkAll(await world.allDue(customerOf(invoices)));
	expect(again).toMatchObject({ outcome: 'existing', checkoutSessionId: made.checkoutSessionId });
});

test.each([true, false])('its success books each invoice, once (licence: %p)', async (premium) => {
	world.lago.premium = premium;
	const amounts = [10_000, 2_500, 499];
	const invoices = issue(amounts);
	const payment = await paid(invoices);
	for (const outcome of ['settled', 'already_settled']) {
		expect(await world.settleAll(payment)).toEqual(invoices.map(() => expect.objectContaining({ outcome })));
		for (const [place, invoice] of invoices.entries()) {
			expect(now(invoice)).toMatchObject({ payment_status: 'succeeded' });
			expect(bookedOn(invoice)).toEqual(premium ? [[payment.payment_id, amounts[place]]] : []);
		}
	}
});

test('less than was asked for: the oldest due first', async () => {
	const invoices = issue([1_000, 2_000, 3_000]);
	const payment = { ...(await paid(invoices)), total_amount: 2_500 };
	for (let told = 0; told < 2; told++) {
		await world.settleAll(payment);
		expect(invoices.map((one) => now(one).total_paid_amount_cents)).toEqual([1_000, 1_500, 0]);
	}
});

test.each<[string, (invoice: Invoice) => void, number]>([
	['paid by bank', ({ lago_id }) => void world.lago.payManually(lago_id, 2_000, 'bank'), 2_000],
	['paid in part by bank', ({ lago_id }) => void world.lago.payManually(lago_id, 500, 'bank'), 500],
	['voided', ({ lago_id }) => void world.lago.voidInvoice(lago_id), 2_000],
])('an invoice that was %s meanwhile: exactly its part goes back, once', async (_case, happens, surplus) => {
	const invoices = issue([1_000, 2_000, 3_000]);
	const [, second] = invoices as [Invoice, Invoice, Invoice];
	const payment = await paid(invoices);
	happens(second);
	for (let told = 0; told < 2; told++) {
		const items = await world.settleAll(payment);
		const over = items.filter(({ outcome }) => outcome === 'overpaid');
		expect(over).toMatchObject([{ surplus, invoiceId: second.lago_id }]);
		const fields = { source: 'overpayment', overpayment: '={{ $json }}' };
		const back = await world.onDodo('refund', 'create', fields, over[0]);
		expect(back).toMatchObject({ paymentId: payment.payment_id, refundAmount: surplus });
		expect(await world.ended(world.dodo.state.refunds, back.refundId)).toMatchObject({ amount: surplus });
	}
	expect(
		[...world.dodo.state.refunds.values()].filter(({ payment_id }) => payment_id === payment.payment_id),
	).toHaveLength(1);
});
