import { dodoUnits, lagoUnits } from '../currencies';
import type { Phase } from '../phases';
import { COLUMNS, type Amounts, type Balance, type Movement } from './ledger';
import type { StatementReason } from './reasons';

/** A movement of Dodo's, with what is known of its payment. */
export interface KnownMovement extends Movement {
	paymentId: string | null;
	/** Of a refund: what it is called in Lago's credit notes; more than one where the ledger names their payment. */
	refundIds: readonly string[];
	/** Of a dispute, Dodo's word. */
	status: string | null;
	invoiceId: string | null;
	invoiceNumber: string | null;
	/** As Dodo calls the payer. */
	payer: string | null;
}

/** From, inclusive, until, exclusive; ms since 1970. */
export interface Period {
	from: number;
	until: number;
}

/** What Lago booked. Minor units as Lago counts them; `at` ms since 1970. */
export interface LagoDocument {
	id: string;
	/** As a person finds it in Lago. */
	name: string;
	amount: number;
	currency: string;
	at: number;
	invoiceId: string | null;
}
export interface LagoPayment extends LagoDocument {
	reference: string | null;
}
export interface LagoNote extends LagoDocument {
	status: string | null;
	refundId: string | null;
}

/** What a statement needs of an invoice. */
export interface StatedInvoice {
	number: string;
	entity: string;
	customer: string;
	timeZone: string | null;
	currency: string;
	lostAt: number | null;
	/** What lost disputes took, or else what was paid; minor units as Lago counts them. */
	lost: number;
	phase: Phase | null;
	/** The payment at Dodo that the phase is about. */
	dodoId: string | null;
	/** Both count the currency alike though they do not say so. */
	countedAlike: boolean;
}

/** Lago's side. Payments and notes of the periods, and those around them that Dodo's movements name. */
export interface LagoBooks {
	payments: readonly LagoPayment[];
	notes: readonly LagoNote[];
	invoices: ReadonlyMap<string, StatedInvoice>;
}

/** One line of a statement. */
export interface Line {
	movement: string;
	/** Of Dodo; empty where only Lago has it. */
	id: string;
	at: number;
	currency: string;
	amounts: Amounts;
	payoutId: string | null;
	charged: number | null;
	chargedCurrency: string | null;
	invoice: StatedInvoice | null;
	invoiceNumber: string;
	payer: string;
	/** What Lago says within the periods: paid, less what was given back or lost. In minor units of the wallet. */
	lago: number;
	kind: LagoKind | null;
	/** The same in Lago's own currency and units; null where Lago says nothing. */
	lagoAmount: number | null;
	lagoCurrency: string;
	document: string;
	/** What Dodo moved less what Lago says, minor units of the wallet. */
	difference: number;
	reason: StatementReason | null;
}
export type LagoKind = 'payment' | 'creditNote' | 'dispute';

const NOTHING = Object.fromEntries(COLUMNS.map((column) => [column, 0])) as Amounts;
const OPEN = ['dispute_opened', 'dispute_challenged'];
const WON = ['dispute_won', 'dispute_cancelled'];

/**
 * Both books side by side: a line for each movement of Dodo's, and one for each document of Lago's within the periods that none of them is
 * about. Every difference has its reason.
 */
export class Comparison {
	private readonly payments = new Map<string, LagoPayment[]>();
	private readonly notes = new Map<string, LagoNote[]>();
	private readonly paidInvoices = new Set<string>();
	private readonly met = new Set<string>();
	private readonly metLosses = new Set<string>();
	private readonly wonInvoices = new Set<string>();

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

	/** Oldest first. */
	lines(movements: readonly KnownMovement[], balances: readonly Balance[]): Line[] {
		const lines = movements.map((movement) => this.lineOf(movement));
		lines.push(...this.onlyInLago(), ...gaps(movements, balances, this.periods));
		return lines.sort((one, other) => one.at - other.at);
	}

	private lineOf(movement: KnownMovement): Line {
		const line = newLine(movement, this.books.invoices.get(movement.invoiceId ?? '') ?? null);
		if (movement.gross !== 0) this.comparePayment(line, movement);
		else if (movement.movement === 'refund') this.compareRefund(line, movement);
		else if (movement.movement === 'dispute') this.compareDispute(line, movement);
		return line;
	}

	private comparePayment(line: Line, movement: KnownMovement): void {
		const booked = this.payments.get(movement.id) ?? [];
		const inside = this.meet(line, 'payment', booked);
		const byStatus = booked.length === 0 && line.invoice?.dodoId === movement.id && line.invoice.phase === 'paid';
		// A Lago without licence has no payments: there the invoice is the only document.
		if (byStatus) this.say(line, 'payment', line.charged ?? movement.gross, line.chargedCurrency, [line.invoiceNumber]);
		if (line.difference === 0) return;
		if (booked.length === 0) line.reason = this.unbooked(line, movement);
		else if (inside.length < booked.length) line.reason = 'other_period';
		else line.reason = isTaxOnTop(line) ? 'tax_on_top' : 'amount_differs';
	}

