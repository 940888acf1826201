import type { WorkflowJson } from '../../scripts/n8n/provision';
import { letAMinutePass, startSync, waitFor, withoutClock, type Sync } from '../support/sync';
import { mandateSetUp, newCustomer, publishOperations, type Call } from './operations';

let sync: Sync;
let operate: Call;

/** A look begins when the test asks for it: the schedule itself is part of the chaos test. */
const startedByHand = (workflow: WorkflowJson): void => {
	for (const node of workflow.nodes) {
		// What fails on purpose need not fail twice.
		if (node.name === 'Book the Payment') node.retryOnFail = false;
		if (node.name === 'Every 5 Minutes')
			Object.assign(node, {
				type: 'n8n-nodes-base.webhook',
				typeVersion: 2,
				webhookId: '0f6a3c52-9a44-4b0e-8c25-6f5a2f0c1d11',
				parameters: {
					httpMethod: 'GET',
					path: 'look',
					responseMode: 'lastNode',
					responseData: 'allEntries',
					options: {},
				},
			});
	}
	withoutClock(workflow);
};

beforeAll(async () => {
	sync = await startSync({ registration: 'manual', change: startedByHand });
	operate = await publishOperations(sync, {
		setup: mandateSetUp('EUR'),
	});
}, 900_000);
afterAll(async () => {
	await sync?.stop();
});
beforeEach(() => setAnnouncing(true));

/** Whether the services' webhooks arrive. */
const setAnnouncing = (announcing: boolean): void => {
	for (const endpoint of sync.dodo.state.webhooks.values()) endpoint.disabled = !announcing;
	for (const endpoint of sync.lago.state.endpoints.values()) endpoint.event_types = announcing ? null : [];
};

interface Summary {
	outcome: string;
	message: string;
	lookedAt: Record<string, number>;
	missed: number;
	healed: number;
	held: number;
	failed: number;
}

/** One look; what it says, and the calls it made. */
async function look(): Promise<{ summary: Summary; calls: string[] }> {
	letAMinutePass(sync);
	const before = [sync.lago.calls.length, sync.dodo.calls.length];
	const response = await fetch(sync.n8n.hook('look'));
	expect(response.status).toBe(200);
	const calls = [...sync.lago.calls.slice(before[0]), ...sync.dodo.calls.slice(before[1])].map(
		({ method, path }) => `${method} ${path}`,
	);
	const run = await sync.n8n.lastRunOf('Save the Progress');
	return { summary: run.items('Save the Progress')[0] as unknown as Summary, calls };
}

/** Looks until nothing is missed any more. */
async function lookUntilEqual(): Promise<Summary[]> {
	const summaries: Summary[] = [];
	do summaries.push((await look()).summary);
	while (summaries.at(-1)?.outcome !== 'nothing_missed' && summaries.length < 5);
	expect(summaries.at(-1)).toMatchObject({ outcome: 'nothing_missed' });
	return summaries;
}

test('when nothing is wrong, a look is two calls, and it says so', async () => {
	const invoice = await sync.issue();
	await sync.pay(invoice);
	await lookUntilEqual();
	const { summary, calls } = await look();
	expect(calls).toEqual(['GET /api/v1/invoices', 'GET /payments']);
	expect(summary).toMatchObject({
		outcome: 'nothing_missed',
		missed: 0,
		message: expect.stringMatching(/^Looked at \d+ invoices, \d+ payments; nothing was missed\.$/) as string,
	});
});

