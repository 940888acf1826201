import type { IDataObject } from 'n8n-workflow';
import { LINK_LIFE_S } from '../../shared/domain/intent';
import { CUSTOMER_ID_KEY } from '../../shared/domain/keys';
import type { PageHost } from '../../shared/domain/mode';
import { BoundedMap } from '../../shared/process/boundedMap';
import { ApiError } from '../../shared/transport/apiError';
import { checkoutSchema } from '../../shared/wire/dodo/objects';
import type { LagoCustomer } from '../../shared/wire/lago/objects';
import type { DodoClient } from '../transport/client';
import { useOf } from './earlierPayment';
import { ensureProduct, forgetProduct, type WantedProduct } from './managedProduct';

/** A hosted page on which exactly `amount` can be paid, once. */
export interface Checkout {
	sessionId: string;
	url: string;
	/** Seconds since 1970. */
	expiresAt: number;
	/** When this process made it in an earlier run, seconds since 1970; absent on a new one. */
	madeAt?: number;
	/** The payment by which the session is used up, on one of an earlier run. */
	paidBy?: { paymentId: string; status: string };
}

/** Who pays. */
export interface Payer {
	/** As Dodo knows them. Remembered on the Lago customer, so it may be of Dodo's other world, or of somebody who was deleted. */
	customerId?: string;
	email?: string;
	name?: string;
}

