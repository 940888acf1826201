import type { Payment, Subscription } from '../../sandbox/dodo/state';
import type { CreditNote, Customer, Invoice } from '../../sandbox/lago/documents';
import { madeFor } from '../support/madeFor';
import { startSync, waitFor, type Sync } from '../support/sync';
import { byId, newCustomer, printTable, publishOperations, type Call, type Step } from './operations';

type Json = Record<string, unknown>;

const DECLINED_LATER = '4000000000000341';

let sync: Sync;
/** Calls an operation on the first worker. */
let operate: Call;
/** The same operations with other credentials for the same accounts: no lock and no memory is shared. */
let elsewhere: Call;

const lago = (resource: string, operation: string, parameters: Json): Step => ({
	node: 'lago',
	parameters: { resource, operation, ...parameters },
});
const dodo = (resource: string, operation: string, parameters: Json): Step => ({
	node: 'dodoPayments',
	parameters: { resource, operation, ...parameters },
});
const given = (field: string): string => `={{ $json.body.${field} }}`;

const chains = (payPage: string): Record<string, Step[]> => ({
	invoiceGet: [lago('invoice', 'get', { invoice: byId(given('id')) })],
	customerGet: [lago('customer', 'get', { customer: byId(given('id')) })],
	noteGet: [lago('creditNote', 'get', { creditNote: byId(given('id')) })],
	paymentGet: [dodo('payment', 'get', { payment: byId(given('id')) })],
	createIntent: [
		dodo('payment', 'createIntent', {
			source: 'invoice',
			invoice: given('invoice'),
			taxMode: 'inclusive',
			productSource: 'automatic',
			additionalFields: {},
		}),
	],
	createAmount: [
		dodo('payment', 'createIntent', {
			source: 'amount',
			amount: given('amount'),
			currency: 'EUR',
			reference: given('reference'),
			taxMode: 'inclusive',
			productSource: 'automatic',
			additionalFields: {},
		}),
	],
	ensureProduct: [dodo('product', 'ensure', { currency: given('currency'), taxMode: 'inclusive' })],
	createSetupLink: [
		dodo('mandate', 'createSetupLink', {
			customer: given('customer'),
			currency: 'EUR',
			taxMode: 'inclusive',
			additionalFields: {},
		}),
	],
	charge: [dodo('mandate', 'charge', { invoice: given('invoice'), tryAgain: given('tryAgain'), additionalFields: {} })],
	getUpdateLink: [dodo('mandate', 'getUpdateLink', { mandate: byId(given('mandate')), additionalFields: {} })],
	refundNote: [dodo('refund', 'create', { source: 'creditNote', creditNote: given('note') })],
	refundOverpayment: [dodo('refund', 'create', { source: 'overpayment', overpayment: given('overpayment') })],
	refundPayment: [
		dodo('refund', 'create', {
			source: 'payment',
			payment: byId(given('payment')),
			amount: given('amount'),
			reference: given('reference'),
		}),
	],
	createPayLink: [lago('invoice', 'createPayLink', { invoice: given('invoice'), payLinkAddress: payPage })],
	planRetry: [lago('invoice', 'planRetry', { failure: given('failure'), schedule: '1d,3d,5d,7d', timeOfDay: '09:00' })],
	recordDispute: [lago('invoice', 'recordDispute', { dispute: given('dispute'), payment: given('payment') })],
	savePaymentReference: [lago('invoice', 'savePaymentReference', { intent: given('intent'), payLinkAddress: payPage })],
	updatePaymentStatus: [lago('invoice', 'updatePaymentStatus', { payment: given('payment') })],
	createCreditNote: [
		lago('creditNote', 'create', { refund: given('refund'), payment: given('payment'), reason: 'other' }),
	],
	saveRefund: [lago('creditNote', 'saveRefund', { refund: given('refund') })],
	saveMandate: [lago('customer', 'saveMandate', { mandate: given('mandate') })],
});

