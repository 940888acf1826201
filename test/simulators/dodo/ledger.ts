import { dodoId } from '../shared/ids';
import { declineOf, SUCCESS_CARD } from './cards';
import { checkTotal, taxed } from './money';
import { existing, refuse, timestamp, type CartLine, type Checkout, type Customer, type Dispute, type DodoState, type Metadata, type Payment, type Refund, type Subscription } from './state';
import type { DodoEvents } from './webhooks';

const LINK_LIFE_MS = 24 * 3_600_000;
const REFUND_WINDOW_MS = 30 * 24 * 3_600_000;

export interface NewCheckout {
	cart: Array<{ product_id: string; quantity: number; amount: number | null }>;
	customer: { customer_id: string } | { email: string; name?: string | null } | null;
	country: string | null;
	metadata: Metadata;
	mandate: boolean;
}

export interface PayOptions {
	card?: string;
	country?: string;
	/** What a customer types where the cart leaves the amount open. */
	amount?: number;
	/** Stays `processing` this long before it ends, as a bank debit does. */
	settleAfterMs?: number;
}

/** What happens to money at Dodo: sessions, payments, mandates, refunds, disputes. Amounts in minor units. */
export class DodoLedger {
	private readonly timers = new Set<NodeJS.Timeout>();

	constructor(
		private readonly state: DodoState,
		private readonly events: DodoEvents,
		private readonly baseUrl: () => string,
		private readonly options: { businessErrorStatus: number; chargeDelayMs: number; mode: 'test' | 'live' },
	) {}

	close(): void {
		for (const timer of this.timers) clearTimeout(timer);
		this.timers.clear();
	}

	/** Where the payer pays. */
	pageOf(sessionId: string): string {
		return `${this.baseUrl()}/session/${sessionId}`;
	}

	/** An existing customer with this e-mail, or a new one. */
	customerBy(input: { email: string; name?: string | null }, alwaysNew = false): Customer {
		const known = [...this.state.customers.values()].find(({ email }) => email === input.email);
		if (known && !alwaysNew) return known;
		const customer: Customer = {
			customer_id: dodoId('cus_'),
			business_id: this.state.businessId,
			email: input.email,
			name: input.name ?? input.email,
			phone_number: null,
			metadata: {},
			created_at: timestamp(),
		};
		this.state.customers.set(customer.customer_id, customer);
		return customer;
	}

	openCheckout(input: NewCheckout): Checkout {
		if (input.cart.length === 0) this.refuseBusiness('PRODUCT_CART_EMTPY', 'Product cart cannot be empty');
		if (input.cart.length > 20) this.refuseBusiness('INVALID_REQUEST_BODY', 'Product cart can have at most 20 items');
		const cart = input.cart.map((line): CartLine => {
			const product = existing(this.state.products, line.product_id);
			if (product.archived) refuse(410, 'PRODUCT_IS_DELETED', '');
			// Silently ignored unless the product is pay-what-you-want.
			if (product.price.pay_what_you_want !== true) return { ...line, amount: product.price.price * line.quantity };
			const amount = line.amount ?? product.price.price;
			if (amount < product.price.price) this.refuseBusiness('REQUEST_AMOUNT_BELOW_MINIMUM', `Amount must be at least ${product.price.price}`);
			return { ...line, amount };
		});
		const first = this.state.products.get(cart[0]?.product_id ?? '');
		if (first && !input.mandate) checkTotal(cart.reduce((sum, { amount }) => sum + amount, 0), first.price.currency);
		const session: Checkout = {
			id: dodoId('cks_'),
			created_at: timestamp(),
			expires_at_ms: Date.now() + LINK_LIFE_MS,
			cart,
			customer: this.resolveCustomer(input.customer),
			country: input.country,
			metadata: input.metadata,
			payment_id: null,
			mandate: input.mandate,
			subscription_id: null,
			consumed: false,
		};
		this.state.checkouts.set(session.id, session);
		return session;
	}

