import { brandOf } from './brands';
import { dodoId } from '../../shared/ids';
import { declineCode, declineOf, SUCCESS_CARD } from '../cards';
import type { DodoContext } from '../context';
import { checkTotal, taxed } from '../money';
import {
	existing,
	timestamp,
	type Metadata,
	type Payment,
	type PaymentMethod,
	type PlannedCharge,
	type Subscription,
} from '../state';
import type { Checkouts } from './checkouts';
import type { Customers } from './customers';
import { mandateView } from './mandateView';
import { SOMEWHERE, type Payments } from './payments';

const LINK_LIFE_MS = 24 * 3_600_000;

/** What a mandate can be (docs: `GET /subscriptions/{id}`). */
export type MandateStatus = 'active' | 'past_due' | 'on_hold' | 'paused' | 'cancelled' | 'failed' | 'expired';

export interface ChargeRequest {
	amount: number;
	/** The mandate's when left out. */
	currency?: string | null;
	description?: string | null;
	/** null: the subscription's metadata is copied. */
	metadata: Metadata | null;
}

/** On-demand subscriptions: a customer's consent to be charged any amount later. Amounts in minor units. */
export class Mandates {
	constructor(
		private readonly context: DodoContext,
		private readonly customers: Customers,
		private readonly checkouts: Checkouts,
		private readonly payments: Payments,
	) {}

	/** The customer gives a card on the hosted page. */
	activate(sessionId: string, card = SUCCESS_CARD): Subscription {
		const session = this.checkouts.usable(sessionId);
		if (session.mandate === null) throw new Error('This session asks for a payment, not for a mandate');
		const { state } = this.context;
		const product = existing(state.products, session.cart[0]?.product_id);
		const customer = session.customer ?? this.customers.resolve({ email: 'payer@example.com' });
		const subscription: Subscription = {
			subscription_id: dodoId('sub_'),
			status: declineOf(card) === null ? 'active' : 'failed',
			customer,
			billing: session.billing ?? SOMEWHERE,
			currency: product.price.currency,
			product_id: product.product_id,
			metadata: session.metadata,
			cancel_at_next_billing_date: false,
			cancelled_at: null,
			paused_at: null,
			card,
			payment_method_id: this.saveCard(customer.customer_id, card).payment_method_id,
			created_at: timestamp(),
			tax_inclusive: product.price.tax_inclusive,
			dues: null,
			plannedCharge: null,
		};
		state.subscriptions.set(subscription.subscription_id, subscription);
		Object.assign(session, { consumed: true, subscription_id: subscription.subscription_id });
		this.announce(subscription);
		const { firstCharge } = session.mandate;
		if (firstCharge !== null && subscription.status === 'active')
			this.charge(subscription, { amount: firstCharge, metadata: null });
		return subscription;
	}

	/** `POST /subscriptions/{id}/charge`: the id of a payment that is under way, not paid. */
	charge(subscription: Subscription, { amount, currency, metadata }: ChargeRequest): string {
		if (subscription.status === 'expired') this.context.refuse('SUBSCRIPTION_EXPIRED', 'Subscription has expired');
		if (subscription.status !== 'active') this.context.refuse('SUBSCRIPTION_INACTIVE', 'Subscription is not active');
		if (subscription.cancel_at_next_billing_date)
			this.context.refuse(
				'CHARGE_NOT_ALLOWED_FOR_SCHEDULED_CANCELLATION',
				'Subscription is scheduled for cancellation',
			);
		if (this.openPayment(subscription) !== undefined)
			this.context.refuse('PREVIOUS_PAYMENT_PENDING', 'The previous payment is not in a terminal state');
		checkTotal(amount, currency ?? subscription.currency);
		const payment = this.begin(subscription, { amount, currency, metadata });
		const { code, settleAfterMs } = subscription.plannedCharge ?? {};
		subscription.plannedCharge = null;
		if (settleAfterMs !== undefined) this.payments.debit(payment);
		this.context.later(settleAfterMs ?? this.context.options.chargeDelayMs, () =>
			this.finish(subscription, payment, code),
		);
		return payment.payment_id;
	}

	/** Asking for another method on a held mandate also asks for what is due. `existingMethod` is charged without the customer. */
	updatePaymentMethod(subscription: Subscription, existingMethod: string | null): Record<string, unknown> {
		if (!['active', 'on_hold'].includes(subscription.status))
			this.context.refuse('SUBSCRIPTION_INACTIVE', 'Subscription is not active');
		const dues = subscription.status === 'on_hold' ? this.collectDues(subscription) : null;
		if (existingMethod !== null) {
			this.attach(subscription, existing(this.context.state.paymentMethods, existingMethod));
			if (dues !== null) this.context.later(this.context.options.chargeDelayMs, () => this.finish(subscription, dues));
			return { payment_id: dues?.payment_id ?? null, payment_link: null, client_secret: null, expires_on: null };
		}
		return {
			payment_id: dues?.payment_id ?? null,
			payment_link: `${this.context.options.baseUrl()}/update/${subscription.subscription_id}`,
			client_secret: null,
			expires_on: timestamp(Date.now() + LINK_LIFE_MS),
		};
	}

