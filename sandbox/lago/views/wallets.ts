import { decimal, subunits } from '../money';
import type { Wallet, WalletTransaction } from '../state';

/** A wallet; credits as decimal strings. */
export function walletView({
	lago_id,
	customer,
	status,
	currency,
	name,
	rate,
	credits,
	invoice_requires_successful_payment,
	created_at,
}: Wallet): Record<string, unknown> {
	const cents = Math.round(credits * rate * subunits(currency));
	return {
		lago_id,
		lago_customer_id: customer.lago_id,
		external_customer_id: customer.external_id,
		billing_entity_code: 'simulated',
		status,
		currency,
		name,
		code: null,
		priority: 50,
		rate_amount: decimal(rate),
		credits_balance: decimal(credits),
		balance: decimal(credits * rate),
		balance_cents: cents,
		consumed_credits: '0.0',
		credits_ongoing_balance: decimal(credits),
		credits_ongoing_usage_balance: '0.0',
		ongoing_balance_cents: cents,
		ongoing_usage_balance_cents: 0,
		invoice_requires_successful_payment,
		created_at,
		expiration_at: null,
		last_balance_sync_at: null,
		last_consumed_credit_at: null,
		terminated_at: null,
		recurring_transaction_rules: [],
	};
}

/** A wallet transaction; `amount` is money in major units. */
export function walletTransactionView(
	{ credits, ...transaction }: WalletTransaction,
	wallet: Wallet,
): Record<string, unknown> {
	return {
		...transaction,
		lago_credit_note_id: null,
		lago_voided_invoice_id: null,
		source: 'manual',
		amount: decimal(credits * wallet.rate),
		credit_amount: decimal(credits),
		remaining_amount_cents: null,
		remaining_credit_amount: null,
		priority: 50,
		metadata: [],
		name: null,
		payment_method: { payment_method_id: null, payment_method_type: 'provider' },
	};
}
