import type { IDataObject } from 'n8n-workflow';
import type { InvoiceFacts } from '../../shared/domain/invoice';
import { ourRecord, PAYMENT_ID_KEY, type CollectionState } from '../../shared/domain/invoiceMetadata';
import { formatAmount } from '../../shared/domain/money';
import { held, type Held, type Overpaid } from '../../shared/domain/outcome';
import { isUnderWay, nextState, whileDue } from '../../shared/domain/phases';
import { planNextTry, type Plan } from '../../shared/domain/retryPlan';
import { isHardDecline, type RetryPolicy } from '../../shared/domain/retrySchedule';
import {
	decideAttempt,
	decideSuccess,
	isLagoId,
	notForLago,
	readPayment,
	type DodoMode,
	type PaymentFacts,
	type PaymentReading,
} from '../../shared/domain/settlement';
import { withLock } from '../../shared/process/keyedLock';
import { ApiError } from '../../shared/transport/apiError';
import {
	invoiceSchema,
	listedCustomerSchema,
	paymentSchema,
	toInvoiceFacts,
	type LagoInvoice,
} from '../../shared/wire/lago/objects';
import type { LagoClient } from '../transport/client';
import { MANDATE_KEY } from './customers';
import { bookedReferences, changeInvoice, fetchInvoice, type InvoiceChange } from './invoices';
import { bookPayment, isKnownFree, rememberFree } from './manualPayments';
import { heldIfRefused } from './refusals';
import { planFrom, type PlanFrom } from './retryPlan';

/** Times the invoice is read again because Lago's books changed between reading and writing. */
const MAX_ROUNDS = 3;
/** More open invoices than one customer ever has. */
const MAX_OPEN_INVOICES = 1_000;
/** More payments than one customer ever makes. */
const MAX_PAYMENTS = 10_000;

/** What became of a payment in Lago's books; see docs/outcomes.md. */
export type Settlement = (Held | Overpaid | Done) & { invoiceId?: string; invoiceNumber?: string };
type Done = Partial<Omit<Plan, 'outcome'>> & {
	outcome: 'settled' | 'already_settled' | 'failed' | 'processing' | 'unchanged' | 'ignored' | Plan['outcome'];
	message: string;
	bookedAs?: 'payment' | 'status';
	declineCode?: string | null;
	planFrom?: PlanFrom;
};

/**
 * Books what a Dodo payment says, once, in whatever order its events come.
 * @param mode the world in which the payment must have been made, null when nobody knows.
 * @param paidOn when the money came, ISO-8601, UTC.
 * @param retries when a failure is tried again, which is then written together with it; null leaves that to others.
 * @throws ApiError when trying again can help.
 */
export async function settle(
	client: LagoClient,
	payment: PaymentFacts,
	mode: DodoMode | null,
	paidOn: string | undefined,
	retries: () => RetryPolicy | null = () => null,
): Promise<Settlement> {
	const reading = readPayment(payment, mode);
	return await settleAs(reading, client, { ...payment, observedMode: payment.observedMode ?? mode }, paidOn, retries);
}

async function settleAs(
	reading: PaymentReading,
	client: LagoClient,
	payment: PaymentFacts,
	paidOn: string | undefined,
	retries: () => RetryPolicy | null,
): Promise<Settlement> {
	if ('outcome' in reading) return reading;
	if (reading.kind === 'ignored') return { outcome: 'ignored', message: reading.message };
	if (reading.kind === 'dues') {
		const { subscriptionId } = reading;
		return await withLock(`dues ${client.accountKey} ${subscriptionId}`, async () => {
			const due = await findInvoiceOfDues(client, payment, subscriptionId);
			if (due === null) return { outcome: 'ignored', message: notForLago(payment) };
			return typeof due === 'string'
				? await settleInvoice(client, { ...payment, invoiceId: due }, due, 'succeeded', paidOn, retries)
				: due;
		});
	}
	return await settleInvoice(client, payment, reading.invoiceId, reading.kind, paidOn, retries);
}

