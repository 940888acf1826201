import { randomUUID } from 'node:crypto';
import nock from 'nock';
import type { IDataObject } from 'n8n-workflow';
import { operations } from '../../../nodes/DodoPayments/actions/operations';
import { DodoClient } from '../../../nodes/DodoPayments/transport/client';
import { BASE_URL, executeContext, itemsOf } from '../../support/executeContext';
import { strictNock } from '../../support/nock';
import { ID, lagoInvoice, metadata } from './lagoInvoice';

strictNock();

const dodo = () => nock(BASE_URL);
const product = (change: IDataObject = {}) => ({
	product_id: 'pdt_1',
	name: 'Invoice payment',
	created_at: '2026-01-01T00:00:00Z',
	metadata: { managed_by: 'n8n-nodes-dodo-lago' },
	price_detail: { type: 'one_time_price', currency: 'EUR', pay_what_you_want: true, tax_inclusive: true },
	...change,
});
const listsProducts = (...items: object[]) =>
	dodo()
		.get('/products')
		.query({ archived: 'false', recurring: 'false', page_size: 100, page_number: 0 })
		.reply(200, { items });

async function run(
	input: IDataObject,
	parameters: IDataObject = {},
	credentialId = randomUUID(),
): Promise<IDataObject> {
	const context = executeContext({
		input: [input],
		credentialId,
		typeVersion: 1,
		parameters: {
			resource: 'payment',
			operation: 'createIntent',
			source: 'invoice',
			invoice: '={{ $json }}',
			taxMode: 'inclusive',
			productSource: 'automatic',
			additionalFields: {},
			...parameters,
		},
	});
	const [item] = await itemsOf(context, operations, DodoClient.of);
	expect(item?.pairedItem).toEqual({ item: 0 });
	return item?.json as IDataObject;
}

test('a link over what is due: exactly one checkout, with our metadata and the idempotency header', async () => {
	listsProducts(product());
	let sent: unknown;
	dodo()
		.post('/checkouts', (body) => Boolean((sent = body)))
		.matchHeader('idempotency-key', `lago-inv-${ID}`)
		.reply(200, { session_id: 'cks_1', checkout_url: 'https://test.checkout.dodopayments.com/session/cks_1' });
	const result = await run(lagoInvoice(), {
		additionalFields: { organizationId: 'org-1', returnUrl: 'https://example.com/thanks' },
	});
	expect(sent).toEqual({
		product_cart: [{ product_id: 'pdt_1', quantity: 1, amount: 7_380 }],
		metadata: { lago_invoice_id: ID, lago_invoice_number: 'ACM-7', lago_organization_id: 'org-1', attempt: '1' },
		billing_currency: 'EUR',
		feature_flags: { allow_currency_selection: false, allow_discount_code: false, allow_customer_editing_email: false },
		customer: { email: 'ap@globex.example', name: 'Globex SAS' },
		billing_address: { country: 'FR', street: '1 rue de la Paix', city: 'Paris', state: null, zipcode: '75002' },
		return_url: 'https://example.com/thanks',
	});
	expect(result).toMatchObject({
		outcome: 'created',
		amount: 7_380,
		currency: 'EUR',
		checkoutSessionId: 'cks_1',
		validForHours: 24,
		attempt: 1,
		productId: 'pdt_1',
	});
	const lifeMs = Date.parse(String(result.expiresAt)) - Date.now();
	expect(lifeMs / 3_600_000).toBeCloseTo(24, 1);
	expect(result.saveToInvoice).toMatchObject({
		paymentReference: 'cks_1',
		state: expect.stringMatching(/^v1;open;a=1;m=7380;x=\d{10};e=t;p=d;u=https:/),
	});
});

test('a known Dodo customer is named by id', async () => {
	listsProducts(product());
	dodo()
		.post('/checkouts', (body: IDataObject) => (body.customer as IDataObject).customer_id === 'cus_9')
		.reply(200, { session_id: 'cks_2' });
	const customer = {
		...(lagoInvoice().customer as IDataObject),
		metadata: [{ key: 'dodo_customer_id', value: 'cus_9' }],
	};
	const result = await run(lagoInvoice({ customer }));
	expect(result.checkoutUrl).toBe('https://test.checkout.dodopayments.com/session/cks_2');
});

