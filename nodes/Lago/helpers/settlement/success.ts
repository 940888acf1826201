import { stateAfter } from '../../../shared/domain/attemptRecord';
import type { InvoiceFacts } from '../../../shared/domain/invoice';
import { ourRecord } from '../../../shared/domain/invoiceMetadata';
import { formatAmount } from '../../../shared/domain/money';
import { held } from '../../../shared/domain/outcome';
import { topUpNeedsPremium } from '../../../shared/domain/topUp';
import type { PaymentFacts } from '../../../shared/domain/payment';
import { decideSuccess, dueByStatus } from '../../../shared/domain/settlement';
import { overpaidBy, type SuccessDecision } from '../../../shared/domain/settlementDecision';
import { orNull } from '../../../shared/transport/orNull';
import { toInvoiceFacts } from '../../../shared/wire/lago/objects';
import type { LagoClient } from '../../transport/client';
import { bookedPayments, fetchInvoice, noteChanged, type BookedPayment } from '../invoices';
import { fetchCollected, forgetRecord } from '../topUps';
import { bookPayment, isKnownFree, rememberByStatus, rememberFree, type ManualPayment } from '../manualPayments';
import { change, MAX_ROUNDS, restless, type Settlement } from './books';

/** Books a payment that succeeded. Throws ApiError. */
export async function settleSuccess(
	client: LagoClient,
	payment: PaymentFacts,
	invoiceId: string,
	paidOn: string | undefined,
): Promise<Settlement> {
	let booked: BookedPayment[] | null = null;
	const references = (): string[] | null => booked?.map(({ reference }) => reference) ?? null;
	for (let round = 0; round < MAX_ROUNDS; round++) {
		const invoice = toInvoiceFacts(await fetchCollected(client, { id: invoiceId, topUpId: payment.topUpId }));
		let decision = decideSuccess(payment, invoice, references());
		if (decision.action === 'look_up_references') {
			booked = await bookedPayments(client, invoiceId);
			decision = decideSuccess(payment, invoice, references());
		}
		if (decision.action === 'hold') return { ...decision.held, invoiceNumber: invoice.number };
		if (decision.action === 'overpaid') {
			// Seen on the invoice, and known when the refund comes back that nothing of it was booked.
			if (decision.record) await noteOverpayment(client, payment, invoice);
			const { reason, message } = decision.overpaid;
			const told = payment.isPart ? overpaidBy(payment.id, reason, message, payment.amount) : decision.overpaid;
			return { ...told, invoiceNumber: invoice.number };
		}
		if (decision.action === 'already_settled') {
			const surplus = payment.amount - amountOf(booked, payment);
			if (payment.isPart && surplus > 0) return await surplusOf(client, payment, invoice, surplus);
			return await settledBefore(client, payment, invoice, paidOn);
		}
		const done =
			decision.action === 'make_good'
				? await makeGood(client, payment, invoice, decision)
				: decision.action === 'book' && (await bookWhole(client, payment, invoice, decision, paidOn));
		if (done) return done;
		booked = await bookedPayments(client, invoiceId);
	}
	throw restless(payment, invoiceId);
}

/** Books what is due; null when the books have changed and it must be decided anew. */
async function bookWhole(
	client: LagoClient,
	payment: PaymentFacts,
	invoice: InvoiceFacts,
	{ amount, surplus = 0 }: Extract<SuccessDecision, { action: 'book' }>,
	paidOn: string | undefined,
): Promise<Settlement | null> {
	const rest = invoice.totalDue - amount;
	const bookedAs = await book(client, payment, invoice, amount, paidOn);
	if (bookedAs === 'books_changed') return null;
	if (bookedAs === 'too_little') return tooLittle(payment, invoice, amount);
	if (bookedAs === 'needs_premium')
		return {
			...topUpNeedsPremium(
				invoice.number,
				`Payment ${payment.id} of ${formatAmount(amount, payment.currency)} succeeded, but is not booked`,
			),
			invoiceNumber: invoice.number,
		};
	if (surplus > 0) return await surplusOf(client, payment, invoice, surplus);
	const note = bookedAs === 'payment' ? await correctRecord(client, payment, invoice) : '';
	const sum = `${formatAmount(amount, payment.currency)} by payment ${payment.id}`;
	const message =
		payment.isPart && rest > 0
			? `Invoice ${invoice.number} is paid in part: ${sum}; ${formatAmount(rest, payment.currency)} stay due.${note}`
			: `Invoice ${invoice.number} is paid: ${sum}.${note}`;
	return { outcome: 'settled', bookedAs, message, invoiceNumber: invoice.number };
}

function amountOf(booked: readonly BookedPayment[] | null, { id, amount }: PaymentFacts): number {
	return booked?.find(({ reference }) => reference === id)?.amount ?? amount;
}

function tooLittle({ id, currency }: PaymentFacts, { number, totalDue }: InvoiceFacts, amount: number): Settlement {
	return {
		...held(
			'amount_below_due',
			`Payment ${id} brings ${formatAmount(amount, currency)} for invoice ${number} with ${formatAmount(totalDue, currency)} due, and a Lago without premium licence takes no part of an invoice.`,
			'Ask the customer for the rest, then set the payment status of the invoice in Lago by hand; or refund it.',
		),
		invoiceNumber: number,
	};
}

