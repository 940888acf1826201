import { calendarOf, DAY_MS } from '../calendar';
import { dodoUnits, lagoUnits } from '../currencies';
import { toDecimal } from '../money';
import type { LagoKind, Line } from './line';
import { COLUMNS, type Amounts, type Column } from './ledger';
import { explain, needsPerson, type StatementReason } from './reasons';
import type { LagoSum, Sum } from './sums';

/** A row as an accountant reads it: headings, and amounts as numbers of the currency itself. */
export type SheetRow = Record<string, string | number>;

const HEADINGS: Readonly<Record<Column, string>> = {
	gross: 'Gross',
	tax: 'Tax',
	fee: 'Fee',
	refund: 'Refund',
	dispute: 'Dispute',
	disputeFee: 'Dispute Fee',
	conversion: 'Conversion',
	other: 'Other',
	payout: 'Payout',
};
const LAGO_HEADINGS: Readonly<Record<LagoKind, string>> = {
	payment: 'Lago Payments',
	creditNote: 'Lago Credit Notes',
	dispute: 'Lago Disputes',
};

/** Of a currency as Dodo counts it. */
const inDodo = (amount: number, currency: string): number =>
	Number(toDecimal(amount, currency, dodoUnits(currency) ?? lagoUnits(currency)));
const inLago = (amount: number, currency: string): number => Number(toDecimal(amount, currency));
const dateOf = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** What begins like a formula is one for whoever opens the sheet: names come from strangers. */
function plain(text: string): string {
	return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

function amountsOf(amounts: Amounts, currency: string): SheetRow {
	return Object.fromEntries(COLUMNS.map((column) => [HEADINGS[column], inDodo(amounts[column], currency)]));
}

/** What is left of a movement, or of many, before payouts. */
function netOf(amounts: Amounts): number {
	return COLUMNS.reduce((sum, column) => sum + (column === 'payout' ? 0 : amounts[column]), 0);
}

/** What the other currency was worth; empty where nothing was converted. */
function rateOf({ amounts, currency, charged, chargedCurrency }: Line): number | '' {
	if (!charged || chargedCurrency === null || chargedCurrency === currency) return '';
	const moved = amounts.gross || amounts.refund || amounts.dispute || amounts.conversion;
	return Number((Math.abs(inDodo(moved, currency)) / inDodo(charged, chargedCurrency)).toPrecision(8));
}

/** A line as a row of the sheet. */
export function rowOf(line: Line): SheetRow {
	const { at, currency, amounts, charged, chargedCurrency, invoice, lagoAmount, lagoCurrency, reason } = line;
	return {
		Day: dateOf(calendarOf(invoice?.timeZone ?? 'UTC').dayOf(at)),
		UTC: new Date(at).toISOString().replace('T', ' ').slice(0, 19),
		Movement: line.movement.replaceAll('_', ' '),
		Invoice: plain(line.invoiceNumber),
		Customer: plain(line.payer),
		'Billing Entity': plain(invoice?.entity ?? ''),
		Currency: currency,
		...amountsOf(amounts, currency),
		Net: inDodo(netOf(amounts), currency),
		'Payout ID': line.payoutId ?? '',
		Charged: charged === null || chargedCurrency === null ? '' : inDodo(charged, chargedCurrency),
		'Charged Currency': chargedCurrency ?? '',
		Rate: rateOf(line),
		Lago: inDodo(line.lago, currency),
		'Lago Amount': lagoAmount === null ? '' : inLago(lagoAmount, lagoCurrency),
		'Lago Currency': lagoCurrency,
		'Lago Document': plain(line.document),
		Difference: inDodo(line.difference, currency),
		Reason: reason ?? '',
		Explanation: reason === null ? '' : explain(reason),
		'Dodo ID': line.id,
	};
}

/** A sum as a row of the sheet of sums. */
export function sumRowOf({ currency, entity, amounts, lago, difference, balance }: Sum): SheetRow {
	const { opening = null, closing = null } = balance ?? {};
	return {
		Scope: entity === null ? 'Account' : 'Billing Entity',
		Currency: currency,
		'Billing Entity': plain(entity ?? ''),
		...lagoOf(lago, (amount) => inDodo(amount, currency)),
		Difference: inDodo(difference, currency),
		...amountsOf(amounts, currency),
		Net: inDodo(netOf(amounts), currency),
		'Opening Balance': opening === null ? '' : inDodo(opening, currency),
		'Closing Balance': closing === null ? '' : inDodo(closing, currency),
	};
}

/** What Lago's own reports say, as a row of the sheet of sums. */
export function lagoRowOf({ currency, lago }: LagoSum): SheetRow {
	return { Scope: 'Lago', Currency: currency, ...lagoOf(lago, (amount) => inLago(amount, currency)) };
}

function lagoOf(lago: Record<LagoKind, number>, shown: (amount: number) => number): SheetRow {
	return Object.fromEntries(
		(Object.keys(LAGO_HEADINGS) as LagoKind[]).map((kind) => [LAGO_HEADINGS[kind], shown(lago[kind])]),
	);
}

/** The month in a few sentences. */
export function summaryOf(lines: readonly Line[], sums: readonly Sum[]): { message: string; nextStep: string | null } {
	const written = (amount: number, currency: string): string =>
		`${currency} ${toDecimal(amount, currency, dodoUnits(currency) ?? lagoUnits(currency))}`;
	const accounts = sums
		.filter(({ entity }) => entity === null)
		.map(({ currency, amounts, lago, difference, balance }) => {
			const kept = netOf(amounts) - amounts.gross - amounts.refund - amounts.dispute;
			const said = lago.payment + lago.creditNote + lago.dispute;
			const end = balance?.closing == null ? '' : ` The balance is ${written(balance.closing, currency)}.`;
			return `${currency}: Lago ${written(said, currency)}, differences ${written(difference, currency)}, fees, taxes and conversions ${written(kept, currency)}, paid out ${written(-amounts.payout, currency)}.${end}`;
		});
	const counts = new Map<StatementReason, number>();
	for (const { reason } of lines) if (reason !== null) counts.set(reason, (counts.get(reason) ?? 0) + 1);
	const told = [...counts].map(([reason, count]) => `${count} ${reason.replaceAll('_', ' ')}`);
	const open = [...counts.keys()].filter(needsPerson);
	return {
		message: [
			`${lines.length} lines.`,
			...accounts,
			...(told.length > 0 ? [`Of these: ${told.join(', ')}.`] : []),
		].join('\n'),
		nextStep: open.length === 0 ? null : open.map(explain).join('\n'),
	};
}
