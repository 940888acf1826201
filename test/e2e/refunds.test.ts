import type { DisputeStatus } from '../../sandbox/dodo/ledger/disputes';
import type { Payment } from '../../sandbox/dodo/state';
import type { NewInvoice } from '../../sandbox/lago/ledger';
import type { CreditNote, Invoice } from '../../sandbox/lago/documents';
import { madeFor } from '../support/madeFor';
import { startSync, waitFor, type Sync } from '../support/sync';
import { publishOperations, type Call } from './operations';

let sync: Sync;
let operate: Call;

beforeAll(async () => {
	sync = await startSync({ registration: 'manual' });
	operate = await publishOperations(sync, {
		credit: [
			{
				node: 'lago',
				parameters: {
					resource: 'creditNote',
					operation: 'create',
					refund: '={{ $json.body.refund }}',
					payment: '={{ $json.body.payment }}',
					reason: 'other',
				},
			},
		],
	});
}, 900_000);

afterAll(async () => {
	await sync?.stop();
});

beforeEach(async () => {
	await sync.quiet();
	sync.reset();
});

/** Issues an invoice and has it paid by its link. */
const paid = async (input: NewInvoice = {}): Promise<{ invoice: Invoice; payment: Payment }> => {
	const invoice = await sync.issue(input);
	const payment = await sync.pay(invoice);
	expect(invoice.payment_status).toBe('succeeded');
	return { invoice, payment };
};
/** Gives money back in Dodo's dashboard. */
const refund = async (payment: Payment, amount?: number) => {
	const made = sync.dodo.refundPayment(payment.payment_id, { amount });
	await sync.quiet();
	return made;
};
const refundsOf = (payment: Payment) =>
	[...sync.dodo.state.refunds.values()].filter(({ payment_id }) => payment_id === payment.payment_id);
const refundCalls = (): number =>
	sync.dodo.calls.filter(({ method, path }) => method === 'POST' && path === '/refunds').length;
const noteCalls = (): number =>
	sync.lago.calls.filter(({ method, path }) => method === 'POST' && path.endsWith('/credit_notes')).length;
const deliveriesOf = (event: string) =>
	[...sync.dodo.deliveries, ...sync.lago.deliveries].filter((one) => one.event === event);
const sum = (notes: CreditNote[]): number => notes.reduce((total, note) => total + note.refund_amount_cents, 0);
/** A credit note made in Lago's screen, which gives back money; items before coupons and tax. */
const noteInLago = async (
	invoice: Invoice,
	refundAmount: number,
	items: Array<{ fee: number; amount: number }>,
): Promise<CreditNote> => {
	const note = sync.lago.createCreditNoteInUi(invoice.lago_id, {
		refund_amount_cents: refundAmount,
		items: items.map(({ fee, amount }) => ({ fee_id: invoice.fees[fee]?.lago_id ?? '', amount_cents: amount })),
	});
	await sync.quiet();
	return note;
};

