import type { INodeProperties } from 'n8n-workflow';
import { billingEntitiesField } from '../helpers/billingEntities';

/** The filters that every list of Lago has. */
export const commonFilters: INodeProperties[] = [
	{ ...billingEntitiesField, name: 'billing_entity_codes' },
	{
		displayName: 'Currency',
		name: 'currency',
		description: 'Only those in this currency, by its ISO code',
		type: 'string',
		default: '',
		placeholder: 'e.g. EUR',
	},
	{
		displayName: 'Customer External ID',
		name: 'external_customer_id',
		description: 'Only those of this customer',
		type: 'string',
		default: '',
		placeholder: 'e.g. cust_42',
	},
];