beforeAll(async () => {
	sync = await startSync({ registration: 'manual' });
	operate = await publishOperations(sync, chains(sync.n8n.hook('pay')));
	elsewhere = await publishOperations(sync, chains(sync.n8n.hook('pay')), true);
}, 900_000);

afterAll(async () => {
	await sync?.stop();
});

let counter = 0;
const unique = (): string => `x${(counter += 1)}`;
/** Whether the simulators tell n8n of anything. */
const setAnnouncing = (announcing: boolean): void => {
	for (const endpoint of sync.dodo.state.webhooks.values()) endpoint.disabled = !announcing;
	for (const endpoint of sync.lago.state.endpoints.values()) endpoint.event_types = announcing ? null : [];
};
const get = async (name: 'invoiceGet' | 'customerGet' | 'noteGet' | 'paymentGet', id: string): Promise<Json> =>
	await operate(name, { id });
const unpaid = (customer = unique()): Invoice =>
	sync.lago.issueInvoice({ customer: { external_id: customer }, emit: false });
const mandateOf = async (customer: string, card?: string): Promise<Subscription> => {
	await newCustomer(sync, { external_id: customer });
	const link = await operate('createSetupLink', { customer: await get('customerGet', customer) });
	const mandate = sync.dodo.activateMandate(String(link.checkoutSessionId), card);
	await operate('saveMandate', { mandate: { ...mandate, on_demand: true } });
	return mandate;
};
const payingFor = (invoice: Invoice, more: Partial<Payment> = {}): Payment =>
	sync.dodo.createPayment({
		status: 'succeeded',
		total_amount: 10_000,
		checkout_session_id: 'cks_x',
		metadata: { ...madeFor(sync.lago, invoice), lago_invoice_number: invoice.number },
		...more,
	});
/** A paid invoice, booked in Lago. */
const settled = async (): Promise<{ invoice: Invoice; payment: Payment }> => {
	const invoice = unpaid();
	const payment = payingFor(invoice);
	expect(await operate('updatePaymentStatus', { payment: await get('paymentGet', payment.payment_id) })).toMatchObject({
		outcome: 'settled',
	});
	return { invoice, payment };
};
const noteOver = (invoice: Invoice, amount: number): CreditNote =>
	sync.lago.createCreditNoteInUi(invoice.lago_id, {
		refund_amount_cents: amount,
		items: [{ fee_id: invoice.fees[0]?.lago_id ?? '', amount_cents: amount }],
	});
const refundsOf = (payment: Payment): number =>
	[...sync.dodo.state.refunds.values()].filter(({ payment_id }) => payment_id === payment.payment_id).length;
const succeededRefund = async (payment: Payment): Promise<Json> => {
	const refund = sync.dodo.refundPayment(payment.payment_id, { amount: 2_500 });
	await waitFor(() => sync.dodo.state.refunds.get(refund.refund_id)?.status === 'succeeded');
	return { ...sync.dodo.state.refunds.get(refund.refund_id) };
};
/** How often what Lago holds has changed since now. Lago's time stamps do not count. */
const changesOf = (read: () => unknown): (() => number) => {
	const snapshot = (): string => JSON.stringify(read());
	let [last, changes] = [snapshot(), 0];
	sync.lago.activity.on('call', () => {
		const now = snapshot();
		if (now !== last) changes += 1;
		last = now;
	});
	return () => changes;
};
const booksOf = (invoice: Invoice) => () => [
	invoice.metadata,
	invoice.payment_status,
	invoice.total_paid_amount_cents,
	invoice.payment_dispute_lost_at,
	sync.bookedOn(invoice),
];
const bodyOf = (note: CreditNote) => () => [note.refund_status, note.metadata];

/** One thing to do, from nothing, and how to count how often it was done. */
interface Fixture {
	/** The name of the chain that does it. */
	run: string;
	body: Json;
	/** Effects so far; 1 is right. */
	effects(): number;
	/** What the template does next, so that the next reader finds what was done. */
	record?(result: Json): Promise<void>;
	/** The input read again, as every later event does. */
	fresh?(): Promise<Json>;
}

