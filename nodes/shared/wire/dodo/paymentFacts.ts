import { ATTEMPT_KEY, INVOICE_KEY, ORGANIZATION_KEY } from '../../domain/keys';
import { modeOfLinks } from '../../domain/mode';
import type { PaymentFacts } from '../../domain/payment';
import type { DodoPayment } from './objects';

/** What the rules need, out of Dodo's payment object (docs `api-reference/payments`). */
export function toPaymentFacts(payment: DodoPayment): PaymentFacts {
	const { [INVOICE_KEY]: invoiceId, [ORGANIZATION_KEY]: organizationId, [ATTEMPT_KEY]: attempt } = payment.metadata;
	return {
		id: payment.payment_id,
		status: payment.status ?? null,
		amount: payment.total_amount,
		tax: payment.tax ?? 0,
		currency: payment.currency,
		invoiceId: invoiceId === undefined || invoiceId === null || invoiceId === '' ? null : String(invoiceId),
		organizationId: typeof organizationId === 'string' && organizationId !== '' ? organizationId : null,
		attempt: /^[1-9]\d{0,5}$/.test(String(attempt)) ? Number(attempt) : 1,
		checkoutSessionId: payment.checkout_session_id || null,
		subscriptionId: payment.subscription_id || null,
		errorCode: payment.error_code ?? null,
		changedAt: secondsOf(payment.updated_at ?? payment.created_at),
		observedMode: modeOfLinks([payment.payment_link, payment.invoice_url]),
	};
}

function secondsOf(time: string | null | undefined): number | null {
	const parsed = Date.parse(time ?? '');
	return Number.isNaN(parsed) ? null : Math.floor(parsed / 1000);
}
