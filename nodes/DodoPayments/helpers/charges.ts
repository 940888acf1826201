import type { IDataObject } from 'n8n-workflow';
import type { z } from 'zod';
import { standingCharge, type MadeCharge, type Try } from '../../shared/domain/charge';
import { encodeState } from '../../shared/domain/invoiceMetadata';
import { ATTEMPT_KEY, INVOICE_KEY } from '../../shared/domain/keys';
import { moneyIsMoving } from '../../shared/domain/intent';
import { isBooked } from '../../shared/domain/invoice';
import { formatAmount } from '../../shared/domain/money';
import { nextState, whileDue } from '../../shared/domain/phases';
import type { Result } from '../../shared/node/operation';
import { ApiError } from '../../shared/transport/apiError';
import { chargeAnswerSchema, paymentSummarySchema } from '../../shared/wire/dodo/objects';
import { toInvoiceFacts, type LagoInvoice } from '../../shared/wire/lago/objects';
import type { DodoClient } from '../transport/client';
import { endsBecauseOf, paidAtDodo } from './earlierPayment';
import { idempotencyKeyOf } from './invoiceInput';
import { needsLink, unchargeableBy } from './linkInstead';
import { fetchMandate, forgetTerms, unchargeable, type MandateTerms } from './mandates';
import { heldByDodo } from './refusals';
import { UnclearCalls } from './unclearCalls';

/** What becomes of an invoice that is charged. */
export type ChargeOutcome = 'charging' | 'existing' | 'held' | 'mandate_busy' | 'needs_link' | 'skipped';

/** A charge to make exactly once. */
export interface Charge extends Try {
	invoice: LagoInvoice;
	mandateId: string;
	terms: MandateTerms;
	/** Minor units of the invoice's currency. */
	amount: number;
	description: string;
	/** The charge must not begin later, ms since 1970. */
	notAfter: number | undefined;
	/** What travels with the payment of an attempt. */
	metadataOf(attempt: number): Record<string, string>;
}

/** More payments than one customer ever makes in the life of one invoice. */
const PAYMENT_LIMIT = 1_000;
const CLOCK_MARGIN_MS = 24 * 3_600_000;
const unclear = new UnclearCalls();

/**
 * Charges unless Dodo has a payment that stands in the way. Dodo has no idempotency, so the customer's payments there are looked through
 * first, and again after an answer that got lost.
 * @throws ApiError
 */
export async function chargeOnce(client: DodoClient, asked: Charge): Promise<Result<ChargeOutcome>> {
	const earlier = await chargesOf(client, asked);
	// A payment by link or by a mandate of old may be another customer's at Dodo.
	const { recordedId } = asked;
	if (recordedId?.startsWith('pay_') && !earlier.some(({ id }) => id === recordedId)) {
		const ended = await endsBecauseOf(client, recordedId, toInvoiceFacts(asked.invoice));
		if (ended !== null) return ended;
	}
	const after = (charges: readonly MadeCharge[]): number => Math.max(0, ...charges.map(({ attempt }) => attempt)) + 1;
	const booked = earlier.filter(({ isBooked }) => isBooked);
	const wanted = { ...asked, attempt: asked.startsAnew ? after(earlier) : Math.max(asked.attempt, after(booked)) };
	const found = foundAmong(client, earlier, wanted);
	if (found !== null) return found;
	const { invoice, attempt } = wanted;
	const key = `${client.accountKey} ${invoice.lago_id} ${attempt}`;
	unclear.refuseWhileUnclear(key, `A charge of invoice ${invoice.number}`);
	return await send(client, wanted).catch(async (caught: unknown) => await afterRefusal(client, wanted, key, caught));
}

async function send(client: DodoClient, wanted: Charge): Promise<Result<'charging'>> {
	const { invoice, mandateId, attempt, amount } = wanted;
	const body: IDataObject = {
		product_price: amount,
		product_currency: invoice.currency,
		product_description: wanted.description,
		metadata: wanted.metadataOf(attempt),
		customer_balance_config: { allow_customer_credits_purchase: false, allow_customer_credits_usage: false },
	};
	const { payment_id: paymentId } = await client.request(chargeAnswerSchema, {
		method: 'POST',
		path: `/subscriptions/${encodeURIComponent(mandateId)}/charge`,
		body,
		headers: { 'Idempotency-Key': idempotencyKeyOf(invoice, attempt) },
		notAfter: wanted.notAfter,
	});
	const sum = formatAmount(amount, invoice.currency);
	return {
		outcome: 'charging',
		message: `${sum} of invoice ${invoice.number} are being charged by mandate ${mandateId}; the outcome follows.`,
		...recordOf(client, paymentId, wanted),
	};
}

