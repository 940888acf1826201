import type { Customer } from '../documents';

/** Where a customer stands: in the webhook of another object, in another object or its own webhook, in a list, or alone. */
type Place = 'told' | 'inside' | 'list' | 'alone';

/** A customer (`lago-api:serializers/v1/customer_serializer.rb`). */
export function customerView(customer: Customer, place: Place): Record<string, unknown> {
	return {
		...customer,
		...(place === 'told' ? {} : { integration_customers: [] }),
		...(place === 'list' || place === 'alone' ? { taxes: [] } : {}),
		...(place === 'alone' ? { applicable_invoice_custom_sections: [], error_details: [] } : {}),
	};
}
