import { noteMetadata } from '../metadata';
import { subunits } from '../money';
import { invalid, notFound } from '../refusals';
import type { Customer, Invoice } from '../documents';
import { now, type LagoState, type Wallet, type WalletTransaction } from '../state';
import { walletTransactionView, walletView } from '../views/wallets';
import type { LagoEvents } from '../webhooks';
import type { Invoices } from './invoices';
import { newTransaction, newWallet, type NewTransaction, type NewWallet } from './newWallet';

export interface TopUp {
	/** Credits that an invoice asks money for. */
	paid?: number;
	/** Credits given at once. */
	granted?: number;
	requiresPayment?: boolean;
}

/** Prepaid credits: a top-up makes a credit invoice, its payment grants the credits, once. */
export class Wallets {
	constructor(
		private readonly state: LagoState,
		private readonly events: LagoEvents,
		private readonly invoices: Invoices,
		private readonly premium: () => boolean,
	) {
		invoices.onPaymentStatus((invoice) => this.follow(invoice));
	}

	get(id: string | undefined): Wallet {
		return this.state.wallets.get(id ?? '') ?? notFound('wallet');
	}

	create(customer: Customer, options: NewWallet): Wallet {
		const wallet = this.store(customer, options);
		this.events.announce('wallet.created', 'wallet', () => walletView(wallet));
		return wallet;
	}

	topUp(
		wallet: Wallet,
		{ paid = 0, granted = 0, requiresPayment = wallet.invoice_requires_successful_payment }: TopUp,
	): WalletTransaction[] {
		if (wallet.status !== 'active') invalid({ wallet_id: ['wallet_is_terminated'] });
		const transactions: WalletTransaction[] = [];
		if (paid > 0) {
			const transaction = this.add(wallet, {
				credits: paid,
				status: 'pending',
				transaction_status: 'purchased',
				invoice_requires_successful_payment: requiresPayment,
			});
			transactions.push(transaction);
			setImmediate(() => this.bill(wallet, transaction));
		}
		if (granted > 0) {
			transactions.push(
				this.add(wallet, {
					credits: granted,
					remaining: granted,
					status: 'settled',
					settled_at: now(),
					transaction_status: 'granted',
				}),
			);
			this.change(wallet, granted);
		}
		return transactions;
	}

	/** A job: the answer and the webhook of a new transaction know no invoice yet. */
	private bill(wallet: Wallet, transaction: WalletTransaction): void {
		const { credits, invoice_requires_successful_payment: isPaidFirst } = transaction;
		const invoice = this.invoices.issue({
			type: 'credit',
			dueInDays: Number(wallet.customer.net_payment_term ?? 0),
			currency: wallet.currency,
			customer: { external_id: wallet.customer.external_id },
			fees: [
				{
					name: 'credit',
					amountCents: Math.round(credits * wallet.rate * subunits(wallet.currency)),
					units: credits,
				},
			],
			// Without a licence nobody waits for the payment.
			status: isPaidFirst && this.premium() ? 'open' : 'finalized',
		});
		transaction.lago_invoice_id = invoice.lago_id;
	}

	/** What waits for its payment stays so, and credits that are paid for later go nowhere. */
	terminate(wallet: Wallet): Wallet {
		if (wallet.status === 'terminated') return wallet;
		Object.assign(wallet, { status: 'terminated', terminated_at: now() });
		this.events.announce('wallet.terminated', 'wallet', () => walletView(wallet));
		return wallet;
	}

	/** Merges (`lago-api:services/metadata/update_item_service.rb`), which is told as a change of the wallet. */
	mergeMetadata(wallet: Wallet, given: unknown): Wallet['metadata'] {
		wallet.metadata = noteMetadata({ ...wallet.metadata, ...noteMetadata(given) });
		this.events.announce('wallet.updated', 'wallet', () => walletView(wallet));
		return wallet.metadata;
	}

	forgetMetadata(wallet: Wallet, key: string): Wallet['metadata'] {
		if (Object.keys(wallet.metadata).length === 0) notFound('metadata');
		const { [key]: _gone, ...rest } = wallet.metadata;
		return (wallet.metadata = rest);
	}

