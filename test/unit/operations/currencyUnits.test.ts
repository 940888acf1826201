import { randomUUID } from 'node:crypto';
import nock from 'nock';
import type { IDataObject } from 'n8n-workflow';
import { operations as dodoOperations } from '../../../nodes/DodoPayments/actions/operations';
import { DodoClient } from '../../../nodes/DodoPayments/transport/client';
import { operations as lagoOperations } from '../../../nodes/Lago/actions/operations';
import { signPayLink } from '../../../nodes/Lago/helpers/payLinkToken';
import { LagoClient } from '../../../nodes/Lago/transport/client';
import { paymentProof } from '../../../nodes/Lago/transport/derivedKey';
import { BASE_URL, executeContext, itemsOf } from '../../support/executeContext';
import { strictNock } from '../../support/nock';
import { ID, lagoInvoice, metadata } from './lagoInvoice';

// Every call that is not expected here fails: what is held asks nothing of Dodo.
strictNock();

const lago = () => nock(`${BASE_URL}/api/v1`);
const dodo = () => nock(BASE_URL);
const HMAC_KEY = '0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9';
const NOTE_ID = 'cd000000-0000-4000-8000-0000000000cd';
const UNCLEAR = { outcome: 'held', reason: 'currency_unit_unclear' };
const FORINTS = { currency: 'HUF', total_amount_cents: 49_990, total_due_amount_cents: 49_990 };
/** As Lago > Invoice > Get hands it over where the merchant says so. */
const SAID = { currencyCountedAlike: true };

const onDodo = async (parameters: IDataObject, input: IDataObject): Promise<IDataObject> => {
	const context = executeContext({
		input: [input],
		credentialId: randomUUID(),
		parameters: { invoice: '={{ $json }}', additionalFields: {}, taxMode: 'inclusive', ...parameters },
	});
	return (await itemsOf(context, dodoOperations, DodoClient.of))[0]?.json as IDataObject;
};
const onLago = async (
	parameters: IDataObject,
	input: IDataObject,
	currenciesCountedAlike?: string,
): Promise<IDataObject[]> => {
	const context = executeContext({
		input: [input],
		credentialId: randomUUID(),
		credential: { currenciesCountedAlike, webhookHmacKey: HMAC_KEY },
		parameters: { filters: {}, ...parameters },
	});
	return (await itemsOf(context, lagoOperations, LagoClient.of)).map(({ json }) => json);
};
const charge = async (change: IDataObject): Promise<IDataObject> => {
	const customer = {
		...(lagoInvoice().customer as IDataObject),
		metadata: metadata({ dodo_subscription_id: 'sub_1' }),
	};
	return await onDodo({ resource: 'mandate', operation: 'charge' }, lagoInvoice({ customer, ...change }));
};
const link = async (change: IDataObject): Promise<IDataObject> =>
	await onDodo(
		{ resource: 'payment', operation: 'createIntent', source: 'invoice', productSource: 'selected', product: 'pdt_1' },
		lagoInvoice(change),
	);

describe('an invoice in a currency that both may not count alike', () => {
	test.each(['HUF', 'MGA', 'KWD', 'BHD', 'JOD', 'CLP', 'COP', 'ISK', 'CLF', 'MRO'])(
		'%s: neither charged nor asked for, and nothing is asked of Dodo',
		async (currency) => {
			for (const collect of [charge, link])
				expect(await collect({ ...FORINTS, currency })).toMatchObject({
					...UNCLEAR,
					invoiceNumber: 'ACM-7',
					message: expect.stringContaining(currency) as string,
					nextStep: expect.stringContaining('outside Dodo Payments') as string,
				});
		},
	);

	test('a link that is out already is not handed out again', async () => {
		const ours = metadata({
			dodo_payment_id: 'cks_1',
			dodo_state: `v1;open;a=1;m=49990;x=${Math.floor(Date.now() / 1000) + 80_000};u=https://pay.example/1`,
		});
		expect(await link({ ...FORINTS, metadata: ours })).toMatchObject(UNCLEAR);
	});

	test('what the merchant says is counted alike is collected', async () => {
		dodo()
			.post(
				'/checkouts',
				(body: { product_cart: Array<{ amount: number }> }) => body.product_cart[0]?.amount === 49_990,
			)
			.reply(200, { session_id: 'cks_1' });
		expect(await link({ ...FORINTS, ...SAID })).toMatchObject({
			outcome: 'created',
			amount: 49_990,
			message: expect.stringContaining('HUF 49990 for invoice ACM-7') as string,
		});
	});

	test('what Dodo does not have is held whatever the merchant says', async () => {
		for (const collect of [charge, link])
			expect(await collect({ ...FORINTS, ...SAID, currency: 'ISK' })).toMatchObject({
				...UNCLEAR,
				message: expect.stringContaining('does not have ISK') as string,
			});
	});
});

