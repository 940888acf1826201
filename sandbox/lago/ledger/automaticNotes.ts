import { invalid } from '../refusals';
import type { CreditNote, Fee, Invoice } from '../documents';
import type { LagoState, Subscription } from '../state';
import type { CreditNotes } from './creditNotes';
import { periodOf } from './periods';

/** What is done with the days that were paid for when a subscription ends. */
export type OnTermination = 'credit' | 'refund' | 'offset' | 'skip';

interface Shares {
	credit: number;
	refund: number;
}

/** Credit notes that Lago makes by itself: for an invoice that is voided and for a subscription that ends. Amounts in minor units. */
export class AutomaticNotes {
	constructor(
		private readonly state: LagoState,
		private readonly creditNotes: CreditNotes,
	) {}

	/** Refuses to give back more than is left (`lago-api:services/invoices/void_service.rb`). */
	checkVoid(invoice: Invoice, { credit, refund }: Shares): void {
		const left = this.worth(invoice, this.leftOf(invoice));
		const putBack =
			invoice.payment_status !== 'succeeded' && invoice.total_paid_amount_cents === invoice.total_amount_cents;
		const refunded = this.notesOf(invoice).reduce((sum, note) => sum + note.refund_amount_cents, 0);
		const refundable = putBack ? 0 : Math.min(invoice.total_paid_amount_cents - refunded, left);
		if (refund > refundable || credit + refund > left)
			invalid({ credit_refund_amount: ['total_amount_exceeds_invoice_amount'] });
	}

	/** What was asked for over all fees alike; the rest is credited and voided at once, so that nothing is left. */
	forVoided(invoice: Invoice, { credit, refund }: Shares): void {
		const description = `Credit note created due to voided invoice ${invoice.lago_id}`;
		const items = this.leftOf(invoice);
		const worth = this.worth(invoice, items);
		if (credit + refund > 0)
			this.creditNotes.create({
				invoice_id: invoice.lago_id,
				description,
				credit_amount_cents: credit,
				refund_amount_cents: refund,
				items: items.map((item) => ({ ...item, amount_cents: item.amount_cents * ((credit + refund) / worth) })),
			});
		const rest = this.leftOf(invoice);
		if (this.worth(invoice, rest) <= 0) return;
		const note = this.creditNotes.create({
			invoice_id: invoice.lago_id,
			description,
			credit_amount_cents: this.worth(invoice, rest),
			items: rest,
		});
		this.creditNotes.void(note.lago_id);
	}

	/** The days of the period that are not used (`lago-api:services/credit_notes/create_from_termination.rb`); an upgrade counts its own day as one. */
	forTermination(subscription: Subscription, kind: OnTermination, isUpgrade: boolean): void {
		const found = this.lastFee(subscription);
		if (!found || kind === 'skip') return;
		const { invoice, fee } = found;
		const { days, used } = periodOf(subscription);
		const dayPrice = subscription.plan.amount_cents / days;
		const unused = Math.min(dayPrice * (days - used + (isUpgrade ? 1 : 0)), fee.amount_cents) - this.creditedOn(fee);
		const amount = Math.trunc(unused * 1e5) / 1e5;
		const total = this.withTax(fee, amount);
		if (amount <= 0 || total <= 0) return;
		const gross = invoice.fees_amount_cents - invoice.coupons_amount_cents + invoice.taxes_amount_cents;
		const paid = (invoice.total_paid_amount_cents * this.exact(fee, fee.amount_cents)) / gross;
		const refundable = Math.round(Math.min(Math.max(0, paid - this.withTax(fee, dayPrice * used)), total));
		const refund = kind === 'credit' ? 0 : refundable;
		this.creditNotes.create(
			{
				invoice_id: invoice.lago_id,
				reason: 'order_cancellation',
				credit_amount_cents: kind === 'offset' ? 0 : total - refund,
				refund_amount_cents: refund,
				offset_amount_cents: kind === 'offset' ? total - refund : 0,
				items: [{ fee_id: fee.lago_id, amount_cents: amount }],
			},
			{ automatic: true },
		);
	}

	private lastFee(subscription: Subscription): { invoice: Invoice; fee: Fee } | undefined {
		const invoice = [...this.state.invoices.values()].filter((one) => one.subscription === subscription).at(-1);
		const fee = invoice?.fees.find(({ item, amount_cents }) => item.type === 'subscription' && amount_cents > 0);
		return invoice && fee && invoice.status === 'finalized' ? { invoice, fee } : undefined;
	}

	private leftOf(invoice: Invoice): Array<{ fee_id: string; amount_cents: number }> {
		if (invoice.invoice_type === 'credit') return [];
		return invoice.fees
			.map((fee) => ({ fee_id: fee.lago_id, amount_cents: fee.amount_cents - this.creditedOn(fee) }))
			.filter(({ amount_cents }) => amount_cents > 0);
	}

	/** What some items are worth with tax. */
	private worth(invoice: Invoice, items: ReturnType<AutomaticNotes['leftOf']>): number {
		if (items.length === 0) return 0;
		return Number(this.creditNotes.estimate({ invoice_id: invoice.lago_id, items }).max_creditable_amount_cents);
	}

	private withTax(fee: Fee, amount: number): number {
		return Math.round(this.exact(fee, amount));
	}

	private exact(fee: Fee, amount: number): number {
		const coupons = (Number(fee.precise_coupons_amount_cents) * amount) / fee.amount_cents;
		return (amount - coupons) * (1 + fee.taxes_rate / 100);
	}

	private creditedOn(fee: Fee): number {
		const items = [...this.state.creditNotes.values()].flatMap((note) => note.items).filter((item) => item.fee === fee);
		return items.reduce((sum, item) => sum + Math.round(item.precise_amount_cents), 0);
	}

	private notesOf(invoice: Invoice): CreditNote[] {
		return [...this.state.creditNotes.values()].filter((note) => note.invoice === invoice);
	}
}
