import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { withLock } from '../../../shared/delivery/keyedLock';
import { decideIntent, moneyIsMoving, type IntentDecision } from '../../../shared/domain/intent';
import { encodeState, type CollectionState } from '../../../shared/domain/invoiceMetadata';
import { formatAmount } from '../../../shared/domain/money';
import { held, type Held } from '../../../shared/domain/outcome';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { objectParameter } from '../../../shared/node/parameters';
import { ApiError } from '../../../shared/transport/apiError';
import { invoiceSchema, toInvoiceFacts, type LagoInvoice } from '../../../Lago/schemas/objects';
import { billingAddressOf, createCheckout, customerOf, type Checkout, type CheckoutRequest } from '../../helpers/checkout';
import { ensureInvoiceProduct, forgetInvoiceProduct } from '../../helpers/invoiceProduct';
import { refusedForGood } from '../../helpers/refusals';
import { checkoutStatusSchema, paymentSchema } from '../../schemas/objects';
import type { DodoClient } from '../../transport/client';
import { productField, taxField } from './product.fields';

const fields: INodeProperties[] = [
	{
		displayName: 'Payment For',
		name: 'source',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Any Amount', value: 'amount', description: 'An amount that you give' },
			{ name: 'Lago Invoice', value: 'invoice', description: 'What is due on an invoice, if it may be collected at all' },
		],
		default: 'invoice',
	},
	{
		displayName: 'Invoice',
		name: 'invoice',
		type: 'json',
		required: true,
		default: '={{ $json }}',
		displayOptions: { show: { source: ['invoice'] } },
		description: 'The invoice as Lago > Invoice > Get returns it, with its metadata. An invoice that is paid, draft, void, self-billed or charged by Lago itself is left alone.',
		hint: 'Leave as it is behind a Lago node',
	},
	{
		displayName: 'Amount',
		name: 'amount',
		type: 'number',
		required: true,
		typeOptions: { minValue: 1, numberPrecision: 0 },
		default: 1000,
		displayOptions: { show: { source: ['amount'] } },
		description: 'In the smallest unit of the currency, tax included unless set otherwise',
		hint: '1000 is EUR 10.00, but JPY 1000',
	},
	{
		displayName: 'Currency',
		name: 'currency',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. EUR',
		displayOptions: { show: { source: ['amount'] } },
		description: 'ISO code of the currency',
	},
	{
		displayName: 'Reference',
		name: 'reference',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. order-4711',
		displayOptions: { show: { source: ['amount'] } },
		description: 'Your own name for this payment. It travels in its metadata; running this again with the same reference and amount returns the same link while this n8n process remembers it.',
	},
	taxField,
	...productField,
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		default: {},
		options: [
			{
				displayName: 'Customer Email',
				name: 'customerEmail',
				type: 'string',
				default: '',
				placeholder: 'e.g. billing@example.com',
				description: 'Who pays; for a Lago invoice it is taken from its customer when empty',
			},
			{
				displayName: 'Lago Organization ID',
				name: 'organizationId',
				type: 'string',
				default: '',
				placeholder: "e.g. {{ $('Lago Trigger').item.json.organizationId }}",
				description: 'Travels in the metadata of the payment, for accounts that serve several Lago organisations',
			},
			{
				displayName: 'Return URL',
				name: 'returnUrl',
				type: 'string',
				default: '',
				placeholder: 'e.g. https://example.com/thanks',
				description: 'Where the customer goes after paying. Never a proof of payment.',
			},
		],
	},
];

/** Payment -> Create Intent: a checkout link for a Lago invoice or for any amount. */
export const createIntent: Operation<DodoClient> = {
	fields: fieldsOf('payment', 'createIntent', fields),
	async execute(ctx, client, index) {
		return ctx.getNodeParameter('source', index) === 'invoice'
			? await intentForInvoice(ctx, client, index)
			: await intentForAmount(ctx, client, index);
	},
};

type IntentRequest = Omit<CheckoutRequest, 'productId'>;

async function intentForAmount(ctx: IExecuteFunctions, client: DodoClient, index: number): Promise<IDataObject> {
	const reference = ctx.getNodeParameter('reference', index) as string;
	const request: IntentRequest = {
		amount: ctx.getNodeParameter('amount', index) as number,
		currency: (ctx.getNodeParameter('currency', index) as string).trim().toUpperCase(),
		metadata: { reference },
		idempotencyKey: `ref-${encodeURIComponent(reference).slice(0, 200)}`,
		...additional(ctx, index),
	};
	if (!Number.isInteger(request.amount) || request.amount < 1)
		throw new NodeOperationError(ctx.getNode(), 'The amount must be a whole number of the smallest unit', {
			itemIndex: index,
			description: 'EUR 10.00 is 1000, JPY 1000 is 1000.',
		});
	const { checkout, productId } = await openCheckout(ctx, client, request, index);
	return { outcome: 'created', message: linkMessage(request), reference, ...linkOf(request, checkout), productId };
}

