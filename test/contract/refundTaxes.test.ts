import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { operations } from '../../nodes/Lago/actions/operations';
import { LagoClient } from '../../nodes/Lago/transport/client';
import type { Invoice } from '../../sandbox/lago/documents';
import { startLagoSimulator, type LagoSimulator } from '../../sandbox/simulators';
import { API_KEY, executeContext, itemsOf } from '../support/executeContext';

/** Refunds made at Dodo, of invoices that are not simply taxed: what the note comes to, and what Lago was asked for it. */
let lago: LagoSimulator;

beforeAll(async () => {
	lago = await startLagoSimulator({ apiKey: API_KEY });
});
afterAll(async () => {
	await lago.close();
});

type Fees = NonNullable<Parameters<LagoSimulator['issueInvoice']>[0]>['fees'];

/** An invoice that one payment paid, and the refunds of it so far. */
class Paid {
	readonly invoice: Invoice;
	private readonly id = `pay_${randomUUID()}`;
	private readonly refunds: IDataObject[] = [];

	constructor(fees: Fees, currency = 'USD') {
		this.invoice = lago.issueInvoice({ emit: false, currency, fees });
		lago.payManually(this.invoice.lago_id, this.invoice.total_amount_cents, this.id);
	}

	/** @param amount nothing means all that is left. */
	async refund(amount = this.left): Promise<IDataObject> {
		const { currency, lago_id, total_amount_cents } = this.invoice;
		const refund = { refund_id: `ref_${randomUUID()}`, payment_id: this.id, status: 'succeeded', amount, currency };
		this.refunds.push(refund);
		const payment = {
			payment_id: this.id,
			status: 'succeeded',
			total_amount: total_amount_cents,
			tax: 0,
			currency,
			metadata: { lago_invoice_id: lago_id },
			refunds: this.refunds,
		};
		const context = executeContext({
			input: [payment],
			parameters: {
				resource: 'creditNote',
				operation: 'create',
				refund: { event: 'refund.succeeded', mode: 'test', data: { ...refund, metadata: {} } },
				payment: '={{ $json }}',
				reason: 'other',
				additionalFields: {},
			},
			credential: { baseUrl: lago.url },
			credentialId: lago.url,
		});
		return (await itemsOf(context, operations, LagoClient.of))[0]?.json as IDataObject;
	}

	get notes(): number[] {
		return [...lago.state.creditNotes.values()]
			.filter(({ invoice }) => invoice === this.invoice)
			.map(({ refund_amount_cents }) => refund_amount_cents);
	}

	private get left(): number {
		return this.invoice.total_amount_cents - this.refunds.reduce((sum, { amount }) => sum + Number(amount), 0);
	}
}

const estimates = () => lago.calls.filter(({ path }) => path.endsWith('/credit_notes/estimate')).length;

beforeEach(() => {
	lago.calls.length = 0;
});

const TEXAS = { amountCents: 10_000, taxRate: 8.25, taxBase: 0.8 };

test.each<[string, Fees, number, Array<number | undefined>]>([
	['8.25 % on 80 %, in full', [TEXAS], 10_660, [undefined]],
	['8.25 % on 80 %, by half', [TEXAS], 10_660, [5_330, undefined]],
	['of one fee of two that are taxed in part', [TEXAS, { ...TEXAS, amountCents: 5_000 }], 15_990, [10_660, undefined]],
	[
		'of one fee of two, of which one is taxed in part',
		[
			{ ...TEXAS, amountCents: 20_000 },
			{ amountCents: 5_000, taxRate: 8.25 },
		],
		26_733,
		[21_320, undefined],
	],
	['of a fee with several taxes', [{ amountCents: 10_000, taxRate: [5, 9.975] }], 11_498, [3_333, 4_444, undefined]],
	[
		'of fees that share one of their taxes, taxed in part',
		[
			{ amountCents: 10_000, taxRate: [5, 9.975], taxBase: 0.5 },
			{ amountCents: 7_000, taxRate: 5 },
		],
		18_099,
		[2_500, 9_000, undefined],
	],
	[
		'of a taxed and an exempt fee',
		[{ amountCents: 10_000, taxRate: 20 }, { amountCents: 3_333 }],
		15_333,
		[5_555, undefined],
	],
	[
		'a tax that a provider cut off',
		[{ amountCents: 10_006, taxRate: 8.25, taxBase: 825 / 825.495 }],
		10_831,
		[333, undefined],
	],
	['coupons', [{ amountCents: 4_999, taxRate: 20, couponsCents: 625 }], 5_249, [1_000, 2_000, undefined]],
	[
		'20 % rounded over the sum, fees one after the other',
		[6_833, 6_833, 5_750, 8_500].map((amountCents) => ({ amountCents, taxRate: 20 })),
		33_499,
		[8_200, 6_900, 10_200, undefined],
	],
])('%s', async (_case, fees, total, amounts) => {
	const paid = new Paid(fees);
	expect(paid.invoice.total_amount_cents).toBe(total);
	let left = total;
	for (const amount of amounts) {
		const refunded = amount ?? left;
		left -= refunded;
		expect(await paid.refund(amount)).toMatchObject({ outcome: 'credited', refundAmount: refunded, difference: 0 });
	}
	expect(paid.notes.reduce((sum, note) => sum + note, 0)).toBe(total);
	expect(estimates()).toBe(0);
});

