import { z } from 'zod';
import { ok, type SimulatedApi } from '../../shared/api';
import type { DodoContext } from '../context';
import type { Checkouts } from '../ledger/checkouts';
import type { Customers } from '../ledger/customers';
import type { Payments } from '../ledger/payments';
import { existing, metadataOf, refuse, type Billing, type Checkout } from '../state';
import { address, cart, currency, customerRequest, int32, parse } from './requests';

const onDemand = z.object({
	mandate_only: z.boolean(),
	product_price: int32.min(0).nullish(),
	product_currency: currency.nullish(),
});
const checkout = z.object({
	product_cart: cart,
	customer: customerRequest.nullish(),
	billing_address: address.nullish(),
	billing_currency: currency.nullish(),
	tax_id: z.string().nullish(),
	metadata: z.unknown(),
	return_url: z.string().url().nullish(),
	allowed_payment_method_types: z.array(z.string()).nullish(),
	confirm: z.boolean().default(false),
	minimal_address: z.boolean().default(false),
	payment_method_id: z.string().nullish(),
	feature_flags: z.record(z.boolean()).default({}),
	subscription_data: z.object({ on_demand: onDemand.nullish() }).nullish(),
});
type Request = z.output<typeof checkout>;

export interface CheckoutParts {
	context: DodoContext;
	customers: Customers;
	checkouts: Checkouts;
	payments: Payments;
}

/** Checkout sessions. There is no list, no cancel and no idempotency. */
export function checkoutRoutes(api: SimulatedApi, { context, customers, checkouts }: CheckoutParts): void {
	const { state } = context;
	api.route('post', '/checkouts', ({ body }) => {
		const input = parse(checkout, body);
		checkDetails(input);
		const session = checkouts.open({
			cart: input.product_cart,
			customer: input.customer
				? customers.resolve(input.customer, input.feature_flags.always_create_new_customer)
				: null,
			billing: input.billing_address ? toBilling(input.billing_address) : null,
			metadata: metadataOf(input.metadata),
			mandate: toMandate(input),
			confirmed: input.confirm,
		});
		if (!input.payment_method_id) return ok({ session_id: session.id, checkout_url: checkouts.pageOf(session.id) });
		// A saved card is charged at once: no page.
		const method = existing(state.paymentMethods, input.payment_method_id);
		if (method.customer_id !== session.customer?.customer_id)
			refuse(404, 'NOT_FOUND', 'The requested resource was not found');
		const payment = checkouts.pay(session.id, { card: method.card, settleAfterMs: context.options.chargeDelayMs });
		return ok({ session_id: session.id, checkout_url: null, payment_id: payment.payment_id });
	});
	api.route('post', '/checkouts/preview', ({ body }) => {
		const input = parse(checkout, body);
		return ok(checkouts.preview(input.product_cart, input.billing_address?.country ?? 'US'));
	});
	api.route('get', '/checkouts/:id', ({ params }) => {
		const session = existing(state.checkouts, params.id);
		return ok({
			id: session.id,
			created_at: session.created_at,
			customer_email: session.customer?.email ?? null,
			customer_name: session.customer?.name ?? null,
			payment_id: session.payment_id,
			payment_status: session.payment_id === null ? null : existing(state.payments, session.payment_id).status,
		});
	});
}

function checkDetails({
	tax_id,
	billing_address: given,
	confirm,
	minimal_address,
	customer,
	payment_method_id,
}: Request): void {
	if (tax_id && !given) refuse(422, 'INVALID_REQUEST_BODY', 'tax_id requires billing_address with country');
	if (tax_id && /invalid/i.test(tax_id)) refuse(422, 'INVALID_TAX_ID', 'The tax id is not valid for the country');
	if (payment_method_id && !(confirm && customer && 'customer_id' in customer))
		refuse(422, 'INVALID_REQUEST_BODY', 'payment_method_id requires confirm and an existing customer');
	if (!confirm) return;
	const needed = minimal_address ? [given?.zipcode] : [given?.street, given?.city, given?.state, given?.zipcode];
	if (!customer || !given || needed.some((part) => !part))
		refuse(422, 'INVALID_REQUEST_BODY', 'confirm requires customer and a complete billing_address');
}

function toMandate({ subscription_data, product_cart }: Request): Checkout['mandate'] {
	const wanted = subscription_data?.on_demand;
	if (!wanted) return null;
	return { firstCharge: wanted.mandate_only ? null : (wanted.product_price ?? product_cart[0]?.amount ?? null) };
}

/** Missing parts are null. */
export function toBilling({
	country,
	city = null,
	state = null,
	street = null,
	zipcode = null,
}: z.output<typeof address>): Billing {
	return { country, city, state, street, zipcode };
}
