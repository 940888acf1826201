import { groupBy } from '../../nodes/shared/domain/groupBy';
import type { Payment, Refund } from '../../sandbox/dodo/state';
import type { CreditNote, Invoice } from '../../sandbox/lago/documents';
import type { Sync } from '../support/sync';

/** What is wrong between the two books, in words. */
export interface Audit {
	/** Something happened on one side that the other does not know (yet). */
	lost: string[];
	/** Something was done more than once, or with another amount. */
	doubled: string[];
	/** What was done: objects made or changed on the other side. */
	effects: number;
	/** Checkouts whose answer was lost: Dodo can neither list nor cancel them, and nobody was ever shown their address. */
	orphans: number;
}

/** Every checkout that ever stood on an invoice, so that a payer may have seen it. */
export class HandedOut {
	private readonly seen = new Map<string, Set<string>>();
	/** Those that a new page followed, as it may: {@link bringsNothing}. */
	private readonly followed = new Set<string>();
	/** What was written of each invoice, with the time, for whoever has to find out why. */
	private readonly written = new Map<string, string[]>();

	constructor(private readonly sync: Pick<Sync, 'lago' | 'dodo'>) {
		const { lago } = sync;
		lago.activity.on('call', ({ method, path }: { method: string; path: string }) => {
			const invoiceId = /^\/api\/v1\/invoices\/([^/]+)$/.exec(path)?.[1];
			if (method !== 'PUT' || invoiceId === undefined) return;
			const reference = lago.metadataOf(invoiceId, 'dodo_payment_id');
			this.note(invoiceId, `${reference} ${lago.metadataOf(invoiceId, 'dodo_state')}`);
			if (!reference?.startsWith('cks_') || this.of(invoiceId).has(reference)) return;
			for (const id of this.of(invoiceId)) if (this.bringsNothing(id)) this.followed.add(id);
			this.of(invoiceId).add(reference);
		});
	}

	/** Those that nothing has followed: more than one could bring the money twice. */
	liveOf(invoiceId: string): number {
		return [...this.of(invoiceId)].filter((id) => !this.followed.has(id)).length;
	}

	of(invoiceId: string): Set<string> {
		const known = this.seen.get(invoiceId) ?? new Set<string>();
		this.seen.set(invoiceId, known);
		return known;
	}

	/** What happened to an invoice, in order. */
	storyOf(invoiceId: string): string[] {
		const ofInvoice = this.paymentsBy(({ metadata }) => metadata.lago_invoice_id === invoiceId);
		const disputes = [...this.sync.dodo.state.disputes.values()].filter(({ payment_id }) =>
			ofInvoice.some((payment) => payment.payment_id === payment_id),
		);
		return [
			...(this.written.get(invoiceId) ?? []),
			...ofInvoice.map((one) => `${one.payment_id} by ${one.checkout_session_id}: ${one.status}, ${one.created_at}`),
			...disputes.map((one) => `${one.dispute_status} over ${one.payment_id}, ${one.created_at}`),
		];
	}

	/** A payment by it was declined, or what it brought was lost in a dispute and is owed again: another page may be handed out. */
	private bringsNothing(sessionId: string): boolean {
		const lost = [...this.sync.dodo.state.disputes.values()].filter(
			({ dispute_status }) => dispute_status === 'dispute_lost',
		);
		return this.paymentsBy(({ checkout_session_id }) => checkout_session_id === sessionId).some(
			({ status, payment_id }) => status === 'failed' || lost.some((dispute) => dispute.payment_id === payment_id),
		);
	}

	private paymentsBy(isMeant: (payment: Payment) => boolean): Payment[] {
		return [...this.sync.dodo.state.payments.values()].filter(isMeant);
	}

	private note(invoiceId: string, what: string): void {
		const known = this.written.get(invoiceId) ?? [];
		this.written.set(invoiceId, [...known, `${new Date().toISOString()} ${what}`]);
	}
}

