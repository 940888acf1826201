import type { IDataObject } from 'n8n-workflow';
import type { Dispute, Payment } from '../../sandbox/dodo/state';
import type { Invoice } from '../../sandbox/lago/documents';
import { world } from '../support/oneWorld';
import { World } from '../support/world';
import { callerOf, type Caller } from './helpers';
import { API_KEY } from '../support/executeContext';

/** Money that had come and was taken back, and every way out of it: what Access says lifts it is done, and Lago takes it. */
let call: Caller;
beforeAll(() => {
	call = callerOf(world.lago.url, API_KEY);
});
beforeEach(() => {
	world.lago.premium = true;
});

const DUE = 10_000;
const nowOf = (invoice: Invoice): Invoice => world.lago.state.invoices.get(invoice.lago_id) as Invoice;
const put = async (invoice: Invoice, payment_status: string) =>
	await call('PUT', `/api/v1/invoices/${invoice.lago_id}`, { invoice: { payment_status } });
const byBank = async (invoice: Invoice) =>
	await call('POST', '/api/v1/payments', {
		payment: { invoice_id: invoice.lago_id, amount_cents: DUE, reference: 'bank 77' },
	});

async function paid(): Promise<{ invoice: Invoice; payment: Payment }> {
	const invoice = world.issue({ metadata: { po: '4711' } });
	const payment = await payLink(invoice);
	expect(await world.settle(payment)).toMatchObject({ outcome: 'settled' });
	return { invoice, payment };
}

/** What a click on the pay link leads to. */
async function click(invoice: Invoice): Promise<IDataObject> {
	return await world.save(await world.link(invoice));
}

async function payLink(invoice: Invoice): Promise<Payment> {
	return structuredClone(world.dodo.payCheckout(String((await click(invoice)).checkoutSessionId)));
}

const lose = ({ payment_id }: Payment, amount?: number): Dispute =>
	world.dodo.moveDispute(world.dodo.openDispute(payment_id, { amount }).dispute_id, 'lost');

/** What Access says is owed on it, and what lifts that; null when nothing restricts. */
async function owed({ customer }: Invoice): Promise<{ amount: number; clears: string } | null> {
	const answer = await world.onLago('access', 'getCustomer', {
		customer: customer.external_id,
		restrictImmediately: true,
	});
	const { reasons, state } = answer.customer as { state: string; reasons: IDataObject[] };
	if (state === 'active') return null;
	return { amount: Number(reasons[0]?.amount_cents), clears: String(reasons[0]?.clears_when) };
}

