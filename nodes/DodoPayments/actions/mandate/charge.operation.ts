import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { moneyIsMoving } from '../../../shared/domain/intent';
import { collectability } from '../../../shared/domain/invoice';
import { encodeState, modeOfState, ourRecord, type CollectionState } from '../../../shared/domain/invoiceMetadata';
import { ATTEMPT_KEY, INVOICE_KEY, MANDATE_KEY } from '../../../shared/domain/keys';
import { formatAmount } from '../../../shared/domain/money';
import { isUnderWay, nextState, whileDue } from '../../../shared/domain/phases';
import { fieldsOf, type Operation, type Result } from '../../../shared/node/operation';
import { additionalTexts, objectParameter } from '../../../shared/node/parameters';
import { startingEvent } from '../../../shared/node/start';
import { heldBefore } from '../../../shared/node/unknown';
import { withKeyedLock } from '../../../shared/process/keyedLock';
import { ApiError } from '../../../shared/transport/apiError';
import { chargeAnswerSchema, paymentSummarySchema, type DodoPaymentSummary } from '../../../shared/wire/dodo/objects';
import { toInvoiceFacts, type LagoInvoice } from '../../../shared/wire/lago/objects';
import { endsBecauseOf, paidAtDodo } from '../../helpers/earlierPayment';
import {
	idempotencyKeyOf,
	invoiceField,
	invoiceIn,
	organizationField,
	paymentMetadata,
} from '../../helpers/invoiceInput';
import {
	fetchMandate,
	forgetTerms,
	termsOf,
	unchargeable,
	type MandateTerms,
	type Unchargeable,
} from '../../helpers/mandates';
import { heldByDodo } from '../../helpers/refusals';
import { UnclearCalls } from '../../helpers/unclearCalls';
import type { DodoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	invoiceField,
	{
		displayName: 'Try Again Now',
		name: 'tryAgain',
		type: 'boolean',
		default: false,
		description: 'Whether to charge once more although the last try failed and no further one is due yet',
		hint: 'Behind a Lago Trigger the Retry Payment button of Lago does so by itself',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		default: {},
		options: [
			{
				displayName: 'Description',
				name: 'description',
				type: 'string',
				default: '',
				placeholder: 'e.g. Invoice ACM-2026-001',
				description: 'What the customer reads on the statement; the invoice number when empty',
			},
			organizationField,
		],
	},
];

/** More payments than one mandate ever has in the life of one invoice. */
const PAYMENT_LIMIT = 1_000;
/** What Lago's "Retry payment" button sends. */
const RETRY_BUTTON = 'invoice.payment_failure';
const CLOCK_MARGIN_MS = 24 * 3_600_000;
const unclear = new UnclearCalls();

/** What a person reads when a link takes the place of a charge. */
const REASONS: Readonly<Record<Unchargeable, [what: string, nextStep: string]>> = {
	no_mandate: [
		'The customer has not agreed to automatic payment',
		'Nothing: the customer pays by link. Dodo Payments > Mandate > Create Set-Up Link offers automatic payment.',
	],
	mandate_on_hold: [
		'The mandate is on hold after a declined charge',
		'Let the customer give another card: Dodo Payments > Mandate > Get Update-Payment-Method Link.',
	],
	mandate_inactive: [
		'The mandate is not active',
		'Set a new one up with Dodo Payments > Mandate > Create Set-Up Link.',
	],
	mandate_expired: ['The mandate has expired', 'Set a new one up with Dodo Payments > Mandate > Create Set-Up Link.'],
	mandate_currency: [
		'The mandate is in another currency than the invoice',
		'Set up a mandate in the currency of the invoice, or leave it to the link.',
	],
	mandate_refused: [
		'Dodo Payments takes no charge by this mandate',
		'Look at the subscription in Dodo Payments; set a new mandate up if it was cancelled.',
	],
};

