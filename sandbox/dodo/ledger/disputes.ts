import { dodoId } from '../../shared/ids';
import type { DodoContext } from '../context';
import type { Balance } from './balance';
import { existing, timestamp, type Dispute } from '../state';

export type DisputeStatus = 'expired' | 'accepted' | 'cancelled' | 'challenged' | 'won' | 'lost';

/** What banks take back. `amount` is a string, as Dodo sends it. */
export class Disputes {
	constructor(
		private readonly context: DodoContext,
		private readonly balance: Balance,
	) {}

	/** The whole payment is disputed unless an amount (minor units) is given. */
	open(
		paymentId: string,
		{ amount, reason = 'product_not_received' }: { amount?: number; reason?: string } = {},
	): Dispute {
		const payment = existing(this.context.state.payments, paymentId);
		const dispute: Dispute = {
			dispute_id: dodoId('dis_'),
			payment_id: paymentId,
			business_id: this.context.state.businessId,
			brand_id: payment.brand_id,
			amount: String(amount ?? payment.total_amount),
			currency: payment.currency,
			dispute_stage: 'dispute',
			dispute_status: 'dispute_opened',
			is_resolved_by_rdr: false,
			payment_provider: 'dodo',
			reason,
			remarks: null,
			customer: payment.customer,
			created_at: timestamp(),
		};
		this.context.state.disputes.set(dispute.dispute_id, dispute);
		this.announce('opened', dispute);
		return dispute;
	}

	/** `rdr`: lost by an automatic refund before it became a real dispute; no refund event tells of it. */
	move(disputeId: string, status: DisputeStatus, { rdr = false }: { rdr?: boolean } = {}): Dispute {
		const dispute = existing(this.context.state.disputes, disputeId);
		dispute.dispute_status = `dispute_${status}`;
		if (rdr) Object.assign(dispute, { is_resolved_by_rdr: true, dispute_stage: 'pre_dispute' });
		this.announce(status, dispute);
		return dispute;
	}

	private announce(status: string, dispute: Dispute): void {
		const payment = existing(this.context.state.payments, dispute.payment_id);
		this.balance.disputed(dispute);
		const { customer: _customer, ...listed } = dispute;
		payment.disputes = [
			...payment.disputes.filter(({ dispute_id }) => dispute_id !== dispute.dispute_id),
			{ ...listed },
		];
		this.context.events.announce(`dispute.${status}`, 'Dispute', () => ({ ...dispute }));
	}
}