	private unbooked({ invoice }: Line, { id, invoiceId }: KnownMovement): StatementReason {
		if (invoiceId === null) return 'not_of_lago';
		if (invoice === null) return 'unknown_invoice';
		if (invoice.dodoId === id && invoice.phase === 'returned') return 'overpayment_returned';
		const isSurplus = invoice.dodoId === id && invoice.phase === 'overpaid';
		return isSurplus || this.paidInvoices.has(invoiceId) ? 'overpaid' : 'held';
	}

	private compareRefund(line: Line, { refundIds, refund, paymentId, invoiceId }: KnownMovement): void {
		const noted = refundIds.flatMap((id) => this.notes.get(id) ?? []);
		const inside = this.meet(line, 'creditNote', noted);
		if (line.difference === 0) return;
		if (refund >= 0) line.reason = 'refund_failed';
		else if (inside.length < noted.length) line.reason = 'other_period';
		else if (noted.length > 0) line.reason = isRounding(line) ? 'rounding' : 'amount_differs';
		else if (invoiceId === null) line.reason = 'not_of_lago';
		else if (line.invoice === null) line.reason = 'unknown_invoice';
		else line.reason = this.wasBooked(line.invoice, paymentId) ? 'no_credit_note' : 'overpayment_returned';
	}

	private wasBooked({ dodoId, phase }: StatedInvoice, paymentId: string | null): boolean {
		return this.payments.has(paymentId ?? '') || (dodoId === paymentId && phase === 'paid');
	}

	private compareDispute(line: Line, { dispute, status, invoiceId }: KnownMovement): void {
		const isWon = WON.includes(status ?? '');
		if (isWon && invoiceId !== null) this.wonInvoices.add(invoiceId);
		const lostAt = isWon ? null : (line.invoice?.lostAt ?? null);
		if (dispute < 0 && lostAt !== null && invoiceId !== null) {
			this.metLosses.add(invoiceId);
			if (this.isInside(lostAt))
				this.say(line, 'dispute', -(line.charged ?? -dispute), line.chargedCurrency, [line.invoiceNumber]);
		}
		if (line.difference === 0) return;
		if (invoiceId === null) line.reason = 'not_of_lago';
		else if (isWon) line.reason = 'dispute_won';
		else if (OPEN.includes(status ?? '')) line.reason = 'dispute_open';
		else line.reason = lostAt === null ? 'dispute_not_recorded' : 'other_period';
	}

	/** Documents that a movement is about. @returns those within the periods. */
	private meet(line: Line, kind: 'payment' | 'creditNote', documents: readonly LagoDocument[]): LagoDocument[] {
		for (const { id } of documents) this.met.add(id);
		const inside = documents.filter(({ at }) => this.isInside(at));
		const [first] = inside;
		if (first === undefined) return inside;
		const { currency } = first;
		const sum = inside.reduce((total, { amount }) => total + amount, 0) * (kind === 'payment' ? 1 : -1);
		line.lagoAmount = sum;
		const counted = inDodoUnits(sum, currency, line.invoice?.countedAlike ?? false);
		this.say(
			line,
			kind,
			counted,
			currency,
			inside.map(({ name }) => name),
		);
		return inside;
	}

	/** @param said signed minor units of `currency` as Dodo counts it. */
	private say(line: Line, kind: LagoKind, said: number, currency: string | null, names: readonly string[]): void {
		const { gross, refund, dispute } = line.amounts;
		const moved = gross + refund + dispute;
		line.kind = kind;
		line.lagoCurrency = currency ?? line.currency;
		line.lagoAmount ??= said;
		line.document = names.join(', ');
		line.difference = differenceOf(line, moved, said);
		line.lago = moved - line.difference;
	}

	private *onlyInLago(): Generator<Line> {
		const { payments, notes, invoices } = this.books;
		for (const payment of payments) {
			const isDodos = payment.reference?.startsWith('pay_') === true;
			if (this.isLeft(payment)) yield this.lagoLine('payment', payment, isDodos ? 'other_period' : 'by_hand');
		}
		for (const note of notes) if (this.isLeft(note)) yield this.lagoLine('creditNote', note, reasonOfNote(note));
		for (const [id, { number, lostAt, lost, currency }] of invoices) {
			if (lostAt === null || !this.isInside(lostAt) || this.metLosses.has(id) || lost === 0) continue;
			const document = { id, name: number, amount: lost, currency, at: lostAt, invoiceId: id };
			yield this.lagoLine('dispute', document, this.wonInvoices.has(id) ? 'dispute_won' : 'other_period');
		}
	}

	private isLeft({ id, at, amount }: LagoDocument): boolean {
		return amount !== 0 && this.isInside(at) && !this.met.has(id);
	}