/** What to ask for. */
export interface CheckoutRequest {
	productId: string;
	/** Minor units of `currency`; null asks for a mandate instead of money. */
	amount: number | null;
	currency: string;
	metadata: Record<string, string>;
	idempotencyKey: string;
	customer?: Payer;
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
/** Customers that Dodo did not know, by account: their ids are never given to anybody else. */
const unknownCustomers = new BoundedMap<string, true>({ entries: 5_000 });

/**
 * Creates a checkout session, or returns the one that this process created under the same key and amount. One that was paid is returned with
 * its payment; one that Dodo does not know any more, or whose payment failed or went back, is forgotten. Throws ApiError.
 */
export async function createCheckout(client: DodoClient, request: CheckoutRequest, nowS: number): Promise<Checkout> {
	const key = keyOf(client, request);
	const known = recent.get(key);
	if (known !== undefined && known.expiresAt - 3600 > nowS) {
		const madeAt = known.expiresAt - LINK_LIFE_S;
		// A mandate has no payment that could tell.
		const used = request.amount === null ? { use: 'usable' as const } : await useOf(client, known.sessionId);
		if (used.use === 'usable') return { ...known, madeAt };
		if (used.use === 'paid') return { ...known, madeAt, paidBy: used };
	}
	const answer = await client.request(checkoutSchema, {
		method: 'POST',
		path: '/checkouts',
		headers: { 'Idempotency-Key': request.idempotencyKey },
		body: checkoutBody(client, request),
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

/** A product of the user's own, or one that this package keeps. */
export type ProductChoice = { productId: string } | WantedProduct;

/**
 * Opens a checkout. When Dodo says that something which the request names is not there, both that were only remembered are doubted, the
 * customer and our product: what is gone is left out or found anew, and asked once more. A refused request has done nothing.
 */
export async function openCheckout(
	client: DodoClient,
	request: Omit<CheckoutRequest, 'productId'>,
	choice: ProductChoice,
	nowS: number,
): Promise<{ checkout: Checkout; productId: string }> {
	const productOf = async (): Promise<string> =>
		'productId' in choice ? choice.productId : (await ensureProduct(client, choice)).productId;
	const open = async (productId: string): Promise<{ checkout: Checkout; productId: string }> => ({
		checkout: await createCheckout(client, { ...request, productId }, nowS),
		productId,
	});
	const productId = await productOf();
	return await open(productId).catch(async (caught: unknown) => {
		if (!(caught instanceof ApiError && caught.gone)) throw caught;
		if (!('productId' in choice)) forgetProduct(client, choice);
		const replacement = await productOf();
		const lostCustomer = await isUnknown(client, request.customer);
		if (replacement === productId && !lostCustomer) throw caught;
		return await open(replacement);
	});
}

/** Whether Dodo does not know the customer by the remembered id; it is not used again then. */
async function isUnknown(client: DodoClient, customer: Payer | undefined): Promise<boolean> {
	const id = customer?.customerId;
	if (id === undefined || unknownCustomers.has(`${client.accountKey} ${id}`)) return false;
	const gone = await client.send({ method: 'GET', path: `/customers/${encodeURIComponent(id)}` }).then(
		() => false,
		(caught: unknown) => {
			if (caught instanceof ApiError && caught.gone) return true;
			throw caught;
		},
	);
	if (gone) unknownCustomers.set(`${client.accountKey} ${id}`, true);
	return gone;
}

/** Forgets a session that was used up, so that the next one is new. */
export function forgetCheckout(client: DodoClient, request: CheckoutRequest): void {
	recent.delete(keyOf(client, request));
}

function keyOf(client: DodoClient, { idempotencyKey, amount, currency, productId }: CheckoutRequest): string {
	return [client.accountKey, idempotencyKey, amount, currency, productId].join(' ');
}

/** The page of a session that is out already, made by whatever process; null where it can only be where its maker was told. */
export function pageOf(client: DodoClient, sessionId: string, host: PageHost | undefined): string | null {
	const known = pages.get(sessionId);
	if (known !== undefined) return known;
	if (client.isOfficial || host === 'dodo') return hostedPage(client, sessionId);
	return host === 'api' ? pageAtApi(client, sessionId) : null;
}

/** What has to be written down to find the page again by the session's id; undefined when the mode says it, or nothing does. */
export function pageHostOf(client: DodoClient, { sessionId, url }: Checkout): PageHost | undefined {
	if (client.isOfficial) return undefined;
	if (url === hostedPage(client, sessionId)) return 'dodo';
	return url === pageAtApi(client, sessionId) ? 'api' : undefined;
}

function pageAtApi(client: DodoClient, sessionId: string): string {
	return `${client.origin}/session/${sessionId}`;
}

function checkoutBody(client: DodoClient, request: CheckoutRequest): IDataObject {
	const body: IDataObject = {
		product_cart: [
			{ product_id: request.productId, quantity: 1, ...(request.amount === null ? {} : { amount: request.amount }) },
		],
		metadata: request.metadata,
		billing_currency: request.currency,
		// The customer pays the invoice as it is: no other currency, no discount.
		feature_flags: { allow_currency_selection: false, allow_discount_code: false, allow_customer_editing_email: false },
	};
	if (request.amount === null) body.subscription_data = { on_demand: { mandate_only: true } };
	const customer = customerBody(client, request.customer);
	if (customer) body.customer = customer;
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

/** Known by id, else by e-mail; undefined when neither is there (the page asks then). */
function customerBody(client: DodoClient, { customerId, email, name }: Payer = {}): IDataObject | undefined {
	if (customerId !== undefined && !unknownCustomers.has(`${client.accountKey} ${customerId}`))
		return { customer_id: customerId };
	if (email === undefined) return undefined;
	return name === undefined ? { email } : { email, name };
}

/** Lago's customer as a payer. */
export function payerOf(customer: LagoCustomer | null | undefined): Payer {
	const customerId = said(customer?.metadata?.find(({ key }) => key === CUSTOMER_ID_KEY)?.value);
	// Lago allows several addresses separated by commas.
	const email = said(customer?.email?.split(',')[0]);
	const person = said([customer?.firstname, customer?.lastname].flatMap((part) => said(part) ?? []).join(' '));
	const name = said(customer?.name) ?? said(customer?.legal_name) ?? person;
	return { customerId, email, name };
}

/** The billing address, undefined without a country (Dodo requires one); blanks become null (Dodo refuses them). */
export function billingAddressOf(customer: LagoCustomer | null | undefined): IDataObject | undefined {
	const country = said(customer?.country);
	if (country === undefined) return undefined;
	const street = [customer?.address_line1, customer?.address_line2].flatMap((line) => said(line) ?? []).join(', ');
	return {
		country,
		street: street || null,
		city: said(customer?.city) ?? null,
		state: said(customer?.state) ?? null,
		zipcode: said(customer?.zipcode) ?? null,
	};
}

/** A text without blanks around it; undefined when it says nothing. */
function said(text: string | null | undefined): string | undefined {
	return text?.trim() || undefined;
}
