import { sharesIn } from '../../nodes/shared/domain/bundle';
import type { DodoSimulator, LagoSimulator } from '../simulators';
import type { Payment } from '../dodo/state';
import type { Invoice } from '../lago/documents';

/** What a book says of one invoice or of all in one currency, in minor units. */
export interface Figures {
	received: number;
	returned: number;
}

/** Both books in one currency. */
export interface Balance {
	currency: string;
	/** What is due on finalized invoices. */
	owed: number;
	/** What open checkouts ask for. */
	asked: number;
	/** Through Dodo only: what was paid by hand is in no book of Dodo. */
	lago: Figures;
	dodo: Figures;
	/** Invoices on which the two do not keep the same: something is on its way, or needs a person. */
	differences: Array<{ number: string; lago: number; dodo: number }>;
}

/** Compares both books invoice by invoice; invoices that were paid together, together. */
export function balances({ dodo, lago }: { dodo: DodoSimulator; lago: LagoSimulator }): Balance[] {
	const made = new Map<string, Balance>();
	for (const group of paidTogether(dodo, lago)) {
		const [{ currency }] = group;
		const balance = made.get(currency) ?? {
			currency,
			owed: 0,
			asked: askedFor(dodo, currency),
			lago: { received: 0, returned: 0 },
			dodo: { received: 0, returned: 0 },
			differences: [],
		};
		made.set(currency, balance);
		balance.owed += group.reduce((sum, invoice) => sum + owedOn(invoice), 0);
		const there = atDodo(dodo, group);
		const here = atLago(lago, dodo, group, there);
		for (const [sum, one] of [
			[balance.lago, here],
			[balance.dodo, there],
		] as const) {
			sum.received += one.received;
			sum.returned += one.returned;
		}
		const [kept, collected] = [here, there].map(({ received, returned }) => received - returned) as [number, number];
		const number = group.map((invoice) => invoice.number).join(' + ');
		if (kept !== collected) balance.differences.push({ number, lago: kept, dodo: collected });
	}
	return [...made.values()];
}

type Group = [Invoice, ...Invoice[]];

/** All invoices, those of a payment of several in one group. */
function paidTogether(dodo: DodoSimulator, { state }: LagoSimulator): Group[] {
	const groups = new Map([...state.invoices.values()].map((invoice): [string, Group] => [invoice.lago_id, [invoice]]));
	for (const payment of dodo.state.payments.values()) {
		const members = new Set(idsOf(payment).flatMap((id) => groups.get(id) ?? []));
		const [first, ...rest] = members;
		if (first === undefined || rest.length === 0 || payment.status !== 'succeeded') continue;
		const group: Group = [first, ...rest];
		for (const { lago_id } of group) groups.set(lago_id, group);
	}
	return [...new Set(groups.values())];
}

/** The invoices that a payment is for. */
function idsOf({ metadata }: Payment): string[] {
	return sharesIn(metadata)?.map(({ invoiceId }) => invoiceId) ?? [String(metadata.lago_invoice_id)];
}

function owedOn({ status, payment_status: paymentStatus, ...amounts }: Invoice): number {
	const isOwed = status === 'finalized' && paymentStatus !== 'succeeded';
	return isOwed ? amounts.total_amount_cents - amounts.total_paid_amount_cents : 0;
}

function askedFor(dodo: DodoSimulator, currency: string): number {
	return [...dodo.state.checkouts.values()]
		.filter(({ consumed, mandate, expires_at_ms }) => !consumed && mandate === null && expires_at_ms > Date.now())
		.filter(({ cart }) => dodo.state.products.get(cart[0]?.product_id ?? '')?.price.currency === currency)
		.reduce((sum, { cart }) => sum + cart.reduce((total, { amount }) => total + amount, 0), 0);
}

function atDodo(dodo: DodoSimulator, group: Group): Figures {
	const own = new Set(group.map(({ lago_id }) => lago_id));
	const payments = [...dodo.state.payments.values()].filter(
		(payment) => payment.status === 'succeeded' && idsOf(payment).some((id) => own.has(id)),
	);
	const ids = new Set(payments.map(({ payment_id }) => payment_id));
	const refunds = [...dodo.state.refunds.values()].filter(
		({ payment_id, status }) => ids.has(payment_id) && status === 'succeeded',
	);
	return {
		received: payments.reduce((sum, { total_amount }) => sum + total_amount, 0),
		returned: refunds.reduce((sum, { amount }) => sum + amount, 0),
	};
}

/** A Lago without licence holds neither payments nor credit notes: there the status is all it says. */
function atLago(lago: LagoSimulator, dodo: DodoSimulator, group: Group, there: Figures): Figures {
	const own = new Set(group.map(({ lago_id }) => lago_id));
	const payments = [...lago.state.payments.values()].filter(({ invoice_ids }) => invoice_ids.some((id) => own.has(id)));
	const isByStatus = payments.length === 0 && group.every(({ payment_status: status }) => status === 'succeeded');
	if (isByStatus && there.received > 0) return { received: there.received, returned: there.returned };
	const notes = [...lago.state.creditNotes.values()].filter(
		(note) => own.has(note.invoice.lago_id) && note.refund_status === 'succeeded',
	);
	return {
		received: payments
			.filter(({ reference }) => dodo.state.payments.has(String(reference)))
			.reduce((sum, { amount_cents }) => sum + amount_cents, 0),
		returned: notes.reduce((sum, { refund_amount_cents }) => sum + refund_amount_cents, 0),
	};
}