describe('Dodo to Lago: one credit note for each refund', () => {
	const cases: Array<{ name: string; input: NewInvoice; parts: number[] }> = [
		{ name: 'in full', input: {}, parts: [10_000] },
		{ name: 'three parts', input: {}, parts: [3_333, 3_333, 3_334] },
		{ name: 'tax of 20 %, in full', input: { fees: [{ amountCents: 12_995, taxRate: 20 }] }, parts: [15_594] },
		{
			name: 'tax of 20 %, three parts',
			input: { fees: [{ amountCents: 12_995, taxRate: 20 }] },
			parts: [5_000, 4_999, 5_595],
		},
		{
			name: 'a coupon and tax, two parts',
			input: { fees: [{ amountCents: 10_000, taxRate: 19, couponsCents: 1_111 }] },
			parts: [4_321, 6_257],
		},
		{
			name: 'several fees with different taxes, three parts',
			input: {
				fees: [
					{ name: 'Pro', amountCents: 4_900, taxRate: 20 },
					{ name: 'Seats', amountCents: 333, taxRate: 7 },
					{ name: 'Setup', amountCents: 1 },
				],
			},
			parts: [1_000, 5_000, 237],
		},
		{ name: 'yen', input: { currency: 'JPY', fees: [{ amountCents: 5_001, taxRate: 10 }] }, parts: [2_500, 3_001] },
		{ name: 'won', input: { currency: 'KRW', fees: [{ amountCents: 12_345, taxRate: 5 }] }, parts: [12_345, 617] },
	];
	test.each(cases)('$name', async ({ input, parts }) => {
		const { invoice, payment } = await paid(input);
		expect(payment.total_amount).toBe(parts.reduce((total, part) => total + part, 0));
		const made: string[] = [];
		for (const part of parts) {
			const { refund_id } = await refund(payment, parts.length === 1 ? undefined : part);
			made.push(refund_id);
			const notes = sync.notesOf(invoice);
			expect(notes).toHaveLength(made.length);
			const [item] = (await sync.n8n.lastRunOf('Make the Credit Note')).items('Make the Credit Note');
			expect(item).toMatchObject({
				outcome: 'credited',
				refundId: refund_id,
				difference: 0,
			});
			expect(notes.at(-1)).toMatchObject({
				refund_amount_cents: part,
				credit_amount_cents: 0,
				offset_amount_cents: 0,
				refund_status: 'succeeded',
				metadata: { dodo_refund_id: refund_id, dodo_payment_id: payment.payment_id },
			});
		}
		// Everything is given back on both sides, and the note did not lead to a second refund.
		expect(sum(sync.notesOf(invoice))).toBe(payment.total_amount);
		expect(refundsOf(payment).map(({ refund_id, status }) => [refund_id, status])).toEqual(
			made.map((id) => [id, 'succeeded']),
		);
		expect(refundCalls()).toBe(0);
		expect(deliveriesOf('refund.succeeded').map(({ status }) => status)).toEqual(parts.map(() => 200));
		expect(deliveriesOf('credit_note.created').map(({ status }) => status)).toEqual(parts.map(() => 200));
		expect(invoice).toMatchObject({ payment_status: 'succeeded', total_paid_amount_cents: payment.total_amount });
	});

	test('the event twice, both at once, and again later: one note', async () => {
		const { invoice, payment } = await paid();
		sync.dodo.knobs.copies = 3;
		await refund(payment, 4_000);
		await waitFor(() => deliveriesOf('refund.succeeded').some(({ status }) => status === 200));
		sync.dodo.knobs.copies = 1;
		sync.dodo.redeliver(deliveriesOf('refund.succeeded')[0]?.id ?? '');
		// Under another id, as after a restart or by hand: only the books can tell.
		const body = JSON.stringify({
			business_id: 'x',
			type: 'refund.succeeded',
			timestamp: new Date().toISOString(),
			data: { payload_type: 'Refund', ...refundsOf(payment)[0] },
		});
		const answers = await Promise.all([
			sync.postDodo(body),
			sync.postDodo(body),
			sync.postDodo(body.replace('refund.succeeded', 'payment.refunded')),
		]);
		await sync.quiet();
		expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
		expect(sync.notesOf(invoice)).toHaveLength(1);
		expect(noteCalls()).toBe(1);
		expect(refundsOf(payment)).toHaveLength(1);
	});

	test('a note whose answer is lost is found again, not made twice', async () => {
		const { invoice, payment } = await paid();
		sync.lago.faults.add({ method: 'POST', path: /credit_notes$/, kind: 'reset', after: true });
		await refund(payment, 2_500);
		await waitFor(() => deliveriesOf('refund.succeeded').some(({ status }) => status === 200));
		expect(sync.notesOf(invoice)).toHaveLength(1);
		expect(sync.notesOf(invoice)[0]?.refund_status).toBe('succeeded');
		expect(noteCalls()).toBe(1);
	});

	test('of two notes that two workers made in the same moment the later one is reported, and no money moves', async () => {
		const { invoice, payment } = await paid();
		const { refund_id } = await refund(payment, 3_000);
		const [first] = sync.notesOf(invoice);
		const second = sync.lago.createCreditNoteInUi(invoice.lago_id, {
			refund_amount_cents: 3_000,
			items: [{ fee_id: invoice.fees[0]?.lago_id ?? '', amount_cents: 3_000 }],
			metadata: { dodo_refund_id: refund_id, dodo_payment_id: payment.payment_id },
		});
		await sync.quiet();
		const run = await sync.n8n.lastRunOf('Note the Refund');
		expect(run.items('Note the Refund')).toMatchObject([
			{ outcome: 'held', reason: 'duplicate_credit_note', creditNoteId: second.lago_id, nextStep: expect.any(String) },
		]);
		expect(run.nodes).toContain('Tell Me: Lago');
		expect([first?.refund_status, second.refund_status]).toEqual(['succeeded', 'failed']);
		expect(refundsOf(payment)).toHaveLength(1);
		expect(refundCalls()).toBe(0);
	});

	test('more than was booked is held', async () => {
		const { invoice, payment } = await paid();
		// Half of it was given back in Lago by other means: nothing of it is known to Dodo.
		const note = sync.lago.createCreditNoteInUi(invoice.lago_id, {
			refund_amount_cents: 6_000,
			items: [{ fee_id: invoice.fees[0]?.lago_id ?? '', amount_cents: 6_000 }],
			metadata: { dodo_refund_id: 'by hand' },
		});
		note.refund_status = 'succeeded';
		await sync.quiet();
		await refund(payment);
		const run = await sync.n8n.lastRunOf('Make the Credit Note');
		expect(run.items('Make the Credit Note')).toMatchObject([
			{ outcome: 'held', reason: 'refund_exceeds_booked', nextStep: expect.any(String) },
		]);
		expect(run.nodes).toContain('Tell Me');
		expect(sync.notesOf(invoice)).toHaveLength(1);
	});

	test('a payment that has nothing to do with Lago, and one of an invoice that Lago does not have, are left alone or held', async () => {
		const foreign = sync.dodo.createPayment({ status: 'succeeded', total_amount: 900, metadata: {} });
		const unknown = sync.dodo.createPayment({
			status: 'succeeded',
			total_amount: 900,
			checkout_session_id: 'cks_x',
			metadata: { lago_invoice_id: crypto.randomUUID() },
		});
		await sync.quiet();
		await refund(foreign);
		expect((await sync.n8n.lastRunOf('Make the Credit Note')).items('Make the Credit Note')).toMatchObject([
			{ outcome: 'ignored' },
		]);
		await refund(unknown);
		expect((await sync.n8n.lastRunOf('Make the Credit Note')).items('Make the Credit Note')).toMatchObject([
			{ outcome: 'held', reason: 'unknown_invoice' },
		]);
		expect(deliveriesOf('refund.succeeded').map(({ status }) => status)).toEqual([200, 200]);
		expect(noteCalls()).toBe(0);
	});

	test('a top-up whose credits are spent cannot be credited: held', async () => {
		const { invoice, payment } = await paid({ type: 'credit', customer: { external_id: 'cust_wallet' } });
		const [wallet] = [...sync.lago.state.wallets.values()].filter(
			({ customer }) => customer.external_id === 'cust_wallet',
		);
		expect(wallet?.credits).toBe(100);
		if (wallet) wallet.credits = 40;
		await refund(payment, 6_000);
		const run = await sync.n8n.lastRunOf('Make the Credit Note');
		expect(run.items('Make the Credit Note')).toMatchObject([
			{ outcome: 'held', reason: 'lago_refused', nextStep: expect.any(String) },
		]);
		expect(run.nodes).toContain('Tell Me');
		expect(deliveriesOf('refund.succeeded')).toMatchObject([{ status: 200 }]);
		expect(sync.notesOf(invoice)).toHaveLength(0);
		expect(wallet?.credits).toBe(40);
		// What is still there can be given back.
		await refund(payment, 4_000);
		expect(sync.notesOf(invoice)).toMatchObject([{ refund_amount_cents: 4_000, refund_status: 'succeeded' }]);
		expect(wallet?.credits).toBe(0);
	});
});

