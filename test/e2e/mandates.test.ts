import type { Subscription } from '../../sandbox/dodo/state';
import type { NewInvoice } from '../../sandbox/lago/ledger';
import type { Customer, Invoice } from '../../sandbox/lago/documents';
import { madeFor } from '../support/madeFor';
import { startSync, waitFor, withoutClock, type Sync } from '../support/sync';
import { byId, mandateSetUp, newCustomer, publishOperations, type Call } from './operations';

/** Attaches fine, is declined whenever it is charged without the customer. */
const DECLINED_LATER = '4000000000000341';
const INSUFFICIENT_FUNDS = '4000000000009995';
const DAY_MS = 86_400_000;

let sync: Sync;
let operate: Call;

beforeAll(async () => {
	sync = await startSync({
		registration: 'manual',
		change: (workflow) => {
			withoutClock(workflow);
			const { nodes } = workflow;
			// As a person activates it in the editor.
			for (const node of nodes) if (node.name === 'Return What Was Paid Twice') delete node.disabled;
			for (const node of nodes)
				if (node.name === 'Choose the Customer') node.parameters.customer = byId('cust_template');
		},
	});
	operate = await publishOperations(sync, {
		setup: mandateSetUp('={{ $json.currency }}'),
		update: [
			{
				node: 'dodoPayments',
				parameters: {
					resource: 'mandate',
					operation: 'getUpdateLink',
					mandate: byId('={{ $json.body.mandate }}'),
					additionalFields: {},
				},
			},
		],
	});
}, 900_000);

afterAll(async () => {
	await sync?.stop();
});

beforeEach(async () => {
	// A test that failed must not leave anything running into the next one.
	for (const id of sync.parked) sync.dodo.movePayment(id, 'failed');
	sync.parked.clear();
	await sync.quiet();
	sync.reset();
});

let counter = 0;
/** A customer of Lago of whom nobody else knows. */
const freshCustomer = async (given: Record<string, unknown> = {}): Promise<string> => {
	const external_id = `cust_m${(counter += 1)}`;
	await newCustomer(sync, { external_id, ...given });
	return external_id;
};
const customer = (externalId: string): Customer => {
	const found = sync.lago.state.customers.get(externalId);
	if (!found) throw new Error(`No customer ${externalId}`);
	return found;
};
const entry = (externalId: string, key: string): string | undefined =>
	customer(externalId).metadata.find((one) => one.key === key)?.value;
/** The customer opens the set-up link and gives a card. */
const agree = async (externalId: string, card?: string): Promise<Subscription> => {
	const { checkoutSessionId } = await operate('setup', { customer: externalId });
	const mandate = sync.dodo.activateMandate(String(checkoutSessionId), card);
	await sync.quiet();
	return mandate;
};
/** Nobody asks for a link, gives a card there and asks for another one within the same second of the clock. */
const secondOver = async (): Promise<void> => {
	const began = Math.floor(Date.now() / 1000);
	await waitFor(() => Math.floor(Date.now() / 1000) > began);
};
const issueTo = async (externalId: string, input: NewInvoice = {}): Promise<Invoice> =>
	await sync.issue({ ...input, customer: { external_id: externalId } });
const calls = (): string[] =>
	sync.dodo.calls.map(({ method, path }) => `${method} ${path.replace(/(sub|pay|cks)_\w+/, '$1')}`);
const charges = (): number => sync.dodo.calls.filter(({ path }) => path.endsWith('/charge')).length;
/** What a node gave out in the newest execution in which it ran. */
const lastItem = async (node: string): Promise<Record<string, unknown> | undefined> =>
	(await sync.n8n.lastRunOf(node)).items(node)[0];
/** Makes the planned try due: its time moves into the past. */
const makeDue = (invoice: Invoice): void => {
	const state = sync.stateOf(invoice);
	expect(state).toMatch(/;n=\d+/);
	sync.lago.setMetadata(invoice.lago_id, {
		dodo_state: state.replace(/;n=\d+/, `;n=${Math.floor(Date.now() / 1000) - 60}`),
	});
};
const plannedMs = (invoice: Invoice): number | null => {
	const planned = /;n=(\d+)/.exec(sync.stateOf(invoice))?.[1];
	return planned === undefined ? null : Number(planned) * 1000;
};

