import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import nock from 'nock';
import { operations } from '../../../nodes/DodoPayments/actions/operations';
import { DodoClient } from '../../../nodes/DodoPayments/transport/client';
import { BASE_URL, executeContext, itemsOf } from '../../support/executeContext';
import { strictNock } from '../../support/nock';

strictNock();

const dodo = () => nock(BASE_URL);
const run = async (
	parameters: IDataObject,
	credentialId = randomUUID(),
	credential: IDataObject = {},
): Promise<IDataObject[]> => {
	const items = await itemsOf(executeContext({ parameters, credentialId, credential }), operations, DodoClient.of);
	return items.map(({ json }) => json);
};
const payment = (payment_id: string, changes: IDataObject = {}): IDataObject => ({
	payment_id,
	status: 'succeeded',
	total_amount: 7_380,
	currency: 'EUR',
	metadata: {},
	...changes,
});

describe('Payment -> Get', () => {
	const get = { resource: 'payment', operation: 'get' };

	test('the payment as it is, with the mode of the credential', async () => {
		dodo()
			.get('/payments/pay_1')
			.twice()
			.reply(200, payment('pay_1', { refunds: [] }));
		expect(await run({ ...get, payment: 'pay_1' })).toEqual([{ mode: 'test', ...payment('pay_1', { refunds: [] }) }]);
		expect(await run({ ...get, payment: 'pay_1' }, randomUUID(), { environment: 'live' })).toMatchObject([
			{ mode: 'live' },
		]);
	});

	test('an id cannot leave its place in the path', async () => {
		dodo().get('/payments/..%2Fcustomers%3Fx').reply(404, { code: 'NOT_FOUND', message: 'No.' });
		await expect(run({ ...get, payment: '../customers?x' })).rejects.toMatchObject({
			message: expect.stringContaining('404'),
		});
	});

	test('amounts may be text, but only whole ones', async () => {
		dodo()
			.get('/payments/pay_1')
			.reply(200, payment('pay_1', { total_amount: '7380' }));
		expect(await run({ ...get, payment: 'pay_1' })).toMatchObject([{ total_amount: 7_380 }]);
		for (const total_amount of ['73.80', 73.8, null]) {
			dodo().get('/payments/pay_1').reply(200, payment('pay_1', { total_amount }));
			await expect(run({ ...get, payment: 'pay_1' })).rejects.toMatchObject({
				message: expect.stringContaining('total_amount'),
			});
		}
	});
});

describe('Payment -> Get Many', () => {
	const getAll = { resource: 'payment', operation: 'getAll', returnAll: false, limit: 50, filters: {} };
	const page = (page_number: number, page_size: number, ids: string[], more: IDataObject = {}) =>
		dodo()
			.get('/payments')
			.query({ page_size, page_number, ...more })
			.reply(200, { items: ids.map((id) => payment(id)) });

	test('up to the limit, in one page when it fits', async () => {
		page(0, 2, ['a', 'b']);
		expect((await run({ ...getAll, limit: 2 })).map(({ payment_id }) => payment_id)).toEqual(['a', 'b']);
	});

	test('all of them: pages until one is not full', async () => {
		const hundred = Array.from({ length: 100 }, (_, index) => `pay_${index}`);
		page(0, 100, hundred);
		page(1, 100, ['last']);
		expect(await run({ ...getAll, returnAll: true })).toHaveLength(101);
	});

	test('over a page, cut at the limit', async () => {
		const hundred = Array.from({ length: 100 }, (_, index) => `pay_${index}`);
		page(0, 100, hundred);
		page(
			1,
			100,
			hundred.map((id) => `${id}_later`),
		);
		expect(await run({ ...getAll, limit: 150 })).toHaveLength(150);
	});

	test('filters that are set, and no others', async () => {
		page(0, 50, [], { status: 'failed', customer_id: 'cus_1' });
		expect(await run({ ...getAll, filters: { status: 'failed', customer_id: 'cus_1' } })).toEqual([]);
	});

	test.each([
		['2026-11-01T00:00:00', 'Europe/Berlin', '2026-10-31T23:00:00.000Z'],
		['2026-11-01', 'America/New_York', '2026-11-01T04:00:00.000Z'],
		['2026-11-01T08:00:00.000+01:00', 'America/New_York', '2026-11-01T07:00:00.000Z'],
		[new Date('2026-11-01T08:00:00Z'), 'Europe/Berlin', '2026-11-01T08:00:00.000Z'],
	])('%s of the date picker, in a workflow in %s, is a moment', async (created_at_gte, timeZone, moment) => {
		page(0, 50, [], { created_at_gte: moment });
		const context = executeContext({
			parameters: { ...getAll, filters: { created_at_gte } },
			credentialId: randomUUID(),
		});
		Object.assign(context, { getTimezone: () => timeZone });
		expect(await itemsOf(context, operations, DodoClient.of)).toEqual([]);
	});
});

