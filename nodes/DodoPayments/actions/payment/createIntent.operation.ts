import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { additionalFields } from '../../../shared/node/fields';
import { amountField, amountParameter, currencyParameter, minorUnitsParameter } from '../../../shared/node/money';
import { fieldsOf, type Operation, type Result } from '../../../shared/node/operation';
import { idParameter, objectParameter } from '../../../shared/node/parameters';
import { before, DECIMAL_AMOUNTS, ENDS_EVENTS, since } from '../../../shared/node/version';
import { withKeyedLock } from '../../../shared/process/keyedLock';
import { bundleIn, BundleLink } from '../../helpers/bundleLink';
import { aboutInvoice, invoiceField, invoiceIn, organizationField } from '../../helpers/invoiceInput';
import { InvoiceLink, type LinkOutcome } from '../../helpers/invoiceLink';
import { linkMessage, linkOf, openLink, type LinkRequest } from '../../helpers/links';
import type { DodoClient } from '../../transport/client';
import { customerEmailField, returnUrlField } from '../link.fields';
import { entityBrandsField, productField, taxField } from './product.fields';

const fields: INodeProperties[] = [
	{
		displayName: 'Payment For',
		name: 'source',
		description: 'What the customer is asked to pay',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Any Amount', value: 'amount', description: 'An amount that you give' },
			{
				name: 'Lago Invoice',
				value: 'invoice',
				description: 'What is due on an invoice, or on several together, if it may be collected at all',
			},
		],
		default: 'invoice',
	},
	{
		...invoiceField,
		displayOptions: { show: { source: ['invoice'] } },
		description: `${invoiceField.description} What Payment Request > Get found is asked for in one checkout. What Mandate > Charge has settled without a link passes through.`,
		hint: 'Leave as it is behind Lago > Invoice > Get, Lago > Payment Request > Get or Mandate > Charge',
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
		...amountField,
		displayOptions: { show: { source: ['amount'], ...since(DECIMAL_AMOUNTS.dodoPayments) } },
		description:
			'In the currency below, with a point and without separators: 1250.00. Tax included unless set otherwise.',
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
	additionalFields([
		{ ...customerEmailField, description: 'Who pays; for a Lago invoice it is taken from its customer when empty' },
		organizationField,
		entityBrandsField,
		{ ...returnUrlField, description: 'Where the customer goes after paying. Never a proof of payment.' },
	]),
];

/** Payment -> Create Intent: a checkout link for a Lago invoice or for any amount. */
export const createIntent: Operation<DodoClient, LinkOutcome> = {
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
		if (given.bundle !== undefined) return await new BundleLink(ctx, client, index, bundleIn(ctx, given, index)).get();
		// What Charge Mandate has done without a link needs none.
		if (typeof given.outcome === 'string' && given.invoice === undefined) return given;
		if (ctx.getNode().typeVersion >= ENDS_EVENTS.dodoPayments && given.error) return given;
		const invoice = invoiceIn(ctx, given, index);
		const about = aboutInvoice(invoice);
		return await withKeyedLock(`intent ${client.accountKey} ${invoice.lago_id}`, async () => ({
			...(await new InvoiceLink(ctx, client, index, invoice).get()),
			...about,
		}));
	},
};

async function intentForAmount(
	ctx: IExecuteFunctions,
	client: DodoClient,
	index: number,
): Promise<Result<LinkOutcome>> {
	const reference = idParameter(ctx, 'reference', index);
	const currency = currencyParameter(ctx, 'currency', 'Currency', index);
	const request: LinkRequest = {
		amount: givenAmount(ctx, currency, index),
		currency,
		metadata: { reference },
		idempotencyKey: `ref-${encodeURIComponent(reference).slice(0, 200)}`,
	};
	// Two at once would not see each other's link.
	const { checkout, productId } = await withKeyedLock(
		`intent ${client.accountKey} ${request.idempotencyKey}`,
		async () => await openLink(ctx, client, request, index),
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
