import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { withLock } from '../../../shared/delivery/keyedLock';
import type { InvoiceFacts } from '../../../shared/domain/invoice';
import { decodeState, metadataValue, STATE_KEY, type CollectionState } from '../../../shared/domain/invoiceMetadata';
import { formatAmount } from '../../../shared/domain/money';
import { held, type Held } from '../../../shared/domain/outcome';
import { decideAttempt, decideSuccess, readPayment, type DodoMode, type PaymentFacts } from '../../../shared/domain/settlement';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { objectParameter } from '../../../shared/node/parameters';
import { ApiError } from '../../../shared/transport/apiError';
import { paymentSchema as dodoPaymentSchema } from '../../../DodoPayments/schemas/objects';
import { toPaymentFacts } from '../../../DodoPayments/schemas/paymentFacts';
import { bookedReferences, changeInvoice, fetchInvoice, type InvoiceChange } from '../../helpers/invoices';
import { bookPayment, isKnownFree, rememberFree } from '../../helpers/manualPayments';
import { toInvoiceFacts } from '../../schemas/objects';
import type { LagoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	{
		displayName: 'Payment',
		name: 'payment',
		type: 'json',
		required: true,
		default: '={{ $json }}',
		description: 'What the Dodo Payments Trigger, or Dodo Payments > Payment > Get, returned. The invoice is the one in its metadata; amount, currency, mode and origin are checked before anything is booked.',
		hint: 'Leave as it is behind a Dodo Payments node',
	},
];

/** Times the invoice is read again because Lago's books changed between reading and writing. */
const MAX_ROUNDS = 3;

/**
 * Invoice -> Update Payment Status: books what a Dodo payment says. With a premium licence a success is a payment with the Dodo id as
 * its reference, otherwise the status; a failure never touches a paid invoice; whatever does not fit comes out as held.
 */
export const updatePaymentStatus: Operation<LagoClient> = {
	fields: fieldsOf('invoice', 'updatePaymentStatus', fields),
	async execute(ctx, client, index) {
		const given = objectParameter(ctx, 'payment', 'Payment', index);
		const parsed = dodoPaymentSchema.safeParse(given.data ?? given);
		if (!parsed.success)
			return held(
				'unreadable_payment',
				`This is not a payment as Dodo Payments sends it; not as expected: ${parsed.error.issues.map(({ path }) => path.join('.') || 'everything').join(', ')}.`,
				'Look the payment up in Dodo Payments and record it in Lago by hand if it belongs to an invoice.',
			);
		const payment = toPaymentFacts(parsed.data);
		const about = { invoiceId: payment.invoiceId, paymentId: payment.id, amount: payment.amount, currency: payment.currency };
		const mode = given.mode === 'live' || given.mode === 'test' ? given.mode : payment.observedMode;
		const result = await settle(client, payment, mode, paidAt(given, parsed.data));
		return { ...result, ...about };
	},
};

type Result = Held | { outcome: 'settled' | 'already_settled' | 'failed' | 'processing' | 'unchanged' | 'ignored'; message: string; bookedAs?: 'payment' | 'status' };

async function settle(client: LagoClient, payment: PaymentFacts, mode: DodoMode | null, paidOn: string | undefined): Promise<Result> {
	const reading = readPayment(payment, mode);
	if ('outcome' in reading) return reading;
	if (reading.kind === 'ignored') return { outcome: 'ignored', message: reading.message };
	const { invoiceId, kind } = reading;
	return await withLock(`settle ${client.accountKey} ${invoiceId}`, async () => {
		const work = kind === 'succeeded' ? settleSuccess(client, payment, invoiceId, paidOn) : recordAttempt(client, payment, invoiceId, kind);
		return await work.catch(async (caught: unknown) => refusedForGood(caught, payment, invoiceId) ?? (await Promise.reject(caught)));
	});
}

async function settleSuccess(client: LagoClient, payment: PaymentFacts, invoiceId: string, paidOn: string | undefined): Promise<Result> {
	let references: string[] | null = null;
	for (let round = 0; round < MAX_ROUNDS; round++) {
		const invoice = toInvoiceFacts(await fetchInvoice(client, invoiceId));
		let decision = decideSuccess(payment, invoice, references);
		if (decision.action === 'look_up_references') {
			references = await bookedReferences(client, invoiceId);
			decision = decideSuccess(payment, invoice, references);
		}
		if (decision.action === 'hold') return decision.held;
		if (decision.action === 'already_settled') {
			const note = await correctRecord(client, payment, invoice);
			return { outcome: 'already_settled', message: `Payment ${payment.id} is already booked on invoice ${invoice.number}.${note}` };
		}
		if (decision.action === 'book') {
			const bookedAs = await book(client, payment, invoice, decision.amount, paidOn);
			if (bookedAs !== 'books_changed') {
				const note = bookedAs === 'payment' ? await correctRecord(client, payment, invoice) : '';
				const message = `Invoice ${invoice.number} is paid: ${formatAmount(decision.amount, payment.currency)} by payment ${payment.id}.${note}`;
				return { outcome: 'settled', bookedAs, message };
			}
			references = await bookedReferences(client, invoiceId);
		}
	}
	return await Promise.reject(restless(payment, invoiceId));
}

