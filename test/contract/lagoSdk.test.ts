import { Client, getLagoError } from 'lago-javascript-client';
import { startLagoSimulator, type LagoSimulator } from '../../sandbox/simulators';
import { describeWithSpec } from '../support/openapi';
import { disagreements } from './helpers';

/** The official SDK against the simulator, then every answer against Lago's OpenAPI description. */
let lago: LagoSimulator;
let sdk: ReturnType<typeof Client>;

beforeAll(async () => {
	lago = await startLagoSimulator();
	sdk = Client(lago.apiKey, { baseUrl: `${lago.url}/api/v1` });
});

afterAll(async () => await lago.close());

const issued = (cents = 10_000) => lago.issueInvoice({ fees: [{ amountCents: cents, taxRate: 20 }] });

describe('the official SDK works', () => {
	test('customers', async () => {
		const created = await sdk.customers.createCustomer({
			customer: {
				external_id: 'acme-42',
				name: 'Acme',
				country: 'DE',
				currency: 'EUR',
				metadata: [{ key: 'dodo_customer_id', value: 'cus_1', display_in_invoice: false }],
			},
		});
		expect(created.data.customer).toMatchObject({
			external_id: 'acme-42',
			country: 'DE',
			metadata: [{ key: 'dodo_customer_id', value: 'cus_1' }],
		});
		expect((await sdk.customers.findCustomer('acme-42')).data.customer.name).toBe('Acme');
		expect((await sdk.customers.findAllCustomers({ search_term: 'acme' })).data.customers).toHaveLength(1);
	});

	test('invoices: list, read, write, retry, lose, void', async () => {
		const { lago_id } = issued();
		const { data } = await sdk.invoices.findInvoice(lago_id);
		expect(data.invoice).toMatchObject({
			total_amount_cents: 12_000,
			taxes_amount_cents: 2_000,
			status: 'finalized',
			payment_status: 'pending',
			metadata: [],
		});
		const written = await sdk.invoices.updateInvoice(lago_id, {
			invoice: { payment_status: 'failed', metadata: [{ key: 'dodo_payment_id', value: 'pay_1' }] },
		});
		expect(written.data.invoice).toMatchObject({
			payment_status: 'failed',
			metadata: [{ key: 'dodo_payment_id', value: 'pay_1' }],
		});
		const { data: list } = await sdk.invoices.findAllInvoices({
			'statuses[]': ['finalized'],
			'payment_statuses[]': ['failed'],
			per_page: 1,
		} as never);
		expect(list).toMatchObject({ invoices: [{ lago_id }], meta: { current_page: 1, total_count: 1 } });
		expect((await sdk.customers.findAllCustomerInvoices('cust_1')).data.invoices.length).toBeGreaterThan(0);
		await sdk.invoices.retryPayment(lago_id, {});
		expect((await sdk.invoices.loseDisputeInvoice(lago_id)).data.invoice.payment_dispute_lost_at).toEqual(
			expect.any(String),
		);
		expect((await sdk.invoices.voidInvoice(lago_id, {})).data.invoice.status).toBe('voided');
	});

	test('a one-off invoice', async () => {
		await sdk.addOns.createAddOn({
			add_on: { name: 'Set-up', code: 'setup', amount_cents: 500, amount_currency: 'EUR' },
		});
		const { data } = await sdk.invoices.createInvoice({
			invoice: { external_customer_id: 'cust_1', currency: 'EUR', fees: [{ add_on_code: 'setup', units: '2' }] },
		});
		expect(data.invoice).toMatchObject({
			invoice_type: 'one_off',
			total_amount_cents: 1_000,
			fees: [{ units: '2.0', item: { type: 'add_on' } }],
		});
	});

	test('payments', async () => {
		const { lago_id } = issued();
		const { data } = await sdk.payments.createPayment({
			payment: { invoice_id: lago_id, amount_cents: 12_000, reference: 'pay_1', paid_at: '2026-08-20' },
		});
		expect(data.payment).toMatchObject({
			type: 'manual',
			reference: 'pay_1',
			payment_status: 'succeeded',
			created_at: '2026-08-20T00:00:00Z',
		});
		expect((await sdk.payments.findAllPayments({ invoice_id: lago_id })).data.payments).toMatchObject([
			{ reference: 'pay_1' },
		]);
		expect((await sdk.payments.findPayment(data.payment.lago_id)).data).toMatchObject({
			payment: { lago_id: data.payment.lago_id },
		});
		expect((await sdk.invoices.findInvoice(lago_id)).data.invoice).toMatchObject({
			payment_status: 'succeeded',
			total_paid_amount_cents: 12_000,
			total_due_amount_cents: 0,
		});
	});

	test('credit notes', async () => {
		const { lago_id, number, fees } = issued();
		lago.payManually(lago_id, 12_000);
		const items = [{ fee_id: fees[0]?.lago_id ?? '', amount_cents: 1_000 }];
		const { data: estimate } = await sdk.creditNotes.estimateCreditNote({
			credit_note: { invoice_id: lago_id, items },
		});
		expect(estimate.estimated_credit_note).toMatchObject({
			max_refundable_amount_cents: 1_200,
			taxes_amount_cents: 200,
		});
		const { data } = await sdk.creditNotes.createCreditNote({
			credit_note: {
				invoice_id: lago_id,
				reason: 'other',
				refund_amount_cents: 700,
				credit_amount_cents: 500,
				items,
				metadata: { dodo_refund_id: 'ref_1' },
			},
		});
		const { credit_note: note } = data;
		expect(note).toMatchObject({
			number: `${number}-CN001`,
			refund_status: 'pending',
			refund_amount_cents: 700,
			balance_amount_cents: 500,
			metadata: { dodo_refund_id: 'ref_1' },
		});
		expect(
			(await sdk.creditNotes.updateCreditNote(note.lago_id, { credit_note: { refund_status: 'succeeded' } })).data
				.credit_note.refund_status,
		).toBe('succeeded');
		expect((await sdk.creditNotes.findCreditNote(note.lago_id)).data.credit_note.items).toHaveLength(1);
		expect((await sdk.creditNotes.findAllCreditNotes({ invoice_number: number })).data.credit_notes).toHaveLength(1);
		await sdk.creditNotes.mergeCreditNoteMetadata(note.lago_id, { metadata: { more: 'x' } });
		expect((await sdk.creditNotes.deleteCreditNoteMetadataKey(note.lago_id, 'more')).data.metadata).toEqual({
			dodo_refund_id: 'ref_1',
		});
		expect(
			(await sdk.creditNotes.replaceCreditNoteMetadata(note.lago_id, { metadata: { only: 'y' } })).data.metadata,
		).toEqual({
			only: 'y',
		});
		await sdk.creditNotes.deleteAllCreditNoteMetadata(note.lago_id);
		expect((await sdk.creditNotes.voidCreditNote(note.lago_id)).data.credit_note).toMatchObject({
			credit_status: 'voided',
			balance_amount_cents: 0,
		});
	});

	test('webhook endpoints and keys', async () => {
		const { data } = await sdk.webhookEndpoints.createWebhookEndpoint({
			webhook_endpoint: {
				webhook_url: 'http://127.0.0.1:9/a',
				signature_algo: 'hmac',
				event_types: ['invoice.created'],
			},
		});
		const { lago_id } = data.webhook_endpoint;
		expect(
			(
				await sdk.webhookEndpoints.updateWebhookEndpoint(lago_id, {
					webhook_endpoint: { webhook_url: 'http://127.0.0.1:9/b' },
				})
			).data.webhook_endpoint,
		).toMatchObject({ webhook_url: 'http://127.0.0.1:9/b', signature_algo: 'hmac' });
		expect((await sdk.webhookEndpoints.findWebhookEndpoint(lago_id)).data.webhook_endpoint.event_types).toEqual([
			'invoice.created',
		]);
		expect((await sdk.webhookEndpoints.findAllWebhookEndpoints()).data.webhook_endpoints).toHaveLength(1);
		await sdk.webhookEndpoints.destroyWebhookEndpoint(lago_id);
		expect((await sdk.webhooks.fetchJsonPublicKey()).data.webhook?.public_key).toBe(
			await (
				await fetch(`${lago.url}/api/v1/webhooks/public_key`, { headers: { authorization: `Bearer ${lago.apiKey}` } })
			).text(),
		);
	});

	test('plans, subscriptions, fees, wallets and the premium probe', async () => {
		await sdk.plans.createPlan({
			plan: {
				name: 'Starter',
				code: 'starter',
				interval: 'monthly',
				amount_cents: 900,
				amount_currency: 'EUR',
				pay_in_advance: true,
			},
		});
		expect((await sdk.plans.findAllPlans()).data.plans.map(({ code }) => code)).toContain('starter');
		expect((await sdk.plans.findPlan('starter')).data.plan.amount_cents).toBe(900);
		await sdk.subscriptions.createSubscription({
			subscription: { external_customer_id: 'cust_1', plan_code: 'starter', external_id: 's-1' },
		});
		expect((await sdk.subscriptions.findSubscription('s-1')).data.subscription).toMatchObject({
			status: 'active',
			plan_code: 'starter',
		});
		expect(
			(await sdk.subscriptions.findAllSubscriptions({ external_customer_id: 'cust_1' })).data.subscriptions.length,
		).toBeGreaterThan(0);
		expect((await sdk.subscriptions.destroySubscription('s-1')).data.subscription.status).toBe('terminated');
		const [fee] = (await sdk.fees.findAllFees({ external_subscription_id: 'sub_cust_1', payment_status: 'succeeded' }))
			.data.fees;
		expect((await sdk.fees.findFee(fee?.lago_id ?? '')).data.fee.lago_id).toBe(fee?.lago_id);
		const { wallet } = (
			await sdk.wallets.createWallet({
				wallet: { external_customer_id: 'cust_1', currency: 'EUR', rate_amount: '2.0', name: 'Prepaid' },
			})
		).data;
		const [transaction] = (
			await sdk.walletTransactions.createWalletTransaction({
				wallet_transaction: { wallet_id: wallet.lago_id, paid_credits: '5.0' },
			})
		).data.wallet_transactions;
		expect(transaction).toMatchObject({ status: 'pending', amount: '10.0', credit_amount: '5.0' });
		expect((await sdk.wallets.findAllWallets({ external_customer_id: 'cust_1' })).data.wallets).toHaveLength(1);
		expect((await sdk.wallets.findWallet(wallet.lago_id)).data.wallet.credits_balance).toBe('0.0');
		expect((await sdk.wallets.findAllWalletTransactions(wallet.lago_id)).data.wallet_transactions).toHaveLength(1);
		await sdk.walletTransactions.findWalletTransaction(transaction?.lago_id ?? '');
		await sdk.analytics.findAllInvoiceCollections({ months: 1 });
	});

	test('refusals arrive as the SDK expects them', async () => {
		const error = await sdk.invoices
			.findInvoice('00000000-0000-4000-8000-000000000000')
			.catch(async (caught: unknown) => await getLagoError(caught));
		expect(error).toEqual({ status: 404, error: 'Not Found', code: 'invoice_not_found' });
	});
});

describeWithSpec('lago', "what Lago's description says of the answers", (spec) => {
	/** What a real Lago does otherwise (`test/fixtures/real-lago`). */
	const WRONG = [
		"POST /api/v1/credit_notes/estimate: /estimated_credit_note must have required property 'max_offsettable_amount_cents'",
		'POST /api/v1/credit_notes/estimate: /estimated_credit_note/precise_',
		"must have required property 'balance'",
	];

	test('nothing: every one of them agrees, but for what it has wrong', () => {
		expect(lago.calls.length).toBeGreaterThan(45);
		// Described bare, but served under their root key (`lago-api:app/controllers/api/v1/payments_controller.rb`).
		const found = disagreements(spec, lago.calls, [/^GET .*\/(payments|wallet_transactions)\/[\w-]{36}$/]);
		expect(found.filter((line) => !WRONG.some((one) => line.includes(one)))).toEqual([]);
		expect(WRONG.filter((one) => !found.some((line) => line.includes(one)))).toEqual([]);
	});
});
