import type { InvoiceFacts } from './invoice';
import { ourRecord } from './invoiceMetadata';
import type { DodoMode } from './mode';
import { formatAmount } from './money';
import { held, type Held, type Overpaid } from './outcome';
import { isUnderWay, phaseOf } from './phases';

export type { DodoMode } from './mode';

/** What the rules need to know of a Dodo payment. Amounts are minor units of `currency`. */
export interface PaymentFacts {
	id: string;
	/** Dodo's IntentStatus, null when Dodo has none yet. */
	status: string | null;
	/** What the customer was asked for, tax included. */
	amount: number;
	/** The tax in `amount`, 0 when unknown. */
	tax: number;
	currency: string;
	/** `metadata.lago_invoice_id`, null when the payment has nothing to do with Lago. */
	invoiceId: string | null;
	/** `metadata.lago_organization_id`: whose invoice it is, null when it does not say. */
	organizationId: string | null;
	/** `metadata.attempt`, 1 when it says nothing. */
	attempt: number;
	checkoutSessionId: string | null;
	subscriptionId: string | null;
	errorCode: string | null;
	/** When it came to its status, seconds since 1970; null when Dodo does not say. */
	changedAt: number | null;
	/** The world that the payment's own links point to, null when it shows none. */
	observedMode: DodoMode | null;
}

/** What a payment means, before Lago is asked. */
export type PaymentReading =
	| { kind: 'succeeded' | 'failed' | 'processing'; invoiceId: string }
	/** Money through a mandate that names no invoice: what was due on a held mandate, collected with a new card. */
	| { kind: 'dues'; subscriptionId: string }
	| { kind: 'ignored'; message: string }
	| Held;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text has the shape of a Lago id; anything else must not reach a URL. */
export function isLagoId(text: string): boolean {
	return UUID.test(text);
}

/**
 * Reads a payment by its state, never by the name of the event that brought it: Dodo sends the state at delivery, and
 * events arrive unordered (docs `developer-resources/webhooks`).
 * @param expectedMode the world that the workflow's credential belongs to, null when nobody says.
 * @param organizationId the Lago organisation that the workflow works for, null when nobody knows.
 */
export function readPayment(
	payment: PaymentFacts,
	expectedMode: DodoMode | null,
	organizationId: string | null,
): PaymentReading {
	if (isOfOthers(payment, organizationId)) return { kind: 'ignored', message: notOurs(payment) };
	if (payment.amount === 0)
		return { kind: 'ignored', message: `Payment ${payment.id} only sets up a payment method; no money moved.` };
	if (payment.invoiceId === null)
		return payment.subscriptionId !== null && payment.status === 'succeeded'
			? { kind: 'dues', subscriptionId: payment.subscriptionId }
			: { kind: 'ignored', message: notForLago(payment) };
	if (!isLagoId(payment.invoiceId) && payment.status !== 'succeeded')
		return {
			kind: 'ignored',
			message: `Payment ${payment.id} (${payment.status ?? 'not started'}) names no Lago invoice, and no money moved.`,
		};
	if (!isLagoId(payment.invoiceId))
		return held(
			'unknown_invoice',
			`Payment ${payment.id} names the Lago invoice "${payment.invoiceId.slice(0, 60)}", which is not a Lago id.`,
			'Find the invoice this payment was meant for; refund the payment in Dodo Payments if there is none.',
		);
	if (payment.observedMode !== null && expectedMode !== null && payment.observedMode !== expectedMode)
		return held(
			'wrong_mode',
			`Payment ${payment.id} was made in Dodo's ${payment.observedMode} mode, but this workflow runs in ${expectedMode} mode.`,
			'Check which Dodo Payments credential the trigger uses. Nothing was booked.',
		);
	// Links that a payer can edit carry no session: /buy/<product>?paymentAmount=...&metadata_lago_invoice_id=...
	if (payment.checkoutSessionId === null && payment.subscriptionId === null)
		return payment.status === 'succeeded'
			? ofUnknownOrigin(payment, 'came neither from a checkout made for the invoice nor from a mandate')
			: { kind: 'ignored', message: `${typedId(payment)}, and no money moved.` };
	if (payment.status === 'succeeded') return { kind: 'succeeded', invoiceId: payment.invoiceId };
	// A payer who leaves the page has not failed to pay; a cancelled charge has, and which it was the invoice tells.
	if (payment.status === 'failed' || payment.status === 'cancelled')
		return { kind: 'failed', invoiceId: payment.invoiceId };
	if (payment.status === 'processing') return { kind: 'processing', invoiceId: payment.invoiceId };
	return {
		kind: 'ignored',
		message: `Payment ${payment.id} is ${payment.status ?? 'not started'}: nothing to book, the customer can still pay.`,
	};
}

