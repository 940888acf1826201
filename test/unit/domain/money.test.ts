import * as fc from 'fast-check';
import { parseLimits, writeLimits } from '../../../nodes/shared/domain/access/policy';
import {
	currencyOf,
	exponentOf,
	formatAmount,
	formatDodoAmount,
	minimumCharge,
	readAmount,
	localAmount,
	readCurrencies,
	toDecimal,
	toMinorUnits,
} from '../../../nodes/shared/domain/money';

describe('exponentOf', () => {
	it.each([
		['EUR', 2],
		['USD', 2],
		['JPY', 0],
		['KRW', 0],
		['VND', 0],
		['KWD', 3],
		['BHD', 3],
		['HUF', 0],
		['MGA', 0],
		['CLF', 4],
		['MRO', 1],
		['jpy', 0],
		['XYZ', 2],
	])('%s has %i decimals', (currency, expected) => {
		expect(exponentOf(currency)).toBe(expected);
	});
});

describe('formatAmount', () => {
	it.each([
		[12995, 'EUR', 'EUR 129.95'],
		[1299, 'JPY', 'JPY 1299'],
		[1299, 'KWD', 'KWD 1.299'],
		[5, 'EUR', 'EUR 0.05'],
		[5, 'KWD', 'KWD 0.005'],
		[49_990, 'HUF', 'HUF 49990'],
		[7, 'MRO', 'MRO 1.4'],
		[-12_345, 'CLF', 'CLF -1.2345'],
		[0, 'EUR', 'EUR 0.00'],
		[0, 'JPY', 'JPY 0'],
		[-5, 'EUR', 'EUR -0.05'],
		[-1299, 'JPY', 'JPY -1299'],
		[100, 'USD', 'USD 1.00'],
		[9_007_199_254_740_991, 'EUR', 'EUR 90071992547409.91'],
	])('%i minor units of %s', (minorUnits, currency, expected) => {
		expect(formatAmount(minorUnits, currency)).toBe(expected);
	});

	it('loses no digit, whatever the amount and currency', () => {
		fc.assert(
			fc.property(fc.maxSafeInteger(), fc.constantFrom('EUR', 'JPY', 'KWD', 'HUF'), (amount, currency) => {
				const digits = formatAmount(amount, currency).slice(4).replace('.', '');
				expect(BigInt(digits)).toBe(BigInt(amount));
			}),
		);
	});
});

describe('minimumCharge', () => {
	it.each([
		['USD', 50],
		['EUR', 50],
		['GBP', 30],
		['INR', 500],
		['JPY', 50],
		['HUF', 175],
		['CZK', 1_500],
		['DKK', 250],
		['RON', 200],
		['VND', 12_000],
		['IDR', 850_000],
		['gbp', 30],
	])('%s: %i minor units', (currency, expected) => {
		expect(minimumCharge(currency)).toBe(expected);
	});

	it('of forints in hundredths', () => {
		expect(minimumCharge('HUF', 100)).toBe(17_500);
	});

	it.each(['KWD', 'UGX', 'COP', 'XYZ'])('%s: none is published', (currency) => {
		expect(minimumCharge(currency)).toBeNull();
	});
});

describe('formatDodoAmount', () => {
	it.each([
		[12_995, 'EUR', 'EUR 129.95'],
		[1_299, 'JPY', 'JPY 1299'],
		[49_990, 'HUF', 'HUF 49990 (in the smallest unit of Dodo Payments)'],
		[1_299, 'KWD', 'KWD 1299 (in the smallest unit of Dodo Payments)'],
	])('%i of what Dodo counts in %s', (amount, currency, expected) => {
		expect(formatDodoAmount(amount, currency)).toBe(expected);
	});
});

it.each([
	[12_995, 'EUR', 'de', '129,95 €'],
	[12_995, 'EUR', 'en', '€129.95'],
	[1_200, 'JPY', 'en', '¥1,200'],
	[1_250, 'KWD', 'en', 'KWD 1.250'],
	[9_007_199_254_740_991, 'USD', 'en', '$90,071,992,547,409.91'],
])('%i of %s is written in %s as %s', (amount, currency, locale, text) => {
	expect(localAmount(amount, currency, locale).replace(/\u00a0/g, ' ')).toBe(text);
});

describe('readCurrencies', () => {
	it.each<[string, string[], string[]]>([
		['', [], []],
		[' , ', [], []],
		['HUF', ['HUF'], []],
		['huf, MGA;kwd  COP', ['HUF', 'MGA', 'KWD', 'COP'], []],
		['HUF, forint, EUX', ['HUF'], ['forint', 'EUX']],
	])('%j', (text, codes, wrong) => {
		expect(readCurrencies(text)).toEqual({ codes, wrong });
	});
});

describe('currencyOf', () => {
	it.each([
		['EUR', 'EUR'],
		['eur', 'EUR'],
		[' EUR ', 'EUR'],
		['Eur', 'EUR'],
		['\tjpy\n', 'JPY'],
		['clf', 'CLF'],
		['KWD', 'KWD'],
	])('%j is %s', (typed, code) => {
		expect(currencyOf(typed)).toBe(code);
	});

	it.each(['', ' ', 'E', 'EU', 'euro', 'EURO', '€', 'EUX', 'XYZ', 'E U', 'EU1', 'ＥＵＲ', 'uſd', 'EUR,USD'])(
		'%j is no currency',
		(typed) => {
			expect(currencyOf(typed)).toBeNull();
		},
	);
});

