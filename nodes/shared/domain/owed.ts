/** What decides how much is owed on an invoice of Lago; minor units of its currency. */
export interface OwedFacts {
	/** `draft | finalized | voided | ...`. */
	status: string;
	/** `pending | succeeded | failed`. */
	paymentStatus: string;
	selfBilled: boolean;
	/** Total minus payments minus offsets, whatever the payment status says. */
	totalDue: number;
	/** By payments that Lago holds; 0 where it took the status only. */
	totalPaid?: number;
	/** What of that went back by credit notes, where somebody has looked: it is not owed again with the rest. */
	refunded?: number;
	/** When a dispute was lost by what Lago says, ms since 1970; null when none was, or it was won after all. */
	disputeLostAt?: number | null;
	/** What lost disputes took and nobody has paid again; undefined where it is written nowhere: then it is everything. */
	lost?: number;
}

/**
 * `due`: Lago itself says so, and takes a payment of it. `reversed`: the invoice is paid in full by Lago's sums, but its status was put back:
 * Lago takes no payment any more (422), only the status. `disputed`: paid by sums and status, and lost in a dispute: Lago takes neither.
 */
export type OwedHow = 'due' | 'reversed' | 'disputed';

/** What is owed in all, and what of it is asked for next and how; `how` is null when nothing is owed. */
export interface Owed {
	amount: number;
	asked: number;
	how: OwedHow | null;
}

/** Nothing is owed. */
export const NOTHING: Owed = { amount: 0, asked: 0, how: null };

/**
 * What is owed on an invoice: the one opinion that collecting, the pay page, retries and access share. A free server marks an invoice as paid
 * without lowering what is due; a payment that was taken back leaves nothing due but an unpaid status; a lost dispute leaves the status as it
 * was, for ever (`lago-api:services/invoices/update_service.rb`, `lose_dispute_service.rb`, `payments/manual_create_service.rb`).
 */
export function owedOn({ status, paymentStatus, selfBilled, totalDue, ...facts }: OwedFacts): Owed {
	if (status !== 'finalized' || selfBilled) return NOTHING;
	const { totalPaid = 0, refunded = 0, disputeLostAt = null, lost: written } = facts;
	const isPaid = paymentStatus === 'succeeded';
	const due = Math.max(0, totalDue);
	if (!isPaid && totalDue === 0 && totalPaid > refunded)
		return owed(totalPaid - refunded, totalPaid - refunded, 'reversed');
	const lost = disputeLostAt === null ? 0 : Math.max(0, written ?? totalPaid + (isPaid ? due : 0));
	if (!isPaid && due > 0) return owed(due + lost, due, 'due');
	return lost > 0 ? owed(lost, lost, 'disputed') : NOTHING;
}

function owed(amount: number, asked: number, how: OwedHow): Owed {
	return { amount, asked, how };
}