describe('set-up', () => {
	test('the lane of the template makes a link; a card given there is saved on the Lago customer, whose own metadata stays as it is', async () => {
		await newCustomer(sync, {
			external_id: 'cust_template',
			metadata: [
				{ key: 'crm', value: '4711', display_in_invoice: true },
				{ key: 'team', value: 'emea', display_in_invoice: false },
			],
		});
		const own = structuredClone(customer('cust_template').metadata);
		const [link] = (await sync.n8n.executeFrom('Set Up Automatic Payment')).items('Make the Link');
		expect(link).toMatchObject({
			outcome: 'created',
			customerExternalId: 'cust_template',
			setupUrl: expect.stringContaining(sync.dodo.url),
			checkoutSessionId: expect.stringMatching(/^cks_/),
		});
		expect(Date.parse(String(link?.expiresAt))).toBeGreaterThan(Date.now() + 23 * 3_600_000);
		const mandate = sync.dodo.activateMandate(String(link?.checkoutSessionId));
		await sync.quiet();
		expect(sync.dodo.deliveries.find(({ event }) => event === 'subscription.active')).toMatchObject({ status: 200 });
		const { metadata } = customer('cust_template');
		expect(metadata.slice(0, 2)).toEqual(own);
		expect(metadata.slice(2)).toMatchObject([
			{ key: 'dodo_customer_id', value: mandate.customer.customer_id, display_in_invoice: false },
			{ key: 'dodo_subscription_id', value: mandate.subscription_id, display_in_invoice: false },
		]);
		// No money moved, and asking again finds the mandate.
		expect(sync.dodo.state.payments.size).toBe(0);
		const [again] = (await sync.n8n.executeFrom('Set Up Automatic Payment')).items('Make the Link');
		expect(again).toMatchObject({ outcome: 'existing', subscriptionId: mandate.subscription_id });
		expect(again).not.toHaveProperty('setupUrl');
	});

	test('the same event twice, and both at once, write once', async () => {
		const id = await freshCustomer({ metadata: [{ key: 'crm', value: '1', display_in_invoice: true }] });
		sync.dodo.knobs.copies = 3;
		await agree(id);
		await waitFor(() =>
			sync.dodo.deliveries.some(({ event, status }) => event === 'subscription.active' && status === 200),
		);
		sync.dodo.knobs.copies = 1;
		const delivery = sync.dodo.deliveries.find(({ event }) => event === 'subscription.active');
		sync.dodo.redeliver(delivery?.id ?? '');
		await sync.quiet();
		expect(customer(id).metadata.map(({ key }) => key)).toEqual(['crm', 'dodo_customer_id', 'dodo_subscription_id']);
		expect(customer(id).metadata[0]).toMatchObject({ value: '1', display_in_invoice: true });
	});

	test('a set-up link that was used up is not given out again', async () => {
		const id = await freshCustomer();
		const failed = await agree(id, INSUFFICIENT_FUNDS);
		expect(failed.status).toBe('failed');
		expect(entry(id, 'dodo_subscription_id')).toBeUndefined();
		await secondOver();
		const mandate = await agree(id);
		expect(mandate.status).toBe('active');
		expect(entry(id, 'dodo_subscription_id')).toBe(mandate.subscription_id);
	});

	test('a customer whose metadata is full is held, and nothing is overwritten', async () => {
		const id = await freshCustomer({
			metadata: ['a', 'b', 'c', 'd'].map((key) => ({ key, value: key, display_in_invoice: true })),
		});
		await agree(id);
		expect(customer(id).metadata.map(({ key }) => key)).toEqual(['a', 'b', 'c', 'd']);
		expect(await lastItem('Keep the Mandate')).toMatchObject({ outcome: 'held', reason: 'metadata_full' });
		expect((await sync.n8n.lastExecution()).nodes).toContain('Tell Me');
	});
});

