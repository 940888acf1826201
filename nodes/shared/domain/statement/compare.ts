import { spend, sumOf } from '../bundle';
import { invoicesOf, type KnownMovement, type LagoBooks, type Period, type StatedInvoice } from './books';
import { Documents } from './documents';
import { gaps } from './gaps';
import { withPayouts, type Balance } from './ledger';
import { inDodoUnits, isRounding, isTaxOnTop, newLine, say, type Line } from './line';
import type { StatementReason } from './reasons';

const OPEN = ['dispute_opened', 'dispute_challenged'];
const WON = ['dispute_won', 'dispute_cancelled'];

/**
 * Both books side by side: a line for each movement of Dodo's, and one for each document of Lago's within the periods that none of them is
 * about. Every difference has its reason.
 */
export class Comparison {
	private readonly documents: Documents;

	constructor(
		private readonly books: LagoBooks,
		private readonly periods: readonly Period[],
	) {
		this.documents = new Documents(books, periods);
	}

	/** Oldest first. */
	lines(movements: readonly KnownMovement[], balances: readonly Balance[]): Line[] {
		// They may have been read day by day: which payout a movement went into shows only in all of them.
		const lines = withPayouts(movements).map((movement) => this.lineOf(movement));
		lines.push(...this.documents.left(), ...gaps(movements, balances, this.periods));
		return lines.sort((one, other) => one.at - other.at);
	}

	private lineOf(movement: KnownMovement): Line {
		const line = newLine(movement, this.documents.invoices(invoicesOf(movement)));
		const { gross, refund } = movement;
		// Read day by day, a fee or a tax may stand in a row of its own.
		switch (movement.movement) {
			case 'payment':
				if (gross !== 0) this.comparePayment(line, movement);
				break;
			case 'refund':
				if (refund < 0) this.compareRefund(line, movement);
				else if (refund > 0) line.reason = 'refund_failed';
				break;
			case 'dispute':
				this.compareDispute(line, movement);
		}
		return line;
	}

	private comparePayment(line: Line, movement: KnownMovement): void {
		const booked = this.documents.payments.get(movement.id) ?? [];
		const inside = this.documents.meet(line, 'payment', booked);
		if (booked.length === 0) this.sayByStatus(line, movement);
		if (line.difference === 0) return;
		const missing = this.missingFrom(movement, new Set(booked.map(({ invoiceId }) => invoiceId)));
		if (inside.length < booked.length) line.reason = 'other_period';
		else if (line.kind !== null && isTaxOnTop(line)) line.reason = 'tax_on_top';
		else if (line.kind === null || missing !== null)
			line.reason = missing ?? this.unbooked(movement, movement.invoiceId);
		else line.reason = 'amount_differs';
	}

	/** A Lago without licence has no payments: there the invoice is the only document. */
	private sayByStatus(line: Line, movement: KnownMovement): void {
		const { shares, charged, gross } = movement;
		const paid = charged ?? gross;
		const parts =
			shares.length === 0
				? [paid]
				: spend(
						paid,
						shares.map(({ amount }) => amount),
					).parts;
		const ids = invoicesOf(movement);
		const isBooked = (id: string): boolean => isPaidBy(this.books.invoices.get(id), movement.id);
		const amount = parts.reduce((sum, part, place) => sum + (isBooked(ids[place] ?? '') ? part : 0), 0);
		if (amount === 0) return;
		const document = this.documents.invoices(ids.filter(isBooked)).map(({ number }) => number);
		say(line, { kind: 'payment', amount, currency: line.chargedCurrency, document: document.join(', ') });
	}

	/** Why one of the invoices of a payment of several has nothing of it; null where each has something. */
	private missingFrom(
		{ id, shares, topUpId }: KnownMovement,
		booked: ReadonlySet<string | null>,
	): StatementReason | null {
		const missing = shares.filter(
			({ invoiceId }) => !booked.has(invoiceId) && !isPaidBy(this.books.invoices.get(invoiceId), id),
		);
		const reasons = missing.map(({ invoiceId }) => this.unbooked({ id, topUpId }, invoiceId));
		// What a person has to do something about comes first.
		return reasons.find((reason) => reason !== 'overpayment_returned') ?? reasons[0] ?? null;
	}

	private unbooked({ id, topUpId }: Pick<KnownMovement, 'id' | 'topUpId'>, invoiceId: string | null): StatementReason {
		if (invoiceId === null) return 'not_of_lago';
		const invoice = this.books.invoices.get(invoiceId);
		if (invoice === undefined) return topUpId === null ? 'unknown_invoice' : 'held';
		if (invoice.dodoId === id && invoice.phase === 'returned') return 'overpayment_returned';
		const isSurplus = invoice.dodoId === id && invoice.phase === 'overpaid';
		return isSurplus || this.documents.paidInvoices.has(invoiceId) ? 'overpaid' : 'held';
	}

