import { dodoUnits, lagoUnits } from '../currencies';
import type { KnownMovement, StatedInvoice } from './books';
import { COLUMNS, type Amounts } from './ledger';
import type { StatementReason } from './reasons';

/** One line of a statement. */
export interface Line {
	movement: string;
	/** Of Dodo; empty where only Lago has it. */
	id: string;
	at: number;
	currency: string;
	amounts: Amounts;
	payoutId: string | null;
	charged: number | null;
	chargedCurrency: string | null;
	/** Of a payment of several the first: they are all of one customer and entity. */
	invoice: StatedInvoice | null;
	invoiceNumber: string;
	payer: string;
	/** What Lago says within the periods: paid, less what was given back or lost. In minor units of the wallet. */
	lago: number;
	kind: LagoKind | null;
	/** The same in Lago's own currency and units; null where Lago says nothing. */
	lagoAmount: number | null;
	lagoCurrency: string;
	document: string;
	/** What Dodo moved less what Lago says, minor units of the wallet. */
	difference: number;
	reason: StatementReason | null;
}
export type LagoKind = 'payment' | 'creditNote' | 'dispute';

/** A line that Dodo knows nothing of. */
export const NO_MOVEMENT: KnownMovement = {
	...(Object.fromEntries(COLUMNS.map((column) => [column, 0])) as Amounts),
	movement: '',
	id: '',
	at: 0,
	currency: '',
	payoutId: null,
	charged: null,
	chargedCurrency: null,
	paymentId: null,
	refundIds: [],
	status: null,
	invoiceId: null,
	invoiceNumber: null,
	shares: [],
	topUpId: null,
	payer: null,
};

/** A line of which Lago has said nothing yet. @param invoices that it is about, as far as Lago has them. */
export function newLine(movement: KnownMovement, invoices: readonly StatedInvoice[]): Line {
	const { id, at, currency, payoutId, charged, chargedCurrency, gross, refund, dispute } = movement;
	const [invoice = null] = invoices;
	return {
		movement: movement.movement,
		id,
		at,
		currency,
		amounts: movement,
		payoutId,
		charged,
		chargedCurrency,
		invoice,
		invoiceNumber: invoices.map(({ number }) => number).join(', ') || movement.invoiceNumber || '',
		payer: invoice?.customer || movement.payer || '',
		lago: 0,
		kind: null,
		lagoAmount: null,
		lagoCurrency: '',
		document: '',
		difference: gross + refund + dispute,
		reason: null,
	};
}

/** What Lago says of a line. `amount` is signed, minor units of `currency` as Dodo counts it; `inLago` the same as Lago counts it. */
export interface Said {
	kind: LagoKind;
	amount: number;
	inLago?: number;
	currency: string | null;
	document: string;
}

/** Writes it into the line, with what it leaves open. */
export function say(line: Line, { kind, amount, inLago = amount, currency, document }: Said): void {
	const { gross, refund, dispute } = line.amounts;
	const moved = gross + refund + dispute;
	line.kind = kind;
	line.lagoCurrency = currency ?? line.currency;
	line.lagoAmount = inLago;
	line.document = document;
	line.difference = differenceOf(line, moved, amount);
	line.lago = moved - line.difference;
}

/** What both may count differently, as Dodo counts it; where that is not known, as it is. */
export function inDodoUnits(amount: number, currency: string, countedAlike: boolean): number {
	const [ours, theirs] = [lagoUnits(currency), dodoUnits(currency) ?? lagoUnits(currency)];
	return countedAlike ? amount : Math.round((amount * theirs) / ours);
}

/**
 * Compared is what the customer paid, in its own currency: what that is in the wallet follows from Dodo's rate, so that no conversion makes a
 * difference of its own.
 */
function differenceOf({ charged, chargedCurrency, currency, lagoCurrency }: Line, moved: number, said: number): number {
	if (lagoCurrency === currency) return moved - said;
	if (charged === null || charged === 0 || lagoCurrency !== chargedCurrency) return moved;
	const rest = Math.sign(moved) * charged - said;
	const parts = BigInt(Math.abs(moved)) * BigInt(Math.abs(rest));
	return Number((2n * parts + BigInt(charged)) / (2n * BigInt(charged))) * Math.sign(rest);
}

/** A smallest unit of what the customer got back. */
export function isRounding({ charged, lagoAmount, difference, lagoCurrency, chargedCurrency }: Line): boolean {
	if (charged === null || lagoCurrency !== chargedCurrency) return Math.abs(difference) <= 1;
	return Math.abs(charged + (lagoAmount ?? 0)) <= 1;
}

/** What Dodo moved beyond what Lago billed is its tax; after a conversion to the smallest unit. */
export function isTaxOnTop({ difference, amounts: { tax }, currency, chargedCurrency }: Line): boolean {
	return tax < 0 && Math.abs(difference + tax) <= (currency === (chargedCurrency ?? currency) ? 0 : 1);
}
