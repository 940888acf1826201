import type { IDataObject } from 'n8n-workflow';
import { isoOf, MONTH_S, within, type Expected } from './month';

interface Posting {
	at: number;
	type: string;
	amount: number;
	wallet: 'EUR' | 'USD';
	reference: string | null;
}

/** Dodo's ledger of all wallets, and what a statement of the month must say of them. Times in seconds from the beginning of the month. */
export class MonthLedger {
	private readonly postings: Posting[] = [];
	/** Oldest first, as JSON goes over the wire. */
	readonly entries: IDataObject[] = [];
	readonly payouts: IDataObject[] = [];
	readonly wallets: Expected['wallets'] = {};

	post(at: number, type: string, amount: number, wallet: 'EUR' | 'USD', reference: string | null): void {
		if (amount !== 0) this.postings.push({ at, type, amount, wallet, reference });
	}

	/** Everything in order of time; what a payout takes is what is there by then. */
	close(payouts: readonly number[]): void {
		const balances: Record<string, number> = { EUR: 0, USD: 0 };
		for (const wallet of ['EUR', 'USD']) {
			const none = { gross: 0, refunds: 0, disputes: 0, tax: 0, fees: 0, disputeFees: 0, conversions: 0, other: 0 };
			this.wallets[wallet] = { ...none, payouts: 0, opening: 0, closing: 0 };
		}
		const enter = ({ at, type, amount, wallet, reference }: Posting): void => {
			const before = balances[wallet] ?? 0;
			balances[wallet] = before + amount;
			this.entries.push({
				id: `bal_${this.entries.length}`,
				business_id: 'bus_1',
				event_type: type,
				amount: Math.abs(amount),
				is_credit: amount > 0,
				currency: wallet,
				before_balance: before,
				after_balance: before + amount,
				usd_equivalent_amount: 0,
				reference_object_id: reference,
				created_at: isoOf(at).replace('Z', '417Z'),
			});
			const sums = this.wallets[wallet];
			if (sums === undefined) return;
			if (at < 0) sums.opening += amount;
			if (at < MONTH_S) sums.closing += amount;
			if (within(at)) sums[KIND[type] ?? 'other'] += amount;
		};
		const order = [...this.postings, ...payouts.map((at) => ({ at, type: 'pay out' }) as Posting)];
		order.sort((one, other) => one.at - other.at);
		for (const posting of order) {
			if (posting.type !== 'pay out') enter(posting);
			else this.payOut(posting.at, balances, enter);
		}
	}

	private payOut(at: number, balances: Record<string, number>, enter: (posting: Posting) => void): void {
		const id = `pyt_${at}`;
		const { EUR: euros = 0 } = balances;
		if (euros > 0) {
			enter({ at, type: 'currency_conversion', amount: -euros, wallet: 'EUR', reference: id });
			enter({ at, type: 'currency_conversion', amount: Math.round(euros * 1.08), wallet: 'USD', reference: id });
		}
		const left = (balances.USD ?? 0) - 500;
		if (left <= 0) return;
		enter({ at, type: 'payout_fees', amount: -500, wallet: 'USD', reference: id });
		enter({ at, type: 'payout', amount: -left, wallet: 'USD', reference: id });
		this.payouts.push({
			payout_id: id,
			status: 'success',
			amount: left,
			fee: 500,
			currency: 'USD',
			created_at: isoOf(at),
		});
	}
}

/** Which sum of a statement a ledger entry belongs to. */
const KIND: Readonly<
	Record<
		string,
		'gross' | 'refunds' | 'disputes' | 'tax' | 'fees' | 'disputeFees' | 'conversions' | 'other' | 'payouts'
	>
> = {
	payment: 'gross',
	refund: 'refunds',
	refund_reversal: 'refunds',
	dispute: 'disputes',
	dispute_reversal: 'disputes',
	tax: 'tax',
	tax_reversal: 'tax',
	payment_fees: 'fees',
	refund_fees: 'fees',
	payout_fees: 'fees',
	dispute_fees: 'disputeFees',
	currency_conversion: 'conversions',
	payout: 'payouts',
};
