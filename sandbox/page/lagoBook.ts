import { decodeState } from '../../nodes/shared/domain/invoiceMetadata';
import { subunits } from '../lago/money';
import type { CreditNote, Customer, Invoice } from '../lago/documents';
import type { Wallet } from '../lago/state';
import type { World } from './actions';
import { newestFirst } from './newestFirst';

/** What the page shows of Lago's book. Amounts in minor units. */
export function lagoBook({ dodo, lago }: World): Record<string, unknown> {
	return {
		// Lago shows nobody the invoice of a top-up that waits for its payment.
		invoices: newestFirst(lago.state.invoices)
			.filter(({ status }) => status !== 'open')
			.map(invoiceEntry),
		creditNotes: newestFirst(lago.state.creditNotes).map(noteEntry),
		customers: newestFirst(lago.state.customers).map((customer) => customerEntry(customer, dodo)),
		wallets: newestFirst(lago.state.wallets).map((wallet) => walletEntry(wallet, lago)),
	};
}

function invoiceEntry(invoice: Invoice) {
	const metadata = valuesOf(invoice.metadata);
	return {
		id: invoice.lago_id,
		number: invoice.number,
		customer: invoice.customer.external_id,
		type: invoice.invoice_type,
		status: invoice.status,
		paymentStatus: invoice.payment_status,
		disputeLost: invoice.payment_dispute_lost_at !== null,
		due: invoice.payment_due_date,
		overdue: invoice.payment_overdue,
		total: invoice.total_amount_cents,
		paid: invoice.total_paid_amount_cents,
		currency: invoice.currency,
		fees: invoice.fees.map((fee) => ({ name: fee.item.name, amount: fee.amount_cents, taxRate: fee.taxes_rate })),
		metadata,
		state: decodeState(metadata.dodo_state),
	};
}

function noteEntry(note: CreditNote) {
	return {
		number: note.number,
		invoice: note.invoice.number,
		customer: note.invoice.customer.external_id,
		refund: note.refund_amount_cents,
		currency: note.invoice.currency,
		status: note.refund_status,
		metadata: note.metadata,
	};
}

function customerEntry(customer: Customer, dodo: World['dodo']) {
	return {
		id: customer.external_id,
		timeZone: customer.applicable_timezone,
		currency: customer.currency,
		metadata: valuesOf(customer.metadata),
		mandates: [...dodo.state.subscriptions.values()]
			.filter(({ metadata }) => metadata.lago_customer_external_id === customer.external_id)
			.map(({ currency, status }) => ({ currency, status })),
	};
}

function walletEntry(wallet: Wallet, { state }: World['lago']) {
	const money = (credits: number): number => Math.round(credits * wallet.rate * subunits(wallet.currency));
	return {
		id: wallet.lago_id,
		customer: wallet.customer.external_id,
		balance: money(wallet.credits),
		currency: wallet.currency,
		waiting: [...state.walletTransactions.values()]
			.filter((one) => one.lago_wallet_id === wallet.lago_id && one.status === 'pending')
			.reduce((sum, { credits }) => sum + money(credits), 0),
	};
}

function valuesOf(metadata: Invoice['metadata']): Record<string, string> {
	return Object.fromEntries(metadata.map(({ key, value }) => [key, value]));
}
