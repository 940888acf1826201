import * as fc from 'fast-check';
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { operations as dodoOperations } from '../../nodes/DodoPayments/actions/operations';
import { DodoClient } from '../../nodes/DodoPayments/transport/client';
import { operations as lagoOperations } from '../../nodes/Lago/actions/operations';
import { LagoClient } from '../../nodes/Lago/transport/client';
import { runOperation } from '../../nodes/shared/node/operation';
import { executeContext } from '../support/executeContext';
import { minorUnits, type Month, type Shared, type Story } from '../support/month';
import { MonthOfBooks } from '../support/monthOfBooks';
import { runs } from '../support/runs';

const RUNS = runs(150, 20_000);
const DAY = 86_400;
const MONTH_DAYS = 31;

/** Around the month as well, and often right at its border. */
const moment = fc.oneof(
	{ weight: 3, arbitrary: fc.integer({ min: -25 * DAY, max: 45 * DAY }) },
	{ weight: 1, arbitrary: fc.integer({ min: -20, max: 20 }) },
	{ weight: 1, arbitrary: fc.integer({ min: MONTH_DAYS * DAY - 20, max: MONTH_DAYS * DAY + 20 }) },
);
const lag = fc.integer({ min: 0, max: 15 });
const currency = fc.constantFrom<Story['currency'][]>('EUR', 'USD', 'CHF', 'JPY');
const amount = fc.integer({ min: 50, max: 5_000_000 });
const entity = fc.constantFrom('main', 'uk');
const story: fc.Arbitrary<Story> = fc.record({
	currency,
	amount,
	taxPercent: fc.constantFrom(0, 19, 20),
	at: moment,
	lag,
	fate: fc.constantFrom<Story['fate'][]>(
		'booked',
		'booked',
		'booked',
		'held',
		'overpaid',
		'foreign',
		'less',
		'onTop',
		'byStatus',
		'topUp',
		'topUpHeld',
	),
	entity,
	timeZone: fc.constantFrom('UTC', 'Asia/Tokyo', 'America/Los_Angeles'),
	refund: fc.option(
		fc.record({
			after: fc.integer({ min: 60, max: 25 * DAY }),
			perMille: fc.integer({ min: 1, max: 1_000 }),
			note: fc.constantFrom('exact', 'exact', 'beside', 'missing'),
			lag,
			reversedAfter: fc.option(fc.integer({ min: 60, max: 20 * DAY }), { freq: 6 }),
		}),
	),
	dispute: fc.option(
		fc.record({
			after: fc.integer({ min: 60, max: 30 * DAY }),
			decidedAfter: fc.integer({ min: 60, max: 30 * DAY }),
			end: fc.constantFrom('won', 'lost', 'open'),
			lag,
		}),
	),
});
const shared: fc.Arbitrary<Shared> = fc.record({
	currency,
	amounts: fc.array(amount, { minLength: 2, maxLength: 4 }),
	at: moment,
	lag,
	entity,
	paidBefore: fc.option(fc.constantFrom(0, 1), { freq: 2 }),
	byStatus: fc.constantFrom(false, false, true),
	refund: fc.option(
		fc.record({ after: fc.integer({ min: 60, max: 25 * DAY }), perMille: fc.integer({ min: 1, max: 1_000 }), lag }),
	),
	lost: fc.option(
		fc.record({ after: fc.integer({ min: 60, max: 30 * DAY }), decidedAfter: fc.integer({ min: 60, max: 30 * DAY }) }),
		{ freq: 3 },
	),
});
const month: fc.Arbitrary<Month> = fc.record({
	shared: fc.array(shared, { maxLength: 6 }),
	stories: fc.array(story, { maxLength: 25 }),
	byHand: fc.array(
		fc.record({ currency, amount, at: moment, entity, note: fc.constantFrom(null, 'pending', 'succeeded', 'failed') }),
		{ maxLength: 4 },
	),
	payouts: fc.uniqueArray(fc.integer({ min: -20 * DAY, max: 45 * DAY }), { maxLength: 5 }),
	adjustments: fc.array(
		fc.record({ at: moment, amount: fc.integer({ min: -900, max: 900 }), wallet: fc.constantFrom('EUR', 'USD') }),
		{
			maxLength: 2,
		},
	),
});

