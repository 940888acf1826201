import type { LagoBooks, LagoDocument, LagoNote, LagoPayment, Period, StatedInvoice } from './books';
import { inDodoUnits, newLine, NO_MOVEMENT, say, type Line, type LagoKind } from './line';
import type { StatementReason } from './reasons';

const MOVEMENT = { payment: 'Lago payment', creditNote: 'Lago credit note', dispute: 'Lago dispute' } as const;

/** Lago's documents by what they name, and which of them a movement of Dodo's is about. */
export class Documents {
	readonly payments = new Map<string, LagoPayment[]>();
	readonly notes = new Map<string, LagoNote[]>();
	/** Invoices with a payment of any kind. */
	readonly paidInvoices = new Set<string>();
	/** Invoices whose loss a dispute at Dodo explains, and those of which one was won. */
	readonly metLosses = new Set<string>();
	readonly wonInvoices = new Set<string>();
	private readonly met = new Set<string>();

	constructor(
		private readonly books: LagoBooks,
		private readonly periods: readonly Period[],
	) {
		for (const payment of books.payments) {
			push(this.payments, payment.reference, payment);
			if (payment.invoiceId !== null) this.paidInvoices.add(payment.invoiceId);
		}
		for (const note of books.notes) push(this.notes, note.refundId, note);
	}

	/** Those that Lago has. */
	invoices(ids: readonly string[]): StatedInvoice[] {
		return ids.flatMap((id) => this.books.invoices.get(id) ?? []);
	}

	isInside(at: number): boolean {
		return this.periods.some(({ from, until }) => at >= from && at < until);
	}

	/** Those that no movement is about yet. */
	unmet<Given extends LagoDocument>(documents: readonly Given[]): Given[] {
		return documents.filter(({ id }) => !this.met.has(id));
	}

	/** Lays documents beside the movement that they are about. @returns those within the periods. */
	meet(line: Line, kind: 'payment' | 'creditNote', documents: readonly LagoDocument[]): LagoDocument[] {
		for (const { id } of documents) this.met.add(id);
		const inside = documents.filter(({ at }) => this.isInside(at));
		const [first] = inside;
		if (first === undefined) return inside;
		const { currency } = first;
		const sum = inside.reduce((total, { amount }) => total + amount, 0);
		const inLago = kind === 'payment' ? sum : -sum;
		const amount = inDodoUnits(inLago, currency, line.invoice?.countedAlike ?? false);
		const names = new Set(inside.map(({ name }) => name));
		say(line, { kind, amount, inLago, currency, document: [...names].join(', ') });
		return inside;
	}

	/** A line for each document of the periods that no movement is about. */
	*left(): Generator<Line> {
		const { payments, notes, invoices } = this.books;
		for (const payment of payments) {
			const isDodos = payment.reference?.startsWith('pay_') === true;
			if (this.isLeft(payment)) yield this.lineOf('payment', payment, isDodos ? 'other_period' : 'by_hand');
		}
		for (const note of notes) if (this.isLeft(note)) yield this.lineOf('creditNote', note, reasonOfNote(note));
		for (const [id, { number, lostAt, lost, currency }] of invoices) {
			if (lostAt === null || !this.isInside(lostAt) || this.metLosses.has(id) || lost === 0) continue;
			const document = { id, name: number, amount: lost, currency, at: lostAt, invoiceId: id };
			yield this.lineOf('dispute', document, this.wonInvoices.has(id) ? 'dispute_won' : 'other_period');
		}
	}

	private isLeft({ id, at, amount }: LagoDocument): boolean {
		return amount !== 0 && this.isInside(at) && !this.met.has(id);
	}

	private lineOf(
		kind: LagoKind,
		{ name: document, amount, currency, at, invoiceId }: LagoDocument,
		reason: StatementReason,
	): Line {
		const invoices = this.invoices(invoiceId === null ? [] : [invoiceId]);
		const line = newLine({ ...NO_MOVEMENT, movement: MOVEMENT[kind], at, currency }, invoices);
		const inLago = kind === 'payment' ? amount : -amount;
		const counted = inDodoUnits(inLago, currency, line.invoice?.countedAlike ?? false);
		// Nothing moved at Dodo, whatever its rate is.
		return {
			...line,
			kind,
			lago: counted,
			lagoAmount: inLago,
			lagoCurrency: currency,
			document,
			difference: -counted,
			reason,
		};
	}
}

function reasonOfNote({ status, refundId }: LagoNote): StatementReason {
	if (status === 'failed') return 'refund_failed';
	if (status === 'pending') return 'refund_pending';
	return refundId === null ? 'by_hand' : 'other_period';
}

function push<T>(map: Map<string, T[]>, key: string | null, entry: T): void {
	if (key === null || key === '') return;
	const entries = map.get(key);
	if (entries === undefined) map.set(key, [entry]);
	else entries.push(entry);
}
