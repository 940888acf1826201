import type { INodeProperties } from 'n8n-workflow';

/** Who a link is for. */
export const customerEmailField: INodeProperties = {
	displayName: 'Customer Email',
	name: 'customerEmail',
	type: 'string',
	default: '',
	placeholder: 'e.g. billing@example.com',
};

/** Where Dodo's page leads when it is done. */
export const returnUrlField: INodeProperties = {
	displayName: 'Return URL',
	name: 'returnUrl',
	type: 'string',
	default: '',
	placeholder: 'e.g. https://example.com/thanks',
	description: 'Where the customer goes afterwards',
};