async function intentForInvoice(ctx: IExecuteFunctions, client: DodoClient, index: number): Promise<IDataObject> {
	const invoice = readInvoice(ctx, index);
	return await withLock(`intent ${client.accountKey} ${invoice.lago_id}`, async () => {
		const about = { invoiceId: invoice.lago_id, invoiceNumber: invoice.number };
		const nowS = Math.floor(Date.now() / 1000);
		const decision = decideIntent(toInvoiceFacts(invoice), nowS);
		if (decision.action === 'skip') return { outcome: 'skipped', reason: decision.reason, message: decision.message, ...about };
		if (decision.action === 'hold') return { ...decision.held, ...about };
		if (decision.action === 'reuse') {
			const { url, expiresAt = 0, amount = 0, attempt } = decision.state;
			const checkout = { sessionId: decision.sessionId, url, expiresAt };
			return {
				outcome: 'existing',
				message: `Invoice ${invoice.number} already has a checkout link that still works.`,
				...about,
				...linkOf({ amount, currency: invoice.currency }, checkout),
				attempt,
			};
		}
		if (decision.action === 'look_first') {
			const status = await statusAtDodo(client, decision.dodoId);
			if (status === 'succeeded') return { ...paidAtDodo(decision.dodoId, invoice.number), ...about };
			if (moneyIsMoving(status))
				return {
					outcome: 'skipped',
					reason: 'payment_under_way',
					message: `Payment ${decision.dodoId} of invoice ${invoice.number} is ${status} at Dodo Payments, so no second link was made.`,
					...about,
				};
		}
		return await createForInvoice(ctx, client, index, invoice, decision);
	});
}

/** Dodo has the money, Lago does not know: a second link would let the customer pay twice. */
function paidAtDodo(dodoId: string, invoiceNumber: string): Held {
	return held(
		'paid_at_dodo',
		`Dodo Payments shows a succeeded payment for ${dodoId} of invoice ${invoiceNumber}, but in Lago the invoice is not paid.`,
		'If its webhook is still on its way, nothing is to be done. Otherwise look at the payment in Dodo Payments and book it in Lago; if it was refunded, remove dodo_payment_id and dodo_state from the metadata of the invoice and press "Retry payment".',
	);
}

async function createForInvoice(
	ctx: IExecuteFunctions,
	client: DodoClient,
	index: number,
	invoice: LagoInvoice,
	{ attempt, amount }: Extract<IntentDecision, { attempt: number }>,
): Promise<IDataObject> {
	const { organizationId } = ctx.getNodeParameter('additionalFields', index, {}) as { organizationId?: string };
	const metadata: Record<string, string> = {
		lago_invoice_id: invoice.lago_id,
		lago_invoice_number: invoice.number,
		attempt: String(attempt),
	};
	if (organizationId) metadata.lago_organization_id = organizationId;
	const request: IntentRequest = {
		amount,
		currency: invoice.currency,
		metadata,
		idempotencyKey: `lago-inv-${invoice.lago_id}${attempt > 1 ? `-${attempt}` : ''}`,
		customer: customerOf(invoice.customer),
		billingAddress: billingAddressOf(invoice.customer),
		taxId: invoice.customer?.tax_identification_number ?? undefined,
		...additional(ctx, index),
	};
	const about = { invoiceId: invoice.lago_id, invoiceNumber: invoice.number };
	const readAt = Date.now();
	const opened = await openCheckout(ctx, client, request, index).catch(async (caught: unknown) => {
		const refused = caught instanceof ApiError ? refusedForGood(caught, `the checkout for invoice ${invoice.number}`) : null;
		return refused ?? (await Promise.reject(caught));
	});
	if ('outcome' in opened) return { ...opened, ...about };
	const { checkout, productId } = opened;
	const state: CollectionState = { phase: 'open', attempt, amount, expiresAt: checkout.expiresAt, url: checkout.url };
	if (ctx.getNodeParameter('taxMode', index) === 'exclusive') state.taxOnTop = true;
	return {
		outcome: 'created',
		message: linkMessage(request, invoice.number),
		...about,
		...linkOf(request, checkout),
		attempt,
		productId,
		saveToInvoice: { paymentReference: checkout.sessionId, state: encodeState(state), metadata: invoice.metadata ?? [], readAt },
	};
}

