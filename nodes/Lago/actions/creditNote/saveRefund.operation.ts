import type { INodeProperties } from 'n8n-workflow';
import { z } from 'zod';
import { REFUND_ID_KEY, REFUNDED_PAYMENT_KEY } from '../../../shared/domain/keys';
import { refundNamedBy } from '../../../shared/domain/noteTie';
import { held } from '../../../shared/domain/outcome';
import { fieldsOf, type Json, type Operation, type Result } from '../../../shared/node/operation';
import { objectParameter } from '../../../shared/node/parameters';
import { withKeyedLock } from '../../../shared/process/keyedLock';
import { onFirstUse } from '../../../shared/wire/onFirstUse';
import { changeCreditNote, creditNotesOf, refundEnd } from '../../helpers/creditNotes';
import { heldIfRefused } from '../../helpers/refusals';
import type { LagoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	{
		displayName: 'Refund',
		name: 'refund',
		type: 'json',
		required: true,
		default: '={{ $json }}',
		description:
			'What Dodo Payments > Refund > Create returned for a credit note. The refund and where it stands are written to the credit note; anything else passes through.',
		hint: 'Leave as it is behind a Dodo Payments node',
	},
];

const refundSchema = onFirstUse(() =>
	z
		.object({
			outcome: z.string(),
			reason: z.string().nullish(),
			creditNoteId: z.string().min(1),
			creditNoteNumber: z.string(),
			invoiceId: z.string(),
			invoiceNumber: z.string(),
			refundId: z.string().nullish(),
			paymentId: z.string().nullish(),
			status: z.string().nullish(),
		})
		.passthrough(),
);
type Refund = z.output<typeof refundSchema>;

/** Credit Note -> Save Refund: the tie between a credit note and its refund, and the check that there is only one note for it. */
export const saveRefund: Operation<LagoClient, 'held' | 'refund_confirmed'> = {
	menu: {
		name: 'Save Refund',
		action: 'Save the refund of a credit note',
		description: 'Write to a credit note which refund was made for it and where it stands',
	},
	fields: fieldsOf('creditNote', 'saveRefund', fields),
	endsEvent: true,
	outputs: [{ name: 'Done' }, { name: 'Held', outcomes: ['held'] }],
	async execute(ctx, client, index) {
		const given = objectParameter(ctx, 'refund', 'Refund', index);
		const parsed = refundSchema.safeParse(given);
		if (!parsed.success) return given;
		const refund = parsed.data;
		const saved = async (): Promise<Json> =>
			await withKeyedLock(`credit ${client.accountKey} ${refund.invoiceId}`, async () =>
				refund.outcome === 'mirrored' ? await confirm(client, refund) : await save(client, refund),
			);
		const nextStep = `Look at credit note ${refund.creditNoteNumber} in Lago and set its refund status by hand.`;
		return {
			...(refund as Json),
			...(await heldIfRefused(
				saved,
				`Refund ${refund.refundId ?? '(none)'} was to be noted on credit note ${refund.creditNoteNumber}`,
				nextStep,
			)),
		};
	},
};

async function save(client: LagoClient, refund: Refund): Promise<Json> {
	const refused =
		refund.outcome === 'held' && (refund.reason === 'refund_refused' || refund.reason === 'refund_failed');
	if (!refund.refundId && !refused) return refund;
	const refundStatus = refused ? 'failed' : refundEnd(refund.status);
	const metadata: Record<string, string> = {};
	if (refund.refundId) metadata[REFUND_ID_KEY] = refund.refundId;
	if (refund.refundId && refund.paymentId) metadata[REFUNDED_PAYMENT_KEY] = refund.paymentId;
	await changeCreditNote(client, refund.creditNoteId, { refundStatus, metadata });
	return { ...refund, saved: true };
}

/** A note that mirrors a refund of Dodo: the first one for it is confirmed, a second one is a surplus that two workers made at once. */
async function confirm(client: LagoClient, refund: Refund): Promise<Result<'held' | 'refund_confirmed'>> {
	const notes = await creditNotesOf(client, { id: refund.invoiceId, number: refund.invoiceNumber });
	const [first, ...surplus] = notes.filter((note) => refundNamedBy(note) === refund.refundId);
	const isSurplus = surplus.some(({ lago_id }) => lago_id === refund.creditNoteId);
	const refundStatus = isSurplus ? 'failed' : refundEnd(refund.status);
	const current = notes.find(({ lago_id }) => lago_id === refund.creditNoteId)?.refund_status;
	if (refundStatus !== undefined && current !== refundStatus)
		await changeCreditNote(client, refund.creditNoteId, { refundStatus });
	if (isSurplus)
		return {
			...(refund as Json),
			...held(
				'duplicate_credit_note',
				`Credit note ${refund.creditNoteNumber} mirrors refund ${refund.refundId}, which credit note ${first?.number} already mirrors; two runs must have made them in the same moment.`,
				`Its refund status was set to failed. Lago cannot delete a credit note: take ${refund.creditNoteNumber} into account by hand.`,
			),
		};
	return {
		...(refund as Json),
		...(refundStatus === 'succeeded' ? { outcome: 'refund_confirmed' } : {}),
		message: `Credit note ${refund.creditNoteNumber} mirrors refund ${refund.refundId} (${refundStatus ?? 'pending'}).`,
	};
}