describe('less than the smallest payment', () => {
	test.each<[string, number]>([
		['EUR', 49],
		['CZK', 1_499],
		['DKK', 249],
		['JPY', 49],
		['RON', 199],
	])('%s %i: held before any call', async (currency, due) => {
		for (const collect of [charge, link])
			expect(await collect({ currency, total_due_amount_cents: due })).toMatchObject({
				outcome: 'held',
				reason: 'amount_below_dodo_minimum',
				nextStep: expect.stringContaining('next invoice') as string,
			});
	});
});

describe('what the Lago credential says', () => {
	const get = { resource: 'invoice', operation: 'get', invoice: ID };

	test.each([
		['', undefined],
		[undefined, undefined],
		['KWD', undefined],
		['huf, MGA', true],
		['forint HUF', true],
	])('%j travels with the invoice', async (said, expected) => {
		lago()
			.get(`/invoices/${ID}`)
			.reply(200, { invoice: lagoInvoice(FORINTS) });
		const [read] = await onLago(get, {}, said);
		expect(read?.currencyCountedAlike).toBe(expected);
	});

	test('and decides which invoices a list calls payable', async () => {
		const payable = async (said: string): Promise<unknown[]> => {
			lago()
				.get('/invoices')
				.query(true)
				.reply(200, { invoices: [lagoInvoice(), lagoInvoice({ ...FORINTS, lago_id: NOTE_ID })] });
			const listed = await onLago(
				{ resource: 'invoice', operation: 'getAll', show: 'payable', returnAll: true },
				{},
				said,
			);
			return listed.map(({ currency }) => currency);
		};
		expect(await payable('')).toEqual(['EUR']);
		expect(await payable('HUF')).toEqual(['EUR', 'HUF']);
	});

	test('and whether there is a pay link, and what a click on one leads to', async () => {
		const payLinkAddress = 'https://n8n.example/pay';
		const click = { link: new URL(signPayLink(payLinkAddress, ID, HMAC_KEY)).searchParams.get('t') };
		for (const parameters of [
			{ operation: 'createPayLink', invoice: lagoInvoice(), payLinkAddress },
			{ operation: 'openPayLink', ...click },
		]) {
			lago()
				.get(`/invoices/${ID}`)
				.reply(200, { invoice: lagoInvoice(FORINTS) });
			const [item] = await onLago({ resource: 'invoice', ...parameters }, {});
			expect(item).toMatchObject(
				parameters.operation === 'createPayLink'
					? UNCLEAR
					: { outcome: 'not_payable', text: 'Please ask whoever sent you the link.' },
			);
		}
		lago()
			.get(`/invoices/${ID}`)
			.reply(200, { invoice: lagoInvoice(FORINTS) })
			.get('/organizations')
			.reply(200, { organization: { lago_id: 'org_1' } });
		expect(await onLago({ resource: 'invoice', operation: 'openPayLink', ...click }, {}, 'HUF')).toMatchObject([
			{ outcome: 'payable', invoice: SAID },
		]);
	});
});

