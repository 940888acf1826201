import { NodeOperationError, type IDataObject, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import { endOf } from '../../../shared/domain/dispute';
import { ourRecord } from '../../../shared/domain/invoiceMetadata';
import type { DodoMode } from '../../../shared/domain/mode';
import { formatDodoAmount } from '../../../shared/domain/money';
import { held } from '../../../shared/domain/outcome';
import type { PaymentFacts } from '../../../shared/domain/payment';
import { noted } from '../../../shared/domain/phases';
import { fieldsOf, type Operation, type Result } from '../../../shared/node/operation';
import { eventParameter, objectParameter } from '../../../shared/node/parameters';
import { heldBefore } from '../../../shared/node/unknown';
import { asApiError } from '../../../shared/transport/apiError';
import { orNull } from '../../../shared/transport/orNull';
import { disputeSchema, paymentSchema, type DodoDispute } from '../../../shared/wire/dodo/objects';
import { toPaymentFacts } from '../../../shared/wire/dodo/paymentFacts';
import { toInvoiceFacts } from '../../../shared/wire/lago/objects';
import { bookingOf, changeInvoice, fetchInvoice, withInvoice } from '../../helpers/invoices';
import { invoiceOf, modeOf, paidAt, settle } from '../../helpers/settlement/settle';
import type { LagoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	{
		displayName: 'Dispute',
		name: 'dispute',
		type: 'string',
		ignoreValidationDuringExecution: true,
		default: '',
		placeholder: 'e.g. {{ $json }}',
		description:
			'The dispute as the Dodo Payments Trigger returns it; when empty, the event that this execution began with',
		hint: 'Leave empty for the event that this execution began with',
	},
	{
		displayName: 'Disputed Payment',
		name: 'payment',
		type: 'json',
		required: true,
		default: '={{ $json }}',
		description: 'The payment that is disputed, as Dodo Payments > Payment > Get returns it: it names the invoice',
		hint: 'Leave as it is behind Dodo Payments > Payment > Get',
	},
];

const UNREADABLE = 'Look at the dispute in Dodo Payments; when it is lost, record it on the invoice in Lago by hand.';
const BY_HAND =
	'If the payment was booked in Lago by hand, mark the invoice there as a lost dispute; otherwise nothing is left to do.';

/** Invoice -> Record Dispute: a lost dispute is marked on the invoice once; everything else is only told. */
export const recordDispute: Operation<
	LagoClient,
	'already_recorded' | 'dispute_lost' | 'dispute_open' | 'dispute_won' | 'held' | 'ignored'
> = {
	menu: {
		name: 'Record Dispute',
		action: 'Record a dispute on an invoice',
		description: 'Mark an invoice whose dispute is lost, once; open and won disputes are only told',
	},
	fields: fieldsOf('invoice', 'recordDispute', fields),
	outputs: [
		{ name: 'About an Invoice' },
		{ name: 'Ignored', outcomes: ['ignored'] },
		{ name: 'Held', outcomes: ['held'] },
	],
	async execute(ctx, client, index) {
		const given = eventParameter(ctx, 'dispute', 'Dispute', index);
		const parsed = disputeSchema.safeParse(given.data ?? given);
		if (!parsed.success)
			return held('unreadable_dispute', 'This is not a dispute as Dodo Payments sends it.', UNREADABLE);
		const dispute = parsed.data;
		const givenPayment = objectParameter(ctx, 'payment', 'Disputed Payment', index);
		const before = heldBefore(givenPayment);
		if (before !== null) return { disputeId: dispute.dispute_id, disputeStatus: dispute.dispute_status, ...before };
		const { payment: read, mode, paidOn } = disputedIn(ctx, given, givenPayment, dispute, index);
		const { dispute_id: disputeId, dispute_status: status } = dispute;
		const amount = dispute.amount ?? read.amount;
		const about = {
			disputeId,
			disputeStatus: status,
			paymentId: read.id,
			amount,
			currency: dispute.currency ?? read.currency,
			disputeReason: dispute.reason ?? null,
		};
		const invoiceId = await invoiceOf(client, read, mode, paidOn);
		if (invoiceId === null)
			return {
				outcome: 'ignored',
				message: `Dispute ${disputeId} is about payment ${read.id}, which was not made for a Lago invoice.`,
				...about,
			};
		if (typeof invoiceId !== 'string') return { ...about, ...invoiceId };
		const disputed: Disputed = { payment: { ...read, invoiceId }, mode, paidOn };
		return { ...about, invoiceId, ...(await record(client, dispute, disputed, invoiceId, amount)) };
	},
};

type Recorded = Result<'already_recorded' | 'dispute_lost' | 'held' | 'ignored'>;

/** @param amount what is disputed, in minor units. */
async function record(
	client: LagoClient,
	dispute: DodoDispute,
	{ payment, mode, paidOn }: Disputed,
	invoiceId: string,
	amount: number,
): Promise<Recorded | Result<'dispute_open' | 'dispute_won'>> {
	const { dispute_id: disputeId, dispute_status: status, is_resolved_by_rdr: byRdr } = dispute;
	const sum = formatDodoAmount(amount, dispute.currency ?? payment.currency);
	const what = `Dispute ${disputeId} over ${sum} of payment ${payment.id}`;
	const end = endOf(status);
	if (end === 'won') {
		const noted = await withInvoice(client, invoiceId, async () => await noteVictory(client, invoiceId));
		return {
			outcome: 'dispute_won',
			message: `${what} was ${status === 'dispute_won' ? 'won' : 'cancelled'}. The money stays; ${noted}.`,
		};
	}
	if (end === null)
		return {
			outcome: 'dispute_open',
			message: `${what} is open (${status}). Nothing is booked before it is decided.`,
			nextStep: 'Answer it with your evidence in Dodo Payments; there are about ten days.',
		};
	const atOnce = byRdr ? ' and paid back at once by the card network (RDR)' : '';
	const lost = `${what} was ${status.replace('dispute_', '')}${atOnce}`;
	const mark = async (): Promise<Recorded> =>
		await withInvoice(client, invoiceId, async () => await markLost(client, invoiceId, payment, lost));
	const marked = await mark();
	if (marked.outcome !== 'ignored') return marked;
	// The news of the payment itself may still be on its way: what it would book is booked now.
	const settled = await settle(client, payment, mode, paidOn);
	// Whether it was booked by hand, nobody can compare.
	if (settled.outcome === 'held' && settled.reason === 'currency_unit_unclear')
		return { ...settled, outcome: 'held', message: `${lost}. ${settled.message}`, nextStep: BY_HAND };
	return settled.outcome === 'settled' || settled.outcome === 'already_settled' ? await mark() : marked;
}

/** Lago has no way back from a lost dispute, so an invoice that was marked too early says so in its metadata. */
async function noteVictory(client: LagoClient, invoiceId: string): Promise<string> {
	const nothing = 'there is nothing to undo';
	const invoice = await orNull(fetchInvoice(client, invoiceId), ({ final }) => final);
	if (!invoice?.payment_dispute_lost_at) return nothing;
	const { metadata } = toInvoiceFacts(invoice);
	const { state } = ourRecord(metadata);
	if (state?.disputeWon) return nothing;
	await changeInvoice(client, invoiceId, metadata, {
		state: noted(state, 'dispute_won', { disputeWon: true }),
	});
	return `invoice ${invoice.number} was marked as a lost dispute before, which Lago cannot take back: its metadata now says that it was won`;
}

async function markLost(client: LagoClient, invoiceId: string, payment: PaymentFacts, lost: string): Promise<Recorded> {
	try {
		const invoice = await fetchInvoice(client, invoiceId);
		const about = { invoiceNumber: invoice.number };
		if (invoice.payment_dispute_lost_at)
			return { outcome: 'already_recorded', message: `${lost}. Invoice ${invoice.number} says so already.`, ...about };
		if (!(await bookingOf(client, invoice, payment)).booked)
			return {
				outcome: 'ignored',
				message: `${lost}, but this payment was never booked on invoice ${invoice.number}; the books need no change.`,
				...about,
			};
		await client.send({ method: 'POST', path: `/invoices/${encodeURIComponent(invoiceId)}/lose_dispute` });
		return {
			outcome: 'dispute_lost',
			message: `${lost}. Invoice ${invoice.number} is marked as a lost dispute in Lago.`,
			nextStep: 'Decide whether the customer still owes the money and whether they may go on using the product.',
			...about,
		};
	} catch (caught) {
		const refusal = asApiError(caught);
		if (!refusal.final) throw refusal;
		return refusal.code === 'invoice_not_found'
			? held(
					'unknown_invoice',
					`${lost}, but this Lago organisation does not have invoice ${invoiceId}.`,
					'Check that the Lago credential belongs to the organisation that issued the invoice.',
				)
			: held(
					'lago_refused',
					`${lost}, but Lago does not take that for invoice ${invoiceId} (${refusal.code}).`,
					'Look at the invoice in Lago and record the lost dispute by hand.',
				);
	}
}

interface Disputed {
	payment: PaymentFacts;
	mode: DodoMode | null;
	paidOn: string | undefined;
}

function disputedIn(
	ctx: IExecuteFunctions,
	given: IDataObject,
	givenPayment: IDataObject,
	dispute: DodoDispute,
	index: number,
): Disputed {
	const payment = paymentSchema.safeParse(givenPayment);
	if (payment.success && payment.data.payment_id === dispute.payment_id) {
		const facts = toPaymentFacts(payment.data);
		return { payment: facts, mode: modeOf(given, facts), paidOn: paidAt(payment.data) };
	}
	throw new NodeOperationError(ctx.getNode(), `"Disputed Payment" is not payment ${dispute.payment_id}`, {
		itemIndex: index,
		description:
			'Put Dodo Payments > Payment > Get before this node, with the payment {{ $json.data.payment_id }} of the dispute.',
	});
}