describe('charge', () => {
	test('the next invoice is charged without a link and settled, in two calls to Dodo and four to Lago', async () => {
		const id = await freshCustomer();
		const mandate = await agree(id);
		await issueTo(id);
		sync.reset();
		const invoice = await issueTo(id, { fees: [{ amountCents: 12_995, taxRate: 20 }] });
		expect(sync.checkoutsOf(invoice)).toHaveLength(0);
		const [payment, ...more] = sync.paymentsFor(invoice);
		expect(more).toHaveLength(0);
		expect(payment).toMatchObject({
			status: 'succeeded',
			total_amount: 15_594,
			currency: 'EUR',
			subscription_id: mandate.subscription_id,
		});
		expect(payment?.metadata).toEqual({
			...madeFor(sync.lago, invoice),
			lago_invoice_number: invoice.number,
			lago_organization_id: sync.lago.state.organizationId,
			attempt: '1',
		});
		expect(invoice).toMatchObject({ payment_status: 'succeeded', total_paid_amount_cents: 15_594 });
		expect(sync.bookedOn(invoice)).toMatchObject([{ reference: payment?.payment_id, amount_cents: 15_594 }]);
		expect(calls()).toEqual(['GET /payments', 'POST /subscriptions/sub/charge']);
		expect(sync.lago.calls.filter(({ method }) => method !== 'GET')).toHaveLength(2);
		expect(sync.lago.calls).toHaveLength(4);
	});

	test.each(['reset', '500', 'timeout'] as const)(
		'an answer that is lost (%s) is found again: one payment',
		async (kind) => {
			const id = await freshCustomer();
			await agree(id);
			sync.dodo.faults.add({ method: 'POST', path: /charge$/, kind, after: true });
			const invoice = sync.lago.issueInvoice({ customer: { external_id: id } });
			await waitFor(() => invoice.payment_status === 'succeeded');
			await sync.quiet();
			expect(sync.paymentsFor(invoice)).toHaveLength(1);
			expect(sync.checkoutsOf(invoice)).toHaveLength(0);
			expect(charges()).toBe(1);
			expect(sync.bookedOn(invoice)).toHaveLength(1);
		},
	);

	test('a charge of which nobody knows whether it was made is not sent again before that is clear, and collected all the same', async () => {
		const id = await freshCustomer();
		await agree(id);
		sync.dodo.faults.add({ method: 'POST', path: /charge$/, kind: 'reset' });
		const invoice = sync.lago.issueInvoice({ customer: { external_id: id } });
		await waitFor(() => sync.paymentsFor(invoice).length > 0);
		await sync.quiet();
		const [lost, sentAgain] = sync.dodo.calls
			.filter(({ method, path }) => method === 'POST' && path.endsWith('/charge'))
			.map(({ at }) => Date.parse(at));
		expect(Number(sentAgain) - Number(lost)).toBeGreaterThanOrEqual(10_000);
		// All within the patience of Lago.
		expect(sync.lago.deliveries.filter(({ event }) => event === 'invoice.created').map(({ status }) => status)).toEqual(
			[200],
		);
		expect(sync.paymentsFor(invoice)).toHaveLength(1);
		expect(invoice.payment_status).toBe('succeeded');
	});

	test('an outcome that overtakes the record of its charge is not overwritten by it', async () => {
		const id = await freshCustomer();
		await agree(id, DECLINED_LATER);
		// Writing down that the charge began hangs; meanwhile the bank has declined.
		sync.lago.faults.add({ method: 'PUT', path: /invoices/, kind: 'timeout' });
		sync.dodo.knobs.delayMs = 500;
		const invoice = sync.lago.issueInvoice({ customer: { external_id: id } });
		await waitFor(() =>
			sync.lago.deliveries.some(({ event, status }) => event === 'invoice.created' && status === 200),
		);
		// On a slow machine it is the write of the outcome that hangs; then Dodo delivers it again.
		await waitFor(() => invoice.payment_status === 'failed');
		await sync.quiet();
		expect(sync.lago.calls.some(({ fault }) => fault === 'timeout')).toBe(true);
		expect(invoice.payment_status).toBe('failed');
		expect(sync.stateOf(invoice)).toMatch(/^v1;failed;a=1;(.*;)?n=\d+;f=1/);
		expect(sync.lago.metadataOf(invoice.lago_id, 'dodo_payment_id')).toBe(sync.paymentsFor(invoice)[0]?.payment_id);
		expect(charges()).toBe(1);
	});

	test('the same invoice by several events, one after the other and at the same time, is charged once', async () => {
		const id = await freshCustomer();
		await agree(id);
		sync.lago.knobs.copies = 3;
		const invoice = await issueTo(id);
		sync.lago.knobs.copies = 1;
		const other = JSON.stringify({
			webhook_type: 'invoice.one_off_created',
			object_type: 'invoice',
			organization_id: sync.lago.state.organizationId,
			invoice: { lago_id: invoice.lago_id },
		});
		await Promise.all([sync.postLago(other), sync.postLago(other)]);
		await sync.quiet();
		expect(sync.paymentsFor(invoice)).toHaveLength(1);
		expect(sync.bookedOn(invoice)).toHaveLength(1);
		expect(invoice.total_paid_amount_cents).toBe(10_000);
	});

	test('while another charge of the mandate runs the invoice waits 15 minutes, then it is collected', async () => {
		const id = await freshCustomer();
		const mandate = await agree(id);
		const earlier = sync.lago.issueInvoice({ customer: { external_id: id }, emit: false });
		const running = sync.dodo.createPayment({
			status: 'processing',
			total_amount: 10_000,
			subscription_id: mandate.subscription_id,
			metadata: { lago_invoice_id: earlier.lago_id, lago_invoice_number: earlier.number, attempt: '1' },
		});
		sync.parked.add(running.payment_id);
		await sync.quiet();
		const invoice = await issueTo(id);
		expect(await lastItem('Charge the Mandate')).toMatchObject({ outcome: 'mandate_busy' });
		expect(sync.lago.deliveries.at(-1)).toMatchObject({ status: 200 });
		expect(sync.paymentsFor(invoice)).toHaveLength(0);
		expect(sync.checkoutsOf(invoice)).toHaveLength(0);
		expect(sync.stateOf(invoice)).toMatch(/^v1;waiting;/);
		expect(Math.abs((plannedMs(invoice) ?? 0) - (Date.now() + 15 * 60_000))).toBeLessThan(60_000);
		sync.dodo.movePayment(running.payment_id, 'succeeded');
		sync.parked.clear();
		await sync.quiet();
		expect(earlier.payment_status).toBe('succeeded');
		makeDue(invoice);
		expect((await sync.n8n.executeFrom('Every Hour')).status).toBe('success');
		await sync.quiet();
		expect(sync.paymentsFor(invoice)).toMatchObject([
			{ status: 'succeeded', subscription_id: mandate.subscription_id },
		]);
		expect(invoice.payment_status).toBe('succeeded');
	});

	test('declined: the invoice fails, the mandate is on hold, and the next invoice is collected by a link', async () => {
		const id = await freshCustomer();
		const mandate = await agree(id, DECLINED_LATER);
		const invoice = await issueTo(id);
		expect(invoice.payment_status).toBe('failed');
		expect(mandate.status).toBe('on_hold');
		const [failed] = sync.paymentsFor(invoice);
		expect(sync.lago.metadataOf(invoice.lago_id, 'dodo_payment_id')).toBe(failed?.payment_id);
		expect(sync.stateOf(invoice)).toMatch(/^v1;failed;a=1;/);
		expect(await lastItem('Book the Payment')).toMatchObject({
			outcome: 'retry_planned',
			declineCode: 'GENERIC_DECLINE',
		});
		const next = await issueTo(id);
		expect(await lastItem('Charge the Mandate')).toMatchObject({ outcome: 'needs_link', reason: 'mandate_on_hold' });
		expect(sync.lago.metadataOf(next.lago_id, 'dodo_payment_id')).toBe(sync.checkoutOf(next).id);
		await sync.pay(next);
		expect(next.payment_status).toBe('succeeded');
	});

	test.each<[string, string, (mandate: Subscription) => void]>([
		['expired', 'mandate_expired', (mandate) => (mandate.status = 'expired')],
		['cancelled without our knowing', 'mandate_inactive', (mandate) => (mandate.status = 'cancelled')],
		['about to be cancelled', 'mandate_refused', (mandate) => (mandate.cancel_at_next_billing_date = true)],
	])(
		'a mandate that is %s: a link instead, whether its terms are known to this process or not',
		async (_case, reason, end) => {
			const [cold, warm] = [await freshCustomer(), await freshCustomer()];
			const mandates = [await agree(cold), await agree(warm)];
			await issueTo(warm);
			mandates.forEach(end);
			for (const id of [cold, warm]) {
				const invoice = await issueTo(id);
				expect(await lastItem('Charge the Mandate')).toMatchObject({ outcome: 'needs_link', reason });
				expect(sync.checkoutOf(invoice).cart[0]?.amount).toBe(10_000);
				expect(sync.paymentsFor(invoice)).toHaveLength(0);
			}
		},
	);

	test('a mandate that Dodo cancels leaves the customer, and only our own entry does', async () => {
		const id = await freshCustomer({ metadata: [{ key: 'crm', value: '1', display_in_invoice: true }] });
		const mandate = await agree(id);
		const response = await fetch(`${sync.dodo.url}/subscriptions/${mandate.subscription_id}`, {
			method: 'PATCH',
			headers: { 'content-type': 'application/json', authorization: `Bearer ${sync.dodo.apiKey}` },
			body: JSON.stringify({ status: 'cancelled' }),
		});
		expect(response.status).toBe(200);
		await sync.quiet();
		expect(customer(id).metadata).toMatchObject([
			{ key: 'crm', value: '1', display_in_invoice: true },
			{ key: 'dodo_customer_id', value: mandate.customer.customer_id },
		]);
		const invoice = await issueTo(id);
		expect(await lastItem('Charge the Mandate')).toMatchObject({ outcome: 'needs_link', reason: 'no_mandate' });
		expect(sync.checkoutsOf(invoice)).toHaveLength(1);
	});

	test('the end of an older mandate does not take the newer one away', async () => {
		const id = await freshCustomer();
		const old = await agree(id);
		old.status = 'on_hold';
		await secondOver();
		const newer = await agree(id);
		expect(entry(id, 'dodo_subscription_id')).toBe(newer.subscription_id);
		sync.dodo.sendSample('subscription.cancelled', { ...old, status: 'cancelled', on_demand: true });
		await sync.quiet();
		expect(await lastItem('Keep the Mandate')).toMatchObject({ outcome: 'unchanged' });
		expect(entry(id, 'dodo_subscription_id')).toBe(newer.subscription_id);
	});

	test('an invoice in another currency than the mandate is collected by a link in its own currency', async () => {
		const id = await freshCustomer();
		await agree(id);
		const invoice = await issueTo(id, { currency: 'USD' });
		expect(await lastItem('Charge the Mandate')).toMatchObject({ outcome: 'needs_link', reason: 'mandate_currency' });
		const payment = await sync.pay(invoice);
		expect(payment).toMatchObject({ currency: 'USD', subscription_id: null });
		expect(invoice.payment_status).toBe('succeeded');
	});
});

