import { randomUUID } from 'node:crypto';
import { noteMetadata } from '../metadata';
import { forbidden, invalid, notAllowed, notFound, serverError } from '../refusals';
import type { CreditNote, CreditNoteItem, Fee, Invoice } from '../documents';
import { dateOf, dueOf, now, type LagoState } from '../state';
import { creditNoteView, estimateView } from '../views/creditNotes';
import { customerView } from '../views/customers';
import type { LagoEvents } from '../webhooks';
import type { Invoices } from './invoices';
import { noteSums, type NoteSums } from './noteSums';
import type { Wallets } from './wallets';

export const REASONS = [
	'duplicated_charge',
	'product_unsatisfactory',
	'order_change',
	'order_cancellation',
	'fraudulent_charge',
	'other',
];
export const REFUND_STATUSES = ['pending', 'succeeded', 'failed'];
/** What rounding may cost or give, minor units. */
const TOLERANCE = 1;

interface Shares {
	credit: number;
	refund: number;
	offset: number;
}

/** Credit notes with all rules of their creation (`lago-api:services/credit_notes/*`). Amounts in minor units. */
export class CreditNotes {
	constructor(
		private readonly state: LagoState,
		private readonly events: LagoEvents,
		private readonly invoices: Invoices,
		private readonly wallets: Wallets,
		private readonly premium: () => boolean,
	) {}

	get(id: string | undefined): CreditNote {
		return this.state.creditNotes.get(id ?? '') ?? notFound('credit_note');
	}

	/** `POST /credit_notes`, or Lago by itself, which needs no licence. Item amounts exclude tax and coupons; credit, refund and offset include both. */
	create(input: Record<string, unknown>, { automatic = false } = {}): CreditNote {
		const invoice = this.creditable(input.invoice_id, automatic);
		const reason = input.reason ?? 'other';
		if (!REASONS.includes(reason as string)) invalid({ reason: ['value_is_invalid'] });
		const items = this.itemsOf(invoice, input.items);
		const metadata = noteMetadata(input.metadata);
		const shares = {
			credit: castAmount(input.credit_amount_cents),
			refund: castAmount(input.refund_amount_cents),
			offset: amount(input.offset_amount_cents),
		};
		const sums = noteSums(invoice, items, this.givenBack(invoice, items));
		this.check(invoice, sums, shares);
		const { credit, refund, offset } = evenOut(shares, sums);
		const at = now();
		const { coupons, taxes } = sums;
		const sequence = this.notesOf(invoice).length + 1;
		const note: CreditNote = {
			lago_id: randomUUID(),
			sequential_id: sequence,
			number: `${invoice.number}-CN${String(sequence).padStart(3, '0')}`,
			invoice,
			issuing_date: dateOf(invoice.customer),
			credit_status: 'available',
			refund_status: refund > 0 ? 'pending' : null,
			reason: reason as string,
			description: typeof input.description === 'string' ? input.description : null,
			total_amount_cents: credit + refund + offset,
			credit_amount_cents: credit,
			refund_amount_cents: refund,
			offset_amount_cents: offset,
			balance_amount_cents: credit,
			precise_taxes_cents: taxes,
			precise_coupons_cents: coupons,
			items,
			metadata,
			created_at: at,
			updated_at: at,
		};
		this.state.creditNotes.set(note.lago_id, note);
		const wallet = invoice.invoice_type === 'credit' ? this.wallets.ofInvoice(invoice) : undefined;
		if (wallet && refund > 0) this.wallets.takeBack(wallet, refund);
		if (offset > 0) this.invoices.applyToDue(invoice, { offset });
		this.events.announce('credit_note.created', 'credit_note', () => webhookView(note));
		return note;
	}

