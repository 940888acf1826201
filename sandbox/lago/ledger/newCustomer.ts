import { randomUUID } from 'node:crypto';
import type { Customer } from '../documents';
import { now } from '../state';

/** A customer of whom nothing is known yet; `sequence` counts them. */
export function newCustomer(externalId: string, currency: string | null, sequence: number): Customer {
	const at = now();
	return {
		lago_id: randomUUID(),
		billing_entity_code: 'simulated',
		external_id: externalId,
		account_type: 'customer',
		name: null,
		firstname: null,
		lastname: null,
		customer_type: null,
		sequential_id: sequence,
		slug: `SIM-${String(sequence).padStart(3, '0')}`,
		created_at: at,
		updated_at: at,
		country: null,
		address_line1: null,
		address_line2: null,
		state: null,
		zipcode: null,
		email: null,
		city: null,
		url: null,
		phone: null,
		logo_url: null,
		legal_name: null,
		legal_number: null,
		currency,
		tax_identification_number: null,
		timezone: null,
		applicable_timezone: 'UTC',
		net_payment_term: null,
		external_salesforce_id: null,
		finalize_zero_amount_invoice: 'inherit',
		skip_invoice_custom_sections: false,
		billing_configuration: {
			invoice_grace_period: null,
			payment_provider: null,
			payment_provider_code: null,
			document_locale: null,
			subscription_invoice_issuing_date_anchor: null,
			subscription_invoice_issuing_date_adjustment: null,
		},
		shipping_address: {
			address_line1: null,
			address_line2: null,
			city: null,
			zipcode: null,
			state: null,
			country: null,
		},
		metadata: [],
	};
}
