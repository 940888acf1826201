import type { IDataObject, IHttpRequestOptions } from 'n8n-workflow';
import { answerOf } from './monthApi';
import { MonthLedger } from './monthLedger';
import {
	A_STORY,
	isoOf,
	toWallet,
	uuidOf,
	walletOf,
	within,
	type ByHand,
	type Expected,
	type Month,
	type Shared,
	type Story,
} from './month';

/** Both services in memory, with the books of a month and what lies around it. */
export class MonthOfBooks {
	private readonly ledger = new MonthLedger();
	readonly expected: Expected = { wallets: this.ledger.wallets, lago: {}, reasons: new Map() };
	private readonly dodo: Record<string, IDataObject[]> = {
		payments: [],
		refunds: [],
		disputes: [],
		payouts: this.ledger.payouts,
	};
	private readonly lines = new Map<string, IDataObject>();
	private readonly lago: Record<string, IDataObject[]> = { invoices: [], payments: [], credit_notes: [] };
	calls = 0;

	constructor({ stories, shared, byHand, payouts, adjustments }: Month) {
		stories.forEach((story, index) => this.tell(story, index));
		shared.forEach((one, index) => this.tellShared(one, 20_000 + index));
		byHand.forEach((one, index) => this.bookByHand(one, 10_000 + index));
		for (const { at, amount, wallet } of adjustments) this.ledger.post(at, 'adjustment', amount, wallet, null);
		this.ledger.close(payouts);
		for (const list of [...Object.values(this.dodo), ...Object.values(this.lago)])
			list.sort((one, other) => String(other.created_at).localeCompare(String(one.created_at)));
	}

	private tell(story: Story, index: number): void {
		const { currency, amount, taxPercent, at, fate } = story;
		const net = Math.round((amount * 100) / (100 + taxPercent));
		const tax = fate === 'onTop' ? Math.round((amount * taxPercent) / 100) : amount - net;
		const charged = fate === 'onTop' ? amount + tax : amount;
		const id = `pay_${index}`;
		const invoiceId = fate === 'foreign' ? null : uuidOf(1, index);
		const wallet = walletOf(currency);
		const gross = toWallet(charged, currency);
		this.ledger.post(at, 'payment', gross, wallet, id);
		this.ledger.post(at, 'tax', -toWallet(tax, currency), wallet, id);
		this.ledger.post(at, 'payment_fees', -(Math.round(gross / 25) + 40), wallet, id);
		this.dodo.payments?.push({
			payment_id: id,
			status: 'succeeded',
			total_amount: charged,
			currency,
			metadata:
				invoiceId === null
					? {}
					: {
							lago_invoice_id: invoiceId,
							lago_invoice_number: `INV-${index}`,
							...(fate.startsWith('topUp') ? { lago_wallet_transaction_id: uuidOf(4, index) } : {}),
						},
			customer: { customer_id: `cus_${index}`, name: `Payer ${index}`, email: 'payer@example.com' },
			created_at: isoOf(at - 5),
		});
		this.lines.set(id, { currency, items: [{ items_id: 'i', amount: charged, tax, refundable_amount: charged }] });
		const bookedAt = Math.floor(at + story.lag);
		const booked = fate === 'less' ? amount - 1 - (amount % 7) : amount;
		const isBooked = ['booked', 'less', 'onTop', 'topUp'].includes(fate) && booked > 0;
		if (isBooked) this.book(id, invoiceId, booked, currency, bookedAt, index);
		// A Lago without licence has no other document of it than the invoice.
		if (fate === 'byStatus' && within(at)) this.lagoOf(currency).payments += amount;
		if (fate === 'overpaid') this.book('bank transfer', invoiceId, amount, currency, Math.floor(at - 86_400), index);
		const lostAt = story.dispute?.end === 'lost' ? at + story.dispute.after + story.dispute.decidedAfter : null;
		if (invoiceId !== null && fate !== 'topUpHeld') this.issue(story, index, invoiceId, id, lostAt);
		this.expectPayment(story, id, isBooked, bookedAt, tax, booked);
		if (story.refund !== null) this.giveBack(story, story.refund, { index, id, charged, tax, isBooked });
		if (story.dispute !== null) this.dispute(story, story.dispute, { index, id, charged });
	}

