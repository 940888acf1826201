import { decimalOf, exact, exactly, ONE, proportion, quotient, rounded } from '../../../nodes/shared/domain/exact';

const parts = (numerator: bigint, denominator = 1n): bigint => (numerator * ONE) / denominator;

it.each<[number | string, bigint]>([
	[0, 0n],
	[7, parts(7n)],
	[-7, parts(-7n)],
	[0.1, parts(1n, 10n)],
	[1e21, parts(10n ** 21n)],
	[1.5e-7, parts(15n, 10n ** 8n)],
	['1', parts(1n)],
	[' 1.25\n', parts(5n, 4n)],
	['-0.25', parts(-1n, 4n)],
	['.5', parts(1n, 2n)],
	['5.', parts(5n)],
	['1e2', parts(100n)],
	['1E+12', parts(10n ** 12n)],
	['12.5e-3', parts(125n, 10_000n)],
	['1234567890.123456789', parts(1_234_567_890_123_456_789n, 10n ** 9n)],
	// More digits than are counted are left out.
	['1e-30', 1n],
	['1.9e-30', 1n],
	['1e-31', 0n],
	['0e999999999', 0n],
])('%j', (value, expected) => {
	expect(exact(value)).toBe(expected);
	const known = exactly();
	expect([known(value), known(value)]).toEqual([expected, expected]);
});

it.each(['', ' ', '.', '-', 'e5', '1e', '1x', 'x1', '1 2', '--1', '+1', '1e2.5', 'NaN', NaN, Infinity, '0x10'])(
	'%j is no decimal number',
	(value) => expect(() => exact(value)).toThrow(RangeError),
);

it.each<[bigint, string]>([
	[0n, `0.${'0'.repeat(30)}`],
	[1n, `0.${'0'.repeat(29)}1`],
	[-1n, `-0.${'0'.repeat(29)}1`],
	[parts(-5n, 4n), `-1.25${'0'.repeat(28)}`],
	[parts(1_234n), `1234.${'0'.repeat(30)}`],
])('%s parts are %s', (value, text) => {
	expect(decimalOf(value)).toBe(text);
	expect(exact(text)).toBe(value);
});

it.each<[bigint, bigint, bigint]>([
	[0n, ONE, 0n],
	[parts(1n, 2n), ONE, ONE],
	[parts(-1n, 2n), ONE, -ONE],
	[parts(49n, 100n), ONE, 0n],
	[parts(-149n, 100n), ONE, -ONE],
	[parts(51n, 100n), ONE, ONE],
	// A third three times over is a whole one.
	[parts(1n, 2n) - 3n, ONE, ONE],
	[parts(74n), parts(50n), parts(50n)],
	[parts(75n), parts(50n), parts(100n)],
	[parts(-75n), parts(50n), parts(-100n)],
])('%s is rounded to multiples of %s: %s', (value, unit, expected) => {
	expect(rounded(value, unit)).toBe(expected);
	if (unit === ONE) expect(rounded(value)).toBe(expected);
});

it.each<[bigint, bigint, string]>([
	[1n, 2n, `0.5${'0'.repeat(29)}`],
	[1n, 3n, `0.${'3'.repeat(30)}`],
	[2n, 3n, `0.${'6'.repeat(29)}7`],
	[-1n, 3n, `-0.${'3'.repeat(30)}`],
	[-2n, 3n, `-0.${'6'.repeat(29)}7`],
	[0n, 3n, `0.${'0'.repeat(30)}`],
])('%s / %s = %s', (a, b, text) => expect(decimalOf(quotient(parts(a), parts(b)))).toBe(text));

it.each<[number, number, number, number, number]>([
	[0, 5, 10, 0, 0],
	[3, 0, 10, 0, 0],
	[3, 5, 0, 0, 0],
	[1, 1, 2, 1, 1],
	[1, 1, 3, 0, 1],
	[2, 2, 3, 1, 2],
	[1_230, 6_150, 7_380, 1_025, 1_025],
	// All of it is all of it, however many digits the product has.
	[2_147_483_647, 2_147_483_629, 2_147_483_647, 2_147_483_629, 2_147_483_629],
	[2_147_483_645, 1_999_999_999, 2_147_483_645, 1_999_999_999, 1_999_999_999],
	[628_135_222, 491_506_223, 628_135_222, 491_506_223, 491_506_223],
	// 1,073,741,823 and an exact half.
	[1_073_741_823, 2_147_483_647, 2_147_483_646, 1_073_741_824, 1_073_741_824],
	[1_500_000_001, 1_399_999_999, 1_600_000_000, 1_312_500_000, 1_312_500_000],
])('%s of %s, as of %s: %s, at most %s', (amount, of, whole, near, up) => {
	expect(proportion(amount, of, whole)).toBe(near);
	expect(proportion(amount, of, whole, 'up')).toBe(up);
});
