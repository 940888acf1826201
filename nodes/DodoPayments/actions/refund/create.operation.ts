import { NodeOperationError, type IDataObject, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import { z } from 'zod';
import { ourRecord } from '../../../shared/domain/invoiceMetadata';
import { listOrId } from '../../../shared/node/fields';
import { amountField, amountParameter, minorUnitsParameter } from '../../../shared/node/money';
import { fieldsOf, type Json, type Result, type Operation } from '../../../shared/node/operation';
import { idParameter, objectParameter } from '../../../shared/node/parameters';
import { heldBefore } from '../../../shared/node/unknown';
import { before, DECIMAL_AMOUNTS, since } from '../../../shared/node/version';
import { withKeyedLock } from '../../../shared/process/keyedLock';
import { creditNoteSchema, type LagoCreditNote } from '../../../shared/wire/lago/creditNote';
import { invoiceSchema, toInvoiceFacts } from '../../../shared/wire/lago/objects';
import { onFirstUse } from '../../../shared/wire/onFirstUse';
import { refundNote, type NoteOutcome } from '../../helpers/noteRefunds';
import { refundLocked } from '../../helpers/refunds';
import { surplusOf } from '../../helpers/surplus';
import { whileUpToDate } from '../../helpers/upToDate';
import type { DodoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	{
		displayName: 'Refund For',
		name: 'source',
		description: 'Why money goes back, and so how much',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Any Payment', value: 'payment', description: 'A payment and an amount that you give' },
			{ name: 'Lago Credit Note', value: 'creditNote', description: 'What a credit note of Lago gives back' },
			{
				name: 'Overpayment',
				value: 'overpayment',
				description: 'A payment that came although nothing was due any more',
			},
		],
		default: 'creditNote',
	},
	{
		displayName: 'Credit Note',
		name: 'creditNote',
		type: 'json',
		required: true,
		default: '={{ $json }}',
		displayOptions: { show: { source: ['creditNote'] } },
		description:
			'The credit note as Lago > Credit Note > Get returns it. Without a refund, or when it mirrors a refund of Dodo, nothing is done.',
		hint: 'Leave as it is behind a Lago node',
	},
	{
		displayName: 'Overpayment',
		name: 'overpayment',
		type: 'json',
		required: true,
		default: '={{ $json }}',
		displayOptions: { show: { source: ['overpayment'] } },
		description:
			'An item that left Lago > Invoice > Update Payment Status as overpaid, or an invoice of Get Many > Overpaid; the surplus payment is refunded in full. Anything else passes through.',
		hint: 'Leave as it is behind a Lago node',
	},
	{
		displayName: 'Payment',
		name: 'payment',
		description: 'Which payment to give back',
		type: 'resourceLocator',
		required: true,
		default: { mode: 'list', value: '' },
		displayOptions: { show: { source: ['payment'] } },
		...listOrId('searchPayments', 'e.g. pay_4mQ0Ydq2Hk1nTzFh3XbUv'),
	},
	{
		displayName: 'Amount',
		name: 'amount',
		type: 'number',
		required: true,
		typeOptions: { minValue: 0, numberPrecision: 0 },
		default: 0,
		displayOptions: { show: { source: ['payment'], ...before(DECIMAL_AMOUNTS.dodoPayments) } },
		description: 'In the smallest unit of the currency, tax included; 0 refunds all that is left',
	},
	{
		displayName: 'Refund',
		name: 'extent',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'A Part', value: 'part', description: 'An amount that you give' },
			{ name: 'All That Is Left', value: 'all', description: 'Whatever has not gone back yet' },
		],
		default: 'part',
		displayOptions: { show: { source: ['payment'], ...since(DECIMAL_AMOUNTS.dodoPayments) } },
		description: 'How much of the payment goes back',
	},
	{
		...amountField,
		displayOptions: { show: { source: ['payment'], extent: ['part'], ...since(DECIMAL_AMOUNTS.dodoPayments) } },
		description: 'In the currency of the payment, with a point and without separators: 1250.00. Tax included.',
	},
	{
		displayName: 'Reference',
		name: 'reference',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. ticket-4711',
		displayOptions: { show: { source: ['payment'] } },
		description:
			'Your own name for this refund, shown as its reason at Dodo Payments. A payment is refunded only once under the same name.',
	},
];

/** Refund -> Create: exactly one refund for a credit note, an overpayment or a reference. */
export const create: Operation<DodoClient, NoteOutcome> = {
	menu: {
		name: 'Create',
		action: 'Create a refund',
		description: 'Give money back for a Lago credit note, an overpayment or any payment, exactly once',
	},
	fields: fieldsOf('refund', 'create', fields),
	async execute(ctx, client, index) {
		const source = ctx.getNodeParameter('source', index) as 'creditNote' | 'overpayment' | 'payment';
		if (source === 'creditNote') return await forCreditNote(ctx, client, index);
		return source === 'overpayment' ? await forOverpayment(ctx, client, index) : await forPayment(ctx, client, index);
	},
};

