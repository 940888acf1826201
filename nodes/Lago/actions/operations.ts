import type { INodeProperties } from 'n8n-workflow';
import { markAsProcessed } from '../../shared/node/markAsProcessed';
import { allFieldsOf, type Operations } from '../../shared/node/operation';
import type { LagoClient } from '../transport/client';
import { backtest } from './access/backtest.operation';
import { getCustomer as getCustomerAccess } from './access/getCustomer.operation';
import { getSubscription as getSubscriptionAccess } from './access/getSubscription.operation';
import { update as updateAccess } from './access/update.operation';
import { create as createCreditNote } from './creditNote/create.operation';
import { get as getCreditNote } from './creditNote/get.operation';
import { getAll as getAllCreditNotes } from './creditNote/getAll.operation';
import { saveRefund } from './creditNote/saveRefund.operation';
import { get as getCustomer } from './customer/get.operation';
import { saveMandate } from './customer/saveMandate.operation';
import { getMissed } from './event/getMissed.operation';
import { answerPayLink } from './invoice/answerPayLink.operation';
import { createPayLink } from './invoice/createPayLink.operation';
import { get } from './invoice/get.operation';
import { getAll } from './invoice/getAll.operation';
import { openPayLink } from './invoice/openPayLink.operation';
import { planRetry } from './invoice/planRetry.operation';
import { recordDispute } from './invoice/recordDispute.operation';
import { savePaymentReference } from './invoice/savePaymentReference.operation';
import { updatePaymentStatus } from './invoice/updatePaymentStatus.operation';

/** Everything the node can do: resource -> operation. */
export const operations: Operations<LagoClient> = {
	access: { backtest, getCustomer: getCustomerAccess, getSubscription: getSubscriptionAccess, update: updateAccess },
	creditNote: { create: createCreditNote, get: getCreditNote, getAll: getAllCreditNotes, saveRefund },
	customer: { get: getCustomer, saveMandate },
	event: { getMissed, markAsProcessed },
	invoice: {
		answerPayLink,
		createPayLink,
		get,
		getAll,
		openPayLink,
		planRetry,
		recordDispute,
		savePaymentReference,
		updatePaymentStatus,
	},
};

/** The two choices, then the fields of every operation. */
export const properties: INodeProperties[] = [
	{
		displayName: 'Resource',
		name: 'resource',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Access', value: 'access' },
			{ name: 'Credit Note', value: 'creditNote' },
			{ name: 'Customer', value: 'customer' },
			{ name: 'Event', value: 'event' },
			{ name: 'Invoice', value: 'invoice' },
		],
		default: 'invoice',
	},
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['access'] } },
		options: [
			{
				name: 'Back-Test Policy',
				value: 'backtest',
				action: 'Back test an access policy',
				description: 'What these rules would have done to your customers: a table to look at before you switch them on',
			},
			{
				name: 'Get Customer Access',
				value: 'getCustomer',
				action: 'Get the access of a customer',
				description:
					'Who may use the product right now, why, and until when: the customer and each of its subscriptions',
			},
			{
				name: 'Get Subscription Access',
				value: 'getSubscription',
				action: 'Get the access of a subscription',
				description: 'Whether one subscription may be used right now, why, and until when',
			},
			{
				name: 'Update',
				value: 'update',
				action: 'Update who may use the product',
				description: 'Look again, and give out and tell each change exactly once',
			},
		],
		default: 'getCustomer',
	},
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['creditNote'] } },
		options: [
			{
				name: 'Create',
				value: 'create',
				action: 'Create a credit note from a refund',
				description:
					'Mirror a refund that was made at Dodo Payments as exactly one credit note, or write the outcome back to the note that started it',
			},
			{
				name: 'Get',
				value: 'get',
				action: 'Get a credit note',
				description: 'Retrieve one credit note, with what its invoice was paid by',
			},
			{
				name: 'Get Many',
				value: 'getAll',
				action: 'Get many credit notes',
				description: 'Retrieve a list of credit notes',
			},
			{
				name: 'Save Refund',
				value: 'saveRefund',
				action: 'Save the refund of a credit note',
				description: 'Write to a credit note which refund was made for it and where it stands',
			},
		],
		default: 'get',
	},
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['customer'] } },
		options: [
			{ name: 'Get', value: 'get', action: 'Get a customer', description: 'Retrieve one customer with its metadata' },
			{
				name: 'Save Mandate',
				value: 'saveMandate',
				action: 'Save the mandate of a customer',
				description: 'Keep on the customer by which mandate it is charged; an ended mandate is removed',
			},
		],
		default: 'get',
	},
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['event'] } },
		options: [
			{
				name: 'Get Missed',
				value: 'getMissed',
				action: 'Get missed events',
				description:
					'Invoices and refunds of Lago that no webhook has brought here, as the trigger would give them out',
			},
			{
				name: 'Mark as Processed',
				value: 'markAsProcessed',
				action: 'Mark an event as processed',
				description: 'Further copies of the event are answered without an execution, also after a restart',
			},
		],
		default: 'getMissed',
	},
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['invoice'] } },
		options: [
			{
				name: 'Answer Pay Link',
				value: 'answerPayLink',
				action: 'Answer a click on a pay link',
				description: 'Lead the visitor of a pay page to the checkout that comes in, or show a friendly page',
			},
			{
				name: 'Create Pay Link',
				value: 'createPayLink',
				action: 'Create the permanent pay link of an invoice',
				description:
					'Sign a link that does not die and write it to the invoice; the checkout behind it is made when somebody clicks',
			},
			{
				name: 'Get',
				value: 'get',
				action: 'Get an invoice',
				description: 'Retrieve one invoice with its customer, fees and metadata',
			},
			{ name: 'Get Many', value: 'getAll', action: 'Get many invoices', description: 'Retrieve a list of invoices' },
			{
				name: 'Open Pay Link',
				value: 'openPayLink',
				action: 'Open a permanent pay link',
				description: 'Check the link that somebody clicked: the invoice if it can be paid, a friendly page if not',
			},
			{
				name: 'Plan Retry',
				value: 'planRetry',
				action: 'Plan the next try for an invoice',
				description: 'Write to the invoice when the next try is due after a failed one, by schedule and decline reason',
			},
			{
				name: 'Record Dispute',
				value: 'recordDispute',
				action: 'Record a dispute on an invoice',
				description: 'Mark an invoice whose dispute is lost, once; open and won disputes are only told',
			},
			{
				name: 'Save Payment Reference',
				value: 'savePaymentReference',
				action: 'Save the payment reference of an invoice',
				description:
					'Write the checkout link of an invoice into its metadata, so that it is found again and never made twice',
			},
			{
				name: 'Update Payment Status',
				value: 'updatePaymentStatus',
				action: 'Update the payment status of an invoice',
				description:
					'Book what a Dodo payment says: paid, failed or under way; anything that does not fit comes out as held',
			},
		],
		default: 'get',
	},
	...allFieldsOf(operations),
];
