import { dodoId } from '../../shared/ids';
import type { DodoContext } from '../context';
import type { LedgerEntry, LedgerEventType, Payout } from '../balanceEntries';
import { existing, refuse, timestamp, type Dispute, type Payment, type Refund } from '../state';
import { converted, walletOf } from '../wallets';

/** Made up, but of the kind that Dodo takes. Minor units of the wallet. */
const FEE_PERCENT = 4;
const FEE_FIXED = 40;
const REFUND_FEE = 100;
const DISPUTE_FEE = 3_000;
const PAYOUT_FEE = 500;
const TAKEN_BACK = ['dispute_won', 'dispute_cancelled'];

/**
 * What Dodo owes the merchant: a ledger for each wallet, of which nothing is ever changed (OpenAPI 1.86.0, `BalanceLedgerEntryResponse`), and
 * payouts out of it. Amounts in minor units of the wallet.
 */
export class Balance {
	/** By wallet. */
	private readonly balances = new Map<string, number>();
	private readonly posted = new Set<string>();

	constructor(private readonly context: DodoContext) {}

	/** A payment has succeeded: what came in, without the tax that Dodo remits and its fee. */
	paid(payment: Payment): void {
		if (payment.total_amount === 0 || !this.isNew(`payment ${payment.payment_id}`)) return;
		const wallet = walletOf(payment.currency);
		const amount = converted(payment.total_amount, payment.currency, wallet);
		const tax = converted(payment.tax ?? 0, payment.currency, wallet);
		Object.assign(payment, { settlement_amount: amount, settlement_currency: wallet, settlement_tax: tax });
		const { payment_id: id } = payment;
		this.post('payment', amount, wallet, id);
		this.post('tax', -tax, wallet, id);
		this.post('payment_fees', -(Math.round((amount * FEE_PERCENT) / 100) + FEE_FIXED), wallet, id);
	}

	/** A refund has succeeded: its part of the tax comes back, the fee of the payment does not. */
	refunded(refund: Refund, payment: Payment): void {
		const wallet = walletOf(refund.currency);
		const tax = Math.round(((payment.tax ?? 0) * refund.amount) / payment.total_amount);
		const { refund_id: id, currency } = refund;
		this.post('refund', -converted(refund.amount, currency, wallet), wallet, id);
		this.post('tax_reversal', converted(tax, currency, wallet), wallet, id);
		this.post('refund_fees', -REFUND_FEE, wallet, id);
	}

	/** What is disputed is gone until it is decided, and stays gone unless it is won; the fee stays in any case. */
	disputed({ dispute_id: id, dispute_status: status, amount: given, currency }: Dispute): void {
		const wallet = walletOf(currency);
		const amount = converted(Number(given), currency, wallet);
		if (this.isNew(`dispute ${id}`)) {
			this.post('dispute', -amount, wallet, id);
			this.post('dispute_fees', -DISPUTE_FEE, wallet, id);
		}
		if (TAKEN_BACK.includes(status) && this.isNew(`reversal ${id}`)) this.post('dispute_reversal', amount, wallet, id);
	}

	/** Everything that is there goes to the merchant's bank: rupees by themselves, all else in US dollars. */
	payOut({ currency = 'USD' }: { currency?: string } = {}): Payout {
		const id = dodoId('pyt_');
		const others = (currency === 'USD' ? ['EUR', 'GBP'] : [])
			.map((wallet) => ({ wallet, held: this.balances.get(wallet) ?? 0 }))
			.filter(({ held }) => held > 0);
		const amount =
			others.reduce((sum, { wallet, held }) => sum + converted(held, wallet, currency), -PAYOUT_FEE) +
			(this.balances.get(currency) ?? 0);
		if (amount <= 0) refuse(422, 'INVALID_REQUEST_BODY', `There is nothing to pay out in ${currency}`);
		for (const { wallet, held } of others) {
			this.post('currency_conversion', -held, wallet, id);
			this.post('currency_conversion', converted(held, wallet, currency), currency, id);
		}
		this.post('payout_fees', -PAYOUT_FEE, currency, id);
		this.post('payout', -amount, currency, id);
		const payout: Payout = {
			payout_id: id,
			business_id: this.context.state.businessId,
			amount,
			fee: PAYOUT_FEE,
			tax: 0,
			refunds: 0,
			chargebacks: 0,
			currency,
			name: null,
			payment_method: 'bank_transfer',
			payout_document_url: null,
			remarks: null,
			status: 'in_progress',
			created_at: timestamp(),
			updated_at: timestamp(),
		};
		this.context.state.payouts.set(id, payout);
		this.announce('created', payout);
		this.context.later(this.context.options.chargeDelayMs, () => this.move(payout, 'success'));
		return { ...payout };
	}

	/** The bank has sent a payout back. */
	failPayout(payoutId: string): Payout {
		const payout = existing(this.context.state.payouts, payoutId);
		if (this.isNew(`failed ${payoutId}`)) {
			this.post('payout_reversal', payout.amount, payout.currency, payoutId);
			this.post('payout_fees_reversal', payout.fee, payout.currency, payoutId);
			this.move(payout, 'failed');
		}
		return { ...payout };
	}

	/** Anything else that Dodo books by itself. */
	adjust({
		type = 'adjustment',
		amount,
		currency,
	}: {
		type?: LedgerEventType;
		amount: number;
		currency: string;
	}): void {
		this.post(type, amount, currency, null);
	}

	private move(payout: Payout, status: 'failed' | 'success'): void {
		if (payout.status === 'failed') return;
		Object.assign(payout, { status, updated_at: timestamp() });
		this.announce(status, payout);
	}

	private announce(event: string, payout: Payout): void {
		this.context.events.announce(`payout.${event}`, 'Payout', () => ({ ...payout }));
	}

	private post(type: LedgerEventType, amount: number, currency: string, reference: string | null): void {
		if (amount === 0) return;
		const before = this.balances.get(currency) ?? 0;
		this.balances.set(currency, before + amount);
		const entry: LedgerEntry = {
			id: dodoId('bal_'),
			business_id: this.context.state.businessId,
			event_type: type,
			amount: Math.abs(amount),
			is_credit: amount > 0,
			currency,
			before_balance: before,
			after_balance: before + amount,
			usd_equivalent_amount: converted(Math.abs(amount), currency, 'USD'),
			reference_object_id: reference,
			description: null,
			created_at: timestamp(),
		};
		this.context.state.ledger.set(entry.id, entry);
	}

	private isNew(fact: string): boolean {
		const isNew = !this.posted.has(fact);
		this.posted.add(fact);
		return isNew;
	}
}
