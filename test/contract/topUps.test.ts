import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import type { Payment } from '../../sandbox/dodo/state';
import type { Wallet, WalletTransaction } from '../../sandbox/lago/state';
import { API_KEY } from '../support/executeContext';
import { PAY_PAGE, World } from '../support/world';
import { callerOf } from './helpers';

// More calls than Dodo takes in a minute.
jest.mock('../../nodes/DodoPayments/transport/rateLimit', () => ({ takeTurn: async () => await Promise.resolve() }));

/** Credits that count only when they are paid: Lago shows their invoice to nobody before, and no native screen asks for the money. */
let world: World;
beforeEach(async () => {
	world = await World.start();
});
afterEach(async () => {
	await world.stop();
});

interface Bought {
	customer: string;
	wallet: Wallet;
	transaction: WalletTransaction;
}

/** Somebody buys credits. */
async function bought(customer: string, credits = '10', more: IDataObject = {}): Promise<Bought> {
	const call = callerOf(world.lago.url, API_KEY);
	const wallet = { name: 'Prepaid', rate_amount: '1.0', currency: 'EUR', paid_credits: credits, ...more };
	const { status, body } = await call('POST', '/api/v1/wallets', {
		wallet: { external_customer_id: customer, invoice_requires_successful_payment: true, ...wallet },
	});
	expect(status).toBe(200);
	// Its invoice is made by a job.
	await new Promise((resolve) => setImmediate(resolve));
	return {
		customer,
		wallet: world.lago.state.wallets.get(body.wallet.lago_id) as Wallet,
		transaction: [...world.lago.state.walletTransactions.values()].at(-1) as WalletTransaction,
	};
}

async function newCustomer(): Promise<string> {
	const customer = `c-${randomUUID()}`;
	world.issue({ customer: { external_id: customer }, paymentStatus: 'succeeded' });
	return await Promise.resolve(customer);
}

const read = async ({ transaction }: Bought): Promise<IDataObject> =>
	await world.onLago('topUp', 'get', { topUp: transaction.lago_id });
const charge = async (item: IDataObject): Promise<IDataObject> =>
	await world.onDodo('mandate', 'charge', { invoice: '={{ $json }}', tryAgain: false }, item);
const linkFor = async (item: IDataObject): Promise<IDataObject> =>
	await world.onLago('topUp', 'createPayLink', { topUpItem: '={{ $json }}', payLinkAddress: PAY_PAGE }, item);
const toCollect = async (): Promise<unknown[]> => {
	const row = await world.onLago('topUp', 'getAll', { showTopUps: 'toCollect', returnAll: true });
	return row === undefined ? [] : [(row.topUp as IDataObject).id];
};
/** What a click on a link does. */
async function click({ payLink }: IDataObject): Promise<IDataObject> {
	const link = new URL(String(payLink)).searchParams.get('t');
	const opened = await world.onLago('invoice', 'openPayLink', { link });
	if (opened.outcome !== 'payable') return opened;
	const fields = { source: 'invoice', invoice: '={{ $json }}', taxMode: 'inclusive', productSource: 'automatic' };
	const made = await world.onDodo('payment', 'createIntent', fields, opened);
	return made.saveToInvoice === undefined ? made : await world.save(made);
}
/** The lane that begins with the event of Lago or with the list of what is to be collected. */
async function ask(top: Bought): Promise<IDataObject> {
	const item = await read(top);
	if (item.outcome !== 'payable') return item;
	const charged = await charge(item);
	return await linkFor(charged.saveToInvoice === undefined ? charged : await world.save(charged));
}
const payBy = ({ checkoutSessionId }: IDataObject): Payment => world.dodo.payCheckout(String(checkoutSessionId));
const chargesOf = ({ transaction }: Bought): Payment[] =>
	[...world.dodo.state.payments.values()].filter(
		({ metadata }) => metadata.lago_wallet_transaction_id === transaction.lago_id,
	);
const recordOf = ({ wallet, transaction }: Bought): string | null | undefined =>
	wallet.metadata[`dodo_top_up_${transaction.lago_id}`];
const bookedOn = ({ transaction }: Bought): string[] =>
	[...world.lago.state.payments.values()]
		.filter(({ lago_payable_id }) => lago_payable_id === transaction.lago_invoice_id)
		.map(({ reference }) => String(reference));

/** The next try is due. */
async function later<T>(days: number, work: () => Promise<T>): Promise<T> {
	const now = Date.now.bind(Date);
	const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() + days * 86_400_000);
	return await work().finally(() => clock.mockRestore());
}

