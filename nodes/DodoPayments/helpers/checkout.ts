import type { IDataObject } from 'n8n-workflow';
import { LINK_LIFE_S } from '../../shared/domain/intent';
import type { LagoCustomer } from '../../Lago/schemas/objects';
import { BoundedMap } from '../../shared/process/boundedMap';
import { checkoutSchema } from '../schemas/objects';
import type { DodoClient } from '../transport/client';

/** A hosted page on which exactly `amount` can be paid, once. */
export interface Checkout {
	sessionId: string;
	url: string;
	/** Seconds since 1970. */
	expiresAt: number;
	/** When this process made it in an earlier run, seconds since 1970; absent on a new one. */
	madeAt?: number;
}

/** What to ask for. */
export interface CheckoutRequest {
	productId: string;
	/** Minor units of `currency`; null asks for a mandate instead of money. */
	amount: number | null;
	currency: string;
	metadata: Record<string, string>;
	idempotencyKey: string;
	customer?: IDataObject;
	billingAddress?: IDataObject;
	taxId?: string;
	returnUrl?: string;
}

/**
 * Sessions of this process by idempotency key. Dodo neither honours such a key nor lists its sessions, so a run that is repeated
 * because a later step failed would otherwise leave a second link behind.
 */
const recent = new BoundedMap<string, Checkout>({ entries: 5_000 });
const pages = new BoundedMap<string, string>({ entries: 5_000 });

/** Creates a checkout session, or returns the one that this process created under the same key and amount. Throws ApiError. */
export async function createCheckout(client: DodoClient, request: CheckoutRequest, nowS: number): Promise<Checkout> {
	const key = keyOf(client, request);
	const known = recent.get(key);
	if (known !== undefined && known.expiresAt - 3600 > nowS) return { ...known, madeAt: known.expiresAt - LINK_LIFE_S };
	const answer = await client.request(checkoutSchema, {
		method: 'POST',
		path: '/checkouts',
		headers: { 'Idempotency-Key': request.idempotencyKey },
		body: checkoutBody(request),
	});
	const checkout = {
		sessionId: answer.session_id,
		url: answer.checkout_url || hostedPage(client, answer.session_id),
		expiresAt: nowS + LINK_LIFE_S,
	};
	recent.set(key, checkout);
	pages.set(checkout.sessionId, checkout.url);
	return checkout;
}

/** Forgets a session that was used up, so that the next one is new. */
export function forgetCheckout(client: DodoClient, request: CheckoutRequest): void {
	recent.delete(keyOf(client, request));
}

function keyOf(client: DodoClient, { idempotencyKey, amount, currency, productId }: CheckoutRequest): string {
	return [client.accountKey, idempotencyKey, amount, currency, productId].join(' ');
}

/** The page of a session that is out already; null where only Dodo's own hosts would follow from its id. */
export function pageOf(client: DodoClient, sessionId: string): string | null {
	return pages.get(sessionId) ?? (client.isOfficial ? hostedPage(client, sessionId) : null);
}

function checkoutBody(request: CheckoutRequest): IDataObject {
	const body: IDataObject = {
		product_cart: [{ product_id: request.productId, quantity: 1, ...(request.amount === null ? {} : { amount: request.amount }) }],
		metadata: request.metadata,
		billing_currency: request.currency,
		// The customer pays the invoice as it is: no other currency, no discount.
		feature_flags: { allow_currency_selection: false, allow_discount_code: false, allow_customer_editing_email: false },
	};
	if (request.amount === null) body.subscription_data = { on_demand: { mandate_only: true } };
	if (request.customer) body.customer = request.customer;
	if (request.billingAddress) {
		body.billing_address = request.billingAddress;
		if (request.taxId) body.tax_id = request.taxId;
	}
	if (request.returnUrl) body.return_url = request.returnUrl;
	return body;
}

/** Where Dodo serves a session when it does not say so (docs `developer-resources/checkout-session`). */
function hostedPage(client: DodoClient, sessionId: string): string {
	return `https://${client.mode === 'test' ? 'test.' : ''}checkout.dodopayments.com/session/${sessionId}`;
}

/** Lago's customer as Dodo takes it: known by id, else by e-mail; undefined when neither is there (the page asks then). */
export function customerOf(customer: LagoCustomer | null | undefined): IDataObject | undefined {
	const dodoId = customer?.metadata?.find(({ key }) => key === 'dodo_customer_id')?.value;
	if (dodoId) return { customer_id: dodoId };
	// Lago allows several addresses separated by commas.
	const email = customer?.email?.split(',')[0]?.trim();
	if (!email) return undefined;
	return customer?.name ? { email, name: customer.name } : { email };
}

/** The billing address, undefined without a country (Dodo requires one); blanks become null (Dodo refuses ""). */
export function billingAddressOf(customer: LagoCustomer | null | undefined): IDataObject | undefined {
	if (!customer?.country) return undefined;
	const street = [customer.address_line1, customer.address_line2].filter(Boolean).join(', ');
	return {
		country: customer.country,
		street: street || null,
		city: customer.city || null,
		state: customer.state || null,
		zipcode: customer.zipcode || null,
	};
}
