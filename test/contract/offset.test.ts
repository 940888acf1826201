import { world } from '../support/oneWorld';
import { World } from '../support/world';

/** What lowers an invoice beside payments; Lago's credit notes do from 1.40 on. */

test('a link that is paid after a credit note has offset all of it is overpaid', async () => {
	const invoice = world.issue();
	const intent = await world.save(await world.link(invoice));
	world.lago.createCreditNoteInUi(invoice.lago_id, {
		items: [{ fee_id: String(invoice.fees[0]?.lago_id), amount_cents: invoice.total_amount_cents }],
		offset_amount_cents: invoice.total_amount_cents,
	});
	const payment = world.dodo.payCheckout(String(intent.checkoutSessionId));
	expect(await world.settle(payment)).toMatchObject({ outcome: 'overpaid', reason: 'nothing_due' });
	expect(world.stateOf(invoice)).toMatch(/^v1;overpaid;/);
	expect(await world.mirror(await world.refund(payment))).toMatchObject({ outcome: 'overpayment_returned' });
});

test('on a Lago that does not say what was paid, what a credit note has lowered is not owed again', async () => {
	const older = await World.start('1.40');
	try {
		const invoice = older.issue();
		older.lago.createCreditNoteInUi(invoice.lago_id, {
			items: [{ fee_id: String(invoice.fees[0]?.lago_id), amount_cents: invoice.total_amount_cents }],
			offset_amount_cents: invoice.total_amount_cents,
		});
		Object.assign(older.lago.state.invoices.get(invoice.lago_id) ?? {}, { payment_status: 'failed' });
		const read = await older.read(invoice);
		expect(read).not.toHaveProperty('total_paid_amount_cents');
		expect(await older.link(invoice)).toMatchObject({ outcome: 'skipped' });
	} finally {
		await older.stop();
	}
});
