import { NodeOperationError, type IDataObject, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import { CREDIT_NOTE_KEY } from '../../../shared/domain/keys';
import { held } from '../../../shared/domain/outcome';
import { isLagoId } from '../../../shared/domain/payment';
import { fieldsOf, type Operation, type Result } from '../../../shared/node/operation';
import { eventParameter, objectParameter } from '../../../shared/node/parameters';
import { heldBefore } from '../../../shared/node/unknown';
import { paymentSchema, refundSchema, type DodoPayment, type DodoRefund } from '../../../shared/wire/dodo/objects';
import { toPaymentFacts } from '../../../shared/wire/dodo/paymentFacts';
import { entitiesOfEvent } from '../../helpers/billingEntities';
import { heldIfRefused } from '../../helpers/refusals';
import type { ToldOfDispute } from '../../helpers/bundleDisputes';
import { mirrorRefund, type MirrorOutcome } from '../../helpers/refunds/mirror';
import { mirrorOverBundle } from '../../helpers/refunds/mirrorBundle';
import { writeBack, type WriteBackOutcome } from '../../helpers/refunds/writeBack';
import { othersOf } from '../../helpers/settlement/others';
import { invoiceOf, modeOf, paidAt } from '../../helpers/settlement/settle';
import type { LagoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	{
		displayName: 'Refund',
		name: 'refund',
		type: 'string',
		ignoreValidationDuringExecution: true,
		default: '',
		placeholder: 'e.g. {{ $json }}',
		description:
			'The refund as the Dodo Payments Trigger (refund.succeeded, refund.failed), or Dodo Payments > Refund > Get, returns it; when empty, the event that this execution began with',
		hint: 'Leave empty for the event that this execution began with',
	},
	{
		displayName: 'Refunded Payment',
		name: 'payment',
		type: 'json',
		required: true,
		default: '={{ $json }}',
		description: 'The payment that was refunded, as Dodo Payments > Payment > Get returns it: it names the invoice',
		hint: 'Leave as it is behind Dodo Payments > Payment > Get',
	},
	{
		displayName: 'Reason',
		name: 'reason',
		type: 'options',
		options: [
			{ name: 'Duplicated Charge', value: 'duplicated_charge' },
			{ name: 'Fraudulent Charge', value: 'fraudulent_charge' },
			{ name: 'Order Cancellation', value: 'order_cancellation' },
			{ name: 'Order Change', value: 'order_change' },
			{ name: 'Other', value: 'other' },
			{ name: 'Product Unsatisfactory', value: 'product_unsatisfactory' },
		],
		default: 'other',
		description: 'What the credit note gives as its reason',
	},
];

/** A refund of a payment of several invoices may change what a lost dispute takes of each. */
type CreateOutcome = MirrorOutcome | WriteBackOutcome | NonNullable<ToldOfDispute['outcome']>;

/** Credit Note -> Create: exactly one credit note for a refund that was made at Dodo. */
export const create: Operation<LagoClient, CreateOutcome> = {
	menu: {
		name: 'Create',
		action: 'Create a credit note from a refund',
		description:
			'Mirror a refund that was made at Dodo Payments as exactly one credit note, or write the outcome back to the note that started it',
	},
	fields: fieldsOf('creditNote', 'create', fields),
	endsEvent: true,
	outputs: [
		{ name: 'Done' },
		{ name: 'Needs Premium', outcomes: ['needs_premium'] },
		{ name: 'Refund Failed', outcomes: ['refund_failed'] },
		{ name: 'Held', outcomes: ['held'] },
	],
	async execute(ctx, client, index) {
		const given = eventParameter(ctx, 'refund', 'Refund', index);
		const refund = readRefund(given);
		if (refund === null)
			return held(
				'unreadable_refund',
				'This is not a refund as Dodo Payments sends it.',
				'Look at the refund in Dodo Payments and make the credit note in Lago by hand.',
			);
		const about = {
			refundId: refund.refund_id,
			paymentId: refund.payment_id,
			amount: refund.amount ?? null,
			currency: refund.currency ?? null,
		};
		const noteId = refund.metadata[CREDIT_NOTE_KEY];
		const told =
			typeof noteId === 'string' && isLagoId(noteId)
				? [await unlessOfOthers(ctx, client, index, await toldToNote(client, refund, noteId))]
				: await mirrored(ctx, client, index, given, refund);
		return told.map((one) => ({ ...about, ...one }));
	},
};

/** A refund that a credit note of Lago started: the note gets its outcome. */
async function toldToNote(client: LagoClient, refund: DodoRefund, noteId: string): Promise<Result<CreateOutcome>> {
	return await heldIfRefused(
		async () => await writeBack(client, refund, noteId),
		`Refund ${refund.refund_id} was to be noted on credit note ${noteId}`,
		'Look at the credit note in Lago and set its refund status by hand.',
	);
}

/** A credit note that this Lago does not have may be another organisation's, which uses the same account at Dodo: its payment says so. */
async function unlessOfOthers(
	ctx: IExecuteFunctions,
	client: LagoClient,
	index: number,
	told: Result<CreateOutcome>,
): Promise<Result<CreateOutcome>> {
	if (told.reason !== 'unknown_credit_note') return told;
	const payment = paymentSchema.safeParse(objectParameter(ctx, 'payment', 'Refunded Payment', index));
	const others = payment.success ? await othersOf(client, toPaymentFacts(payment.data), []) : null;
	return others === null ? told : { outcome: 'ignored', message: others };
}

/** A refund that was made at Dodo. */
async function mirrored(
	ctx: IExecuteFunctions,
	client: LagoClient,
	index: number,
	given: IDataObject,
	refund: DodoRefund,
): Promise<Array<Result<CreateOutcome>>> {
	if (refund.status !== 'succeeded')
		return [
			{
				outcome: 'ignored',
				message: `Refund ${refund.refund_id} is ${refund.status}: no money went back, so there is nothing to mirror.`,
			},
		];
	const givenPayment = objectParameter(ctx, 'payment', 'Refunded Payment', index);
	const before = heldBefore(givenPayment);
	if (before !== null) return [before];
	const payment = paymentIn(ctx, givenPayment, refund, index);
	const read = toPaymentFacts(payment);
	const mode = modeOf(given, read);
	const reason = ctx.getNodeParameter('reason', index) as string;
	const entities = entitiesOfEvent(ctx, index);
	if (read.shares !== undefined) {
		const others = await othersOf(client, read, entities);
		if (others !== null) return [{ outcome: 'ignored', message: others }];
		return await mirrorOverBundle(client, { refund, payment, facts: read, reason, mode });
	}
	const invoiceId = await invoiceOf(client, read, mode, paidAt(payment), entities);
	if (invoiceId === null)
		return [
			{
				outcome: 'ignored',
				message: `Refund ${refund.refund_id} belongs to payment ${read.id}, which was not made for a Lago invoice that this workflow works for.`,
			},
		];
	if (typeof invoiceId !== 'string') return [invoiceId];
	const facts = { ...read, invoiceId };
	return [{ invoiceId, ...(await mirrorRefund(client, { refund, payment, facts, invoiceId, reason, mode })) }];
}

function readRefund(given: IDataObject): DodoRefund | null {
	const parsed = refundSchema.safeParse(given.data ?? given);
	return parsed.success ? parsed.data : null;
}

function paymentIn(ctx: IExecuteFunctions, given: IDataObject, refund: DodoRefund, index: number): DodoPayment {
	const parsed = paymentSchema.safeParse(given);
	if (parsed.success && parsed.data.payment_id === refund.payment_id) return parsed.data;
	throw new NodeOperationError(ctx.getNode(), `"Refunded Payment" is not payment ${refund.payment_id}`, {
		itemIndex: index,
		description:
			'Put Dodo Payments > Payment > Get before this node, with the payment {{ $json.data.payment_id }} of the refund.',
	});
}
