import { keyOf, SOME_DISPUTE, withCounted, type Counted } from './counted';
import type { InvoiceFacts } from './invoice';
import { freeMetadataSlots, ourRecord } from './invoiceMetadata';
import { owedOn, type Owed } from './owed';
import { amountFor, type PaymentFacts } from './payment';
import { compareWithOwed } from './settlementAmount';
import { hold, type SuccessDecision } from './settlementDecision';

/** Whether a payment is for what is owed again, and not an earlier one that is told late: it came by what is recorded now, or was made after it. */
export function isForDebt(
	{ id, checkoutSessionId, subscriptionId, attempt }: PaymentFacts,
	invoice: InvoiceFacts,
): boolean {
	const { dodoId, state } = ourRecord(invoice.metadata);
	// What was due on the mandate after its charge had failed says nothing of a try.
	if (subscriptionId !== null && hasFailedCharge(invoice)) return true;
	const isCurrent = dodoId === id || dodoId === checkoutSessionId;
	const isSurplus = state?.phase === 'overpaid' || state?.phase === 'returned';
	return isCurrent ? !isSurplus : attempt > (state?.attempt ?? 1);
}

/** Money that was taken back is paid again: over exactly what is owed. */
export function makeGood(
	payment: PaymentFacts,
	invoice: InvoiceFacts,
	owed: Owed & { how: 'reversed' | 'disputed' },
): SuccessDecision {
	const { how } = owed;
	const compared = compareWithOwed(payment, invoice, owed);
	if (compared.action !== 'book') return compared;
	const { amount } = compared;
	const before = ourRecord(invoice.metadata).state?.counted ?? [];
	const key = keyOf(payment.id);
	const isWritten = how === 'reversed' || invoice.lost !== undefined;
	const lost = isWritten ? before : withCounted(before, { key: SOME_DISPUTE, sign: '+', amount });
	const entry: Counted = how === 'reversed' ? { key, sign: '=', amount: 0 } : { key, sign: '-', amount };
	const counted = lost && withCounted(lost, entry);
	return counted === null || freeMetadataSlots(invoice.metadata) < 0
		? hold(
				'metadata_full',
				`Payment ${payment.id} pays again what was taken back of invoice ${invoice.number}, but the metadata of the invoice has no room to say so.`,
				'Remove metadata entries of your own from the invoice in Lago, then press Look Back Now; or void the invoice and write in your accounting that it was paid.',
			)
		: { action: 'make_good', amount, how, counted };
}

/** Whether an open invoice may be what a payment brings that names none: its last charge failed, over exactly this amount. */
export function isDueOf(payment: PaymentFacts, invoice: InvoiceFacts): boolean {
	const isDue = owedOn(invoice).asked === amountFor(payment, invoice);
	return isDue && invoice.currency === payment.currency && hasFailedCharge(invoice);
}

function hasFailedCharge({ metadata }: InvoiceFacts): boolean {
	const { dodoId, state } = ourRecord(metadata);
	return dodoId?.startsWith('pay_') === true && state?.phase === 'failed';
}