describe('Lago to Dodo: one refund for each credit note', () => {
	test('in full: the whole payment goes back, and the outcome is written to the note', async () => {
		const { invoice, payment } = await paid();
		const note = await noteInLago(invoice, 10_000, [{ fee: 0, amount: 10_000 }]);
		const [made, ...more] = refundsOf(payment);
		expect(more).toHaveLength(0);
		expect(made).toMatchObject({
			amount: 10_000,
			is_partial: false,
			status: 'succeeded',
			metadata: { lago_credit_note_id: note.lago_id },
			reason: expect.stringContaining(note.lago_id),
		});
		expect(note).toMatchObject({
			refund_status: 'succeeded',
			metadata: { dodo_refund_id: made?.refund_id, dodo_payment_id: payment.payment_id },
		});
		expect(sync.notesOf(invoice)).toEqual([note]);
		expect(noteCalls()).toBe(0);
		expect(deliveriesOf('credit_note.created')).toMatchObject([{ status: 200 }]);
		expect(deliveriesOf('refund.succeeded')).toMatchObject([{ status: 200 }]);
	});

	test('parts, with tax: each by the line items of the payment, each confirmed', async () => {
		const { invoice, payment } = await paid({ fees: [{ amountCents: 10_000, taxRate: 20 }] });
		const first = await noteInLago(invoice, 6_000, [{ fee: 0, amount: 5_000 }]);
		const second = await noteInLago(invoice, 1_200, [{ fee: 0, amount: 1_000 }]);
		expect(refundsOf(payment)).toMatchObject([
			{ amount: 6_000, is_partial: true, status: 'succeeded', metadata: { lago_credit_note_id: first.lago_id } },
			{ amount: 1_200, is_partial: true, status: 'succeeded', metadata: { lago_credit_note_id: second.lago_id } },
		]);
		const bodies = sync.dodo.calls
			.filter(({ method, path }) => method === 'POST' && path === '/refunds')
			.map(({ body }) => body as { items?: unknown });
		expect(bodies.map(({ items }) => items)).toMatchObject([[{ amount: 6_000 }], [{ amount: 1_200 }]]);
		expect([first, second].map(({ refund_status }) => refund_status)).toEqual(['succeeded', 'succeeded']);
		expect(sync.notesOf(invoice)).toHaveLength(2);
	});

	test('two notes at the same time: Dodo takes one refund after the other, and both go back', async () => {
		const { invoice, payment } = await paid();
		const item = { fee_id: invoice.fees[0]?.lago_id ?? '' };
		const notes = [2_000, 3_000].map((amount) =>
			sync.lago.createCreditNoteInUi(invoice.lago_id, {
				refund_amount_cents: amount,
				items: [{ ...item, amount_cents: amount }],
			}),
		);
		await waitFor(() => notes.every(({ refund_status }) => refund_status === 'succeeded'));
		await sync.quiet();
		expect(
			refundsOf(payment)
				.map(({ amount, status }) => [amount, status])
				.sort(),
		).toEqual([
			[2_000, 'succeeded'],
			[3_000, 'succeeded'],
		]);
		expect(sync.notesOf(invoice)).toHaveLength(2);
	});

	test('the event again, both at once, and a lost answer: one refund', async () => {
		const { invoice, payment } = await paid();
		sync.lago.knobs.copies = 2;
		sync.dodo.faults.add({ method: 'POST', path: /refunds$/, kind: 'reset', after: true });
		const note = await noteInLago(invoice, 2_500, [{ fee: 0, amount: 2_500 }]);
		await waitFor(() => note.refund_status === 'succeeded');
		sync.lago.knobs.copies = 1;
		// Told twice, not copied: the bytes differ.
		const told = (updated_at: string): string =>
			JSON.stringify({
				webhook_type: 'credit_note.created',
				object_type: 'credit_note',
				organization_id: 'x',
				credit_note: { lago_id: note.lago_id, updated_at },
			});
		const answers = await Promise.all(['first', 'second'].map(async (at) => await sync.postLago(told(at))));
		await sync.quiet();
		expect(answers.map(({ status }) => status)).toEqual([200, 200]);
		expect(refundsOf(payment)).toHaveLength(1);
		expect(refundCalls()).toBe(1);
		expect(sync.notesOf(invoice)).toHaveLength(1);
	});

	test('a refund that fails at Dodo is failed in Lago too, and told', async () => {
		const { invoice, payment } = await paid();
		// The bank decides over a disputed payment: a refund of it fails.
		sync.dodo.openDispute(payment.payment_id);
		const note = await noteInLago(invoice, 10_000, [{ fee: 0, amount: 10_000 }]);
		expect(refundsOf(payment)).toMatchObject([{ status: 'failed' }]);
		expect(note.refund_status).toBe('failed');
		const run = await sync.n8n.lastRunOf('Make the Credit Note');
		expect(run.items('Make the Credit Note')).toMatchObject([
			{ outcome: 'refund_failed', creditNoteId: note.lago_id, nextStep: expect.any(String) },
		]);
		expect(run.nodes).toContain('Tell Me');
		expect(sync.notesOf(invoice)).toHaveLength(1);
	});

	test('a refund that Dodo refuses is held, and the note is failed', async () => {
		const { invoice, payment } = await paid();
		payment.created_at = new Date(Date.now() - 31 * 86_400_000).toISOString();
		const note = await noteInLago(invoice, 10_000, [{ fee: 0, amount: 10_000 }]);
		const run = await sync.n8n.lastRunOf('Note the Refund');
		expect(run.items('Note the Refund')).toMatchObject([
			{ outcome: 'held', reason: 'refund_refused', message: expect.stringContaining('REFUND_WINDOW_EXPIRED') },
		]);
		expect(run.nodes).toContain('Tell Me: Lago');
		expect(note.refund_status).toBe('failed');
		expect(refundsOf(payment)).toHaveLength(0);
	});

	test('an invoice that was paid without Dodo has nothing to refund there: held', async () => {
		const invoice = sync.lago.issueInvoice({ emit: false });
		sync.lago.payManually(invoice.lago_id, 10_000);
		await sync.quiet();
		const note = await noteInLago(invoice, 5_000, [{ fee: 0, amount: 5_000 }]);
		expect((await sync.n8n.lastRunOf('Note the Refund')).items('Note the Refund')).toMatchObject([
			{ outcome: 'held', reason: 'no_dodo_payment', creditNoteId: note.lago_id },
		]);
		expect(deliveriesOf('credit_note.created')).toMatchObject([{ status: 200 }]);
		expect(refundCalls()).toBe(0);
	});

	test('a note that only grants credit moves no money', async () => {
		const { invoice } = await paid();
		sync.lago.createCreditNoteInUi(invoice.lago_id, {
			credit_amount_cents: 1_000,
			items: [{ fee_id: invoice.fees[0]?.lago_id ?? '', amount_cents: 1_000 }],
		});
		await sync.quiet();
		expect((await sync.n8n.lastRunOf('Note the Refund')).items('Note the Refund')).toMatchObject([
			{ outcome: 'skipped', reason: 'no_refund' },
		]);
		expect(refundCalls()).toBe(0);
	});
});

