import { REFUND_ID_KEY, REFUNDED_PAYMENT_KEY } from './keys';

/** What of a credit note may name a refund. */
interface Named {
	metadata?: Readonly<Record<string, string | null>> | null;
	description?: string | null;
}

/** How a credit note that mirrors a refund is described. On a Lago before 1.37, which drops the metadata of notes, by this alone it is known again. */
export function describeMirror(refundId: string): string {
	return `Refund ${refundId} at Dodo Payments`;
}

/** The refund at Dodo that a credit note mirrors, or that was made for it; null when it names none. */
export function refundNamedBy({ metadata, description }: Named): string | null {
	return metadata?.[REFUND_ID_KEY] || (/^Refund (\S+) at Dodo Payments$/.exec(description ?? '')?.[1] ?? null);
}

/** Whether a credit note says that it gave back of another payment than this one, whose refunds are known; one that says nothing may be of any. */
export function isOfAnother(note: Named, paymentId: string, refunds: ReadonlySet<string>): boolean {
	const paidBy = note.metadata?.[REFUNDED_PAYMENT_KEY];
	if (paidBy) return paidBy !== paymentId;
	const named = refundNamedBy(note);
	return named !== null && !refunds.has(named);
}
