import { stateAfter } from '../../../shared/domain/attemptRecord';
import type { InvoiceFacts } from '../../../shared/domain/invoice';
import { ourRecord } from '../../../shared/domain/invoiceMetadata';
import { formatAmount } from '../../../shared/domain/money';
import type { PaymentFacts } from '../../../shared/domain/payment';
import { decideSuccess } from '../../../shared/domain/settlement';
import { orNull } from '../../../shared/transport/orNull';
import { toInvoiceFacts } from '../../../shared/wire/lago/objects';
import type { LagoClient } from '../../transport/client';
import { bookedReferences, fetchInvoice } from '../invoices';
import { bookPayment, isKnownFree, rememberFree } from '../manualPayments';
import { change, MAX_ROUNDS, restless, type Settlement } from './books';

/** Books a payment that succeeded. Throws ApiError. */
export async function settleSuccess(
	client: LagoClient,
	payment: PaymentFacts,
	invoiceId: string,
	paidOn: string | undefined,
): Promise<Settlement> {
	let references: string[] | null = null;
	for (let round = 0; round < MAX_ROUNDS; round++) {
		const invoice = toInvoiceFacts(await fetchInvoice(client, invoiceId));
		let decision = decideSuccess(payment, invoice, references);
		if (decision.action === 'look_up_references') {
			references = await bookedReferences(client, invoiceId);
			decision = decideSuccess(payment, invoice, references);
		}
		if (decision.action === 'hold') return { ...decision.held, invoiceNumber: invoice.number };
		if (decision.action === 'overpaid') {
			// Seen on the invoice, and known when the refund comes back that nothing of it was booked.
			if (decision.record) await noteOverpayment(client, payment, invoice);
			return { ...decision.overpaid, invoiceNumber: invoice.number };
		}
		if (decision.action === 'already_settled') {
			const note = await correctRecord(client, payment, invoice);
			return {
				outcome: 'already_settled',
				message: `Payment ${payment.id} is already booked on invoice ${invoice.number}.${note}`,
				invoiceNumber: invoice.number,
			};
		}
		if (decision.action === 'book') {
			const bookedAs = await book(client, payment, invoice, decision.amount, paidOn);
			if (bookedAs !== 'books_changed') {
				const note = bookedAs === 'payment' ? await correctRecord(client, payment, invoice) : '';
				const sum = formatAmount(decision.amount, payment.currency);
				const message = `Invoice ${invoice.number} is paid: ${sum} by payment ${payment.id}.${note}`;
				return { outcome: 'settled', bookedAs, message, invoiceNumber: invoice.number };
			}
			references = await bookedReferences(client, invoiceId);
		}
	}
	throw restless(payment, invoiceId);
}

/** Should Lago refuse the note, the overpayment is told all the same. */
async function noteOverpayment(client: LagoClient, payment: PaymentFacts, invoice: InvoiceFacts): Promise<void> {
	await orNull(
		change(client, invoice, { paymentId: payment.id, state: stateAfter(payment, invoice, 'surplus_came') }),
		({ final }) => final,
	);
}

/** Books a success the way this Lago allows; `books_changed` when it must be decided anew. */
async function book(
	client: LagoClient,
	payment: PaymentFacts,
	invoice: InvoiceFacts,
	amount: number,
	paidOn: string | undefined,
): Promise<'payment' | 'status' | 'books_changed'> {
	if (!isKnownFree(client)) {
		const { id: invoiceId, timeZone } = invoice;
		const booked = await bookPayment(client, { invoiceId, amount, reference: payment.id, paidOn, timeZone });
		if (booked !== 'refused') return booked === 'booked' ? 'payment' : 'books_changed';
		// Refused for want of a licence, or because the invoice was voided this moment: the same answer, but not the same thing.
		const { status } = await fetchInvoice(client, invoice.id);
		if (status !== 'finalized') return 'books_changed';
		rememberFree(client);
	}
	const written = await change(client, invoice, {
		paymentStatus: 'succeeded',
		paymentId: payment.id,
		state: stateAfter(payment, invoice, 'booked'),
	});
	return written === null ? 'books_changed' : 'status';
}

/**
 * After a booking as payment the payment itself is the record, and the link that was paid may stay on the invoice. Only what speaks of
 * a failed or running attempt would now be wrong; it costs one call more, in that case alone. Should Lago refuse, the booking stands all
 * the same, and the returned words say what is left as it was.
 */
async function correctRecord(client: LagoClient, payment: PaymentFacts, invoice: InvoiceFacts): Promise<string> {
	const phase = ourRecord(invoice.metadata).state?.phase;
	if (phase !== 'failed' && phase !== 'processing') return '';
	const note = ` The metadata could not be corrected and still says "${phase}".`;
	const correction = change(client, invoice, {
		paymentId: payment.id,
		state: stateAfter(payment, invoice, 'booked'),
	});
	return (await orNull(correction, ({ final }) => final)) === null ? note : '';
}