async function forPayment(ctx: IExecuteFunctions, client: DodoClient, index: number): Promise<Result<NoteOutcome>> {
	const paymentId = idParameter(ctx, 'payment', index);
	const reason = idParameter(ctx, 'reference', index);
	const amountIn = givenAmount(ctx, index);
	return await refundLocked(client, paymentId, ({ currency }) => ({
		paymentId,
		amount: amountIn(currency),
		withoutTax: false,
		reason,
		metadata: {},
	}));
}

/** What gives the amount in the currency of the payment, minor units; null for all that is left. @throws NodeOperationError */
function givenAmount(ctx: IExecuteFunctions, index: number): (currency: string) => number | null {
	if (ctx.getNode().typeVersion >= DECIMAL_AMOUNTS.dodoPayments)
		return ctx.getNodeParameter('extent', index) === 'all'
			? () => null
			: amountParameter(ctx, 'amount', 'Amount', index);
	const amount = minorUnitsParameter(ctx, 'amount', index, 0);
	return () => (amount === 0 ? null : amount);
}

const overpaymentSchema = onFirstUse(() =>
	z.object({
		outcome: z.literal('overpaid'),
		paymentId: z.string().min(1),
		invoiceId: z.string().nullish(),
		invoiceNumber: z.string().nullish(),
		readAt: z.number().optional(),
		/** What must go back of a payment of several invoices, minor units. */
		surplus: z.number().int().positive().optional(),
	}),
);

/** The surplus payment that is written on an invoice of Get Many; null for anything else. */
function recordedOverpayment(given: Json): Json | null {
	const invoice = invoiceSchema.safeParse(given);
	if (!invoice.success) return null;
	const { dodoId, state } = ourRecord(toInvoiceFacts(invoice.data).metadata);
	return state?.phase === 'overpaid'
		? {
				outcome: 'overpaid',
				paymentId: dodoId,
				invoiceId: invoice.data.lago_id,
				invoiceNumber: invoice.data.number,
				readAt: invoice.data.readAt,
				// Of a payment of one invoice it is all of it, whatever its link asked for.
				surplus: state.amount,
			}
		: null;
}

async function forOverpayment(ctx: IExecuteFunctions, client: DodoClient, index: number): Promise<Result<NoteOutcome>> {
	const given = objectParameter(ctx, 'overpayment', 'Overpayment', index);
	const overpayment = overpaymentSchema.safeParse(recordedOverpayment(given) ?? given);
	if (!overpayment.success) return given;
	const { paymentId, invoiceId, invoiceNumber, readAt, surplus } = overpayment.data;
	const surplusIn = { invoiceId: invoiceId ?? '', number: invoiceNumber ?? invoiceId ?? '', surplus };
	return {
		invoiceId: invoiceId ?? null,
		invoiceNumber: invoiceNumber ?? null,
		...(await whileUpToDate(
			ctx,
			index,
			{ name: `invoice ${invoiceNumber ?? invoiceId ?? ''}`.trim(), readAt },
			async (notAfter) =>
				await refundLocked(client, paymentId, (payment) => ({ ...surplusOf(payment, surplusIn), notAfter })),
		)),
	};
}

const NOTE_ID = /^[0-9a-f-]{36}$/i;

async function forCreditNote(ctx: IExecuteFunctions, client: DodoClient, index: number): Promise<Result<NoteOutcome>> {
	const given = objectParameter(ctx, 'creditNote', 'Credit Note', index);
	const before = heldBefore(given);
	if (before !== null) return before;
	const note = creditNoteIn(ctx, given, index);
	const about = {
		creditNoteId: note.lago_id,
		creditNoteNumber: note.number,
		invoiceId: note.lago_invoice_id,
		invoiceNumber: note.invoice_number,
	};
	return await withKeyedLock(`refund ${client.accountKey} ${note.lago_invoice_id}`, async () => ({
		...about,
		...(await whileUpToDate(
			ctx,
			index,
			{ name: `credit note ${note.number}`, readAt: note.readAt },
			async (notAfter) => await refundNote(client, note, notAfter),
		)),
	}));
}

function creditNoteIn(ctx: IExecuteFunctions, given: IDataObject, index: number): LagoCreditNote {
	const parsed = creditNoteSchema.safeParse(given.credit_note ?? given);
	if (parsed.success && NOTE_ID.test(parsed.data.lago_id)) return parsed.data;
	throw new NodeOperationError(ctx.getNode(), '"Credit Note" is not a credit note as Lago returns it', {
		itemIndex: index,
		description: 'Put Lago > Credit Note > Get before this node and leave the field at {{ $json }}.',
	});
}
