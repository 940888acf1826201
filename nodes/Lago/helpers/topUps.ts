import type { InvoiceFacts } from '../../shared/domain/invoice';
import { isLagoId } from '../../shared/domain/payment';
import { recordKeyOf, writeTopUpRecord, type TopUpRef } from '../../shared/domain/topUp';
import { TOP_UP_RECORD } from '../../shared/domain/keys';
import { ApiError } from '../../shared/transport/apiError';
import { orNull } from '../../shared/transport/orNull';
import type { LagoInvoice } from '../../shared/wire/lago/objects';
import {
	isPaidFirst,
	toTopUpInvoice,
	walletAnswerSchema,
	walletMetadataAnswerSchema,
	walletSchema,
	walletTransactionAnswerSchema,
	walletTransactionSchema,
	type LagoWallet,
	type LagoWalletTransaction,
} from '../../shared/wire/lago/topUp';
import type { LagoClient } from '../transport/client';
import { fetchCustomer } from './customers';
import { inTurns } from './inTurns';
import { changeInvoice, fetchInvoice, noteChanged, type InvoiceChange } from './invoices';

const ALL = Number.MAX_SAFE_INTEGER;
const isUnknown = ({ code }: ApiError): boolean => code === 'invoice_not_found';

/**
 * The invoice of a top-up: as Lago shows it or, while it shows it to nobody, as wallet and transaction tell (then with `topUp`). Null for a
 * movement of a wallet that nobody pays for first.
 * @throws ApiError, 404 for an unknown transaction; while Lago makes the invoice, by a job of its own, a passing one.
 */
export async function fetchTopUp(client: LagoClient, id: string): Promise<LagoInvoice | null> {
	const transaction = await client.patience.keepTrying(
		async () => await billedTransaction(client, id),
		({ code }) => code === NOT_BILLED_YET,
	);
	if (!isBilled(transaction)) return null;
	return (
		(await orNull(fetchInvoice(client, transaction.lago_invoice_id), isUnknown)) ?? (await hidden(client, transaction))
	);
}

/**
 * The invoice that a payment or a plan is about, by its id; one that Lago shows to nobody is found by its top-up.
 * @throws ApiError 404 where neither leads to this invoice.
 */
export async function fetchCollected(
	client: LagoClient,
	{ id, topUpId }: { id: string; topUpId?: string | null },
): Promise<LagoInvoice> {
	return await fetchInvoice(client, id).catch(async (caught: unknown) => {
		// Whoever pays may have typed it.
		if (!(caught instanceof ApiError && isUnknown(caught)) || !topUpId || !isLagoId(topUpId)) throw caught;
		const transaction = await orNull(fetchTransaction(client, topUpId), ({ gone }) => gone);
		if (transaction === null || !isBilled(transaction) || transaction.lago_invoice_id !== id) throw caught;
		return await hidden(client, transaction);
	});
}

/**
 * Writes the record of a collection: onto the invoice or, while Lago shows it to nobody, onto the wallet, which has other entries as well.
 * @returns the invoice as it is by now.
 * @throws ApiError
 */
export async function writeRecord(
	client: LagoClient,
	{ id, topUp, metadata }: Pick<InvoiceFacts, 'id' | 'topUp' | 'metadata'>,
	change: InvoiceChange,
): Promise<LagoInvoice> {
	if (topUp === undefined) return await changeInvoice(client, id, metadata, change);
	await client
		.request(walletMetadataAnswerSchema, {
			method: 'PATCH',
			path: `/wallets/${encodeURIComponent(topUp.walletId)}/metadata`,
			body: { metadata: { [recordKeyOf(topUp.id)]: writeTopUpRecord(metadata, change) } },
		})
		.finally(() => noteChanged(client, id));
	return await fetchCollected(client, { id, topUpId: topUp.id });
}

/** A top-up is paid: its invoice speaks for itself, and the wallet has room for fifty entries in all. Should it fail, nothing depends on it. */
export async function forgetRecord(client: LagoClient, { id, walletId }: TopUpRef): Promise<void> {
	const path = `/wallets/${encodeURIComponent(walletId)}/metadata/${recordKeyOf(id)}`;
	await orNull(client.request(walletMetadataAnswerSchema, { method: 'DELETE', path }), () => true);
}

/** A top-up that waits for its payment, as lists tell. */
export interface WaitingTopUp {
	wallet: LagoWallet;
	transaction: Billed;
}

/**
 * All top-ups that wait for their payment: the pages of wallets, and one call for each wallet that asks for payment first or has a record of
 * ours. A single top-up that alone asks for it on another wallet is known by its event. Throws ApiError.
 */
export async function waitingTopUps(client: LagoClient): Promise<WaitingTopUp[]> {
	const wallets = await client.list('wallets', walletSchema, {}, ALL);
	const waiting = await inTurns(wallets.filter(mayWait), async (wallet) => {
		const query = { status: 'pending', transaction_status: 'purchased', transaction_type: 'inbound' };
		const path = `wallets/${encodeURIComponent(wallet.lago_id)}/wallet_transactions`;
		const transactions = await client.list(path, walletTransactionSchema, query, ALL);
		return transactions

			.filter(isBilled)
			.filter(({ status }) => status === 'pending')
			.map((transaction) => ({ wallet, transaction }));
	});
	return waiting.flat();
}

function mayWait({ status, metadata, recurring_transaction_rules: rules, ...wallet }: LagoWallet): boolean {
	const isAsked = [wallet, ...(rules ?? [])].some((one) => one.invoice_requires_successful_payment === true);
	return status === 'active' && (isAsked || Object.keys(metadata ?? {}).some((key) => key.startsWith(TOP_UP_RECORD)));
}

type Billed = LagoWalletTransaction & { lago_invoice_id: string };
const NOT_BILLED_YET = 'TOP_UP_NOT_BILLED_YET';

function isBilled(transaction: LagoWalletTransaction): transaction is Billed {
	return isPaidFirst(transaction) && Boolean(transaction.lago_invoice_id);
}

async function fetchTransaction(client: LagoClient, id: string): Promise<LagoWalletTransaction> {
	const path = `/wallet_transactions/${encodeURIComponent(id)}`;
	return (await client.request(walletTransactionAnswerSchema, { method: 'GET', path })).wallet_transaction;
}

async function billedTransaction(client: LagoClient, id: string): Promise<LagoWalletTransaction> {
	const transaction = await fetchTransaction(client, id);
	if (isPaidFirst(transaction) && !isBilled(transaction))
		throw new ApiError('Lago', 503, NOT_BILLED_YET, `Lago has not made the invoice of top-up ${id} yet`);
	return transaction;
}

async function hidden(client: LagoClient, transaction: Billed): Promise<LagoInvoice> {
	const readAt = Date.now();
	const path = `/wallets/${encodeURIComponent(transaction.lago_wallet_id)}`;
	const { wallet } = await client.request(walletAnswerSchema, { method: 'GET', path });
	const customer = await fetchCustomer(client, wallet.external_customer_id);
	return client.withOurs(toTopUpInvoice(transaction, wallet, customer, Date.now()), readAt);
}
