import type { IDataObject } from 'n8n-workflow';
import { paymentProof } from '../../../nodes/Lago/transport/derivedKey';
import { API_KEY } from '../../support/executeContext';

export const ID = '8a3f0c6e-2b1d-4f7a-b0c9-1f2e3d4c5b6a';

/** Metadata of the payments of a checkout that was made for it, with a credential that has an API key only. */
export const MADE_FOR_IT = { lago_invoice_id: ID, lago_proof: paymentProof(API_KEY, ID) };

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
