import type { IDataObject, IHookFunctions, ILoadOptionsFunctions } from 'n8n-workflow';
import { operations as dodoOperations } from '../../nodes/DodoPayments/actions/operations';
import * as dodoEndpoint from '../../nodes/DodoPayments/helpers/endpoint';
import {
	searchInvoiceProducts,
	searchMandates,
	searchPayments,
	searchPayouts,
} from '../../nodes/DodoPayments/methods/listSearch';
import { DodoClient } from '../../nodes/DodoPayments/transport/client';
import { operations as lagoOperations } from '../../nodes/Lago/actions/operations';
import * as lagoEndpoint from '../../nodes/Lago/helpers/endpoint';
import { publicKeyOf } from '../../nodes/Lago/helpers/publicKey';
import {
	searchCreditNotes,
	searchCustomers,
	searchInvoices,
	searchSubscriptions,
} from '../../nodes/Lago/methods/listSearch';
import { LagoClient } from '../../nodes/Lago/transport/client';
import { runOperation, type Operations } from '../../nodes/shared/node/operation';
import type { ServiceClient } from '../../nodes/shared/transport/serviceClient';
import {
	startDodoSimulator,
	startLagoSimulator,
	type DodoSimulator,
	type LagoSimulator,
} from '../../sandbox/simulators';
import type { Payment } from '../../sandbox/dodo/state';
import { API_KEY, executeContext, itemsOf } from '../support/executeContext';
import { letAMinutePass } from '../support/sync';
import { describeWithSpec, validateRequest } from '../support/openapi';
import { pathOf, UNDESCRIBED } from './helpers';

const ALL = { returnAll: true, limit: 50, filters: {} };

/** Every request that the nodes send, made for real against the simulators, then held against the services' own descriptions. */
let dodo: DodoSimulator;
let lago: LagoSimulator;

async function run<Client extends ServiceClient>(
	operations: Operations<Client>,
	connect: (ctx: never) => Promise<Client>,
	baseUrl: string,
	parameters: IDataObject,
	input: IDataObject = {},
): Promise<IDataObject[]> {
	const context = executeContext({
		input: [input],
		parameters,
		typeVersion: 1,
		credential: { baseUrl, webhookHmacKey: 'hmac-key-of-the-test' },
		credentialId: `account-${lago.premium}`,
	});
	const items = await itemsOf(context, operations, connect as never);
	return items.map(({ json }) => json);
}
const runDodo = async (parameters: IDataObject, input?: IDataObject) =>
	await run(dodoOperations, DodoClient.of, dodo.url, parameters, input);
const runLago = async (parameters: IDataObject, input?: IDataObject) =>
	await run(lagoOperations, LagoClient.of, lago.url, { resource: 'invoice', ...parameters }, input);

