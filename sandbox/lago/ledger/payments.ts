import { randomUUID } from 'node:crypto';
import { forbidden, invalid, notFound } from '../refusals';
import { dueOf, now, type LagoState, type Payment } from '../state';
import type { Invoices } from './invoices';

const MAX_REFERENCE = 40;

export interface NewPayment {
	invoice_id?: unknown;
	amount_cents?: unknown;
	reference?: unknown;
	paid_at?: unknown;
}

/** Manual payments (`lago-api:services/payments/manual_create_service.rb`). Amounts in minor units. */
export class Payments {
	constructor(
		private readonly state: LagoState,
		private readonly invoices: Invoices,
		private readonly premium: () => boolean,
	) {}

	/** Books money. A reference is not unique; a partial payment changes the amounts and tells nobody. */
	record({ invoice_id, amount_cents: amount, reference, paid_at }: NewPayment): Payment {
		if (!this.premium()) forbidden();
		if (invoice_id === undefined || invoice_id === null || invoice_id === '')
			invalid({ invoice_id: ['value_is_mandatory'] });
		if (typeof amount !== 'number' || !Number.isInteger(amount) || amount <= 0)
			return invalid({ amount_cents: ['invalid_value'] });
		if (typeof reference !== 'string' || reference.trim() === '') return invalid({ reference: ['value_is_mandatory'] });
		if (reference.length > MAX_REFERENCE) invalid({ reference: ['value_is_too_long'] });
		if (paid_at && Number.isNaN(Date.parse(String(paid_at)))) invalid({ paid_at: ['invalid_date'] });
		const invoice = this.state.invoices.get(String(invoice_id)) ?? notFound('invoice');
		if (!['finalized', 'open'].includes(invoice.status)) forbidden();
		if (amount > dueOf(invoice)) invalid({ amount_cents: ['value_is_out_of_range'] });
		if (invoice.invoice_type === 'credit' && amount !== invoice.total_amount_cents)
			invalid({ amount_cents: ['invalid_amount'] });
		const { customer } = invoice;
		const payment: Payment = {
			lago_id: randomUUID(),
			lago_customer_id: customer.lago_id,
			external_customer_id: customer.external_id,
			invoice_ids: [invoice.lago_id],
			invoice_numbers: [invoice.number],
			lago_payable_id: invoice.lago_id,
			payable_type: 'Invoice',
			amount_cents: amount,
			amount_currency: invoice.currency,
			status: 'succeeded',
			payment_status: 'succeeded',
			type: 'manual',
			reference,
			payment_provider_code: null,
			payment_provider_type: null,
			external_payment_id: null,
			provider_payment_id: null,
			provider_customer_id: null,
			next_action: {},
			created_at: paid_at ? new Date(String(paid_at)).toISOString().replace(/\.\d+Z$/, 'Z') : now(),
		};
		this.state.payments.set(payment.lago_id, payment);
		this.invoices.applyToDue(invoice, { paid: amount });
		return payment;
	}
}
