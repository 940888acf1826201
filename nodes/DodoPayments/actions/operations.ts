import type { INodeProperties } from 'n8n-workflow';
import { markAsProcessed } from '../../shared/node/markAsProcessed';
import { allFieldsOf, type Operations } from '../../shared/node/operation';
import type { DodoClient } from '../transport/client';
import { getMissed } from './event/getMissed.operation';
import { saveProgress } from './event/saveProgress.operation';
import { charge } from './mandate/charge.operation';
import { createSetupLink } from './mandate/createSetupLink.operation';
import { get as getMandate } from './mandate/get.operation';
import { getUpdateLink } from './mandate/getUpdateLink.operation';
import { createIntent } from './payment/createIntent.operation';
import { get } from './payment/get.operation';
import { getAll } from './payment/getAll.operation';
import { ensure } from './product/ensure.operation';
import { create as createRefund } from './refund/create.operation';
import { get as getRefund } from './refund/get.operation';
import { getAll as getAllRefunds } from './refund/getAll.operation';

/** Everything the node can do: resource -> operation. */
export const operations: Operations<DodoClient> = {
	event: { getMissed, markAsProcessed, saveProgress },
	mandate: { charge, createSetupLink, get: getMandate, getUpdateLink },
	payment: { createIntent, get, getAll },
	product: { ensure },
	refund: { create: createRefund, get: getRefund, getAll: getAllRefunds },
};

/** The two choices, then the fields of every operation. */
export const properties: INodeProperties[] = [
	{
		displayName: 'Resource',
		name: 'resource',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Event', value: 'event' },
			{ name: 'Mandate', value: 'mandate' },
			{ name: 'Payment', value: 'payment' },
			{ name: 'Product', value: 'product' },
			{ name: 'Refund', value: 'refund' },
		],
		default: 'payment',
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
					'Payments, refunds, disputes and mandates of Dodo that no webhook has brought here, as the trigger would give them out',
			},
			{
				name: 'Mark as Processed',
				value: 'markAsProcessed',
				action: 'Mark an event as processed',
				description: 'Further copies of the event are answered without an execution, also after a restart',
			},
			{
				name: 'Save Progress',
				value: 'saveProgress',
				action: 'Save the progress of a reconciliation',
				description: 'Ends a reconciliation: what was looked at, healed and held, and where the next look starts',
			},
		],
		default: 'getMissed',
	},
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['mandate'] } },
		options: [
			{
				name: 'Charge',
				value: 'charge',
				action: 'Charge a mandate',
				description:
					'Collect a Lago invoice without the customer, exactly once for each attempt; says so when a link is needed instead',
			},
			{
				name: 'Create Set-Up Link',
				value: 'createSetupLink',
				action: 'Create a set up link for a mandate',
				description: 'A page on which a customer agrees to be charged for every later invoice; no money moves',
			},
			{ name: 'Get', value: 'get', action: 'Get a mandate', description: 'Retrieve one mandate, with its status' },
			{
				name: 'Get Update-Payment-Method Link',
				value: 'getUpdateLink',
				action: 'Get the update payment method link of a mandate',
				description:
					'A page on which the customer gives another card; Dodo collects at once what is due on a held mandate',
			},
		],
		default: 'charge',
	},
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['payment'] } },
		options: [
			{
				name: 'Create Intent',
				value: 'createIntent',
				action: 'Create a payment intent',
				description:
					'Create a checkout link for a Lago invoice or for any amount; a link that still works is returned instead of a second one',
			},
			{ name: 'Get', value: 'get', action: 'Get a payment', description: 'Retrieve one payment' },
			{ name: 'Get Many', value: 'getAll', action: 'Get many payments', description: 'Retrieve a list of payments' },
		],
		default: 'createIntent',
	},
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['product'] } },
		options: [
			{
				name: 'Ensure Invoice Product',
				value: 'ensure',
				action: 'Ensure the invoice product',
				description: 'Find, or create once, the pay-what-you-want product that invoices of a currency are paid with',
			},
		],
		default: 'ensure',
	},
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['refund'] } },
		options: [
			{
				name: 'Create',
				value: 'create',
				action: 'Create a refund',
				description: 'Give money back for a Lago credit note, an overpayment or any payment, exactly once',
			},
			{ name: 'Get', value: 'get', action: 'Get a refund', description: 'Retrieve one refund' },
			{ name: 'Get Many', value: 'getAll', action: 'Get many refunds', description: 'Retrieve a list of refunds' },
		],
		default: 'create',
	},
	...allFieldsOf(operations),
];