/**
 * The invoice that a payment is for. One that collected what was due on a mandate names none: it is the invoice on which it is booked, by
 * now at the latest.
 * @returns its id; a held item when that is not clear; null when the payment has nothing to do with Lago.
 * @throws ApiError when trying again can help.
 */
export async function invoiceOf(
	client: LagoClient,
	payment: PaymentFacts,
	mode: DodoMode | null,
	paidOn: string | undefined,
): Promise<string | Settlement | null> {
	if (payment.invoiceId !== null) return isLagoId(payment.invoiceId) ? payment.invoiceId : null;
	if (payment.subscriptionId === null) return null;
	const settled = await settle(client, payment, mode, paidOn);
	if (settled.outcome === 'ignored') return null;
	return settled.outcome === 'held' ? settled : (settled.invoiceId ?? null);
}

async function settleInvoice(
	client: LagoClient,
	payment: PaymentFacts,
	invoiceId: string,
	kind: 'succeeded' | 'failed' | 'processing',
	paidOn: string | undefined,
	retries: () => RetryPolicy | null,
): Promise<Settlement> {
	return await withLock(`settle ${client.accountKey} ${invoiceId}`, async () => {
		const work =
			kind === 'succeeded'
				? settleSuccess(client, payment, invoiceId, paidOn)
				: recordAttempt(client, payment, invoiceId, kind, retries);
		const result = await work.catch(
			async (caught: unknown) => heldByLago(caught, payment, invoiceId) ?? (await Promise.reject(caught)),
		);
		return { invoiceId, ...result };
	});
}

async function settleSuccess(
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
				const message = `Invoice ${invoice.number} is paid: ${formatAmount(decision.amount, payment.currency)} by payment ${payment.id}.${note}`;
				return { outcome: 'settled', bookedAs, message, invoiceNumber: invoice.number };
			}
			references = await bookedReferences(client, invoiceId);
		}
	}
	return await Promise.reject(restless(payment, invoiceId));
}

