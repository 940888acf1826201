import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { outputsOf, runOperation } from '../shared/node/operation';
import { ENDS_EVENTS } from '../shared/node/version';
import { operations, properties, subtitle } from './actions/operations';
import { testLagoCredential } from './helpers/testCredential';
import {
	searchCreditNotes,
	searchCustomers,
	searchInvoices,
	searchSubscriptions,
	searchTopUps,
} from './methods/listSearch';
import { getBillingEntities } from './methods/loadOptions';
import { LagoClient } from './transport/client';

// Programmatic, not declarative: an operation is several dependent calls with a decision between them.
export class Lago implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Lago',
		name: 'lago',
		icon: { light: 'file:lago.svg', dark: 'file:lago.dark.svg' },
		group: ['transform'],
		version: [1, 1.1, 1.2, 1.3, 1.4],
		defaultVersion: 1.4,
		subtitle,
		description:
			'Read invoices, credit notes and customers of Lago, and book in Lago what became of payments, refunds and disputes at Dodo Payments',
		defaults: { name: 'Lago' },
		inputs: [NodeConnectionTypes.Main],
		outputs: outputsOf(operations, ENDS_EVENTS.lago),
		usableAsTool: true,
		// Spelled out, as n8n's linter looks for it.
		credentials: [{ name: 'lagoBillingApi', required: true, testedBy: 'testLagoCredential' }],
		properties,
	};

	methods = {
		credentialTest: { testLagoCredential },
		loadOptions: { getBillingEntities },
		listSearch: { searchCreditNotes, searchCustomers, searchInvoices, searchSubscriptions, searchTopUps },
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await runOperation(this, operations, LagoClient.of, ENDS_EVENTS.lago);
	}
}