	/** Metadata as our checkouts carry them; each invoice has a payment of its own in Lago, with the same reference. */
	private tellShared(shared: Shared, index: number): void {
		const { currency, amounts, at, lag, entity, paidBefore, byStatus, refund, lost } = shared;
		const id = `pay_${index}`;
		const invoices = amounts.map((amount, place) => ({ amount, index: index * 10 + place }));
		const charged = amounts.reduce((sum, amount) => sum + amount, 0);
		const wallet = walletOf(currency);
		const gross = toWallet(charged, currency);
		this.ledger.post(at, 'payment', gross, wallet, id);
		this.ledger.post(at, 'payment_fees', -(Math.round(gross / 25) + 40), wallet, id);
		const asked = invoices.map((one) => `${uuidOf(1, one.index)}:${one.amount}`).join(' ');
		this.dodo.payments?.push({
			payment_id: id,
			status: 'succeeded',
			total_amount: charged,
			currency,
			metadata: { lago_invoices: asked, lago_customer_external_id: `c-${index}` },
			customer: { customer_id: `cus_${index}`, name: `Payer ${index}`, email: 'payer@example.com' },
			created_at: isoOf(at - 5),
		});
		this.lines.set(id, { currency, items: [{ items_id: 'i', amount: charged, tax: 0, refundable_amount: charged }] });
		const bookedAt = Math.floor(at + lag);
		const lostAt = lost === null ? null : at + lost.after + lost.decidedAfter;
		invoices.forEach((one, place) => {
			const invoiceId = uuidOf(1, one.index);
			const isSurplus = place === paidBefore;
			const fate = isSurplus ? 'overpaid' : byStatus ? 'byStatus' : 'booked';
			// What the bank took of a payment is written on the invoices that have something of it.
			const story = { ...A_STORY, currency, amount: one.amount, at, entity, fate } as const;
			this.issue(story, one.index, invoiceId, id, isSurplus ? null : lostAt);
			if (isSurplus) this.book('bank transfer', invoiceId, one.amount, currency, Math.floor(at - 86_400), one.index);
			else if (!byStatus) this.book(id, invoiceId, one.amount, currency, bookedAt, one.index);
			else if (within(at)) this.lagoOf(currency).payments += one.amount;
		});
		if (within(at)) {
			const isLate = !byStatus && !within(bookedAt) && amounts.length > (paidBefore === null ? 0 : 1);
			const reason = isLate ? 'other_period' : paidBefore === null ? null : 'overpaid';
			this.expected.reasons.set(`payment ${id}`, reason);
		}
		if (refund !== null) this.giveBackShared(shared, refund, { index, id, charged });
		if (lost !== null)
			this.dispute(
				{ ...A_STORY, currency, at, fate: 'booked' },
				{ ...lost, end: 'lost', lag: 0 },
				{ index, id, charged },
			);
		// It took also what was never booked.
		const taken = `dispute dis_${index}`;
		if (paidBefore !== null && this.expected.reasons.get(taken) === null)
			this.expected.reasons.set(taken, 'overpayment_returned');
	}

	private giveBackShared(
		{ currency, amounts, at, paidBefore, byStatus }: Shared,
		{ after, perMille, lag }: NonNullable<Shared['refund']>,
		{ index, id, charged }: { index: number; id: string; charged: number },
	): void {
		const amount = Math.max(1, Math.round((charged * perMille) / 1_000));
		const moved = toWallet(amount, currency);
		if (moved === 0) return;
		const when = at + after;
		const refundId = `ref_${index}`;
		this.ledger.post(when, 'refund', -moved, walletOf(currency), refundId);
		this.dodo.refunds?.push({
			refund_id: refundId,
			payment_id: id,
			status: 'succeeded',
			amount,
			currency,
			created_at: isoOf(when - 5),
		});
		const notedAt = Math.floor(when + lag);
		const surplus = paidBefore === null ? 0 : (amounts[paidBefore] ?? 0);
		let left = byStatus ? 0 : amount - Math.min(amount, surplus);
		const hasNote = left > 0;
		for (let place = amounts.length - 1; place >= 0; place--) {
			const part = place === paidBefore ? 0 : Math.min(left, amounts[place] ?? 0);
			left -= part;
			const member = index * 10 + place;
			if (part > 0) this.note(part, currency, notedAt, member, uuidOf(1, member), 'succeeded', refundId);
		}
		if (!within(when)) return;
		const isBeyond = byStatus && amount > surplus;
		this.expected.reasons.set(
			`refund ${refundId}`,
			hasNote
				? within(notedAt)
					? surplus === 0
						? null
						: 'overpayment_returned'
					: 'other_period'
				: isBeyond
					? 'no_credit_note'
					: 'overpayment_returned',
		);
	}

