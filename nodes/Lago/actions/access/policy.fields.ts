import {
	NodeOperationError,
	type IExecuteFunctions,
	type INode,
	type INodeProperties,
	type NodeParameterValue,
} from 'n8n-workflow';
import { parseLimits, type AccessPolicy, type LimitsWritten } from '../../../shared/domain/access/policy';
import { readEntities } from '../../../shared/domain/entities';
import { before, DECIMAL_AMOUNTS, since } from '../../../shared/node/version';
import { billingEntitiesField } from '../../helpers/billingEntities';

/** What one invoice does by itself. */
const singleFields: INodeProperties[] = [
	{
		displayName: 'Restrict Immediately',
		name: 'restrictImmediately',
		type: 'boolean',
		default: false,
		description:
			'Whether a failed payment, a reversed one or a lost dispute restricts at once, or after the grace days',
	},
	{
		displayName: 'Restrict After Days Overdue',
		name: 'restrictAfterDays',
		type: 'number',
		typeOptions: { minValue: 0, numberPrecision: 0 },
		default: 0,
		description:
			'Restrict when an invoice is so many days past its due date, counted on the calendar of the customer. Never with 0.',
	},
];

/** When more than this is overdue, since a version of a node in decimal amounts. */
function aboveFields(decimalSince: number): INodeProperties[] {
	const field: INodeProperties = {
		displayName: 'Restrict Above Overdue Amount',
		name: 'restrictAbove',
		type: 'string',
		default: '',
	};
	return [
		{
			...field,
			placeholder: 'e.g. EUR:5000,USD:5000',
			description:
				'Restrict when more than this is overdue in a currency, in its smallest unit: EUR:5000 is EUR 50.00, JPY:5000 is JPY 5000',
			displayOptions: { show: before(decimalSince) },
		},
		{
			...field,
			placeholder: 'e.g. EUR:50.00, USD:50.00',
			description:
				'Restrict when more than this is overdue in a currency. Amounts are written with a point and without separators, e.g. EUR:1250.00, JPY:5000.',
			displayOptions: { show: since(decimalSince) },
		},
	];
}

/** When a subscription begins and ends. */
const begunAndEndedFields: INodeProperties[] = [
	{
		displayName: 'Wait for First Payment',
		name: 'waitForFirstPayment',
		type: 'boolean',
		default: false,
		description:
			'Whether a new subscription begins only when its first invoice is paid. A direct debit that was started is not paid; it takes days.',
	},
	{
		displayName: 'Keep Prepaid Period',
		name: 'keepPrepaidPeriod',
		type: 'boolean',
		default: false,
		description:
			'Whether a cancelled subscription goes on to the end of what was paid in advance, unless Lago gave the unused days back',
	},
];

/** Whom a rule reaches. */
const reachFields: INodeProperties[] = [
	{
		displayName: 'Scope',
		name: 'scope',
		type: 'options',
		options: [
			{
				name: 'Customer',
				value: 'customer',
				description: 'Whatever the customer owes restricts all of their subscriptions',
			},
			{
				name: 'Subscription',
				value: 'subscription',
				description: 'A subscription is restricted by its own invoices only',
			},
		],
		default: 'subscription',
		description: 'What an unpaid invoice restricts',
	},
	{
		...billingEntitiesField,
		description: `${billingEntitiesField.description} Invoices of others restrict nobody here.`,
	},
	{
		displayName: 'Exempt Customers',
		name: 'exempt',
		type: 'string',
		default: '',
		placeholder: 'e.g. cust_42, cust_43',
		description: 'External IDs of customers that no rule touches, separated by commas',
	},
];

/** The rules, all off. Two nodes with the same settings decide the same. */
export const policyFields = policyFieldsOf(DECIMAL_AMOUNTS.lago);

/** @param decimalSince the version of the node since which its amounts are decimal. */
export function policyFieldsOf(decimalSince: number): INodeProperties[] {
	return [
		{
			displayName: 'Nobody is restricted unless you switch a rule on. Rules add up: the first that applies restricts.',
			name: 'policyNotice',
			type: 'notice',
			default: '',
		},
		...singleFields,
		...aboveFields(decimalSince),
		{
			displayName: 'Restrict After Unpaid Invoices',
			name: 'restrictAfterInvoices',
			type: 'number',
			typeOptions: { minValue: 0, numberPrecision: 0 },
			default: 0,
			description: 'Restrict when so many invoices are overdue. Never with 0.',
		},
		{
			displayName: 'Grace Days',
			name: 'graceDays',
			type: 'number',
			typeOptions: { minValue: 0, numberPrecision: 0 },
			default: 0,
			description:
				'Whole days between the moment in which a rule applies and the restriction. Meanwhile the state is grace.',
		},
		...begunAndEndedFields,
		...reachFields,
	];
}

/** The policy that the fields of an operation say. @throws NodeOperationError that names the field. */
export function policyOf(ctx: IExecuteFunctions, index: number): AccessPolicy {
	const node = ctx.getNode();
	return readAccessPolicy(
		node,
		(name, fallback) => ctx.getNodeParameter(name, index, fallback),
		limitsWritten(node, DECIMAL_AMOUNTS.lago),
		index,
	);
}

/** How the limits of a node are written whose amounts are decimal since a version. */
export function limitsWritten({ typeVersion }: Pick<INode, 'typeVersion'>, decimalSince: number): LimitsWritten {
	return typeVersion >= decimalSince ? 'decimal' : 'minor units';
}

/** The same of a node without items. @throws NodeOperationError that names the field. */
export function readAccessPolicy(
	node: INode,
	read: (name: string, fallback: NodeParameterValue) => unknown,
	written: LimitsWritten,
	itemIndex?: number,
): AccessPolicy {
	const count = (name: string, label: string): number => {
		const value = Number(read(name, 0) ?? 0);
		if (Number.isInteger(value) && value >= 0 && value <= 36_500) return value;
		throw new NodeOperationError(node, `"${label}" is not a whole number`, {
			itemIndex,
			description: 'Give a number like 7, or 0 to switch the rule off.',
		});
	};
	const limits = parseLimits(String(read('restrictAbove', '') ?? ''), written);
	if ('problem' in limits && typeof limits.problem === 'string')
		throw new NodeOperationError(node, `"Restrict Above Overdue Amount": ${limits.problem}`, {
			itemIndex,
			description: 'One limit for each currency, with commas between them; leave it empty to switch the rule off.',
		});
	return {
		restrictImmediately: read('restrictImmediately', false) === true,
		restrictAfterDays: count('restrictAfterDays', 'Restrict After Days Overdue') || null,
		restrictAbove: limits as Record<string, number>,
		restrictAfterInvoices: count('restrictAfterInvoices', 'Restrict After Unpaid Invoices') || null,
		graceDays: count('graceDays', 'Grace Days'),
		waitForFirstPayment: read('waitForFirstPayment', false) === true,
		keepPrepaidPeriod: read('keepPrepaidPeriod', false) === true,
		scope: read('scope', 'subscription') === 'customer' ? 'customer' : 'subscription',
		exempt: String(read('exempt', '') ?? '')
			.split(',')
			.map((id) => id.trim())
			.filter((id) => id !== ''),
		billingEntities: readEntities(read(billingEntitiesField.name, '')),
	};
}
