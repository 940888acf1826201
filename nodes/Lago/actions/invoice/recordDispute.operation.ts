import { NodeOperationError, type IDataObject, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import {
	decideLoss,
	decideVictory,
	endOf,
	lostPart,
	type DisputeFacts,
	type DisputeStep,
} from '../../../shared/domain/dispute';
import { lostOf, ourRecord } from '../../../shared/domain/invoiceMetadata';
import type { DodoMode } from '../../../shared/domain/mode';
import { formatAmount, formatDodoAmount } from '../../../shared/domain/money';
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
import { bookingOf, changeRecord, fetchInvoice, withInvoice } from '../../helpers/invoices';
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
		const { payment: read, mode, paidOn, refunded } = disputedIn(ctx, given, givenPayment, dispute, index);
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
		const disputed: Disputed = { payment: { ...read, invoiceId }, mode, paidOn, refunded };
		return { ...about, invoiceId, ...(await record(client, dispute, disputed, invoiceId, amount)) };
	},
};

type Recorded = Result<'already_recorded' | 'dispute_lost' | 'held' | 'ignored'>;

/** @param amount what is disputed, in minor units. */
async function record(
	client: LagoClient,
	dispute: DodoDispute,
	{ payment, mode, paidOn, refunded }: Disputed,
	invoiceId: string,
	amount: number,
): Promise<Recorded | Result<'dispute_open' | 'dispute_won'>> {
	const { dispute_id: disputeId, dispute_status: status, is_resolved_by_rdr: byRdr } = dispute;
	const sum = formatDodoAmount(amount, dispute.currency ?? payment.currency);
	const what = `Dispute ${disputeId} over ${sum} of payment ${payment.id}`;
	const facts = { id: disputeId, amount: dispute.amount ?? null, currency: dispute.currency ?? null, refunded };
	const end = endOf(status);
	if (end === 'won') {
		const { said, nextStep } = await withInvoice(
			client,
			invoiceId,
			async () => await noteVictory(client, invoiceId, facts, payment),
		);
		return {
			outcome: 'dispute_won',
			message: `${what} was ${status === 'dispute_won' ? 'won' : 'cancelled'}. The money stays; ${said}.`,
			...(nextStep === undefined ? {} : { nextStep }),
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
		await withInvoice(client, invoiceId, async () => await markLost(client, invoiceId, facts, payment, lost));
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
async function noteVictory(
	client: LagoClient,
	invoiceId: string,
	dispute: DisputeFacts,
	payment: PaymentFacts,
): Promise<{ said: string; nextStep?: string }> {
	const read = await orNull(fetchInvoice(client, invoiceId), ({ final }) => final);
	const nothing = { said: 'there is nothing to undo' };
	if (!read?.payment_dispute_lost_at) return nothing;
	const invoice = toInvoiceFacts(read);
	const step = decideVictory(invoice, dispute, payment);
	if (step.action !== 'write') return nothing;
	const { action: _write, ...change } = step;
	let paidTwice = 0;
	await changeRecord(client, invoice, (state) => {
		const after = noted(state, 'dispute_won', change);
		paidTwice = -(lostOf(after) ?? 0);
		return after;
	});
	const said = `invoice ${invoice.number} was marked as a lost dispute before, which Lago cannot take back: its metadata now says that it was won`;
	return paidTwice > 0
		? {
				said,
				nextStep: `The customer has paid ${formatAmount(paidTwice, invoice.currency)} of it again meanwhile: give that back in Dodo Payments.`,
			}
		: { said };
}

async function markLost(
	client: LagoClient,
	invoiceId: string,
	dispute: DisputeFacts,
	payment: PaymentFacts,
	lost: string,
): Promise<Recorded> {
	try {
		const read = await fetchInvoice(client, invoiceId);
		const invoice = toInvoiceFacts(read);
		const about = { invoiceNumber: invoice.number };
		const isMarked = Boolean(read.payment_dispute_lost_at);
		const already: Recorded = {
			outcome: 'already_recorded',
			message: `${lost}. Invoice ${invoice.number} says so already.`,
			...about,
		};
		const stepFor = (booked: number): { part: number; step: DisputeStep } => {
			const part = lostPart(dispute, payment, booked);
			return { part, step: decideLoss(invoice, dispute, payment, part) };
		};
		const net = ourRecord(invoice.metadata).state?.taxOnTop ? payment.amount - payment.tax : payment.amount;
		if (isMarked && stepFor(net).step.action === 'recorded') return already;
		const booking = await bookingOf(client, read, payment);
		if (!booking.booked)
			return {
				outcome: 'ignored',
				message: `${lost}, but this payment was never booked on invoice ${invoice.number}; the books need no change.`,
				...about,
			};
		const { part, step } = stepFor(booking.amount);
		if (step.action === 'full')
			return held(
				'metadata_full',
				`${lost}, but the metadata of invoice ${invoice.number} has no room for one more dispute.`,
				`Void invoice ${invoice.number} in Lago and bill what is owed anew.`,
			);
		if (step.action === 'recorded' && isMarked) return already;
		// What was lost before the mark, which alone would mean everything.
		if (step.action === 'write')
			await changeRecord(client, invoice, (state) => noted(state, 'dispute_lost', { counted: step.counted }));
		if (!isMarked)
			await client.send({ method: 'POST', path: `/invoices/${encodeURIComponent(invoiceId)}/lose_dispute` });
		return {
			outcome: 'dispute_lost',
			message: `${lost}. Invoice ${invoice.number} is marked as a lost dispute in Lago; ${formatAmount(part, invoice.currency)} of it are owed again.`,
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
	/** What of the payment the merchant gave back, minor units of its currency. */
	refunded: number;
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
		const refunds = (payment.data.refunds ?? []).filter((one) => one.status === 'succeeded');
		const refunded = refunds.reduce((sum, one) => sum + (one.amount ?? 0), 0);
		return { payment: facts, mode: modeOf(given, facts), paidOn: paidAt(payment.data), refunded };
	}
	throw new NodeOperationError(ctx.getNode(), `"Disputed Payment" is not payment ${dispute.payment_id}`, {
		itemIndex: index,
		description:
			'Put Dodo Payments > Payment > Get before this node, with the payment {{ $json.data.payment_id }} of the dispute.',
	});
}
