import type { Sync } from '../support/sync';

/** Two invoices are collected and settled; of one a part is refunded at Dodo Payments, of the other one in Lago. */
export async function roundTrip(sync: Sync): Promise<void> {
	const [one, other] = [
		await sync.issue({ fees: [{ amountCents: 8_000 }] }),
		await sync.issue({ fees: [{ amountCents: 9_000 }] }),
	];
	const [paid] = [await sync.pay(one), await sync.pay(other)];
	expect(one).toMatchObject({ payment_status: 'succeeded', total_paid_amount_cents: 8_000 });
	expect(sync.bookedOn(one)).toMatchObject([{ reference: paid.payment_id, amount_cents: 8_000 }]);

	sync.dodo.refundPayment(paid.payment_id, { amount: 2_500 });
	const note = sync.lago.createCreditNoteInUi(other.lago_id, {
		refund_amount_cents: 3_000,
		items: [{ fee_id: other.fees[0]?.lago_id ?? '', amount_cents: 3_000 }],
	});
	await sync.quiet();
	expect(sync.notesOf(one)).toMatchObject([{ refund_amount_cents: 2_500, refund_status: 'succeeded' }]);
	expect(note.refund_status).toBe('succeeded');
}
