import { NodeOperationError, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import { z } from 'zod';
import type { InvoiceFacts } from '../../../shared/domain/invoice';
import { changeFor, decideSave, type MadeIntent } from '../../../shared/domain/intentRecord';
import { decodeState, metadataValue, type CollectionState } from '../../../shared/domain/invoiceMetadata';
import { PAYMENT_ID_KEY } from '../../../shared/domain/keys';
import type { Plan } from '../../../shared/domain/retryPlan';
import type { RetryPolicy } from '../../../shared/domain/retrySchedule';
import { fieldsOf, type Json, type Operation, type Result } from '../../../shared/node/operation';
import { objectParameter } from '../../../shared/node/parameters';
import { ENDS_EVENTS, since } from '../../../shared/node/version';
import { orNull } from '../../../shared/transport/orNull';
import { metadataEntrySchema, toInvoiceFacts } from '../../../shared/wire/lago/objects';
import { onFirstUse } from '../../../shared/wire/onFirstUse';
import { changeInvoice, isFresh, withInvoice } from '../../helpers/invoices';
import { inTurns } from '../../helpers/inTurns';
import { payLinkAddressField, payLinkAddressOf, payLinkOf } from '../../helpers/payLink';
import { heldIfRefused } from '../../helpers/refusals';
import { planRetryOf } from '../../helpers/retryPlan';
import { fetchCollected, writeRecord } from '../../helpers/topUps';
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
	{
		displayName: 'Try Again When Busy',
		name: 'tryAgainWhenBusy',
		type: 'boolean',
		default: false,
		displayOptions: { show: since(ENDS_EVENTS.lago) },
		description:
			'Whether an invoice whose mandate is busy with another charge is planned to be tried again in 15 minutes, by a lane that runs what Get Many > Retry Due finds',
	},
];