/** Opens a checkout with the chosen product, or with the one that this package keeps for the currency. */
async function openCheckout(ctx: IExecuteFunctions, client: DodoClient, request: IntentRequest, index: number): Promise<{ checkout: Checkout; productId: string }> {
	const nowS = Math.floor(Date.now() / 1000);
	if (ctx.getNodeParameter('productSource', index) === 'selected') {
		const productId = ctx.getNodeParameter('product', index, '', { extractValue: true }) as string;
		return { checkout: await createCheckout(client, { ...request, productId }, nowS), productId };
	}
	const wanted = { currency: request.currency, taxInclusive: ctx.getNodeParameter('taxMode', index) !== 'exclusive' };
	const { productId } = await ensureInvoiceProduct(client, wanted);
	const first = await createCheckout(client, { ...request, productId }, nowS).catch(async (caught: unknown) => {
		// Archived since we remembered it: look again, once.
		const gone = caught instanceof ApiError && (caught.status === 404 || caught.status === 410 || caught.code === 'PRODUCT_IS_DELETED');
		return gone ? null : await Promise.reject(caught);
	});
	if (first !== null) return { checkout: first, productId };
	forgetInvoiceProduct(client, wanted);
	const { productId: replacement } = await ensureInvoiceProduct(client, wanted);
	return { checkout: await createCheckout(client, { ...request, productId: replacement }, nowS), productId: replacement };
}

/** The state of the payment behind an earlier session or payment; null when Dodo knows none by this id. Throws ApiError. */
async function statusAtDodo(client: DodoClient, dodoId: string): Promise<string | null> {
	const id = encodeURIComponent(dodoId);
	const status = dodoId.startsWith('cks_')
		? client.request(checkoutStatusSchema, { method: 'GET', path: `/checkouts/${id}` }).then((session) => session.payment_status)
		: client.request(paymentSchema, { method: 'GET', path: `/payments/${id}` }).then((payment) => payment.status);
	return await status.then(
		(value) => value ?? null,
		async (caught: unknown) => (caught instanceof ApiError && caught.final && (caught.status === 404 || caught.status === 422) ? null : await Promise.reject(caught)),
	);
}

function readInvoice(ctx: IExecuteFunctions, index: number): LagoInvoice {
	const given = objectParameter(ctx, 'invoice', 'Invoice', index);
	const parsed = invoiceSchema.safeParse(given.invoice ?? given);
	if (!parsed.success)
		throw new NodeOperationError(ctx.getNode(), '"Invoice" is not an invoice as Lago returns it', {
			itemIndex: index,
			description: `Not as expected: ${parsed.error.issues.map(({ path }) => path.join('.') || 'everything').join(', ')}. Put Lago > Invoice > Get before this node.`,
		});
	if (!parsed.data.metadata)
		throw new NodeOperationError(ctx.getNode(), 'This invoice comes without its metadata', {
			itemIndex: index,
			description:
				'Lago leaves the metadata out of webhooks, and without it nobody can tell whether a checkout link exists already. Put Lago > Invoice > Get between the trigger and this node.',
		});
	return parsed.data;
}

function additional(ctx: IExecuteFunctions, index: number): Partial<CheckoutRequest> {
	const { customerEmail, returnUrl } = ctx.getNodeParameter('additionalFields', index, {}) as { customerEmail?: string; returnUrl?: string };
	const given: Partial<CheckoutRequest> = {};
	if (customerEmail) given.customer = { email: customerEmail };
	if (returnUrl) given.returnUrl = returnUrl;
	return given;
}

function linkOf({ amount, currency }: { amount: number; currency: string }, checkout: Checkout): IDataObject {
	return {
		amount,
		currency,
		checkoutUrl: checkout.url,
		checkoutSessionId: checkout.sessionId,
		expiresAt: new Date(checkout.expiresAt * 1000).toISOString(),
		validForHours: 24,
	};
}

function linkMessage({ amount, currency }: IntentRequest, invoiceNumber?: string): string {
	const what = invoiceNumber === undefined ? '' : ` for invoice ${invoiceNumber}`;
	return `Checkout link over ${formatAmount(amount, currency)}${what} created. It works once and for 24 hours.`;
}
