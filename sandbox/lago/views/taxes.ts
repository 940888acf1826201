import type { Tax } from '../catalogue';

/** A tax rate (`lago-api:serializers/v1/tax_serializer.rb`). */
export function taxView(tax: Tax): Record<string, unknown> {
	return {
		...tax,
		applied_to_organization: false,
		add_ons_count: 0,
		customers_count: 0,
		plans_count: 0,
		charges_count: 0,
		commitments_count: 0,
	};
}