interface Case {
	operation: string;
	make(): Promise<Fixture>;
	/** Effects when another worker, which shares no memory with this one, does it later; 1 unless told, with the reason. */
	later?: [effects: number, why: string];
	/** May two workers do it in the very same moment? Where the services give no lock, the reason. */
	notAtOnce?: string;
}

const cases: Case[] = [
	{
		operation: 'Dodo Payments > Payment > Create Intent (invoice)',
		async make() {
			const invoice = unpaid();
			return {
				run: 'createIntent',
				body: { invoice: await get('invoiceGet', invoice.lago_id) },
				effects: () => sync.checkoutsOf(invoice).length,
				record: async (intent) => void (await operate('savePaymentReference', { intent })),
				fresh: async () => ({ invoice: await get('invoiceGet', invoice.lago_id) }),
			};
		},
		notAtOnce: 'Dodo lists no sessions: of two links Lago takes one, the other one is shown to nobody',
	},
	{
		operation: 'Dodo Payments > Payment > Create Intent (amount)',
		async make() {
			const reference = unique();
			return {
				run: 'createAmount',
				body: { amount: 700, reference },
				effects: () =>
					[...sync.dodo.state.checkouts.values()].filter(({ metadata }) => metadata.reference === reference).length,
			};
		},
		later: [2, 'a link without invoice is remembered by its process only, as the field says'],
		notAtOnce: 'as before',
	},
	{
		operation: 'Dodo Payments > Product > Ensure',
		async make() {
			const currency = ['SEK', 'NOK', 'PLN', 'CHF', 'CAD', 'AUD'][(counter += 1) % 6] as string;
			for (const [id, product] of sync.dodo.state.products)
				if (product.price.currency === currency) sync.dodo.state.products.delete(id);
			return await Promise.resolve({
				run: 'ensureProduct',
				body: { currency },
				effects: () => [...sync.dodo.state.products.values()].filter(({ price }) => price.currency === currency).length,
			});
		},
		notAtOnce: 'Dodo has no unique names: two products are harmless, either takes any amount',
	},
	{
		operation: 'Dodo Payments > Mandate > Create Set-Up Link',
		async make() {
			const customer = unique();
			await newCustomer(sync, { external_id: customer });
			return {
				run: 'createSetupLink',
				body: { customer: await get('customerGet', customer) },
				effects: () =>
					[...sync.dodo.state.checkouts.values()].filter(
						({ metadata }) => metadata.lago_customer_external_id === customer,
					).length,
			};
		},
		later: [2, 'a set-up link moves no money, and the newer card wins'],
		notAtOnce: 'as before',
	},
	{
		operation: 'Dodo Payments > Mandate > Charge',
		async make() {
			const customer = unique();
			await mandateOf(customer);
			const invoice = unpaid(customer);
			return {
				run: 'charge',
				body: { invoice: await get('invoiceGet', invoice.lago_id), tryAgain: false },
				effects: () => sync.paymentsFor(invoice).length,
				record: async (intent) => void (await operate('savePaymentReference', { intent })),
				fresh: async () => ({ invoice: await get('invoiceGet', invoice.lago_id), tryAgain: true }),
			};
		},
	},
	{
		operation: 'Dodo Payments > Mandate > Get Update Link',
		async make() {
			const customer = unique();
			const mandate = await mandateOf(customer, DECLINED_LATER);
			const invoice = unpaid(customer);
			await operate('charge', { invoice: await get('invoiceGet', invoice.lago_id), tryAgain: false });
			await waitFor(() => mandate.status === 'on_hold');
			const dues = () =>
				[...sync.dodo.state.payments.values()].filter(
					({ subscription_id, status }) => subscription_id === mandate.subscription_id && status !== 'failed',
				);
			return {
				run: 'getUpdateLink',
				body: { mandate: mandate.subscription_id },
				// What Dodo is about to collect: it must be one payment, however often somebody asks for the link.
				effects: () => dues().length,
			};
		},
	},
	{
		operation: 'Dodo Payments > Refund > Create (credit note)',
		async make() {
			const { invoice, payment } = await settled();
			const note = noteOver(invoice, 4_000);
			return {
				run: 'refundNote',
				body: { note: await get('noteGet', note.lago_id) },
				effects: () => refundsOf(payment),
				record: async (refund) => void (await operate('saveRefund', { refund })),
				fresh: async () => ({ note: await get('noteGet', note.lago_id) }),
			};
		},
	},
	{
		operation: 'Dodo Payments > Refund > Create (overpayment)',
		async make() {
			const { invoice } = await settled();
			const surplus = payingFor(invoice);
			const overpayment = await operate('updatePaymentStatus', {
				payment: await get('paymentGet', surplus.payment_id),
			});
			expect(overpayment).toMatchObject({ outcome: 'overpaid' });
			return { run: 'refundOverpayment', body: { overpayment }, effects: () => refundsOf(surplus) };
		},
	},
	{
		operation: 'Dodo Payments > Refund > Create (payment, amount)',
		async make() {
			const { payment } = await settled();
			return {
				run: 'refundPayment',
				body: { payment: payment.payment_id, amount: 1_500, reference: unique() },
				effects: () => refundsOf(payment),
			};
		},
	},
	{
		operation: 'Lago > Invoice > Create Pay Link',
		async make() {
			const invoice = unpaid();
			return {
				run: 'createPayLink',
				body: { invoice: await get('invoiceGet', invoice.lago_id) },
				effects: changesOf(booksOf(invoice)),
			};
		},
	},
	{
		operation: 'Lago > Invoice > Save Payment Reference',
		async make() {
			const invoice = unpaid();
			const intent = await operate('createIntent', { invoice: await get('invoiceGet', invoice.lago_id) });
			return { run: 'savePaymentReference', body: { intent }, effects: changesOf(booksOf(invoice)) };
		},
	},
	{
		operation: 'Lago > Invoice > Update Payment Status (paid)',
		async make() {
			const invoice = unpaid();
			const payment = payingFor(invoice);
			return {
				run: 'updatePaymentStatus',
				body: { payment: await get('paymentGet', payment.payment_id) },
				effects: () => sync.bookedOn(invoice).length,
			};
		},
	},
	{
		operation: 'Lago > Invoice > Update Payment Status (failed)',
		async make() {
			const invoice = unpaid();
			const payment = payingFor(invoice, { status: 'failed', error_code: 'INSUFFICIENT_FUNDS' });
			return {
				run: 'updatePaymentStatus',
				body: { payment: await get('paymentGet', payment.payment_id) },
				effects: changesOf(booksOf(invoice)),
			};
		},
	},
	{
		operation: 'Lago > Invoice > Update Payment Status (overpaid)',
		async make() {
			const { invoice } = await settled();
			const surplus = payingFor(invoice);
			return {
				run: 'updatePaymentStatus',
				body: { payment: await get('paymentGet', surplus.payment_id) },
				effects: changesOf(booksOf(invoice)),
			};
		},
	},
	{
		operation: 'Lago > Invoice > Plan Retry',
		async make() {
			const invoice = unpaid();
			const payment = payingFor(invoice, { status: 'failed', error_code: 'INSUFFICIENT_FUNDS' });
			const failure = await operate('updatePaymentStatus', { payment: await get('paymentGet', payment.payment_id) });
			expect(failure).toMatchObject({ outcome: 'failed' });
			const { planFrom: _read, ...later } = failure;
			return {
				run: 'planRetry',
				body: { failure },
				effects: () => Number(/;f=(\d+)/.exec(sync.stateOf(invoice))?.[1] ?? 0),
				fresh: async () => await Promise.resolve({ failure: later }),
			};
		},
	},
	{
		operation: 'Lago > Invoice > Record Dispute (lost)',
		async make() {
			const { invoice, payment } = await settled();
			const dispute = sync.dodo.openDispute(payment.payment_id);
			sync.dodo.moveDispute(dispute.dispute_id, 'lost');
			const path = `/api/v1/invoices/${invoice.lago_id}/lose_dispute`;
			const body = { dispute: { ...dispute }, payment: await get('paymentGet', payment.payment_id) };
			return {
				run: 'recordDispute',
				body,
				effects: () => sync.lago.calls.filter((call) => call.path === path && call.status < 300).length,
			};
		},
		notAtOnce: 'Lago keeps the first time that it was told; its webhook goes out twice',
	},
	{
		operation: 'Lago > Credit Note > Create (mirror)',
		async make() {
			const { invoice, payment } = await settled();
			const refund = await succeededRefund(payment);
			return {
				run: 'createCreditNote',
				body: { refund, payment: await get('paymentGet', payment.payment_id) },
				effects: () => sync.notesOf(invoice).length,
			};
		},
		notAtOnce:
			'Lago has neither lock nor idempotency for credit notes: the later one is reported as duplicate_credit_note',
	},
	{
		operation: 'Lago > Credit Note > Create (outcome of a refund)',
		async make() {
			const { invoice, payment } = await settled();
			const note = noteOver(invoice, 4_000);
			const made = await operate('refundNote', { note: await get('noteGet', note.lago_id) });
			await operate('saveRefund', { refund: made });
			await waitFor(() => sync.dodo.state.refunds.get(String(made.refundId))?.status === 'succeeded');
			const refund = { ...sync.dodo.state.refunds.get(String(made.refundId)) };
			return {
				run: 'createCreditNote',
				body: { refund, payment: await get('paymentGet', payment.payment_id) },
				effects: changesOf(bodyOf(note)),
			};
		},
	},
	{
		operation: 'Lago > Credit Note > Save Refund',
		async make() {
			const { invoice } = await settled();
			const note = noteOver(invoice, 4_000);
			const refund = await operate('refundNote', { note: await get('noteGet', note.lago_id) });
			return { run: 'saveRefund', body: { refund }, effects: changesOf(bodyOf(note)) };
		},
	},
	{
		operation: 'Lago > Customer > Save Mandate (active)',
		async make() {
			const customer = unique();
			await newCustomer(sync, {
				external_id: customer,
				metadata: [{ key: 'crm', value: '1', display_in_invoice: true }],
			});
			const link = await operate('createSetupLink', { customer: await get('customerGet', customer) });
			const mandate = sync.dodo.activateMandate(String(link.checkoutSessionId));
			return {
				run: 'saveMandate',
				body: { mandate: { ...mandate, on_demand: true } },
				effects: changesOf(() => metadataOf(customer)),
			};
		},
	},
	{
		operation: 'Lago > Customer > Save Mandate (ended)',
		async make() {
			const customer = unique();
			const mandate = await mandateOf(customer);
			return {
				run: 'saveMandate',
				body: { mandate: { ...mandate, on_demand: true, status: 'cancelled' } },
				effects: changesOf(() => metadataOf(customer)),
			};
		},
	},
];

