import type { INodeProperties } from 'n8n-workflow';

/** Those of the filters that are moments. */
export const MOMENTS: readonly string[] = ['created_at_gte', 'created_at_lte'];

/** The filters that every list of Dodo has. */
export function commonFilters(what: string): INodeProperties[] {
	return [
		{
			displayName: 'Created After',
			name: 'created_at_gte',
			type: 'dateTime',
			default: '',
			description: `Only ${what} created at or after this time`,
		},
		{
			displayName: 'Created Before',
			name: 'created_at_lte',
			type: 'dateTime',
			default: '',
			description: `Only ${what} created at or before this time`,
		},
		{
			displayName: 'Customer ID',
			name: 'customer_id',
			description: 'Only those of this customer at Dodo Payments',
			type: 'string',
			default: '',
			placeholder: 'e.g. cus_9VuW4K7O3GHwasENg31m',
		},
	];
}