/** Dodo's refusals of a charge that a link can answer (docs `api-reference/error-codes`). */
const REFUSALS: Readonly<Record<string, Unchargeable>> = {
	CHARGE_NOT_ALLOWED_FOR_SCHEDULED_CANCELLATION: 'mandate_refused',
	NOT_FOUND: 'mandate_refused',
	SUBSCRIPTION_EXPIRED: 'mandate_expired',
	SUBSCRIPTION_INACTIVE: 'mandate_inactive',
	SUBSCRIPTION_NOT_ON_DEMAND: 'mandate_refused',
	SUBSCRIPTION_PAYMENT_RETRY_LIMIT_EXCEEDED: 'mandate_refused',
};

type ChargeOutcome = 'charging' | 'existing' | 'held' | 'mandate_busy' | 'needs_link' | 'skipped';

/**
 * Mandate -> Charge: collects an invoice without the customer, once for each attempt. Dodo has no idempotency, so the payments of the
 * mandate are looked through first, and again after an answer that got lost.
 */
export const charge: Operation<DodoClient, ChargeOutcome> = {
	menu: {
		name: 'Charge',
		action: 'Charge a mandate',
		description:
			'Collect a Lago invoice without the customer, exactly once for each attempt; says so when a link is needed instead',
	},
	fields: fieldsOf('mandate', 'charge', fields),
	async execute(ctx, client, index) {
		const given = objectParameter(ctx, 'invoice', 'Invoice', index);
		const before = heldBefore(given);
		if (before !== null) return before;
		const invoice = invoiceIn(ctx, given, index);
		const about = { invoiceId: invoice.lago_id, invoiceNumber: invoice.number };
		return await withKeyedLock(`intent ${client.accountKey} ${invoice.lago_id}`, async () => ({
			...(await collect(ctx, client, index, invoice)),
			...about,
		}));
	},
};

async function collect(
	ctx: IExecuteFunctions,
	client: DodoClient,
	index: number,
	invoice: LagoInvoice,
): Promise<Result<ChargeOutcome>> {
	const verdict = collectability(toInvoiceFacts(invoice));
	if (verdict.decision === 'skip') return { outcome: 'skipped', reason: verdict.reason, message: verdict.message };
	if (verdict.decision === 'held') return verdict.held;
	const mandateId = invoice.customer?.metadata?.find(({ key }) => key === MANDATE_KEY)?.value;
	if (!mandateId) return needsLink('no_mandate', invoice);
	const terms = await termsOf(client, mandateId);
	if (typeof terms === 'string') return needsLink(terms, invoice);
	if (terms.currency !== invoice.currency) return needsLink('mandate_currency', invoice);
	const { dodoId, state: written } = ourRecord(toInvoiceFacts(invoice).metadata);
	// What the other of Dodo's worlds has written says nothing about this one.
	const state = (modeOfState(written) ?? client.mode) === client.mode ? written : null;
	if (dodoId?.startsWith('cks_')) {
		const ended = await endsBecauseOf(client, dodoId, invoice.number);
		if (ended !== null) return ended;
	}
	const nowS = Math.floor(Date.now() / 1000);
	const tryAgain =
		ctx.getNodeParameter('tryAgain', index, false) === true || isAskedAgain(startingEvent(ctx, index), invoice);
	const isDue = tryAgain || (state?.nextTryAt ?? Infinity) <= nowS;
	if (dodoId?.startsWith('pay_') && state?.phase === 'failed' && !isDue) return waitsForNextTry(invoice.number, state);
	const isRunning = isUnderWay(state);
	const attempt = state === null || dodoId === undefined ? 1 : isRunning ? state.attempt : state.attempt + 1;
	const { description } = additionalTexts(ctx, index);
	return await chargeOnce(ctx, client, index, {
		invoice,
		mandateId,
		terms,
		attempt,
		// Asked for a try where no record tells that the last one has ended: what Dodo shows as ended does not stand in its way.
		startsAnew: tryAgain && (dodoId === undefined || isRunning),
		amount: verdict.amount,
		before: state,
		payLink: written?.payLink,
		recordedId: dodoId,
		description: description || `Invoice ${invoice.number}`,
	});
}

