import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
	dodoUnits,
	isAtDodo,
	isCountedAlike,
	lagoUnits,
	smallestCharge,
	unclearUnit,
} from '../../../nodes/shared/domain/currencies';
import { minimumCharge } from '../../../nodes/shared/domain/money';
import { CURRENCIES, leastCharge } from '../../../sandbox/dodo/currencies';
import { subunits } from '../../../sandbox/lago/money';
import { dodo, lago, smallest } from '../../support/currencyLists';

test('every currency of Lago is counted as Lago counts it', () => {
	for (const [code, units] of lago) expect([code, lagoUnits(code)]).toEqual([code, units]);
});

test('the currencies of Dodo are those of its list', () => {
	const all = [...new Set([...lago.keys(), ...dodo])];
	expect(all.filter(isAtDodo).sort()).toEqual([...dodo].sort());
});

test('what is counted alike, both have, in the same units', () => {
	const alike = [...lago.keys()].filter(isCountedAlike);
	expect(alike).toHaveLength(92);
	for (const code of alike) {
		expect(dodo).toContain(code);
		expect([code, dodoUnits(code)]).toEqual([code, lago.get(code)]);
	}
	for (const code of ['EUR', 'USD', 'GBP', 'JPY', 'KRW', 'CHF', 'PLN', 'INR', 'VND']) expect(alike).toContain(code);
});

test.each(['HUF', 'MGA', 'KWD', 'BHD', 'JOD', 'CLP', 'COP', 'ISK', 'CLF', 'MRO', 'AFN', 'XXX'])(
	'%s is not known to be counted alike',
	(code) => {
		expect(isCountedAlike(code)).toBe(false);
	},
);

test('the smallest charges are those that Dodo publishes', () => {
	for (const code of new Set([...lago.keys(), ...dodo]))
		expect([code, smallestCharge(code)]).toEqual([code, smallest[code] ?? null]);
});

test('docs/currencies.md says so', () => {
	const page = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'currencies.md'), 'utf8');
	const all = [...lago.keys()];
	expect(page).toContain(`${all.filter(isCountedAlike).length} of them`);
	const [differs, contradictory, unnamed, missing] = page
		.split('\n')
		.filter((line) => line.includes('`currency_unit_unclear`'))
		.map((line) => [...(line.split('|')[1] ?? '').matchAll(/[A-Z]{3}/g)].map(([code]) => code));
	expect(missing).toEqual(all.filter((code) => !isAtDodo(code)).sort());
	const unclear = all.filter((code) => isAtDodo(code) && !isCountedAlike(code));
	expect(unclear).toEqual(expect.arrayContaining([differs, contradictory, unnamed].flat()));
	expect(contradictory).toEqual(expect.arrayContaining(unclear.filter((code) => dodoUnits(code) === null)));
});

test('the simulators count as both services do', () => {
	for (const [code, units] of lago) expect([code, subunits(code)]).toEqual([code, units]);
	expect([...CURRENCIES].sort()).toEqual([...dodo].sort());
	for (const code of CURRENCIES.filter((one) => dodoUnits(one) !== null))
		expect([code, leastCharge(code)]).toEqual([code, minimumCharge(code, dodoUnits(code) ?? NaN) ?? 1]);
});

test.each<[string, boolean, string | null]>([
	['EUR', false, null],
	['JPY', false, null],
	['HUF', false, 'No: Lago counts HUF in whole units, Dodo Payments in hundredths.'],
	['HUF', true, null],
	['KWD', false, 'No: Lago counts KWD in thousandths, how Dodo Payments does is not known.'],
	['COP', false, 'No: Lago counts COP in hundredths, how Dodo Payments does is not known.'],
	['COP', true, null],
	['ISK', false, 'No: Dodo Payments does not have ISK.'],
	['ISK', true, 'No: Dodo Payments does not have ISK.'],
	['MRO', true, 'No: Dodo Payments does not have MRO.'],
])('%s, said to be counted alike: %s', (currency, saidAlike, message) => {
	const unclear = unclearUnit(currency, saidAlike, 'No', 'Do it by hand');
	expect(unclear?.message ?? null).toBe(message);
	if (unclear !== null)
		expect(unclear).toMatchObject({
			reason: 'currency_unit_unclear',
			nextStep: expect.stringMatching(/^Do it by hand\. .*(Currencies Counted Alike|another currency)/) as string,
		});
});
