import { ourRecord } from '../../shared/domain/invoiceMetadata';
import { byRetryButton } from '../../shared/domain/olderLago';
import { owedOn } from '../../shared/domain/owed';
import { planNextTry, type Failure, type Plan } from '../../shared/domain/retryPlan';
import type { RetryPolicy } from '../../shared/domain/retrySchedule';
import type { TopUpRef } from '../../shared/domain/topUp';
import type { Json, Result } from '../../shared/node/operation';
import { toInvoiceFacts, type LagoInvoice } from '../../shared/wire/lago/objects';
import type { LagoClient } from '../transport/client';
import { isFresh, withInvoice } from './invoices';
import { heldIfRefused } from './refusals';
import { fetchCollected, writeRecord } from './topUps';

/** What Plan Retry needs of an invoice, so that it need not be read again right after it was written. */
export interface PlanFrom {
	/** Lago's entries, with their ids. */
	metadata: Array<{ id?: string; key: string; value: string }>;
	/** IANA name; the customer's, else that of the billing entity. */
	timeZone: string;
	/** Otherwise there is nothing to try any more: paid, voided, nothing owed, or lost in a dispute. */
	isOpen: boolean;
	/** ms since 1970. */
	readAt: number;
}

/** Takes it out of an invoice that was read or written this moment. */
export function planFrom(invoice: LagoInvoice): PlanFrom {
	const facts = toInvoiceFacts(invoice);
	const { how } = owedOn({ ...facts, selfBilled: false });
	return {
		metadata: facts.metadata,
		timeZone: invoice.customer?.applicable_timezone || 'UTC',
		isOpen: how === 'due' || how === 'reversed',
		readAt: Date.now(),
	};
}

/** What is to be planned after, on which invoice, and how that stood if it was read or written this moment. */
export interface FailureOfInvoice extends Failure {
	invoiceId: string;
	/** Of a top-up whose invoice Lago shows to nobody yet. */
	topUp?: TopUpRef;
	planFrom?: PlanFrom;
}

/** Writes the time of the next try to the invoice; run twice for one failure it plans once. @throws ApiError when trying again can help */
export async function planRetryOf(
	client: LagoClient,
	policy: RetryPolicy,
	{ planFrom: known, ...visible }: FailureOfInvoice,
): Promise<Result<Plan['outcome'] | 'held'>> {
	const { invoiceId, topUp } = visible;
	const id = { id: invoiceId, topUpId: topUp?.id };
	return await withInvoice(client, invoiceId, async () => {
		const isKnown = known !== undefined && isFresh(client, invoiceId, known.readAt);
		const { metadata, ...invoice } = isKnown ? known : planFrom(await fetchCollected(client, id));
		const planned = async (): Promise<Result<Plan['outcome']>> => {
			const { plan, save } = planNextTry(policy, visible, { ...invoice, state: ourRecord(metadata).state }, Date.now());
			if (save !== undefined) await writeRecord(client, { id: invoiceId, topUp, metadata }, { state: save });
			return { ...plan };
		};
		return {
			...(visible as Json),
			...(await heldIfRefused(
				planned,
				`The next try of invoice ${invoiceId} was to be planned`,
				byRetryButton('Look at the metadata of the invoice in Lago; "Retry payment" there tries at once.'),
			)),
		};
	});
}