/** Compares both books, object by object. */
export function audit({ dodo, lago }: Pick<Sync, 'dodo' | 'lago'>, handedOut: HandedOut): Audit {
	const result: Audit = { lost: [], doubled: [], effects: 0, orphans: 0 };
	const exactlyOne = (count: number, what: string, story: () => string[] = () => []): void => {
		if (count === 0) result.lost.push(what);
		if (count > 1) result.doubled.push([`${what}: ${count} times`, ...story()].join('\n'));
		result.effects += count;
	};
	// By what they belong to: an audit looks at thousands of objects, several times a second.
	const ofInvoice = ({ metadata }: { metadata: Record<string, unknown> }): string => String(metadata.lago_invoice_id);
	const payments = groupBy(dodo.state.payments.values(), ofInvoice);
	const checkouts = groupBy(dodo.state.checkouts.values(), ofInvoice);
	const bookings = groupBy(lago.state.payments.values(), ({ lago_payable_id }) => lago_payable_id);
	const notes = [...lago.state.creditNotes.values()];
	const notesByRefund = groupBy(notes, ({ metadata }) => String(metadata.dodo_refund_id));
	const refunds = [...dodo.state.refunds.values()];
	const refundsByNote = groupBy(refunds, ({ metadata }) => String(metadata.lago_credit_note_id));
	for (const invoice of lago.state.invoices.values()) auditInvoice(invoice);
	for (const refund of refunds) {
		// Its outcome and the webhook that tells it are still to come, though nobody is sending anything.
		if (refund.status === 'pending') result.lost.push(`the outcome of refund ${refund.refund_id}`);
		if (refund.status === 'succeeded') auditRefund(refund);
	}
	for (const note of notes.filter(({ refund_amount_cents }) => refund_amount_cents > 0)) auditNote(note);
	for (const { payment_id, dispute_status } of dodo.state.disputes.values())
		if (dispute_status === 'dispute_lost')
			exactlyOne(
				invoiceOf(payment_id)?.payment_dispute_lost_at ? 1 : 0,
				`lost dispute of ${payment_id} on its invoice`,
			);
	for (const { subscription_id, status, metadata } of dodo.state.subscriptions.values())
		if (status === 'active')
			exactlyOne(
				lago.state.customers
					.get(String(metadata.lago_customer_external_id))
					?.metadata.filter(({ value }) => value === subscription_id).length ?? 0,
				`mandate ${subscription_id} on its customer`,
			);
	return result;

	function auditInvoice(invoice: Invoice): void {
		const own = payments.get(invoice.lago_id) ?? [];
		const succeeded = own.filter(({ status }) => status === 'succeeded');
		const shown = handedOut.of(invoice.lago_id);
		const sessions = checkouts.get(invoice.lago_id) ?? [];
		result.orphans += sessions.filter(({ id }) => !shown.has(id)).length;
		// By mandate or by link: one thing that can bring the money.
		const charges = own.filter(({ subscription_id }) => subscription_id !== null);
		exactlyOne(
			handedOut.liveOf(invoice.lago_id) + charges.length,
			`live Dodo object of invoice ${invoice.number}`,
			() => handedOut.storyOf(invoice.lago_id),
		);
		if (succeeded.length > 1) result.doubled.push(`invoice ${invoice.number} was paid ${succeeded.length} times`);
		for (const payment of succeeded) auditBooking(invoice, payment);
		const booked = bookedOn(invoice);
		for (const { reference } of booked)
			if (!succeeded.some(({ payment_id }) => payment_id === reference))
				result.doubled.push(`invoice ${invoice.number} has a booking of ${reference}, which did not succeed`);
		const expected =
			succeeded.length > 0 ? 'succeeded' : own.some(({ status }) => status === 'failed') ? 'failed' : 'pending';
		if (invoice.payment_status !== expected)
			result.lost.push(`invoice ${invoice.number} is ${invoice.payment_status} and should be ${expected}`);
	}

	function auditBooking(invoice: Invoice, { payment_id, total_amount }: Payment): void {
		const own = bookedOn(invoice).filter(({ reference }) => reference === payment_id);
		exactlyOne(own.length, `booking of ${payment_id} on invoice ${invoice.number}`);
		for (const { amount_cents } of own)
			if (amount_cents !== total_amount)
				result.doubled.push(`${payment_id} is booked with ${amount_cents} instead of ${total_amount}`);
	}

	function auditRefund({ refund_id, amount, metadata }: Refund): void {
		const named = lago.state.creditNotes.get(String(metadata.lago_credit_note_id));
		const mirrors = new Set([...(notesByRefund.get(refund_id) ?? []), ...(named === undefined ? [] : [named])]);
		exactlyOne(mirrors.size, `credit note of refund ${refund_id}`);
		for (const note of mirrors) {
			if (note.refund_amount_cents !== amount)
				result.doubled.push(`credit note ${note.number} gives back ${note.refund_amount_cents} instead of ${amount}`);
			if (note.refund_status !== 'succeeded') result.lost.push(`credit note ${note.number} says ${note.refund_status}`);
		}
	}

	function auditNote(note: CreditNote): void {
		const named = dodo.state.refunds.get(String(note.metadata.dodo_refund_id));
		const own = new Set([...(refundsByNote.get(note.lago_id) ?? []), ...(named === undefined ? [] : [named])]);
		exactlyOne(own.size, `refund of credit note ${note.number}`);
	}

	function bookedOn({ lago_id }: Invoice) {
		return bookings.get(lago_id) ?? [];
	}

	function invoiceOf(paymentId: string): Invoice | undefined {
		return lago.state.invoices.get(String(dodo.state.payments.get(paymentId)?.metadata.lago_invoice_id));
	}
}
