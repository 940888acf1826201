import { creditTaxes, type NamedTax, type TaxedFee } from '../../../nodes/shared/domain/creditTaxes';
import { asLagoTaxes, type CreditableFee } from '../../../nodes/shared/domain/refundAllocation';

const fee = (change: Partial<TaxedFee> = {}): TaxedFee => ({
	amount: 10_000,
	couponsAmount: 0,
	taxesRate: 20,
	taxesAmount: null,
	precise: null,
	taxes: null,
	...change,
});
const vat: NamedTax = { code: 'vat', rate: 20 };
const city: NamedTax = { code: 'city', rate: 5 };
/** EUR 100.00 of which this much tax is taken, before rounding. */
const precisely = (tax: string, net = 10_000, amount = '100') => ({ precise: { amount, net, tax } });
const NINE_TENTHS = precisely('18');

test('a fee that is taxed as its rate says is credited so, to the letter', () => {
	const fees = [
		fee({ taxesAmount: 2_000 }),
		fee({ taxesRate: '7.5' }),
		fee(precisely('20')),
		fee({ amount: 333, taxesAmount: 67 }),
		fee({ taxesRate: 0, taxesAmount: 0 }),
		fee({ taxesRate: 0, ...precisely('0') }),
		fee({ couponsAmount: 10_000, taxesAmount: 0 }),
		fee({ amount: 10, couponsAmount: 20, taxesAmount: 0 }),
	];
	expect(creditTaxes(fees, [vat])).toEqual([20, '7.5', 20, 20, 0, 0, 20, 20]);
});

test.each<[string, TaxedFee[], NamedTax[], number[]]>([
	['nine tenths, by what it says before rounding', [fee(NINE_TENTHS)], [vat], [18]],
	['nine tenths, by what it says in cents', [fee({ taxesAmount: 1_800 })], [vat], [18]],
	['nine tenths after a coupon', [fee({ couponsAmount: 1_000, taxesAmount: 1_620 })], [vat], [18]],
	['nine tenths of what else is left', [fee({ couponsAmount: 1_000, ...precisely('16', 8_000) })], [vat], [18]],
	['more than all', [fee({ taxesAmount: 2_100 })], [vat], [21]],
	['half a cent of it counts as one', [fee({ amount: 5, ...precisely('0.009', 5, '0.05') })], [vat], [20]],
	['of less than a cent', [fee({ amount: 1, couponsAmount: 0.4, ...precisely('0.00108', 0.6, '0.01') })], [vat], [20]],
	['nothing of it', [fee(precisely('0'))], [vat], [20]],
	['nine tenths beside a whole one: Lago blends both', [fee(NINE_TENTHS), fee()], [vat], [19, 19]],
	[
		'nine tenths beside a whole one with a tax of its own',
		[fee({ ...NINE_TENTHS, taxes: [vat] }), fee({ taxes: [{ code: 'other', rate: 20 }] })],
		[vat, { code: 'other', rate: 20 }],
		[18, 20],
	],
	[
		'nine tenths by both taxes beside one by one of them',
		[fee({ taxesRate: 25, ...precisely('22.5') }), fee()],
		[vat, city],
		[23.5, 19],
	],
	[
		'nine tenths by a rate that no taxes of the invoice make',
		[fee({ taxesRate: 7, ...precisely('6.3') })],
		[vat, city],
		[6.3],
	],
	['nothing at all beside nine tenths', [fee({ taxesRate: 0 }), fee(NINE_TENTHS)], [vat], [0, 18]],
	[
		'two taxes of one code: Lago takes the first',
		[fee({ taxes: [vat] }), fee({ taxesRate: 10, taxes: [{ code: 'vat', rate: 10 }] })],
		[vat, { code: 'vat', rate: 10 }],
		[20, 20],
	],
	[
		'two taxes of one code: Lago takes the first of the invoice, whichever fee comes first',
		[fee({ taxesRate: 10, taxes: [{ code: 'vat', rate: 10 }] }), fee({ taxes: [vat] })],
		[vat, { code: 'vat', rate: 10 }],
		[20, 20],
	],
	[
		'a tax that the invoice does not name has its own rate',
		[fee({ ...NINE_TENTHS, taxes: [{ code: 'gone', rate: 20 }] })],
		[vat],
		[18],
	],
])('taxed: %s', (_, fees, taxes, rates) => {
	expect(creditTaxes(fees, taxes).map((rate) => Number(Number(rate).toFixed(9)))).toEqual(rates);
});

describe('the rate by which the tax is what Lago says', () => {
	const credited = (id: string, change: Partial<CreditableFee> = {}): CreditableFee => ({
		id,
		amount: 10_000,
		credited: 0,
		taxesRate: 20,
		couponsAmount: 0,
		...change,
	});
	const other = credited('other', { taxesRate: 7 });
	const rates = (fees: readonly CreditableFee[]) => fees.map(({ taxesRate }) => Number(taxesRate));

	test.each<[string, CreditableFee[], number[], number, number, number[]]>([
		['less tax', [credited('a'), credited('b'), other], [5_000], 0, 900, [18, 18, 7]],
		['more tax', [credited('a'), other], [5_000], 0, 1_100, [22, 7]],
		['less tax after a coupon', [credited('a', { couponsAmount: 1_000 }), other], [10_000], 1_000, 1_620, [18, 7]],
		['two fees', [credited('a'), credited('b', { taxesRate: 7 })], [5_000, 5_000], 0, 1_150, [18, 5]],
		['a coupon over all of it', [credited('a'), other], [5_000], 5_000, 900, [20, 7]],
		['a coupon over more than it', [credited('a'), other], [5_000], 6_000, 900, [20, 7]],
		[
			'the rest: rounding of earlier notes is given back',
			[credited('a', { credited: 5_000 })],
			[5_000],
			0,
			900 - 0.5,
			[18],
		],
	])('%s', (_, fees, amounts, couponsAmount, taxesAmount, expected) => {
		const items = amounts.map((amount, index) => ({ feeId: fees[index]?.id ?? '', amount }));
		const read = asLagoTaxes(fees, { taxRounding: '0.5' }, items, { couponsAmount, taxesAmount });
		expect(rates(read)).toEqual(expected);
		expect(read).toEqual(fees.map((one, index) => ({ ...one, taxesRate: read[index]?.taxesRate })));
	});
});
