import { randomUUID } from 'node:crypto';
import { WorkflowExecute } from 'n8n-core';
import {
	createRunExecutionData,
	Expression,
	Workflow,
	type IDataObject,
	type INode,
	type INodeTypes,
	type IRun,
} from 'n8n-workflow';
import nock from 'nock';
import { outputOf as dodoOutputOf } from '../../nodes/DodoPayments/helpers/eventItem';
import { outputOf as lagoOutputOf } from '../../nodes/Lago/helpers/eventItem';
import { signPayLink } from '../../nodes/Lago/helpers/payLinkToken';
import { DODO_OUTPUTS, LAGO_OUTPUTS, leavingBy } from '../../nodes/shared/node/start';
import { madeFor } from '../support/madeFor';
import { additionalData, inCore, loadNodeTypes } from '../support/n8nCore';
import { strictNock } from '../support/nock';
import { BASE_TYPES, read } from '../support/templates';

let nodeTypes: INodeTypes;
beforeAll(async () => {
	nodeTypes = await loadNodeTypes(BASE_TYPES);
});

describe('lago-dodo-sync.json runs in n8n-core', () => {
	strictNock();

	const INVOICE_ID = '1a901a90-1a90-4a90-8a90-1a901a901a90';
	const DODO = 'https://test.dodopayments.com';
	const LAGO = 'https://lago.example';
	const template = read('lago-dodo-sync.json');

	/** Runs a lane from its trigger. Retries do not wait here. */
	async function runLane(
		trigger: string,
		item: IDataObject,
	): Promise<{ run: IRun; reached: string[]; last: (name: string) => IDataObject | undefined; answers: unknown[] }> {
		const account = randomUUID();
		const { workflow, hooks } = inCore(template, account, nodeTypes, (node) => ({
			...node,
			...(node.retryOnFail ? { waitBetweenTries: 0 } : {}),
		}));
		const answers: unknown[] = [];
		hooks.addHandler('sendResponse', (answer) => void answers.push(answer));
		const data = additionalData(
			{
				dodoPaymentsApi: { environment: 'test', apiKey: 'key_dodo', baseUrl: '' },
				lagoBillingApi: { baseUrl: LAGO, apiKey: 'key_lago', webhookHmacKey: 'hmac_lago' },
			},
			{ hooks, currentNodeParameters: undefined },
		);
		const delivery = { id: `delivery of ${account}`, about: 'what happened' };
		const json = { ...item, delivery };
		const startNode = workflow.getNode(trigger) as INode;
		const main =
			trigger === 'Pay Page'
				? [[{ json: item }]]
				: trigger === 'Lago Trigger'
					? leavingBy(startNode, LAGO_OUTPUTS, lagoOutputOf(String(item.event)), json)
					: leavingBy(startNode, DODO_OUTPUTS, dodoOutputOf(String(item.event)), json);
		const start = { node: startNode, data: { main }, source: null };
		const runData = createRunExecutionData({ executionData: { nodeExecutionStack: [start] } });
		const run = await new WorkflowExecute(data, 'webhook', runData).processRunExecutionData(workflow);
		const results = run.data.resultData.runData;
		return {
			run,
			reached: Object.keys(results),
			last: (name) => results[name]?.[0]?.data?.main?.flat()[0]?.json,
			answers,
		};
	}

	const invoice = (changes: object = {}): object => ({
		lago_id: INVOICE_ID,
		number: 'ACM-1',
		status: 'finalized',
		payment_status: 'pending',
		currency: 'EUR',
		total_amount_cents: 12995,
		total_due_amount_cents: 12995,
		self_billed: false,
		customer: { email: 'ap@acme.example', country: 'DE' },
		metadata: [{ lago_id: 'm1', key: 'po', value: '4711' }],
		...changes,
	});
	const lago = (): nock.Scope => nock(LAGO, { reqheaders: { authorization: 'Bearer key_lago' } });
	const dodo = (): nock.Scope => nock(DODO, { reqheaders: { authorization: 'Bearer key_dodo' } });
	const getInvoice = (changes: object = {}): nock.Scope =>
		lago()
			.get(`/api/v1/invoices/${INVOICE_ID}`)
			.reply(200, { invoice: invoice(changes) });
	const issued = {
		event: 'invoice.created',
		eventId: 'k',
		objectType: 'invoice',
		organizationId: 'org_1',
		lagoInvoiceId: INVOICE_ID,
		webhookBaseUrl: 'https://n8n.example/webhook',
		data: { lago_id: INVOICE_ID },
	};
	const COLLECT = [
		'Lago Trigger',
		'Read the Invoice',
		'Charge the Mandate',
		'Ask for the Money',
		'Note It on the Invoice',
	];
	const SETTLE = ['Dodo Payments Trigger', 'Book the Payment'];
	/** What n8n's expression engine is asked: the first question of an execution costs more than all its nodes. */
	const asked = jest.spyOn(Expression.prototype, 'resolveSimpleParameterValue');
	const expressions = (): unknown[] =>
		asked.mock.calls.map(([value]) => value).filter((value) => typeof value === 'string' && value.startsWith('='));
	beforeEach(() => {
		asked.mockClear();
		// Whose the credential is, is asked once by each process.
		lago()
			.get('/api/v1/organizations')
			.optionally()
			.reply(200, { organization: { lago_id: 'org_1' } });
	});
	afterAll(() => asked.mockRestore());

	it('what is asked of the expression engine is seen here', () => {
		const [node] = template.nodes as [INode];
		const workflow = new Workflow({ id: 'asking', nodes: [node], connections: {}, active: false, nodeTypes });
		workflow.expression.getSimpleParameterValue(node, '={{ 1 }}', 'internal', {});
		expect(expressions()).toEqual(['={{ 1 }}']);
	});

	it("collect: one checkout over what is due, its link on the invoice, the merchant's metadata kept", async () => {
		const sent: Record<string, unknown> = {};
		getInvoice();
		dodo().get('/products').query(true).reply(200, { items: [] });
		dodo().post('/products').reply(200, { product_id: 'pdt_1', created_at: '2026-11-01T10:00:00Z' });
		dodo()
			.post('/checkouts', (body: unknown) => ((sent.checkout = body), true))
			.matchHeader('idempotency-key', `lago-inv-${INVOICE_ID}`)
			.reply(200, { session_id: 'cks_1', checkout_url: 'https://test.checkout.dodopayments.com/session/cks_1' });
		lago()
			.put(`/api/v1/invoices/${INVOICE_ID}`, (body: unknown) => ((sent.saved = body), true))
			.reply(200, { invoice: invoice() });
		const { run, reached, last } = await runLane('Lago Trigger', issued);
		expect(run.status).toBe('success');
		expect(reached).toEqual(COLLECT);
		expect(expressions()).toEqual([]);
		expect(sent.checkout).toMatchObject({
			product_cart: [{ product_id: 'pdt_1', quantity: 1, amount: 12995 }],
			metadata: {
				lago_invoice_id: INVOICE_ID,
				lago_invoice_number: 'ACM-1',
				lago_organization_id: 'org_1',
				attempt: '1',
			},
		});
		expect(sent.saved).toEqual({
			invoice: {
				metadata: [
					{ id: 'm1', key: 'po', value: '4711' },
					{ key: 'dodo_payment_id', value: 'cks_1' },
					{
						key: 'dodo_state',
						value: expect.stringMatching(
							/^v1;open;a=1;m=12995;x=\d+;e=t;l=https:\/\/n8n\.example\/webhook\/pay\?t=[\w-]{38}$/,
						),
					},
				],
			},
		});
		expect(last('Note It on the Invoice')).toMatchObject({
			outcome: 'created',
			checkoutSessionId: 'cks_1',
			saved: true,
		});
	});

	it('collect: an invoice that is to be left alone passes through without another call', async () => {
		getInvoice({ payment_status: 'succeeded' });
		const { run, reached, last } = await runLane('Lago Trigger', issued);
		expect(run.status).toBe('success');
		expect(reached).toEqual(COLLECT);
		expect(last('Note It on the Invoice')).toMatchObject({ outcome: 'skipped', reason: 'already_paid' });
	});

	it('collect: an invoice without room for our metadata is held', async () => {
		getInvoice({ metadata: ['a', 'b', 'c', 'd'].map((key) => ({ lago_id: key, key, value: 'x' })) });
		const { run, reached, last } = await runLane('Lago Trigger', issued);
		expect(run.status).toBe('success');
		expect(reached).toEqual([...COLLECT, 'Tell Me: Lago']);
		expect(last('Tell Me: Lago')).toMatchObject({ outcome: 'held', reason: 'metadata_full' });
	});

	it('collect: a blip is tried again, an outage fails the execution', async () => {
		lago().get(`/api/v1/invoices/${INVOICE_ID}`).reply(503, 'busy');
		getInvoice({ payment_status: 'succeeded' });
		expect((await runLane('Lago Trigger', issued)).run.status).toBe('success');
		// Longer than Lago waits for the answer to its webhook, so nothing is tried for so long.
		lago().get(`/api/v1/invoices/${INVOICE_ID}`).times(2).reply(503, 'busy', { 'Retry-After': '30' });
		const { run } = await runLane('Lago Trigger', issued);
		expect(run.status).toBe('error');
		expect(run.data.resultData.error?.message).toContain('503');
		expect(JSON.stringify(run)).not.toContain('key_lago');
	});

	const clicked = {
		query: {
			t: new URL(signPayLink('https://n8n.example/webhook/pay', INVOICE_ID, 'hmac_lago')).searchParams.get('t'),
		},
		invoiceId: INVOICE_ID,
	};
	const PAY = ['Pay Page', 'Check the Link', 'Make the Checkout', 'Note the Checkout', 'Lead the Visitor There'];

	/** Asked once by each process. */
	const getOrganization = (): nock.Scope =>
		lago().get('/api/v1/organizations').optionally().reply(200, { organization: {} });

	it('pay page: a checkout is made, noted on the invoice, and the visitor led there', async () => {
		const checkoutUrl = 'https://test.checkout.dodopayments.com/session/cks_1';
		getInvoice();
		getOrganization();
		dodo().get('/products').query(true).reply(200, { items: [] });
		dodo().post('/products').reply(200, { product_id: 'pdt_1', created_at: '2026-11-01T10:00:00Z' });
		dodo().post('/checkouts').reply(200, { session_id: 'cks_1', checkout_url: checkoutUrl });
		lago().put(`/api/v1/invoices/${INVOICE_ID}`, /cks_1/).reply(200, { invoice: invoice() });
		const { run, reached, last, answers } = await runLane('Pay Page', clicked);
		expect(run.status).toBe('success');
		expect(reached).toEqual(PAY);
		expect(expressions()).toEqual([]);
		expect(answers).toMatchObject([
			{
				statusCode: 302,
				headers: { Location: checkoutUrl, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' },
			},
		]);
		expect(last('Lead the Visitor There')).toEqual({
			outcome: 'redirected',
			message: 'The visitor was led to the checkout of invoice ACM-1.',
			checkoutUrl,
			invoiceId: INVOICE_ID,
			invoiceNumber: 'ACM-1',
		});
	});

	it('pay page: an invoice that is paid shows its page', async () => {
		getInvoice({ payment_status: 'succeeded' });
		const { reached, answers } = await runLane('Pay Page', clicked);
		expect(reached).toEqual(['Pay Page', 'Check the Link', 'Lead the Visitor There']);
		expect(expressions()).toEqual([]);
		expect(answers).toMatchObject([{ statusCode: 200, body: expect.stringContaining('is paid') }]);
	});

	it('pay page: the lane hands on the language of the visitor, and names who bills', async () => {
		const spanish = { ...clicked, language: 'es-MX' };
		getInvoice({ payment_status: 'succeeded', billing_entity_code: 'acme' });
		lago()
			.get('/api/v1/billing_entities/acme')
			.reply(200, { billing_entity: { name: 'Acme', logo_url: null } });
		const headers = { 'Content-Language': 'es', Vary: 'Accept-Language' };
		expect((await runLane('Pay Page', spanish)).answers).toMatchObject([
			{ statusCode: 200, headers, body: expect.stringMatching(/Acme.*La factura ACM-1 está pagada/) },
		]);
		expect(expressions()).toEqual([]);
		lago().get(`/api/v1/invoices/${INVOICE_ID}`).reply(401, { status: 401, error: 'Unauthorized' });
		expect((await runLane('Pay Page', spanish)).answers).toMatchObject([
			{ statusCode: 503, headers, body: expect.stringContaining('no se puede pagar ahora') },
		]);
	});

	it('pay page: what fails on the way ends on a page, even after a checkout was made that could not be noted', async () => {
		lago().get(`/api/v1/invoices/${INVOICE_ID}`).reply(401, { status: 401, error: 'Unauthorized' });
		const { run, reached, answers } = await runLane('Pay Page', clicked);
		expect([run.status, reached]).toEqual(['success', ['Pay Page', 'Check the Link', 'Lead the Visitor There']]);
		expect(answers).toMatchObject([{ statusCode: 503, body: expect.stringContaining('cannot be paid right now') }]);

		getInvoice();
		getOrganization();
		dodo()
			.post('/checkouts')
			.reply(200, { session_id: 'cks_2', checkout_url: 'https://test.checkout.dodopayments.com/session/cks_2' });
		dodo().get('/products').query(true).reply(200, { items: [] });
		dodo().post('/products').reply(200, { product_id: 'pdt_1', created_at: '2026-11-01T10:00:00Z' });
		lago().put(`/api/v1/invoices/${INVOICE_ID}`).reply(401, { status: 401, error: 'Unauthorized' });
		const unsaved = await runLane('Pay Page', clicked);
		expect(unsaved.reached).toEqual(PAY);
		expect(unsaved.answers).toMatchObject([
			{ statusCode: 503, body: expect.stringContaining('cannot be paid right now') },
		]);
		expect(unsaved.last('Lead the Visitor There')).toMatchObject({ outcome: 'page_shown', statusCode: 503 });
	});

	const payment = (changes: IDataObject = {}): IDataObject => ({
		event: 'payment.succeeded',
		eventId: 'msg_1',
		occurredAt: '2026-11-01T10:01:11Z',
		mode: 'test',
		lagoInvoiceId: INVOICE_ID,
		data: {
			payment_id: 'pay_1',
			status: 'succeeded',
			total_amount: 12995,
			tax: 0,
			currency: 'EUR',
			checkout_session_id: 'cks_1',
			metadata: madeFor({ hmacKey: 'hmac_lago' }, { lago_id: INVOICE_ID }),
			...changes,
		},
	});

	it('settle: a success is booked once', async () => {
		let booked: unknown;
		getInvoice();
		lago()
			.post('/api/v1/payments', (body: unknown) => ((booked = body), true))
			.reply(200, { payment: { lago_id: 'p1', reference: 'pay_1' } });
		const { run, reached, last } = await runLane('Dodo Payments Trigger', payment());
		expect(run.status).toBe('success');
		expect(reached).toEqual(SETTLE);
		expect(expressions()).toEqual([]);
		expect(booked).toEqual({
			payment: { invoice_id: INVOICE_ID, amount_cents: 12995, reference: 'pay_1', paid_at: '2026-11-01T10:01:11.000Z' },
		});
		expect(last('Book the Payment')).toMatchObject({ outcome: 'settled', bookedAs: 'payment' });
	});

	it('settle: a decline is recorded together with its next try, in one call', async () => {
		getInvoice();
		lago()
			.put(
				`/api/v1/invoices/${INVOICE_ID}`,
				(body: { invoice?: { payment_status?: string } }) =>
					body.invoice?.payment_status === 'failed' && /;n=\d{10};f=1/.test(JSON.stringify(body)),
			)
			.reply(200, { invoice: invoice({ payment_status: 'failed' }) });
		const { reached, last } = await runLane(
			'Dodo Payments Trigger',
			payment({ status: 'failed', error_code: 'INSUFFICIENT_FUNDS' }),
		);
		expect(reached).toEqual(SETTLE);
		expect(last('Book the Payment')).toMatchObject({ outcome: 'retry_planned', failedTries: 1 });
	});

	it.each([
		['too little', { total_amount: 1 }, {}, 'amount_below_due'],
		['another currency', { currency: 'USD' }, {}, 'currency_mismatch'],
	])('settle: %s is held and nothing is written', async (_, changes, changedInvoice, reason) => {
		getInvoice(changedInvoice);
		const { run, reached, last } = await runLane('Dodo Payments Trigger', payment(changes));
		expect(run.status).toBe('success');
		expect(reached).toEqual([...SETTLE, 'Return What Was Paid Twice', 'Tell Me']);
		expect(last('Tell Me')).toMatchObject({ outcome: 'held', reason, nextStep: expect.stringMatching(/\w/) });
	});

	it('settle: money for a voided invoice is overpaid, and the shipped refund node lets it pass', async () => {
		getInvoice({ status: 'voided', total_due_amount_cents: 0 });
		const { run, reached, last } = await runLane('Dodo Payments Trigger', payment());
		expect(run.status).toBe('success');
		expect(reached).toEqual([...SETTLE, 'Return What Was Paid Twice', 'Tell Me']);
		expect(last('Tell Me')).toMatchObject({
			outcome: 'overpaid',
			reason: 'invoice_voided',
			paymentId: 'pay_1',
			invoiceNumber: 'ACM-1',
		});
	});

	it.each(['refund.succeeded', 'payment.refunded'])(
		'refund: %s leads to the credit note, also under its other name',
		async (event) => {
			dodo()
				.get('/payments/pay_1')
				.reply(200, { payment_id: 'pay_1', status: 'succeeded', total_amount: 12995, currency: 'EUR', metadata: {} });
			const refund = {
				event,
				eventId: 'msg_2',
				mode: 'test',
				lagoInvoiceId: null,
				data: { refund_id: 'ref_1', payment_id: 'pay_1', status: 'succeeded', amount: 5000, currency: 'EUR' },
			};
			const { run, reached, last } = await runLane('Dodo Payments Trigger', refund);
			expect(run.status).toBe('success');
			expect(reached).toEqual(['Dodo Payments Trigger', 'Read the Refunded Payment', 'Make the Credit Note']);
			expect(last('Make the Credit Note')).toMatchObject({ outcome: 'ignored', refundId: 'ref_1', paymentId: 'pay_1' });
		},
	);

	it('an event that only access depends on goes past the lanes that move money', async () => {
		const { run, reached } = await runLane('Lago Trigger', { ...issued, event: 'invoice.payment_status_updated' });
		expect(run.status).toBe('success');
		expect(reached).toEqual(['Lago Trigger', 'Update Access']);
	});

	it('settle: a payment for something else goes no further', async () => {
		const { run, reached } = await runLane('Dodo Payments Trigger', payment({ metadata: {} }));
		expect(run.status).toBe('success');
		expect(reached).toEqual(SETTLE);
	});
});
