import type { INodeProperties } from 'n8n-workflow';
import { billingEntitiesField } from '../helpers/billingEntities';

/** The filters that every list of Lago has. */
export const commonFilters: INodeProperties[] = [
	{ ...billingEntitiesField, name: 'billing_entity_codes' },
	{ displayName: 'Currency', name: 'currency', type: 'string', default: '', placeholder: 'e.g. EUR' },
	{
		displayName: 'Customer External ID',
		name: 'external_customer_id',
		type: 'string',
		default: '',
		placeholder: 'e.g. cust_42',
	},
];