describe('disputes', () => {
	const move = async (
		dispute: { dispute_id: string },
		status: DisputeStatus,
		options?: { rdr?: boolean },
	): Promise<void> => {
		sync.dodo.moveDispute(dispute.dispute_id, status, options);
		await sync.quiet();
	};
	const losses = (): number => sync.lago.calls.filter(({ path }) => path.endsWith('/lose_dispute')).length;
	const lagoWrites = (): string[] =>
		sync.lago.calls.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);
	const outcome = async () => (await sync.n8n.lastRunOf('Record the Dispute')).items('Record the Dispute')[0];

	test.each<[DisputeStatus | 'opened', string]>([
		['opened', 'dispute_open'],
		['challenged', 'dispute_open'],
		['won', 'dispute_won'],
		['cancelled', 'dispute_won'],
	])('%s: told while it is open, nothing written', async (status, expected) => {
		const { invoice, payment } = await paid();
		sync.lago.reset();
		const dispute = sync.dodo.openDispute(payment.payment_id);
		await sync.quiet();
		if (status !== 'opened') await move(dispute, status);
		expect(await outcome()).toMatchObject({
			outcome: expected,
			disputeId: dispute.dispute_id,
			amount: 10_000,
			currency: 'EUR',
			invoiceId: invoice.lago_id,
		});
		// One that is won leaves nothing to do.
		const { nodes } = await sync.n8n.lastRunOf('Record the Dispute');
		expect(nodes.includes('Tell Me')).toBe(expected === 'dispute_open');
		expect(lagoWrites()).toEqual([]);
		expect(invoice.payment_dispute_lost_at).toBeNull();
	});

	test.each<[string, DisputeStatus, { rdr?: boolean }]>([
		['lost', 'lost', {}],
		['accepted', 'accepted', {}],
		['expired', 'expired', {}],
		['paid back at once by the card network (RDR)', 'lost', { rdr: true }],
	])('%s: the invoice is marked once, even when told twice', async (_case, status, options) => {
		const { invoice, payment } = await paid();
		sync.lago.reset();
		const dispute = sync.dodo.openDispute(payment.payment_id);
		await sync.quiet();
		sync.dodo.knobs.copies = 2;
		await move(dispute, status, options);
		await waitFor(() => deliveriesOf(`dispute.${status}`).some((one) => one.status === 200));
		expect(invoice.payment_dispute_lost_at).not.toBeNull();
		sync.dodo.knobs.copies = 1;
		sync.dodo.redeliver(deliveriesOf(`dispute.${status}`)[0]?.id ?? '');
		// The same news under another id.
		sync.dodo.moveDispute(dispute.dispute_id, status, options);
		await sync.quiet();
		expect(losses()).toBe(1);
		expect(await outcome()).toMatchObject({ outcome: 'already_recorded' });
		expect(lagoWrites()).toHaveLength(1);
		expect(refundCalls()).toBe(0);
		expect(sync.notesOf(invoice)).toHaveLength(0);
	});

	test('an answer that is lost does not mark it twice', async () => {
		const { invoice, payment } = await paid();
		const dispute = sync.dodo.openDispute(payment.payment_id);
		await sync.quiet();
		sync.lago.faults.add({ method: 'POST', path: /lose_dispute$/, kind: '500', after: true });
		await move(dispute, 'lost');
		await waitFor(() => deliveriesOf('dispute.lost').some(({ status }) => status === 200));
		expect(invoice.payment_dispute_lost_at).not.toBeNull();
		expect(losses()).toBe(1);
	});

	test('about a payment that is not for Lago: ignored, nobody is told', async () => {
		const foreign = sync.dodo.createPayment({ status: 'succeeded', total_amount: 900, metadata: {} });
		await sync.quiet();
		const dispute = sync.dodo.openDispute(foreign.payment_id);
		await move(dispute, 'lost');
		const run = await sync.n8n.lastRunOf('Record the Dispute');
		expect(run.items('Record the Dispute')).toMatchObject([{ outcome: 'ignored' }]);
		expect(run.nodes).not.toContain('Tell Me');
		expect(deliveriesOf('dispute.lost')).toMatchObject([{ status: 200 }]);
		expect(lagoWrites()).toEqual([]);
	});

	test('about a surplus payment that was never booked: nothing is marked', async () => {
		const { invoice } = await paid();
		const surplus = sync.dodo.createPayment({
			status: 'succeeded',
			total_amount: 10_000,
			checkout_session_id: 'cks_other',
			metadata: madeFor(sync.lago, invoice),
		});
		await sync.quiet();
		await move(sync.dodo.openDispute(surplus.payment_id), 'lost');
		expect(await outcome()).toMatchObject({ outcome: 'ignored', invoiceNumber: invoice.number });
		expect(invoice.payment_dispute_lost_at).toBeNull();
	});
});