	private expectPayment(
		{ at, fate, amount }: Story,
		id: string,
		isBooked: boolean,
		bookedAt: number,
		tax: number,
		booked: number,
	): void {
		if (!within(at)) return;
		const reason =
			fate === 'foreign'
				? 'not_of_lago'
				: fate === 'overpaid'
					? 'overpaid'
					: fate === 'byStatus'
						? null
						: !isBooked
							? 'held'
							: !within(bookedAt)
								? 'other_period'
								: fate === 'less' && booked !== amount
									? 'amount_differs'
									: fate === 'onTop' && tax > 0
										? 'tax_on_top'
										: null;
		this.expected.reasons.set(`payment ${id}`, reason);
	}

	private issue(story: Story, index: number, invoiceId: string, paymentId: string, lostAt: number | null): void {
		const { fate, amount, currency } = story;
		const phase = fate === 'held' ? 'open' : fate === 'overpaid' ? 'overpaid' : 'paid';
		this.lago.invoices?.push({
			lago_id: invoiceId,
			number: `INV-${index}`,
			status: 'finalized',
			payment_status: fate === 'held' ? 'pending' : 'succeeded',
			billing_entity_code: story.entity,
			issuing_date: isoOf(story.at - 86_400 * 2).slice(0, 10),
			created_at: isoOf(story.at - 86_400 * 2),
			currency,
			total_amount_cents: amount,
			total_due_amount_cents: fate === 'held' ? amount : 0,
			total_paid_amount_cents: fate === 'held' || fate === 'byStatus' ? 0 : amount,
			payment_dispute_lost_at: lostAt === null ? null : isoOf(lostAt + (story.dispute?.lag ?? 0)),
			customer: { external_id: `c-${index}`, name: `Customer ${index}`, applicable_timezone: story.timeZone },
			metadata: [
				{ lago_id: 'm1', key: 'dodo_payment_id', value: fate === 'held' ? `cks_${index}` : paymentId },
				{ lago_id: 'm2', key: 'dodo_state', value: `v1;${phase};a=1;m=${amount}` },
			],
		});
	}

	private book(
		reference: string,
		invoiceId: string | null,
		amount: number,
		currency: string,
		at: number,
		index: number,
	): void {
		this.lago.payments?.push({
			lago_id: uuidOf(2, (this.lago.payments?.length ?? 0) * 100_000 + index),
			reference,
			amount_cents: amount,
			amount_currency: currency,
			invoice_ids: [invoiceId],
			payment_status: 'succeeded',
			created_at: isoOf(at),
		});
		if (within(at)) this.lagoOf(currency).payments += amount;
	}

	private giveBack(
		{ at, currency }: Story,
		{ after, perMille, note, lag, reversedAfter }: NonNullable<Story['refund']>,
		{
			index,
			id,
			charged,
			tax,
			isBooked,
		}: { index: number; id: string; charged: number; tax: number; isBooked: boolean },
	): void {
		const amount = Math.max(1, Math.round((charged * perMille) / 1_000));
		const when = at + after;
		const refundId = `ref_${index}`;
		const wallet = walletOf(currency);
		const moved = toWallet(amount, currency);
		if (moved === 0) return;
		this.ledger.post(when, 'refund', -moved, wallet, refundId);
		this.ledger.post(when, 'tax_reversal', toWallet(Math.round((tax * amount) / charged), currency), wallet, refundId);
		this.ledger.post(when, 'refund_fees', -100, wallet, refundId);
		if (reversedAfter !== null) this.ledger.post(when + reversedAfter, 'refund_reversal', moved, wallet, refundId);
		this.dodo.refunds?.push({
			refund_id: refundId,
			payment_id: id,
			status: reversedAfter === null ? 'succeeded' : 'failed',
			amount,
			currency,
			created_at: isoOf(when - 5),
		});
		const hasNote = isBooked && note !== 'missing';
		const noted = note === 'beside' ? amount + 1 : amount;
		const notedAt = Math.floor(when + lag);
		if (hasNote) this.note(noted, currency, notedAt, index, uuidOf(1, index), 'succeeded', refundId);
		const isReversedHere = reversedAfter !== null && within(when + reversedAfter);
		if (within(when) && !isReversedHere)
			this.expected.reasons.set(
				`refund ${refundId}`,
				hasNote
					? !within(notedAt)
						? 'other_period'
						: note === 'beside'
							? 'rounding'
							: null
					: this.withoutNote(index, isBooked),
			);
	}