describe('a payment that came all the same', () => {
	const paid = (change: IDataObject = {}): IDataObject => ({
		event: 'payment.succeeded',
		mode: 'test',
		occurredAt: '2026-11-01T10:01:11.123456Z',
		data: {
			payment_id: 'pay_1',
			status: 'succeeded',
			total_amount: 49_990,
			tax: 0,
			currency: 'HUF',
			checkout_session_id: 'cks_1',
			metadata: { lago_invoice_id: ID, lago_proof: paymentProof(HMAC_KEY, ID) },
			...change,
		},
	});
	const reads = (change: IDataObject = {}) =>
		lago()
			.get(`/invoices/${ID}`)
			.reply(200, { invoice: lagoInvoice({ ...FORINTS, ...change }) });
	const settle = { resource: 'invoice', operation: 'updatePaymentStatus', payment: '={{ $json }}' };

	test.each([49_990, 4_999_000])('%i: held, not booked', async (total_amount) => {
		reads();
		expect(await onLago(settle, paid({ total_amount }))).toMatchObject([
			{
				...UNCLEAR,
				message: expect.stringContaining(`HUF ${total_amount} (in the smallest unit of Dodo Payments)`) as string,
				nextStep: expect.stringContaining('with pay_1 as its reference') as string,
			},
		]);
	});

	test('booked where the merchant says that both count alike', async () => {
		reads();
		lago()
			.post('/payments', ({ payment }: { payment: IDataObject }) => payment.amount_cents === 49_990)
			.reply(200, { payment: { lago_id: 'p1' } });
		expect(await onLago(settle, paid(), 'HUF')).toMatchObject([
			{ outcome: 'settled', message: expect.stringContaining('HUF 49990 by payment pay_1') as string },
		]);
	});

	const disputed = (said?: string) =>
		onLago(
			{
				resource: 'invoice',
				operation: 'recordDispute',
				payment: paid().data,
				dispute: {
					event: 'dispute.lost',
					mode: 'test',
					data: {
						dispute_id: 'dis_1',
						payment_id: 'pay_1',
						dispute_status: 'dispute_lost',
						amount: '49990',
						currency: 'HUF',
					},
				},
			},
			{},
			said,
		);
	const lists = (amount_cents?: number) =>
		lago()
			.get('/payments')
			.query(true)
			.reply(200, {
				payments: amount_cents === undefined ? [] : [{ lago_id: 'p1', reference: 'pay_1', amount_cents }],
			});

	test('a lost dispute of it: held, unless it was booked by hand', async () => {
		reads();
		lists();
		reads();
		expect(await disputed()).toMatchObject([{ ...UNCLEAR, disputeId: 'dis_1', invoiceId: ID }]);
		reads({ payment_status: 'succeeded', total_paid_amount_cents: 49_990, total_due_amount_cents: 0 });
		lists(49_990);
		lago().post(`/invoices/${ID}/lose_dispute`).reply(200, {});
		expect(await disputed()).toMatchObject([{ outcome: 'dispute_lost' }]);
	});

	test.each([undefined, 49_990])('a refund of it, booked by hand: %s: held', async (booked) => {
		lago().get('/credit_notes').query(true).reply(200, { credit_notes: [] });
		reads(booked === undefined ? {} : { payment_status: 'succeeded', total_paid_amount_cents: booked });
		lists(booked);
		if (booked === undefined) reads();
		const mirrored = await onLago(
			{
				resource: 'creditNote',
				operation: 'create',
				reason: 'other',
				payment: paid().data,
				refund: {
					event: 'refund.succeeded',
					mode: 'test',
					data: {
						refund_id: 'ref_1',
						payment_id: 'pay_1',
						status: 'succeeded',
						amount: 49_990,
						currency: 'HUF',
						metadata: {},
					},
				},
			},
			{},
		);
		expect(mirrored).toMatchObject([{ ...UNCLEAR, message: expect.stringContaining('ref_1') as string }]);
	});
});

describe('a refund that Lago asks for', () => {
	const note: IDataObject = {
		lago_id: NOTE_ID,
		number: 'ACM-7-CN001',
		lago_invoice_id: ID,
		invoice_number: 'ACM-7',
		currency: 'HUF',
		refund_status: 'pending',
		total_amount_cents: 49_990,
		refund_amount_cents: 49_990,
		metadata: {},
		dodoPayments: [{ reference: 'pay_1', amount: 49_990 }],
	};
	const refund = async (change: IDataObject = {}): Promise<IDataObject> =>
		await onDodo(
			{ resource: 'refund', operation: 'create', source: 'creditNote', creditNote: '={{ $json }}' },
			{ ...note, ...change },
		);

	test('is held before any call', async () => {
		expect(await refund()).toMatchObject({
			...UNCLEAR,
			creditNoteId: NOTE_ID,
			message: expect.stringContaining('HUF 49990') as string,
		});
	});

	test('is made where the merchant says that both count alike; the note says so', async () => {
		lago().get(`/credit_notes/${NOTE_ID}`).reply(200, { credit_note: note });
		lago()
			.get('/payments')
			.query(true)
			.reply(200, { payments: [{ lago_id: 'p1', reference: 'pay_1', amount_cents: 49_990 }] });
		const [read] = await onLago({ resource: 'creditNote', operation: 'get', creditNote: NOTE_ID }, {}, 'HUF');
		expect(read).toMatchObject(SAID);
		dodo()
			.get('/payments/pay_1')
			.reply(200, { payment_id: 'pay_1', status: 'succeeded', total_amount: 49_990, currency: 'HUF', metadata: {} });
		dodo().post('/refunds').reply(200, { refund_id: 'ref_1', payment_id: 'pay_1', status: 'pending', metadata: {} });
		expect(await refund(read)).toMatchObject({ outcome: 'refunding', refundId: 'ref_1' });
	});
});
