import type { IDataObject } from 'n8n-workflow';
import { moneyIsMoving } from '../../shared/domain/intent';
import { encodeState, type CollectionState } from '../../shared/domain/invoiceMetadata';
import { ATTEMPT_KEY, INVOICE_KEY } from '../../shared/domain/keys';
import { formatAmount } from '../../shared/domain/money';
import { nextState, whileDue } from '../../shared/domain/phases';
import type { Json } from '../../shared/node/operation';
import { ApiError } from '../../shared/transport/apiError';
import { chargeAnswerSchema, paymentSummarySchema, type DodoPaymentSummary } from '../../shared/wire/dodo/objects';
import type { LagoInvoice } from '../../shared/wire/lago/objects';
import type { DodoClient } from '../transport/client';
import { endsBecauseOf, paidAtDodo } from './earlierPayment';
import { idempotencyKeyOf } from './invoiceInput';
import { fetchMandate, forgetTerms, unchargeable, type MandateTerms, type Unchargeable } from './mandates';
import { needsLink } from './needsLink';
import { heldByDodo } from './refusals';
import { UnclearCalls } from './unclearCalls';

/** More payments than one mandate ever has in the life of one invoice. */
const PAYMENT_LIMIT = 1_000;
const CLOCK_MARGIN_MS = 24 * 3_600_000;
const unclear = new UnclearCalls();

/** Dodo's refusals of a charge that a link can answer (docs `api-reference/error-codes`). */
const REFUSALS: Readonly<Record<string, Unchargeable>> = {
	CHARGE_NOT_ALLOWED_FOR_SCHEDULED_CANCELLATION: 'mandate_refused',
	NOT_FOUND: 'mandate_refused',
	SUBSCRIPTION_EXPIRED: 'mandate_expired',
	SUBSCRIPTION_INACTIVE: 'mandate_inactive',
	SUBSCRIPTION_NOT_ON_DEMAND: 'mandate_refused',
	SUBSCRIPTION_PAYMENT_RETRY_LIMIT_EXCEEDED: 'mandate_refused',
};

/** A charge that is wanted. */
export interface Charge {
	invoice: LagoInvoice;
	mandateId: string;
	terms: MandateTerms;
	attempt: number;
	/** The attempt is numbered after those that Dodo knows. */
	startsAnew: boolean;
	/** Minor units of the invoice's currency. */
	amount: number;
	before: CollectionState | null;
	/** Works in both of Dodo's worlds. */
	payLink: string | undefined;
	/** What the invoice names as its newest session or payment. */
	recordedId: string | undefined;
	description: string;
	/** What travels with the payment of an attempt. */
	metadataOf: (attempt: number) => Record<string, string>;
}

/**
 * Charges the mandate, unless Dodo has a payment of this attempt, or of another one that may still bring money.
 * @throws ApiError when trying again can help.
 */
export async function chargeOnce(client: DodoClient, asked: Charge): Promise<Json> {
	const earlier = await chargesOf(client, asked);
	// A payment by link, or by a mandate of old, is not among the payments of this mandate.
	const { recordedId } = asked;
	if (recordedId?.startsWith('pay_') && !earlier.some(({ payment_id }) => payment_id === recordedId)) {
		const ended = await endsBecauseOf(client, recordedId, asked.invoice.number);
		if (ended !== null) return ended;
	}
	const wanted = asked.startsAnew ? { ...asked, attempt: Math.max(0, ...earlier.map(attemptOf)) + 1 } : asked;
	const { invoice, mandateId, attempt, amount } = wanted;
	const found = foundAmong(client, earlier, wanted);
	if (found !== null) return found;
	const key = `${client.accountKey} ${invoice.lago_id} ${attempt}`;
	unclear.refuseWhileUnclear(key, `A charge of invoice ${invoice.number}`);
	const body: IDataObject = {
		product_price: amount,
		product_currency: invoice.currency,
		product_description: wanted.description,
		metadata: wanted.metadataOf(attempt),
		customer_balance_config: { allow_customer_credits_purchase: false, allow_customer_credits_usage: false },
	};
	const path = `/subscriptions/${encodeURIComponent(mandateId)}/charge`;
	const answer = await client
		.request(chargeAnswerSchema, {
			method: 'POST',
			path,
			body,
			headers: { 'Idempotency-Key': idempotencyKeyOf(invoice, attempt) },
		})
		.catch(async (caught: unknown) => await afterRefusal(client, wanted, key, caught));
	if ('outcome' in answer) return answer as Json;
	return charged(
		client,
		'charging',
		`${formatAmount(amount, invoice.currency)} of invoice ${invoice.number} are being charged by mandate ${mandateId}; the outcome follows.`,
		String(answer.payment_id),
		wanted,
	);
}

