import type { InvoiceFacts } from '../../../nodes/shared/domain/invoice';
import type { PaymentFacts } from '../../../nodes/shared/domain/payment';

export const INVOICE_ID = '8a3f0c6e-2b1d-4f7a-b0c9-1f2e3d4c5b6a';

/** What shows that a checkout was made for that invoice. */
export const PROOF = 'AAECAwQFBgcICQoLDA0ODw';

/** A finalized, unpaid invoice over EUR 100.00. */
export function invoice(change: Partial<InvoiceFacts> = {}): InvoiceFacts {
	return {
		id: INVOICE_ID,
		number: 'ACM-1',
		status: 'finalized',
		paymentStatus: 'pending',
		currency: 'EUR',
		total: change.totalDue ?? 10_000,
		totalDue: 10_000,
		selfBilled: false,
		nativeProvider: null,
		mandateId: null,
		metadata: [],
		paymentProof: PROOF,
		...change,
	};
}

/** A succeeded payment of it through a checkout. */
export function payment(change: Partial<PaymentFacts> = {}): PaymentFacts {
	return {
		id: 'pay_1',
		status: 'succeeded',
		amount: 10_000,
		tax: 0,
		currency: 'EUR',
		invoiceId: INVOICE_ID,
		organizationId: null,
		attempt: 1,
		proof: PROOF,
		checkoutSessionId: 'cks_1',
		subscriptionId: null,
		errorCode: null,
		changedAt: null,
		observedMode: null,
		...change,
	};
}

export const meta = (values: Record<string, string>) =>
	Object.entries(values).map(([key, value]) => ({ id: `id-${key}`, key, value }));
