import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { formatAmount, formatDodoAmount } from '../../shared/domain/money';
import { additionalTexts, idParameter } from '../../shared/node/parameters';
import type { DodoClient } from '../transport/client';
import { openCheckout, type Checkout, type CheckoutRequest, type ProductChoice } from './checkout';

/** A link to make, over an amount in minor units of its currency. */
export type LinkRequest = Omit<CheckoutRequest, 'productId' | 'amount'> & { amount: number };

/** A link that was made, or was there already. */
export interface OpenedLink {
	checkout: Checkout;
	productId: string;
}

/**
 * Opens a checkout as the fields of the operation say: with the chosen product, or with the one that this package keeps for the currency.
 * @throws ApiError
 */
export async function openLink(
	ctx: IExecuteFunctions,
	client: DodoClient,
	request: LinkRequest,
	index: number,
): Promise<OpenedLink> {
	const isSelected = ctx.getNodeParameter('productSource', index) === 'selected';
	const choice: ProductChoice = isSelected
		? { productId: idParameter(ctx, 'product', index) }
		: { purpose: 'invoice', currency: request.currency, taxInclusive: !isTaxOnTop(ctx, index) };
	const { customerEmail, returnUrl } = additionalTexts(ctx, index);
	const whole = { ...request };
	if (customerEmail) whole.customer = { email: customerEmail };
	if (returnUrl) whole.returnUrl = returnUrl;
	return await openCheckout(client, whole, choice, Math.floor(Date.now() / 1000));
}

/** Whether Dodo adds its tax to the amount. */
export function isTaxOnTop(ctx: IExecuteFunctions, index: number): boolean {
	return ctx.getNodeParameter('taxMode', index) === 'exclusive';
}

/** What an item says of its link. */
export function linkOf({ amount, currency }: { amount: number; currency: string }, checkout: Checkout): IDataObject {
	return {
		amount,
		currency,
		checkoutUrl: checkout.url,
		checkoutSessionId: checkout.sessionId,
		expiresAt: new Date(checkout.expiresAt * 1000).toISOString(),
		validForHours: 24,
	};
}

/** The sentence for a link that was made. */
export function linkMessage({ amount, currency }: LinkRequest, paid?: string): string {
	const what =
		paid === undefined ? formatDodoAmount(amount, currency) : `${formatAmount(amount, currency)} for ${paid}`;
	return `Checkout link over ${what} created. It works once and for 24 hours.`;
}