/** The invoice was paid by somebody else meanwhile, in part: what of its part of the payment was not needed. */
async function surplusOf(
	client: LagoClient,
	payment: PaymentFacts,
	invoice: InvoiceFacts,
	surplus: number,
): Promise<Settlement> {
	const { state, dodoId } = ourRecord(invoice.metadata);
	const isNoted = dodoId === payment.id && (state?.phase === 'overpaid' || state?.phase === 'returned');
	if (!isNoted) await noteOverpayment(client, { ...payment, amount: surplus }, await readAnew(client, invoice));
	const message = `Payment ${payment.id} brought ${formatAmount(surplus, payment.currency)} more than was due on invoice ${invoice.number} by then.`;
	return { ...overpaidBy(payment.id, 'paid_twice', message, surplus), invoiceNumber: invoice.number };
}

async function readAnew(client: LagoClient, { id }: InvoiceFacts): Promise<InvoiceFacts> {
	return toInvoiceFacts(await fetchInvoice(client, id));
}

/** Notes that money which was taken back was paid again; null when the books have changed. */
async function makeGood(
	client: LagoClient,
	payment: PaymentFacts,
	invoice: InvoiceFacts,
	{ amount, how, counted }: Extract<SuccessDecision, { action: 'make_good' }>,
): Promise<Settlement | null> {
	const written = await change(client, invoice, {
		...(how === 'reversed' ? { paymentStatus: 'succeeded' } : {}),
		paymentId: payment.id,
		state: { ...stateAfter(payment, invoice, 'booked'), counted },
	});
	if (written === null) return null;
	const what = how === 'reversed' ? 'a payment that was reversed' : 'what a dispute took';
	return {
		outcome: 'settled',
		bookedAs: 'status',
		message: `Invoice ${invoice.number} is paid again: ${formatAmount(amount, payment.currency)} by payment ${payment.id}, for ${what}. Lago takes no second payment of it, so its metadata says so.`,
		invoiceNumber: invoice.number,
	};
}

/**
 * A payment that was booked before. One that could only be booked as status, for want of a licence, becomes a payment as soon as Lago takes
 * one: it does so on an invoice whose status is succeeded.
 */
async function settledBefore(
	client: LagoClient,
	payment: PaymentFacts,
	invoice: InvoiceFacts,
	paidOn: string | undefined,
): Promise<Settlement> {
	const amount = dueByStatus(payment, invoice);
	const repaired = amount !== null && (await bookPayment(client, manualPayment(payment, invoice, amount, paidOn)));
	const note = repaired === 'booked' ? '' : await correctRecord(client, payment, invoice);
	return {
		outcome: 'already_settled',
		...(repaired === 'booked' ? { bookedAs: 'payment' as const } : {}),
		message:
			repaired === 'booked'
				? `Payment ${payment.id} was booked on invoice ${invoice.number} as status only; Lago takes payments by now, so it is booked as one.`
				: `Payment ${payment.id} is already booked on invoice ${invoice.number}.${note}`,
		invoiceNumber: invoice.number,
	};
}

function manualPayment(
	{ id: reference }: PaymentFacts,
	{ id: invoiceId, timeZone }: InvoiceFacts,
	amount: number,
	paidOn: string | undefined,
): ManualPayment {
	return { invoiceId, amount, reference, paidOn, timeZone };
}

/** Should Lago refuse the note, the overpayment is told all the same. */
async function noteOverpayment(client: LagoClient, payment: PaymentFacts, invoice: InvoiceFacts): Promise<void> {
	await orNull(
		change(client, invoice, {
			paymentId: payment.id,
			state: {
				...stateAfter(payment, invoice, 'surplus_came'),
				...(payment.isPart ? { amount: payment.amount, expiresAt: undefined, url: undefined } : {}),
			},
		}),
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
): Promise<'payment' | 'status' | 'books_changed' | 'needs_premium' | 'too_little'> {
	const booked = await bookPayment(client, manualPayment(payment, invoice, amount, paidOn)).finally(() =>
		noteChanged(client, invoice.id),
	);
	if (booked !== 'refused') return booked === 'booked' ? 'payment' : 'books_changed';
	// Nobody sees its invoice, so its status cannot be set either.
	if (invoice.topUp !== undefined) return 'needs_premium';
	// Refused for want of a licence, or because the invoice was voided this moment: the same answer, but not the same thing.
	if (!isKnownFree(client) && (await fetchInvoice(client, invoice.id)).status !== 'finalized') return 'books_changed';
	rememberFree(client);
	// Less came than was asked for.
	if (payment.isPart && amount < invoice.totalDue) return 'too_little';
	const written = await change(client, invoice, {
		paymentStatus: 'succeeded',
		paymentId: payment.id,
		state: stateAfter(payment, invoice, 'booked'),
	});
	if (written === null) return 'books_changed';
	rememberByStatus(client, { payment, invoiceId: invoice.id, paidOn });
	return 'status';
}

/**
 * After a booking as payment the payment itself is the record, and the link that was paid may stay on the invoice. Only what speaks of
 * a failed or running attempt would now be wrong; it costs one call more, in that case alone. Should Lago refuse, the booking stands all
 * the same, and the returned words say what is left as it was.
 */
async function correctRecord(client: LagoClient, payment: PaymentFacts, invoice: InvoiceFacts): Promise<string> {
	if (invoice.topUp !== undefined) {
		if (invoice.metadata.length > 0) await forgetRecord(client, invoice.topUp);
		return '';
	}
	const phase = ourRecord(invoice.metadata).state?.phase;
	if (phase !== 'failed' && phase !== 'processing') return '';
	const note = ` The metadata could not be corrected and still says "${phase}".`;
	const correction = change(client, invoice, {
		paymentId: payment.id,
		state: stateAfter(payment, invoice, 'booked'),
	});
	return (await orNull(correction, ({ final }) => final)) === null ? note : '';
}
