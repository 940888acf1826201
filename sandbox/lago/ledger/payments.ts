import { randomUUID } from 'node:crypto';
import { forbidden, invalid, notFound } from '../refusals';
import type { Invoice, Payment, PaymentRequest } from '../documents';
import { dueOf, now, wholeSecond, type LagoState } from '../state';
import type { LagoEvents } from '../webhooks';
import type { Invoices } from './invoices';

const MAX_REFERENCE = 40;

export interface NewPayment {
	invoice_id?: unknown;
	amount_cents?: unknown;
	reference?: unknown;
	paid_at?: unknown;
}

/** Payments: manual ones (`lago-api:services/payments/manual_create_service.rb`) and what a provider collects. Amounts in minor units. */
export class Payments {
	private receipts = 0;

	constructor(
		private readonly state: LagoState,
		private readonly events: LagoEvents,
		private readonly invoices: Invoices,
		private readonly premium: () => boolean,
	) {}

	/** Books money. A reference is not unique; a partial payment changes the amounts, and only its receipt tells of it. */
	record({ invoice_id, amount_cents: amount, reference, paid_at }: NewPayment): Payment {
		if (invoice_id === undefined || invoice_id === null || invoice_id === '')
			invalid({ invoice_id: ['value_is_mandatory'] });
		if (typeof amount !== 'number' || !Number.isInteger(amount) || amount <= 0)
			return invalid({ amount_cents: ['invalid_value'] });
		const invoice = this.state.invoices.get(String(invoice_id)) ?? notFound('invoice');
		if (!this.premium()) forbidden();
		if (!['finalized', 'open'].includes(invoice.status)) forbidden();
		if (typeof reference !== 'string' || reference.trim() === '') return invalid({ reference: ['value_is_mandatory'] });
		if (reference.length > MAX_REFERENCE) invalid({ reference: ['value_is_too_long'] });
		if (paid_at && Number.isNaN(Date.parse(String(paid_at)))) invalid({ paid_at: ['invalid_date'] });
		if (amount > dueOf(invoice)) invalid({ amount_cents: ['value_is_out_of_range'] });
		if (invoice.invoice_type === 'credit' && amount !== invoice.total_amount_cents)
			invalid({ amount_cents: ['invalid_amount'] });
		const payment = this.store([invoice], {
			lago_payable_id: invoice.lago_id,
			payable_type: 'Invoice',
			amount_cents: amount,
			type: 'manual',
			reference,
			...(paid_at ? { created_at: wholeSecond(new Date(String(paid_at)).toISOString()) } : {}),
		});
		this.invoices.applyToDue(invoice, { paid: amount, told: () => this.announceReceipt(payment) });
		return payment;
	}

	/** One payment over what is due on all invoices of a request. */
	ofRequest({ lago_id, invoices }: PaymentRequest): Payment {
		const due = invoices.map((invoice) => ({ invoice, paid: dueOf(invoice) }));
		const payment = this.store(invoices, {
			lago_payable_id: lago_id,
			payable_type: 'PaymentRequest',
			amount_cents: due.reduce((sum, { paid }) => sum + paid, 0),
			type: 'provider',
			reference: null,
		});
		for (const { invoice, paid } of due) this.invoices.applyToDue(invoice, { paid });
		this.announceReceipt(payment);
		return payment;
	}

	private store(
		invoices: Invoice[],
		given: Pick<Payment, 'lago_payable_id' | 'payable_type' | 'amount_cents' | 'type' | 'reference'> & Partial<Payment>,
	): Payment {
		const { customer, currency } = invoices[0] as Invoice;
		const payment: Payment = {
			lago_id: randomUUID(),
			lago_customer_id: customer.lago_id,
			external_customer_id: customer.external_id,
			invoice_ids: invoices.map(({ lago_id }) => lago_id),
			invoice_numbers: invoices.map(({ number }) => number),
			amount_currency: currency,
			status: 'succeeded',
			payment_status: 'succeeded',
			payment_provider_code: null,
			payment_provider_type: null,
			external_payment_id: null,
			provider_payment_id: null,
			provider_customer_id: null,
			next_action: {},
			created_at: now(),
			...given,
		};
		this.state.payments.set(payment.lago_id, payment);
		return payment;
	}

	private announceReceipt(payment: Payment): void {
		const receipt = {
			lago_id: randomUUID(),
			number: `SIM-RCPT-${String((this.receipts += 1)).padStart(6, '0')}`,
			file_url: null,
			xml_url: null,
		};
		const created_at = now();
		this.events.announce('payment_receipt.created', 'payment_receipt', () => ({
			...receipt,
			payment: { ...payment },
			created_at,
		}));
	}
}