describe('asked for', () => {
	test('by mandate, at once; its success books it, Lago shows it as paid and grants the credits once', async () => {
		const { customer } = await world.customerWithMandate();
		const top = await bought(customer);
		expect(await read(top)).toMatchObject({
			outcome: 'payable',
			invoiceId: top.transaction.lago_invoice_id,
			topUp: { id: top.transaction.lago_id, walletId: top.wallet.lago_id },
			invoice: { total_due_amount_cents: 1_000, currency: 'EUR', customer: { external_id: customer } },
		});
		const asked = await ask(top);
		expect(asked).toMatchObject({ outcome: 'charging', amount: 1_000, saved: true });
		expect(recordOf(top)).toMatch(/^pay_\S+ v1;charging;a=1;m=1000/);
		const payment = await world.ended(world.dodo.state.payments, asked.paymentId);
		expect(await world.settle(payment)).toMatchObject({ outcome: 'settled', bookedAs: 'payment' });
		expect(world.lago.state.invoices.get(String(asked.invoiceId))).toMatchObject({
			status: 'finalized',
			payment_status: 'succeeded',
		});
		expect([top.wallet.credits, top.transaction.status, bookedOn(top)]).toEqual([10, 'settled', [payment.payment_id]]);
		// The wallet has room for the next ones.
		expect(recordOf(top)).toBeUndefined();
		expect(await world.settle(payment)).toMatchObject({ outcome: 'already_settled' });
		expect(await ask(top)).toMatchObject({ outcome: 'skipped', reason: 'already_paid' });
		expect([top.wallet.credits, chargesOf(top).length]).toEqual([10, 1]);
	});

	test('by a link of its own, the same each time; its page leads to one checkout', async () => {
		const top = await bought(await newCustomer());
		const asked = await ask(top);
		expect(asked).toMatchObject({ outcome: 'created', amount: 1_000, savedOnWallet: true });
		expect(asked.payLink).toMatch(/^https:\/\/n8n\.example\/pay\?t=[\w-]{38}$/);
		expect(String(asked.payLink)).not.toContain(top.transaction.lago_id);
		expect((await ask(top)).payLink).toBe(asked.payLink);
		const [first, second] = [await click(asked), await click(asked)];
		expect(second.checkoutSessionId).toBe(first.checkoutSessionId);
		const payment = payBy(first);
		// Its news is still on its way, and a session is paid once.
		expect((await click(asked)).checkoutSessionId).toBe(first.checkoutSessionId);
		expect(await world.settle(payment)).toMatchObject({ outcome: 'settled' });
		expect([top.wallet.credits, bookedOn(top)]).toEqual([10, [payment.payment_id]]);
		expect(await click(asked)).toMatchObject({ outcome: 'paid', statusCode: 200 });
	});

	test('what was paid is found at Dodo when nothing of it is written', async () => {
		const top = await bought(await newCustomer());
		const asked = await ask(top);
		payBy(await click(asked));
		top.wallet.metadata = {};
		expect(await click(asked)).toMatchObject({ outcome: 'held', reason: 'paid_at_dodo' });
	});

	test('paid by two links: the second is an overpayment and goes back', async () => {
		const top = await bought(await newCustomer());
		const asked = await ask(top);
		const first = await click(asked);
		top.wallet.metadata = {};
		// Another process.
		const other = await world.onDodo(
			'payment',
			'createIntent',
			{ source: 'invoice', invoice: '={{ $json }}', taxMode: 'exclusive', productSource: 'automatic' },
			await read(top),
		);
		expect(other.checkoutSessionId).not.toBe(first.checkoutSessionId);
		expect(await world.settle(payBy(first))).toMatchObject({ outcome: 'settled' });
		const surplus = payBy(other);
		expect(await world.settle(surplus)).toMatchObject({ outcome: 'overpaid', reason: 'paid_twice' });
		expect(await world.mirror(await world.refund(surplus))).toMatchObject({ outcome: 'overpayment_returned' });
		expect([top.wallet.credits, bookedOn(top).length]).toEqual([10, 1]);
	});

	test('several deliveries at once charge once', async () => {
		const { customer } = await world.customerWithMandate();
		const top = await bought(customer);
		const all = await Promise.all([ask(top), ask(top), ask(top)]);
		expect(all.map(({ outcome }) => outcome)).toContain('charging');
		expect(chargesOf(top)).toHaveLength(1);
		const payment = await world.ended(world.dodo.state.payments, chargesOf(top)[0]?.payment_id);
		await Promise.all([world.settle(payment), world.settle(payment), world.settle(payment)]);
		expect([top.wallet.credits, bookedOn(top).length]).toEqual([10, 1]);
	});

	test('a crash between charge and record charges once', async () => {
		const { customer } = await world.customerWithMandate();
		const top = await bought(customer);
		const lost = await charge(await read(top));
		const again = await ask(top);
		expect(chargesOf(top).map(({ payment_id }) => payment_id)).toEqual([lost.paymentId]);
		expect(again.paymentId ?? again.message).toEqual(expect.stringContaining(String(lost.paymentId)));
		await world.settle(await world.ended(world.dodo.state.payments, lost.paymentId));
		expect(top.wallet.credits).toBe(10);
	});

	test('the invoice comes a moment after the event', async () => {
		const top = await bought(await newCustomer());
		const { lago_invoice_id } = top.transaction;
		top.transaction.lago_invoice_id = null;
		await expect(read(top)).rejects.toThrow('Lago has not made the invoice');
		top.transaction.lago_invoice_id = lago_invoice_id;
		expect(await read(top)).toMatchObject({ outcome: 'payable', invoiceId: lago_invoice_id });
	});

	test.each([
		['granted credits', { granted_credits: '5', paid_credits: '0' }],
		['credits that are not paid first', { invoice_requires_successful_payment: false }],
	])('%s: nobody is asked here', async (_what, more) => {
		const top = await bought(await newCustomer(), '10', more);
		expect(await ask(top)).toMatchObject({ outcome: 'skipped', reason: 'own_invoice' });
		expect(await toCollect()).toEqual([]);
	});

	test.each([
		['EUR', '100.0', '0.01', 100],
		['EUR', '3.333', '1.0', 333],
		['JPY', '500', '1.0', 500],
		['USD', '12.345', '1.0', 1235],
	])('%s: %s credits at %s are %i minor units', async (currency, credits, rate, total) => {
		const top = await bought(await newCustomer(), credits, { currency, rate_amount: rate });
		const invoice = world.lago.state.invoices.get(String(top.transaction.lago_invoice_id));
		expect(invoice?.total_amount_cents).toBe(total);
		expect(await read(top)).toMatchObject({ invoice: { total_due_amount_cents: total } });
	});
});

