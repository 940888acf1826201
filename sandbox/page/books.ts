import { sharesIn } from '../../nodes/shared/domain/bundle';
import { decodeState } from '../../nodes/shared/domain/invoiceMetadata';
import { DECLINE_CODES } from '../dodo/cards';
import { subunits } from '../lago/money';
import type { World } from './actions';

/** Both books as the page shows them, newest first. Amounts in minor units. */
export function books({ dodo, lago }: World): Record<string, unknown> {
	const newestFirst = <T>(map: Map<string, T>): T[] => [...map.values()].reverse();
	const about = (metadata: Readonly<Record<string, unknown>> = {}) => aboutOf(lago, metadata);
	const ofPayment = (paymentId: string) => {
		const { invoice, customer } = about(dodo.state.payments.get(paymentId)?.metadata);
		return { invoice, customer };
	};
	return {
		premium: lago.premium,
		declineCodes: DECLINE_CODES,
		// Lago shows nobody the invoice of a top-up that waits for its payment.
		invoices: newestFirst(lago.state.invoices)
			.filter(({ status }) => status !== 'open')
			.map((invoice) => {
				const metadata = Object.fromEntries(invoice.metadata.map(({ key, value }) => [key, value]));
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
			}),
		creditNotes: newestFirst(lago.state.creditNotes).map((note) => ({
			number: note.number,
			invoice: note.invoice.number,
			customer: note.invoice.customer.external_id,
			refund: note.refund_amount_cents,
			currency: note.invoice.currency,
			status: note.refund_status,
			metadata: note.metadata,
		})),
		customers: newestFirst(lago.state.customers).map((customer) => ({
			id: customer.external_id,
			timeZone: customer.applicable_timezone,
			currency: customer.currency,
			metadata: Object.fromEntries(customer.metadata.map(({ key, value }) => [key, value])),
			mandates: [...dodo.state.subscriptions.values()]
				.filter(({ metadata }) => metadata.lago_customer_external_id === customer.external_id)
				.map(({ currency, status }) => ({ currency, status })),
		})),
		wallets: newestFirst(lago.state.wallets).map((wallet) => ({
			id: wallet.lago_id,
			customer: wallet.customer.external_id,
			balance: Math.round(wallet.credits * wallet.rate * subunits(wallet.currency)),
			currency: wallet.currency,
			waiting: [...lago.state.walletTransactions.values()]
				.filter((one) => one.lago_wallet_id === wallet.lago_id && one.status === 'pending')
				.reduce((sum, { credits }) => sum + Math.round(credits * wallet.rate * subunits(wallet.currency)), 0),
		})),
		mandates: newestFirst(dodo.state.subscriptions).map((mandate) => ({
			id: mandate.subscription_id,
			customer: mandate.metadata.lago_customer_external_id ?? '',
			currency: mandate.currency,
			status: mandate.status,
			card: mandate.card,
			planned: mandate.plannedCharge,
			dues: mandate.dues?.amount ?? 0,
		})),
		checkouts: newestFirst(dodo.state.checkouts).map((checkout) => ({
			id: checkout.id,
			...about(checkout.metadata),
			page: `${dodo.url}/session/${checkout.id}`,
			customerChooses: checkout.cart.some(({ customerChooses }) => customerChooses),
			isMandate: checkout.mandate !== null,
			amount: checkout.cart.reduce((sum, { amount }) => sum + (amount ?? 0), 0),
			currency: dodo.state.products.get(checkout.cart[0]?.product_id ?? '')?.price.currency ?? '',
			open: !checkout.consumed && checkout.expires_at_ms > Date.now(),
			used: checkout.consumed,
		})),
		payments: newestFirst(dodo.state.payments).map((payment) => ({
			id: payment.payment_id,
			...about(payment.metadata),
			amount: payment.total_amount,
			left: (dodo.state.paymentLines.get(payment.payment_id) ?? []).reduce(
				(sum, line) => sum + line.amount - line.refunded,
				0,
			),
			currency: payment.currency,
			status: payment.status,
			code: payment.error_code,
			refunded: payment.refund_status,
			byMandate: payment.subscription_id !== null,
		})),
		refunds: newestFirst(dodo.state.refunds).map((refund) => ({
			id: refund.refund_id,
			...ofPayment(refund.payment_id),
			amount: refund.amount,
			currency: refund.currency,
			status: refund.status,
			reason: refund.reason,
		})),
		disputes: newestFirst(dodo.state.disputes).map((dispute) => ({
			id: dispute.dispute_id,
			...ofPayment(dispute.payment_id),
			amount: Number(dispute.amount),
			currency: dispute.currency,
			status: dispute.dispute_status,
			rdr: dispute.is_resolved_by_rdr,
		})),
	};
}

/** What a payment or its session is for: an invoice, or the parts of several, and whose. */
function aboutOf({ state }: World['lago'], metadata: Readonly<Record<string, unknown>>) {
	const word = (name: string): string => String(metadata[name] ?? '');
	const shares = (sharesIn(metadata) ?? []).map(({ invoiceId, amount }) => ({
		invoice: state.invoices.get(invoiceId)?.number ?? '',
		amount,
	}));
	const invoice = state.invoices.get(word('lago_invoice_id'));
	// A top-up gets its number with its payment.
	const own = invoice === undefined || invoice.status === 'open' ? word('lago_invoice_number') : invoice.number;
	return {
		invoice: shares.at(-1)?.invoice ?? own,
		shares,
		customer: word('lago_customer_external_id') || (invoice?.customer.external_id ?? ''),
	};
}