describe('Product -> Ensure Invoice Product', () => {
	const ensure = { resource: 'product', operation: 'ensure', currency: 'eur ', taxMode: 'inclusive' };
	const product = (
		product_id: string,
		created_at: string,
		price: IDataObject = {},
		metadata: IDataObject = { managed_by: 'n8n-nodes-dodo-lago' },
	): IDataObject => ({
		product_id,
		created_at,
		metadata,
		price_detail: { type: 'one_time_price', currency: 'EUR', pay_what_you_want: true, tax_inclusive: true, ...price },
	});
	const lists = (...items: IDataObject[]) =>
		dodo()
			.get('/products')
			.query({ archived: false, recurring: false, page_size: 100, page_number: 0 })
			.reply(200, { items });

	test('found instead of made: the oldest that fits', async () => {
		lists(
			product('foreign', '2025-01-01T00:00:00Z', {}, {}),
			product('usd', '2025-01-02T00:00:00Z', { currency: 'USD' }),
			product('on_top', '2025-01-03T00:00:00Z', { tax_inclusive: false }),
			product('fixed', '2025-01-04T00:00:00Z', { pay_what_you_want: false }),
			product('newer', '2025-03-01T00:00:00Z'),
			product('older', '2025-02-01T00:00:00Z'),
		);
		expect(await run(ensure)).toEqual([
			{ productId: 'older', currency: 'EUR', taxInclusive: true, outcome: 'existing' },
		]);
	});

	test.each([
		['EUR', 'inclusive', 50, 'Invoice payment (EUR)'],
		['JPY', 'exclusive', 50, 'Invoice payment (JPY, plus tax)'],
		['HUF', 'inclusive', 175, 'Invoice payment (HUF)'],
		['CZK', 'inclusive', 1_500, 'Invoice payment (CZK)'],
		['KWD', 'inclusive', 1, 'Invoice payment (KWD)'],
		['GBP', 'inclusive', 30, 'Invoice payment (GBP)'],
	])('made once when there is none: %s, tax %s', async (currency, taxMode, price, name) => {
		const account = randomUUID();
		lists();
		let sent: IDataObject = {};
		dodo()
			.post('/products', (body: IDataObject) => Boolean((sent = body)))
			.reply(200, product('made', '2026-01-01T00:00:00Z'));
		expect(await run({ ...ensure, currency, taxMode }, account)).toMatchObject([
			{ productId: 'made', outcome: 'created' },
		]);
		expect(sent).toMatchObject({
			name,
			tax_category: 'saas',
			price: {
				type: 'one_time_price',
				currency,
				price,
				pay_what_you_want: true,
				tax_inclusive: taxMode === 'inclusive',
				discount: 0,
				purchasing_power_parity: false,
			},
			metadata: { managed_by: 'n8n-nodes-dodo-lago' },
		});
		expect(await run({ ...ensure, currency, taxMode }, account)).toMatchObject([
			{ productId: 'made', outcome: 'existing' },
		]);
	});

	test('made once when several ask at the same moment', async () => {
		const account = randomUUID();
		lists();
		dodo().post('/products').once().reply(200, product('made', '2026-01-01T00:00:00Z'));
		const results = await Promise.all(Array.from({ length: 5 }, async () => await run(ensure, account)));
		expect(
			results
				.flat()
				.map(({ outcome }) => outcome)
				.sort(),
		).toEqual(['created', 'existing', 'existing', 'existing', 'existing']);
	});

	test('remembers nothing of a try that failed', async () => {
		const account = randomUUID();
		lists();
		dodo().post('/products').reply(500, 'trouble');
		await expect(run(ensure, account)).rejects.toThrow('500');
		lists(product('there', '2026-01-01T00:00:00Z'));
		expect(await run(ensure, account)).toMatchObject([{ productId: 'there', outcome: 'existing' }]);
	});
});

describe('Mandate -> Get Update-Payment-Method Link', () => {
	const parameters = { resource: 'mandate', operation: 'getUpdateLink', mandate: 'sub_1', additionalFields: {} };
	const makes = (payment_id: string | null) =>
		dodo()
			.post('/subscriptions/sub_1/update-payment-method')
			.reply(200, { payment_link: `https://pay.example/${payment_id}`, payment_id });
	const dues = (status: number, body: IDataObject) => dodo().get('/payments/pay_1').reply(status, body);

	test.each<[string, () => unknown, string]>([
		[
			'is the same while what is due is not collected',
			() => dues(200, payment('pay_1', { status: 'processing' })),
			'existing',
		],
		['is the same after a declined card', () => dues(200, payment('pay_1', { status: 'failed' })), 'existing'],
		['is another one when it was used', () => dues(200, payment('pay_1')), 'created'],
		[
			'is another one when Dodo does not know it any more',
			() => dues(404, { code: 'NOT_FOUND', message: 'No.' }),
			'created',
		],
	])('asked for twice it %s', async (_what, dodoSays, outcome) => {
		const account = randomUUID();
		makes('pay_1');
		await run(parameters, account);
		dodoSays();
		if (outcome === 'created') makes('pay_2');
		expect(await run(parameters, account)).toMatchObject([
			{ outcome, paymentId: outcome === 'created' ? 'pay_2' : 'pay_1' },
		]);
	});
});