	private compareRefund(line: Line, movement: KnownMovement): void {
		const noted = this.documents.unmet(movement.refundIds.flatMap((id) => this.documents.notes.get(id) ?? []));
		const inside = this.documents.meet(line, 'creditNote', noted);
		if (line.difference === 0) return;
		const ids = invoicesOf(movement);
		if (inside.length < noted.length) line.reason = 'other_period';
		else if (noted.length > 0 && isRounding(line)) line.reason = 'rounding';
		else if (ids.length === 0) line.reason = 'not_of_lago';
		else if (line.invoice === null)
			line.reason = movement.topUpId === null ? 'unknown_invoice' : 'overpayment_returned';
		else if (this.isSurplus(line, movement, ids)) line.reason = 'overpayment_returned';
		else line.reason = noted.length > 0 ? 'amount_differs' : 'no_credit_note';
	}

	/** Whether what Lago does not say went back is no more than what was never booked: of a payment of several that goes first. */
	private isSurplus({ lagoAmount }: Line, movement: KnownMovement, ids: readonly string[]): boolean {
		const { shares, charged, refund, dispute } = movement;
		const unbooked = ids.filter((id) => !this.wasBooked(movement, id));
		if (shares.length === 0) return lagoAmount === null && unbooked.length > 0;
		const open = (charged ?? -refund - dispute) + (lagoAmount ?? 0);
		return open > 0 && open <= sumOf(shares.filter(({ invoiceId }) => unbooked.includes(invoiceId)));
	}

	private wasBooked({ paymentId }: KnownMovement, id: string): boolean {
		const booked = this.documents.payments.get(paymentId ?? '') ?? [];
		const byStatus = isPaidBy(this.books.invoices.get(id), paymentId);
		return byStatus || booked.some(({ invoiceId }) => invoiceId === null || invoiceId === id);
	}

	private compareDispute(line: Line, movement: KnownMovement): void {
		const { dispute, status } = movement;
		const ids = invoicesOf(movement);
		const isWon = WON.includes(status ?? '');
		if (isWon) for (const id of ids) this.documents.wonInvoices.add(id);
		const lost = isWon || dispute >= 0 ? [] : ids.flatMap((id) => this.lossIn(id));
		for (const { id } of lost) this.documents.metLosses.add(id);
		const inside = lost.filter(({ lostAt }) => this.documents.isInside(lostAt));
		if (inside.length > 0) {
			const amount = -this.lossOf(movement, inside);
			const document = inside.map(({ number }) => number);
			say(line, { kind: 'dispute', amount, currency: line.chargedCurrency, document: document.join(', ') });
		}
		if (line.difference === 0) return;
		if (ids.length === 0) line.reason = 'not_of_lago';
		else if (isWon) line.reason = 'dispute_won';
		else if (OPEN.includes(status ?? '')) line.reason = 'dispute_open';
		else if (inside.length < lost.length) line.reason = 'other_period';
		else if (lost.length === 0) line.reason = dispute < 0 ? 'dispute_not_recorded' : 'dispute_won';
		else line.reason = this.isSurplus(line, movement, ids) ? 'overpayment_returned' : 'amount_differs';
	}

	/** The invoice where a dispute over it was lost, by what Lago says. */
	private lossIn(id: string): LostInvoice[] {
		const invoice = this.books.invoices.get(id);
		return invoice?.lostAt == null ? [] : [{ ...invoice, id, lostAt: invoice.lostAt }];
	}

	/** What the bank took of these invoices, minor units of the charge; of a payment of several each has its own part of it. */
	private lossOf({ shares, charged, dispute }: KnownMovement, invoices: readonly LostInvoice[]): number {
		if (shares.length === 0) return charged ?? -dispute;
		return invoices.reduce((sum, { id, lost, currency, countedAlike }) => {
			const asked = shares.find(({ invoiceId }) => invoiceId === id)?.amount ?? 0;
			return sum + (lost === 0 ? asked : inDodoUnits(lost, currency, countedAlike));
		}, 0);
	}
}

interface LostInvoice extends StatedInvoice {
	id: string;
	lostAt: number;
}

const isPaidBy = (invoice: StatedInvoice | undefined, paymentId: string | null): boolean =>
	invoice?.phase === 'paid' && invoice.dodoId === paymentId;