	/** `POST /credit_notes/estimate`: how much could be given back for these items. */
	estimate(input: Record<string, unknown>): Record<string, unknown> {
		const invoice = this.creditable(input.invoice_id);
		// The estimate cuts decimals off.
		const items = this.itemsOf(invoice, input.items).map((item) => ({
			...item,
			precise_amount_cents: Math.trunc(item.precise_amount_cents),
		}));
		const sums = noteSums(invoice, items, this.givenBack(invoice, items));
		const refundable = invoice.total_paid_amount_cents - this.given(invoice, 'refund_amount_cents');
		return estimateView(invoice, items, sums, refundable);
	}

	/** `PUT /credit_notes/:id`: any transition; metadata is merged; no webhook. */
	update(id: string | undefined, { refund_status: status, metadata }: Record<string, unknown>): CreditNote {
		const note = this.get(id);
		if (status !== undefined && !REFUND_STATUSES.includes(status as string))
			invalid({ refund_status: ['value_is_invalid'] });
		if (metadata !== undefined) note.metadata = noteMetadata({ ...note.metadata, ...noteMetadata(metadata) });
		if (status !== undefined) note.refund_status = status as CreditNote['refund_status'];
		note.updated_at = now();
		return note;
	}

	/** Voids what is left of the credit. */
	void(id: string | undefined): CreditNote {
		const note = this.get(id);
		if (note.balance_amount_cents === 0 || note.credit_status === 'voided') notAllowed('no_voidable_amount');
		Object.assign(note, { credit_status: 'voided', balance_amount_cents: 0, updated_at: now() });
		return note;
	}

	private creditable(invoiceId: unknown, automatic = false): Invoice {
		const invoice = this.invoices.get(typeof invoiceId === 'string' ? invoiceId : undefined);
		if (!automatic && !this.premium()) forbidden();
		const dead = invoice.invoice_type === 'credit' && this.wallets.ofInvoice(invoice) === undefined;
		if (!['finalized', 'voided'].includes(invoice.status) || dead) notAllowed('invalid_type_or_status');
		return invoice;
	}

	private itemsOf(invoice: Invoice, given: unknown): CreditNoteItem[] {
		if (!Array.isArray(given)) return invalid({ items: ['must_be_an_array'] });
		const credited = this.credited();
		return (given as Array<{ fee_id?: unknown; amount_cents?: unknown }>).map(({ fee_id, amount_cents }) => {
			const fee = invoice.fees.find(({ lago_id }) => lago_id === fee_id) ?? notFound('fee');
			const precise = amount(amount_cents);
			if (precise < 0) invalid({ amount_cents: ['invalid_value'] });
			if (precise > fee.amount_cents - (credited.get(fee) ?? 0))
				invalid({ amount_cents: ['higher_than_remaining_fee_amount'] });
			return { lago_id: randomUUID(), fee, precise_amount_cents: Math.round(precise * 1e5) / 1e5 };
		});
	}

	/** What the note that uses all fees up gives back: by how much the taxes of the earlier ones were rounded up. */
	private givenBack(invoice: Invoice, items: CreditNoteItem[]): number {
		const credited = this.credited();
		const left = invoice.fees.reduce((all, fee) => all + fee.amount_cents - (credited.get(fee) ?? 0), 0);
		const given = items.reduce((all, item) => all + Math.round(item.precise_amount_cents), 0);
		if (left !== given && invoice.invoice_type !== 'credit') return 0;
		return this.notesOf(invoice).reduce((all, { precise_taxes_cents: tax }) => all + Math.round(tax) - tax, 0);
	}

