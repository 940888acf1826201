import { NodeOperationError, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import { z } from 'zod';
import { decodeState, metadataValue, PAYMENT_ID_KEY, STATE_KEY, type CollectionState } from '../../../shared/domain/invoiceMetadata';
import { fieldsOf, type Json, type Operation } from '../../../shared/node/operation';
import { objectParameter } from '../../../shared/node/parameters';
import { ApiError } from '../../../shared/transport/apiError';
import { changeInvoice, fetchInvoice } from '../../helpers/invoices';
import { metadataEntrySchema, toInvoiceFacts } from '../../schemas/objects';
import type { LagoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	{
		displayName: 'Payment Intent',
		name: 'intent',
		type: 'json',
		required: true,
		default: '={{ $json }}',
		description: 'What Dodo Payments > Payment > Create Intent returned. A new link is written to the invoice as metadata dodo_payment_id and dodo_state; your own metadata stays. Anything else passes through.',
		hint: 'Leave as it is behind a Dodo Payments node',
	},
];

const intentSchema = z
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
	.passthrough();

/** Lago replaces the whole set: older knowledge of the merchant's entries than this is read again before writing. */
const FRESH_MS = 3_000;

/**
 * Invoice -> Save Payment Reference. Lago refuses to insert a key twice, so of two workers that made a link for the same invoice
 * exactly one can save it; the other one adopts the saved link and lets its own, which nobody has seen, expire.
 */
export const savePaymentReference: Operation<LagoClient> = {
	fields: fieldsOf('invoice', 'savePaymentReference', fields),
	async execute(ctx, client, index) {
		const given = objectParameter(ctx, 'intent', 'Payment Intent', index);
		if (given.saveToInvoice === undefined && typeof given.outcome === 'string') return given;
		const { intent, state } = readIntent(ctx, given, index);
		const { saveToInvoice, ...visible } = intent;
		const { paymentReference, metadata, readAt } = saveToInvoice;
		const saved = { ...visible, saved: true };
		const readAndWrite = async (): Promise<Json> => {
			const invoice = toInvoiceFacts(await fetchInvoice(client, intent.invoiceId));
			const adopted = adopt(visible, metadataValue(invoice.metadata, PAYMENT_ID_KEY), decodeState(metadataValue(invoice.metadata, STATE_KEY)), state);
			if (adopted !== null) return adopted;
			await changeInvoice(client, intent.invoiceId, invoice.metadata, { paymentId: paymentReference, state });
			return saved;
		};
		if (Date.now() - readAt > FRESH_MS) return await readAndWrite();
		const entries = metadata.map(({ lago_id, key, value }) => ({ id: lago_id, key, value }));
		return await changeInvoice(client, intent.invoiceId, entries, { paymentId: paymentReference, state }).then(
			() => saved,
			async (caught: unknown) => (caught instanceof ApiError && caught.status === 422 ? await readAndWrite() : await Promise.reject(caught)),
		);
	},
};

/** The link that another run saved for the same attempt, instead of ours; null when there is none. */
function adopt(visible: Json, sessionId: string | undefined, theirs: CollectionState | null, ours: CollectionState): Json | null {
	if (sessionId === undefined || sessionId === visible.checkoutSessionId || theirs?.attempt !== ours.attempt) return null;
	return {
		...visible,
		outcome: 'existing',
		message: 'Another run made a checkout link for this invoice at the same moment; its link is the valid one.',
		checkoutSessionId: sessionId,
		checkoutUrl: theirs.url ?? null,
		expiresAt: theirs.expiresAt === undefined ? null : new Date(theirs.expiresAt * 1000).toISOString(),
		saved: false,
	};
}

function readIntent(ctx: IExecuteFunctions, given: Json, index: number): { intent: z.output<typeof intentSchema>; state: CollectionState } {
	const parsed = intentSchema.safeParse(given);
	const state = parsed.success ? decodeState(parsed.data.saveToInvoice.state) : null;
	if (parsed.success && state !== null) return { intent: parsed.data, state };
	throw new NodeOperationError(ctx.getNode(), '"Payment Intent" is not what Dodo Payments > Payment > Create Intent returns', {
		itemIndex: index,
		description: 'Put this node directly behind Create Intent and leave the field at {{ $json }}.',
	});
}