function metadataOf(customer: string): Array<[string, string]> {
	return (sync.lago.state.customers.get(customer) as Customer).metadata.map(({ key, value }) => [key, value]);
}

describe('every operation that has an effect has it once', () => {
	const rows: Array<Array<string | number>> = [];

	beforeEach(async () => {
		await sync.quiet();
		sync.reset();
		setAnnouncing(false);
	});

	afterEach(() => {
		sync.lago.activity.removeAllListeners('call');
		// Dues that wait for a new card would wait for ever.
		for (const { payment_id, status } of sync.dodo.state.payments.values())
			if (status === 'processing') sync.dodo.movePayment(payment_id, 'failed');
	});

	afterAll(() => {
		setAnnouncing(true);
		printTable(
			'Effects of an operation',
			['operation', 'once', 'twice', 'at once', 'read afresh', 'another worker', 'two workers at once'],
			rows,
		);
	});

	test.each(cases.map((one) => [one.operation, one] as const))(
		'%s',
		async (operation, { make, later = [1], notAtOnce }) => {
			const row: Array<string | number> = [operation];
			// One run, then the very same input once more.
			const one = await make();
			expect(one.effects()).toBe(0);
			const first = await operate(one.run, one.body);
			expect(first.outcome).not.toBe('held');
			row.push(one.effects());
			await operate(one.run, one.body);
			row.push(one.effects());
			// Two at the same time.
			const both = await make();
			const results = await Promise.allSettled([operate(both.run, both.body), operate(both.run, both.body)]);
			expect(results.some(({ status }) => status === 'fulfilled')).toBe(true);
			row.push(both.effects());
			// Recorded as the template does it, then read again.
			await one.record?.(first);
			const known = (await one.fresh?.()) ?? one.body;
			await operate(one.run, known);
			row.push(one.effects());
			// Another worker hears of it later.
			await elsewhere(one.run, known);
			row.push(one.effects());
			// Two workers in the same moment: the later one may fail and come again, but it must not do it twice.
			if (notAtOnce === undefined) {
				const race = await make();
				const ends = await Promise.allSettled([operate(race.run, race.body), elsewhere(race.run, race.body)]);
				expect(ends.some(({ status }) => status === 'fulfilled')).toBe(true);
				row.push(race.effects());
			} else row.push('-');
			rows.push(row);
			expect(row.slice(1)).toEqual([1, 1, 1, 1, later[0], notAtOnce === undefined ? 1 : '-']);
		},
	);
});