/**
 * Whether a payment that names an invoice was made for it: by a session, which takes the merchant's own key to make; by the mandate of the
 * invoice's customer; or by a charge that is recorded on the invoice. Whoever buys another subscription can type any metadata into its link,
 * and sessions of ours for an invoice sell none.
 */
export function isProven(
	{ id, checkoutSessionId, subscriptionId }: PaymentFacts,
	{ mandateId, metadata }: InvoiceFacts,
): boolean {
	return (
		(checkoutSessionId !== null && subscriptionId === null) ||
		(subscriptionId !== null && subscriptionId === mandateId) ||
		ourRecord(metadata).dodoId === id
	);
}

/** Whether a payment was made for an invoice of another Lago organisation that uses the same account at Dodo. */
export function isOfOthers({ organizationId }: Pick<PaymentFacts, 'organizationId'>, ours: string | null): boolean {
	return organizationId !== null && ours !== null && organizationId !== ours;
}

/** The sentence for {@link isOfOthers}. */
export function notOurs({ id, organizationId }: Pick<PaymentFacts, 'id' | 'organizationId'>): string {
	return `Payment ${id} was made for Lago organisation ${organizationId}, which this workflow does not work for.`;
}

function ofUnknownOrigin({ id }: PaymentFacts, how: string): Held {
	return held(
		'unknown_origin',
		`Payment ${id} ${how}, so whoever paid could have typed the invoice id.`,
		'Compare payer and amount in Dodo Payments; record the payment by hand in Lago if it is right, refund it otherwise.',
	);
}

function typedId({ id, status }: PaymentFacts): string {
	return `Payment ${id} (${status ?? 'not started'}) was not made for the invoice that it names: whoever pays can type an invoice id`;
}

/** Which try a payment was: no later one than the next after the recorded one, whatever its metadata says. */
export function attemptOf({ attempt }: PaymentFacts, recorded: number | undefined): number {
	return Math.min(attempt, (recorded ?? 1) + 1);
}

/** The sentence for a payment that this sync has nothing to do with. */
export function notForLago({ id }: Pick<PaymentFacts, 'id'>): string {
	return `Payment ${id} carries no Lago invoice id, so it was not made for a Lago invoice.`;
}

/** What to do in Lago with a successful payment. */
export type SuccessDecision =
	| { action: 'book'; amount: number }
	| { action: 'already_settled' }
	/** The invoice is paid, wholly or in part; only its list of payments tells whether by this payment. */
	| { action: 'look_up_references' }
	/** `record`: what is written on the invoice is no proof of another payment, so it may make room for the surplus one. */
	| { action: 'overpaid'; overpaid: Overpaid; record: boolean }
	| { action: 'hold'; held: Held };

/**
 * Compares a successful payment with its invoice.
 * @param references Dodo payment ids already booked on the invoice (references of Lago's payments), null when not looked up yet.
 */
export function decideSuccess(
	payment: PaymentFacts,
	invoice: InvoiceFacts,
	references: readonly string[] | null,
): SuccessDecision {
	if (references?.includes(payment.id)) return { action: 'already_settled' };
	if (!isProven(payment, invoice))
		return {
			action: 'hold',
			held: ofUnknownOrigin(
				payment,
				`came by subscription ${payment.subscriptionId}, which is not the mandate of the customer of invoice ${invoice.number}`,
			),
		};
	if (invoice.paymentStatus === 'succeeded') return decideOnPaid(payment, invoice, references);
	const came = `Payment ${payment.id} of ${formatAmount(payment.amount, payment.currency)} succeeded`;
	if (invoice.status === 'voided')
		return overpaid(payment, 'invoice_voided', `${came} after invoice ${invoice.number} was voided.`, false);
	if (invoice.status !== 'finalized')
		return hold(
			'invoice_not_finalized',
			`Payment ${payment.id} names invoice ${invoice.number}, which is still ${invoice.status} and cannot be paid.`,
			'Finalize the invoice in Lago and record the payment there, or refund it in Dodo Payments.',
		);
	if (references === null && invoice.totalDue !== invoice.total) return { action: 'look_up_references' };
	if (payment.currency !== invoice.currency)
		return hold(
			'currency_mismatch',
			`Payment ${payment.id} is ${formatAmount(payment.amount, payment.currency)}, invoice ${invoice.number} is in ${invoice.currency}.`,
			'Turn adaptive currency off in Dodo Payments, then record or refund this payment by hand.',
		);
	return compareWithDue(payment, invoice);
}