describe('an amount as a person writes it', () => {
	const minorUnits = (written: unknown, currency: string): number | { problem: string } => {
		const amount = readAmount(written);
		return 'problem' in amount ? amount : toMinorUnits(amount, currency);
	};

	it.each<[unknown, string, number]>([
		['50.00', 'EUR', 5_000],
		['50', 'EUR', 5_000],
		['50.5', 'EUR', 5_050],
		[' 50.00 ', 'EUR', 5_000],
		['0.01', 'EUR', 1],
		['0', 'EUR', 0],
		['007.10', 'EUR', 710],
		['1200', 'JPY', 1_200],
		['1.250', 'KWD', 1_250],
		['1.25', 'KWD', 1_250],
		['1', 'KWD', 1_000],
		['49990', 'HUF', 49_990],
		['1.4', 'MRO', 7],
		// What an expression gives: a number, exact or not at all.
		[50, 'EUR', 5_000],
		[19.99, 'EUR', 1_999],
		[4_999 / 100, 'EUR', 4_999],
		[1_200, 'JPY', 1_200],
		[0.005, 'KWD', 5],
		['90071992547409.91', 'EUR', 9_007_199_254_740_991],
	])('%j in %s', (written, currency, expected) => {
		expect(minorUnits(written, currency)).toBe(expected);
	});

	it.each<[unknown, string, RegExp]>([
		['1,250.00', 'EUR', /not an amount/],
		['50,00', 'EUR', /not an amount/],
		['1.250,00', 'EUR', /not an amount/],
		['1 250', 'EUR', /not an amount/],
		["1'250", 'EUR', /not an amount/],
		['EUR 50', 'EUR', /not an amount/],
		['50 €', 'EUR', /not an amount/],
		['-5', 'EUR', /not an amount/],
		['+5', 'EUR', /not an amount/],
		['.5', 'EUR', /not an amount/],
		['5.', 'EUR', /not an amount/],
		['1e3', 'EUR', /not an amount/],
		['0x10', 'EUR', /not an amount/],
		['٥٠', 'EUR', /not an amount/],
		['fifty', 'EUR', /not an amount/],
		['1.2.3', 'EUR', /not an amount/],
		['50.000', 'EUR', /more decimals than EUR.*1250\.00/],
		['499.90', 'HUF', /more decimals than HUF.*1250/],
		['1.3', 'MRO', /too large/],
		['1200.00', 'JPY', /more decimals than JPY.*1250/],
		['1.2500', 'KWD', /more decimals than KWD.*1250\.000/],
		[0.1 + 0.2, 'EUR', /more decimals/],
		[1e21, 'EUR', /not an amount/],
		[1e-7, 'EUR', /not an amount/],
		[-5, 'EUR', /not an amount/],
		[NaN, 'EUR', /not an amount/],
		[Infinity, 'EUR', /not an amount/],
		['90071992547409.92', 'EUR', /too large/],
		['1234567890123456', 'JPY', /not an amount/],
		['', 'EUR', /empty/],
		['  ', 'EUR', /empty/],
		[undefined, 'EUR', /empty/],
		[null, 'EUR', /empty/],
		[true, 'EUR', /empty/],
		[[50], 'EUR', /empty/],
		[{}, 'EUR', /empty/],
	])('%j in %s is refused', (written, currency, problem) => {
		expect(minorUnits(written, currency)).toEqual({ problem: expect.stringMatching(problem) as string });
	});

	it('is read back exactly, whatever the amount and currency', () => {
		fc.assert(
			fc.property(fc.maxSafeNat(), fc.constantFrom('EUR', 'JPY', 'KWD'), (amount, currency) => {
				// 15 digits before the point are more than anybody owes.
				fc.pre(currency !== 'JPY' || amount < 1e15);
				expect(minorUnits(toDecimal(amount, currency), currency)).toBe(amount);
			}),
		);
	});
});

describe('limits', () => {
	it.each<[string, Record<string, number>]>([
		['EUR:50.00, usd:70', { EUR: 5_000, USD: 7_000 }],
		[' eur : 50.00 ,JPY:5000,KWD:1.250', { EUR: 5_000, JPY: 5_000, KWD: 1_250 }],
		['EUR:0', { EUR: 0 }],
		['', {}],
		[' , ', {}],
	])('%j in decimal amounts', (text, expected) => {
		const limits = parseLimits(text, 'decimal') as Record<string, number>;
		expect(limits).toEqual(expected);
		expect(parseLimits(writeLimits(limits), 'decimal')).toEqual(limits);
	});

	it.each([
		['EUR:1,250.00', /"250.00" is not a limit/],
		['EUR:50,00', /"00" is not a limit/],
		['EUR:50.000', /more decimals than EUR/],
		['JPY:50.00', /more decimals than JPY/],
		['euro:50', /"euro:50" is not a limit; one looks like EUR:50.00/],
		['50.00', /not a limit/],
		['EUR', /not a limit/],
		['EUR:', /not a limit/],
		['EUR:-1', /not a limit/],
		['EUR:1,eur:2', /two limits/],
	])('%j in decimal amounts is refused', (text, problem) => {
		expect(parseLimits(text, 'decimal')).toEqual({ problem: expect.stringMatching(problem) as string });
	});

	it.each(['euro:5000', 'E:5000', 'EUX:5000', 'EUR:5000.5', 'EUR:5 000'])('%j in minor units is refused', (text) => {
		expect(parseLimits(text)).toEqual({
			problem: expect.stringMatching(/is not a limit; one looks like EUR:5000/) as string,
		});
	});
});
