import { dodoId } from '../../shared/ids';
import type { DodoContext } from '../context';
import type { Balance } from './balance';
import { timestamp, type Metadata, type Payment, type PaymentLine, type Refund } from '../state';

const WINDOW_MS = 30 * 24 * 3_600_000;

export interface RefundRequest {
	/** null: everything that is left. */
	items: Array<{ item_id: string; amount?: number | null; tax_inclusive?: boolean }> | null;
	reason: string | null;
	metadata: Metadata;
	/** It will be refused by the bank. */
	fail?: boolean;
}

/** Refunds with every refusal that the docs name (`api-reference/error-codes`). Amounts in minor units. */
export class Refunds {
	/** Payments whose next refund the bank will refuse. */
	private readonly failing = new Set<string>();

	constructor(
		private readonly context: DodoContext,
		private readonly balance: Balance,
	) {}

	/** A refund that is pending; its outcome follows by webhook. */
	create(payment: Payment, { items, reason, metadata, fail = false }: RefundRequest): Refund {
		this.checkPayment(payment);
		const lines = this.context.state.paymentLines.get(payment.payment_id) ?? [];
		const parts =
			items === null
				? lines.map((line) => ({ line, amount: line.amount - line.refunded }))
				: this.partsOf(lines, items);
		const amount = parts.reduce((sum, part) => sum + part.amount, 0);
		const refund: Refund = {
			refund_id: dodoId('ref_'),
			payment_id: payment.payment_id,
			business_id: this.context.state.businessId,
			brand_id: payment.brand_id,
			status: 'pending',
			amount,
			currency: payment.currency,
			is_partial: amount < payment.total_amount,
			reason,
			metadata,
			customer: payment.customer,
			created_at: timestamp(),
		};
		for (const { line, amount: part } of parts) line.refunded += part;
		this.context.state.refunds.set(refund.refund_id, refund);
		payment.refunds.push(insidePayment(refund));
		const fails = this.failing.delete(payment.payment_id) || fail;
		this.context.later(this.context.options.chargeDelayMs, () => this.finish(refund, payment, parts, fails));
		return { ...refund };
	}

	/** The next refund of this payment will fail, whoever asks for it. */
	failNext({ payment_id }: Payment): void {
		this.failing.add(payment_id);
	}

	private checkPayment(payment: Payment): void {
		if (payment.status !== 'succeeded')
			this.context.refuse('PAYMENT_NOT_SUCCEEDED', 'Only succeeded payments can be refunded');
		if (payment.total_amount === 0)
			this.context.refuse('ZERO_AMOUNT_PAYMENT_REFUND_NOT_ALLOWED', 'A payment of zero cannot be refunded');
		if (payment.refunds.some(({ status }) => status === 'pending'))
			this.context.refuse(
				'EXISTING_REFUND_REQUEST_PROCESSING',
				'A refund request for this payment is already being processed',
			);
		if (payment.refund_status === 'full')
			this.context.refuse('PAYMENT_ALREADY_REFUNDED', 'The payment has already been refunded');
		if (Date.now() - Date.parse(payment.created_at) > WINDOW_MS)
			this.context.refuse('REFUND_WINDOW_EXPIRED', 'The refund window of 30 days has expired');
	}

	private partsOf(
		lines: PaymentLine[],
		items: NonNullable<RefundRequest['items']>,
	): Array<{ line: PaymentLine; amount: number }> {
		if (items.length === 0) this.context.refuse('NOTHING_TO_REFUND', 'There is nothing to refund');
		if (new Set(items.map(({ item_id }) => item_id)).size < items.length)
			this.context.refuse('DUPLICATE_LINE_ITEMS_IN_REQUEST', 'Line items are named twice');
		return items.map(({ item_id, amount, tax_inclusive = true }) => {
			const line =
				lines.find(({ items_id }) => items_id === item_id) ??
				this.context.refuse('LINE_ITEM_NOT_FOUND', 'Line item not found');
			const left = line.amount - line.refunded;
			if (left === 0) this.context.refuse('LINE_ITEM_FULLY_REFUNDED', 'The line item is fully refunded');
			const wanted = amount ?? left;
			if (wanted < 1) this.context.refuse('LINE_ITEM_REFUND_AMOUNT_TOO_LOW', 'The refund amount is too low');
			const gross =
				tax_inclusive || amount === undefined || amount === null
					? wanted
					: Math.round((wanted * line.amount) / (line.amount - line.tax));
			if (gross > left)
				this.context.refuse('LINE_ITEM_REFUND_AMOUNT_TOO_HIGH', 'The refund amount is higher than what is left');
			return { line, amount: gross };
		});
	}

	private finish(
		refund: Refund,
		payment: Payment,
		parts: Array<{ line: PaymentLine; amount: number }>,
		fail: boolean,
	): void {
		// A disputed payment cannot be refunded: the bank decides.
		const disputed = payment.disputes.some(({ dispute_status }) =>
			['dispute_opened', 'dispute_challenged'].includes(String(dispute_status)),
		);
		refund.status = fail || disputed ? 'failed' : 'succeeded';
		if (refund.status === 'succeeded') this.balance.refunded(refund, payment);
		if (refund.status === 'failed') for (const { line, amount } of parts) line.refunded -= amount;
		const listed = payment.refunds.find(({ refund_id }) => refund_id === refund.refund_id);
		if (listed) listed.status = refund.status;
		const refunded = payment.refunds
			.filter(({ status }) => status === 'succeeded')
			.reduce((sum, { amount }) => sum + Number(amount), 0);
		payment.refund_status = refunded === 0 ? null : refunded >= payment.total_amount ? 'full' : 'partial';
		this.context.events.announce(`refund.${refund.status}`, 'Refund', () => ({ ...refund }));
	}
}

/** Inside a payment, and in lists, a refund shows its reason but neither metadata nor customer. */
export function insidePayment({ metadata: _metadata, customer: _customer, ...rest }: Refund): Record<string, unknown> {
	return { ...rest };
}
