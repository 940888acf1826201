import type { IDataObject } from 'n8n-workflow';

export const ID = '8a3f0c6e-2b1d-4f7a-b0c9-1f2e3d4c5b6a';

/** An invoice as Lago's REST API returns it, shortened. */
export function lagoInvoice(change: IDataObject = {}): IDataObject {
	return {
		lago_id: ID,
		number: 'ACM-7',
		status: 'finalized',
		payment_status: 'pending',
		currency: 'EUR',
		total_amount_cents: 7_380,
		total_due_amount_cents: 7_380,
		self_billed: false,
		metadata: [],
		customer: {
			external_id: 'cust_42',
			name: 'Globex SAS',
			email: 'ap@globex.example, cfo@globex.example',
			country: 'FR',
			city: 'Paris',
			zipcode: '75002',
			address_line1: '1 rue de la Paix',
			state: null,
			billing_configuration: { payment_provider: null },
			metadata: [],
		},
		...change,
	};
}

export const metadata = (values: Record<string, string>): IDataObject[] =>
	Object.entries(values).map(([key, value]) => ({
		lago_id: `id-${key}`,
		key,
		value,
		created_at: '2026-08-01T00:00:00Z',
	}));
