import { DAY_MS, dayOfDate, type Day } from './calendar';
import { collectability, type InvoiceFacts, type SkipReason } from './invoice';
import { ourRecord } from './invoiceMetadata';
import { formatAmount } from './money';
import type { HeldReason } from './outcome';
import { owedOn } from './owed';

/** What a person agrees to before anything old is collected. */
export interface BackFillTerms {
	/** Only what Lago made before this; ms since 1970. */
	until: number;
	/** Only what was issued on this day or later, `2024-01-31`; null for any age. */
	notBefore: string | null;
	order: 'newest' | 'oldest';
	/** How many may be begun on one day. */
	perDay: number;
	/** How much may be begun on one day, minor units by currency; a currency that is not among them stays as it is. */
	money: Readonly<Record<string, number>>;
}

/** An invoice that is not paid, as a list of Lago shows it. */
export interface OpenInvoice {
	facts: InvoiceFacts;
	/** ms since 1970; NaN when Lago does not say. */
	createdAt: number;
	/** `2024-01-31` */
	issuedOn: string;
	/** A payment request of Lago's asks for it together with others. */
	isAskedTogether: boolean;
}

/** Why a back-fill leaves an invoice alone: the sentence, and what a person can do. Other reasons are those of collecting. */
export const LEFT_ALONE = {
	too_old: ['Issued before the day that was given', 'Give an earlier day, or none'],
	currency_without_limit: ['No amount a day was given for this currency', 'Add the currency to the money a day'],
	above_day_limit: ['More by itself than may be begun on one day', 'Raise the money a day, or collect it by hand'],
	asked_together: ['A payment request of Lago asks for it together with others', 'Collect the payment request'],
	money_taken_back: ['Was paid once, and the money went back', 'Look at it, then press "Retry payment" in Lago'],
} as const satisfies Record<string, readonly [string, string]>;

export type LeftAlone = keyof typeof LEFT_ALONE;

/** `charge`: by the mandate that stands on its customer; `link`: the customer is asked by a link. Amounts in minor units. */
export type BackFillVerdict =
	| { what: 'charge' | 'link'; amount: number }
	| { what: 'begun'; amount: number }
	| { what: 'left'; amount: number; reason: HeldReason | LeftAlone | SkipReason; why: string };

/**
 * What a back-fill does with an open invoice; null for one that is none of its business: younger than what was agreed, or handed to Dodo by
 * something else. One that was let in, and then not asked for because n8n was stopped in between, is let in again.
 */
export function backFillVerdict(open: OpenInvoice, terms: BackFillTerms): BackFillVerdict | null {
	const { facts, createdAt, issuedOn } = open;
	if (!(createdAt < terms.until)) return null;
	const { dodoId, state } = ourRecord(facts.metadata);
	const amount = owedOn({ ...facts, selfBilled: false }).asked;
	if (dodoId !== undefined || (state !== null && !isLetIn(facts)))
		return state?.begunOn === undefined ? null : { what: 'begun', amount: state.amount ?? amount };
	const left = (reason: LeftAlone): BackFillVerdict => ({ what: 'left', amount, reason, why: sentenceOf(reason) });
	const verdict = collectability(facts);
	if (verdict.decision === 'skip') return { what: 'left', amount, reason: verdict.reason, why: verdict.message };
	if (owedOn(facts).how !== 'due' || typeof facts.disputeLostAt === 'number') return left('money_taken_back');
	if (terms.notBefore !== null && issuedOn < terms.notBefore) return left('too_old');
	if (verdict.decision === 'held') {
		const { reason, message, nextStep } = verdict.held;
		return { what: 'left', amount, reason, why: `${message} ${nextStep}` };
	}
	if (open.isAskedTogether) return left('asked_together');
	const most = terms.money[facts.currency];
	if (most === undefined) return left('currency_without_limit');
	if (amount > most) return left('above_day_limit');
	return { what: (facts.mandateIds?.length ?? 0) > 0 ? 'charge' : 'link', amount };
}

/** Let in, and neither charged nor given a link yet. */
function isLetIn({ metadata }: InvoiceFacts): boolean {
	const { dodoId, state } = ourRecord(metadata);
	return dodoId === undefined && state?.phase === 'waiting' && state.begunOn !== undefined;
}

