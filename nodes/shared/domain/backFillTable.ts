import { backFillVerdict, daysOf, type BackFillTerms, type BackFillVerdict, type OpenInvoice } from './backFill';
import { formatAmount, toDecimal } from './money';

const WORDS = {
	charge: 'Charged at once by the mandate of its customer',
	link: 'Asked for by a link on the invoice; nobody gets a mail by itself',
	begun: 'Begun by an earlier back-fill, and not paid yet',
	left: 'Left alone',
} as const;
const RANK: Readonly<Record<BackFillVerdict['what'], number>> = { charge: 0, link: 1, begun: 2, left: 3 };
const EXAMPLES = 5;

/** Invoices of one currency of which the same becomes, for the same reason; minor units. */
interface Group {
	what: BackFillVerdict['what'];
	currency: string;
	reason: string;
	why: string;
	invoices: number;
	amount: number;
	examples: string[];
}

/** A line as people read it; `Amount` in major units. */
export interface BackFillLine {
	[heading: string]: string | number;
	What: string;
	Currency: string;
	Invoices: number;
	Amount: string;
	Reason: string;
	Why: string;
	/** Numbers of some of them. */
	Examples: string;
}

/** What a back-fill would do, as a table that keeps sums and not the invoices. */
export class BackFillTable {
	private readonly groups = new Map<string, Group>();

	constructor(private readonly terms: BackFillTerms) {}

	add(open: OpenInvoice): void {
		const verdict = backFillVerdict(open, this.terms);
		if (verdict === null) return;
		const { currency, number } = open.facts;
		const { what, amount } = verdict;
		const [reason, why] = verdict.what === 'left' ? [verdict.reason, verdict.why] : ['', ''];
		const key = [what, currency, reason].join();
		const group = this.groups.get(key) ?? { what, currency, reason, why, invoices: 0, amount: 0, examples: [] };
		this.groups.set(key, group);
		group.invoices++;
		group.amount += amount;
		if (group.examples.length < EXAMPLES) group.examples.push(number);
	}

	/** `days`: how many it takes at least. */
	done(): { rows: BackFillLine[]; days: number; message: string } {
		const sorted = [...this.groups.values()].sort(
			(one, other) => RANK[one.what] - RANK[other.what] || other.invoices - one.invoices,
		);
		const sums = sumsOf(sorted);
		const days = daysOf(sums, this.terms);
		return { rows: sorted.map(lineOf), days, message: sentenceOf(sums, days) };
	}
}

function lineOf({ what, currency, reason, why, invoices, amount, examples }: Group): BackFillLine {
	return {
		What: WORDS[what],
		Currency: currency,
		Invoices: invoices,
		Amount: toDecimal(amount, currency),
		Reason: reason,
		Why: why,
		Examples: examples.join(', '),
	};
}

type Sums = Record<string, { invoices: number; amount: number }>;

function sumsOf(groups: readonly Group[]): Sums {
	const sums: Sums = {};
	for (const { what, currency, invoices, amount } of groups) {
		if (what !== 'charge' && what !== 'link') continue;
		const sum = (sums[currency] ??= { invoices: 0, amount: 0 });
		sum.invoices += invoices;
		sum.amount += amount;
	}
	return sums;
}

function sentenceOf(sums: Sums, days: number): string {
	const parts = Object.entries(sums).map(
		([currency, { invoices, amount }]) => `${invoices} over ${formatAmount(amount, currency)}`,
	);
	return parts.length === 0
		? 'There is nothing that a back-fill would collect.'
		: `Of the open invoices ${parts.join(', ')} would be collected, within ${days} ${days === 1 ? 'day' : 'days'} or more.`;
}