describe('money that nobody owed', () => {
	test('an invoice that is voided and then paid is overpaid; sent back by hand, nothing is booked for it', async () => {
		const invoice = await sync.issue();
		sync.lago.voidInvoice(invoice.lago_id);
		const payment = await sync.pay(invoice);
		const run = await sync.n8n.lastRunOf('Book the Payment');
		expect(run.items('Tell Me')).toMatchObject([
			{
				outcome: 'overpaid',
				reason: 'invoice_voided',
				paymentId: payment.payment_id,
				amount: 10_000,
				invoiceNumber: invoice.number,
			},
		]);
		expect(refundCalls()).toBe(0);
		await refund(payment);
		expect((await sync.n8n.lastRunOf('Make the Credit Note')).items('Make the Credit Note')).toMatchObject([
			{ outcome: 'overpayment_returned' },
		]);
		expect(sync.notesOf(invoice)).toHaveLength(0);
	});

	test('an invoice that was settled by hand and is then paid by its link: likewise', async () => {
		const invoice = await sync.issue();
		sync.lago.payManually(invoice.lago_id, 10_000);
		const payment = await sync.pay(invoice);
		const run = await sync.n8n.lastRunOf('Book the Payment');
		expect(run.items('Tell Me')).toMatchObject([
			{ outcome: 'overpaid', reason: 'paid_twice', paymentId: payment.payment_id },
		]);
		await refund(payment);
		expect((await sync.n8n.lastRunOf('Make the Credit Note')).items('Make the Credit Note')).toMatchObject([
			{ outcome: 'overpayment_returned' },
		]);
		expect(sync.notesOf(invoice)).toHaveLength(0);
		expect(sync.bookedOn(invoice)).toMatchObject([{ reference: 'by hand' }]);
	});

	test('the refund of what WAS booked is not taken for the return of a surplus', async () => {
		const { invoice, payment } = await paid();
		const surplus = sync.dodo.createPayment({
			status: 'succeeded',
			total_amount: 10_000,
			checkout_session_id: 'cks_other',
			metadata: madeFor(sync.lago, invoice),
		});
		await sync.quiet();
		await refund(payment, 1_000);
		expect(sync.notesOf(invoice)).toMatchObject([{ refund_amount_cents: 1_000, refund_status: 'succeeded' }]);
		await refund(surplus);
		expect(sync.notesOf(invoice)).toHaveLength(1);
		expect((await sync.n8n.lastRunOf('Make the Credit Note')).items('Make the Credit Note')).toMatchObject([
			{ outcome: 'overpayment_returned' },
		]);
	});

	test('a top-up is collected and settled, and its credits are granted once', async () => {
		const { invoice, payment } = await paid({ type: 'credit', customer: { external_id: 'cust_topup' } });
		sync.dodo.movePayment(payment.payment_id, 'succeeded');
		await sync.quiet();
		const wallet = [...sync.lago.state.wallets.values()].find(({ customer }) => customer.external_id === 'cust_topup');
		expect(wallet?.credits).toBe(100);
		expect(sync.bookedOn(invoice)).toMatchObject([{ reference: payment.payment_id, amount_cents: 10_000 }]);
		expect(deliveriesOf('invoice.paid_credit_added')).toMatchObject([{ status: 200 }]);
	});
});

