import { NodeOperationError, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import { z } from 'zod';
import { collectability } from '../../../shared/domain/invoice';
import { decodeState, metadataValue, type CollectionState } from '../../../shared/domain/invoiceMetadata';
import { FRESH_MS, PAYMENT_ID_KEY, STATE_KEY } from '../../../shared/domain/keys';
import { fieldsOf, type Json, type Operation, type Result } from '../../../shared/node/operation';
import { objectParameter } from '../../../shared/node/parameters';
import { ApiError } from '../../../shared/transport/apiError';
import { metadataEntrySchema, toInvoiceFacts } from '../../../shared/wire/lago/objects';
import { onFirstUse } from '../../../shared/wire/onFirstUse';
import { changeInvoice, fetchInvoice } from '../../helpers/invoices';
import { payLinkAddressField, payLinkAddressOf, payLinkOf } from '../../helpers/payLink';
import { heldIfRefused } from '../../helpers/refusals';
import type { LagoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	{
		displayName: 'Payment Intent',
		name: 'intent',
		type: 'json',
		required: true,
		default: '={{ $json }}',
		description:
			'What Payment > Create Intent or Mandate > Charge of Dodo Payments returned. A new link or charge is written to the invoice as metadata dodo_payment_id and dodo_state; your own metadata stays. Anything else passes through.',
		hint: 'Leave as it is behind a Dodo Payments node',
	},
	{
		...payLinkAddressField,
		description:
			'Writes a permanent link to this page to the invoice, instead of the checkout link that dies after 24 hours. Leave empty when your workflow has no Pay Page.',
	},
];

const intentSchema = onFirstUse(() =>
	z
		.object({
			invoiceId: z.string().min(1),
			saveToInvoice: z.object({
				paymentReference: z.string().min(1),
				state: z.string(),
				metadata: z.array(metadataEntrySchema),
				/** When `metadata` was read, ms since 1970. */
				readAt: z.number(),
			}),
		})
		.passthrough(),
);

/**
 * Invoice -> Save Payment Reference. Lago refuses to insert a key twice, so of two workers that made the first link of an invoice
 * exactly one can save it; the other one adopts the saved link and lets its own, which nobody has seen, expire.
 */
export const savePaymentReference: Operation<LagoClient, 'existing' | 'held' | 'mandate_busy' | 'skipped'> = {
	menu: {
		name: 'Save Payment Reference',
		action: 'Save the payment reference of an invoice',
		description:
			'Write the checkout link of an invoice into its metadata, so that it is found again and never made twice',
	},
	fields: fieldsOf('invoice', 'savePaymentReference', fields),
	outputs: [
		{ name: 'Done' },
		{ name: 'Mandate Busy', outcomes: ['mandate_busy'] },
		{ name: 'Held', outcomes: ['held'] },
	],
	async execute(ctx, client, index) {
		const given = objectParameter(ctx, 'intent', 'Payment Intent', index);
		if (given.saveToInvoice === undefined && typeof given.outcome === 'string') return given;
		const { intent, state: made } = readIntent(ctx, given, index);
		const { saveToInvoice, ...visible } = intent;
		const { paymentReference, metadata, readAt } = saveToInvoice;
		const address = payLinkAddressOf(ctx, index);
		const state = address === '' ? made : { ...made, payLink: await payLinkOf(ctx, address, intent.invoiceId, index) };
		const entries = metadata.map(({ lago_id, key, value }) => ({ id: lago_id, key, value }));
		const saved = { ...visible, payLink: state.payLink ?? null, saved: true };
		const readAndWrite = async (): Promise<Result<'existing' | 'skipped'>> => {
			const invoice = toInvoiceFacts(await fetchInvoice(client, intent.invoiceId));
			const verdict = collectability(invoice);
			if (verdict.decision === 'skip')
				return { ...visible, outcome: 'skipped', reason: verdict.reason, message: verdict.message, saved: false };
			const recorded = metadataValue(invoice.metadata, PAYMENT_ID_KEY);
			const isNews =
				recorded !== metadataValue(entries, PAYMENT_ID_KEY) ||
				metadataValue(invoice.metadata, STATE_KEY) !== metadataValue(entries, STATE_KEY);
			// What became of it was written before we came to write that it began.
			if (isNews && recorded === paymentReference) {
				const theirs = decodeState(metadataValue(invoice.metadata, STATE_KEY));
				if (theirs !== null && state.payLink !== undefined && theirs.payLink === undefined)
					await changeInvoice(client, intent.invoiceId, invoice.metadata, {
						state: { ...theirs, payLink: state.payLink },
					});
				return saved;
			}
			if (isNews && recorded !== undefined && recorded !== metadataValue(entries, PAYMENT_ID_KEY))
				return adopt(visible, recorded, decodeState(metadataValue(invoice.metadata, STATE_KEY)));
			await changeInvoice(client, intent.invoiceId, invoice.metadata, { paymentId: paymentReference, state });
			return saved;
		};
		const write = async (): Promise<Result<'existing' | 'skipped'>> => {
			// Lago guards the first insert only; what overwrites looks first.
			if (metadataValue(entries, PAYMENT_ID_KEY) !== undefined || state.attempt > 1 || Date.now() - readAt > FRESH_MS)
				return await readAndWrite();
			return await changeInvoice(client, intent.invoiceId, entries, { paymentId: paymentReference, state }).then(
				() => saved,
				async (caught: unknown) => {
					if (!(caught instanceof ApiError && caught.status === 422)) throw caught;
					return await readAndWrite();
				},
			);
		};
		const nextStep = `Look at the invoice in Lago. ${paymentReference} exists at Dodo Payments and is booked by its metadata when it is paid.`;
		return {
			...visible,
			...(await heldIfRefused(write, `${paymentReference} was to be noted on invoice ${intent.invoiceId}`, nextStep)),
		};
	},
};

/** What somebody else recorded meanwhile, instead of ours. */
function adopt(visible: Json, recorded: string, theirs: CollectionState | null): Result<'existing'> {
	return {
		...visible,
		outcome: 'existing',
		message: 'Another run or a payment was recorded on this invoice at the same moment; what is recorded is valid.',
		checkoutSessionId: recorded,
		checkoutUrl: theirs?.url ?? null,
		payLink: theirs?.payLink ?? null,
		expiresAt: theirs?.expiresAt === undefined ? null : new Date(theirs.expiresAt * 1000).toISOString(),
		saved: false,
	};
}

function readIntent(
	ctx: IExecuteFunctions,
	given: Json,
	index: number,
): { intent: z.output<typeof intentSchema>; state: CollectionState } {
	const parsed = intentSchema.safeParse(given);
	const state = parsed.success ? decodeState(parsed.data.saveToInvoice.state) : null;
	if (parsed.success && state !== null) return { intent: parsed.data, state };
	throw new NodeOperationError(
		ctx.getNode(),
		'"Payment Intent" is not what Dodo Payments > Payment > Create Intent returns',
		{
			itemIndex: index,
			description: 'Put this node directly behind Create Intent or Charge and leave the field at {{ $json }}.',
		},
	);
}
