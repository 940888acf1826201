import * as fc from 'fast-check';
import { exponentOf, formatAmount, MAX_DODO_AMOUNT, minimumCharge } from '../../../nodes/shared/domain/money';

describe('exponentOf', () => {
	it.each([
		['EUR', 2], ['USD', 2], ['JPY', 0], ['KRW', 0], ['VND', 0], ['KWD', 3], ['BHD', 3], ['TND', 3], ['jpy', 0], ['XYZ', 2],
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
			fc.property(fc.maxSafeInteger(), fc.constantFrom('EUR', 'JPY', 'KWD'), (amount, currency) => {
				const digits = formatAmount(amount, currency).slice(4).replace('.', '');
				expect(BigInt(digits)).toBe(BigInt(amount));
			}),
		);
	});
});

describe('minimumCharge', () => {
	it.each([
		['USD', 50], ['EUR', 50], ['GBP', 30], ['INR', 500], ['JPY', 50], ['KWD', 500], ['gbp', 30],
	])('%s: %i minor units', (currency, expected) => {
		expect(minimumCharge(currency)).toBe(expected);
	});

	it('is always a whole number that Dodo can carry', () => {
		fc.assert(
			fc.property(fc.string({ minLength: 3, maxLength: 3 }), (currency) => {
				expect(Number.isInteger(minimumCharge(currency))).toBe(true);
				expect(minimumCharge(currency)).toBeGreaterThan(0);
				expect(minimumCharge(currency)).toBeLessThan(MAX_DODO_AMOUNT);
			}),
		);
	});
});
