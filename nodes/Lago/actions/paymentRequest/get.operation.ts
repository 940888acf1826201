import { NodeOperationError, type IDataObject, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import type { Debtor } from '../../../shared/domain/dueTogether';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { eventParameter } from '../../../shared/node/parameters';
import { currencyParameter } from '../../../shared/node/money';
import { paymentRequestSchema, type LagoPaymentRequest } from '../../../shared/wire/lago/objects';
import { customerField, customerParameter } from '../../helpers/customerField';
import { askFor, debtorOf, openInvoicesOf, withoutAddress } from '../../helpers/dueTogether';
import { payAllLinkOf, payLinkAddressField, payLinkAddressOf } from '../../helpers/payLink';
import type { LagoClient } from '../../transport/client';

const BY_REQUEST = { show: { source: ['request'] } };
const BY_CUSTOMER = { show: { source: ['customer'] } };

const fields: INodeProperties[] = [
	{
		displayName: 'Due By',
		name: 'source',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Customer', value: 'customer', description: 'Every open invoice of a customer in one currency' },
			{ name: 'Payment Request', value: 'request', description: 'What is still open of a payment request of Lago' },
		],
		default: 'request',
		description: 'What is to be paid in one payment',
	},
	{
		displayName: 'Payment Request',
		name: 'request',
		type: 'string',
		ignoreValidationDuringExecution: true,
		default: '',
		placeholder: 'e.g. {{ $json }}',
		displayOptions: BY_REQUEST,
		description:
			'The payment request as the Lago Trigger (payment_request.created) returns it; when empty, the event that this execution began with',
		hint: 'Leave empty for the event that this execution began with',
	},
	{ ...customerField, displayOptions: BY_CUSTOMER },
	{
		displayName: 'Currency',
		name: 'currency',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. EUR',
		displayOptions: BY_CUSTOMER,
		description: 'ISO code of the currency. Invoices in another one are paid by themselves.',
	},
	{
		displayName: 'Billing Entity Code',
		name: 'billingEntity',
		type: 'string',
		default: '',
		placeholder: 'e.g. acme_de',
		displayOptions: BY_CUSTOMER,
		description: 'Who billed, where your organisation has several billing entities. Empty: invoices of all of them.',
	},
	{
		...payLinkAddressField,
		description: `${payLinkAddressField.description}. Then <code>payLink</code> is a link that does not die: a page with everything that the customer owes. Leave empty when your workflow has no Pay Page.`,
	},
];

/**
 * Payment Request -> Get: what is still open of a payment request of Lago, or of a customer, as one payment can ask for it. Lago's own status
 * of a payment request says nothing: it stays pending whatever is paid. One call for each hundred open invoices.
 */
export const get: Operation<LagoClient, 'held' | 'payable' | 'skipped'> = {
	menu: {
		name: 'Get',
		action: 'Get what is due together',
		description: 'What is still open of a payment request or a customer, to be paid in one payment',
	},
	fields: fieldsOf('paymentRequest', 'get', fields),
	outputs: [{ name: 'Payable', outcomes: ['payable'] }, { name: 'Nothing Due' }, { name: 'Held', outcomes: ['held'] }],
	async execute(ctx, client, index) {
		const isCustomer = ctx.getNodeParameter('source', index) === 'customer';
		const request = isCustomer ? null : requestIn(ctx, index);
		const debtor = request === null ? debtorIn(ctx, index) : debtorOf(request);
		const readAt = Date.now();
		const open = await openInvoicesOf(client, debtor);
		const wanted = request && new Set(request.invoices.map(({ lago_id }) => lago_id));
		const invoices = open.filter(({ lago_id }) => wanted === null || wanted.has(lago_id));
		const asked = await askFor(client, { debtor, invoices, requestId: request?.lago_id ?? null, readAt });
		const address = payLinkAddressOf(ctx, index);
		// Only a path, and nobody tells what it belongs to: whoever is asked would get no link.
		const isLost = request !== null && address === '' && ctx.getNodeParameter('payLinkAddress', index, '') !== '';
		const email = request?.email || request?.customer?.email || invoices[0]?.customer?.email || null;
		const payLink = address === '' && !isLost ? null : await payAllLinkOf(ctx, address, debtor, index);
		const told = { ...asked, email, payLink };
		const isMailed = request !== null && payLink !== null && asked.outcome === 'payable';
		return isMailed && email === null ? { ...told, ...withoutAddress(debtor) } : told;
	},
};

function requestIn(ctx: IExecuteFunctions, index: number): LagoPaymentRequest {
	const given = eventParameter(ctx, 'request', 'Payment Request', index);
	const parsed = paymentRequestSchema.safeParse(given.data ?? given.payment_request ?? (given as IDataObject));
	if (parsed.success) return parsed.data;
	throw new NodeOperationError(ctx.getNode(), '"Payment Request" is not a payment request as Lago sends it', {
		itemIndex: index,
		description: 'Put it behind a Lago Trigger with the event Payment Request Created, and leave the field empty.',
	});
}

function debtorIn(ctx: IExecuteFunctions, index: number): Debtor {
	const billingEntity = String(ctx.getNodeParameter('billingEntity', index, '') ?? '').trim();
	return {
		customerId: customerParameter(ctx, index),
		currency: currencyParameter(ctx, 'currency', 'Currency', index),
		billingEntity: billingEntity === '' ? null : billingEntity,
	};
}