/** The operations as they stand in the template, one period for each item, over books in memory. */
async function statement(
	books: MonthOfBooks,
	periods: Array<{ from: string; until: string }> = [{ from: '2026-10-01', until: '2026-11-01' }],
): Promise<IDataObject[][]> {
	const on = (baseUrl: string, parameters: object, input: IDataObject[]): IExecuteFunctions => {
		const context = executeContext({ parameters: { ...parameters }, input, credential: { baseUrl }, typeVersion: 1.2 });
		context.helpers.httpRequestWithAuthentication = books.request as never;
		return context;
	};
	const read: IDataObject[] = [];
	for (const period of periods) {
		const context = on('https://dodo.example', { resource: 'statement', operation: 'get', of: 'period', ...period }, [
			{},
		]);
		const [items = []] = await runOperation(context, dodoOperations, DodoClient.of);
		read.push(...items.map(({ json }) => json));
	}
	const context = on('https://lago.example', { resource: 'statement', operation: 'compare' }, read);
	const outputs = await runOperation(context, lagoOperations, LagoClient.of);
	return outputs.map((items) => items.map(({ json }) => json));
}

const sumOf = (rows: readonly IDataObject[], column: string, of: string): number =>
	rows.reduce((sum, row) => sum + minorUnits(row[column] ?? 0, of), 0);
const COLUMNS = {
	gross: 'Gross',
	refunds: 'Refund',
	disputes: 'Dispute',
	tax: 'Tax',
	fees: 'Fee',
	disputeFees: 'Dispute Fee',
	conversions: 'Conversion',
	other: 'Other',
	payouts: 'Payout',
} as const;

function expectToAddUp({ expected }: MonthOfBooks, [rows = [], sums = [], summary = []]: IDataObject[][]): void {
	for (const [wallet, figures] of Object.entries(expected.wallets)) {
		const own = rows.filter((row) => row.Currency === wallet);
		// Each figure of Dodo's, from the rows and as the sum says it.
		const account = sums.find((sum) => sum.Scope === 'Account' && sum.Currency === wallet) ?? {};
		for (const [figure, column] of Object.entries(COLUMNS)) {
			const wanted = figures[figure as keyof typeof COLUMNS];
			expect([wallet, figure, sumOf(own, column, wallet)]).toEqual([wallet, figure, wanted]);
			expect([wallet, figure, minorUnits(account[column] ?? 0, wallet)]).toEqual([wallet, figure, wanted]);
		}
		// The equation: what Lago says and the differences, less what Dodo keeps, is what was paid out and what is there.
		const lago = sumOf(own, 'Lago', wallet) + sumOf(own, 'Difference', wallet);
		expect(lago).toBe(figures.gross + figures.refunds + figures.disputes);
		const kept = figures.tax + figures.fees + figures.disputeFees + figures.conversions + figures.other;
		expect(lago + kept).toBe(figures.closing - figures.opening - figures.payouts);
		if (own.some((row) => row['Dodo ID'] !== '')) {
			expect(minorUnits(account['Opening Balance'], wallet)).toBe(figures.opening);
			expect(minorUnits(account['Closing Balance'], wallet)).toBe(figures.closing);
		}
	}
	for (const [of, { payments, creditNotes }] of Object.entries(expected.lago)) {
		const said = sums.find((sum) => sum.Scope === 'Lago' && sum.Currency === of) ?? {};
		const figures = ['Lago Payments', 'Lago Credit Notes'].map((column) => minorUnits(said[column] ?? 0, of));
		expect([of, ...figures]).toEqual([of, payments, 0 - creditNotes]);
	}
	// Every difference has a reason and a sentence, and nothing else has.
	for (const row of rows)
		expect([row.Difference === 0, row.Reason === '', row.Explanation === '']).toEqual(
			Array(3).fill(row.Difference === 0 && row.Movement !== 'ledger gap'),
		);
	for (const [key, reason] of expected.reasons) {
		const [movement, id] = key.split(' ');
		const row = rows.find((one) => one.Movement === movement && one['Dodo ID'] === id);
		expect([key, row?.Reason]).toEqual([key, reason ?? '']);
	}
	// The entities add up to the account.
	for (const account of sums.filter((sum) => sum.Scope === 'Account'))
		for (const column of [
			...Object.values(COLUMNS),
			'Lago Payments',
			'Lago Credit Notes',
			'Lago Disputes',
			'Difference',
		])
			expect([
				column,
				sumOf(
					sums.filter((sum) => sum.Scope === 'Billing Entity' && sum.Currency === account.Currency),
					column,
					String(account.Currency),
				),
			]).toEqual([column, minorUnits(account[column], String(account.Currency))]);
	expect(summary).toMatchObject([{ outcome: 'adds_up' }]);
}

test('random months always add up, to the cent, with a reason for every cent that Lago says otherwise', async () => {
	await fc.assert(
		fc.asyncProperty(month, async (given) => {
			const books = new MonthOfBooks(given);
			expectToAddUp(books, await statement(books));
		}),
		{ numRuns: RUNS, seed: 20_261_128 },
	);
});
