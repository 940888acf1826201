import { decideRecord } from '../../../shared/domain/attemptRecord';
import { byRetryButton } from '../../../shared/domain/olderLago';
import type { PaymentFacts } from '../../../shared/domain/payment';
import type { RetryPolicy } from '../../../shared/domain/retrySchedule';
import { doubtSession } from '../../../shared/process/doubtedSessions';
import { toInvoiceFacts } from '../../../shared/wire/lago/objects';
import type { LagoClient } from '../../transport/client';
import { heldIfRefused } from '../refusals';
import { planFrom } from '../retryPlan';
import { fetchCollected } from '../topUps';
import { change, MAX_ROUNDS, restless, type Settlement } from './books';

/** Records a payment that failed or runs. Throws ApiError. */
export async function recordAttempt(
	client: LagoClient,
	payment: PaymentFacts,
	invoiceId: string,
	kind: 'failed' | 'processing',
	retries: () => RetryPolicy | null,
): Promise<Settlement> {
	const policy = kind === 'failed' ? retries() : null;
	const { status, checkoutSessionId } = payment;
	if (status === 'cancelled' && checkoutSessionId !== null) doubtSession(checkoutSessionId);
	for (let round = 0; round < MAX_ROUNDS; round++) {
		const read = await fetchCollected(client, { id: invoiceId, topUpId: payment.topUpId });
		const invoice = toInvoiceFacts(read);
		const open = planFrom(read);
		const step = decideRecord(payment, kind, invoice, open, policy, Date.now());
		const { number: invoiceNumber, topUp } = invoice;
		const about = { invoiceNumber, ...(topUp && { topUp }) };
		if (step.action === 'leave') return { ...step.told, ...about, ...(step.isUnplanned ? { planFrom: open } : {}) };
		if (step.action === 'plan') {
			const saved = await heldIfRefused(
				async () => ({ written: (await change(client, invoice, step.change)) !== null }),
				`The next try of invoice ${invoiceNumber} was to be planned`,
				byRetryButton('Look at the metadata of the invoice in Lago; "Retry payment" there tries at once.'),
			);
			if ('reason' in saved) return { ...saved, ...about };
			if (saved.written) return { ...step.told, ...about };
			continue;
		}
		const written = await change(client, invoice, step.change);
		if (written !== null)
			return { ...step.told, ...about, ...(step.isUnplanned ? { planFrom: planFrom(written) } : {}) };
	}
	throw restless(payment, invoiceId);
}