beforeAll(async () => {
	dodo = await startDodoSimulator({ apiKey: API_KEY });
	lago = await startLagoSimulator({ apiKey: API_KEY });

	const intent = {
		resource: 'payment',
		operation: 'createIntent',
		source: 'invoice',
		invoice: '={{ $json }}',
		taxMode: 'inclusive',
		productSource: 'automatic',
		additionalFields: { organizationId: 'org', returnUrl: 'https://example.com/thanks' },
	};
	for (const premium of [true, false]) {
		lago.premium = premium;
		const { lago_id } = lago.issueInvoice({
			customer: { external_id: `c-${premium}`, tax_identification_number: 'FR123' },
			metadata: { po: '4711' },
		});
		const [invoice] = await runLago({ operation: 'get', invoice: lago_id });
		const [created] = await runDodo(intent, invoice);
		await runLago({ operation: 'savePaymentReference', intent: '={{ $json }}' }, created);
		const declined = dodo.payCheckout(String(created?.checkoutSessionId), { card: '4000000000000002' });
		const paid = dodo.payCheckout(String(created?.checkoutSessionId));
		for (const payment of [declined, paid, paid, { ...paid, payment_id: 'pay_other' }])
			await runLago(
				{ operation: 'updatePaymentStatus', payment: '={{ $json }}' },
				{
					mode: 'test',
					event: `payment.${payment.status}`,
					occurredAt: '2026-11-01T10:01:11.123456Z',
					data: payment as IDataObject,
				},
			);
		await runDodo({ resource: 'payment', operation: 'get', payment: paid.payment_id });
	}
	lago.premium = true;
	const dead = lago.issueInvoice({
		metadata: { dodo_payment_id: 'cks_gone', dodo_state: 'v1;open;a=1;m=10000;x=1700000000' },
	});
	await runDodo(intent, (await runLago({ operation: 'get', invoice: dead.lago_id }))[0]);
	await runDodo({
		...intent,
		source: 'amount',
		amount: 1_000,
		currency: 'USD',
		reference: 'order-1',
		additionalFields: { customerEmail: 'a@example.com' },
		taxMode: 'exclusive',
	});
	await runDodo({
		resource: 'payment',
		operation: 'getAll',
		...ALL,
		filters: {
			status: 'succeeded',
			created_at_gte: '2026-01-01T00:00:00Z',
			created_at_lte: '2030-01-01T00:00:00Z',
			customer_id: 'cus_1',
			subscription_id: 'sub_1',
		},
	});
	await runDodo({ resource: 'product', operation: 'ensure', currency: 'JPY', taxMode: 'inclusive' });
	await runLago({ operation: 'getAll', show: 'payable', ...ALL });
	await runLago({
		operation: 'getAll',
		show: 'all',
		...ALL,
		filters: {
			currency: 'EUR',
			external_customer_id: 'c-true',
			statuses: ['finalized'],
			payment_statuses: ['succeeded'],
			issuing_date_from: '2026-01-01T00:00:00',
			issuing_date_to: '2030-01-01',
		},
	});

	await refundsBothWays();
	await automaticPayment();
	await permanentLink();
	await access();

	await monthEnd();
	await lists();
	await looksAtEverything();

	const dodoContext = executeContext({
		parameters: {},
		credential: { baseUrl: dodo.url },
	}) as unknown as IHookFunctions;
	Object.assign(dodoContext, { getWorkflowStaticData: () => ({}) });
	const dodoClient = await DodoClient.of(dodoContext);
	const url = 'https://n8n.example/webhooks/dodo';
	const id = await dodoEndpoint.registerEndpoint(dodoClient, url, undefined, ['payment.succeeded']);
	await dodoEndpoint.registerEndpoint(dodoClient, url, id, ['payment.failed', 'payment.succeeded']);
	await dodoEndpoint.endpointSecret(dodoContext, dodoClient, url, false);
	expect(
		await dodoEndpoint.registerEndpoint(dodoClient, url.replace('n8n', 'tunnel'), id, [
			'payment.failed',
			'payment.succeeded',
		]),
	).toBe(id);
	await dodoEndpoint.removeEndpoint(dodoClient, url.replace('n8n', 'tunnel'), undefined);

	const lagoClient = await LagoClient.of(executeContext({ parameters: {}, credential: { baseUrl: lago.url } }));
	for (const events of [['invoice.created'], ['invoice.voided']])
		await lagoEndpoint.registerEndpoint(lagoClient, { url, algorithm: 'hmac', events }, undefined);
	await lagoEndpoint.removeEndpoint(lagoClient, url, undefined);
	await publicKeyOf(lagoClient, false);
});

/** A reconciliation of all that happened so far. */
async function looksAtEverything(): Promise<void> {
	const { payment } = await paidInvoice('c-looks');
	dodo.openDispute(payment.payment_id);
	letAMinutePass({ dodo, lago });
	const look = {
		getExecutionId: () => 'look',
		getWorkflow: () => ({ id: 'looks' }),
		getWorkflowStaticData: () => ({}),
		getMode: () => 'trigger',
	};
	const lane = async <Client extends ServiceClient>(
		operations: Operations<Client>,
		connect: (ctx: never) => Promise<Client>,
		baseUrl: string,
		operation: string,
		input: IDataObject[],
	): Promise<IDataObject[]> => {
		const context = Object.assign(
			executeContext({ input, parameters: { resource: 'event', operation, since: '' }, credential: { baseUrl } }),
			look,
		);
		const items = await itemsOf(context, operations, connect as never);
		return items.map(({ json }) => json);
	};
	const fromLago = await lane(lagoOperations, LagoClient.of, lago.url, 'getMissed', [{}]);
	const both = await lane(dodoOperations, DodoClient.of, dodo.url, 'getMissed', fromLago);
	const kinds = both.map(({ event }) => String(event).split('.')[0]);
	// Every payment of the test is in Lago's books.
	expect(kinds).toEqual(expect.arrayContaining(['invoice', 'refund', 'dispute']));
	expect(kinds).not.toContain('payment');
	const [summary] = await lane(
		dodoOperations,
		DodoClient.of,
		dodo.url,
		'saveProgress',
		both.map(() => ({ outcome: 'already_settled' })),
	);
	expect(summary).toMatchObject({ outcome: 'reconciled', missed: both.length, failed: 0 });
}