const intentSchema = onFirstUse(() =>
	z
		.object({
			invoiceId: z.string().min(1),
			topUp: z.object({ id: z.string(), walletId: z.string() }).optional(),
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

type Saved = Result<'existing' | 'skipped'>;
type SaveOutcome = Plan['outcome'] | 'existing' | 'held' | 'mandate_busy' | 'skipped';
/** A busy mandate asks for no schedule. */
const NO_SCHEDULE: RetryPolicy = { waits: [], minuteOfDay: 0 };
/** What is collected: an invoice, or that of a top-up. */
type Collected = Pick<InvoiceFacts, 'id' | 'topUp'>;

/**
 * Invoice -> Save Payment Reference. Lago refuses to insert a key twice, so of two workers that made the first link of an invoice
 * exactly one can save it; the other one adopts the saved link and lets its own, which nobody has seen, expire.
 */
export const savePaymentReference: Operation<LagoClient, SaveOutcome> = {
	menu: {
		name: 'Save Payment Reference',
		action: 'Save the payment reference of an invoice',
		description:
			'Write the checkout link of an invoice into its metadata, so that it is found again and never made twice',
	},
	fields: fieldsOf('invoice', 'savePaymentReference', fields),
	endsEvent: true,
	outputs: [
		{ name: 'Done' },
		{ name: 'Mandate Busy', outcomes: ['mandate_busy'] },
		{ name: 'Held', outcomes: ['held'] },
	],
	async execute(ctx, client, index) {
		const given = objectParameter(ctx, 'intent', 'Payment Intent', index);
		const { outcome, invoiceId: busy } = given;
		if (
			outcome === 'mandate_busy' &&
			typeof busy === 'string' &&
			ctx.getNodeParameter('tryAgainWhenBusy', index, false) === true
		)
			return await planRetryOf(client, NO_SCHEDULE, { ...given, outcome, invoiceId: busy });
		if (ctx.getNode().typeVersion >= ENDS_EVENTS.lago && given.error) return given;
		if (given.saveToInvoice === undefined && given.saveToInvoices === undefined && typeof given.outcome === 'string')
			return given;
		const { saveToInvoices, ...visible } = given;
		if (!Array.isArray(saveToInvoices)) return await saveOne(ctx, client, index, given);
		const told = await inTurns(saveToInvoices as Json[], async (one) => await saveOne(ctx, client, index, one));
		const problem = told.find(({ outcome }) => outcome === 'held');
		return { ...visible, ...(problem ?? { saved: true }) };
	},
};

/** What was made for one invoice, also as one of several. */
async function saveOne(
	ctx: IExecuteFunctions,
	client: LagoClient,
	index: number,
	given: Json,
): Promise<Result<SaveOutcome>> {
	const { intent, state } = readIntent(ctx, given, index);
	const { saveToInvoice, ...visible } = intent;
	const { invoiceId, topUp } = intent;
	const { paymentReference: reference, metadata, readAt } = saveToInvoice;
	const address = payLinkAddressOf(ctx, index);
	const [linked, of] = topUp ? ([topUp.id, 'topUp'] as const) : ([invoiceId, 'invoice'] as const);
	const payLink = address === '' ? state.payLink : await payLinkOf(ctx, address, linked, index, of);
	const madeOn = metadata.map(({ lago_id, key, value }) => ({ id: lago_id, key, value }));
	const made = { reference, state: { ...state, payLink }, madeOn };
	const { checkoutUrl } = visible;
	const nextStep = `Look at the invoice in Lago. ${reference} exists at Dodo Payments and is booked by its metadata when it is paid.`;
	return {
		...visible,
		...(await heldIfRefused(
			async () =>
				await withInvoice(client, invoiceId, async () =>
					pageOf(checkoutUrl, reference, await save(client, { id: invoiceId, topUp }, made, readAt)),
				),
			`${reference} was to be noted on invoice ${invoiceId}`,
			nextStep,
		)),
	};
}

/** @param readAt when the metadata that it was made on was read, ms since 1970. */
async function save(client: LagoClient, collected: Collected, made: MadeIntent, readAt: number): Promise<Saved> {
	const { state, madeOn } = made;
	// Lago guards the first insert only; what overwrites looks first.
	const { id: invoiceId, topUp } = collected;
	const isKnown = metadataValue(madeOn, PAYMENT_ID_KEY) !== undefined || state.attempt > 1;
	if (topUp !== undefined || isKnown || !isFresh(client, invoiceId, readAt))
		return await readAndWrite(client, collected, made);
	const inserted = await orNull(
		changeInvoice(client, invoiceId, madeOn, changeFor(made, madeOn)),
		({ status }) => status === 422,
	);
	return inserted === null ? await readAndWrite(client, collected, made) : isSaved(made);
}

async function readAndWrite(client: LagoClient, { id, topUp }: Collected, made: MadeIntent): Promise<Saved> {
	const invoice = toInvoiceFacts(await fetchCollected(client, { id, topUpId: topUp?.id }));
	const decision = decideSave(made, invoice);
	if (decision.action === 'skip')
		return { outcome: 'skipped', reason: decision.reason, message: decision.message, saved: false };
	if (decision.action === 'adopt') return adopt(decision.recorded, decision.theirs);
	if (decision.change !== null) await writeRecord(client, invoice, decision.change);
	return isSaved(made);
}

function isSaved({ state }: MadeIntent): Saved {
	return { payLink: state.payLink ?? null, saved: true };
}

/** The page of the adopted session where its record has no room for it: that of our own, with its id instead. */
function pageOf(ownUrl: unknown, reference: string, saved: Saved): Saved {
	const { checkoutSessionId, checkoutUrl } = saved;
	const isUnknown = checkoutUrl === null && typeof ownUrl === 'string' && ownUrl.includes(reference);
	return isUnknown && typeof checkoutSessionId === 'string' && checkoutSessionId.startsWith('cks_')
		? { ...saved, checkoutUrl: ownUrl.replace(reference, checkoutSessionId) }
		: saved;
}

/** What somebody else recorded meanwhile, instead of ours. */
function adopt(recorded: string, theirs: CollectionState | null): Result<'existing'> {
	return {
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
