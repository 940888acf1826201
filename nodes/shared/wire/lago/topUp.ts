import { z } from 'zod';
import type { Collection } from '../../domain/difference';
import { readTopUpRecord, topUpAmount, topUpNumber, topUpStatuses } from '../../domain/topUp';
import { lenient } from '../lenient';
import { onFirstUse } from '../onFirstUse';
import { decimal, timeOf, type LagoCustomer, type LagoInvoice } from './objects';

const text = z.string().min(1);

/** A movement of a wallet; `amount` in major units (`lago-api:serializers/v1/wallet_transaction_serializer.rb`). */
export const walletTransactionSchema = onFirstUse(() =>
	z
		.object({
			lago_id: text,
			lago_wallet_id: text,
			lago_invoice_id: z.string().nullish(),
			status: text,
			transaction_status: text,
			amount: decimal,
			invoice_requires_successful_payment: z.boolean().nullish(),
			created_at: lenient(z.string()),
		})
		.passthrough(),
);
export const walletTransactionAnswerSchema = onFirstUse(() =>
	z.object({ wallet_transaction: walletTransactionSchema }),
);

const rules = onFirstUse(() =>
	z.array(z.object({ invoice_requires_successful_payment: lenient(z.boolean()) }).passthrough()),
);

/** A wallet; without metadata it has no such key (`lago-api:serializers/v1/wallet_serializer.rb`). */
export const walletSchema = onFirstUse(() =>
	z
		.object({
			lago_id: text,
			external_customer_id: text,
			status: text,
			currency: text,
			expiration_at: z.string().nullish(),
			billing_entity_code: lenient(z.string()),
			invoice_requires_successful_payment: lenient(z.boolean()),
			recurring_transaction_rules: lenient(rules),
			metadata: lenient(z.record(z.unknown())),
		})
		.passthrough(),
);
export const walletAnswerSchema = onFirstUse(() => z.object({ wallet: walletSchema }));
/** `PATCH /wallets/:id/metadata`. */
export const walletMetadataAnswerSchema = onFirstUse(() =>
	z.object({ metadata: z.record(z.unknown()).nullish() }).passthrough(),
);

export type LagoWallet = z.output<typeof walletSchema>;
export type LagoWalletTransaction = z.output<typeof walletTransactionSchema>;

/** Whether credits are bought that count only when they are paid. */
export function isPaidFirst(transaction: LagoWalletTransaction): boolean {
	return transaction.transaction_status === 'purchased' && transaction.invoice_requires_successful_payment === true;
}

/** The record of a top-up as the metadata of an invoice. */
export function toTopUpMetadata(wallet: LagoWallet, id: string): NonNullable<LagoInvoice['metadata']> {
	return readTopUpRecord(wallet.metadata ?? {}, id).map((entry) => ({ lago_id: id, ...entry }));
}

function readTopUp(
	wallet: LagoWallet,
	{ lago_id: id, status }: LagoWalletTransaction,
	nowMs: number,
): { metadata: NonNullable<LagoInvoice['metadata']> } & ReturnType<typeof topUpStatuses> {
	const metadata = toTopUpMetadata(wallet, id);
	const walletEndsAt = timeOf(wallet.expiration_at);
	const facts = { status, walletStatus: wallet.status, walletEndsAt, record: metadata };
	return { metadata, ...topUpStatuses(facts, nowMs) };
}

/** What of a top-up tells whether news of its payment is written down. */
export function toTopUpRecord(wallet: LagoWallet, transaction: LagoWalletTransaction): Collection {
	const { paymentStatus, metadata } = readTopUp(wallet, transaction, Date.now());
	return { paymentStatus, metadata };
}

/**
 * The invoice of a top-up as far as it is known while Lago answers 404 for it: such invoices have no tax, no coupon and one fee
 * (`lago-api:services/invoices/paid_credit_service.rb`), and their record stands on the wallet.
 * @param nowMs ms since 1970.
 */
export function toTopUpInvoice(
	transaction: LagoWalletTransaction & { lago_invoice_id: string },
	wallet: LagoWallet,
	customer: LagoCustomer,
	nowMs: number,
): LagoInvoice {
	const { lago_id: id, created_at } = transaction;
	const { currency } = wallet;
	const total = topUpAmount(transaction.amount, currency);
	const { metadata, status, paymentStatus } = readTopUp(wallet, transaction, nowMs);
	const isOwed = status === 'finalized' && paymentStatus !== 'succeeded';
	return {
		lago_id: transaction.lago_invoice_id,
		number: topUpNumber(id),
		status,
		payment_status: paymentStatus,
		billing_entity_code: wallet.billing_entity_code,
		issuing_date: created_at?.slice(0, 'YYYY-MM-DD'.length),
		created_at,
		currency,
		total_amount_cents: total,
		total_due_amount_cents: isOwed ? total : 0,
		total_paid_amount_cents: paymentStatus === 'succeeded' ? total : 0,
		invoice_type: 'credit',
		// Who is billed by themselves, as invoices of partners say it.
		self_billed: customer.account_type === 'partner',
		customer,
		metadata,
		topUp: { id, walletId: wallet.lago_id },
	};
}