describe('afterwards', () => {
	const FAILS = { code: 'INSUFFICIENT_FUNDS' };

	/** Its first charge has failed. */
	async function failedOnce(code = FAILS.code): Promise<{ top: Bought; mandate: string; told: IDataObject }> {
		const { customer, mandate } = await world.customerWithMandate();
		const top = await bought(customer);
		world.dodo.planCharge(mandate, { code });
		const { paymentId } = await ask(top);
		const told = await world.settle(await world.ended(world.dodo.state.payments, paymentId));
		return { top, mandate, told };
	}

	test('a failure plans the next try, which the list finds when it is due', async () => {
		const { top, mandate, told } = await failedOnce();
		expect(told).toMatchObject({ outcome: 'retry_planned', failedTries: 1, topUp: { id: top.transaction.lago_id } });
		expect(recordOf(top)).toMatch(/^pay_\S+ v1;failed;a=1;.*n=\d+/);
		expect(await linkFor(told)).toEqual(told);
		expect(await toCollect()).toEqual([]);
		expect(await ask(top)).toMatchObject({ outcome: 'skipped', reason: 'retry_planned' });
		Object.assign(world.dodo.state.subscriptions.get(mandate) ?? {}, { status: 'active', dues: null });
		const paid = await later(2, async () => {
			expect(await toCollect()).toEqual([top.transaction.lago_id]);
			const again = await ask(top);
			expect(again).toMatchObject({ outcome: 'charging', attempt: 2 });
			return await world.settle(await world.ended(world.dodo.state.payments, again.paymentId));
		});
		expect(paid).toMatchObject({ outcome: 'settled' });
		expect([top.wallet.credits, chargesOf(top).length, recordOf(top)]).toEqual([10, 2, undefined]);
	});

	test('a mandate that is on hold when the next try is due asks by link, once', async () => {
		const { top } = await failedOnce();
		await later(2, async () => {
			expect(await ask(top)).toMatchObject({ outcome: 'created' });
			expect(await toCollect()).toEqual([]);
		});
	});

	test('a hard decline leaves it to the customer: a link', async () => {
		const { top, told } = await failedOnce('STOLEN_CARD');
		expect(told.outcome).toBe('hard_decline');
		const link = await linkFor(told);
		expect(link).toMatchObject({ outcome: 'created', customerEmail: expect.any(String) });
		expect(await world.settle(payBy(await click(link)))).toMatchObject({ outcome: 'settled' });
		expect(top.wallet.credits).toBe(10);
	});

	test('a busy mandate is tried again in 15 minutes', async () => {
		const top = await bought(await newCustomer());
		const { topUp, invoiceId } = await read(top);
		const busy = { outcome: 'mandate_busy', invoiceId, topUp } as IDataObject;
		const fields = { failure: '={{ $json }}', schedule: '1d', timeOfDay: '09:00' };
		expect(await world.onLago('invoice', 'planRetry', fields, busy)).toMatchObject({ outcome: 'retry_planned' });
		expect(recordOf(top)).toMatch(/^- v1;waiting;a=1;n=\d+/);
		await later(1, async () => expect(await toCollect()).toEqual([top.transaction.lago_id]));
	});

	test('refunded, in part and in full: credit notes take the credits away', async () => {
		const top = await bought(await newCustomer());
		const payment = payBy(await click(await ask(top)));
		await world.settle(payment);
		expect(await world.mirror(await world.refund(payment, 400))).toMatchObject({ outcome: 'credited' });
		expect(top.wallet.credits).toBe(6);
		expect(await world.mirror(await world.refund(payment, 600))).toMatchObject({ outcome: 'credited' });
		expect(top.wallet.credits).toBe(0);
	});

	test('a refund that is told before its payment books both', async () => {
		const top = await bought(await newCustomer());
		const payment = payBy(await click(await ask(top)));
		expect(await world.mirror(await world.refund(payment))).toMatchObject({ outcome: 'credited' });
		expect([top.wallet.credits, bookedOn(top)]).toEqual([0, [payment.payment_id]]);
	});

	test('a lost dispute marks its invoice', async () => {
		const top = await bought(await newCustomer());
		const payment = payBy(await click(await ask(top)));
		await world.settle(payment);
		const dispute = world.dodo.openDispute(payment.payment_id);
		expect(await world.record(world.dodo.moveDispute(dispute.dispute_id, 'lost'))).toMatchObject({
			outcome: 'dispute_lost',
		});
		expect(
			world.lago.state.invoices.get(String(top.transaction.lago_invoice_id))?.payment_dispute_lost_at,
		).not.toBeNull();
	});

	test.each([
		['terminated', (top: Bought) => Object.assign(top.wallet, { status: 'terminated' })],
		['expired', (top: Bought) => Object.assign(top.wallet, { expiration_at: '2020-01-01T00:00:00Z' })],
	])('a wallet that is %s meanwhile: nobody pays any more, and what was paid goes back', async (_how, end) => {
		const top = await bought(await newCustomer());
		const asked = await ask(top);
		const checkout = await click(asked);
		end(top);
		expect(await ask(top)).toMatchObject({ outcome: 'skipped', reason: 'not_finalized' });
		expect(await click(asked)).toMatchObject({ outcome: 'voided', statusCode: 410 });
		const payment = payBy(checkout);
		expect(await world.settle(payment)).toMatchObject({ outcome: 'overpaid', reason: 'invoice_voided' });
		expect(bookedOn(top)).toEqual([]);
		expect(await world.mirror(await world.refund(payment))).toMatchObject({ outcome: 'overpayment_returned' });
	});

	test('whoever types the ids into a payment settles nothing', async () => {
		const [top, other] = [await bought(await newCustomer()), await bought(await newCustomer())];
		const payment = payBy(await click(await ask(top)));
		const typed = (change: object) => ({ ...payment, metadata: { ...payment.metadata, ...change } });
		expect(await world.settle(typed({ lago_wallet_transaction_id: '../x' }))).toMatchObject({
			reason: 'unknown_invoice',
		});
		expect(
			await world.settle(typed({ lago_wallet_transaction_id: other.transaction.lago_id, lago_proof: 'x' })),
		).toMatchObject({ reason: 'unknown_invoice' });
		expect(
			await world.settle(
				typed({
					lago_wallet_transaction_id: other.transaction.lago_id,
					lago_invoice_id: other.transaction.lago_invoice_id,
				}),
			),
		).toMatchObject({ reason: 'unknown_origin' });
		expect([bookedOn(top), bookedOn(other)]).toEqual([[], []]);
	});
});

describe('Lago without a licence', () => {
	test('a new top-up has an invoice that is collected as any other', async () => {
		world.lago.premium = false;
		const top = await bought(await newCustomer());
		expect(await ask(top)).toMatchObject({ outcome: 'skipped', reason: 'own_invoice' });
	});

	test('one of before is held and not collected; what was paid waits for a person', async () => {
		const { customer } = await world.customerWithMandate();
		const top = await bought(customer);
		const paid = await world.ended(world.dodo.state.payments, (await charge(await read(top))).paymentId);
		const other = await bought(customer);
		const link = await linkFor({ ...(await read(other)), outcome: 'needs_link' });
		world.lago.premium = false;
		expect(await world.settle(paid)).toMatchObject({ outcome: 'held', reason: 'top_up_needs_premium' });
		expect(await ask(other)).toMatchObject({ outcome: 'held', reason: 'top_up_needs_premium' });
		expect(await click(link)).toMatchObject({ outcome: 'not_payable', statusCode: 409 });
		expect(chargesOf(other)).toEqual([]);
		world.lago.premium = true;
		expect(await world.settle(paid)).toMatchObject({ outcome: 'settled' });
	});
});
