import { randomUUID } from 'node:crypto';
import type { Customer } from '../documents';
import { now, type Wallet, type WalletTransaction } from '../state';

export interface NewWallet {
	currency: string;
	/** Major units of money for one credit, 1 unless told. */
	rate?: number;
	name?: string | null;
	requiresPayment?: boolean;
	expiresAt?: string | null;
}

/** What must be said of a transaction, and what may be. */
export type NewTransaction = Pick<WalletTransaction, 'credits' | 'status' | 'transaction_status'> &
	Partial<WalletTransaction>;

/** A wallet that holds nothing yet. */
export function newWallet(
	customer: Customer,
	{ currency, rate = 1, name = null, requiresPayment = false, expiresAt = null }: NewWallet,
): Wallet {
	return {
		lago_id: randomUUID(),
		customer,
		status: 'active',
		currency,
		name,
		rate,
		credits: 0,
		synced_at: null,
		invoice_requires_successful_payment: requiresPayment,
		expiration_at: expiresAt,
		terminated_at: null,
		metadata: {},
		created_at: now(),
	};
}

/** Credits that come or go; in, unless told. */
export function newTransaction({ lago_id: walletId }: Wallet, given: NewTransaction): WalletTransaction {
	return {
		lago_id: randomUUID(),
		lago_wallet_id: walletId,
		lago_invoice_id: null,
		transaction_type: 'inbound',
		remaining: null,
		invoice_requires_successful_payment: false,
		settled_at: null,
		failed_at: null,
		created_at: now(),
		...given,
	};
}
