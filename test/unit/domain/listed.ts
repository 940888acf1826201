import type { Listed } from '../../../nodes/shared/domain/reconciliation';

/** 2027-01-15, seconds since 1970. */
export const NOW = 1_800_000_000;
export const INVOICE = '1a901a90-1a90-4a90-8a90-1a901a901a90';

/** A payment of a Lago invoice that succeeded two minutes ago, as a list of Dodo shows it. */
export function listed(more: Partial<Listed> = {}): Listed {
	return {
		kind: 'payment',
		id: 'pay_1',
		status: 'succeeded',
		createdAt: NOW - 120,
		paymentId: null,
		invoiceId: INVOICE,
		organizationId: null,
		attempt: 1,
		amount: 1_000,
		subscriptionId: null,
		customer: null,
		...more,
	};
}