describe('a new card for a held mandate', () => {
	test('what is due is collected with it, and books the invoice it was due for', async () => {
		const id = await freshCustomer();
		const mandate = await agree(id, DECLINED_LATER);
		const invoice = await issueTo(id);
		expect(invoice.payment_status).toBe('failed');
		const link = await operate('update', { mandate: mandate.subscription_id });
		expect(link).toMatchObject({
			outcome: 'created',
			subscriptionId: mandate.subscription_id,
			updateUrl: expect.stringContaining('/update/'),
		});
		sync.dodo.setMandateCard(mandate.subscription_id);
		await sync.quiet();
		expect(mandate.status).toBe('active');
		expect(invoice).toMatchObject({ payment_status: 'succeeded', total_paid_amount_cents: 10_000 });
		expect(sync.stateOf(invoice)).toMatch(/^v1;paid/);
		expect(sync.dodo.state.refunds.size).toBe(0);
		const next = await issueTo(id);
		expect(next.payment_status).toBe('succeeded');
		expect(sync.checkoutsOf(next)).toHaveLength(0);
	});

	test('paid by link meanwhile: the second payment is surplus, goes back by itself, and no credit note appears for it', async () => {
		const id = await freshCustomer();
		const mandate = await agree(id, DECLINED_LATER);
		const invoice = await issueTo(id);
		sync.lago.retryPayment(invoice.lago_id);
		await sync.quiet();
		const byLink = await sync.pay(invoice);
		expect(invoice).toMatchObject({ payment_status: 'succeeded', total_paid_amount_cents: 10_000 });
		sync.dodo.setMandateCard(mandate.subscription_id);
		await sync.quiet();
		const surplus = [...sync.dodo.state.payments.values()].filter(
			({ subscription_id, status }) => subscription_id === mandate.subscription_id && status === 'succeeded',
		);
		expect(surplus).toHaveLength(1);
		const refunds = [...sync.dodo.state.refunds.values()];
		expect(refunds).toMatchObject([
			{
				payment_id: surplus[0]?.payment_id,
				amount: 10_000,
				is_partial: false,
				status: 'succeeded',
				reason: `Overpayment of invoice ${invoice.number}`,
			},
		]);
		expect(await lastItem('Make the Credit Note')).toMatchObject({ outcome: 'overpayment_returned' });
		expect(sync.notesOf(invoice)).toHaveLength(0);
		expect(sync.bookedOn(invoice)).toMatchObject([{ reference: byLink.payment_id, amount_cents: 10_000 }]);
		expect(sync.lago.metadataOf(invoice.lago_id, 'dodo_payment_id')).toBe(surplus[0]?.payment_id);
		expect(sync.stateOf(invoice)).toMatch(/^v1;returned/);
		// Every event once more: nothing changes.
		sync.dodo.movePayment(surplus[0]?.payment_id ?? '', 'succeeded');
		for (const { id: delivery } of sync.dodo.deliveries.filter(({ event }) => event.startsWith('refund.')))
			sync.dodo.redeliver(delivery);
		await sync.quiet();
		expect(sync.dodo.state.refunds.size).toBe(1);
		expect(sync.stateOf(invoice)).toMatch(/^v1;returned/);
	});
});

