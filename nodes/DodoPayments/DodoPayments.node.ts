import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { runOperation } from '../shared/node/operation';
import { operations, properties, subtitle } from './actions/operations';
import { testDodoCredential } from './helpers/testCredential';
import { searchInvoiceProducts, searchMandates, searchPayments, searchPayouts } from './methods/listSearch';
import { DodoClient } from './transport/client';

// Programmatic, not declarative: an operation is several dependent calls with a decision between them.
export class DodoPayments implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Dodo Payments',
		name: 'dodoPayments',
		icon: { light: 'file:dodoPayments.svg', dark: 'file:dodoPayments.dark.svg' },
		group: ['transform'],
		version: [1, 1.1, 1.2],
		defaultVersion: 1.2,
		subtitle,
		description: 'Ask customers for money through Dodo Payments, the merchant of record, and look up what became of it',
		defaults: { name: 'Dodo Payments' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: true,
		// Spelled out, as n8n's linter looks for it.
		credentials: [{ name: 'dodoPaymentsApi', required: true, testedBy: 'testDodoCredential' }],
		properties,
	};

	methods = {
		credentialTest: { testDodoCredential },
		listSearch: { searchInvoiceProducts, searchMandates, searchPayments, searchPayouts },
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await runOperation(this, operations, DodoClient.of);
	}
}
