import fc from 'fast-check';
import type { Dispute, Payment, Refund } from '../../sandbox/dodo/state';
import type { Invoice } from '../../sandbox/lago/documents';
import { world } from '../support/oneWorld';
import { runs } from '../support/runs';
import { dyingAfter } from '../support/world';
import { issue, now } from './debts';

/** What goes back of a payment of several invoices is shared out over them, to the cent, in whatever order it is told. */
async function paid(invoices: Invoice[]): Promise<Payment> {
	const made = await world.linkAll(await world.allDue(String(invoices[0]?.customer.external_id)));
	return structuredClone(world.dodo.payCheckout(String(made.checkoutSessionId)));
}
const creditedOn = (invoice: Invoice): number =>
	world.notesOf(invoice).reduce((sum, { refund_amount_cents }) => sum + refund_amount_cents, 0);
const credited = (invoices: Invoice[]): number[] => invoices.map(creditedOn);
const bookedOn = ({ lago_id }: Invoice, payment: Payment): number =>
	[...world.lago.state.payments.values()]
		.filter((one) => one.lago_payable_id === lago_id && one.reference === payment.payment_id)
		.reduce((sum, one) => sum + one.amount_cents, 0);
const sum = (amounts: number[]): number => amounts.reduce((all, one) => all + one, 0);
/** What lost disputes took, as an invoice says it. */
const lostOn = (invoice: Invoice): number =>
	sum([...world.stateOf(invoice).matchAll(/[0-9a-z]{5}\+(\d+)/g)].map(([, amount]) => Number(amount)));

beforeEach(() => {
	world.lago.premium = true;
});

const AMOUNTS = [1_000, 2_000, 3_000];

test.each<[string, number[], number[]]>([
	['in full', [6_000], [1_000, 2_000, 3_000]],
	['in part: the youngest due first', [500], [0, 0, 500]],
	['in several parts', [2_999, 2, 2_000], [2, 1_999, 3_000].map((one, place) => [1, 2_000, 3_000][place] ?? one)],
	['in parts that come to all of it', [1, 5_998, 1], [1_000, 2_000, 3_000]],
])('a refund made at Dodo Payments, %s', async (_case, amounts, wanted) => {
	for (const order of ['payment first', 'refunds first', 'refunds backwards, twice']) {
		const invoices = issue(AMOUNTS);
		const payment = await paid(invoices);
		const refunds: Refund[] = [];
		for (const amount of amounts) refunds.push(await world.refund(payment, amount));
		if (order === 'payment first') await world.settleAll(payment);
		const told = order === 'refunds backwards, twice' ? [...refunds].reverse().flatMap((one) => [one, one]) : refunds;
		for (const refund of told) await world.mirrorAll(refund);
		await world.settleAll(payment);
		expect(credited(invoices)).toEqual(wanted);
		expect(invoices.map((one) => bookedOn(one, payment))).toEqual(AMOUNTS);
	}
});

test('without a licence what went back is kept on each invoice', async () => {
	world.lago.premium = false;
	const invoices = issue(AMOUNTS);
	const payment = await paid(invoices);
	await world.settleAll(payment);
	for (const refund of [await world.refund(payment, 2_500), await world.refund(payment, 1_500)])
		for (let told = 0; told < 2; told++) await world.mirrorAll(refund);
	expect(invoices.map((one) => /;r=(\d+)/.exec(world.stateOf(one))?.[1])).toEqual([undefined, '1000', '3000']);
});

