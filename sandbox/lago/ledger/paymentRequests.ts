import { randomUUID } from 'node:crypto';
import { forbidden, notAllowed, notFound } from '../refusals';
import type { Payment, PaymentRequest } from '../documents';
import { dueOf, now, type LagoState } from '../state';
import { paymentRequestView } from '../views/paymentRequests';
import type { LagoEvents } from '../webhooks';
import type { Customers } from './customers';
import type { Payments } from './payments';

/** Requests to pay several overdue invoices at once (`lago-api:services/payment_requests/create_service.rb`). */
export class PaymentRequests {
	constructor(
		private readonly state: LagoState,
		private readonly events: LagoEvents,
		private readonly payments: Payments,
		private readonly customers: Customers,
		private readonly premium: () => boolean,
	) {}

	get(id: string | undefined): PaymentRequest {
		return this.state.paymentRequests.get(id ?? '') ?? notFound('payment_request');
	}

	create({ external_customer_id, email, lago_invoice_ids: ids }: Record<string, unknown>): PaymentRequest {
		if (!this.premium()) forbidden();
		const customer = this.customers.get(typeof external_customer_id === 'string' ? external_customer_id : undefined);
		const invoices = [...this.state.invoices.values()].filter(
			(one) => one.customer === customer && Array.isArray(ids) && ids.includes(one.lago_id),
		);
		const [first] = invoices;
		if (!first) return notFound('invoice');
		if (invoices.some(({ payment_overdue }) => !payment_overdue)) notAllowed('invoices_not_overdue');
		if (invoices.some(({ currency }) => currency !== first.currency)) notAllowed('invoices_have_different_currencies');
		if (invoices.some(({ billing_entity_code: code }) => code !== first.billing_entity_code))
			notAllowed('invoices_have_different_billing_entities');
		const request: PaymentRequest = {
			lago_id: randomUUID(),
			amount_cents: invoices.reduce((sum, invoice) => sum + dueOf(invoice), 0),
			amount_currency: first.currency,
			email: typeof email === 'string' ? email : customer.email,
			payment_status: 'pending',
			created_at: now(),
			customer,
			invoices,
		};
		this.state.paymentRequests.set(request.lago_id, request);
		this.events.announce('payment_request.created', 'payment_request', () => paymentRequestView(request));
		return request;
	}

	/** A native provider collects what is due on all its invoices: one payment, which is of the request and no invoice. */
	collect(id: string): Payment {
		const request = this.get(id);
		const payment = this.payments.ofRequest(request);
		request.payment_status = 'succeeded';
		this.events.announce('payment_request.payment_status_updated', 'payment_request', () =>
			paymentRequestView(request),
		);
		return payment;
	}
}
