import { balances } from '../../sandbox/page/balance';
import { books } from '../../sandbox/page/books';
import { actions } from '../../sandbox/page/actions';
import { closing } from '../../sandbox/page/closing';
import { filling } from '../../sandbox/page/filling';
import { reminding } from '../../sandbox/page/reminding';
import type { Invoice } from '../../sandbox/lago/documents';
import { Lanes } from '../support/lanes';
import { World } from '../support/world';

/** What the heads of both ledgers say, and the verdict between them. */
let world: World;
let lanes: Lanes;
beforeEach(async () => {
	world = await World.start();
	lanes = await Lanes.start(world);
});
afterEach(async () => {
	await lanes.stop();
	await world.stop();
});

const quiet = async (): Promise<void> => {
	for (let round = 0; round < 3; round++) {
		await world.lago.idle();
		await world.dodo.idle();
	}
};
async function issued(): Promise<{ invoice: Invoice; checkout: string }> {
	const invoice = world.lago.issueInvoice({ fees: [{ amountCents: 10_000, taxRate: 20 }] });
	await quiet();
	return { invoice, checkout: [...world.dodo.state.checkouts.keys()].at(-1) as string };
}
const none = { received: 0, returned: 0 };

test('an invoice from issued to refunded: the same on both sides at every rest', async () => {
	expect(balances(world)).toEqual([]);
	const { checkout } = await issued();
	const even = { currency: 'EUR', owed: 12_000, asked: 12_000, lago: none, dodo: none, differences: [] };
	expect(balances(world)).toEqual([even]);
	const { payment_id } = world.dodo.payCheckout(checkout);
	const received = { received: 12_000, returned: 0 };
	// Paid, and the webhook is on its way.
	expect(balances(world)).toMatchObject([{ asked: 0, dodo: received, differences: [{ lago: 0, dodo: 12_000 }] }]);
	await quiet();
	expect(balances(world)).toEqual([{ ...even, owed: 0, asked: 0, lago: received, dodo: received }]);
	await world.ended(world.dodo.state.refunds, world.dodo.refundPayment(payment_id, { amount: 3_000 }).refund_id);
	await quiet();
	const returned = { received: 12_000, returned: 3_000 };
	expect(balances(world)).toEqual([{ ...even, owed: 0, asked: 0, lago: returned, dodo: returned }]);
});

test('a free Lago says it by its status alone, and that is no difference', async () => {
	world.lago.premium = false;
	const { checkout } = await issued();
	world.dodo.payCheckout(checkout);
	await quiet();
	const received = { received: 12_000, returned: 0 };
	expect(balances(world)).toMatchObject([{ owed: 0, lago: received, dodo: received, differences: [] }]);
});

test('what was paid by hand, voided, or in another currency', async () => {
	const { invoice } = await issued();
	world.lago.payManually(invoice.lago_id, 12_000, 'by hand');
	const voided = world.lago.issueInvoice({ currency: 'JPY', fees: [{ amountCents: 500, taxRate: 0 }] });
	world.lago.voidInvoice(voided.lago_id);
	await quiet();
	expect(balances(world)).toMatchObject([
		{ currency: 'EUR', owed: 0, lago: none, dodo: none, differences: [] },
		{ currency: 'JPY', owed: 0, lago: none, dodo: none, differences: [] },
	]);
});

test.each([true, false])('invoices that are paid together are compared together (licence: %p)', async (premium) => {
	world.lago.premium = premium;
	const customer = { external_id: 'together' };
	const [first, second] = [10_000, 5_000].map((amountCents) =>
		world.lago.issueInvoice({ customer, fees: [{ amountCents }], emit: false }),
	) as [Invoice, Invoice];
	const { checkoutSessionId } = await world.linkAll(await world.allDue('together'));
	expect(balances(world)).toMatchObject([{ owed: 15_000, asked: 15_000, differences: [] }]);
	const { payment_id } = world.dodo.payCheckout(String(checkoutSessionId));
	const number = `${first.number} + ${second.number}`;
	expect(balances(world)).toMatchObject([{ differences: [{ number, lago: 0, dodo: 15_000 }] }]);
	await quiet();
	const received = { received: 15_000, returned: 0 };
	expect(balances(world)).toMatchObject([{ owed: 0, asked: 0, lago: received, dodo: received, differences: [] }]);
	await world.ended(world.dodo.state.refunds, world.dodo.refundPayment(payment_id, { amount: 6_000 }).refund_id);
	await quiet();
	const returned = { received: 15_000, returned: 6_000 };
	expect(balances(world)).toMatchObject([{ lago: returned, dodo: returned, differences: [] }]);
	expect(books({ ...world, n8nUrl: lanes.url })).toMatchObject({
		payments: [
			{
				invoice: second.number,
				customer: 'together',
				shares: [
					{ invoice: first.number, amount: 10_000 },
					{ invoice: second.number, amount: 5_000 },
				],
			},
		],
		refunds: [{ invoice: second.number, customer: 'together' }],
	});
});

test('the month of it adds up, and what is not booked yet says so', async () => {
	expect(closing(world, Date.now())).toEqual({ accounts: [], differences: [] });
	const { checkout } = await issued();
	world.dodo.payCheckout(checkout);
	const [account] = closing(world, Date.now()).accounts;
	expect(account).toMatchObject({ currency: 'EUR', addsUp: true, paidOut: 0 });
	expect(closing(world, Date.now()).differences).toMatchObject([
		{ movement: 'payment', difference: 12_000, why: expect.stringContaining('Lago has not booked it') },
	]);
	await quiet();
	const booked = closing(world, Date.now());
	expect(booked.differences).toEqual([]);
	expect(booked.accounts[0]?.lago[0]).toEqual(['Lago: payments', 12_000]);
	expect(booked.accounts[0]?.grew).toBe(booked.accounts[0]?.total);
});

test('whom a reminder would reach: who is overdue, and nobody who has paid', async () => {
	const { invoice } = await issued();
	expect(reminding(world, Date.now())).toEqual([]);
	world.lago.passDays(15);
	const { external_id } = invoice.customer;
	expect(reminding(world, Date.now())).toMatchObject([
		{ customer: external_id, subject: 'Overdue: €120.00', invoices: [invoice.number] },
	]);
	world.lago.payManually(invoice.lago_id, 12_000);
	expect(reminding(world, Date.now())).toEqual([]);
});

test('what a back-fill would do: what was there before, and nothing that was asked for', async () => {
	expect(filling(world.lago, Date.now()).rows).toEqual([]);
	await issued();
	expect(filling(world.lago, Date.now()).rows).toEqual([]);
	await actions.issue?.({ isOld: true, count: 3, amount: 1_000 }, world as never);
	expect(filling(world.lago, Date.now())).toMatchObject({
		rows: [{ What: expect.stringContaining('link'), Currency: 'EUR', Invoices: 3, Amount: '36.00' }],
		message: expect.stringContaining('3 over EUR 36.00'),
	});
});