/** An invoice that was paid through a checkout, as both services know it. */
async function paidInvoice(customer = 'c-refunds') {
	const invoice = lago.issueInvoice({
		customer: { external_id: customer },
		fees: [{ amountCents: 10_000, taxRate: 20 }],
	});
	const [read] = await runLago({ operation: 'get', invoice: invoice.lago_id });
	const [created] = await runDodo(
		{
			resource: 'payment',
			operation: 'createIntent',
			source: 'invoice',
			invoice: '={{ $json }}',
			taxMode: 'inclusive',
			productSource: 'automatic',
			additionalFields: {},
		},
		read,
	);
	await runLago({ operation: 'savePaymentReference', intent: '={{ $json }}' }, created);
	const payment = dodo.payCheckout(String(created?.checkoutSessionId));
	await settle(payment);
	return { invoice, payment };
}

const settle = async (payment: Payment) =>
	await runLago(
		{ operation: 'updatePaymentStatus', payment: '={{ $json }}' },
		{ mode: 'test', event: `payment.${payment.status}`, data: payment as unknown as IDataObject },
	);
const until = async (condition: () => boolean): Promise<void> => {
	while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

async function refundsBothWays(): Promise<void> {
	const { invoice, payment } = await paidInvoice();
	const { refund_id } = dodo.refundPayment(payment.payment_id, { amount: 2_400 });
	await until(() => dodo.state.refunds.get(refund_id)?.status === 'succeeded');
	const [refund] = await runDodo({ resource: 'refund', operation: 'get', refundId: refund_id });
	const [refunded] = await runDodo({ resource: 'payment', operation: 'get', payment: payment.payment_id });
	const mirror = { resource: 'creditNote', operation: 'create', refund, payment: '={{ $json }}', reason: 'other' };
	const [credited] = await runLago(mirror, refunded);
	expect(credited).toMatchObject({ outcome: 'credited', refundAmount: 2_400 });
	const note = lago.createCreditNoteInUi(invoice.lago_id, {
		items: [{ fee_id: String(invoice.fees[0]?.lago_id), amount_cents: 1_000 }],
		refund_amount_cents: 1_200,
	});
	for (const creditNote of [String(credited?.creditNoteId), note.lago_id]) {
		const [read] = await runLago({ resource: 'creditNote', operation: 'get', creditNote });
		const [made] = await runDodo(
			{ resource: 'refund', operation: 'create', source: 'creditNote', creditNote: '={{ $json }}' },
			read,
		);
		await runLago({ resource: 'creditNote', operation: 'saveRefund', refund: '={{ $json }}' }, made);
	}
	const own = [...dodo.state.refunds.values()].at(-1);
	await until(() => own?.status === 'succeeded');
	expect(await runLago({ ...mirror, refund: own as unknown as IDataObject }, refunded)).toMatchObject([
		{ outcome: 'refund_confirmed' },
	]);
	await runLago({
		resource: 'creditNote',
		operation: 'getAll',
		...ALL,
		filters: {
			currency: 'EUR',
			external_customer_id: 'c-refunds',
			invoice_number: invoice.number,
			refund_status: 'succeeded',
		},
	});
	await runDodo({
		resource: 'refund',
		operation: 'getAll',
		...ALL,
		filters: {
			status: 'succeeded',
			customer_id: 'cus_1',
			created_at_gte: '2026-01-01T00:00:00Z',
			created_at_lte: '2030-01-01T00:00:00Z',
		},
	});
	const other = await paidInvoice();
	await runDodo({
		resource: 'refund',
		operation: 'create',
		source: 'payment',
		payment: other.payment.payment_id,
		amount: 500,
		reference: 'ticket-1',
	});
	const dispute = dodo.openDispute(payment.payment_id);
	const lost = dodo.moveDispute(dispute.dispute_id, 'lost');
	expect(
		await runLago(
			{ operation: 'recordDispute', dispute: lost as unknown as IDataObject, payment: '={{ $json }}' },
			refunded,
		),
	).toMatchObject([{ outcome: 'dispute_lost' }]);
	lago.premium = false;
	const { refund_id: onFree } = dodo.refundPayment(payment.payment_id, { amount: 100 });
	await until(() => dodo.state.refunds.get(onFree)?.status === 'succeeded');
	const [again] = await runDodo({ resource: 'payment', operation: 'get', payment: payment.payment_id });
	expect(
		await runLago({ ...mirror, refund: dodo.state.refunds.get(onFree) as unknown as IDataObject }, again),
	).toMatchObject([{ outcome: 'needs_premium', refundedInAll: 3_700 }]);
	lago.premium = true;
}

async function automaticPayment(): Promise<void> {
	lago.issueInvoice({ customer: { external_id: 'c-mandate' } });
	const [customer] = await runLago({ resource: 'customer', operation: 'get', customer: 'c-mandate' });
	const setUp = {
		resource: 'mandate',
		operation: 'createSetupLink',
		customer: '={{ $json }}',
		currency: 'EUR',
		taxMode: 'inclusive',
		additionalFields: { returnUrl: 'https://example.com/thanks' },
	};
	const [link] = await runDodo(setUp, customer);
	const { subscription_id } = dodo.activateMandate(String(link?.checkoutSessionId));
	const [mandate] = await runDodo({ resource: 'mandate', operation: 'get', mandate: subscription_id });
	const save = { resource: 'customer', operation: 'saveMandate', mandate: '={{ $json }}' };
	expect(await runLago(save, mandate)).toMatchObject([{ outcome: 'saved' }]);
	expect(
		await runDodo(setUp, (await runLago({ resource: 'customer', operation: 'get', customer: 'c-mandate' }))[0]),
	).toMatchObject([{ outcome: 'existing', subscriptionId: subscription_id }]);
	dodo.setMandateCard(subscription_id, '4000000000009995');
	const charge = {
		resource: 'mandate',
		operation: 'charge',
		invoice: '={{ $json }}',
		additionalFields: { organizationId: lago.state.organizationId, description: 'Usage in May' },
	};
	const { lago_id } = lago.issueInvoice({ customer: { external_id: 'c-mandate' } });
	const [charged] = await runDodo(charge, (await runLago({ operation: 'get', invoice: lago_id }))[0]);
	expect(charged).toMatchObject({ outcome: 'charging', amount: expect.any(Number) });
	await runLago({ operation: 'savePaymentReference', intent: '={{ $json }}' }, charged);
	const payment = dodo.state.payments.get(String(charged?.paymentId));
	await until(() => payment?.status === 'failed');
	const [failed] = await settle(payment as Payment);
	expect(
		await runLago({ operation: 'planRetry', failure: '={{ $json }}', schedule: '1d,3d', timeOfDay: '09:00' }, failed),
	).toMatchObject([{ outcome: 'retry_planned', failedTries: 1 }]);
	await runLago({ operation: 'getAll', show: 'retryDue', ...ALL });
	const next = lago.issueInvoice({ customer: { external_id: 'c-mandate' } });
	expect(await runDodo(charge, (await runLago({ operation: 'get', invoice: next.lago_id }))[0])).toMatchObject([
		{ outcome: 'needs_link', reason: 'mandate_on_hold' },
	]);
	expect(
		await runDodo({
			resource: 'mandate',
			operation: 'getUpdateLink',
			mandate: subscription_id,
			additionalFields: { returnUrl: 'https://example.com/thanks' },
		}),
	).toMatchObject([{ outcome: 'created' }]);
	// The dues were collected without a word of the invoice.
	const dues = { ...payment, status: 'succeeded', payment_id: 'pay_dues', metadata: {} } as unknown as Payment;
	expect(await settle(dues)).toMatchObject([{ outcome: 'settled', invoiceId: lago_id }]);
	// Delivered again while another invoice over the same amount is open after a failed charge: it is still the first one that it paid.
	const twin = lago.issueInvoice({
		customer: { external_id: 'c-mandate' },
		metadata: { dodo_payment_id: 'pay_twin', dodo_state: 'v1;failed;a=1' },
	});
	expect(await settle(dues)).toMatchObject([{ outcome: 'already_settled', invoiceId: lago_id }]);
	expect(twin.payment_status).toBe('pending');
	expect(await runLago(save, { ...mandate, status: 'cancelled' })).toMatchObject([{ outcome: 'removed' }]);
}

/** A statement of all that happened so far, of a period and of the payout that ends it. */
async function monthEnd(): Promise<void> {
	// Longer ago than the lists of a statement go back.
	const [old] = dodo.state.payments.values();
	Object.assign(old ?? {}, { created_at: '2026-01-02T03:04:05.000000Z' });
	const { payout_id } = dodo.payOut();
	const get = { resource: 'statement', operation: 'get' };
	const period = { of: 'period', from: '2020-01-01', until: '2100-01-01' };
	for (const asked of [period, { of: 'payout', payout: payout_id }]) {
		const items = await runDodo({ ...get, ...asked });
		const context = executeContext({
			input: items,
			parameters: { resource: 'statement', operation: 'compare' },
			credential: { baseUrl: lago.url },
			typeVersion: 1.2,
		});
		const [rows = [], sums = [], summary = []] = await runOperation(context, lagoOperations, LagoClient.of);
		expect(rows.map(({ json }) => json.Movement)).toEqual(expect.arrayContaining(['payment', 'refund', 'payout']));
		expect(sums.map(({ json }) => json.Scope)).toEqual(expect.arrayContaining(['Account', 'Billing Entity', 'Lago']));
		expect(summary).toMatchObject([{ json: { outcome: 'adds_up' } }]);
	}
	await expect(runDodo({ ...get, of: 'payout', payout: 'pyt_unknown' })).rejects.toThrow('no payout pyt_unknown');
	await expect(runDodo({ ...get, ...period, until: '2019-01-01' })).rejects.toThrow('not later than');
	await expect(runLago({ resource: 'statement', operation: 'compare' }, { error: 'x' })).rejects.toThrow('no part of');
	const search = Object.assign(executeContext({ parameters: {}, credential: { baseUrl: dodo.url } }), {
		getCurrentNodeParameter: () => '',
	}) as unknown as ILoadOptionsFunctions;
	expect((await searchPayouts.call(search)).results).toMatchObject([{ value: payout_id }]);
}

/** What the editor offers to choose from. */
async function lists(): Promise<void> {
	const contextOf = (baseUrl: string) =>
		Object.assign(executeContext({ parameters: {}, credential: { baseUrl } }), {
			getCurrentNodeParameter: () => '',
		}) as unknown as ILoadOptionsFunctions;
	const offered = async (search: typeof searchInvoices, baseUrl: string, filter?: string) =>
		(await search.call(contextOf(baseUrl), filter)).results.map(({ name }) => name);
	expect(await offered(searchMandates, dodo.url)).toEqual([expect.stringMatching(/EUR · on_hold · sub_/)]);
	expect(await offered(searchMandates, dodo.url, 'nobody')).toEqual([]);
	expect((await offered(searchPayments, dodo.url)).length).toBeGreaterThan(3);
	expect(await offered(searchInvoiceProducts, dodo.url)).toContainEqual(expect.stringContaining('JPY · tax included'));
	expect(await offered(searchCreditNotes, lago.url)).toContainEqual(
		expect.stringMatching(/-CN001 · refund EUR 24\.00 · succeeded/),
	);
	expect(await offered(searchCustomers, lago.url, 'c-mandate')).toEqual([expect.stringContaining('c-mandate')]);
	expect(await offered(searchSubscriptions, lago.url, 'sub_c-access')).toContainEqual(
		'pro_eur · terminated · sub_c-access',
	);
	expect((await offered(searchInvoices, lago.url)).length).toBeGreaterThan(3);
}

/** Changes of access, as they are written to Lago, and a look at the past. */
async function accessUpdates(): Promise<void> {
	lago.addFeature('access', ['state']);
	const { lago_id, customer } = lago.issueInvoice({
		customer: { external_id: 'c-access-update' },
		paymentStatus: 'failed',
	});
	const memory = {};
	const update = async (parameters: IDataObject): Promise<IDataObject[]> => {
		const context = Object.assign(
			executeContext({
				input: [{ invoiceId: lago_id }],
				parameters: {
					resource: 'access',
					operation: 'update',
					item: '={{ $json }}',
					restrictImmediately: true,
					...parameters,
				},
				credential: { baseUrl: lago.url },
			}),
			{
				getMode: () => 'webhook',
				getWorkflow: () => ({ id: JSON.stringify(parameters) }),
				getWorkflowStaticData: () => memory,
			},
		);
		const items = await itemsOf(context, lagoOperations, LagoClient.of);
		return items.map(({ json }) => json);
	};
	expect(await update({ lookAt: 'item', writeTo: 'metadata', metadataKey: 'access_state' })).toMatchObject([
		{ outcome: 'access_changed' },
	]);
	expect(customer.metadata).toMatchObject([{ key: 'access_state', value: 'restricted' }]);
	Object.assign(memory, { access: {} });
	expect(
		await update({ lookAt: 'item', writeTo: 'entitlement', featureCode: 'access', privilegeCode: 'state' }),
	).toMatchObject([{ outcome: 'access_changed' }]);
	await update({ lookAt: 'due', writeTo: 'none' });
	await runLago({ resource: 'access', operation: 'backtest', days: 30, restrictAfterInvoices: 1 });
}

async function access(): Promise<void> {
	const policy = { restrictAfterDays: 7, waitForFirstPayment: true, keepPrepaidPeriod: true };
	const invoice = lago.issueInvoice({ customer: { external_id: 'c-access' }, reason: 'subscription_starting' });
	const { subscription } = invoice;
	expect(
		await runLago({ resource: 'access', operation: 'getCustomer', customer: 'c-access', ...policy }),
	).toMatchObject([{ customer: { state: 'pending_payment' } }]);
	invoice.payment_status = 'succeeded';
	Object.assign(subscription ?? {}, { on_termination_credit_note: 'skip' });
	for (const fee of invoice.fees) fee.to_date = '2030-12-31T23:59:59+00:00';
	lago.terminateSubscription(String(subscription?.external_id));
	const asked = {
		resource: 'access',
		operation: 'getSubscription',
		customer: 'c-access',
		subscription: subscription?.external_id,
		...policy,
	};
	expect(await runLago(asked)).toMatchObject([{ state: 'paid_until', until: '2030-12-31T23:59:59Z' }]);
	await accessUpdates();
	lago.issueInvoice({ customer: { external_id: 'c-access-none' }, type: 'one_off' });
	expect(await runLago({ ...asked, operation: 'getCustomer', customer: 'c-access-none' })).toMatchObject([
		{ customer: { state: 'active' }, subscriptions: [] },
	]);
	const fresh = {
		lago_id: 'row-fresh',
		external_id: 'sub.fresh',
		started_at: new Date().toISOString().replace(/\.\d+/, ''),
		status: 'active' as const,
		terminated_at: null,
	};
	lago.state.subscriptions.set('sub.fresh', { ...(subscription as NonNullable<typeof subscription>), ...fresh });
	expect(await runLago({ ...asked, subscription: 'sub.fresh' })).toMatchObject([
		{ state: 'pending_payment', reasons: [{ rule: 'first_invoice' }] },
	]);
	for (let count = 0; count < 101; count++)
		lago.issueInvoice({ customer: { external_id: 'c-access-many' }, paymentStatus: 'succeeded', emit: false });
	expect(await runLago({ ...asked, operation: 'getCustomer', customer: 'c-access-many' })).toMatchObject([
		{ customer: { state: 'active' } },
	]);
}

async function permanentLink(): Promise<void> {
	const { lago_id } = lago.issueInvoice();
	const [invoice] = await runLago({ operation: 'get', invoice: lago_id });
	const [link] = await runLago(
		{ operation: 'createPayLink', invoice: '={{ $json }}', payLinkAddress: 'https://n8n.example/webhook/pay' },
		invoice,
	);
	expect(link).toMatchObject({ outcome: 'created', savedOnInvoice: true });
	expect(
		await runLago({ operation: 'openPayLink', link: new URL(String(link?.payLink)).searchParams.get('t') }),
	).toMatchObject([{ outcome: 'payable' }]);
}

afterAll(async () => {
	await dodo.close();
	await lago.close();
});

describeWithSpec('dodo', 'requests to Dodo Payments', (spec) => {
	test('all of them are as Dodo describes them', () => {
		const sent = new Set(
			dodo.calls.map(({ method, path }) => `${method} ${path.replace(/(cks|dis|pay|ep|pdt|ref|sub)_\w+/, ':id')}`),
		);
		expect([...sent].sort()).toEqual([
			'DELETE /webhooks/:id',
			'GET /balances/ledger',
			'GET /brands',
			'GET /checkouts/:id',
			'GET /disputes',
			'GET /disputes/:id',
			'GET /payments',
			'GET /payments/:id',
			'GET /payments/:id/line-items',
			'GET /payouts',
			'GET /products',
			'GET /refunds',
			'GET /refunds/:id',
			'GET /subscriptions',
			'GET /subscriptions/:id',
			'GET /webhooks',
			'GET /webhooks/:id',
			'GET /webhooks/:id/secret',
			'PATCH /webhooks/:id',
			'POST /checkouts',
			'POST /products',
			'POST /refunds',
			'POST /subscriptions/:id/charge',
			'POST /subscriptions/:id/update-payment-method',
			'POST /webhooks',
		]);
		for (const call of dodo.calls)
			expect([call.method, call.path, validateRequest(spec, call.method, pathOf(call), call.body)]).toEqual([
				call.method,
				call.path,
				[],
			]);
	});
});

/** A real Lago takes a moment as well (`lago-api:services/payments/manual_create_service.rb`), and lists payments by it. */
const TAKES_MOMENTS = '/payment/paid_at must match format "date" {"format":"date"}';

describeWithSpec('lago', 'requests to Lago', (spec) => {
	test('all of them are as Lago describes them', () => {
		const sent = new Set(lago.calls.map(({ method, path }) => `${method} ${path.replace(/[0-9a-f-]{36}/, ':id')}`));
		expect([...sent].sort()).toEqual([
			'DELETE /api/v1/webhook_endpoints/:id',
			'GET /api/v1/credit_notes',
			'GET /api/v1/credit_notes/:id',
			'GET /api/v1/customers',
			'GET /api/v1/customers/c-access-update',
			'GET /api/v1/customers/c-mandate',
			'GET /api/v1/fees',
			'GET /api/v1/invoices',
			'GET /api/v1/invoices/:id',
			'GET /api/v1/organizations',
			'GET /api/v1/payments',
			'GET /api/v1/subscriptions',
			'GET /api/v1/subscriptions/sub%2Efresh',
			'GET /api/v1/subscriptions/sub_c-access-update/entitlements',
			'GET /api/v1/webhook_endpoints',
			'GET /api/v1/webhooks/json_public_key',
			'PATCH /api/v1/credit_notes/:id/metadata',
			'PATCH /api/v1/subscriptions/sub_c-access-update/entitlements',
			'POST /api/v1/credit_notes',
			'POST /api/v1/customers',
			'POST /api/v1/invoices/:id/lose_dispute',
			'POST /api/v1/payments',
			'POST /api/v1/webhook_endpoints',
			'PUT /api/v1/credit_notes/:id',
			'PUT /api/v1/invoices/:id',
			'PUT /api/v1/webhook_endpoints/:id',
		]);
		for (const call of lago.calls) {
			const complaints = validateRequest(spec, call.method, pathOf(call), call.body).filter(
				(complaint) => complaint !== TAKES_MOMENTS && complaint !== UNDESCRIBED,
			);
			expect([call.method, call.path, complaints]).toEqual([call.method, call.path, []]);
		}
	});
});