	private check(invoice: Invoice, sums: NoteSums, { credit, refund, offset }: Shares): void {
		const errors: Record<string, string[]> = {};
		const add = (field: string, code: string): void => void (errors[field] ??= []).push(code);
		const total = credit + refund + offset;
		const { items: sum, coupons, taxes } = sums;
		const gross = invoice.fees.reduce((all, fee) => all + fee.amount_cents, 0);
		const taxed = invoice.fees.reduce((all, fee) => all + fee.amount_cents * fee.taxes_rate, 0);
		// Before coupons, and by the rates alone.
		const creditable = gross + Math.round(taxed / 100) - this.given(invoice, 'total_amount_cents');
		// Paid in full, but the status says otherwise: it was put back by hand.
		const putBack =
			invoice.payment_status !== 'succeeded' && invoice.total_paid_amount_cents === invoice.total_amount_cents;
		const { total_paid_amount_cents: paid, total_amount_cents: whole } = invoice;
		const ofPaid = this.state.version.has('offsets');
		if (refund > 0 && (putBack || (ofPaid && paid === 0))) add('refund_amount_cents', 'cannot_refund_unpaid_invoice');
		else if (refund > (ofPaid ? paid : whole) - this.given(invoice, 'refund_amount_cents'))
			add('refund_amount_cents', 'higher_than_remaining_invoice_amount');
		if (Math.abs(total - Math.round(sum - coupons + taxes)) > TOLERANCE) add('base', 'does_not_match_item_amounts');
		if (credit > creditable - offset + TOLERANCE) add('credit_amount_cents', 'higher_than_remaining_invoice_amount');
		if (offset > Math.min(dueOf(invoice), creditable))
			add('offset_amount_cents', 'higher_than_remaining_invoice_amount');
		if (total > creditable + TOLERANCE) add('base', 'higher_than_remaining_invoice_amount');
		if (total <= 0) add('base', 'total_amount_must_be_positive');
		if (invoice.invoice_type === 'credit') this.checkPrepaid(invoice, { credit, refund, offset }, add);
		if (Object.keys(errors).length > 0) invalid(errors);
	}

	/** A top-up: unpaid it can only be cancelled as a whole, paid only refunded as far as the wallet still holds it. */
	private checkPrepaid(
		invoice: Invoice,
		{ credit, refund, offset }: Shares,
		add: (field: string, code: string) => void,
	): void {
		if (credit > 0) add('credit_amount_cents', 'cannot_credit_invoice');
		const paid = invoice.payment_status === 'succeeded';
		if (!paid && (refund > 0 || offset !== invoice.total_amount_cents)) notAllowed('invalid_type_or_status');
		if (paid && offset > 0) add('offset_amount_cents', 'cannot_credit_invoice');
		const wallet = this.wallets.ofInvoice(invoice);
		if (refund > this.wallets.balanceCents(wallet)) add('amount_cents', 'higher_than_wallet_balance');
	}

	private notesOf(invoice: Invoice): CreditNote[] {
		return [...this.state.creditNotes.values()].filter((note) => note.invoice === invoice);
	}

	private given(invoice: Invoice, key: 'total_amount_cents' | 'refund_amount_cents'): number {
		return this.notesOf(invoice).reduce((sum, note) => sum + note[key], 0);
	}

	/** What the notes took of each fee. */
	private credited(): Map<Fee, number> {
		const credited = new Map<Fee, number>();
		for (const { fee, precise_amount_cents: amount } of [...this.state.creditNotes.values()].flatMap(
			({ items }) => items,
		))
			credited.set(fee, (credited.get(fee) ?? 0) + Math.round(amount));
		return credited;
	}
}

/** The object of a `credit_note.*` webhook. */
function webhookView(note: CreditNote): Record<string, unknown> {
	const { error_details: _none, ...rest } = creditNoteView(note);
	return { ...rest, customer: customerView(note.invoice.customer, 'told') };
}

/** Moves one cent where rounding would leave subtotal and tax beside the total. */
function evenOut({ credit, refund, offset }: Shares, { items, coupons, taxes }: NoteSums): Shares {
	const difference = Math.sign(Math.round(items - coupons) + Math.round(taxes) - (credit + refund + offset));
	if (credit > 0) return { credit: credit + difference, refund, offset };
	return refund > 0 ? { credit, refund: refund + difference, offset } : { credit, refund, offset };
}

/** A number as text becomes a number in its column. */
function castAmount(value: unknown): number {
	return amount(typeof value === 'string' ? Math.trunc(Number.parseFloat(value)) || 0 : value);
}

/** Lago computes with what it gets: a text breaks it. */
function amount(value: unknown): number {
	if (value === undefined || value === null) return 0;
	return typeof value === 'number' ? value : serverError();
}
