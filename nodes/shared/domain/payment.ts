import type { Share } from './bundle';
import type { InvoiceFacts } from './invoice';
import { ourRecord } from './invoiceMetadata';
import type { DodoMode } from './mode';
import { held, type Held } from './outcome';

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
	/** `metadata.lago_wallet_transaction_id`: the top-up whose invoice it is; null or absent for any other invoice. */
	topUpId?: string | null;
	/** `metadata.lago_organization_id`: whose invoice it is, null when it does not say. */
	organizationId: string | null;
	/** What it asks of each of several invoices, oldest due first; absent on a payment of one. */
	shares?: readonly Share[];
	/** It is what one invoice got of such a payment: amount, invoice and proof are those of that invoice. */
	isPart?: true;
	/** `metadata.attempt`, 1 when it says nothing. */
	attempt: number;
	/** `metadata.lago_proof`, null when it has none. */
	proof: string | null;
	checkoutSessionId: string | null;
	subscriptionId: string | null;
	/** The business of Dodo's that took it, where the payment says so. */
	businessId?: string | null;
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
	const { invoiceId, subscriptionId, status } = payment;
	if (invoiceId === null)
		return subscriptionId !== null && status === 'succeeded'
			? { kind: 'dues', subscriptionId }
			: { kind: 'ignored', message: notForLago(payment) };
	return hindranceOf(payment, invoiceId, expectedMode) ?? readState(payment, invoiceId);
}

/** Why a payment must not be taken for what it says; null when nothing is against it. */
function hindranceOf(payment: PaymentFacts, invoiceId: string, expectedMode: DodoMode | null): PaymentReading | null {
	const { id, status, observedMode } = payment;
	if (!isLagoId(invoiceId))
		return status === 'succeeded'
			? held(
					'unknown_invoice',
					`Payment ${id} names the Lago invoice "${invoiceId.slice(0, 60)}", which is not a Lago id.`,
					'Find the invoice this payment was meant for; refund the payment in Dodo Payments if there is none.',
				)
			: {
					kind: 'ignored',
					message: `Payment ${id} (${status ?? 'not started'}) names no Lago invoice, and no money moved.`,
				};
	if (observedMode !== null && expectedMode !== null && observedMode !== expectedMode)
		return held(
			'wrong_mode',
			`Payment ${id} was made in Dodo's ${observedMode} mode, but this workflow runs in ${expectedMode} mode.`,
			'Check which Dodo Payments credential the trigger uses. Nothing was booked.',
		);
	// Links that a payer can edit carry no session: /buy/<product>?paymentAmount=...&metadata_lago_invoice_id=...
	if (payment.checkoutSessionId !== null || payment.subscriptionId !== null) return null;
	return status === 'succeeded'
		? ofUnknownOrigin(payment, 'came neither from a checkout made for the invoice nor from a mandate')
		: { kind: 'ignored', message: `${typedId(payment)}, and no money moved.` };
}

function readState({ id, status }: PaymentFacts, invoiceId: string): PaymentReading {
	if (status === 'succeeded' || status === 'processing') return { kind: status, invoiceId };
	// A payer who leaves the page has not failed to pay; a cancelled charge has, and which it was the invoice tells.
	if (status === 'failed' || status === 'cancelled') return { kind: 'failed', invoiceId };
	return {
		kind: 'ignored',
		message: `Payment ${id} is ${status ?? 'not started'}: nothing to book, the customer can still pay.`,
	};
}

/**
 * Whether a payment that names an invoice was made for it: it is recorded on the invoice; it came by the mandate of the invoice's customer; or
 * by a session that is recorded there or carries the invoice's proof. Anything else may be typed by whoever pays, or come of the merchant's
 * other shops. Sessions of ours for an invoice sell no subscription.
 */
export function isProven(
	{ id, checkoutSessionId, subscriptionId, proof }: PaymentFacts,
	{ mandateId, mandateIds = [], metadata, paymentProof }: InvoiceFacts,
): boolean {
	const { dodoId } = ourRecord(metadata);
	if (dodoId === id) return true;
	if (subscriptionId !== null) return subscriptionId === mandateId || mandateIds.includes(subscriptionId);
	return checkoutSessionId !== null && (checkoutSessionId === dodoId || (proof !== null && proof === paymentProof));
}

/** What of a payment is for its invoice, minor units: without the tax that Dodo added on top, where the link or charge was made so. */
export function amountFor(
	{ amount, tax }: Pick<PaymentFacts, 'amount' | 'tax'>,
	{ metadata }: Pick<InvoiceFacts, 'metadata'>,
): number {
	return ourRecord(metadata).state?.taxOnTop ? amount - tax : amount;
}

/** Whether a payment was made for an invoice of another Lago organisation that uses the same account at Dodo. */
export function isOfOthers({ organizationId }: Pick<PaymentFacts, 'organizationId'>, ours: string | null): boolean {
	return organizationId !== null && ours !== null && organizationId !== ours;
}

/** The sentence for {@link isOfOthers}. */
export function notOurs({ id, organizationId }: Pick<PaymentFacts, 'id' | 'organizationId'>): string {
	return `Payment ${id} was made for Lago organisation ${organizationId}, which this workflow does not work for.`;
}

/** Money that nothing ties to the invoice that it names. @param how how it came, after the id of the payment. */
export function ofUnknownOrigin({ id }: PaymentFacts, how: string): Held {
	return held(
		'unknown_origin',
		`Payment ${id} ${how}, so whoever paid could have typed the invoice id.`,
		'Compare payer and amount in Dodo Payments; record the payment by hand in Lago if it is right, refund it otherwise.',
	);
}

/** The beginning of a sentence about such a payment of which no money came. */
export function typedId({ id, status }: PaymentFacts): string {
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
