import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { collectability } from '../../../shared/domain/invoice';
import { modeOfState, ourRecord, type CollectionState } from '../../../shared/domain/invoiceMetadata';
import { MANDATE_KEY } from '../../../shared/domain/keys';
import { isUnderWay } from '../../../shared/domain/phases';
import { fieldsOf, type Json, type Operation } from '../../../shared/node/operation';
import { additionalTexts, objectParameter } from '../../../shared/node/parameters';
import { startingEvent } from '../../../shared/node/start';
import { heldBefore } from '../../../shared/node/unknown';
import { withLock } from '../../../shared/process/keyedLock';
import { toInvoiceFacts, type LagoInvoice } from '../../../shared/wire/lago/objects';
import { chargeOnce } from '../../helpers/charges';
import { endsBecauseOf } from '../../helpers/earlierPayment';
import { invoiceField, invoiceIn, organizationField, paymentMetadata } from '../../helpers/invoiceInput';
import { termsOf } from '../../helpers/mandates';
import { needsLink } from '../../helpers/needsLink';
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

/** What Lago's "Retry payment" button sends. */
const RETRY_BUTTON = 'invoice.payment_failure';
/**
 * Mandate -> Charge: collects an invoice without the customer, once for each attempt. Dodo has no idempotency, so the payments of the
 * mandate are looked through first, and again after an answer that got lost.
 */
export const charge: Operation<DodoClient> = {
	fields: fieldsOf('mandate', 'charge', fields),
	async execute(ctx, client, index) {
		const given = objectParameter(ctx, 'invoice', 'Invoice', index);
		const before = heldBefore(given);
		if (before !== null) return before;
		const invoice = invoiceIn(ctx, given, index);
		const about = { invoiceId: invoice.lago_id, invoiceNumber: invoice.number };
		return await withLock(`intent ${client.accountKey} ${invoice.lago_id}`, async () => ({
			...(await collect(ctx, client, index, invoice)),
			...about,
		}));
	},
};

async function collect(ctx: IExecuteFunctions, client: DodoClient, index: number, invoice: LagoInvoice): Promise<Json> {
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
	return await chargeOnce(client, {
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
		metadataOf: (attempt) => paymentMetadata(ctx, index, invoice, attempt),
	});
}

/** Whether Lago's button was pressed on this very invoice. */
function isAskedAgain({ event, lagoInvoiceId }: IDataObject, { lago_id }: LagoInvoice): boolean {
	return event === RETRY_BUTTON && lagoInvoiceId === lago_id;
}

/** A copy of the event that led to the failed try must not lead to another one. */
function waitsForNextTry(invoiceNumber: string, { nextTryAt, declineCode }: CollectionState): Json {
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