function sentenceOf(reason: LeftAlone): string {
	return `${LEFT_ALONE[reason].join('. ')}.`;
}

/** An invoice that a back-fill may begin, or has begun. */
export interface BackFillRow {
	id: string;
	number: string;
	currency: string;
	/** Minor units. */
	amount: number;
	issuedOn: string;
	createdAt: number;
}

/** What was begun on a day, by invoice. */
export type Begun = ReadonlyMap<string, Pick<BackFillRow, 'amount' | 'currency'>>;

/** What may be begun now. */
export interface Portion {
	rows: BackFillRow[];
	/** Of the day, with `rows`. */
	count: number;
	money: Record<string, number>;
	/** Whether there is more than this day takes. */
	hasMore: boolean;
}

/**
 * What of the open invoices may be begun today. It follows from the books alone, so that whoever asks at the same time, or again after a
 * crash, gets the same invoices: those of today that are not asked for yet, then the others in order, until the limits are reached. A currency
 * whose next invoice does not fit waits for the next day, so that the order holds.
 * @param waiting what may be begun, in any order.
 * @param begun everything of today, whatever became of it.
 */
export function portionOf(waiting: readonly BackFillRow[], begun: Begun, terms: BackFillTerms): Portion {
	const money: Record<string, number> = {};
	for (const { currency, amount } of begun.values()) money[currency] = (money[currency] ?? 0) + amount;
	const portion: Portion = { rows: [], count: begun.size, money, hasMore: false };
	const full = new Set<string>();
	for (const row of inOrder(waiting, terms)) {
		const { id, currency, amount } = row;
		if (begun.has(id)) {
			portion.rows.push(row);
			continue;
		}
		const sum = (money[currency] ?? 0) + amount;
		if (portion.count >= terms.perDay || sum > (terms.money[currency] ?? 0)) full.add(currency);
		if (full.has(currency)) {
			portion.hasMore = true;
			continue;
		}
		portion.rows.push(row);
		portion.count++;
		money[currency] = sum;
	}
	return portion;
}

/** By the day of issue, then as Lago made them; of two that are alike always the same one first. */
export function inOrder<Row extends BackFillRow>(rows: readonly Row[], { order }: Pick<BackFillTerms, 'order'>): Row[] {
	const oldestFirst = [...rows].sort(
		(one, other) =>
			one.issuedOn.localeCompare(other.issuedOn) || one.createdAt - other.createdAt || one.id.localeCompare(other.id),
	);
	return order === 'oldest' ? oldestFirst : oldestFirst.reverse();
}

/** Those that may come into question on one day: the first of each currency. What is behind them need not be kept. */
export function firstOfEach(rows: readonly BackFillRow[], terms: BackFillTerms): BackFillRow[] {
	const counts = new Map<string, number>();
	return inOrder(rows, terms).filter(({ currency }) => {
		const count = (counts.get(currency) ?? 0) + 1;
		counts.set(currency, count);
		return count <= terms.perDay + 1;
	});
}

/** How many days it takes at least. @param sums what is to be begun, by currency. */
export function daysOf(
	sums: Readonly<Record<string, { invoices: number; amount: number }>>,
	terms: BackFillTerms,
): number {
	const all = Object.values(sums).reduce((count, { invoices }) => count + invoices, 0);
	const byMoney = Object.entries(sums).map(([currency, { amount }]) => amount / (terms.money[currency] ?? Infinity));
	return Math.ceil(Math.max(all / terms.perDay, 0, ...byMoney));
}

/**
 * Whether an invoice is of the time from a moment on: made since then, or, as a draft that was finalized later, issued on a later day. Lago
 * tells only the day of it.
 * @param since ms since 1970. @param today the day of `since` on the calendar of its customer.
 */
export function isMadeSince(
	{ createdAt, issuedOn }: Pick<OpenInvoice, 'createdAt' | 'issuedOn'>,
	since: number,
	day: Day,
): boolean {
	return createdAt >= since || dayOfDate(issuedOn) > day;
}

/** `EUR 120.00, USD 5.00`; for messages only. */
export function sumsInWords(money: Readonly<Record<string, number>>): string {
	const parts = Object.entries(money).map(([currency, amount]) => formatAmount(amount, currency));
	return parts.length === 0 ? 'nothing' : parts.join(', ');
}

/** A day as Lago writes it. */
export function dateOf(day: Day): string {
	return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