	/** Gives a credit invoice that came from nowhere the wallet it must have come from; nobody is told. */
	adopt(invoice: Invoice): void {
		const known = [...this.state.wallets.values()].find(
			({ customer, currency }) => customer === invoice.customer && currency === invoice.currency,
		);
		const wallet = known ?? this.store(invoice.customer, { currency: invoice.currency });
		const credits = invoice.fees_amount_cents / subunits(invoice.currency) / wallet.rate;
		this.record(wallet, {
			credits,
			lago_invoice_id: invoice.lago_id,
			status: 'pending',
			transaction_status: 'purchased',
		});
		if (invoice.payment_status === 'succeeded') this.follow(invoice);
	}

	/** The active wallet behind a credit invoice. */
	ofInvoice(invoice: Invoice): Wallet | undefined {
		const wallet = this.state.wallets.get(this.transactionOf(invoice)?.lago_wallet_id ?? '');
		return wallet?.status === 'active' ? wallet : undefined;
	}

	/** What a wallet still holds, in minor units. */
	balanceCents(wallet: Wallet | undefined): number {
		return wallet === undefined ? 0 : Math.round(wallet.credits * wallet.rate * subunits(wallet.currency));
	}

	/** Usage takes credits (major units); all of them unless told. */
	spend(wallet: Wallet, credits = wallet.credits): WalletTransaction {
		if (!(credits > 0) || credits > wallet.credits) throw new Error(`The wallet holds ${wallet.credits} credits`);
		this.use(wallet, credits);
		const transaction = this.add(wallet, {
			credits,
			status: 'settled',
			settled_at: now(),
			transaction_status: 'invoiced',
			transaction_type: 'outbound',
		});
		this.change(wallet, -credits);
		return transaction;
	}

	/** Takes credits away for money that is given back (minor units). */
	takeBack(wallet: Wallet, cents: number): void {
		const credits = cents / subunits(wallet.currency) / wallet.rate;
		this.use(wallet, credits);
		this.add(wallet, {
			credits,
			status: 'settled',
			settled_at: now(),
			transaction_status: 'voided',
			transaction_type: 'outbound',
		});
		this.change(wallet, -credits);
	}

	/** Credits come or go, and that is told. */
	private change(wallet: Wallet, credits: number): void {
		wallet.credits += credits;
		wallet.synced_at = now();
		this.events.announce('wallet.updated', 'wallet', () => walletView(wallet));
	}

	/** Takes credits from what came in first. */
	private use(wallet: Wallet, credits: number): void {
		let open = credits;
		for (const transaction of this.state.walletTransactions.values()) {
			if (transaction.lago_wallet_id !== wallet.lago_id || transaction.remaining === null) continue;
			const taken = Math.min(transaction.remaining, open);
			transaction.remaining -= taken;
			open -= taken;
		}
	}

	private follow(invoice: Invoice): void {
		const transaction = this.transactionOf(invoice);
		const wallet = transaction && this.state.wallets.get(transaction.lago_wallet_id);
		if (!transaction || !wallet || transaction.status === 'settled') return;
		// What a credit note settled was never paid.
		const isPaid = invoice.payment_status === 'succeeded' && invoice.offset_cents === 0;
		if (isPaid) Object.assign(transaction, { status: 'settled', settled_at: now(), remaining: transaction.credits });
		else if (invoice.payment_status !== 'pending') Object.assign(transaction, { status: 'failed', failed_at: now() });
		else return;
		this.tell('wallet_transaction.updated', transaction, wallet);
		if (isPaid) this.change(wallet, transaction.credits);
	}

	private transactionOf({ lago_id }: Invoice): WalletTransaction | undefined {
		return [...this.state.walletTransactions.values()].find((one) => one.lago_invoice_id === lago_id);
	}

	private store(customer: Customer, options: NewWallet): Wallet {
		const wallet = newWallet(customer, options);
		this.state.wallets.set(wallet.lago_id, wallet);
		return wallet;
	}

	private add(wallet: Wallet, given: NewTransaction): WalletTransaction {
		const transaction = this.record(wallet, given);
		this.tell('wallet_transaction.created', transaction, wallet, { lago_invoice_id: null });
		return transaction;
	}

	private record(wallet: Wallet, given: NewTransaction): WalletTransaction {
		const transaction = newTransaction(wallet, given);
		this.state.walletTransactions.set(transaction.lago_id, transaction);
		return transaction;
	}

	private tell(
		event: string,
		transaction: WalletTransaction,
		wallet: Wallet,
		as: Partial<WalletTransaction> = {},
	): void {
		this.events.announce(event, 'wallet_transaction', () => {
			const { recurring_transaction_rules: _rules, ...inside } = walletView(wallet);
			return { ...walletTransactionView({ ...transaction, ...as }, wallet), wallet: inside };
		});
	}
}
