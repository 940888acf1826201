import { decimal, subunits } from '../money';
import type { Wallet, WalletTransaction } from '../state';

const NO_METHOD = { payment_method_id: null, payment_method_type: 'provider' };

/** A wallet; credits as decimal strings. */
export function walletView({
	lago_id,
	customer,
	status,
	currency,
	name,
	rate,
	credits,
	synced_at,
	invoice_requires_successful_payment,
	expiration_at,
	terminated_at,
	metadata,
	created_at,
}: Wallet): Record<string, unknown> {
	const cents = Math.round(credits * rate * subunits(currency));
	return {
		lago_id,
		lago_customer_id: customer.lago_id,
		external_customer_id: customer.external_id,
		billing_entity_code: customer.billing_entity_code,
		status,
		currency,
		name,
		code: name === null ? null : name.toLowerCase().replaceAll(' ', '_'),
		purchase_order_number: null,
		priority: 50,
		rate_amount: decimal(rate),
		credits_balance: decimal(credits),
		balance_cents: cents,
		consumed_credits: '0.0',
		credits_ongoing_balance: decimal(credits),
		credits_ongoing_usage_balance: '0.0',
		ongoing_balance_cents: cents,
		ongoing_usage_balance_cents: 0,
		invoice_requires_successful_payment,
		created_at,
		expiration_at,
		last_balance_sync_at: synced_at,
		last_consumed_credit_at: null,
		terminated_at,
		paid_top_up_min_amount_cents: null,
		paid_top_up_max_amount_cents: null,
		recurring_transaction_rules: [],
		payment_method: NO_METHOD,
		...(Object.keys(metadata).length > 0 ? { metadata } : {}),
	};
}

/** A wallet transaction; `amount` is money in major units. */
export function walletTransactionView(
	{ credits, remaining, ...transaction }: WalletTransaction,
	wallet: Wallet,
): Record<string, unknown> {
	return {
		...transaction,
		billing_entity_code: wallet.customer.billing_entity_code,
		lago_credit_note_id: null,
		lago_voided_invoice_id: null,
		source: 'manual',
		amount: decimal(credits * wallet.rate),
		credit_amount: decimal(credits),
		remaining_amount_cents: remaining === null ? null : Math.round(remaining * wallet.rate * subunits(wallet.currency)),
		remaining_credit_amount: remaining === null ? null : decimal(remaining),
		priority: 50,
		purchase_order_number: null,
		metadata: [],
		name: null,
		payment_method: NO_METHOD,
	};
}