describe('calls for each event', () => {
	const rows: Array<Array<string | number>> = [];
	/** What one event costs; the simulators tell n8n of nothing else meanwhile. */
	const cost = async (
		event: string,
		send: () => Promise<Response>,
		allowed: { dodo: number; lago: number },
	): Promise<void> => {
		sync.reset();
		const response = await send();
		expect(response.status).toBeLessThan(400);
		const [toDodo, toLago] = [sync.dodo.calls.length, sync.lago.calls.length];
		rows.push([event, toDodo, toLago, `${allowed.dodo} + ${allowed.lago}`]);
		expect({ event, dodo: toDodo <= allowed.dodo, lago: toLago <= allowed.lago }).toEqual({
			event,
			dodo: true,
			lago: true,
		});
	};
	const fromLago = async (webhook_type: string, object_type: string, object: Json): Promise<Response> =>
		await sync.postLago(
			JSON.stringify({
				webhook_type,
				object_type,
				organization_id: sync.lago.state.organizationId,
				[object_type]: object,
			}),
		);
	const fromDodo = async (type: string, data: object): Promise<Response> =>
		await sync.postDodo(JSON.stringify({ business_id: 'bus_x', type, timestamp: new Date().toISOString(), data }));
	const created = async (invoice: Invoice): Promise<Response> =>
		await fromLago('invoice.created', 'invoice', { lago_id: invoice.lago_id });

	beforeEach(async () => {
		setAnnouncing(false);
		await sync.quiet();
	});

	afterAll(() => {
		setAnnouncing(true);
		printTable('Calls for each event', ['event', 'Dodo', 'Lago', 'allowed (Dodo + Lago)'], rows);
	});

	test('collect by link, click, settle, fail', async () => {
		await created(unpaid());
		const invoice = unpaid();
		await cost('invoice.created: link', async () => await created(invoice), { dodo: 1, lago: 2 });
		await cost('the same again', async () => await created(invoice), { dodo: 0, lago: 1 });
		const link = /;l=(.+)$/.exec(sync.stateOf(invoice))?.[1] ?? '';
		await cost('click on the link, checkout there', async () => await fetch(link, { redirect: 'manual' }), {
			dodo: 0,
			// The invoice, and what else is due.
			lago: 2,
		});
		const declined = sync.dodo.payCheckout(sync.checkoutOf(invoice).id, { card: '4000000000009995' });
		await cost('payment.failed: recorded and planned', async () => await fromDodo('payment.failed', declined), {
			dodo: 0,
			lago: 2,
		});
		const other = unpaid();
		await created(other);
		const payment = sync.dodo.payCheckout(sync.checkoutOf(other).id);
		await cost('payment.succeeded: settled', async () => await fromDodo('payment.succeeded', payment), {
			dodo: 0,
			lago: 2,
		});
		await cost('the same again', async () => await fromDodo('payment.succeeded', payment), { dodo: 0, lago: 2 });
		expect(other.payment_status).toBe('succeeded');
	});

	test('first click on a link without checkout', async () => {
		const invoice = unpaid();
		const { payLink } = await operate('createPayLink', { invoice: await get('invoiceGet', invoice.lago_id) });
		await cost('first click on the link', async () => await fetch(String(payLink), { redirect: 'manual' }), {
			dodo: 1,
			// The invoice, what else is due, and the reference.
			lago: 3,
		});
	});

	test('mandate: saved, charged', async () => {
		const customer = unique();
		await newCustomer(sync, { external_id: customer });
		const link = await operate('createSetupLink', { customer: await get('customerGet', customer) });
		const mandate = sync.dodo.activateMandate(String(link.checkoutSessionId));
		await cost(
			'subscription.active: saved',
			async () => await fromDodo('subscription.active', { ...mandate, on_demand: true }),
			{ dodo: 0, lago: 2 },
		);
		await cost('invoice.created: first charge of a mandate', async () => await created(unpaid(customer)), {
			dodo: 3,
			lago: 2,
		});
		await sync.quiet();
		await cost('invoice.created: later charge', async () => await created(unpaid(customer)), { dodo: 2, lago: 2 });
	});

	test('refunds and disputes', async () => {
		/** As in life: the link is on the invoice, and its session was paid. */
		const paid = async (): Promise<{ invoice: Invoice; payment: Payment }> => {
			const invoice = unpaid();
			await created(invoice);
			const payment = sync.dodo.payCheckout(sync.checkoutOf(invoice).id);
			await fromDodo('payment.succeeded', payment);
			expect(invoice.payment_status).toBe('succeeded');
			return { invoice, payment };
		};
		const { invoice, payment } = await paid();
		const refund = await succeededRefund(payment);
		// One proves that it was this payment that was booked, one says that the money has gone back.
		await cost('refund.succeeded: credit note', async () => await fromDodo('refund.succeeded', refund), {
			dodo: 1,
			lago: 5,
		});
		const [mirror] = sync.notesOf(invoice);
		await cost(
			'credit_note.created: of that note',
			async () => await fromLago('credit_note.created', 'credit_note', { lago_id: mirror?.lago_id }),
			{ dodo: 1, lago: 3 },
		);
		expect(mirror?.refund_status).toBe('succeeded');
		const whole = await paid();
		const note = noteOver(whole.invoice, 10_000);
		await cost(
			'credit_note.created: full refund',
			async () => await fromLago('credit_note.created', 'credit_note', { lago_id: note.lago_id }),
			{ dodo: 2, lago: 3 },
		);
		await sync.quiet();
		const [made] = [...sync.dodo.state.refunds.values()].filter(
			({ payment_id }) => payment_id === whole.payment.payment_id,
		);
		await cost('refund.succeeded: of that note', async () => await fromDodo('refund.succeeded', { ...made }), {
			dodo: 1,
			lago: 2,
		});
		const part = await paid();
		const partNote = noteOver(part.invoice, 4_000);
		await cost(
			'credit_note.created: partial refund',
			async () => await fromLago('credit_note.created', 'credit_note', { lago_id: partNote.lago_id }),
			{ dodo: 3, lago: 3 },
		);
		const disputed = await paid();
		const dispute = sync.dodo.openDispute(disputed.payment.payment_id);
		await cost('dispute.opened', async () => await fromDodo('dispute.opened', dispute), { dodo: 1, lago: 0 });
		sync.dodo.moveDispute(dispute.dispute_id, 'lost');
		await cost('dispute.lost', async () => await fromDodo('dispute.lost', dispute), { dodo: 1, lago: 3 });
		expect(disputed.invoice.payment_dispute_lost_at).not.toBeNull();
	});

	test('every hour with nothing due', async () => {
		for (const invoice of sync.lago.state.invoices.values()) invoice.metadata = [];
		sync.reset();
		const run = await sync.n8n.executeFrom('Every Hour');
		expect(run.status).toBe('success');
		rows.push([
			'every hour, nothing due',
			sync.dodo.calls.length,
			sync.lago.calls.length,
			'0 + 1 for each 100 unpaid invoices',
		]);
		expect(sync.dodo.calls).toHaveLength(0);
		expect(sync.lago.calls.every(({ method }) => method === 'GET')).toBe(true);
	});
});

