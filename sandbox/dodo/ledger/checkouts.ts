import { dodoId } from '../../shared/ids';
import { declineCode, declineOf, SUCCESS_CARD } from '../cards';
import type { DodoContext } from '../context';
import { checkTotal, taxed, taxPercent } from '../money';
import {
	existing,
	refuse,
	timestamp,
	type Billing,
	type CartLine,
	type Checkout,
	type Customer,
	type Metadata,
	type Payment,
	type Product,
} from '../state';
import { SOMEWHERE, type Payments } from './payments';

const LIFE_MS = 24 * 3_600_000;
const CONFIRMED_LIFE_MS = 15 * 60_000;

export interface CartRequest {
	product_id: string;
	quantity: number;
	amount?: number | null;
}

export interface NewCheckout {
	cart: CartRequest[];
	customer: Customer | null;
	billing: Billing | null;
	metadata: Metadata;
	mandate: Checkout['mandate'];
	/** All details are final: the session lives 15 minutes. */
	confirmed: boolean;
}

export interface PayOptions {
	card?: string;
	/** Dodo's decline code: the payment fails with it, whatever the card. */
	code?: string;
	country?: string;
	/** What a customer types where the cart leaves the amount open. */
	amount?: number;
	/** Stays `processing` this long before it ends, as a bank debit does. */
	settleAfterMs?: number;
}

/** Checkout sessions: a link, one payment, no way to cancel. Amounts in minor units. */
export class Checkouts {
	constructor(
		private readonly context: DodoContext,
		private readonly payments: Payments,
	) {}

	open({ cart, customer, billing, metadata, mandate, confirmed }: NewCheckout): Checkout {
		const priced = this.price(cart, mandate !== null);
		const session: Checkout = {
			id: dodoId('cks_'),
			created_at: timestamp(),
			expires_at_ms: Date.now() + (confirmed ? CONFIRMED_LIFE_MS : LIFE_MS),
			cart: priced,
			customer,
			billing,
			metadata,
			payment_id: null,
			mandate,
			subscription_id: null,
			consumed: false,
		};
		this.context.state.checkouts.set(session.id, session);
		return session;
	}

	/** Where the payer pays. */
	pageOf(sessionId: string): string {
		return `${this.context.options.baseUrl()}/session/${sessionId}`;
	}

	/** The session if it can still be used. */
	usable(sessionId: string): Checkout {
		const session = existing(this.context.state.checkouts, sessionId);
		if (session.consumed)
			this.context.refuse('CHECKOUT_SESSION_CONSUMED', 'The checkout session has already been used');
		if (session.expires_at_ms < Date.now())
			this.context.refuse('CHECKOUT_SESSION_CONSUMED', 'The checkout session has expired');
		return session;
	}

	/** The customer pays on the hosted page; a declined card leaves the session open. */
	pay(sessionId: string, { card = SUCCESS_CARD, code, country, amount, settleAfterMs }: PayOptions = {}): Payment {
		const decline = code === undefined ? declineOf(card) : declineCode(code);
		const session = this.usable(sessionId);
		if (session.mandate !== null) throw new Error('This session sets up a mandate: activate it instead of paying');
		const begun = session.payment_id === null ? undefined : this.context.state.payments.get(session.payment_id);
		const payment =
			begun?.status === 'requires_payment_method' ? begun : this.begin(session, { card, country, amount });
		// While a bank debit is on its way nobody may pay again.
		session.consumed = decline === null || settleAfterMs !== undefined;
		this.payments.end(payment, decline, settleAfterMs);
		return payment;
	}

	/** The payment of a session, not decided yet. */
	begin(session: Checkout, { card, country, amount }: Pick<PayOptions, 'card' | 'country' | 'amount'> = {}): Payment {
		const billing = { ...(session.billing ?? SOMEWHERE), ...(country === undefined ? {} : { country }) };
		const lines = session.cart.map((line) => {
			const product = existing(this.context.state.products, line.product_id);
			const wanted = line.customerChooses
				? (amount ?? this.context.refuse('PAY_AS_YOU_WANT_AMOUNT_REQUIRED', 'An amount is required'))
				: line.amount;
			if (wanted < product.price.price)
				this.context.refuse('REQUEST_AMOUNT_BELOW_MINIMUM', `Amount must be at least ${product.price.price}`);
			const { total, tax } = taxed(wanted, product.price, billing.country);
			return { items_id: product.product_id, name: product.name, amount: total, tax };
		});
		const payment = this.payments.create({
			lines,
			billing,
			card,
			currency: this.currencyOf(session),
			metadata: session.metadata,
			customer: session.customer,
			checkoutSessionId: session.id,
			productCart: session.cart.map(({ product_id, quantity }) => ({ product_id, quantity })),
			status: 'requires_payment_method',
		});
		session.payment_id = payment.payment_id;
		return payment;
	}