/** What became of a charge that was refused or not answered. */
async function afterRefusal(
	client: DodoClient,
	wanted: Charge,
	key: string,
	caught: unknown,
): Promise<Result<ChargeOutcome>> {
	const { invoice, mandateId } = wanted;
	if (!(caught instanceof ApiError) || caught.unauthorized) throw caught;
	if (!caught.final) {
		// What is told to slow down has hardly worked: one look is enough.
		if (caught.mayHaveWorked && caught.status !== 429) unclear.remember(key);
		const found = await findCharge(client, wanted);
		if (found === null) throw caught;
		return found;
	}
	if (caught.code === 'PREVIOUS_PAYMENT_PENDING')
		return (
			(await findCharge(client, wanted)) ?? {
				outcome: 'mandate_busy',
				message: `Another charge of mandate ${mandateId} is still running, so invoice ${invoice.number} was not charged.`,
				nextStep:
					'Nothing where the flow plans a try in 15 minutes, as the full sync does; else press "Retry payment" in Lago.',
				subscriptionId: mandateId,
			}
		);
	const reason = unchargeableBy(caught.code);
	if (reason !== null) forgetTerms(client, mandateId);
	if (reason === 'mandate_inactive')
		return needsLink(unchargeable(await fetchMandate(client, mandateId)) ?? reason, invoice);
	if (reason !== null) return needsLink(reason, invoice);
	const refused = heldByDodo(caught, `the charge of invoice ${invoice.number}`);
	if (refused === null) throw caught;
	return refused;
}

/** The payments of an invoice that Dodo lists, newest first. @param by what narrows the list. */
export async function paymentsOf(
	client: DodoClient,
	invoice: LagoInvoice,
	by: IDataObject,
): Promise<Array<z.output<typeof paymentSummarySchema>>> {
	const query = { ...by };
	const createdAt = Date.parse(String(invoice.created_at));
	// Lago's clock is not Dodo's.
	if (!Number.isNaN(createdAt)) query.created_at_gte = new Date(createdAt - CLOCK_MARGIN_MS).toISOString();
	const payments = await client.list(paymentSummarySchema, '/payments', query, PAYMENT_LIMIT);
	return payments.filter(({ metadata }) => metadata[INVOICE_KEY] === invoice.lago_id);
}

/** All payments of this invoice: by its mandate, and by a link that was paid after the invoice was read. */
async function chargesOf(client: DodoClient, { invoice, mandateId, terms }: Charge): Promise<MadeCharge[]> {
	const { customerId } = terms;
	const by = customerId === null ? { subscription_id: mandateId } : { customer_id: customerId };
	const payments = await paymentsOf(client, invoice, by);
	const facts = toInvoiceFacts(invoice);
	return payments
		.filter(
			// What was declined by link is no try of the mandate.
			({ status, subscription_id }) => subscription_id === mandateId || moneyIsMoving(status ?? null),
		)
		.map(({ payment_id, status, refund_status, metadata }) => ({
			id: payment_id,
			status: status ?? null,
			attempt: Number(metadata[ATTEMPT_KEY]) || 1,
			isReturned: refund_status === 'full',
			isBooked: isBooked(facts, payment_id),
		}));
}

async function findCharge(client: DodoClient, wanted: Charge): Promise<Result<ChargeOutcome> | null> {
	return foundAmong(client, await chargesOf(client, wanted), wanted);
}

/** The charge of this invoice and attempt that Dodo already has, as a result; null when there is none. */
function foundAmong(
	client: DodoClient,
	charges: readonly MadeCharge[],
	wanted: Charge,
): Result<'existing' | 'held'> | null {
	const { number } = wanted.invoice;
	const standing = standingCharge(charges, wanted.attempt);
	if (standing === null) return null;
	const { id, status } = standing.charge;
	if (standing.isPaid) return paidAtDodo(id, number);
	return {
		outcome: 'existing',
		message: `Payment ${id} of invoice ${number} (${status ?? 'just started'}) was already made for this attempt, so nothing was charged.`,
		...recordOf(client, id, wanted),
	};
}

/** What is told of a charge, and what of it is to be saved on the invoice. */
function recordOf(
	client: DodoClient,
	paymentId: string,
	{ invoice, mandateId, terms, attempt, amount, askedAt, before, payLink }: Charge,
): IDataObject {
	const state = nextState(whileDue(before), 'charged', {
		attempt,
		amount,
		failedTries: before?.failedTries,
		failedSince: before?.failedSince,
		askedAt,
		payLink,
		mode: client.mode,
	});
	if (!terms.taxInclusive) state.taxOnTop = true;
	return {
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
