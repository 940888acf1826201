import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { decideIntent } from '../../../shared/domain/intent';
import { encodeState, ourRecord, type CollectionState } from '../../../shared/domain/invoiceMetadata';
import type { DodoMode } from '../../../shared/domain/mode';
import { formatAmount, formatDodoAmount } from '../../../shared/domain/money';
import { nextState, whileDue } from '../../../shared/domain/phases';
import { AMOUNT_HINT, amountParameter, currencyParameter, minorUnitsParameter } from '../../../shared/node/money';
import { fieldsOf, type Operation, type Result } from '../../../shared/node/operation';
import { additionalTexts, idParameter, objectParameter } from '../../../shared/node/parameters';
import { before, DECIMAL_AMOUNTS, since } from '../../../shared/node/version';
import { withLock } from '../../../shared/process/keyedLock';
import { ApiError } from '../../../shared/transport/apiError';
import { toInvoiceFacts, type LagoInvoice } from '../../../shared/wire/lago/objects';
import {
	billingAddressOf,
	openCheckout,
	pageHostOf,
	pageOf,
	payerOf,
	type Checkout,
	type CheckoutRequest,
	type ProductChoice,
} from '../../helpers/checkout';
import { endsBecauseOf, endsWith, useOf } from '../../helpers/earlierPayment';
import {
	idempotencyKeyOf,
	invoiceField,
	invoiceIn,
	organizationField,
	paymentMetadata,
} from '../../helpers/invoiceInput';
import { heldByDodo } from '../../helpers/refusals';
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
			{
				name: 'Lago Invoice',
				value: 'invoice',
				description: 'What is due on an invoice, if it may be collected at all',
			},
		],
		default: 'invoice',
	},
	{
		...invoiceField,
		displayOptions: { show: { source: ['invoice'] } },
		description: `${invoiceField.description} What Mandate > Charge has settled without a link passes through.`,
		hint: 'Leave as it is behind Lago > Invoice > Get or Mandate > Charge',
	},
	{
		displayName: 'Amount',
		name: 'amount',
		type: 'number',
		required: true,
		typeOptions: { minValue: 1, numberPrecision: 0 },
		default: 1000,
		displayOptions: { show: { source: ['amount'], ...before(DECIMAL_AMOUNTS.dodoPayments) } },
		description: 'In the smallest unit of the currency, tax included unless set otherwise',
		hint: '1000 is EUR 10.00, but JPY 1000',
	},
	{
		displayName: 'Amount',
		name: 'amount',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. 50.00',
		displayOptions: { show: { source: ['amount'], ...since(DECIMAL_AMOUNTS.dodoPayments) } },
		description:
			'In the currency below, with a point and without separators: 1250.00. Tax included unless set otherwise.',
		hint: AMOUNT_HINT,
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
		description:
			'Your own name for this payment. It travels in its metadata; running this again with the same reference and amount returns the same link while this n8n process remembers it.',
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
			organizationField,
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

type IntentOutcome = 'created' | 'existing' | 'held' | 'skipped';

/** Payment -> Create Intent: a checkout link for a Lago invoice or for any amount. */
export const createIntent: Operation<DodoClient, IntentOutcome> = {
	menu: {
		name: 'Create Intent',
		action: 'Create a payment intent',
		description:
			'Create a checkout link for a Lago invoice or for any amount; a link that still works is returned instead of a second one',
	},
	fields: fieldsOf('payment', 'createIntent', fields),
	async execute(ctx, client, index) {
		if (ctx.getNodeParameter('source', index) !== 'invoice') return await intentForAmount(ctx, client, index);
		const given = objectParameter(ctx, 'invoice', 'Invoice', index);
		// What Charge Mandate has done without a link needs none.
		if (typeof given.outcome === 'string' && given.invoice === undefined) return given;
		return await intentForInvoice(ctx, client, index, invoiceIn(ctx, given, index));
	},
};

type IntentRequest = Omit<CheckoutRequest, 'productId' | 'amount'> & { amount: number };

async function intentForAmount(
	ctx: IExecuteFunctions,
	client: DodoClient,
	index: number,
): Promise<Result<IntentOutcome>> {
	const reference = idParameter(ctx, 'reference', index);
	const given = additional(ctx, index);
	const currency = currencyParameter(ctx, 'currency', 'Currency', index);
	const request: IntentRequest = {
		amount: givenAmount(ctx, currency, index),
		currency,
		metadata: { reference },
		idempotencyKey: `ref-${encodeURIComponent(reference).slice(0, 200)}`,
		...given,
	};
	// Two at once would not see each other's link.
	const { checkout, productId } = await withLock(
		`intent ${client.accountKey} ${request.idempotencyKey}`,
		async () => await open(ctx, client, request, index),
	);
	const { paidBy } = checkout;
	if (paidBy !== undefined)
		return {
			outcome: 'existing',
			message: `Payment ${paidBy.paymentId} (${paidBy.status}) was made by the link for "${reference}" already, so there is no second one.`,
			paymentId: paidBy.paymentId,
			reference,
			...linkOf(request, checkout),
			productId,
		};
	return { outcome: 'created', message: linkMessage(request), reference, ...linkOf(request, checkout), productId };
}

/** In minor units. @throws NodeOperationError */
function givenAmount(ctx: IExecuteFunctions, currency: string, index: number): number {
	const isDecimal = ctx.getNode().typeVersion >= DECIMAL_AMOUNTS.dodoPayments;
	return isDecimal
		? amountParameter(ctx, 'amount', 'Amount', index)(currency)
		: minorUnitsParameter(ctx, 'amount', index, 1);
}

async function intentForInvoice(
	ctx: IExecuteFunctions,
	client: DodoClient,
	index: number,
	invoice: LagoInvoice,
): Promise<Result<IntentOutcome>> {
	return await withLock(`intent ${client.accountKey} ${invoice.lago_id}`, async () => {
		const about = { invoiceId: invoice.lago_id, invoiceNumber: invoice.number };
		const nowS = Math.floor(Date.now() / 1000);
		const decision = decideIntent(toInvoiceFacts(invoice), nowS, client.mode);
		if (decision.action === 'skip')
			return { outcome: 'skipped', reason: decision.reason, message: decision.message, ...about };
		if (decision.action === 'hold') return { ...decision.held, ...about };
		if (decision.action === 'create') return await createForInvoice(ctx, client, index, invoice, decision);
		if (decision.action === 'look_first') return await lookFirst(ctx, client, index, invoice, decision);
		const { sessionId, state } = decision;
		const again = { attempt: state.attempt + 1, amount: state.amount ?? invoice.total_due_amount_cents };
		const { use } = decision.isCertain ? { use: 'usable' } : await useOf(client, sessionId);
		if (use !== 'usable')
			return use === 'unknown'
				? await createForInvoice(ctx, client, index, invoice, again)
				: await lookFirst(ctx, client, index, invoice, { dodoId: sessionId, ...again });
		const page = state.url ?? pageOf(client, sessionId, state.page);
		if (page !== null)
			return {
				...existingLink(client.mode, invoice, state, { sessionId, url: page, expiresAt: state.expiresAt ?? 0 }, nowS),
				...about,
			};
		// The session lives, but nobody remembers where: another one is needed.
		return await lookFirst(ctx, client, index, invoice, { dodoId: sessionId, ...again });
	});
}

/** Another link, unless money is on its way by the earlier one. */
async function lookFirst(
	ctx: IExecuteFunctions,
	client: DodoClient,
	index: number,
	invoice: LagoInvoice,
	{ dodoId, ...next }: { dodoId: string; attempt: number; amount: number },
): Promise<Result<IntentOutcome>> {
	const ended = await endsBecauseOf(client, dodoId, invoice.number);
	if (ended !== null) return { ...ended, invoiceId: invoice.lago_id, invoiceNumber: invoice.number };
	return await createForInvoice(ctx, client, index, invoice, next);
}

/** The link that is out. A retry that was due has been made by handing it out again, and must not stay due. */
function existingLink(
	mode: DodoMode,
	invoice: LagoInvoice,
	{ nextTryAt, ...state }: CollectionState,
	checkout: Checkout,
	nowS: number,
): Result<'existing'> {
	const wasDue = nextTryAt !== undefined && nextTryAt <= nowS;
	return {
		outcome: 'existing',
		message: `Invoice ${invoice.number} already has a checkout link that still works.`,
		...linkOf({ amount: state.amount ?? 0, currency: invoice.currency }, checkout),
		payLink: state.payLink ?? null,
		attempt: state.attempt,
		...(wasDue
			? {
					saveToInvoice: {
						paymentReference: checkout.sessionId,
						state: encodeState({ ...state, mode }),
						metadata: invoice.metadata ?? [],
						readAt: Date.now(),
					},
				}
			: {}),
	};
}

async function createForInvoice(
	ctx: IExecuteFunctions,
	client: DodoClient,
	index: number,
	invoice: LagoInvoice,
	{ attempt, amount }: { attempt: number; amount: number },
): Promise<Result<IntentOutcome>> {
	const given = additional(ctx, index);
	const request: IntentRequest = {
		amount,
		currency: invoice.currency,
		metadata: paymentMetadata(ctx, index, invoice, attempt),
		idempotencyKey: idempotencyKeyOf(invoice, attempt),
		customer: payerOf(invoice.customer),
		billingAddress: billingAddressOf(invoice.customer),
		taxId: invoice.customer?.tax_identification_number ?? undefined,
		...given,
	};
	const about = { invoiceId: invoice.lago_id, invoiceNumber: invoice.number };
	const readAt = Date.now();
	const opened = await open(ctx, client, request, index).catch((caught: unknown) => {
		const refused =
			caught instanceof ApiError ? heldByDodo(caught, `the checkout for invoice ${invoice.number}`) : null;
		if (refused === null) throw caught;
		return refused;
	});
	if ('outcome' in opened) return { ...opened, ...about };
	const { checkout, productId } = opened;
	// The record of this link was removed, or never written, and it was paid meanwhile.
	const ended =
		checkout.paidBy === undefined ? null : endsWith(checkout.sessionId, checkout.paidBy.status, invoice.number);
	if (ended !== null) return { ...ended, ...about };
	const before = ourRecord(toInvoiceFacts(invoice).metadata).state;
	const { failedTries, failedSince, payLink } = before ?? {};
	const state = nextState(whileDue(before), 'link_made', {
		attempt,
		amount,
		expiresAt: checkout.expiresAt,
		failedTries,
		failedSince,
		payLink,
		url: checkout.url,
		mode: client.mode,
		page: pageHostOf(client, checkout),
	});
	if (ctx.getNodeParameter('taxMode', index) === 'exclusive') state.taxOnTop = true;
	return {
		outcome: 'created',
		message: linkMessage(request, invoice.number),
		...about,
		...linkOf(request, checkout),
		attempt,
		productId,
		saveToInvoice: {
			paymentReference: checkout.sessionId,
			state: encodeState(state),
			metadata: invoice.metadata ?? [],
			readAt,
		},
	};
}

/** Opens a checkout with the chosen product, or with the one that this package keeps for the currency. */
async function open(
	ctx: IExecuteFunctions,
	client: DodoClient,
	request: IntentRequest,
	index: number,
): Promise<{ checkout: Checkout; productId: string }> {
	const isSelected = ctx.getNodeParameter('productSource', index) === 'selected';
	const taxInclusive = ctx.getNodeParameter('taxMode', index) !== 'exclusive';
	const choice: ProductChoice = isSelected
		? { productId: idParameter(ctx, 'product', index) }
		: { purpose: 'invoice', currency: request.currency, taxInclusive };
	return await openCheckout(client, request, choice, Math.floor(Date.now() / 1000));
}

function additional(ctx: IExecuteFunctions, index: number): Pick<CheckoutRequest, 'customer' | 'returnUrl'> {
	const { customerEmail, returnUrl } = additionalTexts(ctx, index);
	const given: ReturnType<typeof additional> = {};
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
	const what =
		invoiceNumber === undefined
			? formatDodoAmount(amount, currency)
			: `${formatAmount(amount, currency)} for invoice ${invoiceNumber}`;
	return `Checkout link over ${what} created. It works once and for 24 hours.`;
}