	/** The customer pays on the hosted page; a declined card leaves the session open. */
	payCheckout(sessionId: string, { card = SUCCESS_CARD, country, amount, settleAfterMs }: PayOptions = {}): Payment {
		const session = existing(this.state.checkouts, sessionId);
		if (session.consumed) this.refuseBusiness('CHECKOUT_SESSION_CONSUMED', 'The checkout session has already been used');
		if (session.expires_at_ms < Date.now()) this.refuseBusiness('CHECKOUT_SESSION_CONSUMED', 'The checkout session has expired');
		const product = existing(this.state.products, session.cart[0]?.product_id);
		const wanted = amount ?? session.cart.reduce((sum, line) => sum + line.amount, 0);
		const { total, tax } = taxed(wanted, product.price, country ?? session.country);
		const payment = this.newPayment({ total_amount: total, tax, currency: product.price.currency, metadata: session.metadata, checkout_session_id: session.id, customer: session.customer, country: country ?? session.country ?? 'US' });
		payment.product_cart = session.cart.map(({ product_id, quantity }) => ({ product_id, quantity }));
		session.payment_id = payment.payment_id;
		const decline = declineOf(card);
		if (decline === null) session.consumed = true;
		this.finishPayment(payment, decline, settleAfterMs);
		return payment;
	}

	/** A payment through a static link, whose amount and metadata the payer typed. */
	payStaticLink(input: { productId: string; amount: number; metadata: Metadata }): Payment {
		const product = existing(this.state.products, input.productId);
		const { total, tax } = taxed(input.amount, product.price, null);
		const payment = this.newPayment({ total_amount: total, tax, currency: product.price.currency, metadata: input.metadata });
		this.finishPayment(payment, null);
		return payment;
	}

	/** Any payment at all, announced like a real one. */
	createPayment(partial: Partial<Payment>): Payment {
		const payment = this.newPayment({ total_amount: 1000, tax: 0, currency: 'EUR', metadata: {}, ...partial });
		Object.assign(payment, partial);
		this.announce(payment);
		return payment;
	}

	/** Changes a payment as time does, and tells. */
	movePayment(paymentId: string, status: string, errorCode: string | null = null): Payment {
		const payment = existing(this.state.payments, paymentId);
		payment.status = status;
		payment.error_code = errorCode;
		payment.updated_at = timestamp();
		this.announce(payment);
		return payment;
	}

	lineItems(payment: Payment): { currency: string; items: unknown[] } {
		const refunded = payment.refunds.reduce((sum, refund) => sum + (refund.status === 'succeeded' || refund.status === 'pending' ? (refund.amount as number) : 0), 0);
		const cart = payment.product_cart as Array<{ product_id: string }> | null;
		const items_id = cart?.[0]?.product_id ?? (payment.subscription_id === null ? 'item_unknown' : (this.state.subscriptions.get(payment.subscription_id)?.product_id ?? 'item_unknown'));
		return { currency: payment.currency, items: [{ items_id, amount: payment.total_amount, tax: payment.tax ?? 0, refundable_amount: payment.total_amount - refunded, name: 'Invoice payment', description: null }] };
	}

