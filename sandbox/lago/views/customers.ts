import type { Customer } from '../state';

type Place = 'inside' | 'list' | 'alone';

/** A customer inside another object or a webhook, in a list, or alone (`lago-api:serializers/v1/customer_serializer.rb`). */
export function customerView(customer: Customer, place: Place = 'inside'): Record<string, unknown> {
	return {
		...customer,
		integration_customers: [],
		...(place === 'inside' ? {} : { taxes: [] }),
		...(place === 'alone' ? { applicable_invoice_custom_sections: [], error_details: [] } : {}),
	};
}
