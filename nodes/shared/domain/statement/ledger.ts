/** What a statement counts apart, in its order. Signed minor units of the wallet: what takes money out of it is negative. */
export const COLUMNS = [
	'gross',
	'tax',
	'fee',
	'refund',
	'dispute',
	'disputeFee',
	'conversion',
	'other',
	'payout',
] as const;
export type Column = (typeof COLUMNS)[number];
export type Amounts = Record<Column, number>;

/** One entry of Dodo's ledger (OpenAPI `BalanceLedgerEntryResponse`); `amount` signed, minor units of the wallet; `at` ms since 1970. */
export interface LedgerEntry {
	id: string;
	type: string;
	amount: number;
	currency: string;
	at: number;
	/** The payment, refund, dispute or payout that it is about. */
	reference: string | null;
	/** Newer versions of Dodo say it. */
	payoutId: string | null;
	before: number | null;
	after: number | null;
	/** The same money in US cents: by it the two sides of a conversion are known. */
	inUsd: number;
}

/** Everything that the ledger has of one object in one wallet; of a refund that came back, each way apart. */
export interface Movement extends Amounts {
	/** `payment`, `refund`, `dispute`, `payout`, `conversion`, or Dodo's own word for anything else. */
	movement: string;
	/** The object, or where there is none the entry. */
	id: string;
	at: number;
	currency: string;
	/** The payout that the money went into; null while it is in the balance. */
	payoutId: string | null;
	/** What the customer paid or got back, or the other side of a conversion: never negative, in minor units of its own currency. */
	charged: number | null;
	chargedCurrency: string | null;
}

/** What was in a wallet before and behind the entries of a period; null where Dodo does not say. */
export interface Balance {
	currency: string;
	opening: number | null;
	closing: number | null;
}

const NOTHING = Object.fromEntries(COLUMNS.map((column) => [column, 0])) as Amounts;
/** Whoever stops a dispute early takes a fee for it as well. */
const DISPUTE_FEES = /^(dispute|ethoca|visa_rdr|deflection)_fees?$/;
const WHOLE: Readonly<Record<string, Column>> = {
	payment: 'gross',
	refund: 'refund',
	dispute: 'dispute',
	tax: 'tax',
	payout: 'payout',
	currency_conversion: 'conversion',
};

/** Where an entry is counted. What nobody knows yet is counted as well: nothing of a ledger is left out. */
export function columnOf(type: string): Column {
	const base = type.replace(/_reversal$/, '');
	if (DISPUTE_FEES.test(base)) return 'disputeFee';
	return WHOLE[base] ?? (/_fees?$/.test(base) ? 'fee' : 'other');
}

/** What an entry is a part of: tax and fee of a payment stand in its row. */
function movementOf(type: string): string {
	if (type === 'currency_conversion') return 'conversion';
	if (type === 'tax') return 'payment';
	if (type === 'tax_reversal') return 'refund';
	if (DISPUTE_FEES.test(type.replace(/_reversal$/, ''))) return 'dispute';
	return /^(payment|refund|dispute|payout)(?=_fees|_reversal)/.exec(type)?.[0] ?? type;
}

/** The entries of a period, in whatever order they come: they are added up one by one, and not kept. */
export class LedgerReader {
	private readonly rows = new Map<string, Movement>();
	private readonly debits: Side[] = [];
	private readonly credits: Side[] = [];
	private readonly chains = new Map<string, Chain>();

	add(entry: LedgerEntry): void {
		const { id, type, amount, currency, at, reference, payoutId } = entry;
		const movement = movementOf(type);
		const column = columnOf(type);
		// A refund that came back has two rows: what Lago says is about the one that went out, and by it another currency has its rate.
		const isBack = column === 'refund' && amount > 0;
		// The sides of a conversion are told apart.
		const key = movement === 'conversion' ? id : `${movement} ${reference ?? id} ${currency} ${isBack}`;
		const row = this.rows.get(key) ?? newRow(movement, reference ?? id, entry);
		this.rows.set(key, row);
		row[column] += amount;
		row.at = Math.min(row.at, at);
		row.payoutId ??= payoutId;
		if (movement === 'conversion')
			(amount < 0 ? this.debits : this.credits).push({ row, reference, inUsd: entry.inUsd });
		const chain = this.chains.get(currency) ?? new Chain();
		this.chains.set(currency, chain);
		chain.add(entry);
	}

