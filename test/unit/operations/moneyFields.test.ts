import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import nock from 'nock';
import {
	NodeHelpers,
	type IDataObject,
	type INode,
	type INodeParameters,
	type INodeProperties,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { configureSync, type WorkflowJson } from '../../../docker/entrypoint/workflow';
import { operations as dodoOperations } from '../../../nodes/DodoPayments/actions/operations';
import { DodoPayments } from '../../../nodes/DodoPayments/DodoPayments.node';
import { DodoClient } from '../../../nodes/DodoPayments/transport/client';
import { limitsWritten, readAccessPolicy } from '../../../nodes/Lago/actions/access/policy.fields';
import { operations as lagoOperations } from '../../../nodes/Lago/actions/operations';
import { Lago } from '../../../nodes/Lago/Lago.node';
import { LagoAccessTrigger } from '../../../nodes/Lago/LagoAccessTrigger.node';
import { LagoClient } from '../../../nodes/Lago/transport/client';
import { DECIMAL_AMOUNTS } from '../../../nodes/shared/node/version';
import { BASE_URL, executeContext, itemsOf } from '../../support/executeContext';
import { strictNock } from '../../support/nock';

strictNock();

const dodo = () => nock(BASE_URL);
const lago = () => nock(`${BASE_URL}/api/v1`);
/** A version before decimal amounts, and the first with them. */
const OLD = { dodo: 1, lago: 1.1 };
const NEW = { dodo: DECIMAL_AMOUNTS.dodoPayments, lago: DECIMAL_AMOUNTS.lago };

async function runDodo(parameters: IDataObject, typeVersion: number, input: IDataObject = {}): Promise<IDataObject> {
	const [item] = await itemsOf(
		executeContext({ parameters, typeVersion, input: [input], credentialId: randomUUID() }),
		dodoOperations,
		DodoClient.of,
	);
	return item?.json as IDataObject;
}
async function runLago(parameters: IDataObject, typeVersion: number): Promise<IDataObject[]> {
	return (
		await itemsOf(
			executeContext({ parameters, typeVersion, credentialId: randomUUID() }),
			lagoOperations,
			LagoClient.of,
		)
	).map(({ json }) => json);
}

const intent = (change: IDataObject = {}): IDataObject => ({
	resource: 'payment',
	operation: 'createIntent',
	source: 'amount',
	amount: '50.00',
	currency: 'EUR',
	reference: 'order-1',
	taxMode: 'inclusive',
	productSource: 'selected',
	product: 'pdt_1',
	additionalFields: {},
	...change,
});
const refund = (change: IDataObject = {}): IDataObject => ({
	resource: 'refund',
	operation: 'create',
	source: 'payment',
	payment: 'pay_1',
	extent: 'part',
	amount: '50.00',
	reference: 'ticket-1',
	...change,
});
const setUp = (change: IDataObject = {}): IDataObject => ({
	resource: 'mandate',
	operation: 'createSetupLink',
	customer: { external_id: 'cust_1' },
	taxMode: 'inclusive',
	additionalFields: {},
	...change,
});
const all = { returnAll: false, limit: 10 };

describe('a currency, however it is typed', () => {
	const typed = ['eur', ' EUR ', 'Eur', 'EUR'];

	test.each(typed)('Create Intent: %j', async (currency) => {
		dodo()
			.post('/checkouts', (body: IDataObject) => body.billing_currency === 'EUR')
			.reply(200, { session_id: 'cks_1' });
		expect(await runDodo(intent({ currency }), NEW.dodo)).toMatchObject({ currency: 'EUR', amount: 5_000 });
	});

	test.each(typed)('Ensure Invoice Product: %j', async (currency) => {
		dodo().get('/products').query(true).reply(200, { items: [] });
		dodo()
			.post('/products', (body: IDataObject) => (body.price as IDataObject).currency === 'EUR')
			.reply(200, { product_id: 'pdt_1', name: 'x', created_at: '2026-01-01T00:00:00Z' });
		expect(
			await runDodo({ resource: 'product', operation: 'ensure', currency, taxMode: 'inclusive' }, NEW.dodo),
		).toMatchObject({ currency: 'EUR', productId: 'pdt_1' });
	});

	test.each(typed)('the filters of Get Many: %j', async (currency) => {
		for (const [resource, path] of [
			['invoice', '/invoices'],
			['creditNote', '/credit_notes'],
		] as const) {
			lago()
				.get(path)
				.query((query) => query.currency === 'EUR')
				.reply(200, { invoices: [], credit_notes: [], meta: {} });
			expect(
				await runLago({ resource, operation: 'getAll', show: 'all', ...all, filters: { currency } }, NEW.lago),
			).toEqual([]);
		}
	});

	test.each(['euro', 'E', 'EUX', '€', 'EUR USD'])(
		'%j is refused before any call, and the field is named',
		async (currency) => {
			const problem = {
				message: expect.stringContaining(`"Currency": "${currency}" is not a currency`) as string,
				description: expect.stringContaining('e.g. EUR') as string,
			};
			for (const version of [OLD, NEW]) {
				await expect(
					runDodo(intent({ currency, amount: version === OLD ? 5_000 : '50.00' }), version.dodo),
				).rejects.toMatchObject(problem);
				await expect(
					runDodo({ resource: 'product', operation: 'ensure', currency, taxMode: 'inclusive' }, version.dodo),
				).rejects.toMatchObject(problem);
				await expect(runDodo(setUp({ currency }), version.dodo)).rejects.toMatchObject(problem);
				for (const resource of ['invoice', 'creditNote'])
					await expect(
						runLago({ resource, operation: 'getAll', show: 'all', ...all, filters: { currency } }, version.lago),
					).rejects.toMatchObject(problem);
			}
		},
	);

	test.each<[currency: string | null | undefined, what: string, message: string | RegExp]>([
		...['ISK', 'CLF', 'mro'].map((one): [string, string, string] => [
			one,
			'which Dodo does not have, is refused',
			`Dodo Payments does not have ${one.toUpperCase()}`,
		]),
		...['', '  ', null, undefined].map((one): [string | null | undefined, string, RegExp] => [
			one,
			'where one is needed is told',
			/^"Currency":? (it )?is empty/,
		]),
	])('%j, %s before any call', async (currency, _what, message) => {
		const calls = [
			intent({ currency }),
			{ resource: 'product', operation: 'ensure', currency, taxMode: 'inclusive' },
			setUp({ currency }),
		];
		for (const call of calls) await expect(runDodo(call, NEW.dodo)).rejects.toThrow(message);
	});
});

const NOT_AMOUNTS: Array<number | string | null | undefined> = [
	'1,250.00',
	'50,00',
	'50 EUR',
	'-5',
	'fifty',
	'',
	' ',
	null,
	undefined,
	'0',
	'0.00',
	0,
	-5,
	1e21,
];

describe('amounts of Create Intent', () => {
	test.each<[number | string, string, number]>([
		['50.00', 'EUR', 5_000],
		[50, 'EUR', 5_000],
		[19.99, 'EUR', 1_999],
		['1200', 'JPY', 1_200],
		['499.90', 'HUF', 49_990],
		['12.50', 'KES', 1_250],
	])('%j in %s', async (amount, currency, minorUnits) => {
		dodo()
			.post(
				'/checkouts',
				(body: { product_cart: Array<{ amount: number }> }) => body.product_cart[0]?.amount === minorUnits,
			)
			.reply(200, { session_id: 'cks_1' });
		expect(await runDodo(intent({ amount, currency }), NEW.dodo)).toMatchObject({ amount: minorUnits, currency });
	});

	test.each([...NOT_AMOUNTS, '50.000', 0.1 + 0.2])(
		'%j is refused before any call, and the field is named',
		async (amount) => {
			await expect(runDodo(intent({ amount }), NEW.dodo)).rejects.toMatchObject({
				message: expect.stringMatching(/^"Amount"/) as string,
				description: expect.stringContaining('50.00') as string,
			});
		},
	);

	test.each(['KWD', 'CLP', 'MGA'])('in %s nobody knows how Dodo counts: refused before any call', async (currency) => {
		await expect(runDodo(intent({ amount: '50', currency }), NEW.dodo)).rejects.toMatchObject({
			message: expect.stringContaining(`how Dodo Payments counts ${currency} is not known`) as string,
		});
	});

	test('an older version goes on with minor units', async () => {
		dodo()
			.post('/checkouts', (body: { product_cart: Array<{ amount: number }> }) => body.product_cart[0]?.amount === 50)
			.reply(200, { session_id: 'cks_1' });
		expect(await runDodo(intent({ amount: 50 }), OLD.dodo)).toMatchObject({ amount: 50 });
		await expect(runDodo(intent({ amount: 50.5 }), OLD.dodo)).rejects.toMatchObject({
			message: expect.stringContaining('whole number') as string,
		});
	});
});

describe('how much Refund > Create gives back', () => {
	const payment = (currency: string) =>
		dodo().get('/payments/pay_1').reply(200, {
			payment_id: 'pay_1',
			status: 'succeeded',
			total_amount: 9_000,
			currency,
			metadata: {},
			refunds: [],
		});
	const refunded: IDataObject[] = [];
	const takesRefund = () =>
		dodo()
			.post('/refunds')
			.reply(200, (_uri, body) => {
				refunded.push(body as IDataObject);
				return { refund_id: 'ref_1', payment_id: 'pay_1', status: 'pending', metadata: {} };
			});

	test.each<[number | string, string, number]>([
		['50.00', 'EUR', 5_000],
		[50, 'EUR', 5_000],
		['1200', 'JPY', 1_200],
		['499.90', 'HUF', 49_990],
	])('a part: %j of a payment in %s', async (amount, currency, minorUnits) => {
		payment(currency);
		dodo()
			.get('/payments/pay_1/line-items')
			.reply(200, { currency, items: [{ items_id: 'i', amount: 9_000, refundable_amount: 9_000 }] });
		takesRefund();
		await runDodo(refund({ amount, currency }), NEW.dodo);
		expect(refunded.at(-1)).toMatchObject({ items: [{ item_id: 'i', amount: minorUnits }] });
	});

	test('all that is left, only when that is chosen', async () => {
		payment('EUR');
		takesRefund();
		await runDodo(refund({ extent: 'all', amount: '' }), NEW.dodo);
		expect(refunded.at(-1)).not.toHaveProperty('items');
	});

	test.each(NOT_AMOUNTS)('a part of %j is refused before any call: never all by accident', async (amount) => {
		for (const extent of ['part', undefined, '', 'everything'])
			await expect(runDodo(refund({ amount, extent }), NEW.dodo)).rejects.toMatchObject({
				message: expect.stringMatching(/^"(Amount|Refund)"/) as string,
			});
	});

	test("more decimals than the payment's currency has are refused when it is known, and nothing goes back", async () => {
		payment('JPY');
		await expect(runDodo(refund(), NEW.dodo)).rejects.toMatchObject({
			message: expect.stringContaining('more decimals than JPY') as string,
		});
	});

	test('an older version goes on: minor units, 0 is all', async () => {
		payment('EUR');
		takesRefund();
		await runDodo(refund({ amount: 0 }), OLD.dodo);
		expect(refunded.at(-1)).not.toHaveProperty('items');
		payment('EUR');
		dodo()
			.get('/payments/pay_1/line-items')
			.reply(200, { currency: 'EUR', items: [{ items_id: 'i', amount: 9_000, refundable_amount: 9_000 }] });
		takesRefund();
		await runDodo(refund({ amount: 50 }), OLD.dodo);
		expect(refunded.at(-1)).toMatchObject({ items: [{ amount: 50 }] });
	});
});

describe('Restrict Above Overdue Amount', () => {
	const policy = (text: string, typeVersion: number, decimalSince: number) =>
		readAccessPolicy(
			{} as INode,
			(name, fallback) => (name === 'restrictAbove' ? text : fallback),
			limitsWritten({ typeVersion }, decimalSince),
		).restrictAbove;

	test.each([
		['the Lago node', OLD.lago, DECIMAL_AMOUNTS.lago],
		['the access trigger', 1.2, DECIMAL_AMOUNTS.lagoAccessTrigger],
	])('of %s: minor units before, decimal amounts since', (_name, old, since) => {
		expect(policy('eur:5000', old, since)).toEqual({ EUR: 5_000 });
		expect(policy(' eur :50.00, JPY:5000', since, since)).toEqual({ EUR: 5_000, JPY: 5_000 });
		expect(() => policy('EUR:50.00', old, since)).toThrow(
			'"Restrict Above Overdue Amount": "EUR:50.00" is not a limit',
		);
		expect(() => policy('EUR:1,250.00', since, since)).toThrow(
			'"Restrict Above Overdue Amount": "250.00" is not a limit',
		);
	});

	const templates = readdirSync(join(__dirname, '..', '..', '..', 'workflows')).map(
		(file) => JSON.parse(readFileSync(join(__dirname, '..', '..', '..', 'workflows', file), 'utf8')) as WorkflowJson,
	);

	test.each(templates.map((workflow) => [workflow.name, workflow] as const))(
		'means the same in all nodes of the template "%s" that share it',
		(_name, { nodes }) => {
			const written = nodes
				.filter(({ parameters }) => parameters.restrictAbove !== undefined)
				.map(({ type, typeVersion }) =>
					limitsWritten(
						{ typeVersion: Number(typeVersion) },
						type.endsWith('.lagoAccessTrigger') ? DECIMAL_AMOUNTS.lagoAccessTrigger : DECIMAL_AMOUNTS.lago,
					),
				);
			expect(new Set(written).size).toBeLessThanOrEqual(1);
		},
	);

	test.each([
		[OLD.lago, 'EUR:5000,jpy:300'],
		[NEW.lago, 'EUR:50.00,JPY:300'],
	])("the variable is minor units for version %p of the template's node, too", (typeVersion, restrictAbove) => {
		const template: WorkflowJson = {
			name: 'x',
			nodes: [{ name: 'Update Access', type: 'n8n-nodes-dodo-lago.lago', typeVersion, parameters: {} }],
		};
		const configured = configureSync(template, {
			productId: '',
			retrySchedule: '1d',
			reconcileMinutes: 5,
			access: { update: { restrictAbove: 'EUR:5000,jpy:300', graceDays: 2 }, callbackSecret: '', apiToken: '' },
		});
		expect(configured.nodes[0]?.parameters).toEqual({ restrictAbove, graceDays: 2 });
	});
});

test('Get Many, as the newest version offers it, leaves nothing out', async () => {
	const fieldOf = (properties: INodeProperties[], name: string): INodeProperties[] =>
		properties.filter((field) => field.name === name);
	const { properties } = new Lago().description;
	const ofInvoices = fieldOf(properties, 'show').filter(({ displayOptions }) =>
		displayOptions?.show?.resource?.includes('invoice'),
	);
	expect(ofInvoices.map(({ default: value, displayOptions }) => [value, displayOptions?.show?.['@version']])).toEqual([
		['payable', [{ _cnd: { lt: NEW.lago } }]],
		['all', [{ _cnd: { gte: NEW.lago } }]],
	]);
	for (const filters of [
		...fieldOf(properties, 'filters'),
		...fieldOf(new DodoPayments().description.properties, 'filters'),
	])
		expect(filters.default).toEqual({});
	lago()
		.get('/invoices')
		.query((query) => Object.keys(query).every((name) => /^(page|per_page)$/.test(name)))
		.reply(200, { invoices: [], meta: {} });
	await runLago({ resource: 'invoice', operation: 'getAll', show: 'all', ...all, filters: {} }, NEW.lago);
});

describe('the fields as n8n shows them', () => {
	const shown = (
		{ description }: { description: INodeTypeDescription },
		typeVersion: number,
		parameters: IDataObject,
	): IDataObject =>
		NodeHelpers.getNodeParameters(
			description.properties,
			parameters as INodeParameters,
			true,
			false,
			{ typeVersion },
			description,
		) as IDataObject;

	test.each<[string, number, IDataObject, IDataObject]>([
		['Create Intent', OLD.dodo, { resource: 'payment', operation: 'createIntent', source: 'amount' }, { amount: 1000 }],
		['Create Intent', NEW.dodo, { resource: 'payment', operation: 'createIntent', source: 'amount' }, { amount: '' }],
		[
			'Refund > Create',
			OLD.dodo,
			{ resource: 'refund', operation: 'create', source: 'payment' },
			{ amount: 0, extent: undefined },
		],
		[
			'Refund > Create',
			NEW.dodo,
			{ resource: 'refund', operation: 'create', source: 'payment' },
			{ amount: '', extent: 'part' },
		],
		[
			'Refund > Create, all',
			NEW.dodo,
			{ resource: 'refund', operation: 'create', source: 'payment', extent: 'all' },
			{ amount: undefined, extent: 'all' },
		],
	])('%s in version %p', (_name, version, parameters, expected) => {
		expect(shown(new DodoPayments(), version, parameters)).toEqual(
			expect.objectContaining(Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== undefined))),
		);
		for (const [name, value] of Object.entries(expected))
			if (value === undefined) expect(shown(new DodoPayments(), version, parameters)).not.toHaveProperty(name);
	});

	test.each([
		[OLD.lago, 'payable'],
		[NEW.lago, 'all'],
	])('Invoice > Get Many in version %p shows %s at first', (version, show) => {
		expect(shown(new Lago(), version, { resource: 'invoice', operation: 'getAll' })).toMatchObject({ show });
	});
});

test('new nodes are of the version with decimal amounts, and the older ones stay', () => {
	const versionsOf = ({ description }: { description: { version: number | number[]; defaultVersion?: number } }) => [
		description.version,
		description.defaultVersion,
	];
	expect(versionsOf(new DodoPayments())).toEqual([[1, DECIMAL_AMOUNTS.dodoPayments, 1.2], 1.2]);
	expect(versionsOf(new Lago())).toEqual([[1, 1.1, DECIMAL_AMOUNTS.lago, 1.3, 1.4], 1.4]);
	expect(versionsOf(new LagoAccessTrigger())).toEqual([[1, 1.1, 1.2, 1.3], DECIMAL_AMOUNTS.lagoAccessTrigger]);
});
