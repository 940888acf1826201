import { NodeOperationError, type IDataObject, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import { endOf } from '../../../shared/domain/dispute';
import type { DodoMode } from '../../../shared/domain/mode';
import { held } from '../../../shared/domain/outcome';
import type { PaymentFacts } from '../../../shared/domain/payment';
import { fieldsOf, type Operation, type Result } from '../../../shared/node/operation';
import { eventParameter, objectParameter } from '../../../shared/node/parameters';
import { heldBefore } from '../../../shared/node/unknown';
import { disputeSchema, paymentSchema, type DodoDispute, type DodoPayment } from '../../../shared/wire/dodo/objects';
import { refundedOf, toPaymentFacts } from '../../../shared/wire/dodo/paymentFacts';
import { entitiesOfEvent } from '../../helpers/billingEntities';
import { disputesOf } from '../../helpers/bundleBooks';
import { loseOverBundle, winOverBundle, wonAs, type DisputedBundle } from '../../helpers/bundleDisputes';
import { aboutDispute, lostAs, markLost, nameOf, noteVictory, type Recorded } from '../../helpers/disputes';
import { withInvoice } from '../../helpers/invoices';
import { othersOf } from '../../helpers/settlement/others';
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
	endsEvent: true,
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
		const { payment: read, whole, mode, paidOn, refunded } = disputedIn(ctx, given, givenPayment, dispute, index);
		const about = aboutDispute(dispute, read);
		const entities = entitiesOfEvent(ctx, index);
		if (read.shares !== undefined) {
			const others = await othersOf(client, read, entities);
			if (others !== null) return { outcome: 'ignored', message: others, ...about };
			const told = await recordOver(client, dispute, { payment: whole, facts: read, mode });
			return told.map((one) => ({ ...about, ...one }));
		}
		const invoiceId = await invoiceOf(client, read, mode, paidOn, entities);
		if (invoiceId === null)
			return {
				outcome: 'ignored',
				message: `Dispute ${dispute.dispute_id} is about payment ${read.id}, which was not made for a Lago invoice that this workflow works for.`,
				...about,
			};
		if (typeof invoiceId !== 'string') return { ...about, ...invoiceId };
		const disputed: Disputed = { payment: { ...read, invoiceId }, whole, mode, paidOn, refunded };
		return { ...about, invoiceId, ...(await record(client, dispute, disputed, invoiceId)) };
	},
};

async function record(
	client: LagoClient,
	dispute: DodoDispute,
	{ payment, whole, mode, paidOn, refunded }: Disputed,
	invoiceId: string,
): Promise<Recorded | Result<'dispute_open' | 'dispute_won'>> {
	const { dispute_id: disputeId, dispute_status: status } = dispute;
	const othersLost = (disputesOf(whole) ?? []).some(
		(one) => one.dispute_id !== disputeId && endOf(one.dispute_status) === 'lost',
	);
	const { amount: taken = null, currency = null } = dispute;
	const facts = { id: disputeId, amount: taken, currency, refunded, othersLost };
	const end = endOf(status);
	if (end === 'won') {
		const undo = async () => await noteVictory(client, invoiceId, facts, payment);
		return wonAs(victoryOf(dispute, payment), await withInvoice(client, invoiceId, undo));
	}
	if (end === null) return openAs(dispute, payment);
	const lost = lostAs(dispute, payment);
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

/** The same for a payment of several invoices: one item for each that it concerns. */
async function recordOver(
	client: LagoClient,
	dispute: DodoDispute,
	bundle: DisputedBundle,
): Promise<Array<Recorded | Result<'dispute_open' | 'dispute_won'>>> {
	const end = endOf(dispute.dispute_status);
	if (end === null) return [openAs(dispute, bundle.facts)];
	return end === 'lost'
		? await loseOverBundle(client, dispute, bundle)
		: await winOverBundle(client, dispute, bundle, victoryOf(dispute, bundle.facts));
}

function victoryOf(dispute: DodoDispute, payment: PaymentFacts): string {
	return `${nameOf(dispute, payment)} was ${dispute.dispute_status === 'dispute_won' ? 'won' : 'cancelled'}. The money stays`;
}

function openAs(dispute: DodoDispute, payment: PaymentFacts): Result<'dispute_open'> {
	return {
		outcome: 'dispute_open',
		message: `${nameOf(dispute, payment)} is open (${dispute.dispute_status}). Nothing is booked before it is decided.`,
		nextStep: 'Answer it with your evidence in Dodo Payments; there are about ten days.',
	};
}

interface Disputed {
	payment: PaymentFacts;
	/** The same as Dodo tells it. */
	whole: DodoPayment;
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
		const { data: whole } = payment;
		return {
			payment: facts,
			whole,
			mode: modeOf(given, facts),
			paidOn: paidAt(whole),
			refunded: refundedOf(whole),
		};
	}
	throw new NodeOperationError(ctx.getNode(), `"Disputed Payment" is not payment ${dispute.payment_id}`, {
		itemIndex: index,
		description:
			'Put Dodo Payments > Payment > Get before this node, with the payment {{ $json.data.payment_id }} of the dispute.',
	});
}
