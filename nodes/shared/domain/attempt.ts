import type { InvoiceFacts } from './invoice';
import { ourRecord } from './invoiceMetadata';
import { attemptOf, isProven, typedId, type PaymentFacts } from './payment';
import { isUnderWay } from './phases';

/** What to do in Lago with a failed or still running payment. */
export type AttemptDecision = { action: 'record' } | { action: 'recorded' | 'unchanged' | 'ignored'; message: string };

/**
 * A failed or running payment never downgrades an invoice: not one that is paid, voided or draft, and not one of which
 * another payment is under way: that one's own end is the next news.
 */
export function decideAttempt(payment: PaymentFacts, invoice: InvoiceFacts): AttemptDecision {
	const unchanged = (message: string): AttemptDecision => ({ action: 'unchanged', message });
	if (!isProven(payment, invoice)) return { action: 'ignored', message: `${typedId(payment)}, and no money moved.` };
	if (invoice.paymentStatus === 'succeeded')
		return unchanged(
			`Invoice ${invoice.number} is already paid; payment ${payment.id} (${payment.status}) changes nothing.`,
		);
	if (invoice.status !== 'finalized')
		return unchanged(
			`Invoice ${invoice.number} is ${invoice.status}; payment ${payment.id} (${payment.status}) changes nothing.`,
		);
	const { dodoId, state } = ourRecord(invoice.metadata);
	const isCancelled = payment.status === 'cancelled';
	if (isCancelled && dodoId !== payment.id)
		return unchanged(
			`Payment ${payment.id} of invoice ${invoice.number} was cancelled before anything was charged; the customer can still pay.`,
		);
	const sameAttempt = dodoId === payment.id || dodoId === payment.checkoutSessionId;
	if (!sameAttempt && isUnderWay(state))
		return unchanged(
			`Another payment of invoice ${invoice.number} is under way; payment ${payment.id} (${payment.status}) changes nothing until it has ended.`,
		);
	if (!sameAttempt && attemptOf(payment, state?.attempt) < (state?.attempt ?? 1))
		return unchanged(
			`Payment ${payment.id} (${payment.status}) was try ${payment.attempt} of invoice ${invoice.number}; try ${state?.attempt} is what counts now.`,
		);
	const isRunning = payment.status === 'processing';
	// A charge that runs is recorded as such already.
	const recorded =
		sameAttempt &&
		(state?.phase === (isRunning ? 'processing' : 'failed') || (state?.phase === 'charging' && isRunning));
	const statusAgrees = isRunning || invoice.paymentStatus === 'failed';
	if (recorded && statusAgrees)
		return {
			action: 'recorded',
			message: `Payment ${payment.id} is already recorded as ${payment.status} on invoice ${invoice.number}.`,
		};
	return { action: 'record' };
}
