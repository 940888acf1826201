import { balances } from '../../sandbox/page/balance';
import type { Invoice } from '../../sandbox/lago/state';
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