	/** `POST /refunds`, with every refusal that the docs name. */
	refund(payment: Payment, input: { items: Array<{ item_id: string; amount?: number | null }> | null; reason: string | null; metadata: Metadata; fail?: boolean }): Refund {
		if (payment.status !== 'succeeded') this.refuseBusiness('PAYMENT_NOT_SUCCEEDED', 'Only succeeded payments can be refunded');
		const refunded = payment.refunds.filter(({ status }) => status === 'succeeded').reduce((sum, one) => sum + (one.amount as number), 0);
		if (payment.refunds.some(({ status }) => status === 'pending')) this.refuseBusiness('EXISTING_REFUND_REQUEST_PROCESSING', 'A refund request for this payment is already being processed');
		if (refunded >= payment.total_amount) this.refuseBusiness('PAYMENT_ALREADY_REFUNDED', 'The payment has already been refunded');
		if (Date.now() - Date.parse(payment.created_at) > REFUND_WINDOW_MS) this.refuseBusiness('REFUND_WINDOW_EXPIRED', 'The refund window of 30 days has expired');
		const line = this.lineItems(payment).items[0] as { items_id: string; refundable_amount: number };
		const ids = (input.items ?? []).map(({ item_id }) => item_id);
		if (new Set(ids).size < ids.length) this.refuseBusiness('DUPLICATE_LINE_ITEMS_IN_REQUEST', 'Duplicate line items');
		if (ids.some((id) => id !== line.items_id)) this.refuseBusiness('LINE_ITEM_NOT_FOUND', 'Line item not found');
		const amount = input.items?.[0]?.amount ?? line.refundable_amount;
		if (amount > line.refundable_amount) this.refuseBusiness('LINE_ITEM_REFUND_AMOUNT_TOO_HIGH', 'The refund amount is higher than what is left');
		const refund: Refund = {
			payload_type: undefined,
			refund_id: dodoId('ref_'),
			payment_id: payment.payment_id,
			business_id: this.state.businessId,
			brand_id: this.state.businessId,
			status: 'pending',
			amount,
			currency: payment.currency,
			is_partial: refunded + amount < payment.total_amount || refunded > 0,
			reason: input.reason,
			metadata: input.metadata,
			customer: payment.customer,
			created_at: timestamp(),
		};
		this.state.refunds.set(refund.refund_id, refund);
		payment.refunds.push(this.refundInPayment(refund));
		this.later(this.options.chargeDelayMs, () => this.finishRefund(refund, payment, input.fail ?? false));
		return { ...refund };
	}

	openDispute(paymentId: string, reason = 'product_not_received'): Dispute {
		const payment = existing(this.state.payments, paymentId);
		const dispute: Dispute = {
			dispute_id: dodoId('dis_'),
			payment_id: paymentId,
			business_id: this.state.businessId,
			brand_id: this.state.businessId,
			amount: String(payment.total_amount),
			currency: payment.currency,
			dispute_stage: 'dispute',
			dispute_status: 'dispute_opened',
			is_resolved_by_rdr: false,
			payment_provider: 'dodo',
			reason,
			remarks: null,
			customer: payment.customer,
			created_at: timestamp(),
		};
		this.state.disputes.set(dispute.dispute_id, dispute);
		payment.disputes.push({ ...dispute });
		this.events.announce('dispute.opened', 'Dispute', () => ({ ...dispute }));
		return dispute;
	}

	moveDispute(disputeId: string, status: string, rdr = false): Dispute {
		const dispute = existing(this.state.disputes, disputeId);
		dispute.dispute_status = `dispute_${status}`;
		if (rdr) Object.assign(dispute, { is_resolved_by_rdr: true, dispute_stage: 'pre_dispute' });
		this.events.announce(`dispute.${status}`, 'Dispute', () => ({ ...dispute }));
		return dispute;
	}

	/** The customer gives a card for automatic charging. */
	activateMandate(sessionId: string, card = SUCCESS_CARD): Subscription {
		const session = existing(this.state.checkouts, sessionId);
		const product = existing(this.state.products, session.cart[0]?.product_id);
		const subscription: Subscription = {
			subscription_id: dodoId('sub_'),
			status: declineOf(card) === null ? 'active' : 'failed',
			customer: session.customer ?? this.customerBy({ email: 'payer@example.com' }),
			currency: product.price.currency,
			product_id: product.product_id,
			metadata: session.metadata,
			card,
			created_at: timestamp(),
			tax_inclusive: product.price.tax_inclusive,
			dues: null,
		};
		this.state.subscriptions.set(subscription.subscription_id, subscription);
		Object.assign(session, { consumed: true, subscription_id: subscription.subscription_id });
		this.announceSubscription(subscription);
		return subscription;
	}

