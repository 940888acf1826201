import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { decideTry } from '../../../shared/domain/charge';
import { collectability, type InvoiceFacts } from '../../../shared/domain/invoice';
import { ourRecord } from '../../../shared/domain/invoiceMetadata';
import { owedOn } from '../../../shared/domain/owed';
import { additionalFields } from '../../../shared/node/fields';
import { fieldsOf, type Operation, type Result } from '../../../shared/node/operation';
import { additionalTexts, objectParameter } from '../../../shared/node/parameters';
import { startingEvent } from '../../../shared/node/start';
import { heldBefore } from '../../../shared/node/unknown';
import { withKeyedLock } from '../../../shared/process/keyedLock';
import { RETRY_BUTTON } from '../../../shared/wire/lago/event';
import { toInvoiceFacts, type LagoInvoice } from '../../../shared/wire/lago/objects';
import { seenHere } from '../../helpers/business';
import { chargeOnce, type Charge, type ChargeOutcome } from '../../helpers/charges';
import { endsBecauseOf } from '../../helpers/earlierPayment';
import {
	aboutInvoice,
	invoiceField,
	invoiceIn,
	ofOthers,
	organizationField,
	paymentMetadata,
} from '../../helpers/invoiceInput';
import { needsLink } from '../../helpers/linkInstead';
import { termsOf } from '../../helpers/mandates';
import { whileUpToDate } from '../../helpers/upToDate';
import type { DodoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	invoiceField,
	{
		displayName: 'Try Again Now',
		name: 'tryAgain',
		type: 'boolean',
		default: false,
		description: 'Whether to charge once more although the last try failed and no further one is due yet',
		hint: 'Behind a Lago Trigger the Retry Payment button of Lago (1.37 or newer) does so by itself',
	},
	additionalFields([
		{
			displayName: 'Description',
			name: 'description',
			type: 'string',
			default: '',
			placeholder: 'e.g. Invoice ACM-2026-001',
			description: 'What the customer reads on the statement; the invoice number when empty',
		},
		organizationField,
	]),
];

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
		const about = aboutInvoice(invoice);
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
	const others = ofOthers(ctx, index, invoice);
	if (others !== null) return others;
	const facts = toInvoiceFacts({ ...invoice, customer: await seenHere(client, invoice.customer) });
	const verdict = collectability(facts);
	if (verdict.decision === 'skip') return { outcome: 'skipped', reason: verdict.reason, message: verdict.message };
	if (verdict.decision === 'held') return verdict.held;
	const { mandateId } = facts;
	if (mandateId === null) return needsLink('no_mandate', invoice);
	if (owedOn(facts).how === 'disputed') return needsLink('dispute_lost', invoice);
	const basis = { name: `invoice ${invoice.number}`, readAt: invoice.readAt };
	return await whileUpToDate(
		ctx,
		index,
		basis,
		async (notAfter) =>
			await chargeBy(ctx, client, index, { invoice, facts, mandateId, amount: verdict.amount, notAfter }),
	);
}

/** An invoice that may be charged by a mandate. */
interface Chargeable extends Pick<Charge, 'amount' | 'invoice' | 'mandateId' | 'notAfter'> {
	facts: InvoiceFacts;
}

async function chargeBy(
	ctx: IExecuteFunctions,
	client: DodoClient,
	index: number,
	{ facts, ...wanted }: Chargeable,
): Promise<Result<ChargeOutcome>> {
	const { invoice, mandateId } = wanted;
	const terms = await termsOf(client, mandateId);
	if (typeof terms === 'string') return needsLink(terms, invoice);
	if (terms.currency !== invoice.currency) return needsLink('mandate_currency', invoice);
	const { dodoId } = ourRecord(facts.metadata);
	if (dodoId?.startsWith('cks_')) {
		const ended = await endsBecauseOf(client, dodoId, facts);
		if (ended !== null) return ended;
	}
	const isNow = ctx.getNodeParameter('tryAgain', index, false) === true;
	const asked = isNow ? 'now' : isAskedAgain(startingEvent(ctx, index), invoice) ? 'by_button' : null;
	const decision = decideTry(facts, client.mode, asked, Math.floor(Date.now() / 1000));
	if (decision.action === 'wait') return decision.said;
	return await chargeOnce(client, {
		...decision.next,
		...wanted,
		terms,
		description: additionalTexts(ctx, index).description || `Invoice ${invoice.number}`,
		metadataOf: (attempt) => paymentMetadata(ctx, index, invoice, attempt),
	});
}

/** Whether Lago's button was pressed on this very invoice. */
function isAskedAgain({ event, lagoInvoiceId }: IDataObject, { lago_id }: LagoInvoice): boolean {
	return event === RETRY_BUTTON && lagoInvoiceId === lago_id;
}
