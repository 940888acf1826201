import { brandOf } from './brands';
import { dodoId } from '../../shared/ids';
import { cardView } from '../cards';
import type { DodoContext } from '../context';
import {
	existing,
	timestamp,
	type Billing,
	type Customer,
	type Metadata,
	type Payment,
	type PaymentLine,
} from '../state';
import type { Balance } from './balance';
import { limitedView, type Customers } from './customers';

export interface NewPayment {
	lines: Array<Omit<PaymentLine, 'refunded'>>;
	currency: string;
	metadata: Metadata;
	customer: Customer | null;
	billing?: Billing | null;
	card?: string;
	checkoutSessionId?: string;
	subscriptionId?: string;
	productCart?: Array<{ product_id: string; quantity: number }>;
	status?: string;
}

const ANNOUNCED = ['succeeded', 'failed', 'processing', 'cancelled'];
/** What a payment has when nothing has become of it yet. */
const NOTHING_YET = {
	payment_method_id: null,
	payment_provider: 'dodo',
	error_code: null,
	error_message: null,
	invoice_id: null,
	invoice_url: null,
	custom_field_responses: null,
	digital_products_delivered: false,
	discount_id: null,
	discounts: null,
	is_multi_subscription: false,
	is_update_payment_method: false,
	refund_status: null,
	retry_attempt: 0,
	// Dodo may leave it out for ever.
	updated_at: null,
};
const SOMEBODY = { email: 'payer@example.com', name: 'Payer' };
export const SOMEWHERE: Billing = { country: 'US', city: null, state: null, street: null, zipcode: null };

/** Payments from creation to their end. Amounts in minor units. */
export class Payments {
	constructor(
		private readonly context: DodoContext,
		private readonly customers: Customers,
		private readonly balance: Balance,
	) {}

	create({
		lines,
		currency,
		metadata,
		customer,
		billing,
		card,
		checkoutSessionId,
		subscriptionId,
		productCart,
		status,
	}: NewPayment): Payment {
		const { state, options } = this.context;
		const sum = (key: 'amount' | 'tax'): number => lines.reduce((total, line) => total + line[key], 0);
		const payment: Payment = {
			payment_id: dodoId('pay_'),
			business_id: state.businessId,
			brand_id: brandOf(state, checkoutSessionId, subscriptionId),
			status: status ?? null,
			total_amount: sum('amount'),
			tax: sum('tax'),
			currency,
			settlement_amount: sum('amount'),
			settlement_currency: currency,
			settlement_tax: sum('tax'),
			metadata,
			customer: limitedView(customer ?? this.customers.resolve(SOMEBODY)),
			billing: billing ?? SOMEWHERE,
			checkout_session_id: checkoutSessionId ?? null,
			subscription_id: subscriptionId ?? null,
			subscription_ids: subscriptionId === undefined ? [] : [subscriptionId],
			product_cart: productCart ?? null,
			payment_link:
				checkoutSessionId === undefined
					? null
					: `https://${options.mode === 'test' ? 'test.' : ''}checkout.dodopayments.com/session/${checkoutSessionId}`,
			payment_method: null,
			payment_method_type: null,
			...cardView(card),
			...NOTHING_YET,
			refunds: [],
			disputes: [],
			created_at: timestamp(),
		};
		state.payments.set(payment.payment_id, payment);
		state.paymentLines.set(
			payment.payment_id,
			lines.map((line) => ({ ...line, refunded: 0 })),
		);
		return payment;
	}

	/** Any payment at all, announced like a real one: for what no payer could do. */
	forge(partial: Partial<Payment>): Payment {
		const { total_amount = 1000, tax = 0, currency = 'EUR', metadata = {} } = partial;
		const payment = this.create({
			lines: [{ items_id: 'item_forged', name: null, amount: total_amount, tax: tax ?? 0 }],
			currency,
			metadata,
			customer: null,
		});
		this.mark(payment, partial.status ?? null);
		Object.assign(payment, partial);
		this.announce(payment);
		return payment;
	}

	/** The payment ends: at once, or after it was `processing` for a while. `decline` is null for success. */
	end(payment: Payment, decline: string | null, settleAfterMs?: number): void {
		const finish = (): void => {
			this.mark(payment, decline === null ? 'succeeded' : 'failed', decline);
			this.announce(payment);
		};
		if (settleAfterMs === undefined) return finish();
		this.debit(payment);
		// It may have been moved on meanwhile.
		this.context.later(settleAfterMs, () => {
			if (payment.status === 'processing') finish();
		});
	}

	/** A bank was told to debit: the money is on its way, maybe for days. */
	debit(payment: Payment): void {
		Object.assign(payment, { payment_method: 'bank_debit', payment_method_type: 'sepa', ...cardView(undefined) });
		this.mark(payment, 'processing');
		this.announce(payment);
	}

	/** Changes a payment as time does, and tells. */
	move(paymentId: string, status: string, errorCode: string | null = null): Payment {
		const payment = existing(this.context.state.payments, paymentId);
		this.mark(payment, status, errorCode);
		this.announce(payment);
		return payment;
	}

	/** `GET /payments/{id}/line-items`. */
	lineItems({ payment_id, currency }: Payment): {
		currency: string;
		items: Array<{ items_id: string; refundable_amount: number; [key: string]: unknown }>;
	} {
		const lines = this.context.state.paymentLines.get(payment_id) ?? [];
		return {
			currency,
			items: lines.map(({ items_id, name, amount, tax, refunded }) => ({
				items_id,
				amount,
				tax,
				refundable_amount: amount - refunded,
				name,
				description: null,
			})),
		};
	}

	private mark(payment: Payment, status: string | null, errorCode: string | null = null): void {
		const { options } = this.context;
		payment.status = status;
		payment.error_code = errorCode;
		payment.error_message =
			errorCode === null ? null : `The payment was declined: ${errorCode.toLowerCase().replaceAll('_', ' ')}.`;
		if (status === 'failed' || status === 'cancelled')
			Object.assign(payment, { tax: null, settlement_tax: null, settlement_amount: 0 });
		if (status === 'succeeded') {
			payment.invoice_id = payment.payment_id.replace('pay_', 'inv_');
			payment.invoice_url = `https://${options.mode}.dodopayments.com/invoices/payments/${payment.payment_id}`;
		}
	}

	private announce(payment: Payment): void {
		if (payment.status === 'succeeded') this.balance.paid(payment);
		if (payment.status !== null && ANNOUNCED.includes(payment.status))
			this.context.events.announce(`payment.${payment.status}`, 'Payment', () => structuredClone(payment));
	}
}