	/** Oldest first. */
	movements(): Movement[] {
		pairConversions(this.debits, this.credits);
		return withPayouts([...this.rows.values()].sort((one, other) => one.at - other.at));
	}

	balances(): Balance[] {
		return [...this.chains].map(([currency, chain]) => ({ currency, ...chain.ends() }));
	}
}

/**
 * Movements with the payout that each went into: the one that Dodo names, or else the next one that emptied its wallet, by itself or by a
 * conversion for it. A payout that came back has taken nothing, which may show only days later.
 */
export function withPayouts<Given extends Movement>(movements: readonly Given[]): Given[] {
	const paid = new Map<string, number>();
	for (const { movement, id, payout } of movements)
		if (movement === 'payout') paid.set(id, (paid.get(id) ?? 0) + payout);
	const closers = movements
		.filter(({ id, payout, conversion }) => (payout < 0 || conversion < 0) && (paid.get(id) ?? 0) < 0)
		.sort((one, other) => one.at - other.at);
	return movements.map((row) => {
		const named = row.payoutId !== null && paid.get(row.payoutId) !== 0 ? row.payoutId : null;
		const next = closers.find(({ at, currency }) => currency === row.currency && at >= row.at);
		return { ...row, payoutId: named ?? next?.id ?? null };
	});
}

function newRow(movement: string, id: string, { currency, at }: LedgerEntry): Movement {
	return { movement, id, at, currency, payoutId: null, charged: null, chargedCurrency: null, ...NOTHING };
}

/** One side of a conversion: its row, the payout that it is for, and what it is worth in US cents. */
interface Side {
	row: Movement;
	reference: string | null;
	inUsd: number;
}

/** Each debit with the credit of the same payout that is worth the same. */
function pairConversions(debits: readonly Side[], credits: readonly Side[]): void {
	const open = new Set(credits);
	for (const debit of debits) {
		const distance = (one: Side): number => Math.abs(one.inUsd - debit.inUsd);
		const [credit] = [...open]
			.filter(({ reference }) => reference === debit.reference)
			.sort((one, other) => distance(one) - distance(other));
		if (credit === undefined) continue;
		open.delete(credit);
		for (const [{ row }, { row: other }] of [
			[debit, credit],
			[credit, debit],
		] as const)
			Object.assign(row, { charged: Math.abs(other.conversion), chargedCurrency: other.currency });
	}
}

/** Entries that come at once may be dated the other way round; milliseconds. */
const AT_ONCE = 60_000;

/**
 * The balances of a wallet. Each entry leaves off where another one begins, so the ends are what has no partner: that needs no order, which
 * entries of one moment do not have.
 */
class Chain {
	/** How often a balance stands before an entry, less how often behind one; when it first stood before one, and last behind one. */
	private readonly open = new Map<number, { count: number; first: number; last: number }>();
	private isTold = true;
	private start = { at: Infinity, balance: 0 };
	private end = { at: -Infinity, balance: 0 };

	add({ at, before, after }: LedgerEntry): void {
		if (before === null || after === null) return void (this.isTold = false);
		// Of one moment: lists show the newest first.
		if (at <= this.start.at) this.start = { at, balance: before };
		if (at > this.end.at) this.end = { at, balance: after };
		this.note(before, 1, at, -Infinity);
		this.note(after, -1, Infinity, at);
	}

	ends(): Pick<Balance, 'opening' | 'closing'> {
		if (!this.isTold) return { opening: null, closing: null };
		const ends = [...this.open].map(([balance, end]) => ({ balance, ...end }));
		const { start, end } = this;
		// What has no partner later or earlier is where entries are missing.
		const [opening] = ends
			.filter(({ count, first }) => count > 0 && first - start.at <= AT_ONCE)
			.sort((one, other) => one.first - other.first);
		const [closing] = ends
			.filter(({ count, last }) => count < 0 && end.at - last <= AT_ONCE)
			.sort((one, other) => other.last - one.last);
		// A wallet that comes back to what it had has no ends.
		return { opening: opening?.balance ?? start.balance, closing: closing?.balance ?? end.balance };
	}

	private note(balance: number, by: 1 | -1, beforeOneAt: number, behindOneAt: number): void {
		const { count, first, last } = this.open.get(balance) ?? { count: 0, first: Infinity, last: -Infinity };
		this.open.set(balance, {
			count: count + by,
			first: Math.min(first, beforeOneAt),
			last: Math.max(last, behindOneAt),
		});
	}
}
