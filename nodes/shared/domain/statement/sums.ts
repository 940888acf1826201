import { groupBy } from '../groupBy';
import type { LagoKind, Line } from './line';
import { COLUMNS, type Amounts, type Balance } from './ledger';

/**
 * What lines come to, of one wallet. Signed minor units of it: Lago's payments less its credit notes and lost disputes, with the differences,
 * less what Dodo keeps, is what was paid out and what the balance grew by.
 */
export interface Sum {
	currency: string;
	/** Of a billing entity; null for the whole account. */
	entity: string | null;
	amounts: Amounts;
	lago: Record<LagoKind, number>;
	difference: number;
	/** Of the whole account, where Dodo says it. */
	balance: Balance | null;
}

/** What Lago's own reports say of the periods, by its currency; signed minor units as Lago counts them. */
export interface LagoSum {
	currency: string;
	lago: Record<LagoKind, number>;
}

/** The whole account first, then its billing entities; what is nobody's in particular has an empty one. */
export function sumUp(lines: readonly Line[], balances: readonly Balance[]): Sum[] {
	const byCurrency = groupBy(lines, ({ currency }) => currency);
	// A wallet that nothing moved in.
	for (const { currency } of balances) if (!byCurrency.has(currency)) byCurrency.set(currency, []);
	return [...byCurrency]
		.sort(byName)
		.flatMap(([currency, own]) => [
			sumOf(currency, null, own, balances.find((one) => one.currency === currency) ?? null),
			...[...groupBy(own, ({ invoice }) => invoice?.entity ?? '')]
				.sort(byName)
				.map(([entity, part]) => sumOf(currency, entity, part, null)),
		]);
}

function sumOf(currency: string, entity: string | null, lines: readonly Line[], balance: Balance | null): Sum {
	const sum: Sum = {
		currency,
		entity,
		amounts: Object.fromEntries(COLUMNS.map((column) => [column, 0])) as Amounts,
		lago: { payment: 0, creditNote: 0, dispute: 0 },
		difference: 0,
		balance,
	};
	for (const { amounts, lago, kind, difference } of lines) {
		for (const column of COLUMNS) sum.amounts[column] += amounts[column];
		if (kind !== null) sum.lago[kind] += lago;
		sum.difference += difference;
	}
	return sum;
}

/** Sums of what Lago says, in what it says it in. */
export function lagoSums(lines: readonly Line[]): LagoSum[] {
	const sums = new Map<string, LagoSum>();
	for (const { kind, lagoAmount, lagoCurrency } of lines) {
		if (kind === null || lagoAmount === null) continue;
		const sum = sums.get(lagoCurrency) ?? {
			currency: lagoCurrency,
			lago: { payment: 0, creditNote: 0, dispute: 0 },
		};
		sum.lago[kind] += lagoAmount;
		sums.set(lagoCurrency, sum);
	}
	return [...sums.values()].sort((one, other) => one.currency.localeCompare(other.currency));
}

/** The balances of several periods of one wallet, which come in any order, as those of all of them. */
export function spanOf(balances: ReadonlyArray<Balance & { from: number }>): Balance[] {
	const inOrder = [...balances].sort((one, other) => one.from - other.from);
	return [...groupBy(inOrder, ({ currency }) => currency)].map(([currency, own]) => ({
		currency,
		opening: own.some(({ opening }) => opening === null) ? null : (own[0]?.opening ?? null),
		closing: own.at(-1)?.closing ?? null,
	}));
}

function byName([one]: [string, unknown], [other]: [string, unknown]): number {
	return one.localeCompare(other);
}