describe('a tax that the invoice does not show as it is', () => {
	/** Lago shows the nominal tax only, and taxes a part. */
	const hidden = (fees: Fees): Paid => {
		const paid = new Paid(fees);
		for (const fee of paid.invoice.fees)
			Object.assign(fee, { taxes_precise_amount: null, taxes_amount_cents: null, precise_amount: null });
		return paid;
	};

	test.each<[string, Fees, Array<number | undefined>]>([
		['in full', [TEXAS], [undefined]],
		['in parts', [TEXAS, { amountCents: 700, taxRate: 8.25 }], [3_334, 5_000, undefined]],
		['of two rates', [TEXAS, { amountCents: 70_000, taxRate: 20, taxBase: 0.5 }], [30_000, 49_999, undefined]],
	])('is asked: %s', async (_case, fees, amounts) => {
		const paid = hidden(fees);
		for (const amount of amounts)
			expect(await paid.refund(amount)).toMatchObject({ outcome: 'credited', difference: 0 });
		expect(paid.notes.reduce((sum, note) => sum + note, 0)).toBe(paid.invoice.total_amount_cents);
		expect(estimates()).toBeGreaterThan(0);
		expect(estimates()).toBeLessThanOrEqual(4 * amounts.length);
	});

	test('is asked when the fees seem to be worth less than what is refunded', async () => {
		const paid = new Paid([
			{ amountCents: 10_000, taxRate: 20 },
			{ amountCents: 10_000, taxRate: 20, taxBase: 0.5 },
		]);
		// As if each had a tax of its own, which is not put together with the other.
		paid.invoice.fees.forEach((fee, index) =>
			Object.assign(fee, { applied_taxes: [{ tax_code: `tax_${index}`, tax_rate: 20 }] }),
		);
		for (const amount of [12_000, undefined])
			expect(await paid.refund(amount)).toMatchObject({ outcome: 'credited', difference: 0 });
		expect(paid.notes).toEqual([12_000, 11_000]);
	});

	test('what Lago also says the fees cannot carry is held', async () => {
		const paid = hidden([{ amountCents: 10_000, taxRate: 20, taxBase: 0.5 }]);
		lago.createCreditNoteInUi(paid.invoice.lago_id, {
			items: [{ fee_id: String(paid.invoice.fees[0]?.lago_id), amount_cents: 9_000 }],
			credit_amount_cents: 9_900,
		});
		expect(await paid.refund(5_000)).toMatchObject({ outcome: 'held', reason: 'lago_refused' });
		expect(estimates()).toBe(1);
	});
});

test('an invoice with 3,000 fees, a fifth of them with coupons', async () => {
	const fees = Array.from({ length: 3_000 }, (_, index) => ({
		amountCents: 1 + (index % 37),
		taxRate: 20,
		couponsCents: index % 5 === 0 ? 0.37 : 0,
	}));
	const paid = new Paid(fees, 'EUR');
	for (const amount of [11_111, 22_222, undefined])
		expect(await paid.refund(amount)).toMatchObject({ outcome: 'credited', difference: 0 });
});