/** Whether Lago's button was pressed on this very invoice. */
function isAskedAgain({ event, lagoInvoiceId }: IDataObject, { lago_id }: LagoInvoice): boolean {
	return event === RETRY_BUTTON && lagoInvoiceId === lago_id;
}

/** A copy of the event that led to the failed try must not lead to another one. */
function waitsForNextTry(invoiceNumber: string, { nextTryAt, declineCode }: CollectionState): Result<'skipped'> {
	const failed = `The last charge of invoice ${invoiceNumber} failed${declineCode ? ` (${declineCode})` : ''}`;
	return nextTryAt === undefined
		? {
				outcome: 'skipped',
				reason: 'try_failed',
				message: `${failed} and no further one is planned.`,
				nextStep: 'Press "Retry payment" in Lago to charge once more.',
			}
		: {
				outcome: 'skipped',
				reason: 'retry_planned',
				message: `${failed}; the next one is planned for ${new Date(nextTryAt * 1000).toISOString()}.`,
			};
}

interface Charge {
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
}

async function chargeOnce(
	ctx: IExecuteFunctions,
	client: DodoClient,
	index: number,
	asked: Charge,
): Promise<Result<ChargeOutcome>> {
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
		metadata: paymentMetadata(ctx, index, invoice, attempt),
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
	if ('outcome' in answer) return answer as Result<ChargeOutcome>;
	return charged(
		client,
		'charging',
		`${formatAmount(amount, invoice.currency)} of invoice ${invoice.number} are being charged by mandate ${mandateId}; the outcome follows.`,
		String(answer.payment_id),
		wanted,
	);
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
				nextStep: 'Nothing: Plan Retry tries again in 15 minutes.',
				subscriptionId: mandateId,
			}
		);
	const reason = REFUSALS[caught.code ?? ''];
	if (reason !== undefined) forgetTerms(client, mandateId);
	if (reason === 'mandate_inactive')
		return needsLink(unchargeable(await fetchMandate(client, mandateId)) ?? reason, invoice);
	if (reason !== undefined) return needsLink(reason, invoice);
	const refused = heldByDodo(caught, `the charge of invoice ${invoice.number}`);
	if (refused === null) throw caught;
	return refused;
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
function foundAmong(client: DodoClient, charges: DodoPaymentSummary[], wanted: Charge): Result<ChargeOutcome> | null {
	const { invoice, attempt } = wanted;
	const paid = charges.find(({ status, refund_status }) => status === 'succeeded' && refund_status !== 'full');
	if (paid) return paidAtDodo(paid.payment_id, invoice.number);
	const running = charges.find(({ status }) => moneyIsMoving(status) && status !== 'succeeded');
	const known = running ?? charges.find((charge) => attemptOf(charge) === attempt);
	if (known === undefined) return null;
	const what = `Payment ${known.payment_id} of invoice ${invoice.number} (${known.status ?? 'just started'}) was already made for this attempt, so nothing was charged.`;
	return charged(client, 'existing', what, known.payment_id, wanted);
}

async function findCharge(client: DodoClient, wanted: Charge): Promise<Result<ChargeOutcome> | null> {
	return foundAmong(client, await chargesOf(client, wanted), wanted);
}

function charged(
	client: DodoClient,
	outcome: 'charging' | 'existing',
	message: string,
	paymentId: string,
	{ invoice, mandateId, terms, attempt, amount, before, payLink }: Charge,
): Result<'charging' | 'existing'> {
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

function needsLink(reason: Unchargeable, invoice: LagoInvoice): Result<'needs_link'> {
	const [what, nextStep] = REASONS[reason];
	return {
		outcome: 'needs_link',
		reason,
		message: `${what}, so invoice ${invoice.number} is collected by a link.`,
		nextStep,
		invoice,
	};
}