/** A payment of an invoice that is paid already: by this payment, by another one, or nobody can tell by what. */
function decideOnPaid(
	payment: PaymentFacts,
	invoice: InvoiceFacts,
	references: readonly string[] | null,
): SuccessDecision {
	const { dodoId, state } = ourRecord(invoice.metadata);
	const phase = phaseOf(state);
	const came = `Payment ${payment.id} of ${formatAmount(payment.amount, payment.currency)} succeeded`;
	const surplus = `${came}, but invoice ${invoice.number} was already paid another way.`;
	if (dodoId === payment.id && phase === 'paid') return { action: 'already_settled' };
	if (dodoId === payment.id && (phase === 'overpaid' || phase === 'returned'))
		return overpaid(payment, 'paid_twice', surplus, false);
	if (references === null) return { action: 'look_up_references' };
	// Only another payment that is booked or recorded as paid proves that this one is surplus.
	const isOther = dodoId !== undefined && dodoId !== payment.id && dodoId !== payment.checkoutSessionId;
	if (references.length === 0 && !(isOther && phase === 'paid'))
		return hold(
			'already_paid',
			`${came}. Invoice ${invoice.number} is marked as paid already, and nothing on it tells by what.`,
			`Find out in Lago what paid the invoice. If it was payment ${payment.id}, nothing is left to do; otherwise the customer paid twice and one payment must be returned.`,
		);
	return overpaid(payment, 'paid_twice', surplus, references.length > 0 && phase !== 'overpaid');
}

/** A payment is booked when it brings exactly what is due. */
function compareWithDue(payment: PaymentFacts, invoice: InvoiceFacts): SuccessDecision {
	const { dodoId, state } = ourRecord(invoice.metadata);
	// The record of a charge may come after its outcome; then the tax mode is not known yet.
	const net = payment.amount - payment.tax;
	const isUnrecorded = payment.subscriptionId !== null && dodoId !== payment.id;
	const paid = state?.taxOnTop || (isUnrecorded && net === invoice.totalDue) ? net : payment.amount;
	if (paid === invoice.totalDue) return { action: 'book', amount: paid };
	const brings = `Payment ${payment.id} brings ${formatAmount(paid, payment.currency)}`;
	const figures = `${brings}, invoice ${invoice.number} has ${formatAmount(invoice.totalDue, invoice.currency)} due`;
	return paid < invoice.totalDue
		? hold(
				'amount_below_due',
				`${figures}: too little.`,
				'Record it in Lago as a partial payment and ask for the rest, or refund it.',
			)
		: hold(
				'amount_above_due',
				`${figures}: too much.`,
				'Record the due amount in Lago and refund the rest in Dodo Payments.',
			);
}

function hold(...args: Parameters<typeof held>): SuccessDecision {
	return { action: 'hold', held: held(...args) };
}

function overpaid({ id }: PaymentFacts, reason: Overpaid['reason'], message: string, record: boolean): SuccessDecision {
	const nextStep = `Refund payment ${id}: activate "Refund Overpayment" in the workflow, or do it in Dodo Payments.`;
	return { action: 'overpaid', overpaid: { outcome: 'overpaid', reason, message, nextStep }, record };
}

/** Whether an open invoice may be what a payment brings that names none: its last charge failed, over exactly this amount. */
export function isDueOf(payment: PaymentFacts, { currency, totalDue, metadata }: InvoiceFacts): boolean {
	const { dodoId, state } = ourRecord(metadata);
	const amount = state?.taxOnTop ? payment.amount - payment.tax : payment.amount;
	const isFailedCharge = dodoId?.startsWith('pay_') === true && state?.phase === 'failed';
	return isFailedCharge && currency === payment.currency && totalDue === amount;
}

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
	const sameAttempt = dodoId === payment.id || (dodoId !== undefined && dodoId === payment.checkoutSessionId);
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