	/** The customer gives a new card; what is due on a held mandate is charged at once. */
	setCard(subscriptionId: string, card = SUCCESS_CARD): Subscription {
		const subscription = existing(this.context.state.subscriptions, subscriptionId);
		this.attach(subscription, this.saveCard(subscription.customer.customer_id, card));
		const dues = subscription.status === 'on_hold' ? this.collectDues(subscription) : null;
		if (dues !== null) this.finish(subscription, dues);
		return subscription;
	}

	/** The card of a mandate is good until the end of this month only, as Dodo shows it with the customer. */
	expireCard(subscriptionId: string): Subscription {
		const subscription = existing(this.context.state.subscriptions, subscriptionId);
		const [year = '', month = ''] = timestamp().slice(2, 7).split('-');
		existing(this.context.state.paymentMethods, subscription.payment_method_id).expires = [month, year];
		return subscription;
	}

	/** Decides how the next charge goes. */
	plan(subscriptionId: string, { code, settleAfterMs }: PlannedCharge): Subscription {
		const subscription = existing(this.context.state.subscriptions, subscriptionId);
		const declined = code === undefined ? {} : { code: declineCode(code) };
		subscription.plannedCharge = { ...declined, ...(settleAfterMs === undefined ? {} : { settleAfterMs }) };
		return subscription;
	}

	/** Another status: by `PATCH /subscriptions/{id}`, or as time, bank and customer bring it. */
	move(subscription: Subscription, status: string): void {
		if (subscription.status === status) return;
		const event = status === 'active' && subscription.status === 'paused' ? 'unpaused' : status;
		Object.assign(subscription, {
			status,
			cancelled_at: status === 'cancelled' ? timestamp() : null,
			paused_at: status === 'paused' ? timestamp() : null,
		});
		this.announce(subscription, event);
	}

	view(subscription: Subscription): Record<string, unknown> {
		const brandId = brandOf(this.context.state, undefined, subscription.subscription_id);
		return mandateView(subscription, brandId);
	}

	private openPayment({ subscription_id }: Subscription): Payment | undefined {
		return [...this.context.state.payments.values()].find(
			(one) => one.subscription_id === subscription_id && one.status === 'processing',
		);
	}

	private collectDues(subscription: Subscription): Payment | null {
		return (
			this.openPayment(subscription) ??
			(subscription.dues === null ? null : this.begin(subscription, subscription.dues))
		);
	}

	private begin(subscription: Subscription, { amount, currency, metadata }: ChargeRequest): Payment {
		const product = existing(this.context.state.products, subscription.product_id);
		const { total, tax } = taxed(amount, product.price, subscription.billing.country);
		const payment = this.payments.create({
			lines: [{ items_id: product.product_id, name: product.name, amount: total, tax }],
			currency: currency ?? subscription.currency,
			metadata: metadata ?? subscription.metadata,
			customer: subscription.customer,
			billing: subscription.billing,
			card: subscription.card,
			subscriptionId: subscription.subscription_id,
			status: 'processing',
		});
		payment.payment_method_id = subscription.payment_method_id;
		return payment;
	}

	private finish(subscription: Subscription, payment: Payment, code?: string): void {
		if (payment.status !== 'processing') return;
		const decline = code ?? declineOf(subscription.card, true);
		const { total_amount: amount, currency, metadata } = payment;
		this.payments.end(payment, decline);
		subscription.dues = decline === null ? null : { amount, currency, metadata };
		const status = decline === null ? 'active' : 'on_hold';
		// A mandate that was cancelled meanwhile stays so.
		if (!['active', 'on_hold'].includes(subscription.status) || subscription.status === status) return;
		subscription.status = status;
		this.announce(subscription);
	}

	private attach(subscription: Subscription, method: PaymentMethod): void {
		Object.assign(subscription, { card: method.card, payment_method_id: method.payment_method_id });
	}

	private saveCard(customer_id: string, card: string): PaymentMethod {
		const method: PaymentMethod = {
			payment_method_id: dodoId('pm_'),
			customer_id,
			card,
			expires: ['12', '34'],
			last_used_at: timestamp(),
		};
		this.context.state.paymentMethods.set(method.payment_method_id, method);
		return method;
	}

	private announce(subscription: Subscription, event = subscription.status): void {
		const { events } = this.context;
		events.announce(`subscription.${event}`, 'Subscription', () => this.view(subscription));
		events.announce('subscription.updated', 'Subscription', () => this.view(subscription));
	}
}