	/** `POST /subscriptions/{id}/charge`: 200 means created, not paid. */
	charge(subscription: Subscription, amount: number, metadata: Metadata | null): string {
		if (['cancelled', 'expired', 'failed'].includes(subscription.status)) this.refuseBusiness(subscription.status === 'expired' ? 'SUBSCRIPTION_EXPIRED' : 'SUBSCRIPTION_INACTIVE', 'Subscription is not active');
		if (subscription.status !== 'active') this.refuseBusiness('SUBSCRIPTION_INACTIVE', 'Subscription is not active');
		const open = [...this.state.payments.values()].some((one) => one.subscription_id === subscription.subscription_id && one.status === 'processing');
		if (open) this.refuseBusiness('PREVIOUS_PAYMENT_PENDING', 'The previous payment is not in a terminal state');
		checkTotal(amount, subscription.currency);
		// Without metadata of its own a charge gets the subscription's.
		const payment = this.chargePayment(subscription, amount, metadata ?? subscription.metadata);
		this.later(this.options.chargeDelayMs, () => this.finishCharge(subscription, payment, amount));
		return payment.payment_id;
	}

	/** Asking for a new method on a held mandate also asks for what is due. */
	startPaymentMethodUpdate(subscription: Subscription): Record<string, unknown> {
		const payment = subscription.dues === null ? null : this.chargePayment(subscription, subscription.dues.amount, subscription.dues.metadata);
		return { payment_id: payment?.payment_id ?? null, payment_link: `${this.baseUrl()}/update/${subscription.subscription_id}`, client_secret: null, expires_on: timestamp(Date.now() + LINK_LIFE_MS) };
	}

	/** The customer gives a new card; open dues are collected with it. */
	setMandateCard(subscriptionId: string, card = SUCCESS_CARD): Subscription {
		const subscription = existing(this.state.subscriptions, subscriptionId);
		subscription.card = card;
		const open = [...this.state.payments.values()].find((one) => one.subscription_id === subscriptionId && one.status === 'processing');
		if (open) this.finishCharge(subscription, open, open.total_amount);
		return subscription;
	}

	subscriptionView(subscription: Subscription): Record<string, unknown> {
		const { card: _card, dues: _dues, ...visible } = subscription;
		return {
			...visible,
			addons: [], billing: { country: 'US', city: null, state: null, street: null, zipcode: null }, cancel_at_next_billing_date: false, cancelled_at: null,
			credit_entitlement_cart: [], meter_credit_entitlement_cart: [], meters: [], discount_cycles_remaining: null, discount_id: null,
			expires_at: timestamp(Date.parse(subscription.created_at) + 20 * 365 * 86_400_000), has_payment_method: true,
			next_billing_date: timestamp(Date.parse(subscription.created_at) + 30 * 86_400_000), previous_billing_date: subscription.created_at,
			on_demand: true, payment_frequency_count: 1, payment_frequency_interval: 'Month', payment_method_id: 'pm_simulated', quantity: 1,
			recurring_pre_tax_amount: 0, subscription_period_count: 20, subscription_period_interval: 'Year', tax_id: null, trial_period_days: 0,
			brand_id: this.state.businessId,
		};
	}

	private resolveCustomer(customer: NewCheckout['customer']): Customer | null {
		if (customer === null) return null;
		if ('customer_id' in customer) return existing(this.state.customers, customer.customer_id);
		return this.customerBy(customer);
	}

	private chargePayment(subscription: Subscription, amount: number, metadata: Metadata): Payment {
		const product = existing(this.state.products, subscription.product_id);
		const { total, tax } = taxed(amount, product.price, null);
		const payment = this.newPayment({ total_amount: total, tax, currency: subscription.currency, metadata, subscription_id: subscription.subscription_id, customer: subscription.customer });
		payment.status = 'processing';
		return payment;
	}

	private finishCharge(subscription: Subscription, payment: Payment, amount: number): void {
		const decline = declineOf(subscription.card, true);
		this.finishPayment(payment, decline);
		const before = subscription.status;
		subscription.status = decline === null ? 'active' : 'on_hold';
		subscription.dues = decline === null ? null : { amount, metadata: payment.metadata };
		if (subscription.status !== before) this.announceSubscription(subscription);
	}