/** Should Lago refuse the note, the overpayment is told all the same. */
async function noteOverpayment(client: LagoClient, payment: PaymentFacts, invoice: InvoiceFacts): Promise<void> {
	await change(client, invoice, {
		paymentId: payment.id,
		state: stateAfter(payment, invoice, 'surplus_came'),
	}).catch(async (caught: unknown) =>
		caught instanceof ApiError && caught.final ? null : await Promise.reject(caught),
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
		const booked = await bookPayment(client, { invoiceId: invoice.id, amount, reference: payment.id, paidOn });
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
	return await change(client, invoice, {
		paymentId: payment.id,
		state: stateAfter(payment, invoice, 'booked'),
	}).then(
		(written) => (written === null ? note : ''),
		async (caught: unknown) => (caught instanceof ApiError && caught.final ? note : await Promise.reject(caught)),
	);
}

async function recordAttempt(
	client: LagoClient,
	payment: PaymentFacts,
	invoiceId: string,
	kind: 'failed' | 'processing',
	retries: () => RetryPolicy | null,
): Promise<Settlement> {
	const declineCode = payment.errorCode ?? undefined;
	const policy = kind === 'failed' ? retries() : null;
	for (let round = 0; round < MAX_ROUNDS; round++) {
		const read = await fetchInvoice(client, invoiceId);
		const invoice = toInvoiceFacts(read);
		const decision = decideAttempt(payment, invoice);
		if (decision.action === 'unchanged' || (decision.action === 'recorded' && kind === 'processing'))
			return { outcome: 'unchanged', message: decision.message, invoiceNumber: invoice.number };
		const planned = (state: CollectionState | null): ReturnType<typeof planNextTry> | null =>
			policy !== null
				? planNextTry(policy, { outcome: 'failed', declineCode }, { ...planFrom(read), state }, Date.now())
				: null;
		if (decision.action === 'recorded') {
			// Whether its next try was planned nobody knows: planning is harmless when it was. A try that is due right now is left to whoever makes it.
			const { state } = ourRecord(invoice.metadata);
			const isDue = state?.nextTryAt !== undefined && state.nextTryAt * 1000 <= Date.now();
			const late = isDue && !isHardDecline(declineCode) ? null : planned(state);
			if (late?.save !== undefined) {
				const state = late.save;
				const save = async (): Promise<{ written: boolean }> => ({
					written: (await change(client, invoice, { state })) !== null,
				});
				const saved = await heldIfRefused(
					save,
					`The next try of invoice ${invoice.number} was to be planned`,
					'Look at the metadata of the invoice in Lago; "Retry payment" there tries at once.',
				);
				if ('reason' in saved) return { ...saved, invoiceNumber: invoice.number };
				if (!saved.written) continue;
			}
			return {
				outcome: 'failed',
				...late?.plan,
				message: sentences(decision.message, late?.plan.message),
				declineCode,
				invoiceNumber: invoice.number,
				...(late === null ? { planFrom: planFrom(read) } : {}),
			};
		}
		const state = stateAfter(payment, invoice, kind === 'failed' ? 'declined' : 'under_way');
		// A declined card leaves the session open, and the session is how the link is found again.
		const { dodoId } = ourRecord(invoice.metadata);
		const paymentId =
			kind === 'failed' && dodoId !== undefined && dodoId === payment.checkoutSessionId ? dodoId : payment.id;
		const next = planned(state);
		const written = await change(client, invoice, {
			paymentStatus: kind === 'failed' ? 'failed' : undefined,
			paymentId,
			state: next?.save ?? state,
		});
		if (written === null) continue;
		return kind === 'failed'
			? {
					outcome: 'failed',
					...next?.plan,
					message: sentences(
						`Payment ${payment.id} of invoice ${invoice.number} ${payment.status === 'cancelled' ? 'was cancelled' : 'failed'}${declineCode ? ` (${declineCode})` : ''}.`,
						state.url || state.payLink ? 'The link on the invoice stays usable.' : undefined,
						next?.plan.message,
					),
					declineCode: declineCode ?? null,
					invoiceNumber: invoice.number,
					...(next === null ? { planFrom: planFrom(written) } : {}),
				}
			: {
					outcome: 'processing',
					message: `Payment ${payment.id} of invoice ${invoice.number} is under way; the outcome follows.`,
					invoiceNumber: invoice.number,
				};
	}
	return await Promise.reject(restless(payment, invoiceId));
}

function sentences(...parts: Array<string | undefined>): string {
	return parts.filter((part) => part !== undefined).join(' ');
}

/**
 * What was due on a held mandate and is collected with a new card names no invoice: it is the one that it is booked on already, else the
 * one open invoice of the mandate's customer with a failed charge over exactly this amount.
 * @returns its id, a held item when it is not clear, null when the mandate has nothing to do with Lago.
 */
async function findInvoiceOfDues(
	client: LagoClient,
	payment: PaymentFacts,
	subscriptionId: string,
): Promise<string | Held | null> {
	// An older Lago ignores filters that it does not know.
	const customers = await client.list(
		'customers',
		listedCustomerSchema,
		{ [`metadata[${MANDATE_KEY}]`]: subscriptionId },
		MAX_OPEN_INVOICES,
	);
	const customer = customers.find(({ metadata }) =>
		metadata?.some(({ key, value }) => key === MANDATE_KEY && value === subscriptionId),
	);
	if (customer === undefined) return null;
	const booked = await client.list(
		'payments',
		paymentSchema,
		{ external_customer_id: customer.external_id },
		MAX_PAYMENTS,
	);
	const bookedOn = booked.find(({ reference }) => reference === payment.id)?.lago_payable_id;
	if (bookedOn) return bookedOn;
	const named = await client.list(
		'invoices',
		invoiceSchema,
		{ [`metadata[${PAYMENT_ID_KEY}]`]: payment.id },
		MAX_OPEN_INVOICES,
	);
	const recorded = named.find((invoice) => ourRecord(toInvoiceFacts(invoice).metadata).dodoId === payment.id);
	if (recorded !== undefined) return recorded.lago_id;
	const query = {
		external_customer_id: customer.external_id,
		statuses: ['finalized'],
		payment_statuses: ['pending', 'failed'],
	};
	const open = await client.list('invoices', invoiceSchema, query, MAX_OPEN_INVOICES);
	const fitting = open.filter((invoice) => {
		const { dodoId, state } = ourRecord(toInvoiceFacts(invoice).metadata);
		const amount = state?.taxOnTop ? payment.amount - payment.tax : payment.amount;
		return (
			dodoId?.startsWith('pay_') &&
			state?.phase === 'failed' &&
			invoice.currency === payment.currency &&
			invoice.total_due_amount_cents === amount
		);
	});
	const [invoice, ...others] = fitting;
	if (invoice !== undefined && others.length === 0) return invoice.lago_id;
	return held(
		'unknown_invoice',
		`Payment ${payment.id} of ${formatAmount(payment.amount, payment.currency)} came by mandate ${subscriptionId} of customer ${customer.external_id} and names no invoice; ${fitting.length === 0 ? 'no open one fits' : `${fitting.length} open ones fit`}.`,
		'Find the invoice it pays and record the payment there by hand; refund it in Dodo Payments if there is none.',
	);
}

/** As an outage, so that the event comes again when the books are quiet. */
function restless(payment: PaymentFacts, invoiceId: string): ApiError {
	return new ApiError(
		'Lago',
		503,
		'BOOKS_KEEP_CHANGING',
		`Invoice ${invoiceId} keeps changing while payment ${payment.id} is booked`,
	);
}

/** Keeps what is known of the link: a declined card leaves it open; a bank debit that fails later has used it up. */
function stateAfter(
	payment: PaymentFacts,
	invoice: InvoiceFacts,
	event: 'booked' | 'surplus_came' | 'declined' | 'under_way',
): CollectionState {
	const { state } = ourRecord(invoice.metadata);
	const { amount, taxOnTop, expiresAt, url, payLink, nextTryAt, failedTries, failedSince, attempt = 1 } = state ?? {};
	const isOwed = event === 'declined' || event === 'under_way';
	const usedUp = event === 'declined' && isUnderWay(state);
	const plan: Partial<CollectionState> = isOwed ? { nextTryAt, failedTries, failedSince } : {};
	if (event === 'declined') {
		plan.failedSince ??= payment.changedAt ?? undefined;
		plan.declineCode = payment.errorCode ?? undefined;
	}
	return nextState(isOwed ? whileDue(state) : state, event, {
		attempt: Math.max(attempt, payment.attempt),
		taxOnTop,
		payLink,
		mode: payment.observedMode ?? undefined,
		...plan,
		...(usedUp ? {} : { amount, expiresAt, url }),
	});
}

/** Writes status and metadata; null when somebody else wrote meanwhile, so that it must be decided on the books as they are now. */
async function change(client: LagoClient, invoice: InvoiceFacts, wanted: InvoiceChange): Promise<LagoInvoice | null> {
	return await changeInvoice(client, invoice.id, invoice.metadata, wanted).catch(async (caught: unknown) =>
		caught instanceof ApiError && caught.details.key?.includes('value_already_exist')
			? null
			: await Promise.reject(caught),
	);
}

/** A refusal that stays one however often it is tried, as a held item; null when trying again or mending the credential can help. */
function heldByLago(caught: unknown, payment: PaymentFacts, invoiceId: string): Settlement | null {
	if (!(caught instanceof ApiError) || !caught.final) return null;
	if (payment.status !== 'succeeded')
		return {
			outcome: 'ignored',
			message: `Lago does not take the news that payment ${payment.id} is ${payment.status} (${caught.code}). No money moved.`,
		};
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

/** The world that an item of Dodo comes from: what the trigger said, else what the payment's own links show; null when neither tells. */
export function modeOf({ mode }: IDataObject, payment: PaymentFacts): DodoMode | null {
	return mode === 'live' || mode === 'test' ? mode : payment.observedMode;
}

/** When the money came (ISO-8601, UTC): the time of the event if there is one. Lago lists payments by it. */
export function paidAt(payment: Record<string, unknown>, given: IDataObject = {}): string | undefined {
	const candidates = [
		given.event === 'payment.succeeded' ? given.occurredAt : undefined,
		payment.updated_at,
		payment.created_at,
	];
	const time = candidates.find(
		(value): value is string => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
	);
	return time === undefined ? undefined : new Date(time).toISOString();
}