describe.each([true, false])('with a licence: %p', (premium) => {
	beforeEach(() => {
		world.lago.premium = premium;
	});

	describe('a payment was reversed', () => {
		async function reversed(): Promise<{ invoice: Invoice; payment: Payment }> {
			const made = await paid();
			await put(made.invoice, 'failed');
			expect(await owed(made.invoice)).toMatchObject({
				amount: DUE,
				clears: expect.stringContaining('EUR 100.00 is paid'),
			});
			return made;
		}

		test('it is paid again by its link, once, and told again it stays so', async () => {
			const { invoice, payment } = await reversed();
			expect((await byBank(invoice)).status).toBe(premium ? 422 : 403);
			const again = await payLink(invoice);
			expect(again.payment_id).not.toBe(payment.payment_id);
			expect(await world.settle(again)).toMatchObject({ outcome: 'settled', bookedAs: 'status' });
			for (const one of [payment, again, payment])
				expect(await world.settle(one)).toMatchObject({ outcome: 'already_settled' });
			expect(await owed(invoice)).toBeNull();
			expect(nowOf(invoice)).toMatchObject({ payment_status: 'succeeded', total_paid_amount_cents: premium ? DUE : 0 });
			expect(await world.link(invoice)).toMatchObject({ outcome: 'skipped', reason: 'already_paid' });
			expect(world.lago.metadataOf(invoice.lago_id, 'po')).toBe('4711');
		});

		test('the status is set by hand', async () => {
			const { invoice } = await reversed();
			expect((await put(invoice, 'succeeded')).status).toBe(200);
			expect(await owed(invoice)).toBeNull();
		});

		test('news of the payment that had paid it settles nothing', async () => {
			const { invoice, payment } = await reversed();
			expect(await world.settle(payment)).toMatchObject({ outcome: 'already_settled' });
			await click(invoice);
			expect(await world.settle(payment)).toMatchObject({ outcome: 'already_settled' });
			expect(await owed(invoice)).toMatchObject({ amount: DUE });
		});

		test('what was paid again can be refunded and disputed like any other', async () => {
			const { invoice } = await reversed();
			const again = await payLink(invoice);
			await world.settle(again);
			const mirrored = await world.mirror(await world.refund(again, 2_000));
			expect(mirrored).toMatchObject({ outcome: premium ? 'credited' : 'needs_premium' });
			expect(await world.record(lose(again, 3_000))).toMatchObject({ outcome: 'dispute_lost' });
			expect(await owed(invoice)).toMatchObject({ amount: 3_000 });
		});
	});

	describe('a dispute was lost', () => {
		async function disputed(amount?: number): Promise<{ invoice: Invoice; payment: Payment; dispute: Dispute }> {
			const made = await paid();
			const dispute = lose(made.payment, amount);
			expect(await world.record(dispute)).toMatchObject({ outcome: 'dispute_lost' });
			expect(await world.record(dispute)).toMatchObject({ outcome: 'already_recorded' });
			expect(await owed(made.invoice)).toMatchObject({
				amount: amount ?? DUE,
				clears: expect.stringMatching(
					/paid again .* by its link, its dispute is won after all, or the invoice is voided/,
				),
			});
			return { ...made, dispute };
		}

		test.each([undefined, 3_000])('over %p: it is paid again by its link', async (amount) => {
			const { invoice, payment, dispute } = await disputed(amount);
			if (premium) expect((await byBank(invoice)).status).toBe(422);
			const again = await payLink(invoice);
			expect(again.total_amount).toBe(amount ?? DUE);
			expect(await world.settle(again)).toMatchObject({ outcome: 'settled', bookedAs: 'status' });
			expect(await owed(invoice)).toBeNull();
			for (const one of [payment, again]) expect(await world.settle(one)).toMatchObject({ outcome: 'already_settled' });
			expect(await world.record(dispute)).toMatchObject({ outcome: 'already_recorded' });
			expect(await owed(invoice)).toBeNull();
			// Won after all: the customer has paid it twice.
			expect(await world.record(world.dodo.moveDispute(dispute.dispute_id, 'won'))).toMatchObject({
				outcome: 'dispute_won',
				nextStep: expect.stringContaining(amount === undefined ? 'EUR 100.00' : 'EUR 30.00'),
			});
			expect(await owed(invoice)).toBeNull();
		});

		test.each([undefined, 3_000])('over %p: it is won after all', async (amount) => {
			const { invoice, dispute } = await disputed(amount);
			expect(await world.record(world.dodo.moveDispute(dispute.dispute_id, 'won'))).toMatchObject({
				outcome: 'dispute_won',
			});
			expect(await owed(invoice)).toBeNull();
			expect(await world.record({ ...dispute, dispute_status: 'dispute_lost' })).toMatchObject({
				outcome: 'already_recorded',
			});
			expect(await owed(invoice)).toBeNull();
		});

		test('the invoice is voided', async () => {
			const { invoice } = await disputed();
			expect((await call('POST', `/api/v1/invoices/${invoice.lago_id}/void`)).status).toBe(200);
			expect(await owed(invoice)).toBeNull();
		});

		test('several, of which one is won', async () => {
			const { invoice, payment, dispute } = await disputed(3_000);
			expect(await world.record(lose(payment, 2_000))).toMatchObject({ outcome: 'dispute_lost' });
			expect(await owed(invoice)).toMatchObject({ amount: 5_000 });
			await world.record(world.dodo.moveDispute(dispute.dispute_id, 'won'));
			expect(await owed(invoice)).toMatchObject({ amount: 2_000 });
		});

		test('over the rest after a refund, by RDR', async () => {
			const { invoice, payment } = await paid();
			await world.mirror(await world.refund(payment, 6_000));
			const { dispute_id } = world.dodo.openDispute(payment.payment_id);
			expect(await world.record(world.dodo.moveDispute(dispute_id, 'lost', { rdr: true }))).toMatchObject({
				outcome: 'dispute_lost',
				message: expect.stringContaining('EUR 40.00 of it are owed again'),
			});
			expect(await owed(invoice)).toMatchObject({ amount: 4_000 });
		});
	});
});

test('a payment was reversed after a refund of a part: only the rest is owed, and paid again', async () => {
	const { invoice, payment } = await paid();
	await world.mirror(await world.refund(payment, 6_000));
	await put(invoice, 'failed');
	expect(await owed(invoice)).toMatchObject({ amount: 4_000 });
	const again = await payLink(invoice);
	expect(again.total_amount).toBe(4_000);
	expect(await world.settle(again)).toMatchObject({ outcome: 'settled' });
	expect(await owed(invoice)).toBeNull();
});

test('a mandate is not charged again for what a dispute took, but for what was reversed it is', async () => {
	const { customer, mandate } = await world.customerWithMandate();
	for (const how of ['reversed', 'disputed'] as const) {
		const invoice = world.issue({ customer: { external_id: customer } });
		const first = await world.charge(invoice);
		await world.save(first);
		const payment = await world.ended(world.dodo.state.payments, first.paymentId);
		await world.settle(payment);
		if (how === 'disputed') await world.record(lose(payment));
		else await put(invoice, 'failed');
		const again = await world.charge(invoice);
		if (how === 'disputed') {
			expect(again).toMatchObject({ outcome: 'needs_link', reason: 'dispute_lost' });
			continue;
		}
		expect(again).toMatchObject({ outcome: 'charging', amount: DUE, attempt: 2, subscriptionId: mandate });
		await world.save(again);
		const second = await world.ended(world.dodo.state.payments, again.paymentId);
		expect(await world.settle(second)).toMatchObject({ outcome: 'settled' });
		expect(await world.charge(invoice)).toMatchObject({ outcome: 'skipped', reason: 'already_paid' });
	}
});