	private newPayment(input: Partial<Payment> & { country?: string | null }): Payment {
		const { country, ...fields } = input;
		const payment_id = dodoId('pay_');
		const customer = (fields.customer as Customer | null | undefined) ?? this.customerBy({ email: 'payer@example.com', name: 'Payer' });
		const host = this.options.mode === 'test' ? 'https://test.dodopayments.com' : 'https://live.dodopayments.com';
		const payment: Payment = {
			payment_id,
			business_id: this.state.businessId,
			brand_id: this.state.businessId,
			status: null,
			total_amount: 0,
			tax: 0,
			currency: 'EUR',
			metadata: {},
			checkout_session_id: null,
			subscription_id: null,
			billing: { country: country ?? 'US', city: null, state: null, street: null, zipcode: null },
			card_holder_name: null, card_issuing_country: null, card_last_four: '4242', card_network: 'VISA', card_type: 'CREDIT',
			custom_field_responses: null, digital_products_delivered: false, discount_id: null, discounts: null, error_code: null, error_message: null,
			invoice_id: null, invoice_url: `${host}/invoices/payments/${payment_id}`, is_multi_subscription: false, is_update_payment_method: false,
			payment_link: null, payment_method: 'card', payment_method_id: null, payment_method_type: 'credit', payment_provider: 'dodo',
			product_cart: null, refund_status: null, retry_attempt: 0, subscription_ids: fields.subscription_id ? [fields.subscription_id] : [],
			disputes: [], refunds: [], created_at: timestamp(), updated_at: timestamp(),
			...fields,
			customer: { customer_id: customer.customer_id, email: customer.email, name: customer.name, metadata: customer.metadata, phone_number: null },
			settlement_amount: fields.total_amount ?? 0, settlement_currency: fields.currency ?? 'EUR', settlement_tax: fields.tax ?? 0,
		};
		this.state.payments.set(payment_id, payment);
		return payment;
	}

	private finishPayment(payment: Payment, decline: string | null, settleAfterMs?: number): void {
		const end = (): void => {
			Object.assign(payment, decline === null ? { status: 'succeeded', error_code: null, error_message: null } : { status: 'failed', error_code: decline, error_message: 'The payment was declined.', tax: null, settlement_amount: 0 });
			payment.updated_at = timestamp();
			this.announce(payment);
		};
		if (settleAfterMs === undefined) return end();
		payment.status = 'processing';
		this.announce(payment);
		this.later(settleAfterMs, end);
	}

	private finishRefund(refund: Refund, payment: Payment, fail: boolean): void {
		refund.status = fail ? 'failed' : 'succeeded';
		const inPayment = payment.refunds.find(({ refund_id }) => refund_id === refund.refund_id);
		if (inPayment) inPayment.status = refund.status;
		const refunded = payment.refunds.filter(({ status }) => status === 'succeeded').reduce((sum, one) => sum + (one.amount as number), 0);
		payment.refund_status = refunded === 0 ? null : refunded >= payment.total_amount ? 'full' : 'partial';
		this.events.announce(`refund.${refund.status}`, 'Refund', () => ({ ...refund }));
	}

	/** Inside a payment a refund shows its reason, but not its metadata. */
	private refundInPayment({ metadata: _metadata, customer: _customer, ...rest }: Refund): Record<string, unknown> {
		return { ...rest };
	}

	private announce(payment: Payment): void {
		const happening = payment.status ?? '';
		if (['succeeded', 'failed', 'processing', 'cancelled'].includes(happening)) this.events.announce(`payment.${happening}`, 'Payment', () => structuredClone(payment));
	}

	private announceSubscription(subscription: Subscription): void {
		this.events.announce(`subscription.${subscription.status}`, 'Subscription', () => this.subscriptionView(subscription));
		this.events.announce('subscription.updated', 'Subscription', () => this.subscriptionView(subscription));
	}

	private later(ms: number, work: () => void): void {
		const timer = setTimeout(() => {
			this.timers.delete(timer);
			work();
		}, ms);
		this.timers.add(timer);
	}

	private refuseBusiness(code: string, message: string): never {
		return refuse(this.options.businessErrorStatus, code, message);
	}
}