test.each<[string, 'one' | 'all']>([
	['a payment of one invoice', 'one'],
	['a payment of several', 'all'],
])("without a licence it is what a credit note would be over, without Dodo's tax on top: %s", async (_case, by) => {
	const written: number[][] = [];
	for (const premium of [true, false]) {
		world.lago.premium = premium;
		const invoices = issue(by === 'one' ? [6_000] : AMOUNTS);
		const [{ lago_id }] = invoices as [Invoice];
		const due =
			by === 'one' ? await world.read({ lago_id }) : await world.allDue(String(invoices[0]?.customer.external_id));
		const fields = { source: 'invoice', invoice: '={{ $json }}', taxMode: 'exclusive', productSource: 'automatic' };
		const made = await world.onDodo('payment', 'createIntent', fields, due);
		await world.save(made);
		const payment = structuredClone(world.dodo.payCheckout(String(made.checkoutSessionId)));
		expect(payment.total_amount - Number(payment.tax)).toBe(6_000);
		await world.settleAll(payment);
		for (const share of [0.5, 0.25])
			for (let refund = await world.refund(payment, payment.total_amount * share), told = 0; told < 2; told++)
				await world.mirrorAll(refund);
		const noted = ({ lago_id: id }: Invoice): number =>
			Number(/;r=(\d+)/.exec(world.stateOf({ lago_id: id } as Invoice))?.[1] ?? 0);
		written.push(invoices.map((one) => (premium ? creditedOn(one) : noted(one))));
	}
	expect(written).toEqual(
		by === 'one'
			? [[4_500], [4_500]]
			: [
					[0, 1_500, 3_000],
					[0, 1_500, 3_000],
				],
	);
});

test('a credit note of one invoice goes back from the one payment, and by nobody else again', async () => {
	const invoices = issue(AMOUNTS);
	const [, second] = invoices as [Invoice, Invoice, Invoice];
	const payment = await paid(invoices);
	await world.settleAll(payment);
	const note = world.lago.createCreditNoteInUi(second.lago_id, {
		reason: 'other',
		refund_amount_cents: 1_200,
		credit_amount_cents: 0,
		items: [{ fee_id: second.fees[0]?.lago_id, amount_cents: 1_200 }],
	} as never);
	const read = await world.onLago('creditNote', 'get', { creditNote: note.lago_id });
	const fields = { source: 'creditNote', creditNote: '={{ $json }}' };
	const made = await world.onDodo('refund', 'create', fields, read);
	expect(made).toMatchObject({ outcome: expect.stringMatching(/^refund/), paymentId: payment.payment_id });
	const back = await world.ended(world.dodo.state.refunds, made.refundId);
	expect(back.amount).toBe(1_200);
	expect(await world.mirrorAll(back)).toMatchObject([{ outcome: 'refund_confirmed' }]);
	expect(credited(invoices)).toEqual([0, 1_200, 0]);
	// The rest is refunded at Dodo: what is left of each.
	await world.mirrorAll(await world.refund(payment));
	expect(credited(invoices)).toEqual(AMOUNTS);
});

test.each<[string, number | undefined, number[]]>([
	['all of it', undefined, [1_000, 2_000, 3_000]],
	['a part', 3_500, [0, 500, 3_000]],
])('a dispute is lost over %s, told before its payment and after, and won after all', async (_case, amount, lost) => {
	for (const first of ['payment', 'dispute']) {
		const invoices = issue(AMOUNTS);
		const payment = await paid(invoices);
		if (first === 'payment') await world.settleAll(payment);
		const { dispute_id } = world.dodo.openDispute(payment.payment_id, { amount });
		const ended = structuredClone(world.dodo.moveDispute(dispute_id, 'lost'));
		for (let told = 0; told < 2; told++) {
			const items = await world.recordAll(ended);
			expect(items.map(({ outcome }) => outcome)).toEqual(
				lost.filter(Boolean).map(() => (told === 0 ? 'dispute_lost' : 'already_recorded')),
			);
		}
		await world.settleAll(payment);
		expect(invoices.map(lostOn)).toEqual(lost);
		expect(invoices.map((one) => now(one).payment_dispute_lost_at !== null)).toEqual(lost.map(Boolean));
		const won = { ...ended, dispute_status: 'dispute_won' } as Dispute;
		await world.recordAll(won);
		expect(invoices.map(lostOn)).toEqual([0, 0, 0]);
	}
});