test('SIGKILL between an effect and its record: nothing is done twice, nothing is lost', async () => {
	setAnnouncing(false);
	const customer = unique();
	await mandateOf(customer);
	const [toCredit, toRefund] = [await settled(), await settled()];
	await sync.quiet();
	sync.reset();
	setAnnouncing(true);
	// Each of the three is done, but its answer never comes back.
	sync.dodo.faults.add({ method: 'POST', path: /\/charge$/, kind: 'timeout', after: true });
	sync.dodo.faults.add({ method: 'POST', path: /\/refunds$/, kind: 'timeout', after: true });
	sync.lago.faults.add({ method: 'POST', path: /\/credit_notes$/, kind: 'timeout', after: true });
	const invoice = sync.lago.issueInvoice({ customer: { external_id: customer } });
	const refund = sync.dodo.refundPayment(toCredit.payment.payment_id, { amount: 2_500 });
	const note = noteOver(toRefund.invoice, 4_000);
	await waitFor(
		() =>
			[...sync.dodo.calls, ...sync.lago.calls].filter(({ fault }) => fault === 'timeout after the effect').length === 3,
	);
	await sync.n8n.killAndRestart();
	await sync.quiet();
	// Whoever had no answer sends again, and so does a person who presses "Resend" everywhere.
	for (const id of new Set(sync.lago.deliveries.map((delivery) => delivery.id))) sync.lago.resend(id);
	for (const id of new Set(sync.dodo.deliveries.map((delivery) => delivery.id))) sync.dodo.redeliver(id);
	await sync.quiet();
	expect(sync.paymentsFor(invoice)).toMatchObject([{ status: 'succeeded' }]);
	expect(sync.bookedOn(invoice)).toHaveLength(1);
	expect(sync.checkoutsOf(invoice)).toHaveLength(0);
	expect(sync.notesOf(toCredit.invoice)).toMatchObject([
		{ refund_amount_cents: 2_500, refund_status: 'succeeded', metadata: { dodo_refund_id: refund.refund_id } },
	]);
	expect(refundsOf(toCredit.payment)).toBe(1);
	expect(refundsOf(toRefund.payment)).toBe(1);
	expect(note.refund_status).toBe('succeeded');
	const posts = [...sync.dodo.calls, ...sync.lago.calls].filter(
		({ method, path }) => method === 'POST' && /\/(charge|refunds|credit_notes)$/.test(path),
	);
	expect(posts.map(({ path }) => path.split('/').at(-1)).sort()).toEqual(['charge', 'credit_notes', 'refunds']);
});

// Last: that a Lago has no licence is remembered for a while.
describe('on a Lago without licence', () => {
	const twice = async (run: string, body: Json): Promise<void> => {
		for (const work of [operate, operate, elsewhere]) await work(run, body);
		await Promise.all([operate(run, body), operate(run, body)]);
	};

	beforeAll(() => {
		setAnnouncing(false);
		sync.lago.premium = false;
	});

	test('a success, its surplus and its refund are written once', async () => {
		const invoice = unpaid();
		const payment = payingFor(invoice);
		const changes = changesOf(booksOf(invoice));
		await twice('updatePaymentStatus', { payment: await get('paymentGet', payment.payment_id) });
		expect(changes()).toBe(1);
		expect(invoice.payment_status).toBe('succeeded');
		const refund = await succeededRefund(payment);
		await twice('createCreditNote', { refund, payment: await get('paymentGet', payment.payment_id) });
		expect(changes()).toBe(2);
		expect(sync.stateOf(invoice)).toContain(';r=2500');
		expect(sync.notesOf(invoice)).toHaveLength(0);
	});
});