/** Books a success the way this Lago allows; `books_changed` when it must be decided anew. */
async function book(client: LagoClient, payment: PaymentFacts, invoice: InvoiceFacts, amount: number, paidOn: string | undefined): Promise<'payment' | 'status' | 'books_changed'> {
	if (!isKnownFree(client)) {
		const booked = await bookPayment(client, { invoiceId: invoice.id, amount, reference: payment.id, paidOn });
		if (booked !== 'refused') return booked === 'booked' ? 'payment' : 'books_changed';
		// Refused for want of a licence, or because the invoice was voided this moment: the same answer, but not the same thing.
		const { status } = await fetchInvoice(client, invoice.id);
		if (status !== 'finalized') return 'books_changed';
		rememberFree(client);
	}
	const written = await change(client, invoice, { paymentStatus: 'succeeded', paymentId: payment.id, state: nextState(invoice, { phase: 'paid' }) });
	return written ? 'status' : 'books_changed';
}

/**
 * After a booking as payment the payment itself is the record, and the link that was paid may stay on the invoice. Only what speaks of
 * a failed or running attempt would now be wrong; it costs one call more, in that case alone. Should Lago refuse, the booking stands all
 * the same, and the returned words say what is left as it was.
 */
async function correctRecord(client: LagoClient, payment: PaymentFacts, invoice: InvoiceFacts): Promise<string> {
	const phase = decodeState(metadataValue(invoice.metadata, STATE_KEY))?.phase;
	if (phase !== 'failed' && phase !== 'processing') return '';
	const note = ` The metadata could not be corrected and still says "${phase}".`;
	return await change(client, invoice, { paymentId: payment.id, state: nextState(invoice, { phase: 'paid' }) }).then(
		(written) => (written ? '' : note),
		async (caught: unknown) => (caught instanceof ApiError && caught.final ? note : await Promise.reject(caught)),
	);
}

async function recordAttempt(client: LagoClient, payment: PaymentFacts, invoiceId: string, kind: 'failed' | 'processing'): Promise<Result> {
	const declineCode = payment.errorCode ?? undefined;
	for (let round = 0; round < MAX_ROUNDS; round++) {
		const invoice = toInvoiceFacts(await fetchInvoice(client, invoiceId));
		const decision = decideAttempt(payment, invoice);
		if (decision.action === 'unchanged') return { outcome: 'unchanged', message: decision.message };
		const state = nextState(invoice, kind === 'failed' ? { phase: kind, declineCode } : { phase: kind });
		if (!(await change(client, invoice, { paymentStatus: kind === 'failed' ? 'failed' : undefined, paymentId: payment.id, state }))) continue;
		return kind === 'failed'
			? { outcome: 'failed', message: `Payment ${payment.id} of invoice ${invoice.number} failed${declineCode ? ` (${declineCode})` : ''}. The link stays usable while it lives.` }
			: { outcome: 'processing', message: `Payment ${payment.id} of invoice ${invoice.number} is under way; the outcome follows.` };
	}
	return await Promise.reject(restless(payment, invoiceId));
}

/** As an outage, so that the event comes again when the books are quiet. */
function restless(payment: PaymentFacts, invoiceId: string): ApiError {
	return new ApiError('Lago', 503, 'BOOKS_KEEP_CHANGING', `Invoice ${invoiceId} keeps changing while payment ${payment.id} is booked`);
}

/** Keeps what is known of the link: a declined card leaves it open; a bank debit that fails later has used it up. */
function nextState(invoice: InvoiceFacts, news: Pick<CollectionState, 'phase' | 'declineCode'>): CollectionState {
	const before = decodeState(metadataValue(invoice.metadata, STATE_KEY));
	const { attempt = 1, amount, taxOnTop, expiresAt, url } = before ?? {};
	const usedUp = before?.phase === 'processing' && news.phase === 'failed';
	return { attempt, amount, taxOnTop, ...(usedUp ? {} : { expiresAt, url }), ...news };
}

/** Writes status and metadata; false when somebody else wrote meanwhile, so that it must be decided on the books as they are now. */
async function change(client: LagoClient, invoice: InvoiceFacts, wanted: InvoiceChange): Promise<boolean> {
	return await changeInvoice(client, invoice.id, invoice.metadata, wanted).then(
		() => true,
		async (caught: unknown) => (caught instanceof ApiError && caught.details.key?.includes('value_already_exist') ? false : await Promise.reject(caught)),
	);
}

/** A refusal that stays one however often it is tried, as a held item; null when trying again or mending the credential can help. */
function refusedForGood(caught: unknown, payment: PaymentFacts, invoiceId: string): Result | null {
	if (!(caught instanceof ApiError) || !caught.final) return null;
	if (payment.status !== 'succeeded')
		return { outcome: 'ignored', message: `Lago does not take the news that payment ${payment.id} is ${payment.status} (${caught.code}). No money moved.` };
	if (caught.code === 'invoice_not_found')
		return held(
			'unknown_invoice',
			`Payment ${payment.id} of ${formatAmount(payment.amount, payment.currency)} names invoice ${invoiceId}, which this Lago organisation does not have.`,
			'Check that the Lago credential belongs to the organisation that issued the invoice; otherwise refund the payment in Dodo Payments.',
		);
	const details = Object.entries(caught.details).map(([field, codes]) => `${field}: ${codes.join(', ')}`);
	return held(
		'lago_refused',
		`Lago refused to book payment ${payment.id} on invoice ${invoiceId} (${caught.code ?? caught.status}): ${[caught.message, ...details].join('; ')}`,
		'Look at the invoice in Lago and book or refund the payment by hand.',
	);
}

/** The day on which the money came (UTC), which is what Lago's `paid_at` takes: the time of the event if there is one. */
function paidAt(given: IDataObject, payment: Record<string, unknown>): string | undefined {
	const candidates = [given.event === 'payment.succeeded' ? given.occurredAt : undefined, payment.updated_at, payment.created_at];
	const time = candidates.find((value): value is string => typeof value === 'string' && !Number.isNaN(Date.parse(value)));
	return time === undefined ? undefined : new Date(time).toISOString().slice(0, 10);
}