	private withoutNote(index: number, isBooked: boolean): string {
		const { lago } = this;
		const invoice = lago.invoices?.find(({ lago_id }) => lago_id === uuidOf(1, index));
		// A top-up that was never booked.
		if (invoice === undefined && this.isTopUp(index)) return 'overpayment_returned';
		if (invoice === undefined) return 'not_of_lago';
		return isBooked || String(JSON.stringify(invoice.metadata)).includes('v1;paid')
			? 'no_credit_note'
			: 'overpayment_returned';
	}

	private isTopUp(index: number): boolean {
		const payment = this.dodo.payments?.find(({ payment_id }) => payment_id === `pay_${index}`);
		return JSON.stringify(payment?.metadata).includes('lago_wallet_transaction_id');
	}

	private note(
		amount: number,
		currency: string,
		at: number,
		index: number,
		invoiceId: string,
		status: string,
		refundId: string | null,
	): void {
		this.lago.credit_notes?.push({
			lago_id: uuidOf(3, index),
			number: `INV-${index}-CN1`,
			lago_invoice_id: invoiceId,
			invoice_number: `INV-${index}`,
			currency,
			refund_status: status,
			total_amount_cents: amount,
			refund_amount_cents: amount,
			created_at: isoOf(at),
			...(refundId === null ? {} : { metadata: { dodo_refund_id: refundId } }),
		});
		if (within(at)) this.lagoOf(currency).creditNotes += amount;
	}

	private dispute(
		{ at, currency, fate }: Story,
		{ after, decidedAfter, end, lag }: NonNullable<Story['dispute']>,
		{ index, id, charged }: { index: number; id: string; charged: number },
	): void {
		const [opened, decided] = [at + after, at + after + decidedAfter];
		const disputeId = `dis_${index}`;
		const moved = toWallet(charged, currency);
		const wallet = walletOf(currency);
		this.ledger.post(opened, 'dispute', -moved, wallet, disputeId);
		this.ledger.post(opened, 'dispute_fees', -3_000, wallet, disputeId);
		if (end === 'won') this.ledger.post(decided, 'dispute_reversal', moved, wallet, disputeId);
		this.dodo.disputes?.push({
			dispute_id: disputeId,
			payment_id: id,
			amount: String(charged),
			currency,
			dispute_status: `dispute_${end === 'open' ? 'opened' : end}`,
			created_at: isoOf(opened - 5),
		});
		const isUndone = end === 'won' && within(opened) && within(decided);
		if ((!within(opened) && !(end === 'won' && within(decided))) || isUndone) return;
		const reason =
			fate === 'foreign'
				? 'not_of_lago'
				: end === 'open'
					? 'dispute_open'
					: end === 'won'
						? 'dispute_won'
						: fate === 'topUpHeld'
							? 'dispute_not_recorded'
							: within(decided + lag)
								? null
								: 'other_period';
		this.expected.reasons.set(`dispute ${disputeId}`, reason);
	}

	private bookByHand({ currency, amount, at, entity, note }: ByHand, index: number): void {
		const invoiceId = uuidOf(1, index);
		this.issue({ ...A_STORY, currency, amount, at, entity }, index, invoiceId, 'none', null);
		if (note === null) this.book(`cheque ${index}`, invoiceId, amount, currency, Math.floor(at), index);
		else this.note(amount, currency, Math.floor(at), index, invoiceId, note, null);
	}

	private lagoOf(currency: string): { payments: number; creditNotes: number } {
		return (this.expected.lago[currency] ??= { payments: 0, creditNotes: 0 });
	}

	/** n8n's `httpRequestWithAuthentication`. */
	readonly request = async (_type: string, options: IHttpRequestOptions): Promise<unknown> => {
		this.calls++;
		const { dodo, lago, lines, ledger } = this;
		return await Promise.resolve(answerOf({ dodo, lago, lines, ledger: ledger.entries }, options));
	};
}