test('a refund item that is none comes out as held, whatever it is', async () => {
	for (const body of [{}, { data: 7 }, { event: 'refund.succeeded', data: { refund_id: 'ref_x' } }])
		expect(await operate('credit', { refund: body, payment: {} })).toMatchObject({
			outcome: 'held',
			reason: 'unreadable_refund',
		});
});

// Last: that a Lago has no licence is remembered for a while.
describe('free Lago', () => {
	test('the refund is recorded on the invoice, and a person is told', async () => {
		sync.lago.premium = false;
		const { invoice, payment } = await paid({ customer: { external_id: 'cust_free' } });
		await refund(payment, 3_000);
		const run = await sync.n8n.lastRunOf('Make the Credit Note');
		expect(run.items('Make the Credit Note')).toMatchObject([
			{ outcome: 'needs_premium', invoiceId: invoice.lago_id, nextStep: expect.any(String) },
		]);
		expect(run.nodes).toContain('Tell Me');
		expect(deliveriesOf('refund.succeeded')).toMatchObject([{ status: 200 }]);
		expect(sync.stateOf(invoice)).toMatch(/^v1;paid;.*;r=3000/);
		expect(sync.lago.metadataOf(invoice.lago_id, 'dodo_payment_id')).toBe(payment.payment_id);
		sync.dodo.redeliver(deliveriesOf('refund.succeeded')[0]?.id ?? '');
		await refund(payment, 2_000);
		expect(sync.stateOf(invoice)).toMatch(/^v1;paid;.*;r=5000/);
		expect(invoice.payment_status).toBe('succeeded');
		expect(sync.notesOf(invoice)).toHaveLength(0);
		expect(refundsOf(payment)).toHaveLength(2);
	});
});