	private lagoLine(
		kind: LagoKind,
		{ name, amount, currency, at, invoiceId }: LagoDocument,
		reason: StatementReason,
	): Line {
		const invoice = this.books.invoices.get(invoiceId ?? '') ?? null;
		const signed = kind === 'payment' ? amount : -amount;
		const lago = inDodoUnits(signed, currency, invoice?.countedAlike ?? false);
		const movement = { payment: 'Lago payment', creditNote: 'Lago credit note', dispute: 'Lago dispute' }[kind];
		return {
			...newLine({ ...NO_MOVEMENT, movement, at, currency }, invoice),
			kind,
			lago,
			lagoAmount: signed,
			lagoCurrency: currency,
			document: name,
			difference: -lago,
			reason,
		};
	}

	private isInside(at: number): boolean {
		return this.periods.some(({ from, until }) => at >= from && at < until);
	}
}

const NO_MOVEMENT: KnownMovement = {
	...NOTHING,
	movement: '',
	id: '',
	at: 0,
	currency: '',
	payoutId: null,
	charged: null,
	chargedCurrency: null,
	paymentId: null,
	refundIds: [],
	status: null,
	invoiceId: null,
	invoiceNumber: null,
	payer: null,
};

function newLine(movement: KnownMovement, invoice: StatedInvoice | null): Line {
	const { id, at, currency, payoutId, charged, chargedCurrency, gross, refund, dispute } = movement;
	return {
		movement: movement.movement,
		id,
		at,
		currency,
		amounts: movement,
		payoutId,
		charged,
		chargedCurrency,
		invoice,
		invoiceNumber: invoice?.number ?? movement.invoiceNumber ?? '',
		payer: invoice?.customer || movement.payer || '',
		lago: 0,
		kind: null,
		lagoAmount: null,
		lagoCurrency: '',
		document: '',
		difference: gross + refund + dispute,
		reason: null,
	};
}

function reasonOfNote({ status, refundId }: LagoNote): StatementReason {
	if (status === 'failed') return 'refund_failed';
	if (status === 'pending') return 'refund_pending';
	return refundId === null ? 'by_hand' : 'other_period';
}

/** What both may count differently, as Dodo counts it; where that is not known, as it is. */
function inDodoUnits(amount: number, currency: string, countedAlike: boolean): number {
	const [ours, theirs] = [lagoUnits(currency), dodoUnits(currency) ?? lagoUnits(currency)];
	return countedAlike ? amount : Math.round((amount * theirs) / ours);
}

/**
 * Compared is what the customer paid, in its own currency: what that is in the wallet follows from Dodo's rate, so that no conversion makes a
 * difference of its own.
 */
function differenceOf({ charged, chargedCurrency, currency, lagoCurrency }: Line, moved: number, said: number): number {
	if (lagoCurrency === currency) return moved - said;
	if (charged === null || charged === 0 || lagoCurrency !== chargedCurrency) return moved;
	const rest = Math.sign(moved) * charged - said;
	const parts = BigInt(Math.abs(moved)) * BigInt(Math.abs(rest));
	return Number((2n * parts + BigInt(charged)) / (2n * BigInt(charged))) * Math.sign(rest);
}

/** A smallest unit of what the customer got back. */
function isRounding({ charged, lagoAmount, difference, lagoCurrency, chargedCurrency }: Line): boolean {
	if (charged === null || lagoCurrency !== chargedCurrency) return Math.abs(difference) <= 1;
	return Math.abs(charged + (lagoAmount ?? 0)) <= 1;
}

/** What Dodo moved beyond what Lago billed is its tax; after a conversion to the smallest unit. */
function isTaxOnTop({ difference, amounts: { tax }, currency, chargedCurrency }: Line): boolean {
	return tax < 0 && Math.abs(difference + tax) <= (currency === (chargedCurrency ?? currency) ? 0 : 1);
}

/** A line for each wallet whose balances say something else than its entries. */
function gaps(movements: readonly Movement[], balances: readonly Balance[], periods: readonly Period[]): Line[] {
	return balances.flatMap(({ currency, opening, closing }) => {
		if (opening === null || closing === null) return [];
		const own = movements.filter((one) => one.currency === currency);
		const moved = own.reduce((sum, one) => sum + COLUMNS.reduce((part, column) => part + one[column], 0), 0);
		const other = closing - opening - moved;
		if (other === 0) return [];
		const at = Math.max(...periods.map(({ until }) => until)) - 1;
		const movement = { ...NO_MOVEMENT, movement: 'ledger gap', at, currency, other };
		return [{ ...newLine(movement, null), reason: 'ledger_gap' as const }];
	});
}

function push<T>(map: Map<string, T[]>, key: string | null, entry: T): void {
	if (key === null || key === '') return;
	const entries = map.get(key);
	if (entries === undefined) map.set(key, [entry]);
	else entries.push(entry);
}
