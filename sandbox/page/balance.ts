import type { DodoSimulator, LagoSimulator } from '../simulators';

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

/** Compares both books invoice by invoice. */
export function balances({ dodo, lago }: { dodo: DodoSimulator; lago: LagoSimulator }): Balance[] {
	const made = new Map<string, Balance>();
	for (const invoice of lago.state.invoices.values()) {
		const { lago_id, number, currency } = invoice;
		const balance = made.get(currency) ?? {
			currency,
			owed: 0,
			asked: askedFor(dodo, currency),
			lago: { received: 0, returned: 0 },
			dodo: { received: 0, returned: 0 },
			differences: [],
		};
		made.set(currency, balance);
		const isOwed = invoice.status === 'finalized' && invoice.payment_status !== 'succeeded';
		if (isOwed) balance.owed += invoice.total_amount_cents - invoice.total_paid_amount_cents;
		const there = atDodo(dodo, lago_id);
		const here = atLago(lago, dodo, lago_id, there);
		for (const [sum, one] of [
			[balance.lago, here],
			[balance.dodo, there],
		] as const) {
			sum.received += one.received;
			sum.returned += one.returned;
		}
		const [kept, collected] = [here, there].map(({ received, returned }) => received - returned) as [number, number];
		if (kept !== collected) balance.differences.push({ number, lago: kept, dodo: collected });
	}
	return [...made.values()];
}

function askedFor(dodo: DodoSimulator, currency: string): number {
	return [...dodo.state.checkouts.values()]
		.filter(({ consumed, mandate, expires_at_ms }) => !consumed && mandate === null && expires_at_ms > Date.now())
		.filter(({ cart }) => dodo.state.products.get(cart[0]?.product_id ?? '')?.price.currency === currency)
		.reduce((sum, { cart }) => sum + cart.reduce((total, { amount }) => total + amount, 0), 0);
}

function atDodo(dodo: DodoSimulator, invoiceId: string): Figures {
	const payments = [...dodo.state.payments.values()].filter(
		({ metadata, status }) => metadata.lago_invoice_id === invoiceId && status === 'succeeded',
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
function atLago(lago: LagoSimulator, dodo: DodoSimulator, invoiceId: string, there: Figures): Figures {
	const invoice = lago.state.invoices.get(invoiceId);
	const payments = [...lago.state.payments.values()].filter(({ invoice_ids }) => invoice_ids.includes(invoiceId));
	const isByStatus = payments.length === 0 && invoice?.payment_status === 'succeeded';
	if (isByStatus && there.received > 0) return { received: there.received, returned: there.returned };
	const notes = [...lago.state.creditNotes.values()].filter(
		(note) => note.invoice.lago_id === invoiceId && note.refund_status === 'succeeded',
	);
	return {
		received: payments
			.filter(({ reference }) => dodo.state.payments.has(String(reference)))
			.reduce((sum, { amount_cents }) => sum + amount_cents, 0),
		returned: notes.reduce((sum, { refund_amount_cents }) => sum + refund_amount_cents, 0),
	};
}