test.each(Array.from({ length: 14 }, (_, place) => place + 1))(
	'killed after %i calls, and told again: the books are as if it had not been',
	async (calls) => {
		const invoices = issue(AMOUNTS);
		const payment = await paid(invoices);
		await world.settleAll(payment, { gate: dyingAfter(calls) }).catch(() => {});
		await world.settleAll(payment);
		expect(invoices.map((one) => bookedOn(one, payment))).toEqual(AMOUNTS);
		const refund = await world.refund(payment, 5_500);
		await world.mirrorAll(refund, { gate: dyingAfter(calls) }).catch(() => {});
		await world.mirrorAll(refund);
		expect(credited(invoices)).toEqual([500, 2_000, 3_000]);
		const { dispute_id } = world.dodo.openDispute(payment.payment_id, { amount: 400 });
		const ended = world.dodo.moveDispute(dispute_id, 'lost');
		await world.recordAll(ended, { gate: dyingAfter(calls) }).catch(() => {});
		await world.recordAll(ended);
		expect(invoices.map(lostOn)).toEqual([400, 0, 0]);
	},
);

const step = fc.oneof(
	fc.record({ kind: fc.constant('bank' as const), place: fc.nat(3), share: fc.integer({ min: 1, max: 100 }) }),
	fc.record({ kind: fc.constant('void' as const), place: fc.nat(3), share: fc.constant(0) }),
	fc.record({ kind: fc.constant('settle' as const), place: fc.constant(0), share: fc.constant(0) }),
	fc.record({ kind: fc.constant('refund' as const), place: fc.nat(9), share: fc.integer({ min: 1, max: 60 }) }),
	fc.record({ kind: fc.constant('mirror' as const), place: fc.nat(9), share: fc.constant(0) }),
	fc.record({ kind: fc.constant('surplus' as const), place: fc.nat(3), share: fc.constant(0) }),
);

test('whatever happens in whatever order: what is booked and credited is what was received and given back', async () => {
	const amounts = fc.array(fc.integer({ min: 60, max: 5_000 }), { minLength: 1, maxLength: 4 });
	const steps = fc.array(step, { maxLength: 12 });
	await fc.assert(
		fc.asyncProperty(amounts, steps, async (due, story) => {
			const invoices = issue(due);
			const payment = await paid(invoices);
			const refunds: Refund[] = [];
			const live = (): Payment => world.dodo.state.payments.get(payment.payment_id) as Payment;
			const left = (): number => payment.total_amount - sum(refunds.map(({ amount }) => Number(amount)));
			const told = async (): Promise<void> => {
				for (const refund of refunds) await world.mirrorAll(refund);
			};
			for (const { kind, place, share } of story) {
				const invoice = now(invoices[place % invoices.length] as Invoice);
				const owed = invoice.total_amount_cents - invoice.total_paid_amount_cents;
				const isOpen = invoice.status === 'finalized' && owed > 0 && invoice.payment_status !== 'succeeded';
				if (kind === 'bank' && isOpen)
					world.lago.payManually(invoice.lago_id, Math.max(1, Math.floor((owed * share) / 100)), 'bank');
				if (kind === 'void' && isOpen) world.lago.voidInvoice(invoice.lago_id);
				if (kind === 'settle') await world.settleAll(structuredClone(live()));
				if (kind === 'refund' && left() > 0)
					refunds.push(await world.refund(live(), Math.min(left(), Math.ceil((payment.total_amount * share) / 100))));
				if (kind === 'mirror' && refunds.length > 0) await world.mirrorAll(refunds[place % refunds.length] as Refund);
				if (kind === 'surplus')
					for (const item of await world.settleAll(structuredClone(live()))) {
						if (item.outcome !== 'overpaid' || Number(item.surplus) > left()) continue;
						const fields = { source: 'overpayment', overpayment: '={{ $json }}' };
						const made = await world.onDodo('refund', 'create', fields, item);
						const back = await world.ended(world.dodo.state.refunds, made.refundId);
						if (!refunds.some(({ refund_id }) => refund_id === back.refund_id)) refunds.push(back);
					}
			}
			await world.settleAll(structuredClone(live()));
			await told();
			await told();
			const booked = sum(invoices.map((one) => bookedOn(one, payment)));
			const back = sum(refunds.map(({ amount }) => Number(amount)));
			const surplus = payment.total_amount - booked;
			expect(sum(credited(invoices))).toBe(Math.max(0, back - surplus));
			for (const invoice of invoices) expect(creditedOn(invoice)).toBeLessThanOrEqual(bookedOn(invoice, payment));
		}),
		{ numRuns: runs(25, 400) },
	);
}, 240_000);
