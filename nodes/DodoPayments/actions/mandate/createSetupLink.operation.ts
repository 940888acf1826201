import { NodeOperationError, type IDataObject, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import { BUSINESS_KEY, CUSTOMER_KEY, MANDATE_KEY, ORGANIZATION_KEY, REPLACES_KEY } from '../../../shared/domain/keys';
import { additionalFields } from '../../../shared/node/fields';
import { currencyParameter } from '../../../shared/node/money';
import { fieldsOf, type Operation, type Result } from '../../../shared/node/operation';
import { additionalTexts, objectParameter } from '../../../shared/node/parameters';
import { heldBefore } from '../../../shared/node/unknown';
import { withKeyedLock } from '../../../shared/process/keyedLock';
import { orNull } from '../../../shared/transport/orNull';
import { mandateSchema } from '../../../shared/wire/dodo/objects';
import { customerSchema, type LagoCustomer } from '../../../shared/wire/lago/objects';
import { businessOf, seenHere } from '../../helpers/business';
import {
	billingAddressOf,
	forgetCheckout,
	openCheckout,
	payerOf,
	type Checkout,
	type CheckoutRequest,
} from '../../helpers/checkout';
import { brandFor, isTaxOnTop } from '../../helpers/links';
import type { WantedProduct } from '../../helpers/managedProduct';
import { fetchMandate, unchargeable } from '../../helpers/mandates';
import { orHeld } from '../../helpers/refusals';
import { TOLERANCE_S } from '../../helpers/verifySignature';
import type { DodoClient } from '../../transport/client';
import { customerEmailField, returnUrlField } from '../link.fields';
import { entityBrandsField, taxField } from '../payment/product.fields';

const fields: INodeProperties[] = [
	{
		displayName: 'Customer',
		name: 'customer',
		type: 'json',
		required: true,
		default: '={{ $json }}',
		description:
			'The customer as Lago > Customer > Get returns it. When the customer has given a card, the mandate is saved on this Lago customer.',
		hint: 'Leave as it is behind a Lago node',
	},
	{
		displayName: 'Currency',
		name: 'currency',
		type: 'string',
		required: true,
		default: '={{ $json.currency }}',
		placeholder: 'e.g. EUR',
		description:
			'ISO code of the currency that this customer is billed in; a mandate is charged in no other. A customer who has none in Lago yet: type the one that the invoices will have.',
	},
	taxField,
	additionalFields([
		{ ...customerEmailField, description: 'Who agrees to be charged; taken from the customer when empty' },
		returnUrlField,
		entityBrandsField,
	]),
];

/** Mandate -> Create Set-Up Link: a page on which a customer agrees to be charged for every later invoice. No money moves. */
export const createSetupLink: Operation<DodoClient, 'created' | 'existing' | 'held'> = {
	menu: {
		name: 'Create Set-Up Link',
		action: 'Create a set up link for a mandate',
		description: 'A page on which a customer agrees to be charged for every later invoice; no money moves',
	},
	fields: fieldsOf('mandate', 'createSetupLink', fields),
	async execute(ctx, client, index) {
		const given = objectParameter(ctx, 'customer', 'Customer', index);
		const before = heldBefore(given);
		if (before !== null) return before;
		const customer = await seenHere(client, customerIn(ctx, given, index));
		const externalId = customer.external_id;
		const currency = currencyParameter(
			ctx,
			'currency',
			'Currency',
			index,
			`Customer ${externalId} may have none in Lago yet. Type the one that the invoices will have, e.g. EUR.`,
		);
		return await withKeyedLock(`setup ${client.accountKey} ${externalId}`, async () => ({
			...(await setUp(ctx, client, index, customer, currency)),
			customerExternalId: externalId,
		}));
	},
};

type Customer = LagoCustomer & { external_id: string; organizationId?: string };

async function setUp(
	ctx: IExecuteFunctions,
	client: DodoClient,
	index: number,
	customer: Customer,
	currency: string,
): Promise<Result<'created' | 'existing' | 'held'>> {
	const externalId = customer.external_id;
	const { active, known } = await mandatesOf(client, customer, currency);
	if (active !== null)
		return {
			outcome: 'existing',
			message: `Customer ${externalId} already has an active mandate in ${currency}.`,
			subscriptionId: active,
		};
	const request = {
		...requestFor(ctx, index, customer, currency),
		metadata: metadataOf(customer, await businessOf(client), known),
	};
	const product: WantedProduct = {
		purpose: 'mandate',
		currency,
		taxInclusive: !isTaxOnTop(ctx, index),
		brandId: brandFor(ctx, index, customer.billing_entity_code),
	};
	const opened = await orHeld(
		openUnused(client, request, product, externalId),
		`the set-up of automatic payment for customer ${externalId}`,
	);
	if ('outcome' in opened) return opened;
	return {
		outcome: 'created',
		message: `Customer ${externalId} can agree to automatic payment by this link. It works once and for 24 hours.`,
		currency,
		setupUrl: opened.url,
		checkoutSessionId: opened.sessionId,
		expiresAt: new Date(opened.expiresAt * 1000).toISOString(),
	};
}

/** Copied to charges without metadata of their own, so nothing of one invoice may stand here. */
function metadataOf(
	{ external_id: externalId, organizationId }: Customer,
	businessId: string | null,
	replaced: string | null,
): Record<string, string> {
	const metadata: Record<string, string> = { [CUSTOMER_KEY]: externalId };
	if (organizationId !== undefined) metadata[ORGANIZATION_KEY] = organizationId;
	if (businessId !== null) metadata[BUSINESS_KEY] = businessId;
	if (replaced !== null) metadata[REPLACES_KEY] = replaced;
	return metadata;
}

function requestFor(
	ctx: IExecuteFunctions,
	index: number,
	customer: Customer,
	currency: string,
): Omit<CheckoutRequest, 'metadata' | 'productId'> {
	const { customerEmail, returnUrl } = additionalTexts(ctx, index);
	const { external_id: externalId, organizationId } = customer;
	return {
		amount: null,
		currency,
		idempotencyKey: `lago-cus-${encodeURIComponent(`${organizationId === undefined ? '' : `${organizationId}-`}${externalId}`)}-${currency}`,
		customer: customerEmail ? { email: customerEmail } : payerOf(customer),
		billingAddress: billingAddressOf(customer),
		taxId: customer.tax_identification_number ?? undefined,
		returnUrl,
	};
}

/** The session of an earlier run is handed out again, unless a subscription came of it since, of whatever success: then it is used up. */
async function openUnused(
	client: DodoClient,
	request: Omit<CheckoutRequest, 'productId'>,
	product: WantedProduct,
	externalId: string,
): Promise<Checkout> {
	const nowS = Math.floor(Date.now() / 1000);
	const { checkout: opened, productId } = await openCheckout(client, request, product, nowS);
	if (opened.madeAt === undefined) return opened;
	// That moment is of our clock, the mandates' of Dodo's: were they further apart, no webhook of Dodo's would be let in.
	const since = new Date((opened.madeAt - TOLERANCE_S) * 1000).toISOString();
	const made = await client.list(mandateSchema, '/subscriptions', { created_at_gte: since }, MAX_NEW_MANDATES);
	if (!made.some(({ metadata }) => metadata[CUSTOMER_KEY] === externalId)) return opened;
	forgetCheckout(client, { ...request, productId });
	return (await openCheckout(client, request, product, nowS)).checkout;
}

/** More mandates than are set up in one day. */
const MAX_NEW_MANDATES = 10_000;

/** The mandate that the customer already has at this business: `active` if it can be charged in this currency, `known` whatever it is. */
async function mandatesOf(
	client: DodoClient,
	customer: LagoCustomer,
	currency: string,
): Promise<{ active: string | null; known: string | null }> {
	const id = customer.metadata?.find(({ key }) => key === MANDATE_KEY)?.value;
	const mandate = id ? await orNull(fetchMandate(client, id), ({ gone }) => gone) : null;
	if (!id || mandate === null) return { active: null, known: null };
	return { active: mandate.currency === currency && unchargeable(mandate) === null ? id : null, known: id };
}

function customerIn(ctx: IExecuteFunctions, given: IDataObject, index: number): Customer {
	const parsed = customerSchema.safeParse(given.customer ?? given);
	const { organizationId } = given;
	if (parsed.success && parsed.data.external_id)
		return {
			...parsed.data,
			external_id: parsed.data.external_id,
			organizationId: typeof organizationId === 'string' ? organizationId : undefined,
		};
	throw new NodeOperationError(ctx.getNode(), '"Customer" is not a customer as Lago returns it', {
		itemIndex: index,
		description: 'Put Lago > Customer > Get before this node and leave the field at {{ $json }}.',
	});
}