/** What became of a charge that was refused or not answered. */
async function afterRefusal(client: DodoClient, wanted: Charge, key: string, caught: unknown): Promise<Json> {
	const { invoice, mandateId } = wanted;
	if (!(caught instanceof ApiError) || caught.unauthorized) return await Promise.reject(caught);
	if (!caught.final) {
		// What is told to slow down has hardly worked: one look is enough.
		if (caught.mayHaveWorked && caught.status !== 429) unclear.remember(key);
		return (await findCharge(client, wanted)) ?? (await Promise.reject(caught));
	}
	if (caught.code === 'PREVIOUS_PAYMENT_PENDING')
		return (
			(await findCharge(client, wanted)) ?? {
				outcome: 'mandate_busy',
				message: `Another charge of mandate ${mandateId} is still running, so invoice ${invoice.number} was not charged.`,
				nextStep: 'Nothing: Plan Retry tries again in 15 minutes.',
				subscriptionId: mandateId,
			}
		);
	const reason = REFUSALS[caught.code ?? ''];
	if (reason !== undefined) forgetTerms(client, mandateId);
	if (reason === 'mandate_inactive')
		return needsLink(unchargeable(await fetchMandate(client, mandateId)) ?? reason, invoice);
	if (reason !== undefined) return needsLink(reason, invoice);
	return heldByDodo(caught, `the charge of invoice ${invoice.number}`) ?? (await Promise.reject(caught));
}

/** All payments of this invoice by its mandate. */
async function chargesOf(client: DodoClient, { invoice, mandateId }: Charge): Promise<DodoPaymentSummary[]> {
	const query: IDataObject = { subscription_id: mandateId };
	const createdAt = Date.parse(String(invoice.created_at));
	// Lago's clock is not Dodo's.
	if (!Number.isNaN(createdAt)) query.created_at_gte = new Date(createdAt - CLOCK_MARGIN_MS).toISOString();
	const payments = await client.list(paymentSummarySchema, '/payments', query, PAYMENT_LIMIT);
	return payments.filter(({ metadata }) => metadata[INVOICE_KEY] === invoice.lago_id);
}

function attemptOf({ metadata }: DodoPaymentSummary): number {
	return Number(metadata[ATTEMPT_KEY]) || 1;
}

/** The charge of this invoice and attempt that Dodo already has, as a result; null when there is none. */
function foundAmong(client: DodoClient, charges: DodoPaymentSummary[], wanted: Charge): Json | null {
	const { invoice, attempt } = wanted;
	const paid = charges.find(({ status, refund_status }) => status === 'succeeded' && refund_status !== 'full');
	if (paid) return paidAtDodo(paid.payment_id, invoice.number);
	const running = charges.find(({ status }) => moneyIsMoving(status) && status !== 'succeeded');
	const known = running ?? charges.find((charge) => attemptOf(charge) === attempt);
	if (known === undefined) return null;
	const what = `Payment ${known.payment_id} of invoice ${invoice.number} (${known.status ?? 'just started'}) was already made for this attempt, so nothing was charged.`;
	return charged(client, 'existing', what, known.payment_id, wanted);
}

async function findCharge(client: DodoClient, wanted: Charge): Promise<Json | null> {
	return foundAmong(client, await chargesOf(client, wanted), wanted);
}

function charged(
	client: DodoClient,
	outcome: 'charging' | 'existing',
	message: string,
	paymentId: string,
	{ invoice, mandateId, terms, attempt, amount, before, payLink }: Charge,
): Json {
	const state = nextState(whileDue(before), 'charged', {
		attempt,
		amount,
		failedTries: before?.failedTries,
		failedSince: before?.failedSince,
		payLink,
		mode: client.mode,
	});
	if (!terms.taxInclusive) state.taxOnTop = true;
	return {
		outcome,
		message,
		paymentId,
		subscriptionId: mandateId,
		amount,
		currency: invoice.currency,
		attempt,
		saveToInvoice: {
			paymentReference: paymentId,
			state: encodeState(state),
			metadata: invoice.metadata ?? [],
			readAt: Date.now(),
		},
	};
}