describe('retries', () => {
	/** Midnight UTC of the day in a time zone that lies `days` after now there. */
	const dayIn = (zone: string, days: number): string =>
		new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' }).format(Date.now() + days * DAY_MS);

	test.each([
		['Asia/Tokyo', '+09:00'],
		['UTC', 'Z'],
		['Asia/Kolkata', '+05:30'],
	])("a soft decline is tried again the next day at 9 o'clock of the customer (%s)", async (zone, offset) => {
		const id = await freshCustomer();
		customer(id).applicable_timezone = zone;
		const invoice = await issueTo(id);
		const days = [dayIn(zone, 1)];
		await sync.pay(invoice, { card: INSUFFICIENT_FUNDS });
		days.push(dayIn(zone, 1));
		expect(invoice.payment_status).toBe('failed');
		expect(days.map((day) => Date.parse(`${day}T09:00:00${offset}`))).toContain(plannedMs(invoice));
		expect(sync.stateOf(invoice)).toContain(';f=1');
		const planned = await lastItem('Book the Payment');
		expect(planned).toMatchObject({
			outcome: 'retry_planned',
			nextTryAt: new Date(plannedMs(invoice) ?? 0).toISOString(),
			localTime: expect.stringMatching(/^\d{4}-\d{2}-\d{2} 09:00$/),
			failedTries: 1,
		});
		// The same news again plans nothing new.
		const before = sync.stateOf(invoice);
		sync.dodo.redeliver(sync.dodo.deliveries.find(({ event }) => event === 'payment.failed')?.id ?? '');
		sync.dodo.movePayment(sync.paymentsFor(invoice)[0]?.payment_id ?? '', 'failed', 'INSUFFICIENT_FUNDS');
		await sync.quiet();
		expect(sync.stateOf(invoice)).toBe(before);
		// The link is still good, and a success ends the plan.
		await sync.pay(invoice);
		expect(invoice.payment_status).toBe('succeeded');
		expect(sync.stateOf(invoice)).not.toMatch(/;n=/);
	});

	test('a hard decline plans nothing and tells a person', async () => {
		const invoice = await issueTo(await freshCustomer());
		await sync.pay(invoice, { card: 'STOLEN_CARD' });
		expect(invoice.payment_status).toBe('failed');
		expect(plannedMs(invoice)).toBeNull();
		const run = await sync.n8n.lastExecution();
		expect(run.items('Book the Payment')).toMatchObject([
			{ outcome: 'hard_decline', declineCode: 'STOLEN_CARD', nextStep: expect.any(String) },
		]);
		expect(run.nodes).toContain('Tell Me');
		await sync.n8n.executeFrom('Every Hour');
		expect(sync.stateOf(invoice)).not.toMatch(/;n=/);
	});

	test('"Retry payment" in Lago charges at once, whatever is planned; a copy of the first event does not', async () => {
		const id = await freshCustomer();
		const mandate = await agree(id, DECLINED_LATER);
		const invoice = await issueTo(id);
		expect(plannedMs(invoice)).not.toBeNull();
		// Somebody mends the mandate in Dodo's dashboard.
		Object.assign(mandate, { status: 'active', card: '4242424242424242', dues: null });
		const copy = JSON.stringify({
			webhook_type: 'invoice.created',
			object_type: 'invoice',
			organization_id: sync.lago.state.organizationId,
			invoice: { lago_id: invoice.lago_id },
		});
		expect((await sync.postLago(copy)).status).toBe(200);
		expect(await lastItem('Charge the Mandate')).toMatchObject({ outcome: 'skipped', reason: 'retry_planned' });
		expect(sync.paymentsFor(invoice)).toHaveLength(1);
		sync.lago.retryPayment(invoice.lago_id);
		await sync.quiet();
		expect(sync.paymentsFor(invoice).map(({ status, metadata }) => [status, metadata.attempt])).toEqual([
			['failed', '1'],
			['succeeded', '2'],
		]);
		expect(invoice.payment_status).toBe('succeeded');
		expect(plannedMs(invoice)).toBeNull();
	});

	test('what is due is tried by the schedule: by mandate where there is one, and its failure plans the next day', async () => {
		const id = await freshCustomer();
		const mandate = await agree(id, DECLINED_LATER);
		const invoice = await issueTo(id);
		expect(sync.stateOf(invoice)).toContain(';f=1');
		// Not due yet: the schedule leaves it alone.
		await sync.n8n.executeFrom('Every Hour');
		await sync.quiet();
		expect(sync.paymentsFor(invoice)).toHaveLength(1);
		Object.assign(mandate, { status: 'active', dues: null });
		makeDue(invoice);
		await sync.n8n.executeFrom('Every Hour');
		await sync.quiet();
		expect(sync.paymentsFor(invoice).map(({ metadata }) => metadata.attempt)).toEqual(['1', '2']);
		expect(invoice.payment_status).toBe('failed');
		expect(sync.stateOf(invoice)).toContain(';f=2');
		const wait = ((plannedMs(invoice) ?? 0) - Date.now()) / DAY_MS;
		expect(wait).toBeGreaterThan(2);
		expect(wait).toBeLessThan(4);
		Object.assign(mandate, { status: 'active', card: '4242424242424242', dues: null });
		makeDue(invoice);
		await sync.n8n.executeFrom('Every Hour');
		await sync.quiet();
		expect(sync.paymentsFor(invoice)).toHaveLength(3);
		expect(invoice.payment_status).toBe('succeeded');
		makeDueIfPlanned(invoice);
		await sync.n8n.executeFrom('Every Hour');
		await sync.quiet();
		expect(sync.paymentsFor(invoice)).toHaveLength(3);
	});

	test('several that are due at once, two of them by one mandate: each is tried once, the second of the mandate 15 minutes later', async () => {
		const [shared, byLink] = [await freshCustomer(), await freshCustomer()];
		const mandate = await agree(shared, DECLINED_LATER);
		const first = await issueTo(shared);
		Object.assign(mandate, { status: 'active', dues: null });
		const second = await issueTo(shared, { fees: [{ amountCents: 2_000 }] });
		const third = await issueTo(byLink);
		await sync.pay(third, { card: INSUFFICIENT_FUNDS });
		for (const invoice of [first, second, third]) expect(plannedMs(invoice)).not.toBeNull();
		Object.assign(mandate, { status: 'active', card: '4242424242424242', dues: null });
		[first, second, third].forEach(makeDue);
		// Still on its way when the second one is charged, however slow the machine is.
		sync.dodo.planCharge(mandate.subscription_id, { settleAfterMs: 5_000 });
		const run = await sync.n8n.executeFrom('Every Hour');
		expect(run.status).toBe('success');
		await sync.quiet();
		expect(
			run
				.items('Charge Again')
				.map(({ outcome }) => outcome)
				.sort(),
		).toEqual(['charging', 'mandate_busy', 'needs_link']);
		const [paid, waiting] = first.payment_status === 'succeeded' ? [first, second] : [second, first];
		expect([paid.payment_status, waiting.payment_status]).toEqual(['succeeded', 'failed']);
		expect(Math.abs((plannedMs(waiting) ?? 0) - (Date.now() + 15 * 60_000))).toBeLessThan(60_000);
		// Being busy is not the customer's failure: it does not use up a try.
		expect(sync.stateOf(waiting)).toContain(';f=1');
		expect(sync.stateOf(third)).toContain(';f=2');
		makeDue(waiting);
		await sync.n8n.executeFrom('Every Hour');
		await sync.quiet();
		expect(waiting.payment_status).toBe('succeeded');
		for (const invoice of [first, second])
			expect(sync.paymentsFor(invoice).map(({ status }) => status)).toEqual(['failed', 'succeeded']);
		// Behind its link there is a new page: the one on which the card was declined may take no other.
		expect(sync.checkoutsOf(third)).toHaveLength(2);
	});

	test('one that cannot be tried because Dodo is down is told, tried again later, and harms no other one', async () => {
		const [good, unlucky] = [await freshCustomer(), await freshCustomer()];
		const mandates = [await agree(good, DECLINED_LATER), await agree(unlucky, DECLINED_LATER)];
		const invoices = [await issueTo(good), await issueTo(unlucky)];
		for (const mandate of mandates) Object.assign(mandate, { status: 'active', card: '4242424242424242', dues: null });
		invoices.forEach(makeDue);
		const path = new RegExp(mandates[1]?.subscription_id ?? '');
		sync.dodo.faults.add({ method: 'POST', path, kind: '500', times: 1_000 });
		const run = await sync.n8n.executeFrom('Every Hour');
		await sync.quiet();
		expect(run.nodes).toContain('Tell Me: Retries');
		expect(JSON.stringify(run.items('Tell Me: Retries'))).toContain('Dodo Payments');
		expect(invoices.map(({ payment_status }) => payment_status)).toEqual(['succeeded', 'failed']);
		sync.dodo.faults.clear();
		// The next hour, when it is clear that the charge was not made.
		await waitFor(async () => {
			await sync.n8n.executeFrom('Every Hour');
			await sync.quiet();
			return invoices[1]?.payment_status === 'succeeded';
		});
		for (const invoice of invoices)
			expect(sync.paymentsFor(invoice).map(({ status }) => status)).toEqual(['failed', 'succeeded']);
	});

	test('without a mandate the link is handed out again, once for each planned try, until all are used up', async () => {
		const invoice = await issueTo(await freshCustomer());
		await sync.pay(invoice, { card: INSUFFICIENT_FUNDS });
		const link = /;l=(.*)$/.exec(sync.stateOf(invoice))?.[1];
		expect(link).toBeDefined();
		for (const tries of [2, 3, 4]) {
			makeDue(invoice);
			await sync.n8n.executeFrom('Every Hour');
			await sync.quiet();
			expect(sync.stateOf(invoice)).toContain(`;f=${tries}`);
			expect(plannedMs(invoice)).toBeGreaterThan(Date.now());
		}
		makeDue(invoice);
		const last = await sync.n8n.executeFrom('Every Hour');
		await sync.quiet();
		expect(last.items('Plan Next Try')).toMatchObject([
			{ outcome: 'exhausted', invoiceId: invoice.lago_id, nextStep: expect.any(String) },
		]);
		expect(last.nodes).toContain('Tell Me: Retries');
		expect(plannedMs(invoice)).toBeNull();
		const after = sync.stateOf(invoice);
		const idle = await sync.n8n.executeFrom('Every Hour');
		expect(idle.items('Find What Is Due').some(({ lago_id }) => lago_id === invoice.lago_id)).toBe(false);
		expect(sync.stateOf(invoice)).toBe(after);
		// The link on the invoice was the same all the time, with one new page behind it after the decline, and still takes the money.
		expect(/;l=(.*)$/.exec(after)?.[1]).toBe(link);
		expect(sync.checkoutsOf(invoice)).toHaveLength(2);
		await sync.pay(invoice);
		expect(invoice.payment_status).toBe('succeeded');
	});
});

function makeDueIfPlanned(invoice: Invoice): void {
	if (plannedMs(invoice) !== null) makeDue(invoice);
}