test('without a product of ours one is made, with the tax mode and the smallest amount of the currency', async () => {
	listsProducts(
		product({ metadata: {} }),
		product({
			price_detail: { type: 'one_time_price', currency: 'JPY', pay_what_you_want: true, tax_inclusive: true },
		}),
	);
	let made: IDataObject = {};
	dodo()
		.post('/products', (body) => Boolean((made = body as IDataObject)))
		.reply(200, product({ product_id: 'pdt_new' }));
	dodo()
		.post('/checkouts', (body: IDataObject) => (body.product_cart as IDataObject[])[0]?.product_id === 'pdt_new')
		.reply(200, { session_id: 'cks_3' });
	const result = await run(lagoInvoice({ currency: 'JPY', total_due_amount_cents: 500 }), { taxMode: 'exclusive' });
	expect(made.price).toMatchObject({
		type: 'one_time_price',
		currency: 'JPY',
		price: 50,
		pay_what_you_want: true,
		tax_inclusive: false,
	});
	expect((result.saveToInvoice as IDataObject).state).toContain(';t=1');
});

test.each([
	['the older one', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00.120Z'],
	['the older one, however finely written', '2026-01-01T00:00:00.120Z', '2026-01-01T00:00:00.120456Z'],
	['of two of the same instant the first by id', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'],
])('of two products of ours every worker takes the same: %s', async (_name, first, second) => {
	const [one, other] = [
		product({ product_id: 'pdt_1', created_at: first }),
		product({ product_id: 'pdt_2', created_at: second }),
	];
	for (const listed of [
		[one, other],
		[other, one],
	]) {
		listsProducts(...listed);
		dodo()
			.post('/checkouts', (body: IDataObject) => (body.product_cart as IDataObject[])[0]?.product_id === 'pdt_1')
			.reply(200, { session_id: 'cks_5' });
		expect(await run(lagoInvoice())).toMatchObject({ outcome: 'created', productId: 'pdt_1' });
	}
});

test('an archived product is looked up again, once', async () => {
	const credential = randomUUID();
	listsProducts(product());
	dodo().post('/checkouts').reply(410, { code: 'PRODUCT_IS_DELETED', message: '' });
	listsProducts(product({ product_id: 'pdt_2' }));
	dodo()
		.post('/checkouts', (body: IDataObject) => (body.product_cart as IDataObject[])[0]?.product_id === 'pdt_2')
		.reply(200, { session_id: 'cks_4' });
	expect(await run(lagoInvoice(), {}, credential)).toMatchObject({ outcome: 'created', productId: 'pdt_2' });
});

test('run twice in one process: the same link, one call', async () => {
	const credential = randomUUID();
	listsProducts(product());
	dodo().post('/checkouts').reply(200, { session_id: 'cks_5' });
	dodo().get('/checkouts/cks_5').reply(200, { id: 'cks_5', payment_id: null, payment_status: null });
	const [first, second] = await Promise.all([run(lagoInvoice(), {}, credential), run(lagoInvoice(), {}, credential)]);
	expect(first?.checkoutSessionId).toBe('cks_5');
	expect(second?.checkoutSessionId).toBe('cks_5');
});

test('one reference twice at once: the same link, one checkout', async () => {
	const credential = randomUUID();
	listsProducts(product());
	dodo().post('/checkouts').delay(20).reply(200, { session_id: 'cks_8' });
	dodo().get('/checkouts/cks_8').reply(200, { id: 'cks_8', payment_id: null, payment_status: null });
	const given = { source: 'amount', amount: 1_000, currency: 'EUR', reference: 'order-8' };
	const made = await Promise.all([run({}, given, credential), run({}, given, credential)]);
	expect(made.map(({ checkoutSessionId }) => checkoutSessionId)).toEqual(['cks_8', 'cks_8']);
});

const open = (change = ';e=t') =>
	metadata({
		dodo_payment_id: 'cks_old',
		dodo_state: `v1;open;a=1;m=7380;x=${Math.floor(Date.now() / 1000) + 9_000}${change};u=https://pay.example/old`,
	});

test('a link that still works is returned without a call', async () => {
	expect(await run(lagoInvoice({ metadata: open() }))).toMatchObject({
		outcome: 'existing',
		checkoutUrl: 'https://pay.example/old',
		checkoutSessionId: 'cks_old',
		attempt: 1,
	});
});

describe('the page of a checkout that another process made, where a pay link takes the place of its address', () => {
	const made = (change: string) =>
		metadata({
			dodo_payment_id: 'cks_old',
			dodo_state: `v1;open;a=1;m=7380;x=${Math.floor(Date.now() / 1000) + 9_000};e=t${change};l=https://n8n.example/webhook/pay?t=1`,
		});

	test.each([
		['Dodo itself, behind a proxy', ';p=d', 'https://test.checkout.dodopayments.com/session/cks_old'],
		['a stand-in', ';p=a', `${new URL(BASE_URL).origin}/session/cks_old`],
	])('is found again: %s', async (_, change, checkoutUrl) => {
		expect(await run(lagoInvoice({ metadata: made(change) }))).toMatchObject({
			outcome: 'existing',
			checkoutSessionId: 'cks_old',
			checkoutUrl,
		});
	});

	test.each([
		['https://test.checkout.dodopayments.com/session/cks_7', ';p=d;'],
		[`${new URL(BASE_URL).origin}/session/cks_7`, ';p=a;'],
		['https://elsewhere.example/cks_7', ';e=t;u='],
	])('is written down when it is %s', async (checkout_url, state) => {
		listsProducts(product());
		dodo().post('/checkouts').reply(200, { session_id: 'cks_7', checkout_url });
		expect(await run(lagoInvoice())).toMatchObject({
			outcome: 'created',
			checkoutUrl: checkout_url,
			saveToInvoice: { state: expect.stringContaining(state) },
		});
	});
});

test('after a link died unpaid the next attempt has its own key', async () => {
	dodo().get('/checkouts/cks_old').reply(200, { id: 'cks_old', payment_id: null, payment_status: null });
	listsProducts(product());
	dodo()
		.post('/checkouts', (body: IDataObject) => (body.metadata as IDataObject).attempt === '2')
		.matchHeader('idempotency-key', `lago-inv-${ID}-2`)
		.reply(200, { session_id: 'cks_6' });
	const dead = metadata({
		dodo_payment_id: 'cks_old',
		dodo_state: 'v1;open;a=1;m=7380;x=1700000000;u=https://pay.example/old',
	});
	expect(await run(lagoInvoice({ metadata: dead }))).toMatchObject({ outcome: 'created', attempt: 2 });
});

test.each([
	['cks_old', '/checkouts/cks_old', { id: 'cks_old', payment_id: 'pay_1', payment_status: 'processing' }],
	[
		'pay_old',
		'/payments/pay_old',
		{ payment_id: 'pay_old', status: 'processing', total_amount: 7_380, currency: 'EUR', metadata: {} },
	],
])('while money of %s is on its way no second link is made', async (dodoId, path, answer) => {
	dodo().get(path).reply(200, answer);
	const state = metadata({ dodo_payment_id: dodoId, dodo_state: 'v1;processing;a=1;m=7380;x=1700000000' });
	expect(await run(lagoInvoice({ metadata: state }))).toMatchObject({
		outcome: 'skipped',
		reason: 'payment_under_way',
	});
});

test('a payment that Dodo has and Lago does not know is held: no second link, and the words say what to do', async () => {
	dodo().get('/checkouts/cks_old').reply(200, { id: 'cks_old', payment_id: 'pay_1', payment_status: 'succeeded' });
	const state = metadata({ dodo_payment_id: 'cks_old', dodo_state: 'v1;open;a=1;m=9000;x=1700000000' });
	expect(await run(lagoInvoice({ metadata: state }))).toMatchObject({
		outcome: 'held',
		reason: 'paid_at_dodo',
		nextStep: expect.stringContaining('Retry payment'),
		invoiceId: ID,
	});
});

test.each([
	['already_paid', { payment_status: 'succeeded' }],
	['not_finalized', { status: 'draft' }],
	['nothing_due', { total_due_amount_cents: 0, total_paid_amount_cents: 0 }],
	['self_billed', { self_billed: true }],
	['native_provider', { customer: { billing_configuration: { payment_provider: 'stripe' } } }],
])('%s: no call', async (reason, change) => {
	expect(await run(lagoInvoice(change))).toMatchObject({ outcome: 'skipped', reason, invoiceId: ID });
});

test('what Dodo refuses for good is held with a next step; what it refuses for now fails', async () => {
	const credential = randomUUID();
	listsProducts(product());
	dodo().post('/checkouts').reply(422, { code: 'TOTAL_PAYMENT_AMOUNT_BELOW_MINIMUM_AMOUNT', message: 'too small' });
	expect(await run(lagoInvoice(), {}, credential)).toMatchObject({
		outcome: 'held',
		reason: 'dodo_refused',
		nextStep: expect.stringContaining('smallest'),
		invoiceId: ID,
	});
	for (const [status, words] of [
		[503, 'has trouble'],
		[429, 'limits'],
		[401, 'not valid here'],
		[403, 'write access'],
	] as const) {
		dodo().post('/checkouts').reply(status, { code: 'X', message: 'no' });
		await expect(run(lagoInvoice(), {}, credential)).rejects.toMatchObject({
			description: expect.stringContaining(words),
		});
	}
});

test('an invoice out of a webhook is refused in words: it has no metadata', async () => {
	const { metadata: _none, ...fromWebhook } = lagoInvoice();
	await expect(run(fromWebhook as IDataObject)).rejects.toMatchObject({
		message: 'This invoice comes without its metadata',
	});
	await expect(run({ hello: 'world' })).rejects.toMatchObject({
		message: '"Invoice" is not an invoice as Lago returns it',
	});
});

describe('any amount', () => {
	const parameters = { source: 'amount', amount: 1_000, currency: 'eur', reference: 'order-1' };

	test('a link with your reference, the same again for the same reference', async () => {
		const credential = randomUUID();
		listsProducts(product());
		dodo()
			.post('/checkouts', (body: IDataObject) => JSON.stringify(body.metadata) === '{"reference":"order-1"}')
			.matchHeader('idempotency-key', 'ref-order-1')
			.reply(200, { session_id: 'cks_7' });
		expect(await run({}, parameters, credential)).toMatchObject({
			outcome: 'created',
			amount: 1_000,
			currency: 'EUR',
			reference: 'order-1',
			validForHours: 24,
		});
		dodo().get('/checkouts/cks_7').reply(200, { id: 'cks_7', payment_id: null, payment_status: null });
		expect(await run({}, parameters, credential)).toMatchObject({ checkoutSessionId: 'cks_7' });
		dodo().get('/checkouts/cks_7').reply(200, { id: 'cks_7', payment_id: 'pay_7', payment_status: 'succeeded' });
		dodo()
			.get('/payments/pay_7')
			.reply(200, { payment_id: 'pay_7', status: 'succeeded', total_amount: 1_000, currency: 'EUR', metadata: {} });
		expect(await run({}, parameters, credential)).toMatchObject({
			outcome: 'existing',
			paymentId: 'pay_7',
			message: expect.stringContaining('no second one'),
		});
	});

	test.each([0, -5, 10.5])('%p is no amount', async (amount) => {
		await expect(run({}, { ...parameters, amount })).rejects.toMatchObject({
			message: expect.stringContaining('whole number'),
		});
	});
});

describe('what is remembered is doubted when Dodo says so', () => {
	const notFound = { code: 'NOT_FOUND', message: 'The requested resource was not found' };
	const customer = {
		...(lagoInvoice().customer as IDataObject),
		metadata: [{ key: 'dodo_customer_id', value: 'cus_dead' }],
	};
	const named = (wanted: string) => (body: IDataObject) => JSON.stringify(body.customer).includes(wanted);

	test('a customer of the other world, or one who was deleted, is named by e-mail: looked for once, and not again', async () => {
		const credential = randomUUID();
		listsProducts(product());
		dodo().post('/checkouts', named('cus_dead')).reply(404, notFound);
		listsProducts(product());
		dodo().get('/customers/cus_dead').reply(404, notFound);
		dodo().post('/checkouts', named('ap@globex.example')).reply(200, { session_id: 'cks_1' });
		expect(await run(lagoInvoice({ customer }), {}, credential)).toMatchObject({
			outcome: 'created',
			checkoutSessionId: 'cks_1',
		});
		dodo().post('/checkouts', named('ap@globex.example')).reply(200, { session_id: 'cks_2' });
		expect(
			await run(lagoInvoice({ customer, lago_id: '9a3f0c6e-2b1d-4f7a-b0c9-1f2e3d4c5b6a' }), {}, credential),
		).toMatchObject({ outcome: 'created', checkoutSessionId: 'cks_2' });
	});

	test('where all that was remembered is there, the refusal is told, and nothing is asked twice', async () => {
		listsProducts(product());
		dodo().post('/checkouts').reply(404, notFound);
		listsProducts(product());
		dodo().get('/customers/cus_dead').reply(200, { customer_id: 'cus_dead' });
		expect(await run(lagoInvoice({ customer }))).toMatchObject({
			outcome: 'held',
			reason: 'dodo_refused',
			message: expect.stringContaining('NOT_FOUND'),
		});
	});

	test('a product of the user that is gone is told, also when the customer is gone too', async () => {
		dodo().post('/checkouts').twice().reply(410, { code: 'PRODUCT_IS_DELETED', message: '' });
		dodo().get('/customers/cus_dead').reply(404, notFound);
		expect(await run(lagoInvoice({ customer }), { productSource: 'selected', product: 'pdt_mine' })).toMatchObject({
			outcome: 'held',
			reason: 'dodo_refused',
		});
	});

	test.each([
		[
			'is known to Dodo',
			200,
			{ id: 'cks_old', payment_id: null, payment_status: null },
			{ outcome: 'existing', checkoutSessionId: 'cks_old' },
		],
		[
			'is not known: another one is made',
			404,
			notFound,
			{ outcome: 'created', attempt: 2, checkoutSessionId: 'cks_new' },
		],
	])('a link of which no record tells the world is looked for, and it %s', async (_what, status, answer, expected) => {
		dodo().get('/checkouts/cks_old').reply(status, answer);
		if (status === 404) {
			listsProducts(product());
			dodo().post('/checkouts').reply(200, { session_id: 'cks_new' });
		}
		expect(await run(lagoInvoice({ metadata: open('') }))).toMatchObject(expected);
	});

	test('a link of the other world is never handed out', async () => {
		dodo().get('/checkouts/cks_old').reply(404, notFound);
		listsProducts(product());
		dodo().post('/checkouts').reply(200, { session_id: 'cks_new' });
		expect(await run(lagoInvoice({ metadata: open(';e=l') }))).toMatchObject({
			outcome: 'created',
			attempt: 2,
			checkoutSessionId: 'cks_new',
			saveToInvoice: { state: expect.stringContaining(';e=t') },
		});
	});

	describe('the record of a link was removed by hand', () => {
		const removed = async (payment: IDataObject | null): Promise<IDataObject> => {
			const credential = randomUUID();
			listsProducts(product());
			dodo().post('/checkouts').reply(200, { session_id: 'cks_1' });
			await run(lagoInvoice(), {}, credential);
			dodo()
				.get('/checkouts/cks_1')
				.reply(
					payment === null ? 404 : 200,
					payment === null ? notFound : { id: 'cks_1', payment_id: 'pay_1', payment_status: String(payment.status) },
				);
			if (payment !== null)
				dodo()
					.get('/payments/pay_1')
					.reply(200, { payment_id: 'pay_1', total_amount: 7_380, currency: 'EUR', metadata: {}, ...payment });
			if (payment === null || payment.refund_status === 'full')
				dodo().post('/checkouts').reply(200, { session_id: 'cks_2' });
			return await run(lagoInvoice(), {}, credential);
		};

		test('after its payment went back: there is a new link', async () => {
			expect(await removed({ status: 'succeeded', refund_status: 'full' })).toMatchObject({
				outcome: 'created',
				checkoutSessionId: 'cks_2',
			});
		});

		test('and Dodo does not know it any more: there is a new link', async () => {
			expect(await removed(null)).toMatchObject({ outcome: 'created', checkoutSessionId: 'cks_2' });
		});

		test('although it is paid, wholly or less a partial refund: there is no second way to pay', async () => {
			expect(await removed({ status: 'succeeded' })).toMatchObject({ outcome: 'held', reason: 'paid_at_dodo' });
			expect(await removed({ status: 'succeeded', refund_status: 'partial' })).toMatchObject({
				outcome: 'held',
				reason: 'paid_at_dodo',
			});
			expect(await removed({ status: 'processing' })).toMatchObject({
				outcome: 'skipped',
				reason: 'payment_under_way',
			});
		});
	});

	test('an archived product does not block set-up links, nor does a customer who is gone', async () => {
		const credential = randomUUID();
		const recurring = (product_id: string): IDataObject =>
			product({ product_id, price_detail: { type: 'recurring_price', currency: 'EUR', tax_inclusive: true } });
		const lists = (id: string) =>
			dodo()
				.get('/products')
				.query(({ recurring: wanted }) => wanted === 'true')
				.reply(200, { items: [recurring(id)] });
		const setUp = async (external_id: string): Promise<IDataObject> => {
			const parameters = {
				resource: 'mandate',
				operation: 'createSetupLink',
				customer: { ...customer, external_id },
				currency: 'EUR',
				taxMode: 'inclusive',
				additionalFields: {},
			};
			const [item] = await itemsOf(executeContext({ parameters, credentialId: credential }), operations, DodoClient.of);
			return item?.json as IDataObject;
		};
		// Who the business is goes along with the mandate.
		dodo()
			.get('/brands')
			.reply(200, { items: [{ brand_id: 'bus_1', business_id: 'bus_1' }] });
		lists('pdt_old');
		dodo().post('/checkouts').reply(410, { code: 'PRODUCT_IS_DELETED', message: '' });
		lists('pdt_new');
		dodo().get('/customers/cus_dead').reply(404, notFound);
		dodo()
			.post(
				'/checkouts',
				(body: IDataObject) => JSON.stringify(body).includes('pdt_new') && named('ap@globex.example')(body),
			)
			.reply(200, { session_id: 'cks_1' });
		expect(await setUp('cust_1')).toMatchObject({ outcome: 'created', checkoutSessionId: 'cks_1' });
	});
});

test.each([
	['a name', { name: 'Globex SAS', legal_name: 'Globex SA', firstname: 'Ann', lastname: 'Lee' }, 'Globex SAS'],
	['a legal name', { name: ' ', legal_name: 'Globex SA', firstname: 'Ann', lastname: 'Lee' }, 'Globex SA'],
	['a person', { name: null, legal_name: '', firstname: 'Ann', lastname: 'Lee' }, 'Ann Lee'],
	['half a person', { name: null, firstname: ' ', lastname: 'Lee ' }, 'Lee'],
	['nothing', { name: null }, undefined],
])('a customer with %s; blanks in the address are left out', async (_what, names, name) => {
	listsProducts(product());
	let sent: IDataObject = {};
	dodo()
		.post('/checkouts', (body) => Boolean((sent = body as IDataObject)))
		.reply(200, { session_id: 'cks_1' });
	await run(
		lagoInvoice({
			customer: {
				email: ' ap@globex.example , x@y.z',
				country: 'FR',
				city: ' ',
				state: '',
				zipcode: ' 75002',
				address_line1: ' ',
				address_line2: 'B ',
				...names,
			},
		}),
	);
	expect(sent.customer).toEqual({ email: 'ap@globex.example', ...(name === undefined ? {} : { name }) });
	expect(sent.billing_address).toEqual({ country: 'FR', street: 'B', city: null, state: null, zipcode: '75002' });
});