	/** A payment through a static link, whose amount and metadata the payer typed. */
	payStaticLink({
		productId,
		amount,
		currency,
		metadata = {},
	}: {
		productId: string;
		amount: number;
		currency?: string;
		metadata?: Metadata;
	}): Payment {
		const product = existing(this.context.state.products, productId);
		const { total, tax } = taxed(amount, product.price, SOMEWHERE.country);
		const payment = this.payments.create({
			lines: [{ items_id: productId, name: product.name, amount: total, tax }],
			currency: currency ?? product.price.currency,
			metadata,
			customer: null,
			card: SUCCESS_CARD,
			productCart: [{ product_id: productId, quantity: 1 }],
		});
		this.payments.end(payment, null);
		return payment;
	}

	/** `POST /checkouts/preview`: what the customer would pay; reserves nothing. */
	preview(cart: CartRequest[], country: string): Record<string, unknown> {
		const lines = this.price(cart, false).map((line) => {
			const product = existing(this.context.state.products, line.product_id);
			const amount = line.customerChooses ? product.price.price : line.amount;
			return { product, amount, quantity: line.quantity, ...taxed(amount, product.price, country) };
		});
		const sum = (key: 'amount' | 'total' | 'tax'): number => lines.reduce((total, line) => total + line[key], 0);
		const currency = lines[0]?.product.price.currency;
		return {
			billing_country: country,
			currency,
			total_price: sum('total'),
			total_tax: sum('tax'),
			is_byop: false,
			tax_id_err_msg: null,
			recurring_breakup: null,
			current_breakup: {
				subtotal: sum('total') - sum('tax'),
				discount: 0,
				tax: sum('tax'),
				total_amount: sum('total'),
			},
			product_cart: lines.map(({ product, amount, quantity, tax }) => ({
				product_id: product.product_id,
				name: product.name,
				description: product.description,
				quantity,
				og_price: amount,
				discounted_price: amount,
				og_currency: currency,
				currency,
				tax,
				tax_rate: taxPercent(country),
				tax_category: product.tax_category,
				tax_inclusive: product.price.tax_inclusive,
				is_subscription: product.is_recurring,
				is_usage_based: false,
				meters: [],
				credit_entitlements: [],
			})),
		};
	}

	currencyOf({ cart }: Pick<Checkout, 'cart'>): string {
		return existing(this.context.state.products, cart[0]?.product_id).price.currency;
	}

	/** The cart with the amount of every line. */
	private price(cart: CartRequest[], mandate: boolean): CartLine[] {
		if (cart.length === 0) this.context.refuse('PRODUCT_CART_EMTPY', 'Product cart cannot be empty');
		if (cart.length > 20) this.context.refuse('INVALID_REQUEST_BODY', 'Product cart can have at most 20 items');
		const priced = cart.map((line) => this.priceLine(line, mandate));
		if (!mandate && !priced.some(({ customerChooses }) => customerChooses))
			checkTotal(
				priced.reduce((sum, { amount }) => sum + amount, 0),
				this.currencyOf({ cart: priced }),
			);
		return priced;
	}

	private priceLine({ product_id, quantity, amount = null }: CartRequest, mandate: boolean): CartLine {
		const product: Product = existing(this.context.state.products, product_id);
		if (product.archived) refuse(410, 'PRODUCT_IS_DELETED', '');
		if (mandate && !product.is_recurring)
			this.context.refuse(
				'ONE_TIME_PRODUCTS_NOT_ALLOWED_FOR_ON_DEMAND',
				'One time products are not allowed for on demand subscriptions',
			);
		const { price, pay_what_you_want } = product.price;
		// An amount is silently ignored unless the product is pay-what-you-want.
		if (pay_what_you_want !== true) return { product_id, quantity, amount: price * quantity, customerChooses: false };
		if (amount === null) return { product_id, quantity, amount: 0, customerChooses: true };
		if (amount < price) this.context.refuse('REQUEST_AMOUNT_BELOW_MINIMUM', `Amount must be at least ${price}`);
		return { product_id, quantity, amount: amount * quantity, customerChooses: false };
	}
}