describe('a pay link always leads to a page where one can pay', () => {
	const DECLINED = '4000000000009995';

	test.each(['failed', 'cancelled'] as const)(
		'after a payment has %s: one new checkout, whatever is clicked at once',
		async (status) => {
			const invoice = world.issue();
			const first = await click(invoice);
			const sessionId = String(first.checkoutSessionId);
			const payment = world.dodo.payCheckout(sessionId, { card: DECLINED });
			Object.assign(payment, { status });
			await world.settle(structuredClone(payment));
			// Whether it would take another card nobody knows.
			Object.assign(world.dodo.state.checkouts.get(sessionId) ?? {}, { consumed: true });
			const before = world.dodo.state.checkouts.size;
			const clicks = await Promise.all([1, 2, 3].map(async () => await click(invoice)));
			clicks.push(await click(invoice));
			expect(new Set(clicks.map(({ checkoutSessionId }) => checkoutSessionId)).size).toBe(1);
			expect(world.dodo.state.checkouts.size - before).toBe(1);
			const paidNow = world.dodo.payCheckout(String(clicks[0]?.checkoutSessionId));
			expect(await world.settle(paidNow)).toMatchObject({ outcome: 'settled' });
		},
	);

	test('two n8n at once: both visitors are led to the one checkout that is recorded', async () => {
		let Other = World;
		jest.isolateModules(() => {
			Other = (jest.requireActual('../support/world') as { World: typeof World }).World;
		});
		const other = Other.over(world);
		const invoice = world.issue();
		const payment = world.dodo.payCheckout(String((await click(invoice)).checkoutSessionId), { card: DECLINED });
		await world.settle(structuredClone(payment));
		const made = [await world.link(invoice), await other.link(invoice)];
		expect(new Set(made.map(({ checkoutSessionId }) => checkoutSessionId)).size).toBe(2);
		const saved = [await world.save(made[0] as IDataObject), await other.save(made[1] as IDataObject)];
		const recorded = world.lago.metadataOf(invoice.lago_id, 'dodo_payment_id');
		expect(saved).toMatchObject([{ saved: true }, { outcome: 'existing', saved: false }]);
		for (const { checkoutUrl } of saved) expect(checkoutUrl).toBe(`${world.dodo.url}/session/${recorded}`);
	});

	test('one that nobody has paid by is handed out again, also after another try has failed', async () => {
		const invoice = world.issue();
		const first = await click(invoice);
		world.lago.setMetadata(invoice.lago_id, { dodo_state: world.stateOf(invoice).replace('open', 'failed') });
		expect(await click(invoice)).toMatchObject({ outcome: 'existing', checkoutSessionId: first.checkoutSessionId });
	});
});

describe('a licence comes and goes', () => {
	test('each payment is tried as a payment, and those that were booked by status meanwhile are repaired by the next one', async () => {
		const all: Array<{ invoice: Invoice; payment: Payment }> = [];
		for (const premium of [true, false, false, true]) {
			world.lago.premium = premium;
			const invoice = world.issue();
			const payment = await payLink(invoice);
			expect(await world.settle(payment)).toMatchObject({
				outcome: 'settled',
				bookedAs: premium ? 'payment' : 'status',
			});
			all.push({ invoice, payment });
		}
		for (const { invoice, payment } of all) {
			expect(nowOf(invoice)).toMatchObject({ payment_status: 'succeeded', total_paid_amount_cents: DUE });
			const references = [...world.lago.state.payments.values()]
				.filter(({ lago_payable_id }) => lago_payable_id === invoice.lago_id)
				.map(({ reference }) => reference);
			expect(references).toEqual([payment.payment_id]);
		}
	});

	test('its own event, or a refund, repairs it as well', async () => {
		for (const by of ['event', 'refund'] as const) {
			world.lago.premium = false;
			const { invoice, payment } = await paid();
			expect(await world.settle(payment)).toMatchObject({ outcome: 'already_settled' });
			expect(nowOf(invoice).total_paid_amount_cents).toBe(0);
			world.lago.premium = true;
			if (by === 'event')
				expect(await world.settle(payment)).toMatchObject({ outcome: 'already_settled', bookedAs: 'payment' });
			else
				expect(await world.mirror(await world.refund(payment, 4_000))).toMatchObject({
					outcome: 'credited',
					refundAmount: 4_000,
				});
			expect(nowOf(invoice).total_paid_amount_cents).toBe(DUE);
			expect(await world.settle(payment)).toMatchObject({ outcome: 'already_settled' });
		}
	});

	test('two payments of one invoice without licence: what was refunded of each adds up', async () => {
		world.lago.premium = false;
		const { invoice, payment } = await paid();
		await world.mirror(await world.refund(payment, 6_000));
		await put(invoice, 'failed');
		const again = await payLink(invoice);
		await world.settle(again);
		expect(await world.mirror(await world.refund(again, 5_000))).toMatchObject({
			outcome: 'needs_premium',
			refundedInAll: 11_000,
		});
		expect(world.stateOf(invoice)).toContain(';r=11000');
	});
});
