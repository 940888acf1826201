import type { IDataObject } from 'n8n-workflow';
import { partsOf } from '../../../shared/domain/bundle';
import type { DodoMode } from '../../../shared/domain/mode';
import { formatDodoAmount } from '../../../shared/domain/money';
import { held, type Held } from '../../../shared/domain/outcome';
import {
	isLagoId,
	isOfOthers,
	notForLago,
	ofUnknownOrigin,
	readPayment,
	typedId,
	type PaymentFacts,
	type PaymentReading,
} from '../../../shared/domain/payment';
import type { RetryPolicy } from '../../../shared/domain/retrySchedule';
import { withKeyedLock } from '../../../shared/process/keyedLock';
import { ApiError } from '../../../shared/transport/apiError';
import type { LagoClient } from '../../transport/client';
import { inTurns } from '../inTurns';
import { withInvoice } from '../invoices';
import { rememberByStatus, takeByStatus } from '../manualPayments';
import { recordAttempt } from './attempt';
import type { Settlement } from './books';
import { findInvoiceOfDues } from './dues';
import { ofOthers, organizationOfAny, othersOf } from './others';
import { settleSuccess } from './success';

/**
 * Books what a Dodo payment says, once, in whatever order its events come.
 * @param mode the world in which the payment must have been made, null when nobody knows.
 * @param paidOn when the money came, ISO-8601, UTC.
 * @param retries when a failure is tried again, which is then written together with it; null leaves that to others.
 * @param entities codes of the billing entities that are worked for; none for all.
 * @throws ApiError when trying again can help.
 */
export async function settle(
	client: LagoClient,
	payment: PaymentFacts,
	mode: DodoMode | null,
	paidOn: string | undefined,
	retries: () => RetryPolicy | null = () => null,
	entities: readonly string[] = [],
): Promise<Settlement> {
	const reading = readPayment(payment, mode, await organizationOfAny(client, payment));
	const facts = { ...payment, observedMode: payment.observedMode ?? mode };
	const settled = await settleAs(reading, client, facts, paidOn, retries, entities);
	if ('bookedAs' in settled && settled.bookedAs === 'payment') await repairSome(client);
	return settled;
}

/**
 * The same of a payment of several invoices, one news for each of them; of any other, its one. Each part goes by the rules for a payment of one
 * invoice, so that what was booked before, or was paid another way, is found for each.
 */
export async function settleAll(...given: Parameters<typeof settle>): Promise<Settlement[]> {
	const [client, payment, mode, paidOn, retries, entities = []] = given;
	const { shares } = payment;
	if (shares === undefined) return [await settle(...given)];
	const split = partsOf(payment, client.proofs);
	const named = { ...payment, invoiceId: shares[0]?.invoiceId ?? 'in a list that nobody can read' };
	const reading = readPayment(named, mode, await organizationOfAny(client, payment));
	if ('outcome' in reading || reading.kind === 'ignored')
		return [await settleAs(reading, client, payment, paidOn, retries, entities)];
	if (split === null) return [unprovenBundle(payment)];
	const others = await othersOf(client, payment, entities);
	if (others !== null) return [{ outcome: 'ignored', message: others }];
	const facts = split.parts.filter(({ amount }) => amount > 0 || payment.status !== 'succeeded');
	const told = await inTurns(facts, async (part) => await settle(client, part, mode, paidOn, retries));
	return split.beyond > 0 && payment.status === 'succeeded' ? [...told, beyondShares(payment, split.beyond)] : told;
}

/** So many with each payment that is booked. */
const REPAIRED_AT_ONCE = 5;

/** Lago takes payments: so those that it took as status only while it had no licence are booked as payments. What fails waits for the next. */
async function repairSome(client: LagoClient): Promise<void> {
	for (const booked of takeByStatus(client, REPAIRED_AT_ONCE)) {
		const { payment, invoiceId, paidOn } = booked;
		await settleInvoice(client, payment, invoiceId, 'succeeded', paidOn, () => null).catch(() =>
			rememberByStatus(client, booked),
		);
	}
}

async function settleAs(
	reading: PaymentReading,
	client: LagoClient,
	payment: PaymentFacts,
	paidOn: string | undefined,
	retries: () => RetryPolicy | null = () => null,
	entities: readonly string[] = [],
): Promise<Settlement> {
	if ('outcome' in reading) return reading;
	if (reading.kind === 'ignored') return { outcome: 'ignored', message: reading.message };
	if (reading.kind === 'dues') {
		const { subscriptionId } = reading;
		return await withKeyedLock(`dues ${client.accountKey} ${subscriptionId}`, async () => {
			const due = await findInvoiceOfDues(client, payment, subscriptionId);
			if (due === null) return { outcome: 'ignored', message: notForLago(payment) };
			if (typeof due !== 'string') return due;
			return (
				(await ofOthers(client, due, entities)) ??
				(await settleInvoice(client, { ...payment, invoiceId: due }, due, 'succeeded', paidOn, retries))
			);
		});
	}
	return (
		(await ofOthers(client, reading.invoiceId, entities)) ??
		(await settleInvoice(client, payment, reading.invoiceId, reading.kind, paidOn, retries))
	);
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
	entities: readonly string[],
): Promise<string | (Held & { invoiceId?: string }) | null> {
	if (isOfOthers(payment, await organizationOfAny(client, payment))) return null;
	const { invoiceId } = payment;
	if (invoiceId !== null)
		return isLagoId(invoiceId) && (await ofOthers(client, invoiceId, entities)) === null ? invoiceId : null;
	if (payment.subscriptionId === null) return null;
	const settled = await settle(client, payment, mode, paidOn, undefined, entities);
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
	return await withInvoice(client, invoiceId, async () => {
		const work =
			kind === 'succeeded'
				? settleSuccess(client, payment, invoiceId, paidOn)
				: recordAttempt(client, payment, invoiceId, kind, retries);
		const result = await work.catch((caught: unknown) => {
			const refused = heldByLago(caught, payment, invoiceId);
			if (refused === null) throw caught;
			return refused;
		});
		return { invoiceId, ...result };
	});
}

function unprovenBundle(payment: PaymentFacts): Settlement {
	return payment.status === 'succeeded'
		? ofUnknownOrigin(payment, 'names several invoices, and came by a checkout that was not made here for them')
		: { outcome: 'ignored', message: `${typedId(payment)}, and no money moved.` };
}

function beyondShares({ id, currency }: PaymentFacts, beyond: number): Settlement {
	return held(
		'amount_above_due',
		`Payment ${id} brings ${formatDodoAmount(beyond, currency)} more than its invoices ask for.`,
		'Refund that part in Dodo Payments.',
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
			`Payment ${payment.id} of ${formatDodoAmount(payment.amount, payment.currency)} names invoice ${invoiceId}, which this Lago organisation does not have.`,
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

/**
 * When the money came (ISO-8601, UTC), to the moment: the customer's day is another one than ours. Lago lists payments by it. Only what the
 * payment itself says, so that a webhook and a look book the same; the time of the event where it says nothing. What Dodo changes when money
 * goes back says nothing of when it came.
 */
export function paidAt(payment: Record<string, unknown>, given: IDataObject = {}): string | undefined {
	const wentBack = [payment.refunds, payment.disputes].some((list) => Array.isArray(list) && list.length > 0);
	const candidates = [
		wentBack ? undefined : payment.updated_at,
		payment.created_at,
		given.event === 'payment.succeeded' ? given.occurredAt : undefined,
	];
	const time = candidates.find(
		(value): value is string => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
	);
	return time === undefined ? undefined : new Date(time).toISOString();
}
