import { NodeOperationError, type IDataObject, type IExecuteFunctions } from 'n8n-workflow';
import { brandOf, readBrands } from '../../shared/domain/brands';
import { formatAmount, formatDodoAmount } from '../../shared/domain/money';
import { additionalTexts, idParameter } from '../../shared/node/parameters';
import type { DodoClient } from '../transport/client';
import { openCheckout, type Checkout, type CheckoutRequest, type ProductChoice } from './checkout';

/** A link to make, over an amount in minor units of its currency. */
export type LinkRequest = Omit<CheckoutRequest, 'productId' | 'amount'> & {
	amount: number;
	/** Code of the billing entity of Lago that asks for it. */
	billingEntity?: string | null;
};

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
	const { billingEntity, ...whole } = request;
	const isSelected = ctx.getNodeParameter('productSource', index) === 'selected';
	const choice: ProductChoice = isSelected
		? { productId: idParameter(ctx, 'product', index) }
		: {
				purpose: 'invoice',
				currency: request.currency,
				taxInclusive: !isTaxOnTop(ctx, index),
				brandId: brandFor(ctx, index, billingEntity),
			};
	const { customerEmail, returnUrl } = additionalTexts(ctx, index);
	if (customerEmail) whole.customer = { email: customerEmail };
	if (returnUrl) whole.returnUrl = returnUrl;
	return await openCheckout(client, whole, choice, Math.floor(Date.now() / 1000));
}

/** The brand of a billing entity, as the table of the node says; null for the primary one. @throws NodeOperationError */
export function brandFor(ctx: IExecuteFunctions, index: number, entity: string | null | undefined): string | null {
	const read = readBrands(additionalTexts(ctx, index).entityBrands ?? '');
	if ('brands' in read) return brandOf(read.brands, entity);
	throw new NodeOperationError(ctx.getNode(), `"Brands of Billing Entities": ${read.problem}`, {
		itemIndex: index,
		description:
			'Give each billing entity of Lago a line of its own: its code, =, and the ID of a brand in Dodo Payments.',
	});
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