test('everything that nobody delivered is healed in one look, by the same lanes, once', async () => {
	const [paidBefore, disputed, refunded, noted, declined] = [
		await sync.issue(),
		await sync.issue(),
		await sync.issue(),
		await sync.issue(),
		await sync.issue(),
	];
	for (const invoice of [disputed, refunded, noted]) await sync.pay(invoice);
	await lookUntilEqual();
	setAnnouncing(false);

	const issued = sync.lago.issueInvoice();
	await sync.pay(paidBefore);
	await sync.pay(declined, { card: 'INSUFFICIENT_FUNDS' });
	const [toRefund, toDispute, toNote] = [refunded, disputed, noted].map(
		(invoice) => sync.paymentsFor(invoice)[0]?.payment_id ?? '',
	);
	const refund = sync.dodo.refundPayment(toRefund as string, { amount: 2_000 });
	await waitFor(() => sync.dodo.state.refunds.get(refund.refund_id)?.status === 'succeeded');
	const dispute = sync.dodo.openDispute(toDispute as string);
	sync.dodo.moveDispute(dispute.dispute_id, 'lost');
	const note = sync.lago.createCreditNoteInUi(noted.lago_id, {
		refund_amount_cents: 3_000,
		items: [{ fee_id: noted.fees[0]?.lago_id ?? '', amount_cents: 3_000 }],
	});
	const customer = 'with-mandate';
	await newCustomer(sync, { external_id: customer });
	const mandate = sync.dodo.activateMandate(String((await operate('setup', { customer })).checkoutSessionId));

	const { summary } = await look();
	expect(summary).toMatchObject({ outcome: 'reconciled', failed: 0, held: 0 });
	expect(summary.healed).toBe(7);
	expect(sync.checkoutsOf(issued)).toHaveLength(1);
	expect(sync.lago.metadataOf(issued.lago_id, 'dodo_payment_id')).toBe(sync.checkoutOf(issued).id);
	expect(paidBefore.payment_status).toBe('succeeded');
	expect(declined.payment_status).toBe('failed');
	expect(sync.notesOf(refunded)).toHaveLength(1);
	expect(disputed.payment_dispute_lost_at).not.toBeNull();
	expect([...sync.dodo.state.refunds.values()].filter(({ payment_id }) => payment_id === toNote)).toHaveLength(1);
	expect(sync.lago.state.customers.get(customer)?.metadata.map(({ value }) => value)).toContain(
		mandate.subscription_id,
	);

	// The refund ran when the look ended; the next one confirms it.
	await waitFor(() => [...sync.dodo.state.refunds.values()].every(({ status }) => status === 'succeeded'));
	await lookUntilEqual();
	expect(note.refund_status).toBe('succeeded');
	for (const invoice of [paidBefore, disputed, refunded, noted]) expect(sync.bookedOn(invoice)).toHaveLength(1);
	expect(sync.notesOf(refunded)).toHaveLength(1);
	expect(sync.notesOf(noted)).toHaveLength(1);
});

test('what cannot be done now is tried again by the next look, and no look passes over it', async () => {
	await lookUntilEqual();
	const invoice = await sync.issue();
	setAnnouncing(false);
	await sync.pay(invoice);
	sync.lago.faults.add({ path: new RegExp(invoice.lago_id), kind: '500', times: 1_000 });
	const { summary } = await look();
	sync.lago.faults.clear();
	expect(summary).toMatchObject({ outcome: 'incomplete', missed: 1, failed: 1, healed: 0 });
	expect(invoice.payment_status).toBe('pending');
	expect((await look()).summary).toMatchObject({ outcome: 'reconciled', missed: 1, healed: 1, failed: 0 });
	expect(sync.bookedOn(invoice)).toHaveLength(1);
});

test('what needs a person is shown to one, and not again by every look', async () => {
	await lookUntilEqual();
	setAnnouncing(false);
	const invoice = sync.lago.issueInvoice();
	for (const key of ['a', 'b', 'c', 'd'])
		invoice.metadata.push({ lago_id: key, key, value: 'x', created_at: invoice.created_at });
	const before = await sync.n8n.newestId();
	const { summary } = await look();
	expect(summary).toMatchObject({ missed: 1, held: 1, healed: 0 });
	const told = (await sync.n8n.runsAfter(before)).flatMap((run) => run.items('Tell Me: Lago'));
	expect(told).toMatchObject([{ outcome: 'held', reason: 'metadata_full' }]);
	expect((await look()).summary).toMatchObject({ outcome: 'nothing_missed' });
	invoice.metadata.splice(0);
});

test('a restart loses nothing and repeats nothing: the first look is a thorough one', async () => {
	const invoice = await sync.issue();
	await sync.pay(invoice);
	await lookUntilEqual();
	await sync.n8n.killAndRestart();
	const { summary, calls } = await look();
	expect(summary).toMatchObject({ outcome: 'nothing_missed', missed: 0 });
	expect(calls).toEqual([
		'GET /api/v1/invoices',
		'GET /api/v1/credit_notes',
		'GET /payments',
		'GET /refunds',
		'GET /disputes',
		'GET /subscriptions',
	]);
	expect((await look()).calls).toHaveLength(2);
});

test('a person can look back by hand: what is missing in the other book is handled, what is there is left alone', async () => {
	setAnnouncing(false);
	const invoice = await sync.issue();
	await lookUntilEqual();
	await sync.pay(invoice);
	letAMinutePass(sync);
	const booked = sync.lago.state.payments.size;
	const run = await sync.n8n.executeFrom('Look Back Now');
	const [summary] = run.items('Save the Progress') as unknown as Summary[];
	expect(summary).toMatchObject({ outcome: 'reconciled', failed: 0 });
	// The payment, and the invoice of an earlier test that had no room for metadata then; nothing else but what waits for a person.
	expect(summary?.healed).toBe(2);
	expect(summary?.missed).toBeLessThan(4);
	expect(sync.bookedOn(invoice)).toHaveLength(1);
	expect(sync.lago.state.payments.size).toBe(booked + 1);
});
