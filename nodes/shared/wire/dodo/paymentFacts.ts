import { sharesIn } from '../../domain/bundle';
import { ATTEMPT_KEY, INVOICE_KEY, ORGANIZATION_KEY, PROOF_KEY, TOP_UP_KEY } from '../../domain/keys';
import { modeOfLinks } from '../../domain/mode';
import type { PaymentFacts } from '../../domain/payment';
import type { DodoPayment } from './objects';

/** What the rules need, out of Dodo's payment object (docs `api-reference/payments`). */
export function toPaymentFacts(payment: DodoPayment): PaymentFacts {
	const { [INVOICE_KEY]: invoiceId, [ORGANIZATION_KEY]: organizationId, [ATTEMPT_KEY]: attempt } = payment.metadata;
	const shares = sharesIn(payment.metadata);
	return {
		id: payment.payment_id,
		status: payment.status ?? null,
		amount: payment.total_amount,
		tax: payment.tax ?? 0,
		currency: payment.currency,
		invoiceId: textOf(invoiceId),
		topUpId: textOf(payment.metadata[TOP_UP_KEY]),
		organizationId: textOf(organizationId),
		attempt: /^[1-9]\d{0,5}$/.test(textOf(attempt) ?? '') ? Number(attempt) : 1,
		...(shares && { shares }),
		proof: textOf(payment.metadata[PROOF_KEY]),
		checkoutSessionId: payment.checkout_session_id || null,
		subscriptionId: payment.subscription_id || null,
		...(payment.business_id ? { businessId: payment.business_id } : {}),
		errorCode: payment.error_code ?? null,
		changedAt: secondsOf(payment.updated_at ?? payment.created_at),
		observedMode: modeOfLinks([payment.payment_link, payment.invoice_url]),
	};
}

/** All that went back of a payment by refunds, minor units of its currency; what is under way is not counted. */
export function refundedOf({ refunds }: DodoPayment): number {
	return (refunds ?? []).reduce((sum, { status, amount }) => sum + (status === 'succeeded' ? (amount ?? 0) : 0), 0);
}

/** A metadata entry, which whoever pays may have typed: of an object nothing is read, not even as text. */
function textOf(entry: unknown): string | null {
	return ['string', 'number', 'boolean'].includes(typeof entry) && entry !== '' ? String(entry) : null;
}

function secondsOf(time: string | null | undefined): number | null {
	const parsed = Date.parse(time ?? '');
	return Number.isNaN(parsed) ? null : Math.floor(parsed / 1000);
}
