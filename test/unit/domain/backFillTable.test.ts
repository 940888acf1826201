import type { OpenInvoice } from '../../../nodes/shared/domain/backFill';
import { BackFillTable } from '../../../nodes/shared/domain/backFillTable';
import type { InvoiceFacts } from '../../../nodes/shared/domain/invoice';
import { invoice, meta } from './facts';

const UNTIL = Date.UTC(2026, 10, 28);
const open = (facts: Partial<InvoiceFacts> = {}, change: Partial<OpenInvoice> = {}): OpenInvoice => ({
	facts: invoice(facts),
	createdAt: UNTIL - 1,
	issuedOn: '2025-06-01',
	isAskedTogether: false,
	...change,
});
const MANDATE = { mandateIds: ['sub_1'] };
const BEGUN = meta({ dodo_state: 'v1;open;a=1;m=9000;g=20000', dodo_payment_id: 'cks_1' });

function table(invoices: readonly OpenInvoice[], perDay = 10) {
	const money = { EUR: 50_000, JPY: 1_000_000 };
	const made = new BackFillTable({ until: UNTIL, notBefore: '2024-01-01', order: 'oldest', perDay, money });
	for (const one of invoices) made.add(one);
	return made.done();
}
const shownOf = ({ rows }: ReturnType<typeof table>) =>
	rows.map(({ Currency, Invoices, Amount, Reason, Examples }) => [Currency, Invoices, Amount, Reason, Examples]);

test('invoices of which the same becomes are one line: charges first, then links, what was begun and what is left', () => {
	const made = table([
		open({ number: 'A' }, { issuedOn: '2023-01-01' }),
		open({ number: 'B', metadata: BEGUN }),
		open({ number: 'C', totalDue: 1_001 }),
		open({ number: 'D', totalDue: 2_500, ...MANDATE }),
		open({ number: 'E', totalDue: 3_010 }),
		open({ number: 'F', totalDue: 4_000, currency: 'JPY' }),
		open({ number: 'G', currency: 'USD' }),
	]);
	expect(shownOf(made)).toEqual([
		['EUR', 1, '25.00', '', 'D'],
		['EUR', 2, '40.11', '', 'C, E'],
		['JPY', 1, '4000', '', 'F'],
		['EUR', 1, '90.00', '', 'B'],
		['EUR', 1, '100.00', 'too_old', 'A'],
		['USD', 1, '100.00', 'currency_without_limit', 'G'],
	]);
	expect(new Set(made.rows.map(({ What }) => What)).size).toBe(4);
});

test('of one kind the line with the most invoices comes first', () => {
	const old = { issuedOn: '2023-01-01' };
	const made = table([open({ totalDue: 50_001 }), open({}, old), open({}, old)]);
	expect(made.rows.map(({ Reason, Invoices }) => [Reason, Invoices])).toEqual([
		['too_old', 2],
		['above_day_limit', 1],
	]);
});

test('only what is left says why', () => {
	const { rows } = table([open(), open(MANDATE), open({ metadata: BEGUN }), open({ totalDue: 50_001 })]);
	expect(rows.map(({ Why }) => Why !== '')).toEqual([false, false, false, true]);
});

test('five numbers of a line are enough', () => {
	const { rows } = table(['1', '2', '3', '4', '5', '6', '7'].map((number) => open({ number })));
	expect(rows).toMatchObject([{ Invoices: 7, Amount: '700.00', Examples: '1, 2, 3, 4, 5' }]);
});

test('what is none of its business is in no line', () => {
	expect(table([open({}, { createdAt: UNTIL })])).toMatchObject({ rows: [], days: 0 });
});

test.each<[string, OpenInvoice[], number, number]>([
	['nothing', [], 10, 0],
	['one invoice', [open()], 10, 1],
	['as much money as a day takes', [open({ totalDue: 30_000 }), open({ totalDue: 20_000, ...MANDATE })], 10, 1],
	['a cent more', [open({ totalDue: 30_000 }), open({ totalDue: 20_001, ...MANDATE })], 10, 2],
	['more invoices than a day takes', [open(), open(MANDATE), open()], 2, 2],
	['two currencies, each with its own money', [open({ totalDue: 50_000 }), open({ currency: 'JPY' })], 10, 1],
	['what was begun before', [open({ metadata: BEGUN })], 10, 0],
	['what is left alone', [open({ totalDue: 50_001 })], 10, 0],
])('it takes the days that are needed for %s', (_what, invoices, perDay, expected) => {
	expect(table(invoices, perDay).days).toBe(expected);
});

test('the sentence says how many would be collected, over how much of each currency', () => {
	const old = open({}, { issuedOn: '2023-01-01' });
	const given = [open({ totalDue: 30_000 }), open({ totalDue: 20_001, ...MANDATE }), old, open({ metadata: BEGUN })];
	const { message } = table([...given, open({ totalDue: 4_000, currency: 'JPY' })]);
	for (const part of [/\b2 over EUR 500\.01\b/, /\b1 over JPY 4000\b/, /\b2 days\b/]) expect(message).toMatch(part);
	expect(table([open()]).message).toMatch(/\b1 day\b/);
	expect(table([old]).message).not.toMatch(/\d/);
});
