import { sharesIn } from '../../nodes/shared/domain/bundle';
import type { Checkout, Dispute, Payment, Refund, Subscription } from '../dodo/state';
import type { World } from './actions';
import { newestFirst } from './newestFirst';

/** What the page shows of Dodo's book. Amounts in minor units. */
export function dodoBook(world: World): Record<string, unknown> {
	const { state } = world.dodo;
	return {
		mandates: newestFirst(state.subscriptions).map(mandateEntry),
		checkouts: newestFirst(state.checkouts).map((checkout) => checkoutEntry(checkout, world)),
		payments: newestFirst(state.payments).map((payment) => paymentEntry(payment, world)),
		refunds: newestFirst(state.refunds).map((refund) => refundEntry(refund, world)),
		disputes: newestFirst(state.disputes).map((dispute) => disputeEntry(dispute, world)),
	};
}

function mandateEntry(mandate: Subscription) {
	return {
		id: mandate.subscription_id,
		customer: mandate.metadata.lago_customer_external_id ?? '',
		currency: mandate.currency,
		status: mandate.status,
		card: mandate.card,
		planned: mandate.plannedCharge,
		dues: mandate.dues?.amount ?? 0,
	};
}

function checkoutEntry(checkout: Checkout, { dodo, lago }: World) {
	return {
		id: checkout.id,
		...aboutOf(lago, checkout.metadata),
		page: `${dodo.url}/session/${checkout.id}`,
		customerChooses: checkout.cart.some(({ customerChooses }) => customerChooses),
		isMandate: checkout.mandate !== null,
		amount: checkout.cart.reduce((sum, { amount }) => sum + (amount ?? 0), 0),
		currency: dodo.state.products.get(checkout.cart[0]?.product_id ?? '')?.price.currency ?? '',
		open: !checkout.consumed && checkout.expires_at_ms > Date.now(),
		used: checkout.consumed,
	};
}

function paymentEntry(payment: Payment, { dodo, lago }: World) {
	const lines = dodo.state.paymentLines.get(payment.payment_id) ?? [];
	return {
		id: payment.payment_id,
		...aboutOf(lago, payment.metadata),
		amount: payment.total_amount,
		left: lines.reduce((sum, line) => sum + line.amount - line.refunded, 0),
		currency: payment.currency,
		status: payment.status,
		code: payment.error_code,
		refunded: payment.refund_status,
		byMandate: payment.subscription_id !== null,
	};
}

function refundEntry(refund: Refund, world: World) {
	return {
		id: refund.refund_id,
		...ofPayment(refund.payment_id, world),
		amount: refund.amount,
		currency: refund.currency,
		status: refund.status,
		reason: refund.reason,
	};
}

function disputeEntry(dispute: Dispute, world: World) {
	return {
		id: dispute.dispute_id,
		...ofPayment(dispute.payment_id, world),
		amount: Number(dispute.amount),
		currency: dispute.currency,
		status: dispute.dispute_status,
		rdr: dispute.is_resolved_by_rdr,
	};
}

function ofPayment(paymentId: string, { dodo, lago }: World) {
	const { invoice, customer } = aboutOf(lago, dodo.state.payments.get(paymentId)?.metadata);
	return { invoice, customer };
}

/** What a payment or its session is for: an invoice, or the parts of several, and whose. */
function aboutOf({ state }: World['lago'], metadata: Readonly<Record<string, unknown>> = {}) {
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
